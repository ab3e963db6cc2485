"""The history as it stands in the store: records, disclosures, objects, heads; only read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, bindparam, select
from sqlmodel import SQLModel

from engine.errors import EvidenceError
from engine.evidence.canonical import parse
from engine.evidence.record import Disclosure, Record, load_body
from engine.evidence.suite import SHA256_ED25519, Suite, find_suite
from engine.kernel.case import Stamp
from engine.kernel.values import load_value
from engine.kernel.vocabulary import load_event
from engine.language.definition import SYSTEM
from engine.store import projections
from engine.store.connect import reading
from engine.store.rows import (
    HistoryRow,
    Query,
    Stored,
)
from engine.store.statements import find
from engine.store.tables import DisclosureRow, HeadRow, ObjectRow, RecordRow, columns, table_of
from engine.text import say

UNREADABLE = "\ufffd"
NOWHERE = 2**63 - 1


def _later(kind: type[SQLModel]) -> Select[Any]:
    """What a stream has in a table after a place."""
    column = columns(kind)
    is_meant = column.stream == bindparam("stream"), column.seq > bindparam("after")
    return select(table_of(kind)).where(*is_meant)


RECORDS = _later(RecordRow).order_by(columns(RecordRow).seq)
DISCLOSURES = _later(DisclosureRow)
LAST_RECEIVED = (
    select(columns(RecordRow).received_at)
    .where(columns(RecordRow).stream == bindparam("stream"))
    .order_by(columns(RecordRow).seq.desc())
    .limit(1)
)
FIRST_BODY = select(columns(RecordRow).body).order_by(columns(RecordRow).position).limit(1)
ENDS = select(columns(HeadRow).stream, columns(HeadRow).seq, columns(HeadRow).digest)
SOME_ENDS = ENDS.where(columns(HeadRow).stream.in_(bindparam("streams", expanding=True)))


def ends(connection: Connection, streams: Collection[str] = ()) -> Sequence[Row[Any]]:
    """Stream, last place and digest of the streams named; of all, if none is."""
    if not streams:
        return connection.execute(ENDS).all()
    return connection.execute(SOME_ENDS, {"streams": list(streams)}).all()


class History:
    """What can be read of one office's history."""

    engine: Engine
    _suite: Suite | None

    @property
    def suite(self) -> Suite:
        """The suite this history is kept in: its first record says so, once there is one."""
        if self._suite is None:
            with self.reading() as connection:
                first = connection.execute(FIRST_BODY).scalar()
            self._suite = _suite_in(binary(first))
        return self._suite

    def reading(self) -> AbstractContextManager[Connection]:
        return reading(self.engine)

    def head(self, stream: str) -> tuple[int, str] | None:
        """The last place of a stream and its digest."""
        return self.heads(stream).get(stream)

    def last_received(self, stream: str) -> str:
        """When the last record of a stream was received (RFC 3339, UTC); "" if it has none."""
        with self.reading() as connection:
            return str(connection.execute(LAST_RECEIVED, {"stream": stream}).scalar() or "")

    def heads(self, *streams: str) -> dict[str, tuple[int, str]]:
        """The last place and digest of the streams named (of all, if none is), by their names; at
        one moment.
        """
        with self.reading() as connection:
            rows = ends(connection, streams)
        return {row.stream: (row.seq, row.digest) for row in sorted(rows, key=lambda r: r.stream)}

    def streams(self) -> tuple[str, ...]:
        """Every stream that has a record, whatever the head table says; a name that is no text
        any more is none.
        """
        with self.reading() as connection:
            found = connection.execute(select(columns(RecordRow).stream).distinct()).scalars().all()
        return tuple(sorted(one for one in found if isinstance(one, str)))

    def opened_by(self, cases: Iterable[str]) -> frozenset[str]:
        """The streams of the cards of books that these cases opened."""
        column = columns(RecordRow)
        wanted = select(column.stream).where(
            column.typ == "stock", column.case_id.in_(tuple(cases))
        )
        with self.reading() as connection:
            return frozenset(map(readable, connection.execute(wanted).scalars()))

    def records(self, stream: str, after: int = -1) -> Iterator[Stored]:
        """The records of a stream later than `after`, in order."""
        with self.reading() as connection:
            rows = connection.execute(RECORDS, {"stream": stream, "after": after}).all()
            opened: dict[int, list[Disclosure]] = {}
            for one in connection.execute(DISCLOSURES, {"stream": stream, "after": after}):
                if one.salt is not None and one.value is not None:
                    opened.setdefault(one.seq, []).append(
                        Disclosure(path=one.path, salt=one.salt, value=parse(one.value.encode()))
                    )
        for row in rows:
            yield read_stored(row, self.suite, tuple(opened.get(row.seq, ())))

    def written(self, after: int, limit: int) -> tuple[Stored, ...]:
        """At most `limit` records of all streams but refusals, after a position of the log."""
        table, opened = columns(RecordRow), columns(DisclosureRow)
        wanted = (
            select(RecordRow)
            .where(table.position > after, table.typ != "refusal")
            .order_by(table.position)
            .limit(limit)
        )
        with self.reading() as connection:
            return tuple(
                read_stored(
                    row,
                    self.suite,
                    tuple(
                        Disclosure(path=one.path, salt=one.salt, value=parse(one.value.encode()))
                        for one in connection.execute(
                            select(DisclosureRow).where(
                                opened.stream == row.stream, opened.seq == row.seq
                            )
                        )
                        if one.salt is not None and one.value is not None
                    ),
                )
                for row in connection.execute(wanted).all()
            )

    def raw_records(
        self, stream: str, after: int = -1
    ) -> Iterator[tuple[Record, Mapping[str, object]]]:
        """Records with the columns copied beside them, unread: for verification."""
        column = columns(RecordRow)
        with self.reading() as connection:
            rows = connection.execute(
                select(RecordRow)
                .where(column.stream == stream, column.seq > after)
                .order_by(column.seq)
            ).all()
        for row in rows:
            yield record_of(row, self.suite), dict(row._mapping)

    def positions(self, after: int = 0) -> tuple[tuple[int, str, int], ...]:
        """Position, stream and seq of every record later than a place, in the order of the log."""
        table = columns(RecordRow)
        with self.reading() as connection:
            rows = connection.execute(
                select(table.position, table.stream, table.seq)
                .where(table.position > after)
                .order_by(table.position)
            ).all()
        return tuple((row[0], row[1], row[2]) for row in rows)

    def places(self, stream: str) -> tuple[tuple[int, str], ...]:
        """Position in the log and digest of every record of a stream, in order."""
        table = columns(RecordRow)
        with self.reading() as connection:
            rows = connection.execute(
                select(table.position, table.digest)
                .where(table.stream == stream)
                .order_by(table.seq)
            ).all()
        return tuple((row[0], row[1]) for row in rows)

    def raw_disclosures(self, stream: str, after: int = -1) -> tuple[Mapping[str, object], ...]:
        column = columns(DisclosureRow)
        with self.reading() as connection:
            rows = connection.execute(
                select(DisclosureRow).where(column.stream == stream, column.seq > after)
            ).all()
        return tuple(dict(row._mapping) for row in rows)

    def disclosed_streams(self) -> frozenset[str]:
        """Every stream that something is disclosed of."""
        with self.reading() as connection:
            found = connection.execute(select(columns(DisclosureRow).stream).distinct()).scalars()
            return frozenset(map(readable, found))

    def find_request(self, request: str) -> tuple[str, int] | None:
        """Where a request was written, if it was."""
        with self.reading() as connection:
            row = find(connection, RecordRow, request=request)
        return (row.stream, row.seq) if row else None

    def find_object(self, digest: str) -> bytes | None:
        with self.reading() as connection:
            row = find(connection, ObjectRow, digest=digest)
        return binary(row.content) if row else None

    def objects(self) -> Iterator[tuple[str, str, bytes]]:
        """Every published text: the digest and kind it is kept under, and its bytes."""
        with self.reading() as connection:
            for row in connection.execute(select(ObjectRow)).all():
                yield readable(row.digest), readable(row.kind), binary(row.content)

    def query(self, query: Query) -> tuple[HistoryRow, ...]:
        """History lines an auditor asked for, oldest first."""
        column = columns(RecordRow)
        wanted = select(RecordRow).order_by(column.position)
        for name, value in (
            ("case_id", query.case_id),
            ("process", query.process),
            ("state", query.state),
            ("action", query.action),
            ("code", query.code),
        ):
            if value is not None:
                wanted = wanted.where(column[name] == value)
        if query.person is not None:
            wanted = wanted.where(
                (column.actor == query.person) | (column.principal == query.person)
            )
        if query.since is not None:
            wanted = wanted.where(column.at >= utc(query.since))
        if query.until is not None:
            wanted = wanted.where(column.at <= utc(query.until))
        if query.refusals:
            wanted = wanted.where(column.typ == "refusal")
        if query.limit is not None:
            wanted = wanted.limit(query.limit)
        with self.reading() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            HistoryRow(
                **{name: getattr(row, name) for name in HistoryRow.__slots__ if name != "at"},
                at=datetime.fromisoformat(row.at),
            )
            for row in rows
        )

    def everything(self) -> list[Stored]:
        """Every record of every stream in the order it was written."""
        return sorted(
            (stored for stream in self.streams() for stored in self.records(stream)),
            key=lambda stored: stored.position,
        )


