"""`todo`, kept apart so that it loads nothing it does not need."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from commands.table import emit, heads
from commands.workspace import Session
from engine.store.inbox import load_todo
from engine.text import say, translate


def print_todo(session: Session, as_json: bool) -> None:
    """One person's open tasks, the most urgent first."""
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
        print(say("没有待办").show(session.language), file=sys.stderr)
    age = int((now - datetime.fromisoformat(tick)).total_seconds() // 60) if tick else None
    note = (
        say("定时事项最近一次办理:{minutes} 分钟前", minutes=age)
        if age is not None
        else say("定时事项还没有办理过(tick)")
    )
    print(note.show(session.language), file=sys.stderr)


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
