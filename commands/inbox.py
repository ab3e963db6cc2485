"""`todo`, kept apart so that it loads nothing it does not need."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import typer

from commands.table import emit, heads
from commands.workspace import Session
from engine.store.inbox import load_todo
from engine.text import say, translate

app = typer.Typer()


@app.callback()
def commands() -> None:
    """Commands of this module."""


@app.command("todo")
def todo(ctx: typer.Context, as_json: bool = typer.Option(False, "--json")) -> None:
    """我的待办:最急的在前。"""
    session: Session = ctx.obj
    here, name = session.workspace(), session.name()
    inbox = load_todo(here.store, name)
    if not inbox.is_known:
        desk = session.desk()
        uid = desk.catalog.roster(desk.clock()).person(name).id
        inbox = load_todo(here.store, uid)
    tick = inbox.tick
    now = datetime.now(UTC)  # noqa: TID251 — only to mark what is late on the screen
    rows = [
        {
            "number": one.number,
            "process": one.process,
            "state": one.state,
            "role": one.role,
            "due": shown(one.due, inbox.zone),
            "late": bool(one.due and datetime.fromisoformat(one.due) < now),
            "mark": mark(one.due, one.claimed, now, session.language),
        }
        for one in inbox.work
    ]

    if session.language == "en" and not as_json:
        rows = [{**row, **english(session, str(row["number"]), str(row["state"]))} for row in rows]
    columns = heads(
        session.language, number="编号", process="流程", state="环节", due="期限", mark="标记"
    )
    emit(columns, rows, as_json)
    if not rows and not as_json:
        typer.echo(say("没有待办").show(session.language), err=True)
    age = int((now - datetime.fromisoformat(tick)).total_seconds() // 60) if tick else None
    note = (
        say("定时事项最近一次办理:{minutes} 分钟前", minutes=age)
        if age is not None
        else say("定时事项还没有办理过(tick)")
    )
    typer.echo(note.show(session.language), err=True)


def english(session: Session, number: str, state: str) -> dict[str, str]:
    """The owner's English names; only a reader of English pays for reading the definition."""
    from engine.reading.names import Names

    desk = session.desk()
    names = Names(desk.catalog.definition(desk.case(number).definition), session.language)
    return {"process": names.process(), "state": names.state(state)}


def shown(moment: str | None, zone: str) -> str:
    """A stored instant in the office's own time."""
    if moment is None:
        return ""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def mark(due: str | None, claimed: bool, now: datetime, language: str) -> str:
    """Late, near, or claimed, in a word."""
    words = []
    if due is not None:
        left = (datetime.fromisoformat(due) - now).total_seconds()
        if left < 0:
            words.append(translate("超期", language))
        elif left < 86_400:
            words.append(translate("将到期", language))
    if claimed:
        words.append(translate("已签收", language))
    return " ".join(words)
