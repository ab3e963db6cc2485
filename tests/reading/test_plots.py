"""Pictures of the books as files, and the marks on their axes."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.books.figures import Point, Use, months
from engine.errors import GuichengError, UsageError
from engine.reading import plots
from engine.reading.axes import day_marks, money, number, price, value_marks
from engine.reading.plots import Caption, draw_bars, draw_curve, draw_strips

FIRST = date(2026, 10, 15)
CAPTION = Caption(title="库存 P001 A4纸 $5$:结存", span="2026-10-15 至 2027-01-06", show=number)
POINTS = tuple(
    Point(on=FIRST + timedelta(days=days), level=Decimal(level))
    for days, level in ((0, 80), (53, 170), (82, 168), (83, 168))
)
USES = tuple(
    Use(month=month, used=Decimal(used))
    for month, used in zip(months(FIRST, date(2027, 1, 1)), (25, 0, -3, 12), strict=True)
)


def texts(picture: Path) -> list[str]:
    """The words of an SVG."""
    found = ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(one.itertext()) for one in found]


# -- axes --------------------------------------------------------------------------------------

amounts = st.decimals(-(10**6), 10**6, places=2)


@given(amounts, amounts, st.integers(3, 9))
def test_the_marks_of_a_value_axis_are_round_and_cover_it(
    one: Decimal, other: Decimal, most: int
) -> None:
    low, high = sorted((one, other))
    marks = value_marks(low, high, most)
    assert marks[0] <= min(low, 0)
    assert marks[-1] >= max(high, 0)
    assert 0 in marks
    assert 2 <= len(marks) <= most + 1
    assert len({after - before for before, after in pairwise(marks)}) == 1
    if low % 1 == high % 1 == 0:
        assert all(mark % 1 == 0 for mark in marks)


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.integers(0, 20_000), st.integers(2, 9))
def test_the_marks_of_a_time_axis_are_few_and_in_order(first: date, days: int, most: int) -> None:
    last = first + timedelta(days=days)
    marks = day_marks(first, last, most)
    assert min(2, days + 1) <= len(marks) <= most
    assert list(marks) == sorted(marks)
    assert all(first <= day <= last and day.isoformat().startswith(words) for day, words in marks)


def test_figures_are_written_as_people_read_them() -> None:
    assert [number(Decimal(one)) for one in ("1200", "2.50", "-3", "0.0")] == [
        "1,200",
        "2.5",
        "-3",
        "0",
    ]
    assert (money(Decimal("6633.9")), money(Decimal("-43.2"))) == ("6,633.90", "-43.20")
    assert (price(Decimal("21.6")), price(Decimal("1.625"))) == ("21.60", "1.625")


# -- files -------------------------------------------------------------------------------------


def test_an_svg_keeps_its_text_and_is_the_same_every_time(tmp_path: Path) -> None:
    one, other = tmp_path / "one.svg", tmp_path / "other.svg"
    for target in (one, other):
        draw_curve(POINTS, Decimal(60), CAPTION, target)
    assert one.read_bytes() == other.read_bytes()
    assert b"<dc:date>" not in one.read_bytes()
    assert {CAPTION.title, CAPTION.span, "168", "60", "2026-11", "2026-12", "2027-01"} <= set(
        texts(one)
    )


def test_bars_carry_their_numbers_and_strips_their_sums(tmp_path: Path) -> None:
    draw_bars(USES, CAPTION, tmp_path / "bars.svg")
    assert {"25", "0", "-3", "12", "2026-10", "2027-01"} <= set(texts(tmp_path / "bars.svg"))
    draw_strips({"业务一处": USES, "林岚": USES[:4]}, CAPTION, tmp_path / "strips.svg")
    found = texts(tmp_path / "strips.svg")
    assert {"业务一处", "林岚", "2026-12"} <= set(found)
    assert found.count("34") == 2


@pytest.mark.font
def test_a_png_has_no_name_of_a_program_in_it(tmp_path: Path) -> None:
    draw_bars(USES, CAPTION, tmp_path / "bars.PNG")
    content = (tmp_path / "bars.PNG").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert b"Software" not in content


def test_without_a_chinese_font_a_png_is_refused_and_an_svg_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "find_font", lambda: None)
    with pytest.raises(GuichengError, match="没有中文字体"):
        draw_curve(POINTS, None, CAPTION, tmp_path / "stock.png")
    draw_curve(POINTS, None, CAPTION, tmp_path / "stock.svg")
    assert not (tmp_path / "stock.png").exists()
    assert CAPTION.title in texts(tmp_path / "stock.svg")


@pytest.mark.font
def test_a_font_installed_after_matplotlib_looked_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    manager = font_manager.fontManager
    older = [one for one in manager.ttflist if one.name not in plots.FONTS]
    monkeypatch.setattr(manager, "ttflist", older)
    assert plots.find_font() is not None


def test_without_matplotlib_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(GuichengError, match=r"guicheng\[plots\]") as caught:
        draw_curve(POINTS, None, CAPTION, tmp_path / "stock.svg")
    assert caught.value.exit_code == 1


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    for name in ("stock.pdf", "stock"):
        with pytest.raises(UsageError, match=r"\.svg"):
            draw_curve(POINTS, None, CAPTION, tmp_path / name)
