"""Sheets of cells: what a file holds, where each cell stands, and what is wrong there.

A cell is what the file says it is: text, a number, a date, yes or no. What it means is for
`grids.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from engine.errors import GuichengError
from engine.meant import meant
from engine.text import Text, say

LARGEST = 32 * 1024 * 1024  # bytes of a file
MOST_ROWS, MOST_COLUMNS = 50_000, 200
ZIP, OLE = b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1")  # how workbooks begin
COLON = {"zh": ":", "en": ": "}
LISTED = 12  # names told where none is close


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell without a value: a formula that failed, or one that was never worked out."""

    what: Text
    remedy: Text


Raw = str | int | float | bool | date | datetime | time | timedelta | Broken | None


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is not blank; `number` is the one Excel shows, cells begin at column A."""

    number: int
    cells: tuple[Raw, ...]

    def cell(self, column: int) -> Raw:
        """The cell of a column, counted from 0; blanks are None."""
        raw = self.cells[column] if column < len(self.cells) else None
        return None if isinstance(raw, str) and not raw.strip() else raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle of cells: rows from 1, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{letters(self.left)}{self.top}:{letters(self.right)}{self.bottom}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet as it was read. `name` is None for a CSV file, a sheet without a name."""

    name: str | None
    lines: tuple[Line, ...]
    merged: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetProblem:
    """One thing wrong in a file, and where: a cell, a row (`column` None), or a whole sheet."""

    file: str
    sheet: str | None
    row: int | None = None
    column: int | None = None
    head: str = ""
    what: Text
    remedy: Text | None = None

    def show(self, language: str = "zh") -> str:
        place = self.file
        if self.sheet is not None:
            place = say("{file} 表“{sheet}”", file=place, sheet=self.sheet).show(language)
        if self.column is not None:
            place += f" {letters(self.column)}{self.row}" + (f"({self.head})" if self.head else "")
        elif self.row is not None:
            place = say("{place} 第 {row} 行", place=place, row=self.row).show(language)
        told = f"{place}{COLON[language]}{self.what.show(language)}"
        return f"{told} — {self.remedy.show(language)}" if self.remedy else told


class SheetProblems(GuichengError):
    """表格有问题"""

    def __init__(self, problems: Iterable[SheetProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(say("问题共 {count} 处,什么都没有导入", count=len(self.problems)))


@dataclass(slots=True)
class Notes:
    """What is wrong with one sheet, as it is found; names are told in `language`."""

    file: str
    sheet: str | None
    language: str
    found: list[SheetProblem] = field(default_factory=list)

    def whole(self, what: Text, remedy: Text | None = None) -> None:
        self._note(None, None, "", what, remedy)

    def row(self, row: int, what: Text, remedy: Text | None = None) -> None:
        self._note(row, None, "", what, remedy)

    def cell(
        self, row: int, column: int, head: str, what: Text, remedy: Text | None = None
    ) -> None:
        self._note(row, column, head, what, remedy)

    def _note(
        self, row: int | None, column: int | None, head: str, what: Text, remedy: Text | None
    ) -> None:
        self.found.append(
            SheetProblem(
                file=self.file,
                sheet=self.sheet,
                row=row,
                column=column,
                head=head,
                what=what,
                remedy=remedy,
            )
        )

    def in_order(self) -> list[SheetProblem]:
        """The whole sheet's first, then row by row, cell by cell."""
        return sorted(
            self.found, key=lambda one: (one.row or 0, -1 if one.column is None else one.column)
        )


def letters(column: int) -> str:
    """A column as Excel writes it: 0 is A, 26 is AA."""
    head, last = divmod(column, 26)
    return (letters(head - 1) if head else "") + chr(ord("A") + last)


def close_to(name: str, names: Iterable[str]) -> Text | None:
    """What was probably meant."""
    close = meant(name, names)
    return say("是否想写“{name}”?", name=close) if close else None


def nearest(name: str, names: Iterable[str]) -> Text:
    """What was probably meant, or what there is."""
    known = tuple(names)
    shown = known[:LISTED] + (("…",) if len(known) > LISTED else ())
    return close_to(name, known) or say("可用:{names}", names=shown or (say("无"),))


def require_size(file: str, rows: int, columns: int) -> None:
    """Errors: `GuichengError` for a sheet beyond what is read."""
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise GuichengError(
            say(
                "{file} 太大:一张表至多 {rows} 行、{columns} 列;请删去多余的行和列,或分成几个文件",
                file=file,
                rows=MOST_ROWS,
                columns=MOST_COLUMNS,
            )
        )
