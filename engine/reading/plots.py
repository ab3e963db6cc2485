"""Pictures of a book as files: its level over time, what is used each month. SVG or PNG.

Drawn with matplotlib, which is loaded only here and only when a file is asked for. Text in
an SVG stays text, and the same figures give the same bytes on one machine. A PNG needs a font
with Chinese in it here; an SVG leaves that to the machine of whoever looks at it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.books.figures import Point, Use, total
from engine.errors import GuichengError, UsageError
from engine.reading.axes import day_marks, number, value_marks
from engine.text import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".svg", ".png")
FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "SimHei",
    "Hiragino Sans GB",
    "Noto Sans CJK JP",
    "Arial Unicode MS",
)
FILES = ("NotoSansCJK", "NotoSansSC", "SourceHanSans", "wqy-", "msyh", "simhei", "PingFang")
INK, FAINT, LINE, LEVEL = "#0f172a", "#64748b", "#2563eb", "#b45309"
ACROSS, TALL, STRIP = 7.6, 3.9, 0.6  # inches: a picture, and one holder's strip of it
FEW, MOST = 14, 10  # months up to which bars carry their numbers; names of months below them


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What stands over a picture, and how its numbers are written."""

    title: str
    span: str
    show: Callable[[Decimal], str]


def draw_curve(
    points: Sequence[Point], level: Decimal | None, caption: Caption, target: Path
) -> None:
    """Draw a level over time as steps into a .svg or .png file, `level` as a line across it.

    Errors: `UsageError` for another kind of file, `GuichengError` if it cannot be drawn here.
    """
    with _page(caption, target, TALL) as figure:
        axes = figure.add_subplot()
        days = [one.on.toordinal() for one in points]
        days.append(days[-1] + 1)  # the last day is a day long too
        levels = [one.level for one in (*points, points[-1])]
        marks = _mark_values(axes, [*levels, level] if level is not None else levels)
        axes.step(days, [float(one) for one in levels], where="post", color=LINE, linewidth=1.8)
        _beside(axes, levels[-1], caption, LINE)
        if level is not None:
            axes.axhline(float(level), color=LEVEL, linewidth=1, dashes=(5, 4))
            gap = float((level - levels[-1]) / (marks[-1] - marks[0]))
            if gap:
                _beside(axes, level, caption, LEVEL, _lift(gap))
        chosen = day_marks(points[0].on, points[-1].on, 7)
        axes.set_xticks([day.toordinal() for day, _ in chosen], [words for _, words in chosen])
        axes.set_xlim(days[0], days[-1])


def draw_bars(uses: Sequence[Use], caption: Caption, target: Path) -> None:
    """Draw what was used in each month as bars into a file. Errors as `draw_curve`."""
    with _page(caption, target, TALL) as figure:
        axes = figure.add_subplot()
        _mark_values(axes, [one.used for one in uses])
        _bars(axes, uses)
        for place, one in enumerate(uses if len(uses) <= FEW else ()):
            axes.annotate(
                caption.show(one.used),
                (place, max(float(one.used), 0)),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                color=INK if one.used else FAINT,
            )
        _mark_months(axes, uses)


def draw_strips(parts: Mapping[str, Sequence[Use]], caption: Caption, target: Path) -> None:
    """Draw the months of every holder, one strip below the other and all to one scale.

    Names stand on the left, sums on the right. Errors as `draw_curve`.
    """
    with _page(caption, target, 1 + STRIP * len(parts)) as figure:
        strips = figure.subplots(len(parts), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        for axes, (name, uses) in zip(strips, parts.items(), strict=True):
            axes.spines["left"].set_visible(False)
            axes.set_yticks([])
            _bars(axes, uses)
            axes.text(-0.01, 0.1, name, transform=axes.transAxes, ha="right", color=INK)
            words = caption.show(total(uses))
            axes.text(1.01, 0.1, words, transform=axes.transAxes, color=FAINT)
        used = [float(one.used) for uses in parts.values() for one in uses]
        strips[0].set_ylim(min(0.0, *used), max(0.0, *used) * 1.1 or 1.0)
        _mark_months(strips[-1], next(iter(parts.values())))


def _bars(axes: Axes, uses: Sequence[Use]) -> None:
    slim = min(0.62, 0.16 + 0.04 * len(uses))
    axes.bar(range(len(uses)), [float(one.used) for one in uses], width=slim, color=LINE)
    axes.axhline(0, color=FAINT, linewidth=0.7)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)


