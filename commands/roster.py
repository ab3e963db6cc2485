"""The roster: who is in force, is the draft in order, and what changes from a day on."""

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
from engine.desk import Desk
from engine.errors import DefinitionProblems, UnknownName, UsageError
from engine.language.amendments import (
    Amendment,
    LeaveEnded,
    LeaveTaken,
    LiaisonNamed,
    LiaisonRemoved,
    PersonLeft,
    PostGranted,
    PostWithdrawn,
    QualificationGained,
)
from engine.language.params import read_plain
from engine.language.roster import RosterView
from engine.registry import ACTS, Registry
from engine.text import say, translate

app = typer.Typer()
roster = typer.Typer(help="花名册", no_args_is_help=True, cls=Named)
app.add_typer(roster, name="roster")
JSON = typer.Option(False, "--json")
FROM = typer.Option(None, "--from", help="自哪天起;不写即今天")
UNTIL = typer.Option(None, "--until", help="到哪天为止,含当天")


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
            "away": translate(_standing(view, one.id), session.language),
            "qualifications": {kept.name: kept.until for kept in view.qualifications_of(one.id)},
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


def _standing(view: RosterView, person: str) -> str:
    if view.has_left(person):
        return "已离岗"
    return "请假" if view.is_away(person) else ""


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
    ctx: typer.Context, person: str, post: str, since: str = FROM, until: str = UNTIL
) -> None:
    """授予岗位:签名留痕,有起止;不改花名册文件。"""
    desk, view, actor = _office(ctx.obj)
    _require_post(view, post)
    who, last = view.person(person).id, _day(until) if until else None
    amendment = PostGranted(post=post, person=who, from_=_since(desk, since), until=last)
    digest = _amended(ctx.obj, desk, actor, amendment)
    text = say("已授予 {person}“{post}”(记录 {digest})", person=person, post=post, digest=digest)
    typer.echo(text.show(ctx.obj.language))


@roster.command("withdraw")
def withdraw(ctx: typer.Context, person: str, post: str, since: str = FROM) -> None:
    """撤回岗位:自某日起不再担任。"""
    desk, view, actor = _office(ctx.obj)
    _require_post(view, post)
    who = view.person(person).id
    _amend(ctx.obj, desk, actor, PostWithdrawn(post=post, person=who, from_=_since(desk, since)))


@roster.command("leave")
def leave(
    ctx: typer.Context,
    since: str = FROM,
    until: str = UNTIL,
    person: str = typer.Option(None, "--person", help="谁请假;不写即本人"),
    ended: bool = typer.Option(False, "--end", help="销假:自 --from 起已返岗"),
) -> None:
    """请假或销假;AB岗不得同时外出。"""
    desk, view, actor = _office(ctx.obj)
    who, first = view.person(person).id if person else actor, _since(desk, since)
    amendment: Amendment = LeaveEnded(person=who, from_=first)
    if not ended:
        amendment = LeaveTaken(person=who, from_=first, until=_day(until))
    _amend(ctx.obj, desk, actor, amendment)


@roster.command("qualify")
def qualify(
    ctx: typer.Context, person: str, name: str, until: str = UNTIL, since: str = FROM
) -> None:
    """登记资格证书,--until 是有效的最后一天。"""
    desk, view, actor = _office(ctx.obj)
    who, first = view.person(person).id, _since(desk, since)
    amendment = QualificationGained(person=who, name=name, from_=first, until=_day(until))
    _amend(ctx.obj, desk, actor, amendment)


@roster.command("liaison")
def liaison(
    ctx: typer.Context,
    department: str,
    person: str,
    since: str = FROM,
    until: str = UNTIL,
    ended: bool = typer.Option(False, "--end", help="自 --from 起不再担任"),
) -> None:
    """备案或撤销一个部门的对接人。"""
    desk, view, actor = _office(ctx.obj)
    if view.find_department(department) is None:
        raise UnknownName(say("部门"), department, [one.name for one in view.departments()])
    who, first = view.person(person).id, _since(desk, since)
    amendment: Amendment = LiaisonRemoved(department=department, person=who, from_=first)
    if not ended:
        last = _day(until) if until else None
        amendment = LiaisonNamed(department=department, person=who, from_=first, until=last)
    _amend(ctx.obj, desk, actor, amendment)


@roster.command("leaver")
def leaver(
    ctx: typer.Context,
    person: str,
    since: str = FROM,
    to: str = typer.Option(None, "--to", help="接替人:以后轮到离岗人的事由他办"),
) -> None:
    """停用离岗人的账号:自某日起不得再办理;历史中的姓名、职务不变。"""
    desk, view, actor = _office(ctx.obj)
    who = view.person(person).id
    successor = view.person(to).id if to else None
    left = PersonLeft(person=who, from_=_since(desk, since), successor=successor)
    _amend(ctx.obj, desk, actor, left)


def _office(session: Session) -> tuple[Desk, RosterView, str]:
    """The desk, the roster of today, and who is at the keyboard."""
    desk = session.desk()
    view = desk.catalog.roster(desk.clock())
    return desk, view, view.person(session.name()).id


def _require_post(view: RosterView, post: str) -> None:
    if post not in view.posts():
        raise UnknownName(say("岗位"), post, view.posts())


def _since(desk: Desk, text: str | None) -> date:
    return _day(text) if text else desk.day(desk.clock())


def _day(text: str | None) -> date:
    found = read_plain(text or "")
    if not isinstance(found, date):
        raise UsageError(say("起止日期不对(应如 2026-12-07)"))
    return found


def _amended(session: Session, desk: Desk, actor: str, amendment: Amendment) -> str:
    """Put an amendment on record; the beginning of its digest."""
    act = ACTS[type(amendment)]
    answer = Registry(desk).amend(amendment, actor, session.signer(actor), act)
    return receipt(answer, act, session.language).digest[:12]


def _amend(session: Session, desk: Desk, actor: str, amendment: Amendment) -> None:
    """Put an amendment on record, and say so."""
    digest = _amended(session, desk, actor, amendment)
    text = say(
        "已{act},自 {on} 起(记录 {digest})",
        act=translate(ACTS[type(amendment)], session.language),
        on=amendment.from_,
        digest=digest,
    )
    typer.echo(text.show(session.language))
