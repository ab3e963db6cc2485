"""The store: append records, keep the tables that follow from them, answer questions.

One write transaction per command, begun IMMEDIATE: every head that was read is compared,
then record, disclosures, work and timers are written together. `(stream, seq)` is unique,
so of two who decided on the same head only one can write.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from engine.errors import EvidenceError, GuichengError
from engine.evidence.canonical import canonical, parse
from engine.evidence.record import Disclosure, Record, load_body
from engine.kernel.case import Case, Stamp, apply
from engine.kernel.command import Other
from engine.kernel.events import load_event
from engine.kernel.values import load_value
from engine.language.definition import SYSTEM
from engine.store import projections
from engine.store.connect import StoreError, make_engine, migrate
from engine.store.rows import (
    CaseRow,
    Entry,
    HistoryRow,
    Moved,
    OpenTask,
    Pending,
    Query,
    Repeated,
    Stored,
)
from engine.store.tables import (
    ActRow,
    CaseTable,
    DisclosureRow,
    HeadRow,
    MemberRow,
    MetaRow,
    ObjectRow,
    PendingRow,
    RecordRow,
    TaskRow,
    TimerRow,
    ValueRow,
    columns,
)
from engine.text import say

__all__ = ["Entry", "Moved", "Query", "Repeated", "Store", "StoreError", "Stored"]


class Store:
    """One office's history and the tables that follow from it."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.engine = make_engine(path)
        with _plainly():
            migrate(self.engine)

    @classmethod
    def create(cls, path: Path, origin: str) -> Store:
        """A new store file. Errors: `StoreError` if something is already there."""
        if path.exists():
            raise StoreError(say("{path} 已存在,不会覆盖", path=path.name))
        store = cls(path)
        store._set_meta("origin", origin)
        return store

    @classmethod
    def open(cls, path: Path) -> Store:
        """An existing store file. Errors: `StoreError` if it is missing or not one."""
        if not path.exists():
            raise StoreError(say("没有数据库 {path};请先 init", path=path.name))
        return cls(path)

    @classmethod
    def in_memory(cls, origin: str) -> Store:
        """A store for a rehearsal, gone when it is closed."""
        store = cls(None)
        store._set_meta("origin", origin)
        return store

    def close(self) -> None:
        self.engine.dispose()

    @property
    def origin(self) -> str:
        return self._meta("origin") or ""

    # -- writing -------------------------------------------------------------------------

    def commit(self, entries: Sequence[Entry], expect: Mapping[str, int]) -> None:
        """Write records in one transaction, if every stream still ends where expected (-1: empty).

        Errors: `Moved` if one does not, `Repeated` if the request was already written.
        """
        with self.writing() as connection:
            for stream, seq in expect.items():
                found = connection.execute(
                    select(columns(HeadRow).seq).where(columns(HeadRow).stream == stream)
                ).scalar()
                if (-1 if found is None else found) != seq:
                    raise Moved
            for entry in entries:
                self._write(connection, entry)

    def _write(self, connection: Connection, entry: Entry) -> None:
        body, record = entry.body, entry.record
        for kind, content in entry.objects:
            digest = projections.digest_of(content)
            known = connection.execute(
                select(columns(ObjectRow).digest).where(columns(ObjectRow).digest == digest)
            ).scalar()
            if known is None:
                connection.execute(
                    insert(ObjectRow).values(digest=digest, kind=kind, content=content)
                )
        try:
            connection.execute(
                insert(RecordRow).values(
                    stream=body.stream,
                    seq=body.seq,
                    body=record.body,
                    key=record.key,
                    sig=record.sig,
                    received_at=record.received_at,
                    payload_type=record.payload_type,
                    digest=record.digest,
                    **projections.copied(body),
                )
            )
        except IntegrityError as error:
            raise (Repeated if "request" in str(error.orig) else Moved) from error
        if entry.disclosures:
            connection.execute(
                insert(DisclosureRow),
                [
                    {
                        "stream": body.stream,
                        "seq": body.seq,
                        "path": one.path,
                        "salt": one.salt,
                        "value": canonical(one.value).decode(),
                    }
                    for one in entry.disclosures
                ],
            )
        try:
            projections.follow(connection, body, record.digest, entry.events, entry.case)
        except IntegrityError as error:
            raise Moved from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One IMMEDIATE transaction; everything or nothing."""
        with (
            _plainly(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _plainly(), self.engine.connect() as connection:
            yield connection

    # -- the history ----------------------------------------------------------------------

    def head(self, stream: str) -> tuple[int, str] | None:
        """The last place of a stream and its digest."""
        with self.reading() as connection:
            row = connection.execute(
                select(columns(HeadRow).seq, columns(HeadRow).digest).where(
                    columns(HeadRow).stream == stream
                )
            ).first()
        return (row.seq, row.digest) if row else None

    def last_received(self, stream: str) -> str:
        """When the last record of a stream was received (RFC 3339, UTC); "" if it has none."""
        table = columns(RecordRow)
        with self.reading() as connection:
            found = connection.execute(
                select(table.received_at)
                .where(table.stream == stream)
                .order_by(table.seq.desc())
                .limit(1)
            ).scalar()
        return str(found or "")

    def heads(self) -> dict[str, tuple[int, str]]:
        """Every stream's last place and digest, by stream name."""
        with self.reading() as connection:
            rows = connection.execute(select(HeadRow)).all()
        return {row.stream: (row.seq, row.digest) for row in sorted(rows, key=lambda r: r.stream)}

    def streams(self) -> tuple[str, ...]:
        """Every stream that has a record, whatever the head table says."""
        with self.reading() as connection:
            found = connection.execute(select(columns(RecordRow).stream).distinct()).scalars().all()
        return tuple(sorted(found))

    def records(self, stream: str, after: int = -1) -> Iterator[Stored]:
        """The records of a stream later than `after`, in order."""
        with self.reading() as connection:
            rows = connection.execute(
                select(RecordRow)
                .where(columns(RecordRow).stream == stream, columns(RecordRow).seq > after)
                .order_by(columns(RecordRow).seq)
            ).all()
            opened: dict[int, list[Disclosure]] = {}
            for one in connection.execute(
                select(DisclosureRow).where(
                    columns(DisclosureRow).stream == stream,
                    columns(DisclosureRow).seq > after,
                )
            ):
                if one.salt is not None and one.value is not None:
                    opened.setdefault(one.seq, []).append(
                        Disclosure(path=one.path, salt=one.salt, value=parse(one.value.encode()))
                    )
        for row in rows:
            yield read_stored(row, tuple(opened.get(row.seq, ())))

    def raw_records(self, stream: str) -> Iterator[tuple[Record, Mapping[str, object]]]:
        """Records with the columns copied beside them, unread: for verification."""
        with self.reading() as connection:
            rows = connection.execute(
                select(RecordRow)
                .where(columns(RecordRow).stream == stream)
                .order_by(columns(RecordRow).seq)
            ).all()
        for row in rows:
            yield _record(row), dict(row._mapping)

    def positions(self) -> tuple[tuple[int, str, int], ...]:
        """Position, stream and seq of every record, in the order of the log."""
        table = columns(RecordRow)
        with self.reading() as connection:
            rows = connection.execute(
                select(table.position, table.stream, table.seq).order_by(table.position)
            ).all()
        return tuple((row[0], row[1], row[2]) for row in rows)

    def raw_disclosures(self, stream: str) -> tuple[Mapping[str, object], ...]:
        with self.reading() as connection:
            rows = connection.execute(
                select(DisclosureRow).where(columns(DisclosureRow).stream == stream)
            ).all()
        return tuple(dict(row._mapping) for row in rows)

    def find_request(self, request: str) -> tuple[str, int] | None:
        """Where a request was written, if it was."""
        with self.reading() as connection:
            row = connection.execute(
                select(columns(RecordRow).stream, columns(RecordRow).seq).where(
                    columns(RecordRow).request == request
                )
            ).first()
        return (row.stream, row.seq) if row else None

    def find_object(self, digest: str) -> bytes | None:
        with self.reading() as connection:
            return connection.execute(
                select(columns(ObjectRow).content).where(columns(ObjectRow).digest == digest)
            ).scalar()

    def objects(self) -> Iterator[tuple[str, str, bytes]]:
        """Every published text: the digest and kind it is kept under, and its bytes."""
        with self.reading() as connection:
            for row in connection.execute(select(ObjectRow)).all():
                yield row.digest, row.kind, row.content

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
            wanted = wanted.where(column.at >= _utc(query.since))
        if query.until is not None:
            wanted = wanted.where(column.at <= _utc(query.until))
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

    # -- cases ----------------------------------------------------------------------------

    def load_case(self, case_id: str) -> Case:
        """The case folded from its history. Errors: `GuichengError` if there is none."""
        case: Case | None = None
        for stored in self.records(f"case/{case_id}"):
            for event in stored.events:
                case = apply(case, event, stamp_for(stored))
        if case is None:
            raise GuichengError(say("没有这个案件:{case}", case=case_id))
        return case

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
            rows = [_case_row(row) for row in connection.execute(wanted)]
        return tuple(row for row in rows if state is None or state in row.configuration)

    def family(self, case_id: str) -> tuple[str, ...]:
        """The other cases joined to this one by parent and child, or by gathering."""
        links = columns(CaseTable), columns(MemberRow)
        case, member = links
        known, waiting = {case_id}, [case_id]
        with self.reading() as connection:
            while waiting:
                one = waiting.pop()
                found: set[str] = set()
                for wanted in (
                    select(case.parent).where(case.id == one, case.parent.is_not(None)),
                    select(case.id).where(case.parent == one),
                    select(member.member).where(member.case_id == one),
                    select(member.case_id).where(member.member == one),
                ):
                    found |= set(connection.execute(wanted).scalars().all())
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

    def due_timers(self, at: datetime, limit: int) -> tuple[tuple[str, str, str, datetime], ...]:
        """Running timers whose moment has come: case, timer, kind, due; earliest first."""
        column = columns(TimerRow)
        wanted = (
            select(TimerRow)
            .where(column.due <= _utc(at), column.stopped.is_(False))
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

    def set_tick(self, at: datetime, zone: str) -> None:
        """Remember when the system last looked, and the office's zone for the fast inbox."""
        self._set_meta("tick", _utc(at))
        if self._meta("zone") != zone:
            self._set_meta("zone", zone)

    def reoffered_at(self) -> int | None:
        found = self._meta("reoffered")
        return int(found) if found else None

    def set_reoffered_at(self, seq: int) -> None:
        self._set_meta("reoffered", str(seq))

    def _meta(self, key: str) -> str | None:
        with self.reading() as connection:
            found = connection.execute(
                select(columns(MetaRow).value).where(columns(MetaRow).key == key)
            ).scalar()
        return str(found) if found is not None else None

    def _set_meta(self, key: str, value: str) -> None:
        with self.writing() as connection:
            column = columns(MetaRow)
            done = connection.execute(update(MetaRow).where(column.key == key).values(value=value))
            if done.rowcount == 0:
                connection.execute(insert(MetaRow).values(key=key, value=value))

    # -- rebuilding ---------------------------------------------------------------------------

    def rebuild(self) -> None:
        """Make every table that follows from the history anew, from the history alone.

        Errors: `Moved` if somebody wrote while the history was being read.
        """
        everything = self.everything()
        with self.writing() as connection:
            last = connection.execute(select(func.max(columns(RecordRow).position))).scalar()
            if last != (everything[-1].position if everything else None):
                raise Moved
            for table in projections.PROJECTIONS:
                connection.execute(delete(table))
            _follow_history(connection, everything)

    def derived_tables(self) -> dict[str, list[tuple[object, ...]]]:
        """The rows of every table that follows from the history, sorted."""
        with self.reading() as connection:
            return _sorted_rows(connection)

    def rebuilt_tables(self) -> dict[str, list[tuple[object, ...]]]:
        """What those rows would be, rebuilt from the history in memory."""
        beside = Store(None)
        try:
            with beside.writing() as connection:
                _follow_history(connection, self.everything())
            return beside.derived_tables()
        finally:
            beside.close()

    def everything(self) -> list[Stored]:
        """Every record of every stream in the order it was written."""
        return sorted(
            (stored for stream in self.streams() for stored in self.records(stream)),
            key=lambda stored: stored.position,
        )


def _follow_history(connection: Connection, everything: Iterable[Stored]) -> None:
    cases: dict[str, Case | None] = {}
    for stored in everything:
        body = stored.body
        case = cases.get(body.stream)
        if body.stream.startswith("case/"):
            for event in stored.events:
                case = apply(case, event, stamp_for(stored))
            cases[body.stream] = case
        projections.follow(
            connection,
            body,
            stored.record.digest,
            stored.events,
            case if stored.events else None,
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


def _sorted_rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        str(table.__tablename__): sorted(
            (tuple(row) for row in connection.execute(select(table))), key=repr
        )
        for table in projections.PROJECTIONS
    }


def read_stored(row: Any, disclosures: tuple[Disclosure, ...]) -> Stored:
    """A record row with its disclosures as a `Stored`. Errors: `EvidenceError`."""
    record = _record(row)
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


def _record(row: Any) -> Record:
    return Record(
        body=row.body,
        key=row.key,
        sig=row.sig,
        received_at=row.received_at,
        payload_type=row.payload_type,
    )


def _case_row(row: Any) -> CaseRow:
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


def _utc(at: datetime) -> str:
    return projections.stamp_of(at.astimezone(UTC))


@contextmanager
def _plainly() -> Iterator[None]:
    """Driver errors become sentences."""
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as error:
        told = str(error.orig)
        for sign, sentence in _TROUBLE:
            if sign in told:
                raise StoreError(sentence) from error
        raise StoreError(say("数据库出错:{told}", told=told)) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(say("数据库出错:{told}", told=str(error))) from error


_TROUBLE = (
    ("locked", say("数据库正忙,请稍后再试")),
    ("readonly", say("数据库是只读的")),
    ("full", say("磁盘已满,未写入任何内容")),
    ("not a database", say("这不是规程的数据库文件")),
    ("malformed", say("数据库文件已损坏")),
    ("unable to open", say("数据库文件打不开")),
    ("append-only", say("历史只增不改")),
)


def backup(store: Store, path: Path) -> None:
    """Copy a store to a new file while it is in use (SQLite's online backup)."""
    if path.exists():
        raise StoreError(say("{path} 已存在,不会覆盖", path=path.name))
    if store.path is None:
        raise StoreError(say("内存中的库不能备份"))
    with (
        _plainly(),
        closing(sqlite3.connect(store.path)) as source,
        closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)


def restore(file: Path, path: Path) -> None:
    """Put a backup in the place of a store that is not there. Errors: `StoreError`."""
    if path.exists():
        raise StoreError(say("{path} 已存在,不会覆盖;请先移走", path=path.name))
    Store.open(file).close()
    with _plainly(), closing(sqlite3.connect(file)) as source:
        if source.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise StoreError(say("备份文件已损坏"))
        with closing(sqlite3.connect(path)) as target:
            source.backup(target)
