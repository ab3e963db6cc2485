"""Pages: sheets as they are to be written, cell by cell, with what may be typed there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

NAME = 31  # characters of a sheet's name
_BAD = re.compile(r"[\[\]:*?/\\]|^'|'$")  # what Excel does not take in it
Written = str | int | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a cell is chosen from; labels say more of values that are only codes.

    Where they are not `is_closed`, something else may be typed after a warning.
    """

    name: str
    values: tuple[str, ...]
    labels: tuple[str, ...] = ()
    is_closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a cell looks and what may be typed: text, integer, number, money, date or moment.

    What `is_open`, and so to be filled in, has a colour of its own.
    """

    kind: str
    choices: Choices | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column; `width` counts Latin letters."""

    text: str
    width: int
    style: Style
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A sheet to be written; `special` are styles of single cells (row from 0 below the heads)."""

    name: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Written, ...], ...] = ()
    special: Mapping[tuple[int, int], Style] = field(default_factory=dict)


def sheet_name(title: str) -> str:
    """A name as Excel takes it for a sheet."""
    return _BAD.sub("_", title)[:NAME]
