"""The diaries as tables: written beside each record, read page by page.

The pages are folded by the same pure code that judges an entry (books/booking.py), whether a
record has just been sealed or the whole history is being rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from engine.books.booking import Occupation, Page, Slot
from engine.kernel import events as happened
from engine.kernel.diarykeeping import turned
from engine.kernel.events import Event
from engine.store.history import History
from engine.store.statements import add, add_all, find, remove
from engine.store.tables import OccupationRow, PageRow, columns

KEY = ("diary", "thing", "owner", "begins", "ends")


# -- writing -------------------------------------------------------------------------------


def follow_bookings(connection: Connection, events: Iterable[Event], position: int) -> None:
    """Enter in the diaries what one record says of them."""
    for event in events:
        if isinstance(event, happened.Occupied | happened.Vacated):
            before = load_page(connection, event.diary, event.thing)
            _change(connection, before, turned(before, event))
            _touch(connection, event.diary, event.thing, position)


def _change(connection: Connection, before: Page, after: Page) -> None:
    """Write only what differs: a page may be long."""
    for gone in before.taken:
        if gone not in after.taken:
            row = _row(gone)
            remove(connection, OccupationRow, **{name: row[name] for name in KEY})
    add_all(
        connection, OccupationRow, (_row(one) for one in after.taken if one not in before.taken)
    )


def _row(one: Occupation) -> dict[str, object]:
    return {
        "diary": one.diary,
        "thing": one.thing,
        "owner": one.owner,
        "begins": _text(one.slot.begins),
        "ends": _text(one.slot.ends),
        "case_id": one.case,
        "from_": _text(one.slot.from_),
        "until": _text(one.slot.until),
        "provisional": one.provisional,
    }


def _text(at: datetime) -> str:
    """An instant in UTC as text that sorts, to the microsecond: it must be found again."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _touch(connection: Connection, diary: str, thing: str, position: int) -> None:
    remove(connection, PageRow, diary=diary, thing=thing)
    add(connection, PageRow, diary=diary, thing=thing, version=position)


def page_version(connection: Connection, diary: str, thing: str) -> int:
    """When a page last changed; 0 if it never has."""
    page = find(connection, PageRow, diary=diary, thing=thing)
    return int(page.version) if page else 0


# -- reading -------------------------------------------------------------------------------


def load_page(connection: Connection, diary: str, thing: str) -> Page:
    """One thing of a diary as it stands."""
    column = columns(OccupationRow)
    found = _load(connection, column.diary == diary, column.thing == thing)
    return Page(diary=diary, thing=thing, taken=found)


def _load(connection: Connection, *where: Any) -> tuple[Occupation, ...]:
    column = columns(OccupationRow)
    order = (column.diary, column.thing, column.begins, column.ends, column.owner)
    rows = connection.execute(select(OccupationRow).where(*where).order_by(*order))
    return tuple(
        Occupation(
            diary=row.diary,
            thing=row.thing,
            owner=row.owner,
            case=row.case_id,
            slot=Slot(
                from_=datetime.fromisoformat(row.from_),
                until=datetime.fromisoformat(row.until),
                begins=datetime.fromisoformat(row.begins),
                ends=datetime.fromisoformat(row.ends),
            ),
            provisional=bool(row.provisional),
        )
        for row in rows
    )


def read_occupations(
    history: History, diary: str, since: datetime | None = None, until: datetime | None = None
) -> tuple[Occupation, ...]:
    """What the things of a diary are taken for at some moment of a time, thing by thing."""
    column = columns(OccupationRow)
    where = [column.diary == diary]
    if since is not None:
        where.append(column.ends > _text(since))
    if until is not None:
        where.append(column.begins < _text(until))
    with history.reading() as connection:
        return _load(connection, *where)


def read_diaries(history: History) -> tuple[str, ...]:
    """The diaries something has ever been entered in, by name."""
    column = columns(PageRow)
    with history.reading() as connection:
        found = connection.execute(select(column.diary).distinct().order_by(column.diary))
        return tuple(found.scalars())


class StoredDiaries:
    """The diaries of a store, read as they are asked for.

    `versions` says what was read and how new it was: what a write must find unchanged.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._pages: dict[tuple[str, str], Page] = {}
        self.versions: dict[tuple[str, str], int] = {}

    def page(self, diary: str, thing: str) -> Page:
        if (diary, thing) not in self._pages:
            with self._history.reading() as connection:
                self.versions[diary, thing] = page_version(connection, diary, thing)
                self._pages[diary, thing] = load_page(connection, diary, thing)
        return self._pages[diary, thing]

    def things_of(self, owner: str) -> tuple[tuple[str, str], ...]:
        # what a case holds is guarded by its stream, what others end of it by the pages
        column = columns(OccupationRow)
        wanted = select(column.diary, column.thing).where(column.owner == owner).distinct()
        with self._history.reading() as connection:
            return tuple((row.diary, row.thing) for row in connection.execute(wanted))
