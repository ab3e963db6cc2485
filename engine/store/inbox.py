"""Reading with nothing but the driver, for what must be instant: the Tab key, the boxes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.errors import GuichengError
from engine.store.trouble import sentence
from engine.text import say

T = TypeVar("T")


class Outdated(GuichengError):
    """数据库是旧版本的,要先打开一次才能读"""


NUMBERS = "SELECT number FROM case_row ORDER BY opened_at DESC, number DESC"
DIARIES = "SELECT DISTINCT diary FROM page ORDER BY diary"
BOOKS = "SELECT DISTINCT book FROM card ORDER BY book"
ITEMS = "SELECT DISTINCT item FROM lot WHERE book = :book ORDER BY item"


def load_numbers(path: Path) -> tuple[str, ...]:
    """Every case number, the newest first. Errors: `GuichengError` as `ask`."""
    rows = ask(path, lambda connection: connection.execute(NUMBERS).fetchall())
    return tuple(str(row[0]) for row in rows)


def load_books(path: Path) -> tuple[str, ...]:
    """The books something was ever entered in. Errors: `GuichengError` as `ask`."""
    rows = ask(path, lambda connection: connection.execute(BOOKS).fetchall())
    return tuple(str(row[0]) for row in rows)


def load_diaries(path: Path) -> tuple[str, ...]:
    """The diaries something was ever entered in. Errors: `GuichengError` as `ask`."""
    rows = ask(path, lambda connection: connection.execute(DIARIES).fetchall())
    return tuple(str(row[0]) for row in rows)


def load_items(path: Path, book: str) -> tuple[str, ...]:
    """The items that ever lay in a book. Errors: `GuichengError` as `ask`."""
    rows = ask(path, lambda connection: connection.execute(ITEMS, {"book": book}).fetchall())
    return tuple(str(row[0]) for row in rows)


def ask(path: Path, question: Callable[[sqlite3.Connection], T]) -> T:
    """Ask the database without ever writing to it.

    Errors: `Outdated` if its tables are of an older version, else `GuichengError`.
    """
    if not path.is_file():
        raise GuichengError(say("没有数据库 {path};请先 init", path=path.name))
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            return question(connection)
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        if str(error).startswith("no such"):
            raise Outdated from error
        raise GuichengError(sentence(str(error))) from error
