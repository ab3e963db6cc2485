"""How cases, refusals and values are shown to people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NoReturn

import typer

from commands.table import ROOMY, heads, terminal_width
from engine.desk import Desk, Receipt, Refused
from engine.kernel.case import Case
from engine.kernel.command import Reason
from engine.kernel.events import TaskTransferred
from engine.language.definition import ProcessDefinition
from engine.language.forms import Attachment, Field, FieldType, Value
from engine.reading.labels import labelled, labels
from engine.reading.names import Names
from engine.store.rows import Stored
from engine.text import say, translate


def moment(desk: Desk, at: datetime | None) -> str:
    """An instant in the office's own time."""
    return at.astimezone(desk.catalog.zone).strftime("%Y-%m-%d %H:%M") if at else ""


def value(desk: Desk, field: Field | None, found: Value, language: str) -> str:
    """A form value as people read it: names for people, thousands, yes and no."""
    match found:
        case None:
            return ""
        case bool():
            return translate("是" if found else "否", language)
        case Decimal():
            return f"{found:,.2f}" if field and field.type is FieldType.MONEY else f"{found:,f}"
        case int():
            return f"{found:,}"
        case datetime():
            return moment(desk, found)
        case Attachment():
            return f"{found.name} ({found.size} B)"
        case tuple():
            if field is not None and field.type is FieldType.LINES:
                return say("{count} 行", count=len(found)).show(language) if found else ""
            return "、".join(
                value(desk, field, one, language) for one in found if not isinstance(one, Mapping)
            )
    if field is not None and field.type is FieldType.PERSON:
        return desk.catalog.roster(desk.clock()).name_of(str(found))
    return str(found)


def where(definition: ProcessDefinition, case: Case, language: str) -> str:
    """The states a case is in; English names where the owner gave them."""
    return Names(definition, language).states(case.configuration)


def print_reasons(
    number: str,
    action: str,
    reasons: tuple[Reason, ...],
    language: str,
    definition: ProcessDefinition | None = None,
) -> None:
    """Every reason of a refusal on stderr, the main one first, in the names of its procedure."""
    names = labels(definition) if definition is not None else {}
    for place, reason in enumerate(reasons):
        head = (
            say(
                "{number}「{action}」被拒绝 [{code}]:",
                number=number,
                action=translate(action, language),
                code=reason.code,
            )
            if place == 0
            else say("  另 [{code}]:", code=reason.code)
        )
        shown = head.show(language).removeprefix(" ") if not number else head.show(language)
        told = labelled(reason.text, names)
        for part in (reason.rule, str(reason.source) if reason.source else None):
            if part:
                told = say("{told}({part})", told=told, part=part)
        typer.echo(f"{shown}{told.show(language)}", err=True)
        if not reason.is_curable and reason.remedy is None:
            typer.echo(f"    → {translate('无可补救', language)}", err=True)
        if reason.remedy is not None:
            remedy = labelled(reason.remedy, names).show(language)
            typer.echo(f"    → {remedy}", err=True)


def stop(
    answer: Refused, action: str, language: str, definition: ProcessDefinition | None = None
) -> NoReturn:
    """Tell the reasons of a refusal; exit code 3."""
    number = answer.case.number if answer.case else ""
    print_reasons(number, action, answer.refusal.reasons, language, definition)
    raise typer.Exit(3)


def receipt(answer: Receipt | Refused, action: str, language: str) -> Receipt:
    """The receipt of an office's act; a refusal ends with exit code 3."""
    if isinstance(answer, Refused):
        stop(answer, action, language)
    return answer


def conclude(
    desk: Desk,
    answer: Receipt | Refused,
    action: str,
    language: str,
    definition: ProcessDefinition | None = None,
) -> None:
    """Tell a person what came of his act; a refusal ends with exit code 3."""
    if isinstance(answer, Refused):
        stop(answer, action, language, definition or _definition(desk, answer))
    if answer.case is None:
        return
    case = desk.store.load_case(answer.case.id)
    definition = desk.catalog.definition(case.definition)
    typer.echo(
        say(
            "{number}「{action}」已办,记录第 {seq} 条 {digest};现处:{state}",
            number=case.number,
            action=action,
            seq=answer.seq,
            digest=answer.digest[:12],
            state=where(definition, case, language),
        ).show(language)
    )


def _definition(desk: Desk, answer: Refused) -> ProcessDefinition | None:
    return desk.catalog.definition(answer.case.definition) if answer.case else None


def _outcome(desk: Desk, stored: Stored, names: Names) -> str:
    """Where a record took the case, or into whose hands the work."""
    if stored.body.move:
        return f"→ {names.states(stored.body.move.to)}"
    roster = desk.catalog.roster(stored.at)
    hands = [
        roster.name_of(person)
        for event in stored.events
        if isinstance(event, TaskTransferred)
        for person in event.to
    ]
    return f"→ {'、'.join(dict.fromkeys(hands))}" if hands else ""


def history_table(
    desk: Desk, case: Case, language: str
) -> tuple[dict[str, str], list[dict[str, object]]]:
    """Column heads, and a row for every record of a case: refusals too, with their reasons."""
    names = Names(desk.catalog.definition(case.definition), language)
    rows: list[dict[str, object]] = []
    for stored in desk.store.records(f"case/{case.id}"):
        body = stored.body
        node = body.task.node if body.task else ""
        reasons = [
            f"{one['refused']} {one['say']}"
            for one in stored.disclosed("event/").values()
            if isinstance(one, dict) and "refused" in one
        ]
        actor = say("系统").show(language) if body.way == "system" else body.actor.name
        if body.actor.for_:
            actor = say(
                "{actor}(代 {principal})", actor=actor, principal=body.actor.for_.name
            ).show(language)
        if body.way == "paper" and body.recorder and body.recorder.uid != body.actor.uid:
            actor = say(
                "{actor}(纸质,{recorder} 补录)", actor=actor, recorder=body.recorder.name
            ).show(language)
        rows.append(
            {
                "seq": body.seq,
                "at": moment(desk, stored.happened),
                "recorded": moment(desk, stored.at),
                "actor": actor,
                "post": body.actor.post,
                "state": names.state(node),
                "action": names.action(node, body.act),
                "outcome": body.code or _outcome(desk, stored, names),
                "comment": stored.disclosed("comment").get("", None) or "\n".join(reasons),
                "digest": stored.record.digest[:12],
                "meaning": body.meaning,
            }
        )
    columns = heads(
        language,
        seq="序号",
        at="时间",
        actor="办理人",
        **({"post": "身份"} if terminal_width() >= ROOMY else {}),
        state="环节",
        action="动作",
        outcome="结果",
        digest="摘要",
    )
    return columns, rows
