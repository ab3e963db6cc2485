"""The roster: who is in force, is the draft in order, who is granted a post."""

from __future__ import annotations

from datetime import date

import typer

from commands import staffing
from commands.completion import processes
from commands.display import receipt
from commands.help import Named
from commands.office import problem_row
from commands.table import dump, emit, heads
from commands.workspace import Session
from engine.errors import DefinitionProblems, UnknownName, UsageError
from engine.language.params import read_plain
from engine.language.roster import PostGranted
from engine.registry import GRANT, Registry
from engine.text import say, translate

app = typer.Typer()
roster = typer.Typer(help="花名册", no_args_is_help=True, cls=Named)
app.add_typer(roster, name="roster")
JSON = typer.Option(False, "--json")


@app.callback()
def commands() -> None:
    """Commands of this module."""


@roster.command("show")
def show(ctx: typer.Context, as_json: bool = JSON) -> None:
    """生效的花名册:人员、部门、岗位。"""
    session: Session = ctx.obj
    desk = session.desk()
    view = desk.catalog.roster(desk.clock())
    rows = [
        {
            "name": one.name,
            "id": one.id,
            "department": one.department or "",
            "posts": view.title_of(one.id),
            "away": translate("请假", session.language) if view.is_away(one.id) else "",
        }
        for one in view.people()
    ]
    columns = heads(
        session.language,
        name="姓名",
        id="编号",
        department="部门",
        posts="职务与岗位",
        away="状态",
    )
    emit(columns, rows, as_json)


@roster.command("check")
def check(
    ctx: typer.Context,
    process: str = typer.Option(None, "--process", autocompletion=processes, help="只查这一个流程"),
    absent: list[str] = typer.Option([], "--absent", help="假定此人不在(可多次)"),
    as_json: bool = JSON,
) -> None:
    """检查花名册草稿;再查谁不在就有环节办不成。"""
    session: Session = ctx.obj
    try:
        drafted = staffing.read_drafted(session, process)
    except DefinitionProblems as error:
        if as_json:
            typer.echo(dump([problem_row(one, session.language) for one in error.problems]))
            raise typer.Exit(1) from error
        raise
    found = staffing.report(drafted, absent)
    if as_json:
        typer.echo(dump(staffing.report_row(found, absent, session.language)))
        return
    typer.echo(
        say(
            "花名册无问题:{people} 人,{departments} 个部门",
            people=len(drafted.roster.people()),
            departments=len(drafted.roster.departments()),
        ).show(session.language)
    )
    for line in staffing.print_report(found, absent, session.language):
        typer.echo(line)
    for one in drafted.unread:
        typer.echo(one.show(session.language), err=True)


@roster.command("grant")
def grant(
    ctx: typer.Context,
    person: str,
    post: str,
    since: str = typer.Option(None, "--from"),
    until: str = typer.Option(None, "--until"),
) -> None:
    """授予岗位:签名留痕,有起止;不改花名册文件。"""
    session: Session = ctx.obj
    desk = session.desk()
    view = desk.catalog.roster(desk.clock())
    actor = view.person(session.name()).id
    if post not in view.posts():
        raise UnknownName(say("岗位"), post, view.posts())
    first = read_plain(since) if since else desk.day(desk.clock())
    last = read_plain(until) if until else None
    if not isinstance(first, date) or not (last is None or isinstance(last, date)):
        raise UsageError(say("起止日期不对(应如 2026-12-07)"))
    amendment = PostGranted(post=post, person=view.person(person).id, from_=first, until=last)
    answer = Registry(desk).amend(amendment, actor, session.signer(actor), GRANT)
    done = receipt(answer, GRANT, session.language)
    typer.echo(
        say(
            "已授予 {person}“{post}”(记录 {digest})",
            person=person,
            post=post,
            digest=done.digest[:12],
        ).show(session.language)
    )
