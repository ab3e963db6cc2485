"""The books as a storekeeper reads them, in the sample office after a year's end."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from commands.boundary import main
from commands.completion import books, items
from commands.table import draw, width
from commands.workspace import Session
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from engine.store.tables import PostingRow, columns
from tests.cli.conftest import Run
from tests.conftest import open_office
from tests.docs.test_cli_reference import documented
from tests.test_walks import walk

Answer = tuple[int, str, str]
COUNTING = "2026-12-31 18:30"  # the stock is being counted, 24 bottles have gone out


def ask(office: Office, *words: str) -> Answer:
    """Run `ledger …` at the desk of a played office; exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        patch.setattr(Session, "desk", lambda self: office.desk)
        patch.setattr("sys.argv", ["guicheng"])
        patch.setenv("GUICHENG_LANG", "zh")
        code = main(["ledger", *words])
    return code, out.getvalue(), err.getvalue()


def listed(office: Office, *words: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(ask(office, *words, "--json")[1])
    return found


class Story:
    """The sample office after A-01 and A-07, and what was answered while it was counted."""

    def __init__(self) -> None:
        played = walk("A-07")
        self.office = open_office(played.start or "")
        before = played.until(COUNTING).steps
        player = Player(self.office)
        player.play(before)
        self.counting = ask(self.office, "show", "库存")
        self.frozen = {one["book"]: one["frozen_by"] for one in listed(self.office, "show")}
        player.play(played.steps[len(before) :])


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


@pytest.fixture
def year_end(story: Story) -> Office:
    return story.office


@pytest.fixture(scope="module")
def shortage() -> Office:
    """The sample office after A-06: a department still waits for three boxes."""
    played = walk("A-06")
    office = open_office(played.start or "")
    Player(office).play(played.steps)
    return office


# -- balances ----------------------------------------------------------------------------------


def test_the_stock_after_the_count(year_end: Office) -> None:
    code, out, err = ask(year_end, "show", "库存")
    assert (code, err) == (0, "")
    first, _, paper, *_, last = out.splitlines()
    assert first.split() == ["编码", "名称", "结存", "金额", "已预留", "可用", "缺货"]
    assert paper.split() == ["P001", "A4纸", "168", "3,640.80", "0", "168", "0"]
    assert last.split() == ["合计", "6,633.90"]
    assert "P008" not in out
    rows = listed(year_end, "show", "库存")
    assert sum(Decimal(one["amount"]) for one in rows) == Decimal("6633.90")
    assert rows[0] == {
        "item": "P001",
        "name": "A4纸",
        "on_hand": "168",
        "amount": "3640.8",
        "held": "0",
        "free": "168",
        "short": "0",
    }


def test_json_has_the_fields_the_reference_names(year_end: Office) -> None:
    fields = documented("en")
    for name, words in {
        "ledger card": ("card", "库存", "P001"),
        "ledger as-of": ("as-of", "库存", "2027-01-10"),
        "ledger plot": ("plot", "库存", "P001"),
    }.items():
        loaded = json.loads(ask(year_end, *words, "--json")[1])
        one = loaded[0] if isinstance(loaded, list) else loaded
        assert sorted(one) == sorted(fields[name]), name


def test_items_that_never_moved_are_shown_when_asked_for(year_end: Office) -> None:
    assert "P008  台式计算机" in ask(year_end, "show", "库存", "--all")[1]
    (one,) = listed(year_end, "show", "库存", "--item", "台式计算机")
    assert (one["item"], one["on_hand"]) == ("P008", "0")
    assert "合计" not in ask(year_end, "show", "库存", "--item", "P001")[1]


def test_the_books_of_the_office(year_end: Office, story: Story) -> None:
    rows = {one["book"]: one for one in listed(year_end, "show")}
    assert rows["库存"] == {"book": "库存", "items": 7, "amount": "6633.9", "frozen_by": None}
    assert rows["预算"]["amount"] == "116520"
    assert rows["待退区"]["items"] == 0
    assert story.frozen["库存"] == "PD-2026-0001"
    assert story.counting[2] == "“库存”正由 PD-2026-0001 盘点,暂停出入\n"
    assert story.counting[1].splitlines()[-1].split() == ["合计", "6,717.60"]


def test_what_is_waited_for_is_short(shortage: Office) -> None:
    (boxes,) = listed(shortage, "show", "库存", "--item", "P004")
    assert (boxes["on_hand"], boxes["held"], boxes["free"], boxes["short"]) == ("0", "0", "0", "3")
    code, out, _ = ask(shortage, "card", "库存", "文件盒")
    assert code == 0
    assert "已预留 0,可用 0,缺货 3" in out
    assert "另有 2 个批次已发完" in out
    assert ["LY-2026-000002", "3", "0"] in [line.split() for line in out.splitlines()]


def test_a_book_is_known_by_its_english_name_too(year_end: Office) -> None:
    code, out, _ = ask(year_end, "show", "Stock", "--lang", "en")
    assert (code, "3,640.80" in out) == (0, True)
    assert "To collect / Issue" in ask(year_end, "card", "Stock", "P006", "--lang", "en")[1]


# -- one item ----------------------------------------------------------------------------------


def test_the_card_of_an_item(year_end: Office) -> None:
    card = json.loads(ask(year_end, "card", "库存", "P001", "--json")[1])
    assert [(one["lot"], one["quantity"], one["cost"]) for one in card["lots"]] == [
        ("L1", "20", "21"),
        ("L2", "60", "22"),
        ("L3", "88", "21.6"),
    ]
    assert [(one["on"], one["quantity"], one["balance"]) for one in card["lines"]] == [
        ("2026-10-15", "20", "20"),
        ("2026-10-15", "60", "80"),
        ("2026-12-07", "90", "170"),
        ("2027-01-05", "-2", "168"),
    ]
    last = card["lines"][-1]
    assert (last["balance_amount"], last["number"], last["state"], last["actor"]) == (
        "3640.8",
        "PD-2026-0001",
        "调账",
        "孙蕾",
    )
    out = ask(year_end, "card", "库存", "A4纸")[1]
    assert ["L3", "88", "21.60", "1,900.80"] in [one.split() for one in out.splitlines()]
    assert "      PD-2026-0001 · 调账 · 孙蕾" in out.splitlines()


def test_a_card_says_for_whom_and_what_is_remembered_of_a_lot(year_end: Office) -> None:
    out = ask(year_end, "card", "库存", "P006")[1]
    assert ["L1", "24", "1.00", "24.00", "2027-10-31"] in [one.split() for one in out.splitlines()]
    assert "LY-2026-000008 · 待领 / 发放 · 丁一凡 · 领用 办公室" in out


def test_a_card_fits_eighty_columns(year_end: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.table.terminal_width", lambda: 80)
    for book, item in (("库存", "P001"), ("预算", "2026-办公费"), ("在途", "P001")):
        out = ask(year_end, "card", book, item)[1]
        assert max(map(width, out.splitlines())) <= 79
        assert "…" not in out


# -- as of a moment ----------------------------------------------------------------------------


def sums(rows: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(one["amount"]) for one in rows), Decimal(0))


@pytest.mark.parametrize(
    ("moment", "amount"),
    [
        ("2026-10-14", "0"),
        ("2026-10-15", "3261.60"),
        ("2026-12-03", "3261.60"),
        ("2026-12-07", "6741.60"),
        ("2026-12-31 18:00", "6741.60"),
        ("2026-12-31", "6717.60"),
        ("2027-01-05", "6633.90"),
        ("2099-01-01", "6633.90"),
    ],
)
def test_the_balances_as_of_a_moment(year_end: Office, moment: str, amount: str) -> None:
    assert sums(listed(year_end, "as-of", "库存", moment)) == Decimal(amount)


def test_as_of_now_is_what_stands(year_end: Office, shortage: Office) -> None:
    for office in (year_end, shortage):
        for book in (one["book"] for one in listed(office, "show")):
            stands = listed(office, "show", book)
            for words in ((), ("--happened",)):
                known = listed(office, "as-of", book, "2027-01-06", *words)
                keys = ("item", "name", "on_hand", "amount")
                assert [[one[key] for key in keys] for one in stands] == [
                    [one[key] for key in keys] for one in known
                ]


def test_what_was_entered_late_was_there_before_it_was_known(year_end: Office) -> None:
    column = columns(PostingRow)
    mine = (column.book == "库存", column.day == "2026-12-07")
    with year_end.store.engine.begin() as connection:
        connection.execute(update(PostingRow).where(*mine).values(day="2026-12-02"))
    try:
        known = listed(year_end, "as-of", "库存", "2026-12-03")
        there = listed(year_end, "as-of", "库存", "2026-12-03", "--happened")
        assert (sums(known), sums(there)) == (Decimal("3261.60"), Decimal("6741.60"))
        assert (
            "到 2026-12-03 为止已发生的"
            in ask(year_end, "as-of", "库存", "2026-12-03", "--happened")[2]
        )
    finally:
        with year_end.store.engine.begin() as connection:
            late = (column.book == "库存", column.day == "2026-12-02")
            connection.execute(update(PostingRow).where(*late).values(day="2026-12-07"))


# -- pictures ----------------------------------------------------------------------------------


def test_the_months_of_the_stock(year_end: Office, shortage: Office) -> None:
    rows = listed(year_end, "plot", "库存", "--consumption")
    assert [(one["month"], one["used"]) for one in rows] == [
        ("2026-10", "175"),
        ("2026-11", "0"),
        ("2026-12", "24"),
        ("2027-01", "0"),
    ]
    rows = listed(shortage, "plot", "库存", "P004", "--consumption")
    assert [(one["month"], one["used"]) for one in rows] == [("2026-11", "12"), ("2026-12", "50")]
    rows = listed(shortage, "plot", "库存", "P004", "--consumption", "--by", "holder")
    assert [(one["holder"], one["month"], one["used"]) for one in rows] == [
        ("人事处", "2026-11", "0"),
        ("人事处", "2026-12", "42"),
        ("业务二处", "2026-11", "12"),
        ("业务二处", "2026-12", "8"),
    ]
    out = ask(shortage, "plot", "库存", "--consumption", "--by", "holder")[1]
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["业务二处", "人事处", "业务一处"]
    assert [line.split()[-1] for line in out.splitlines()[2:]] == ["710.00", "378.00", "175.00"]


def test_the_curve_of_the_stock(year_end: Office) -> None:
    rows = listed(year_end, "plot", "库存")
    assert [(one["on"], one["level"]) for one in rows] == [
        ("2026-10-15", "3261.6"),
        ("2026-12-07", "6741.6"),
        ("2026-12-31", "6717.6"),
        ("2027-01-05", "6633.9"),
        ("2027-01-06", "6633.9"),
    ]
    rows = listed(
        year_end, "plot", "库存", "P001", "--since", "2026-12-01", "--until", "2026-12-31"
    )
    assert [(one["on"], one["level"]) for one in rows] == [
        ("2026-12-01", "80"),
        ("2026-12-07", "170"),
        ("2026-12-31", "170"),
    ]


def test_a_picture_in_the_terminal_fits_and_is_not_coloured(year_end: Office) -> None:
    for words in (("P001", "--line", "60"), (), ("--consumption",)):
        code, out, _ = ask(year_end, "plot", "库存", *words)
        assert code == 0
        assert max(map(width, out.splitlines())) <= 79
        assert len(out.splitlines()) <= 22
        assert "\x1b" not in out
    out = ask(year_end, "plot", "库存", "P001", "--line", "60")[1]
    assert out.startswith("库存 P001 A4纸:结存  2026-10-15 至 2027-01-06\n")
    assert any(line.endswith(" 168") for line in out.splitlines())
    assert any(line.endswith(" 60") for line in out.splitlines())
    assert out.splitlines()[-1].split() == ["2026-11", "2026-12", "2027-01"]


def test_a_picture_is_written_into_a_file(year_end: Office, tmp_path: Path) -> None:
    for words in ((), ("--consumption",), ("--consumption", "--by", "holder")):
        target = tmp_path / "stock.svg"
        code, out, err = ask(year_end, "plot", "库存", *words, "-o", str(target))
        assert (code, out, err) == (0, "", f"已写入 {target}\n")
        assert "库存" in target.read_text("utf-8")
    code, _, err = ask(year_end, "plot", "库存", "-o", str(tmp_path / "stock.pdf"))
    assert (code, err) == (2, "图只能存成 .svg、.png,不能存成“stock.pdf”\n")


# -- what people type --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "库纯"), "没有这个台账:“库纯”;是否想写“库存”?"),
        (("card", "库存", "P01"), "没有这个编码:“P01”;是否想写“P001”?"),
        (("card", "库存", "A4纸张"), "是否想写“A4纸”?"),
        (("show", "库存", "--item", "没有"), "没有这个编码"),
        (("as-of", "库存", "昨天"), "“昨天”不是时刻"),
        (("plot", "库存", "--since", "昨天"), "“昨天”不是日期"),
        (("plot", "库存", "--since", "2027-01-02", "--until", "2027-01-01"), "晚于截止日"),
        (("plot", "库存", "--consumption", "--by", "holders"), "是否想写“holder”?"),
        (("plot", "库存", "--by", "holder"), "--by 只与 --consumption 同用"),
        (("plot", "库存", "--consumption", "--line", "5"), "--line 不与 --consumption 同用"),
        (("plot", "库存", "--line", "nan"), "“nan”不是数"),
        (("shwo",), "是否想写“show”?"),
    ],
)
def test_what_is_not_known_is_said(year_end: Office, words: tuple[str, ...], said: str) -> None:
    code, out, err = ask(year_end, *words)
    assert (code, out) == (2, "")
    assert said in err


