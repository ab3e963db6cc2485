"""Drafts 草稿: what a person has typed for a `start` or a `do` and not sent yet.

Only the words of the command line are kept, unread and unchecked. Files they name stay the
person's own and are read when the draft is sent.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer

from commands.help import Named
from commands.inbox import Wanted, print_todo
from commands.typed import Typed
from commands.workspace import Session
from engine.desk import Desk
from engine.errors import GuichengError
from engine.language.definition import ProcessDefinition
from engine.reading.names import Names
from engine.store.boxes import DRAFTS
from engine.store.personal import (
    Unsent,
    configuration_of,
    drop_unsent,
    get_unsent,
    keep_unsent,
    unsent_of,
)
from engine.text import say, translate

app = typer.Typer()
drafts = typer.Typer(
    help="草稿:存下来还没有提交的立案和办理;不作校验,不进办理记录。不写命令则列出。",
    cls=Named,
    invoke_without_command=True,
)
app.add_typer(drafts, name="drafts")

NUMBER = typer.Argument(..., help="草稿号")
SET = typer.Option(None, "--set", help="字段=值")
DATA = typer.Option(None, "--data", help="YAML/JSON 文件")
ATTACH = typer.Option(None, "--attach", help="字段=文件")
ROW = typer.Option(None, "--row", help="列=值(追加一行)")
REASON = typer.Option(None, "--reason", "--comment", help="意见")
OPTIONS = {
    "given": "--set",
    "data": "--data",
    "attach": "--attach",
    "row": "--row",
    "reason": "--reason",
    "branch": "--branch",
    "reopen": "--reopen",
    "item": "--item",
    "principal": "--for",
    "to": "--to",
    "until": "--until",
    "then": "--then",
    "is_after": "--after",
    "signed_by": "--paper",
    "happened": "--happened",
    "scan": "--scan",
}


@app.callback()
def commands() -> None:
    """Commands of this module."""


@drafts.callback()
def listing(ctx: typer.Context, as_json: bool = typer.Option(False, "--json")) -> None:
    """Without a command: list them."""
    if ctx.invoked_subcommand is None:
        print_todo(ctx.obj, Wanted(box=DRAFTS, as_json=as_json))


@drafts.command("show")
def show(ctx: typer.Context, number: int = NUMBER) -> None:
    """一份草稿里写了什么。"""
    session: Session = ctx.obj
    desk, person = at_desk(session)
    one = get_unsent(desk.store, person, number)
    names = Names(_definition(desk, one), session.language)
    action = names.spoken(one.action) if one.action else translate("立案", session.language)
    of = desk.store.load_case(one.case).number if one.case else one.process
    typer.echo(f"{number}  {of}  {action}")
    for name, option in OPTIONS.items():
        told = one.words.get(name, [])
        for text in [told] if isinstance(told, str) else told:
            typer.echo(f"  {option} {text}")


@drafts.command("add")
def add(
    ctx: typer.Context,
    number: int = NUMBER,
    given: list[str] = SET,
    data: Path = DATA,
    attach: list[str] = ATTACH,
    row: list[str] = ROW,
    reason: str = REASON,
) -> None:
    """往一份草稿里续写;同一字段以后写的为准。"""
    session: Session = ctx.obj
    desk, person = at_desk(session)
    more = Typed(
        given=tuple(given or ()),
        data=str(data) if data else None,
        attach=tuple(attach or ()),
        row=tuple(row or ()),
        reason=reason,
    )
    one = get_unsent(desk.store, person, number)
    _keep(session, desk, person, _continued(desk, one, more))


@drafts.command("submit")
def submit(ctx: typer.Context, number: int = NUMBER) -> None:
    """提交一份草稿:照其中所写立案或办理;办成后草稿即删去,没办成则仍留着。"""
    from commands.clerk import act, open_case

    session: Session = ctx.obj
    desk, person = at_desk(session)
    one = get_unsent(desk.store, person, number)
    if one.case is not None and configuration_of(desk.store, one.case) != one.configuration:
        typer.echo(say("存下草稿以后,这个案件已有变动").show(session.language), err=True)
    typed = Typed.of(one.words)
    try:
        if one.case is None or one.action is None:
            open_case(session, one.process, typed)
        else:
            act(session, one.case, one.action, typed)
    except (typer.Exit, GuichengError):
        # The same request would be told the same refusal for ever.
        again = replace(typed, request=desk.new_id())
        keep_unsent(desk.store, person, replace(one, words=again.kept()))
        raise
    drop_unsent(desk.store, person, number)


@drafts.command("drop")
def drop(ctx: typer.Context, number: int = NUMBER) -> None:
    """删去一份草稿。"""
    session: Session = ctx.obj
    desk, person = at_desk(session)
    get_unsent(desk.store, person, number)
    drop_unsent(desk.store, person, number)
    typer.echo(say("草稿 {number} 已删去", number=number).show(session.language))


def keep_start(session: Session, process: str, typed: Typed) -> None:
    """Keep the words of a `start`. Errors: `UnknownName` for a process there is not."""
    desk, person = at_desk(session)
    _, definition = desk.catalog.process(process, desk.day(desk.clock()))
    one = Unsent(
        process=definition.name,
        case=None,
        action=None,
        words={},
        configuration=None,
        at=desk.clock(),
    )
    _keep(session, desk, person, _continued(desk, one, typed))


def keep_act(session: Session, case: str, action: str, typed: Typed) -> None:
    """Keep the words of a `do`; a draft of the same action on the same case is continued."""
    desk, person = at_desk(session)
    found = desk.case(case)
    names = Names(desk.catalog.definition(found.definition), "en")
    action = names.find_action(action)
    fresh = Unsent(
        process=found.process,
        case=found.id,
        action=action,
        words={},
        configuration=configuration_of(desk.store, found.id),
        at=desk.clock(),
    )
    known = unsent_of(desk.store, person)
    same = (one for one in known if (one.case, one.action) == (found.id, action))
    _keep(session, desk, person, _continued(desk, next(same, fresh), typed))


def at_desk(session: Session) -> tuple[Desk, str]:
    """The desk and the person's id; nothing that is due is done for a draft."""
    desk = session.desk()
    return desk, desk.catalog.roster(desk.clock()).person(session.name()).id


def _continued(desk: Desk, one: Unsent, more: Typed) -> Unsent:
    """The draft with more words, under a request of its own: sent twice, it is done once."""
    known = {field.en: field.name for field in _definition(desk, one).form.fields if field.en}
    typed = Typed.of(one.words).and_then(more, known)
    where = configuration_of(desk.store, one.case) if one.case else None
    words = replace(typed, request=desk.new_id()).kept()
    return replace(one, words=words, configuration=where, at=desk.clock())


def _definition(desk: Desk, one: Unsent) -> ProcessDefinition:
    """What the words of a draft will be read by, as far as is known now."""
    if one.case is not None:
        return desk.catalog.definition(desk.store.load_case(one.case).definition)
    return desk.catalog.process(one.process, desk.day(desk.clock()))[1]


def _keep(session: Session, desk: Desk, person: str, one: Unsent) -> None:
    number = keep_unsent(desk.store, person, one)
    typer.echo(
        say("草稿 {number} 已存;提交用 drafts submit {number}", number=number).show(
            session.language
        )
    )
