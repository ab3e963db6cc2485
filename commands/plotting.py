"""`ledger plot`: what is asked for, worked out, and shown in the terminal, a file or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path

from commands import chart
from commands.bookpages import tell
from commands.bookrows import Row, exact
from commands.bookshelf import Bookshelf
from commands.table import dump
from engine.books.figures import (
    Measure,
    Point,
    Use,
    amount_of,
    consumption,
    consumption_by_holder,
    curve,
    quantity_of,
    total,
)
from engine.errors import UnknownName, UsageError
from engine.reading import plots
from engine.reading.axes import money, number
from engine.reading.plots import Caption
from engine.store.lines import read_lines
from engine.text import Text, say

HOLDER = "holder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A picture somebody asked for. Days are those things happened on; `until` counts too."""

    shelf: Bookshelf
    book: str
    item: str | None
    used: bool
    by: str | None
    since: date | None
    until: date
    level: Decimal | None

    @property
    def measure(self) -> Measure:
        return quantity_of if self.item is not None else amount_of

    @property
    def title(self) -> str:
        return self.shelf.title(self.book, self.item)

    def show(self, value: Decimal) -> str:
        """A number of the picture: pieces of an item, or money."""
        return number(value) if self.item is not None else money(value)

    def caption(self, title: Text, since: date) -> Caption:
        first, last = (self.since or since).isoformat(), self.until.isoformat()
        span = say("{first} 至 {last}", first=first, last=last)
        language = self.shelf.language
        return Caption(title=title.show(language), span=span.show(language), show=self.show)


def require_sound(wanted: Wanted) -> None:
    """Errors: `UsageError` for options that do not go together, `UnknownName` for `--by`."""
    if wanted.by not in (None, HOLDER):
        raise UnknownName(say("分法"), str(wanted.by), (HOLDER,))
    if wanted.by is not None and not wanted.used:
        raise UsageError(say("--by 只与 --consumption 同用"))
    if wanted.level is not None and wanted.used:
        raise UsageError(say("--line 不与 --consumption 同用"))
    if wanted.since is not None and wanted.since > wanted.until:
        first, last = wanted.since.isoformat(), wanted.until.isoformat()
        raise UsageError(say("起始日 {first} 晚于截止日 {last}", first=first, last=last))


def read_level(text: str) -> Decimal:
    """A number as typed. Errors: `UsageError`."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise UsageError(say("“{text}”不是数", text=text))
    return found


def plot_book(wanted: Wanted, output: Path | None, as_json: bool) -> None:
    """Show the picture where it was asked for; a sentence where there is nothing to draw."""
    require_sound(wanted)
    lines = read_lines(wanted.shelf.desk.store, wanted.book, item=wanted.item)
    postings = tuple(one.posting for one in lines)
    chosen = (postings, wanted.measure, wanted.since, wanted.until)
    if not wanted.used:
        points = curve(*chosen)
        rows: list[Row] = [{"on": one.on, "level": one.level} for one in points]
        show: Callable[[], None] = partial(_show_level, wanted, points, output)
    elif wanted.by is None:
        uses = consumption(*chosen)
        rows = [{"month": f"{one.month:%Y-%m}", "used": one.used} for one in uses]
        show = partial(_show_months, wanted, uses, output)
    else:
        found = consumption_by_holder(*chosen)
        parts = {wanted.shelf.holder(name): uses for name, uses in found.items()}
        rows = [
            {"holder": name, "month": f"{one.month:%Y-%m}", "used": one.used}
            for name, uses in parts.items()
            for one in uses
        ]
        show = partial(_show_holders, wanted, parts, output)
        if any(len(one.holders) > 1 for one in postings) and not as_json:
            tell(wanted.shelf, say("同一笔记在部门和个人名下的,两处都计"))
    if as_json:
        print(dump(exact(rows)))
    elif rows:
        show()
    elif wanted.used and postings:
        tell(wanted.shelf, say("“{title}”在这段时间没有用量", title=wanted.title))
    else:
        until = wanted.until.isoformat()
        tell(wanted.shelf, say("“{title}”到 {on} 还没有记过账", title=wanted.title, on=until))


def _show_level(wanted: Wanted, points: Sequence[Point], output: Path | None) -> None:
    told = say("{title}:结存", title=wanted.title)
    if wanted.item is None:
        told = say("{title}:结存金额", title=wanted.title)
    caption = wanted.caption(told, points[0].on)
    if output is None:
        _print(caption, chart.draw_curve(points, wanted.level, wanted.show))
    else:
        plots.draw_curve(points, wanted.level, caption, output)
        _written(wanted, output)


def _show_months(wanted: Wanted, uses: Sequence[Use], output: Path | None) -> None:
    told = say("{title}:每月用量", title=wanted.title)
    if wanted.item is None:
        told = say("{title}:每月用量(金额)", title=wanted.title)
    caption = wanted.caption(told, uses[0].month)
    if output is None:
        rows = [(f"{one.month:%Y-%m}", one.used) for one in uses]
        _print(caption, chart.draw_bars(rows, wanted.show))
    else:
        plots.draw_bars(uses, caption, output)
        _written(wanted, output)


def _show_holders(wanted: Wanted, parts: Mapping[str, Sequence[Use]], output: Path | None) -> None:
    told = say("{title}:各领用人用量", title=wanted.title)
    if wanted.item is None:
        told = say("{title}:各领用人用量(金额)", title=wanted.title)
    caption = wanted.caption(told, next(iter(parts.values()))[0].month)
    if output is None:
        rows = [(name, total(uses)) for name, uses in parts.items()]
        _print(caption, chart.draw_bars(rows, wanted.show))
    else:
        plots.draw_strips(parts, caption, output)
        _written(wanted, output)


def _print(caption: Caption, picture: str) -> None:
    print(f"{caption.title}  {caption.span}\n\n{picture}")


def _written(wanted: Wanted, output: Path) -> None:
    tell(wanted.shelf, say("已写入 {file}", file=str(output)))