def test_nothing_to_show_is_a_sentence(year_end: Office) -> None:
    for words in (
        ("show", "待退区"),
        ("card", "库存", "P008"),
        ("as-of", "库存", "2026-01-01"),
        ("plot", "待退区"),
        ("plot", "库存", "P001", "--consumption"),
        ("plot", "库存", "--until", "2026-01-01"),
    ):
        code, out, err = ask(year_end, *words)
        assert (code, out) == (0, ""), words
        assert "没有" in err, words


def test_an_office_without_entries_has_its_books(run: Run) -> None:
    code, out, _ = run("ledger", "show")
    assert code == 0
    assert out.splitlines()[2].split() == ["库存", "0", "0.00"]
    assert run("ledger", "show", "库存") == (0, "", "“库存”还没有记过账\n")
    assert json.loads(run("ledger", "show", "库存", "--json")[1]) == []


class Typed:
    """What Typer hands to a completion: the words before."""

    def __init__(self, **params: str) -> None:
        self.params = params


def test_the_tab_key_knows_books_and_items(
    year_end: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copied() -> Iterator[str]:
        raw = year_end.store.engine.raw_connection()
        yield from raw.driver_connection.iterdump()
        raw.close()

    assert books("库") == []  # no workspace yet
    (tmp_path / "guicheng.toml").write_text('origin = "a"\nstore = "db"\nkeys = "keys"\n')
    connection = sqlite3.connect(tmp_path / "db")
    connection.executescript("\n".join(copied()))
    connection.close()
    monkeypatch.setenv("GUICHENG_WORKSPACE", str(tmp_path))
    assert books("库") == ["库存"]
    assert items(Typed(book="库存"), "P00")[:2] == ["P001", "P002"]  # type: ignore[arg-type]
    assert items(Typed(book="没有"), "") == []  # type: ignore[arg-type]


def test_figures_stand_to_the_right_and_are_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.table.terminal_width", lambda: 40)
    rows = [["很长很长很长很长很长很长的名称", "1,234,567.89"], ["短", "5.00"]]
    drawn = draw(["名称", "金额"], rows, right=[1]).splitlines()
    assert drawn[2].endswith("…  1,234,567.89")
    assert {width(line) for line in drawn} == {39}
