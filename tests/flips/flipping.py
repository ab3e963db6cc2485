"""One bit of one cell, turned and turned back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from tests.flips.columns import ONLY, Column

Cell = str | bytes | int | None
TO_NULL = 1 / 16  # of the flips of a column that may be empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A cell before and after; `row` is where it stood."""

    column: Column
    row: int
    before: Cell
    after: Cell

    def __str__(self) -> str:
        return f"{self.column.path} of row {self.row}: {self.before!r} → {self.after!r}"


def turned(value: Cell, column: Column, dice: Random) -> Cell:
    """The value with one of its bits turned; empty ⇄ something where a column may be empty."""
    if value is None:
        return {"INTEGER": 1, "BOOLEAN": 1, "BLOB": b"\1"}.get(column.kind, "x")
    if column.is_nullable and dice.random() < TO_NULL:
        return None
    if isinstance(value, int):
        bits = (value ^ (1 << dice.randrange(64))) & (2**64 - 1)
        return bits - 2**64 if bits >> 63 else bits
    data = bytearray(value.encode() if isinstance(value, str) else value) or bytearray(1)
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    if isinstance(value, bytes):
        return bytes(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return bytes(data)


class Flipper:
    """Turns bits of an opened database. `refused` counts what the database itself would not take:
    two rows under one key.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.refused = 0
        self._rows: dict[Column, list[list[int]]] = {}
        connection.execute("PRAGMA foreign_keys = OFF")
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(triggers).fetchall():
            connection.execute(f"DROP TRIGGER {name}")

    def draw(self, column: Column, dice: Random, rows: Sequence[int] = ()) -> Flip:
        """A flip of a column that the database takes, in one of these rows or in any."""
        for _ in range(1000):
            row = dice.choice(rows or dice.choice(self._rows_of(column)))
            before = self._read(column, row)
            flip = Flip(column=column, row=row, before=before, after=turned(before, column, dice))
            try:
                with self.flipped(flip):
                    return flip
            except sqlite3.IntegrityError:
                self.refused += 1
        raise AssertionError(f"nothing to turn in {column.path}")

    @contextmanager
    def flipped(self, flip: Flip) -> Iterator[None]:
        """The database with the bit turned, for as long as this lasts."""
        is_place = flip.column.is_place
        self.write(flip.column, flip.row, flip.after)
        row = int(str(flip.after)) if is_place else flip.row
        try:
            assert self._read(flip.column, row) == flip.after
            yield
        finally:
            self.write(flip.column, row, flip.before)

    def value(self, table: str, name: str, row: int) -> Cell:
        """What stands in a column of a row."""
        found = self.connection.execute(f"SELECT {name} FROM {table} WHERE rowid = ?", (row,))
        return found.fetchone()[0]  # type: ignore[no-any-return]

    def _rows_of(self, column: Column) -> list[list[int]]:
        """The rows to choose from: those with something in this column, and those without."""
        if column not in self._rows:
            where = ONLY.get(column.table, "1")
            wanted = f"SELECT rowid, {column.name} IS NULL FROM {column.table} WHERE {where}"
            groups: dict[int, list[int]] = {}
            for row, is_empty in self.connection.execute(wanted):
                groups.setdefault(is_empty, []).append(row)
            self._rows[column] = list(groups.values())
        return self._rows[column]

    def _read(self, column: Column, row: int) -> Cell:
        return self.value(column.table, column.name, row)

    def write(self, column: Column, row: int, value: Cell) -> None:
        """Put a value into a cell."""
        self.connection.execute(
            f"UPDATE {column.table} SET {column.name} = ? WHERE rowid = ?", (value, row)
        )
