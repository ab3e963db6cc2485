"""What is read without anything but the driver: one person's open work, which must be instant,
and the names the Tab key offers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.errors import GuichengError
from engine.store.trouble import sentence
from engine.text import say

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work:
    """A line of the inbox; moments are UTC texts as stored."""

    number: str
    process: str
    state: str
    role: str
    claimed: bool
    offered_at: str
    due: str | None


@dataclass(frozen=True, slots=True)
class Inbox:
    """What `todo` shows: whether the person is known, the work, the last tick, the zone."""

    is_known: bool
    work: tuple[Work, ...]
    tick: str | None
    zone: str


SELECT = """
SELECT c.number, c.process, t.state, t.role, t.claimed_by IS NOT NULL, t.offered_at, t.due
FROM offer AS o
JOIN task_row AS t ON t.case_id = o.case_id AND t.task = o.task
JOIN case_row AS c ON c.id = t.case_id
WHERE o.person = :person AND (t.claimed_by IS NULL OR t.claimed_by = :person)
ORDER BY t.due IS NULL, t.due, t.offered_at
"""
FIND = "SELECT actor FROM record WHERE actor_name = :name OR actor = :name LIMIT 1"
NUMBERS = "SELECT number FROM case_row ORDER BY opened_at DESC, number DESC"
DIARIES = "SELECT DISTINCT diary FROM page ORDER BY diary"
BOOKS = "SELECT DISTINCT book FROM card ORDER BY book"
ITEMS = "SELECT DISTINCT item FROM lot WHERE book = :book ORDER BY item"
META = "SELECT key, value FROM meta"


def load_numbers(path: Path) -> tuple[str, ...]:
    """Every case number, the newest first. Errors: `GuichengError` as `load_todo`."""
    rows = _ask(path, lambda connection: connection.execute(NUMBERS).fetchall())
    return tuple(str(row[0]) for row in rows)


def load_books(path: Path) -> tuple[str, ...]:
    """The books something was ever entered in. Errors: `GuichengError` as `load_todo`."""
    rows = _ask(path, lambda connection: connection.execute(BOOKS).fetchall())
    return tuple(str(row[0]) for row in rows)


def load_diaries(path: Path) -> tuple[str, ...]:
    """The diaries something was ever entered in. Errors: `GuichengError` as `load_todo`."""
    rows = _ask(path, lambda connection: connection.execute(DIARIES).fetchall())
    return tuple(str(row[0]) for row in rows)


def load_items(path: Path, book: str) -> tuple[str, ...]:
    """The items that ever lay in a book. Errors: `GuichengError` as `load_todo`."""
    rows = _ask(path, lambda connection: connection.execute(ITEMS, {"book": book}).fetchall())
    return tuple(str(row[0]) for row in rows)


def _ask(path: Path, ask: Callable[[sqlite3.Connection], T]) -> T:
    """Ask the database without ever writing to it."""
    if not path.is_file():
        raise GuichengError(say("没有数据库 {path};请先 init", path=path.name))
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            return ask(connection)
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise GuichengError(sentence(str(error))) from error


def load_todo(path: Path, name: str) -> Inbox:
    """The inbox of a person named by id or by name.

    Known are ids and names somebody has signed with. Errors: `GuichengError` without a
    database.
    """

    def ask(connection: sqlite3.Connection) -> tuple[bool, list[tuple[str, ...]], dict[str, str]]:
        found = connection.execute(FIND, {"name": name}).fetchone()
        uid = found[0] if found else name
        rows = connection.execute(SELECT, {"person": uid}).fetchall()
        return found is not None, rows, dict(connection.execute(META).fetchall())

    is_known, rows, meta = _ask(path, ask)
    work = tuple(
        Work(
            number=row[0],
            process=row[1],
            state=row[2],
            role=row[3],
            claimed=bool(row[4]),
            offered_at=row[5],
            due=row[6],
        )
        for row in rows
    )
    return Inbox(is_known=is_known, work=work, tick=meta.get("tick"), zone=meta.get("zone", "UTC"))
