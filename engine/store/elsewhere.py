"""One person's work in all cases, read from the tables and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from engine.kernel.elsewhere import ActElsewhere, Answer, Seen, TaskElsewhere
from engine.store.history import History
from engine.store.tables import ActRow, CaseTable, OfferRow, TaskRow, columns

TASKS, ACTS = "tasks", "acts"


class StoredElsewhere:
    """What one look asks about people's work; `seen` is what it was told."""

    def __init__(self, store: History) -> None:
        self._store = store
        self.seen: dict[tuple[str, str], Answer] = {}

    def tasks_of(self, person: str) -> tuple[TaskElsewhere, ...]:
        with self._store.reading() as connection:
            found = tasks_of(connection, person)
        self.seen[TASKS, person] = found
        return found

    def acts_for(self, principal: str) -> tuple[ActElsewhere, ...]:
        with self._store.reading() as connection:
            found = acts_for(connection, principal)
        self.seen[ACTS, principal] = found
        return found


def has_moved(connection: Connection, seen: Seen) -> bool:
    """Whether any answer would be another one now."""
    ask: Mapping[str, Callable[[Connection, str], Answer]] = {TASKS: tasks_of, ACTS: acts_for}
    return any(ask[kind](connection, person) != told for (kind, person), told in seen.items())


def tasks_of(connection: Connection, person: str) -> tuple[TaskElsewhere, ...]:
    """The open work offered to a person."""
    task, case, offer = columns(TaskRow), columns(CaseTable), columns(OfferRow)
    mine = select(offer.case_id, offer.task).where(offer.person == person).subquery()
    rows = connection.execute(
        select(TaskRow, case.number, case.process, offer.person)
        .join(mine, (mine.c.case_id == task.case_id) & (mine.c.task == task.task))
        .join(CaseTable, case.id == task.case_id)
        .join(OfferRow, (offer.case_id == task.case_id) & (offer.task == task.task))
        .order_by(task.offered_at, case.number, task.task, offer.person)
    ).all()
    people: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        people.setdefault((row.case_id, row.task), []).append(row.person)
    found = {(row.case_id, row.task): row for row in rows}
    return tuple(
        TaskElsewhere(
            case=row.case_id,
            number=row.number,
            process=row.process,
            task=row.task,
            state=row.state,
            role=row.role,
            people=tuple(people[key]),
            claimed_by=row.claimed_by,
            offered=datetime.fromisoformat(row.offered_at),
            due=datetime.fromisoformat(row.due) if row.due else None,
        )
        for key, row in found.items()
    )


def acts_for(connection: Connection, principal: str) -> tuple[ActElsewhere, ...]:
    """What others have done in a person's name."""
    act, case = columns(ActRow), columns(CaseTable)
    rows = connection.execute(
        select(ActRow, case.number, case.process)
        .join(CaseTable, case.id == act.case_id)
        .where(act.principal == principal)
        .order_by(act.at, case.number, act.n)
    ).all()
    return tuple(
        ActElsewhere(
            case=row.case_id,
            number=row.number,
            process=row.process,
            state=row.state,
            action=row.action,
            actor=row.actor,
            at=datetime.fromisoformat(row.at),
        )
        for row in rows
    )
