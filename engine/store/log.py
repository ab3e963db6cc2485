"""The log of all records and the checkpoints signed over it, as they stand in the store."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import select

from engine.errors import EvidenceError
from engine.evidence.record import Record
from engine.store.erasure import names_elsewhere
from engine.store.history import History, binary, readable, record_of
from engine.store.rows import Kept, Stored
from engine.store.tables import CheckpointRow, RecordRow, TokenRow, columns
from engine.text import say


class Log(History):
    """All records in the order of their places, 1, 2, 3 …, whatever stream they are of."""

    def leaves(self, after: int = 0, until: int | None = None) -> tuple[bytes, ...]:
        """The digests kept for the records later than a place (up to another), in order.

        Errors: `EvidenceError` for one that somebody has made unreadable.
        """
        table = columns(RecordRow)
        wanted = select(table.digest).where(table.position > after).order_by(table.position)
        if until is not None:
            wanted = wanted.where(table.position <= until)
        with self.reading() as connection:
            found = tuple(connection.execute(wanted).scalars())
        try:
            return tuple(map(bytes.fromhex, found))
        except (TypeError, ValueError) as error:
            raise EvidenceError(say("库里有一条记录的摘要读不出来")) from error

    def digests_at(self, places: Collection[int]) -> dict[int, str]:
        """The digests kept for the records at these places; a place without one is left out."""
        table = columns(RecordRow)
        wanted = select(table.position, table.digest).where(table.position.in_(places))
        with self.reading() as connection:
            return {row.position: row.digest for row in connection.execute(wanted)}

    def raw_log(self) -> Iterator[Record]:
        """All records in the order of the log, unread, a thousand at a time."""
        with self.reading() as connection:
            wanted = select(RecordRow).order_by(columns(RecordRow).position)
            for row in connection.execute(wanted).yield_per(1000):
                yield record_of(row, self.suite)

    def is_only_in(self, digest: str, stored: Stored) -> bool:
        """Whether no other record than this one has attached the file of this digest."""
        with self.reading() as connection:
            return not names_elsewhere(connection, digest, stored)

    def checkpoints(self) -> tuple[Kept, ...]:
        """Every checkpoint signed for this store, the smallest first."""
        with self.reading() as connection:
            wanted = select(CheckpointRow).order_by(columns(CheckpointRow).size)
            return tuple(
                Kept(size=row.size, note=readable(row.note), at=row.at)
                for row in connection.execute(wanted)
            )

    def newest_checkpoint(self) -> Kept | None:
        with self.reading() as connection:
            wanted = select(CheckpointRow).order_by(columns(CheckpointRow).size.desc()).limit(1)
            row = connection.execute(wanted).first()
        return Kept(size=row.size, note=row.note, at=row.at) if row else None

    def tokens(self) -> dict[int, bytes]:
        """The latest time stamp over each checkpoint that has one, by the checkpoint's size."""
        with self.reading() as connection:
            wanted = select(TokenRow).order_by(columns(TokenRow).id)
            return {row.size: binary(row.answer) for row in connection.execute(wanted)}
