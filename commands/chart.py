"""Pictures in the terminal: a stepped curve in dots, bars in blocks. Never coloured."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from plotille import Canvas

from commands.table import cut, pad, width
from engine.books.figures import Point
from engine.reading.axes import day_marks, number, value_marks

EMPTY = "\u2800"  # a braille character without dots
BLOCKS = " ▏▎▍▌▋▊▉"
WIDEST, HIGHEST, LOWEST = 100, 14, 5  # columns and lines, however large the terminal
LEAST = 10  # columns of what is drawn, however small
Show = Callable[[Decimal], str]


def room() -> tuple[int, int]:
    """Columns and lines for a picture: the terminal's, or 80 by 24 where there is none."""
    found = shutil.get_terminal_size((80, 24))
    return min(found.columns, WIDEST) - 1, max(LOWEST, min(found.lines - 8, HIGHEST))


def draw_curve(points: Sequence[Point], level: Decimal | None, show: Show) -> str:
    """A level over time: round numbers on the left, days below, the last number at its end.

    `level` is dotted across. Each character has two dots by four, so that small steps show.
    """
    columns, lines = room()
    drawn = [one.level for one in points] + ([] if level is None else [level])
    marks = value_marks(min(drawn), max(drawn), lines // 3 + 1)
    ends = {one: show(one) for one in reversed(drawn[len(points) - 1 :])}
    left = max(width(number(one)) for one in marks)
    across = max(LEAST, columns - left - 3 - max(map(width, ends.values())))
    first, last = points[0].on, points[-1].on
    right, top = across * 2 - 1, lines * 4 - 1

    def x(day: date) -> int:
        return (day - first).days * right // ((last - first).days + 1)

    def y(value: Decimal) -> int:
        return round((value - marks[0]) / (marks[-1] - marks[0]) * top)

    dots = Canvas(across, lines, xmax=right + 1, ymax=top + 1)
    steps = [(x(one.on), y(one.level)) for one in points]
    for (here, height), (to, next_height) in pairwise([*steps, (right, steps[-1][1])]):
        dots.line(here, height, to, height)
        dots.line(to, height, to, next_height)
    if level is not None:
        for place in range(0, right, 3):
            dots.point(place, y(level))
    ticks = {y(one) // 4: number(one) for one in marks}
    beside = {y(one) // 4: words for one, words in ends.items()}
    rows = reversed(dots.plot("\n").replace(EMPTY, " ").split("\n"))
    shown = [
        f"{ticks.get(row, ''):>{left}} {'┤' if row in ticks else '│'}{text} {beside.get(row, '')}"
        for row, text in enumerate(rows)
    ]
    days = {x(day) // 2: words for day, words in day_marks(first, last, max(2, across // 14))}
    axis = "".join("┬" if place in days else "─" for place in range(across))
    lowest = [f"{' ' * left} └{axis}", _below(days, left + 2)]
    return "\n".join(one.rstrip() for one in [*reversed(shown), *lowest])


def _below(at: Mapping[int, str], left: int) -> str:
    """Words centred under their places."""
    line = ""
    for place, words in at.items():
        start = max(0, left + place - len(words) // 2)
        line = line.ljust(start) + words
    return line


def draw_bars(rows: Sequence[tuple[str, Decimal]], show: Show) -> str:
    """One row each: a name, a bar as long as the number, and the number; below zero no bar."""
    columns, _ = room()
    left = min(24, max(width(name) for name, _ in rows))
    space = max(LEAST, columns - left - 3 - max(width(show(value)) for _, value in rows))
    most = max(value for _, value in rows)
    drawn = []
    for name, value in rows:
        eighths = max(1, round(value / most * space * 8)) if value > 0 else 0
        bar = "█" * (eighths // 8) + BLOCKS[eighths % 8].strip()
        drawn.append(f"{pad(cut(name, left), left)}  {bar}{' ' if bar else ''}{show(value)}")
    return "\n".join(drawn)
