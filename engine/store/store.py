"""The store: append records, keep the tables that follow from them, answer questions.

One write transaction per command, begun IMMEDIATE: every head that was read is compared,
then record, disclosures, work and timers are written together. `(stream, seq)` is unique,
so of two who decided on the same head only one can write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from alembic.migration import MigrationContext
from sqlalchemy import Boolean, Connection, Integer, delete, func, insert, select, type_coerce
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from engine.evidence.canonical import canonical
from engine.evidence.suite import SHA256_ED25519, Suite
from engine.kernel.apply import apply
from engine.kernel.case import Case
from engine.kernel.elsewhere import Seen
from engine.store import projections
from engine.store.bookings import page_version
from engine.store.books import version_of
from engine.store.connect import StoreError, lay, make_engine, migrate, plainly
from engine.store.elsewhere import has_moved
from engine.store.erasure import erase
from engine.store.history import ends, stamp_for
from engine.store.names import ROSTER
from engine.store.rows import (
    Entry,
    Kept,
    Moved,
    Repeated,
    Stored,
)
from engine.store.statements import add, add_all, find, remove
from engine.store.tables import (
    CheckpointRow,
    DisclosureRow,
    MetaRow,
    ObjectRow,
    RecordRow,
    TokenRow,
    columns,
)
from engine.store.titles import PROCESS
from engine.store.work import Work
from engine.text import say

OUTDATED = "outdated"  # set by a migration: the tables have to be made anew from the history


class Store(Work):
    """One office's history and the tables that follow from it."""

    def __init__(self, path: Path | None, suite: Suite | None = None) -> None:
        self.path = path
        self._suite = suite
        self.engine = make_engine(path)
        self._folded = {}
        with plainly():
            if path is None:
                lay(self.engine)
            else:
                migrate(self.engine)
        if self._meta(OUTDATED) is not None:
            self.rebuild()

    @classmethod
    def create(cls, path: Path, origin: str, suite: Suite = SHA256_ED25519) -> Store:
        """A new store file, kept in a suite. Errors: `StoreError` if something is already there."""
        if path.exists():
            raise StoreError(say("{path} 已存在,不会覆盖", path=path.name))
        store = cls(path, suite)
        store._set_meta("origin", origin)
        return store

    @classmethod
    def open(cls, path: Path) -> Store:
        """An existing store file. Errors: `StoreError` if it is missing or not one."""
        if not path.exists():
            raise StoreError(say("没有数据库 {path};请先 init", path=path.name))
        return cls(path)

    @classmethod
    def in_memory(cls, origin: str, suite: Suite = SHA256_ED25519) -> Store:
        """A store for a rehearsal, gone when it is closed."""
        store = cls(None, suite)
        store._set_meta("origin", origin)
        return store

    def close(self) -> None:
        self.engine.dispose()

    @property
    def origin(self) -> str:
        return self._meta("origin") or ""

    @property
    def revision(self) -> str:
        """Which edition of the tables this file has."""
        with self.reading() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""

    # -- writing -------------------------------------------------------------------------

    def commit(
        self,
        entries: Sequence[Entry],
        expect: Mapping[str, int],
        cards: Mapping[tuple[str, str], int] = MappingProxyType({}),
        pages: Mapping[tuple[str, str], int] = MappingProxyType({}),
        seen: Seen = MappingProxyType({}),
        size: int | None = None,
    ) -> tuple[int, ...]:
        """Write records in one transaction, if every stream still ends where expected (-1: empty)
        and no card of a book, no page of a diary and nobody's work that was read has changed
        since, nor, if `size` is given, the number of records. Returns their places in the log.

        Errors: `Moved` if one does not, `Repeated` if the request was already written.
        """
        with self.writing() as connection:
            if size is not None and size != _last_position(connection):
                raise Moved
            found = {row.stream: row.seq for row in ends(connection, expect)} if expect else {}
            if any(found.get(stream, -1) != seq for stream, seq in expect.items()):
                raise Moved
            for (book, item), version in cards.items():
                if version_of(connection, book, item) != version:
                    raise Moved
            for (diary, thing), version in pages.items():
                if page_version(connection, diary, thing) != version:
                    raise Moved
            if has_moved(connection, seen):
                raise Moved
            places = tuple(self._write(connection, entry) for entry in entries)
        if any(entry.erased for entry in entries):
            self._flush()
        return places

    def _flush(self) -> None:
        """Take what was erased out of the write-ahead log as well."""
        with plainly(), self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def keep_checkpoint(self, kept: Kept) -> None:
        """Keep a signed checkpoint, for good; one of the same size is there already if at all."""
        with self.writing() as connection:
            wanted = insert(CheckpointRow).prefix_with("OR IGNORE")
            connection.execute(wanted.values(size=kept.size, note=kept.note, at=kept.at))

    def keep_token(self, size: int, answer: bytes, at: str) -> None:
        """Keep a time stamp over the checkpoint of a size, for good; the latest one counts."""
        with self.writing() as connection:
            add(connection, TokenRow, size=size, answer=answer, at=at)

    def _write(self, connection: Connection, entry: Entry) -> int:
        body, record = entry.body, entry.record
        for kind, content in entry.objects:
            digest = self.suite.digest(content)
            if find(connection, ObjectRow, digest=digest) is None:
                add(connection, ObjectRow, digest=digest, kind=kind, content=content)
        try:
            written = add(
                connection,
                RecordRow,
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
        except IntegrityError as error:
            raise (Repeated if "request" in str(error.orig) else Moved) from error
        add_all(
            connection,
            DisclosureRow,
            (
                {
                    "stream": body.stream,
                    "seq": body.seq,
                    "path": one.path,
                    "salt": one.salt,
                    "value": canonical(one.value).decode(),
                }
                for one in entry.disclosures
            ),
        )
        if entry.erased:
            erase(connection, entry)
        try:
            position = int((written.inserted_primary_key or (0,))[0])
            projections.follow(connection, body, record.digest, entry.events, entry.case, position)
        except IntegrityError as error:
            raise Moved from error
        return position

    # -- rebuilding ---------------------------------------------------------------------------

    def rebuild(self) -> None:
        """Make every table that follows from the history anew, from the history alone.

        Errors: `Moved` if somebody wrote while the history was being read.
        """
        everything = self.everything()
        with self.writing() as connection:
            if _last_position(connection) != (everything[-1].position if everything else 0):
                raise Moved
            for table in projections.PROJECTIONS:
                connection.execute(delete(table))
            _follow_history(connection, everything)
            remove(connection, MetaRow, key=OUTDATED)

    def derived_tables(self, *names: str) -> dict[str, list[tuple[object, ...]]]:
        """The rows of every table that follows from the history (or of those named), sorted."""
        with self.reading() as connection:
            return _sorted_rows(connection, names)

    def rebuilt_tables(self) -> dict[str, list[tuple[object, ...]]]:
        """What those rows would be, rebuilt from the history in memory."""
        beside = Store(None, self.suite)
        try:
            with beside.writing() as connection:
                for digest, content in self._published():
                    add(connection, ObjectRow, digest=digest, kind=PROCESS, content=content)
                _follow_history(connection, self.everything())
            return beside.derived_tables()
        finally:
            beside.close()

    def _published(self) -> list[tuple[str, bytes]]:
        """The published processes and rosters, by digest: titles and names come from them."""
        column = columns(ObjectRow)
        wanted = select(column.digest, column.content).where(column.kind.in_((PROCESS, ROSTER)))
        with self.reading() as connection:
            return [(row.digest, row.content) for row in connection.execute(wanted)]


def _last_position(connection: Connection) -> int:
    return connection.execute(select(func.max(columns(RecordRow).position))).scalar() or 0


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
            stored.position,
        )


def _sorted_rows(
    connection: Connection, names: Collection[str]
) -> dict[str, list[tuple[object, ...]]]:
    return {
        str(table.__tablename__): sorted(_rows(connection, table), key=repr)
        for table in projections.PROJECTIONS
        if not names or table.__tablename__ in names
    }


def _rows(connection: Connection, table: type[SQLModel]) -> Iterator[tuple[object, ...]]:
    """The rows of a table; a yes or no as it stands there, which may be neither."""
    flags = [isinstance(one.type, Boolean) for one in columns(table)]
    wanted = [
        type_coerce(one, Integer) if flag else one
        for one, flag in zip(columns(table), flags, strict=True)
    ]
    for row in connection.execute(select(*wanted)):
        yield tuple(
            bool(value) if flag and value in (0, 1) else value
            for value, flag in zip(row, flags, strict=True)
        )
