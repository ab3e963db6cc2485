"""Tables for a terminal, with the width of Chinese characters counted right."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from engine.text import translate

CLOSING = ",.;:，。；：、）」”)"  # no line begins with one of these
ROOMY = 100  # columns of a terminal that has room for more than the least
WIDE = 200  # columns where nobody's terminal has to hold them
SHORT = 16  # the width of a time: columns up to it are cut only when nothing else is left


def width(text: str) -> int:
    """How many columns a text takes (Unicode UAX #11: wide and full-width count two)."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def cut(text: str, room: int) -> str:
    """The text, shortened with … to fit."""
    if width(text) <= room:
        return text
    kept = ""
    for one in text:
        if width(kept + one) > room - 1:
            break
        kept += one
    return kept + "…"


def wrap(text: str, room: int) -> list[str]:
    """The text in lines of at most `room` columns, broken at blanks and between Chinese ones."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for piece in re.findall(r"[\x21-\x7e]+|.", paragraph):
            if line and width(line + piece) > room and piece not in CLOSING:
                lines.append(line.rstrip())
                line = ""
            line += piece if line or piece != " " else ""
        lines.append(line.rstrip())
    return lines


def pad(text: str, room: int, *, right: bool = False) -> str:
    """The text, filled up with blanks; with `right` it stands at the end of its room."""
    blanks = " " * max(0, room - width(text))
    return blanks + text if right else text + blanks


def draw(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    notes: Sequence[str] | None = None,
    right: Collection[int] = (),
    whole: Collection[int] = (),
) -> str:
    """A table that fits the terminal, each row with its note below it, whole and wrapped.

    The widest column gives way first; short ones, as times and numbers are, only at the last.
    Columns in `right` hold figures: they stand to the right and are never cut, as those in
    `whole` are not.
    """
    full = [list(map(str, row)) for row in rows]
    widths = [
        max([width(head), *(width(row[place]) for row in full)]) for place, head in enumerate(heads)
    ]
    room = terminal_width() - 1
    yielding = [place for place in range(len(widths)) if place not in (*right, *whole)]
    for least, longest in ((10, SHORT), (8, 8)):
        while sum(widths) + 2 * (len(widths) - 1) > room:
            widest = max(yielding, key=lambda place: widths[place], default=None)
            if widest is None or widths[widest] <= longest:
                break
            widths[widest] = max(least, widths[widest] - 1)

    def line(cells: Sequence[str]) -> str:
        return "  ".join(
            pad(cut(cell, widths[place]), widths[place], right=place in right)
            for place, cell in enumerate(cells)
        )

    lines = [line(heads), "  ".join("─" * w for w in widths)]
    for place, row in enumerate(full):
        lines.append(line(row))
        if notes is not None and notes[place]:
            lines += [f"      {line}" for line in wrap(notes[place], room - 6)]
    return "\n".join(line.rstrip() for line in lines)


def terminal_width() -> int:
    """The columns of the terminal or those COLUMNS asks for; wide where output goes to a file."""
    asked = os.environ.get("COLUMNS", "")
    if sys.stdout.isatty() or (asked.isdecimal() and int(asked) > 0):
        return shutil.get_terminal_size((80, 24)).columns
    return WIDE


def dump(value: object) -> str:
    """JSON for programs: one document, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def heads(language: str, **labels: str) -> dict[str, str]:
    """Column heads by key, in the reader's language."""
    return {key: translate(label, language) for key, label in labels.items()}


def emit(
    heads: Mapping[str, str],
    rows: Sequence[Mapping[str, object]],
    as_json: bool,
    note: str | None = None,
    right: Collection[str] = (),
) -> None:
    """Print rows as JSON, or as a table of the columns in `heads` with `note` below each row.

    Figures, the columns in `right`, stand to the right.
    """
    if as_json:
        print(dump(list(rows)))
    elif rows:
        cells = [[_cell(row.get(key)) for key in heads] for row in rows]
        notes = [_cell(row.get(note)) for row in rows] if note else None
        figures = [place for place, key in enumerate(heads) if key in right]
        print(draw(list(heads.values()), cells, notes, figures))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "、".join(str(one) for one in value)
    return str(value)
