"""One case as a person sees it: where it is, who holds it, what can be done and filled in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from commands.display import moment, value, where
from commands.table import draw, emit, heads
from engine.desk import Desk
from engine.errors import GuichengError
from engine.kernel.case import WHOLE, Case, Purpose, Standing
from engine.kernel.options import options, states_in_work, visible_fields, visible_values
from engine.kernel.paper import SCAN
from engine.kernel.values import dump_value
from engine.language.definition import (
    COMMENT,
    CONSENT,
    COPY,
    CORRECT,
    DECLINE,
    DROP_SIGNER,
    EVERYDAY,
    HAND_BACK,
    REOPEN,
    RESUME,
    SIGN_AGAIN,
    URGE,
    ProcessDefinition,
)
from engine.language.forms import Field, FieldType, rows_of
from engine.language.params import Params
from engine.language.rights import fields_in
from engine.reading.names import Names
from engine.reading.sheets.layouts import TYPES
from engine.scribe import attachments
from engine.text import Text, say, show, translate

ASKED = {Purpose.SIGN_AGAIN: SIGN_AGAIN, Purpose.CONSENT: CONSENT}
LISTED = 8  # keys of a table shown beside a field


def case_row(desk: Desk, case: Case) -> dict[str, object]:
    """A case for programs; the fields hidden where it is are left out."""
    definition = desk.catalog.definition(case.definition)
    return {
        "number": case.number,
        "process": case.process,
        "edition": case.edition,
        "state": case.configuration,
        "result": case.result,
        "tasks": list(_tasks(desk, case)),
        "everyday": list(everyday_words(definition, case)),
        "suspended": case.is_suspended,
        "actions": list(dict.fromkeys(act for _, act in _possible(definition, case))),
        "values": {n: dump_value(one) for n, one in visible_values(definition, case).items()},
    }


def print_case(desk: Desk, case: Case, language: str) -> None:
    """A case for people."""
    definition = desk.catalog.definition(case.definition)
    names = Names(definition, language)
    print(f"{case.number}  {names.process()}  {where(definition, case, language)}")
    tasks = [
        {**one, "state": names.state(one["state"]), "role": names.role(one["role"])}
        for one in _tasks(desk, case)
    ]
    emit(heads(language, state="环节", role="角色", people="办理人", signed="已签"), tasks, False)
    for note in _notes(desk, case, names):
        print(note.show(language))
    told = tuple(dict.fromkeys(names.action(*one) for one in _possible(definition, case)))
    if told:
        print(say("可办:{actions}", actions=told).show(language))
    daily = tuple(translate(one, language) for one in everyday_words(definition, case))
    if daily:
        print(say("日常:{actions}", actions=daily).show(language))
    for timer in case.timers:
        if timer.kind == "due":
            due = moment(desk, timer.due)
            print(say("期限:{state} {due}", state=names.state(timer.state), due=due).show(language))
    for state in states_in_work(definition, case):
        if state.basis is not None:
            clause = state.basis.clause
            print(
                say("依据:{state} {clause}", state=names.state(state.path), clause=clause).show(
                    language
                )
            )
    _print_fillable(desk, case, names)
    print()
    for field in visible_fields(definition, case):
        _print_field(desk, case, field, names)


def _notes(desk: Desk, case: Case, names: Names) -> Iterator[Text]:
    """What is out of the ordinary: a rest, a fallen signature, a detour, a wish to take back."""
    roster, zone = desk.catalog.roster(desk.clock()), desk.catalog.zone
    if case.is_suspended:
        since = case.stopped[WHOLE].astimezone(zone).strftime("%Y-%m-%d %H:%M")
        until = str(case.suspended_until or "")
        yield say("已挂起:自 {since},预计 {until} 恢复;时限停表", since=since, until=until)
    for one in case.signatures:
        if one.standing is Standing.FELL:
            yield say(
                "签字失效:{person}({state})所签内容已改,待重签",
                person=roster.name_of(one.person),
                state=names.state(one.state),
            )
    if case.detour is not None:
        yield say("退回修改,改好后直接回到 {state}", state=names.states(case.detour.origin))
    if case.withdrawal is not None:
        yield say("{person} 请求撤回,正等对方同意", person=roster.name_of(case.withdrawal.by))
    for correction in case.corrections:
        yield say(
            "更正:{person} 于 {at} 更正 {fields}(旧值见办理记录)",
            person=roster.name_of(correction.by),
            at=correction.at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            fields=tuple(correction.old),
        )


def everyday_words(definition: ProcessDefinition, case: Case) -> tuple[str, ...]:
    """The everyday actions that may be of use now, as the procedure allows them."""
    if case.closed_at is not None:
        useful = {REOPEN, CORRECT, COMMENT, COPY}
    elif case.is_suspended:
        useful = {RESUME, COMMENT, COPY, URGE}
    else:
        useful = set(EVERYDAY) - {REOPEN, RESUME, HAND_BACK, DROP_SIGNER, CONSENT, DECLINE}
        if any(task.consigned_by for task in case.open_tasks):
            useful.add(HAND_BACK)
        if any(task.added_by for task in case.open_tasks):
            useful.add(DROP_SIGNER)
        if case.withdrawal is not None:
            useful |= {CONSENT, DECLINE}
    rules = {word: definition.allowed(key) for word, key in EVERYDAY.items()}
    allowed = [word for word, rule in rules.items() if rule and _is_within(case, rule.within)]
    again = (SIGN_AGAIN,) if case.to_sign_again() else ()
    return (*(word for word in allowed if word in useful), *again)


def _is_within(case: Case, states: tuple[str, ...]) -> bool:
    return not states or any(case.is_in(state) for state in states)


def save_attachments(desk: Desk, case: Case, folder: Path) -> None:
    """Write a case's files into a folder; a name already there is not overwritten.

    The scans of steps entered from paper bear the number of their record.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shown = visible_values(desk.catalog.definition(case.definition), case)
    files = [(Path(one.name).name, one) for one in attachments(shown)]
    for stored in desk.store.records(f"case/{case.id}"):
        scans = attachments({SCAN: stored.values.get(SCAN)})
        files += [(f"{stored.seq}-{Path(one.name).name}", one) for one in scans]
    for name, one in files:
        target = folder / name
        content = desk.store.find_object(one.digest)
        if target.exists() or content is None:
            raise GuichengError(say("{file} 已存在或内容缺失,未写入", file=str(target)))
        target.write_bytes(content)


