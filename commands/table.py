"""Tables for a terminal, with the width of Chinese characters counted right."""

from __future__ import annotations

import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence

from engine.text import translate


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
    line = ""
    for piece in re.findall(r"[\x21-\x7e]+|.", text):
        if line and width(line + piece) > room and piece not in "，。;:、)」”":
            lines.append(line.rstrip())
            line = ""
        line += piece if line or piece != " " else ""
    return [*lines, line.rstrip()] if line else lines


def pad(text: str, room: int) -> str:
    return text + " " * max(0, room - width(text))


def draw(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that fits the terminal: the widest column gives way first."""
    full = [list(map(str, row)) for row in rows]
    widths = [
        max([width(head), *(width(row[place]) for row in full)]) for place, head in enumerate(heads)
    ]
    room = (shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 200) - 1
    while sum(widths) + 2 * (len(widths) - 1) > room and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    lines = ["  ".join(pad(cut(head, w), w) for head, w in zip(heads, widths, strict=True))]
    lines.append("  ".join("─" * w for w in widths))
    lines += [
        "  ".join(pad(cut(cell, w), w) for cell, w in zip(row, widths, strict=True)) for row in full
    ]
    return "\n".join(line.rstrip() for line in lines)


def dump(value: object) -> str:
    """JSON for programs: one document, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def heads(language: str, **labels: str) -> dict[str, str]:
    """Column heads by key, in the reader's language."""
    return {key: translate(label, language) for key, label in labels.items()}


def emit(heads: Mapping[str, str], rows: Sequence[Mapping[str, object]], as_json: bool) -> None:
    """Print rows as JSON or as a table whose columns are the keys of `heads`."""
    if as_json:
        print(dump(list(rows)))
    elif rows:
        print(draw(list(heads.values()), [[_cell(row.get(key)) for key in heads] for row in rows]))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "、".join(str(one) for one in value)
    return str(value)