def stamp_for(stored: Stored) -> Stamp:
    """What `apply` needs to know of a record besides its events."""
    actor = stored.body.actor
    return Stamp(
        seq=stored.seq,
        at=stored.happened,
        actor=SYSTEM if stored.body.way == "system" else actor.uid,
        principal=actor.for_.uid if actor.for_ else None,
        values=stored.values,
    )


def read_stored(row: Any, suite: Suite, disclosures: tuple[Disclosure, ...]) -> Stored:
    """A record row with its disclosures as a `Stored`. Errors: `EvidenceError`."""
    record = record_of(row, suite)
    body = load_body(record.body)
    opened = {one.path: one.value for one in disclosures}
    events = []
    if body.typ != "refusal":
        for place in range(len(body.events)):
            dumped = opened.get(f"event/{place}")
            if not isinstance(dumped, dict):
                raise EvidenceError(
                    say("{stream} 第 {seq} 条记录缺少事件", stream=body.stream, seq=body.seq)
                )
            events.append(load_event(dumped))
    values = {
        path.removeprefix("form/"): load_value(value)
        for path, value in opened.items()
        if path.startswith("form/")
    }
    return Stored(
        position=row.position,
        record=record,
        body=body,
        disclosures=disclosures,
        events=tuple(events),
        values=values,
    )