def _tasks(desk: Desk, case: Case) -> Iterator[dict[str, str]]:
    roster = desk.catalog.roster(desk.clock())
    for task in case.asked:
        yield {
            "state": task.state,
            "role": ASKED.get(task.purpose, task.role),
            "people": "、".join(roster.name_of(one) for one in task.people),
            "claimed": roster.name_of(task.claimed_by) if task.claimed_by else "",
            "signed": "、".join(roster.name_of(one) for one in task.signed_by),
        }


def _possible(definition: ProcessDefinition, case: Case) -> list[tuple[str, str]]:
    """States and actions that people can ask for now."""
    return [
        (one.state.path, one.action.name)
        for one in options(definition, case)
        if not (one.action.by_system and one.action.who is None)
    ]


def _print_fillable(desk: Desk, case: Case, names: Names) -> None:
    """What can be filled in where the case is, and how it is written."""
    definition, params = names.definition, desk.catalog.params(case.params)
    wanted = fields_in(name for state in states_in_work(definition, case) for name in state.edit)
    rows = [
        {
            "field": names.field(one),
            "type": TYPES[one.type].show(names.language),
            "required": _required(one, names.language),
            "help": _help(one, names, params),
        }
        for one in definition.form.fields
        if one.name in wanted and one.compute is None
    ]
    if rows:
        print(say("可填:").show(names.language))
    emit(
        heads(names.language, field="字段", type="类型", required="必填", help="说明"), rows, False
    )


def _required(field: Field, language: str) -> str:
    if isinstance(field.required, bool):
        return translate("是", language) if field.required else ""
    return field.required.text


def _help(field: Field, names: Names, params: Params) -> str:
    parts = [field.help, show(field.choices, names.language) if field.choices else None]
    columns = tuple(names.field(one) for one in field.columns if one.compute is None)
    parts += [show(columns, names.language)]
    parts += [field.unit]
    if field.table is not None and field.table in params.tables:
        keys = tuple(params.tables[field.table].rows)
        parts.append(show(keys, names.language) if len(keys) <= LISTED else field.table)
    return "; ".join(part for part in parts if part)


def _print_field(desk: Desk, case: Case, field: Field, names: Names) -> None:
    found = case.values.get(field.name)
    words = value(desk, field, found, names.language)
    if words:
        print(say("{field}:{value}", field=names.field(field), value=words).show(names.language))
    rows = rows_of(found)
    if field.type is FieldType.LINES and rows:
        cells = [
            [value(desk, one, row.get(one.name), names.language) for one in field.columns]
            for row in rows
        ]
        print(draw([names.field(one) for one in field.columns], cells))
