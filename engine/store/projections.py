"""How the tables follow from records: the same code writes them and rebuilds them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from engine.evidence.record import Body
from engine.kernel import events as happened
from engine.kernel.case import Case, Task, Timer
from engine.kernel.events import Event
from engine.kernel.values import dump_value
from engine.language.definition import ancestors
from engine.language.forms import Value
from engine.store.bookings import follow_bookings
from engine.store.books import follow_books
from engine.store.names import follow_names
from engine.store.stand_ins import follow_stand_ins
from engine.store.statements import add, add_all, remove
from engine.store.tables import (
    PROJECTIONS,
    ActRow,
    CaseTable,
    CopyRow,
    HeadRow,
    MemberRow,
    OfferRow,
    PendingRow,
    TaskRow,
    TimerRow,
    ValueRow,
    columns,
)
from engine.store.titles import title_of

__all__ = ["PROJECTIONS", "copied", "follow", "stamp_of"]

LONGEST_VALUE = 200
LINES = "lines"
LAST_PART = 0.2  # of the time given: from then on the deadline is near


def stamp_of(at: datetime) -> str:
    """An instant as text that sorts: UTC, milliseconds."""
    at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def copied(body: Body) -> dict[str, object]:
    """The columns copied from a body for querying; `audit verify` holds them equal."""
    return {
        "typ": body.typ,
        "at": body.time,
        "actor": body.actor.uid,
        "actor_name": body.actor.name,
        "principal": body.actor.for_.uid if body.actor.for_ else None,
        "case_id": body.case.id if body.case else None,
        "number": body.case.number if body.case else None,
        "process": body.definition.name if body.definition else None,
        "state": body.task.node if body.task else None,
        "action": body.act,
        "meaning": body.meaning,
        "code": body.code,
        "request": body.req,
    }


def follow(
    connection: Connection,
    body: Body,
    digest: str,
    events: Sequence[Event],
    case: Case | None,
    position: int,
) -> None:
    """Bring the tables up to date after one record, the `position`th of the log."""
    remove(connection, HeadRow, stream=body.stream)
    add(connection, HeadRow, stream=body.stream, seq=body.seq, digest=digest)
    _answer_pending(connection, body.req)
    for event in events:
        follow_names(connection, event)
        follow_stand_ins(connection, event)
    if case is None:
        return
    _write_case(connection, case)
    _write_work(connection, case)
    for event in events:
        _write_request(connection, case, event)
        _write_copies(connection, case, body, event)
    follow_books(connection, body, events, position)
    follow_bookings(connection, events, position)


def _answer_pending(connection: Connection, request: str) -> None:
    kind, _, rest = request.partition(":")
    case_id, _, number = rest.partition(":")
    if kind in ("child", "told", "amend", "handed"):
        remove(connection, PendingRow, case_id=case_id, request=number)


def _write_case(connection: Connection, case: Case) -> None:
    remove(connection, CaseTable, id=case.id)
    for table in (ValueRow, MemberRow, ActRow):
        remove(connection, table, case_id=case.id)
    add(
        connection,
        CaseTable,
        id=case.id,
        number=case.number,
        process=case.process,
        definition=case.definition,
        title=title_of(connection, case),
        initiator=case.initiator,
        department=case.department,
        parent=case.parent,
        period=case.period,
        configuration=json.dumps(case.configuration, ensure_ascii=False),
        opened_at=stamp_of(case.opened_at),
        closed_at=stamp_of(case.closed_at) if case.closed_at else None,
        result=case.result,
        suspended=case.is_suspended,
    )
    values = [
        {"case_id": case.id, "field": name, "text": str(value)}
        for name, value in case.values.items()
        if value is not None and not isinstance(value, tuple) and len(str(value)) <= LONGEST_VALUE
    ]
    members = [{"case_id": case.id, "member": one} for one in case.members]
    acts = [
        {
            "case_id": case.id,
            "n": number,
            "actor": act.actor,
            "principal": act.principal,
            "state": act.state,
            "action": act.action,
            "role": act.role,
            "duties": json.dumps(act.duties, ensure_ascii=False),
            "at": stamp_of(act.at),
        }
        for number, act in enumerate(case.acts)
    ]
    for table, rows in ((ValueRow, values), (MemberRow, members), (ActRow, acts)):
        add_all(connection, table, rows)


def _write_work(connection: Connection, case: Case) -> None:
    for table in (TaskRow, OfferRow, TimerRow):
        remove(connection, table, case_id=case.id)
    tasks = [
        {
            "case_id": case.id,
            "task": task.id,
            "state": task.state,
            "role": task.role,
            "claimed_by": task.claimed_by,
            "offered_at": stamp_of(task.offered_at),
            **_deadline(case, task),
        }
        for task in case.asked
    ]
    offers = [
        {"case_id": case.id, "task": task.id, "person": person}
        for task in case.asked
        for person in task.people
        if person not in task.signed_by
    ]
    timers = [
        {
            "case_id": case.id,
            "timer": timer.id,
            "kind": timer.kind,
            "state": timer.state,
            "action": timer.action,
            "due": stamp_of(timer.due),
            "stopped": timer.stopped,
        }
        for timer in case.timers
    ]
    for table, rows in ((TaskRow, tasks), (OfferRow, offers), (TimerRow, timers)):
        add_all(connection, table, rows)


def _deadline(case: Case, task: Task) -> dict[str, object]:
    """When the work is due, from when on that is near, and whether the clock stands still."""
    timer, stopped = _timer(case, task), case.is_suspended
    if timer is None:
        return {"due": None, "soon": None, "stopped": stopped}
    soon = timer.due - (timer.due - timer.set_at) * LAST_PART
    return {
        "due": stamp_of(timer.due),
        "soon": stamp_of(soon),
        "stopped": stopped or timer.stopped,
    }


def _timer(case: Case, task: Task) -> Timer | None:
    """The nearest deadline of the task's state or one around it, met or not."""
    for path in ancestors(task.state):
        for timer in case.timers:
            if timer.kind == "due" and timer.state == path:
                return timer
        for ended in reversed(case.ended):
            if ended.timer.state == path and ended.late and ended.at >= task.offered_at:
                return ended.timer
    return None