def _beside(axes: Axes, level: Decimal, caption: Caption, colour: str, lift: int = 0) -> None:
    """The number of a level to the right of the picture, straight beside its line."""
    axes.annotate(
        caption.show(level),
        (1, float(level)),
        xycoords=("axes fraction", "data"),
        xytext=(6, lift),
        textcoords="offset points",
        va="center",
        color=colour,
        annotation_clip=False,
    )


def _lift(gap: float) -> int:
    """How many points a label gives way to one that stands `gap` of the axis below it."""
    if abs(gap) > 0.06:
        return 0
    return 12 if gap > 0 else -12


def _mark_values(axes: Axes, levels: Sequence[Decimal]) -> tuple[Decimal, ...]:
    marks = value_marks(min(levels), max(levels), 6)
    axes.set_yticks([float(one) for one in marks], [number(one) for one in marks])
    axes.set_ylim(float(marks[0]), float(marks[-1]))
    return marks


def _mark_months(axes: Axes, uses: Sequence[Use]) -> None:
    places = range(0, len(uses), -(-len(uses) // MOST))
    axes.set_xticks(places, [f"{uses[place].month:%Y-%m}" for place in places])
    axes.set_xlim(-0.6, len(uses) - 0.4)


@contextmanager
def _page(caption: Caption, target: Path, tall: float) -> Iterator[Figure]:
    """An empty sheet with its caption; it is written into `target` when it has been drawn on."""
    kind = target.suffix.lower()
    if kind not in FORMATS:
        raise UsageError(
            say("图只能存成 {formats},不能存成“{file}”", formats=FORMATS, file=target.name)
        )
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise GuichengError(
            say("画成文件要用 matplotlib;请先安装:pip install 'guicheng[plots]'")
        ) from error
    font = find_font()
    if font is None and kind == ".png":
        raise GuichengError(
            say("这台机器没有中文字体,PNG 里的字会成为方框;请安装 Noto Sans CJK SC,或改存 .svg")
        )
    with _quiet(), rc_context(_style(font)):
        figure = Figure(figsize=(ACROSS, tall))
        figure.set_layout_engine("constrained", h_pad=0.1, w_pad=0.06)
        figure.suptitle(caption.title, x=0.01, ha="left", fontsize=13, color=INK)
        figure.text(0.99, 0.985, caption.span, ha="right", va="top", fontsize=9, color=FAINT)
        yield figure
        nameless = {"Software": None} if kind == ".png" else {"Creator": None, "Date": None}
        figure.savefig(target, format=kind[1:], dpi=160, metadata=nameless)


def _style(font: str | None) -> dict[Any, object]:
    """Thin, plain and repeatable; the fonts of others follow for an SVG seen elsewhere."""
    others = [one for one in FONTS if one != font]
    return {
        "font.family": [*([font] if font else []), *others, "DejaVu Sans"],
        "font.size": 10,
        "svg.fonttype": "none",
        "svg.hashsalt": "guicheng",
        "text.parse_math": False,  # a name may have a $ in it
        "axes.unicode_minus": False,
        "axes.linewidth": 0.7,
        "axes.edgecolor": FAINT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.major.width": 0.7,
        "ytick.major.width": 0.7,
    }


def find_font() -> str | None:
    """A font on this machine that has Chinese in it."""
    from matplotlib import font_manager

    known = {one.name for one in font_manager.fontManager.ttflist}
    if not known & set(FONTS):  # matplotlib remembers fonts and misses those installed since
        for path in font_manager.findSystemFonts():
            if Path(path).name.startswith(FILES):
                font_manager.fontManager.addfont(path)
        known = {one.name for one in font_manager.fontManager.ttflist}
    return next((one for one in FONTS if one in known), None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without matplotlib's remarks about fonts it was offered and does not have."""
    logger = logging.getLogger("matplotlib.font_manager")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            yield
    finally:
        logger.setLevel(before)
