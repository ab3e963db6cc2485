"""The cases of an office and the work that is open, as tables that follow from the history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from engine.errors import GuichengError
from engine.evidence.redaction import REDACT
from engine.kernel.apply import apply
from engine.kernel.case import Case
from engine.kernel.command import Other
from engine.kernel.values import load_value
from engine.language.definition import SYSTEM
from engine.store.connect import writing
from engine.store.history import stamp_for, utc
from engine.store.log import Log
from engine.store.rows import (
    CaseRow,
    OpenTask,
    Pending,
)
from engine.store.statements import add, find, find_all, remove
from engine.store.tables import (
    ActRow,
    CardRow,
    CaseTable,
    HoldRow,
    MemberRow,
    MetaRow,
    PendingRow,
    RecordRow,
    TaskRow,
    TimerRow,
    ValueRow,
    columns,
)
from engine.text import say

REMEMBERED = 2_000  # folded cases kept in memory; the least recently used go first


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A case and the record it has been folded up to: its place in the stream, its digest."""

    case: Case
    head: tuple[int, str]


class Work(Log):
    """Cases, tasks, timers and requests, as of the last record."""

    _folded: dict[str, Folded]

    def writing(self) -> AbstractContextManager[Connection]:
        return writing(self.engine)

    # -- cases ----------------------------------------------------------------------------

    def load_case(self, case_id: str) -> Case:
        """The case folded from its history. Errors: `GuichengError` if there is none.

        What has been folded is remembered, and only newer records are read, as long as they
        go on from it: a history never changes, but a database may be put back to an older one.
        """
        stream = f"case/{case_id}"
        head = self.head(stream)
        known = self._folded.pop(case_id, None)
        if known is not None and known.head != head:
            known = self._fold(stream, known)
        if known is None:
            known = self._fold(stream, None)
        if known is None:
            raise GuichengError(say("没有这个案件:{case}", case=case_id))
        self._folded[case_id] = known
        if len(self._folded) > REMEMBERED:
            del self._folded[next(iter(self._folded))]
        return known.case

    def _fold(self, stream: str, known: Folded | None) -> Folded | None:
        """What a stream comes to; None if it is empty, or does not go on from `known`."""
        case = known.case if known else None
        head = known.head if known else None
        for stored in self.records(stream, after=head[0] if head else -1):
            if head is not None and stored.body.prev != head[1]:
                return None
            if known is not None and stored.body.typ == REDACT:
                return None  # what was folded still holds the values destroyed since
            for event in stored.events:
                case = apply(case, event, stamp_for(stored))
            head = (stored.seq, stored.record.digest)
        moved = head is not None and (known is None or head != known.head)
        return Folded(case=case, head=head) if moved and case is not None and head else None

    def find_case(self, reference: str) -> str | None:
        """The id of a case by id, number, or an end of its number that fits only one."""
        column = columns(CaseTable)
        with self.reading() as connection:
            found = connection.execute(
                select(column.id).where((column.id == reference) | (column.number == reference))
            ).scalar()
            if found is None and reference:
                ends = (
                    connection.execute(
                        select(column.id).where(column.number.endswith(reference, autoescape=True))
                    )
                    .scalars()
                    .all()
                )
                found = ends[0] if len(ends) == 1 else None
        return str(found) if found is not None else None

    def cases(
        self,
        *,
        process: str | None = None,
        state: str | None = None,
        parent: str | None = None,
        field: tuple[str, str] | None = None,
        is_open: bool | None = None,
    ) -> tuple[CaseRow, ...]:
        """Cases by what is known of them, in order of their numbers."""
        column = columns(CaseTable)
        wanted = select(CaseTable).order_by(column.opened_at, column.number)
        if process is not None:
            wanted = wanted.where(column.process == process)
        if parent is not None:
            wanted = wanted.where(column.parent == parent)
        if is_open is not None:
            wanted = wanted.where(column.closed_at.is_(None) == is_open)
        if field is not None:
            values = columns(ValueRow)
            wanted = wanted.join(ValueRow, values.case_id == column.id).where(
                values.field == field[0], values.text == field[1]
            )
        with self.reading() as connection:
            rows = [case_row_of(row) for row in connection.execute(wanted)]
        return tuple(row for row in rows if state is None or state in row.configuration)

    def family(self, case_id: str) -> tuple[str, ...]:
        """The other cases joined to this one by parent and child, or by gathering."""
        known, waiting = {case_id}, [case_id]
        with self.reading() as connection:
            while waiting:
                one = waiting.pop()
                case = find(connection, CaseTable, id=one)
                found = {case.parent} if case and case.parent is not None else set()
                found |= {row.id for row in find_all(connection, CaseTable, (), parent=one)}
                found |= {row.member for row in find_all(connection, MemberRow, (), case_id=one)}
                found |= {row.case_id for row in find_all(connection, MemberRow, (), member=one)}
                waiting += sorted(found - known)
                known |= found
        return tuple(sorted(known - {case_id}))

    def acts(self, case_ids: Iterable[str]) -> tuple[Other, ...]:
        """What was done in these cases, for the incompatible duties."""
        act, case = columns(ActRow), columns(CaseTable)
        wanted = (
            select(ActRow, case.number)
            .join(CaseTable, case.id == act.case_id)
            .where(act.case_id.in_(list(case_ids)))
            .order_by(act.case_id, act.n)
        )
        with self.reading() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            Other(
                case=row.case_id,
                number=row.number,
                state=row.state,
                action=row.action,
                role=row.role,
                duties=tuple(json.loads(row.duties)),
                people=frozenset({row.actor} | ({row.principal} if row.principal else set())),
                at=datetime.fromisoformat(row.at),
            )
            for row in rows
            if row.actor != SYSTEM
        )

    def next_sequence(self, prefix: str) -> int:
        """One more than the numbers already given with this prefix."""
        column = columns(CaseTable).number
        with self.reading() as connection:
            found = connection.execute(
                select(func.count()).where(column.startswith(prefix, autoescape=True))
            ).scalar()
        return int(found or 0) + 1

    # -- work and time ----------------------------------------------------------------------

    def open_tasks(self) -> tuple[OpenTask, ...]:
        case = columns(CaseTable)
        task = columns(TaskRow)
        wanted = (
            select(TaskRow, case.number, case.process)
            .join(CaseTable, case.id == task.case_id)
            .order_by(task.offered_at)
        )
        with self.reading() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            OpenTask(
                case_id=row.case_id,
                number=row.number,
                process=row.process,
                task=row.task,
                state=row.state,
                role=row.role,
                claimed_by=row.claimed_by,
                offered_at=datetime.fromisoformat(row.offered_at),
                due=datetime.fromisoformat(row.due) if row.due else None,
            )
            for row in rows
        )

    def due_timers(
        self, at: datetime, limit: int, without: tuple[str, ...] = ()
    ) -> tuple[tuple[str, str, str, datetime], ...]:
        """Running timers whose moment has come, but for those of some cases: case, timer, kind,
        due; earliest first.
        """
        column = columns(TimerRow)
        wanted = (
            select(TimerRow)
            .where(
                column.due <= utc(at),
                column.stopped.is_(False),
                column.case_id.not_in(without),
            )
            .order_by(column.due, column.case_id, column.timer)
            .limit(limit)
        )
        with self.reading() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            (row.case_id, row.timer, row.kind, datetime.fromisoformat(row.due)) for row in rows
        )

    def pending(self, limit: int) -> tuple[Pending, ...]:
        """Requests between cases not carried out yet."""
        return self._pending(None, limit)

    def pending_of(self, case_id: str) -> tuple[Pending, ...]:
        return self._pending(case_id, None)

    def _pending(self, case_id: str | None, limit: int | None) -> tuple[Pending, ...]:
        column = columns(PendingRow)
        wanted = select(PendingRow).order_by(column.case_id, column.request).limit(limit)
        if case_id is not None:
            wanted = wanted.where(column.case_id == case_id)
        with self.reading() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            Pending(
                case_id=row.case_id,
                request=row.request,
                kind=row.kind,
                target=row.target,
                action=row.action,
                initiator=row.initiator,
                values={n: load_value(v) for n, v in json.loads(row.content).items()},
            )
            for row in rows
        )

    def last_tick(self) -> datetime | None:
        found = self._meta("tick")
        return datetime.fromisoformat(found) if found else None

    def set_tick(self, at: datetime) -> None:
        """Remember when the system last looked."""
        self._set_meta("tick", utc(at))

    def reoffered_at(self) -> int | None:
        found = self._meta("reoffered")
        return int(found) if found else None

    def reoffered_on(self) -> date | None:
        """The day on which open tasks were last offered anew."""
        found = self._meta("reoffered on")
        return date.fromisoformat(found) if found else None

    def set_reoffered_at(self, seq: int, on: date) -> None:
        self._set_meta("reoffered on", on.isoformat())
        self._set_meta("reoffered", str(seq))

    def supplied_at(self) -> int:
        """Up to which record the cases that wait for a book have been looked at."""
        return int(self._meta("supplied") or 0)

    def set_supplied_at(self, position: int) -> None:
        self._set_meta("supplied", str(position))

    def last_position(self) -> int:
        """The place of the newest record in the log; 0 if there is none."""
        with self.reading() as connection:
            return connection.execute(select(func.max(columns(RecordRow).position))).scalar() or 0

    def followed_at(self) -> int:
        """Up to which record the news between cases have been passed on."""
        return int(self._meta("followed") or 0)

    def left_behind(self) -> tuple[str, ...]:
        """The cases before that record whose news could not be passed on."""
        return tuple(json.loads(self._meta("left behind") or "[]"))

    def set_followed_at(
        self, position: int, followed: frozenset[str], stuck: frozenset[str]
    ) -> None:
        """Remember up to where news were passed on, and of which cases they were not."""
        if position <= self.followed_at() and set(self.left_behind()) == stuck:
            return
        with self.writing() as connection:
            left = set(json.loads(read_meta(connection, "left behind") or "[]"))
            write_meta(connection, "left behind", json.dumps(sorted(left - followed | stuck)))
            before = int(read_meta(connection, "followed") or 0)
            write_meta(connection, "followed", str(max(before, position)))

    def cases_moved(self, since: int, until: int, limit: int) -> tuple[tuple[str, ...], int]:
        """At most `limit` cases with records after one place up to another, and up to which
        place these are all.
        """
        column = columns(RecordRow)
        last = func.max(column.position)
        wanted = (
            select(column.case_id, last)
            .where(
                column.position > since,
                column.position <= until,
                column.case_id.is_not(None),
                column.typ != "refusal",
            )
            .group_by(column.case_id)
            .order_by(last)
            .limit(limit)
        )
        with self.reading() as connection:
            rows = connection.execute(wanted).all()
        return tuple(row[0] for row in rows), rows[-1][1] if len(rows) == limit else until

    def books_moved_at(self) -> int:
        """The last record that moved anything in a book."""
        with self.reading() as connection:
            return connection.execute(select(func.max(columns(CardRow).version))).scalar() or 0

    def waiting_owners(self, since: int) -> tuple[str, ...]:
        """The numbers of cases that wait for an item which has moved since a record."""
        hold, card = columns(HoldRow), columns(CardRow)
        wanted = (
            select(hold.owner)
            .join(CardRow, (card.book == hold.book) & (card.item == hold.item))
            .where(card.version > since)
            .order_by(hold.rank)
        )
        with self.reading() as connection:
            return tuple(dict.fromkeys(connection.execute(wanted).scalars()))

    def _meta(self, key: str) -> str | None:
        with self.reading() as connection:
            return read_meta(connection, key)

    def _set_meta(self, key: str, value: str) -> None:
        with self.writing() as connection:
            write_meta(connection, key, value)


def read_meta(connection: Connection, key: str) -> str | None:
    """A mark the engine has left itself; None if there is none."""
    found = find(connection, MetaRow, key=key)
    return str(found.value) if found else None


def write_meta(connection: Connection, key: str, value: str) -> None:
    """Leave a mark, in place of an older one."""
    remove(connection, MetaRow, key=key)
    add(connection, MetaRow, key=key, value=value)


def case_row_of(row: Any) -> CaseRow:
    values = {name: getattr(row, name) for name in CaseRow.__slots__}
    closed = values["closed_at"]
    return CaseRow(
        **{
            **values,
            "configuration": tuple(json.loads(values["configuration"])),
            "opened_at": datetime.fromisoformat(values["opened_at"]),
            "closed_at": datetime.fromisoformat(closed) if closed else None,
        }
    )
