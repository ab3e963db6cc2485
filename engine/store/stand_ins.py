"""Who stands in for whom, for which procedures, on which days: what a delegate's box shows."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, update

from engine.kernel.events import Event
from engine.kernel.office_events import RosterAmended
from engine.language.amendments import Delegated, DelegationEnded, PersonLeft, load_amendment
from engine.store.statements import add, remove
from engine.store.tables import StandInRow, columns

EVERY = ""  # instead of a procedure's name: all of them


def follow_stand_ins(connection: Connection, event: Event) -> None:
    """Bring the table up to date after a change among the people."""
    if not isinstance(event, RosterAmended):
        return
    column = columns(StandInRow)
    match load_amendment(event.amendment):
        case Delegated() as given:
            for process in given.processes or (EVERY,):
                key = (given.from_person, given.to_person, process, given.from_.isoformat())
                row = dict(zip(("principal", "person", "process", "since"), key, strict=True))
                remove(connection, StandInRow, **row)
                add(connection, StandInRow, **row, until=given.until.isoformat())
        case DelegationEnded() as ended:
            last = (ended.from_ - timedelta(days=1)).isoformat()
            pair = (column.principal == ended.from_person) & (column.person == ended.to_person)
            connection.execute(
                update(StandInRow).where(pair & (column.until > last)).values(until=last)
            )
        case PersonLeft() as left:
            last = (left.from_ - timedelta(days=1)).isoformat()
            his = (column.principal == left.person) | (column.person == left.person)
            connection.execute(
                update(StandInRow).where(his & (column.until > last)).values(until=last)
            )
