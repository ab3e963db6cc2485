"""A draft rewritten in one place reads as it was meant, and is the old file everywhere else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import GuichengError
from engine.language.forms import Row, tidy
from engine.language.params import Params, Table, load_params
from engine.language.redraft import Wanted, redraft_entries, redraft_rows
from engine.language.roster_loader import load_roster
from tests.conftest import ROOT

DRAFT = """# 头
params: {上限: 5}
tables:
  物品:
    key: 编码
    columns: {编码: text, 数: integer, 价: money}
    rows:  # 各行
      # 甲类
      - [a, 1, 1.50]  # 尾 a
      # 乙类

      - - b
        - 2    # 数量
        - 2.00
      - ["c",   # 行内
         3, 3.00]
      # 末
  空: {key: 编码, columns: {编码: text}, rows: []}
  短:
    key: 编码
    columns: {编码: text}
    rows: [[x], [y]]
books: {}  # 完
"""


def loaded(text: str) -> Params:
    params, problems = load_params(text, "params.yaml")
    assert [str(one) for one in problems] == []
    assert params is not None
    return params


def rows_of(table: Table) -> list[Row]:
    return list(table.rows.values())


def item(code: str, count: int, price: str) -> Row:
    return {"编码": code, "数": count, "价": Decimal(price)}


VARIANTS = {
    "as it is": DRAFT,
    "for Windows": DRAFT.replace("\n", "\r\n"),
    "with a mark": "\ufeff" + DRAFT,
    "no last line": DRAFT.rstrip("\n"),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_rows_are_the_same_file(name: str) -> None:
    text = VARIANTS[name]
    for table in loaded(text).tables.values():
        if table.name == "物品":
            assert redraft_rows(text, table, rows_of(table)) == text


@pytest.mark.parametrize("name", VARIANTS)
def test_only_what_changed_is_spelt_anew(name: str) -> None:
    text = VARIANTS[name]
    table = loaded(text).tables["物品"]
    rows = [item("c", 3, "3"), item("a", 9, "1.5"), item("新,", 0, "0.10")]
    made = redraft_rows(text, table, rows)
    assert rows_of(loaded(made).tables["物品"]) == rows
    lines = made.replace("\r\n", "\n").removeprefix("\ufeff").splitlines()
    start = lines.index("    rows:  # 各行")
    assert lines[start + 1 : start + 9] == [
        "      # 乙类",
        "",
        '      - ["c",   # 行内',
        "         3, 3.00]",
        "      # 甲类",
        "      - [a, 9, 1.50]  # 尾 a",
        '      - ["新,", 0, 0.10]',
        "      # 末",
    ]
    assert lines[:start] == DRAFT.splitlines()[:start]
    assert lines[-6:] == DRAFT.splitlines()[-6:]
    assert ("\r\n" in made) == ("\r\n" in text)
    assert made.endswith("\n") == text.endswith("\n")


def test_a_block_item_is_changed_in_its_own_form() -> None:
    table = loaded(DRAFT).tables["物品"]
    made = redraft_rows(DRAFT, table, [item("b", 7, "2")])
    assert "      - - b\n        - 7    # 数量\n        - 2.00\n      # 末\n" in made
    assert rows_of(loaded(made).tables["物品"]) == [item("b", 7, "2")]


def test_rows_that_end_the_file_need_no_last_line() -> None:
    text = DRAFT[: DRAFT.index("      - - b")].replace("      # 乙类\n\n", "").rstrip("\n")
    table = loaded(text).tables["物品"]
    rows = [item("新", 2, "2"), item("a", 1, "1.5")]
    made = redraft_rows(text, table, rows)
    assert made.endswith("      - [新, 2, 2]\n      # 甲类\n      - [a, 1, 1.50]  # 尾 a")
    assert rows_of(loaded(made).tables["物品"]) == rows


def test_rows_in_brackets_stay_in_brackets() -> None:
    for name, wanted in (("空", ["新"]), ("短", ["y", "新", "x"])):
        made = redraft_rows(DRAFT, loaded(DRAFT).tables[name], [{"编码": one} for one in wanted])
        assert list(loaded(made).tables[name].rows) == wanted
        assert made.endswith("books: {}  # 完\n")


WORDS = (
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
    .map(lambda text: tidy(text.strip()).strip())
    .filter(bool)
)


@given(st.lists(WORDS, min_size=1, max_size=5, unique=True))
def test_any_text_is_read_back(words: list[str]) -> None:
    for name in ("空", "物品"):
        table = loaded(DRAFT).tables[name]
        rows: list[Row] = [{"编码": one, "数": 1, "价": Decimal("-0.5")} for one in words]
        if name == "空":
            rows = [{"编码": one} for one in words]
        made = redraft_rows(DRAFT, table, rows)
        assert rows_of(loaded(made).tables[name]) == rows


ROSTER = (ROOT / "roster.yaml").read_text("utf-8")


def test_entries_come_go_and_change_and_the_rest_stays() -> None:
    roster, _ = load_roster(ROSTER, "roster.yaml")
    assert roster is not None
    names = [one.name for one in roster.people]
    same = [Wanted(one, None) for one in names]
    assert redraft_entries(ROSTER, "people", same) == ROSTER
    made = redraft_entries(
        ROSTER, "people", [*same, Wanted("丘 山: #", "{id: qiushan, title: 科员}")]
    )
    added = [one for one in made.splitlines() if one not in ROSTER.splitlines()]
    assert added == ['  "丘 山: #": {id: qiushan, title: 科员}']
    found, _ = load_roster(made.replace("丘 山: #", "丘山"), "roster.yaml")
    assert found is not None
    assert found.people[-1].id == "qiushan"


def test_a_part_that_is_not_there_is_told() -> None:
    with pytest.raises(GuichengError, match="没有“posts”一节"):
        redraft_entries("people: {}\n", "posts", [])