def _write_copies(connection: Connection, case: Case, body: Body, event: Event) -> None:
    """Nobody is given a case twice: who has it already keeps the first."""
    if not isinstance(event, happened.CopySent):
        return
    column = columns(CopyRow)
    known = set(
        connection.execute(select(column.person).where(column.case_id == case.id)).scalars()
    )
    for person in dict.fromkeys(event.people):
        if person not in known:
            add(
                connection,
                CopyRow,
                case_id=case.id,
                person=person,
                sender=body.actor.name,
                at=body.time,
            )


def _write_request(connection: Connection, case: Case, event: Event) -> None:
    """Something asked of another case or of the office, until it is answered."""
    target, action, initiator = "", "", None
    content: Mapping[str, Value] = {}
    match event:
        case happened.ChildRequested():
            kind, target, initiator = "child", event.process, event.initiator
            content = event.values
        case happened.CaseTold():
            kind, target, action, initiator = "told", event.case, event.action, event.into
            content = {LINES: event.lines}
        case happened.AmendmentRequested():
            kind, content = "amend", event.amendment
        case happened.HandOverRequested():
            kind, target, initiator = "hand_over", event.case, event.by
            content = {"to": event.to}
        case happened.ChildTold():
            kind, target, action = "told_child", event.child, event.action
        case _:
            return
    add(
        connection,
        PendingRow,
        case_id=case.id,
        request=event.request,
        kind=kind,
        target=target,
        action=action,
        initiator=initiator,
        content=json.dumps(
            {name: dump_value(value) for name, value in content.items()},
            ensure_ascii=False,
            sort_keys=True,
        ),
    )
