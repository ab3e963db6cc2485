"""What an office's channels have sent and what they still owe. No record says so: sending is not
an act, and what was sent can be sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from engine.store.history import utc
from engine.store.statements import add
from engine.store.store import Store
from engine.store.tables import CaseTable, OwedRow, columns
from engine.store.work import read_meta, write_meta


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A notice that did not go: by the position of its record, whom it is for, which kind."""

    position: int
    person: str
    kind: str
    tries: int
    why: str
    at: datetime

    @staticmethod
    def of(position: int, person: str, kind: str, why: str, at: datetime) -> Owed:
        """One that has just failed for the first time."""
        return Owed(position=position, person=person, kind=kind, tries=1, why=why, at=at)


class Owing:
    """The memory of one channel."""

    def __init__(self, store: Store, channel: str) -> None:
        self.store = store
        self.channel = channel
        self._key = f"noticed {channel}"

    def mark(self) -> int | None:
        """Up to which record everything is sent or owed; None for a channel never met."""
        with self.store.reading() as connection:
            found = read_meta(connection, self._key)
        return int(found) if found is not None else None

    def begin(self, position: int) -> None:
        """A channel is met for the first time: what comes after `position` is its business."""
        with self.store.writing() as connection:
            if read_meta(connection, self._key) is None:
                write_meta(connection, self._key, str(position))

    def note(self, position: int, failed: Sequence[Owed]) -> None:
        """Everything up to a record is sent, but for what `failed`, which is owed."""
        if not failed and position <= (self.mark() or 0):
            return
        with self.store.writing() as connection:
            column = columns(OwedRow)
            for one in failed:
                # Another tick may have met the same record.
                connection.execute(delete(OwedRow).where(self._is(one, column)))
                add(connection, OwedRow, channel=self.channel, **_row(one))
            before = int(read_meta(connection, self._key) or 0)
            write_meta(connection, self._key, str(max(before, position)))

    def owed(self, limit: int | None) -> tuple[Owed, ...]:
        """What is owed, the least tried first: what nobody takes does not hold up the rest."""
        column = columns(OwedRow)
        wanted = (
            select(OwedRow)
            .where(column.channel == self.channel)
            .order_by(column.tries, column.position, column.person)
            .limit(limit)
        )
        with self.store.reading() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            Owed(
                position=row.position,
                person=row.person,
                kind=row.kind,
                tries=row.tries,
                why=row.why,
                at=datetime.fromisoformat(row.at),
            )
            for row in rows
        )

    def settle(self, one: Owed) -> None:
        """What was owed is sent."""
        with self.store.writing() as connection:
            connection.execute(delete(OwedRow).where(self._is(one, columns(OwedRow))))

    def put_off(self, one: Owed, why: str, at: datetime) -> None:
        """What is owed did not go this time either."""
        with self.store.writing() as connection:
            connection.execute(
                update(OwedRow)
                .where(self._is(one, columns(OwedRow)))
                .values(tries=one.tries + 1, why=why, at=utc(at))
            )

    def _is(self, one: Owed, column: Any) -> Any:
        return (
            (column.channel == self.channel)
            & (column.position == one.position)
            & (column.person == one.person)
            & (column.kind == one.kind)
        )


def title_of(store: Store, case_id: str) -> str:
    """What a case is called beside its number."""
    column = columns(CaseTable)
    with store.reading() as connection:
        wanted = select(column.title).where(column.id == case_id)
        return str(connection.execute(wanted).scalar() or "")


def _row(one: Owed) -> dict[str, object]:
    return {
        "position": one.position,
        "person": one.person,
        "kind": one.kind,
        "tries": one.tries,
        "why": one.why,
        "at": utc(one.at),
    }