def open_disclosures(rows: Iterable[Mapping[str, object]]) -> dict[int, list[Disclosure]]:
    """What rows of disclosures open, by seq."""
    found: dict[int, list[Disclosure]] = {}
    for row in rows:
        salt, value = row["salt"], row["value"]
        opened = found.setdefault(counted(row["seq"]), [])
        if not isinstance(salt, bytes) or not isinstance(value, str):
            continue
        try:
            opened.append(Disclosure(path=str(row["path"]), salt=salt, value=parse(value.encode())))
        except EvidenceError:
            opened.append(Disclosure(path=str(row["path"]), salt=salt, value=UNREADABLE))
    return found


def record_of(row: Any, suite: Suite) -> Record:
    """A record as its row holds it."""
    return Record(
        body=binary(row.body),
        key=readable(row.key),
        sig=binary(row.sig),
        received_at=readable(row.received_at),
        payload_type=readable(row.payload_type),
        suite=suite,
    )


def _suite_in(body: bytes) -> Suite:
    """The suite a body names. One that cannot be read is found wrong whichever is taken."""
    try:
        return find_suite(load_body(body).suite)
    except EvidenceError:
        return SHA256_ED25519


def readable(value: object) -> str:
    """A text as stored; for what somebody has made no text any more, a mark that is none."""
    return value if isinstance(value, str) else UNREADABLE


def binary(value: object) -> bytes:
    """Bytes as stored; of what somebody has made no bytes any more, none."""
    return value if isinstance(value, bytes) else b""


def counted(value: object) -> int:
    """A number as stored; for what somebody has made no number any more, a place nothing is at."""
    return value if isinstance(value, int) else NOWHERE


def utc(at: datetime) -> str:
    return projections.stamp_of(at.astimezone(UTC))
