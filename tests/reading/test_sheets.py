"""Sheets as people bring them: read whole or refused, every fault with its cell."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import GuichengError, UsageError
from engine.language.form_loader import load_form
from engine.language.forms import tidy
from engine.language.params import load_params
from engine.reading.sheets import opening, workbooks
from engine.reading.sheets.cells import Line, Notes, Sheet, letters
from engine.reading.sheets.csvs import bare, neutral
from engine.reading.sheets.files import read_sheets, write_sheets
from engine.reading.sheets.grids import Column, Grid, Known, read_grid
from engine.reading.sheets.layouts import breadth, page_of
from tests.workbooks import (
    ENDLESS,
    Formula,
    compound,
    ods_row,
    old_workbook,
    open_document,
    repacked,
    workbook,
)

ZONE = ZoneInfo("Asia/Shanghai")
PARAMS, _ = load_params(
    """
params: {}
tables:
  物品:
    key: 编码
    columns: {编码: text, 名称: text}
    rows: [["012", A4纸], [P001, 硒鼓]]
""",
    "params.yaml",
)
FORM, PROBLEMS = load_form(
    """
form: 表
fields:
  行:
    type: lines
    key: [文]
    columns:
      文: text*
      数: {type: integer, en: Qty, min: 1, max: 100}
      钱: money
      率: decimal
      是: bool
      日: date
      时: datetime
      选: {type: choice, choices: [现场, 视频]}
      人: person
      众: {type: person, many: true}
      部: department
      物: {type: reference, table: 物品}
      案: case
      小计: {type: money, compute: 数 * 钱}
""",
    "表.yaml",
)
PEOPLE = {"heqing": "何清", "linlan": "林岚"}


@pytest.fixture
def grid() -> Grid:
    assert PROBLEMS == ()
    assert FORM is not None
    field = FORM.fields[0]
    columns = tuple(
        Column(field=one, required=one.required is True, is_read=one.compute is None)
        for one in field.columns
    )
    return Grid(name="行", en="Lines", columns=columns, key=field.key)


@pytest.fixture
def known() -> Known:
    assert PARAMS is not None
    ids = {name: uid for uid, name in PEOPLE.items()}
    return Known(
        zone=ZONE,
        find_person=lambda text: ids.get(text) or (text if text in PEOPLE else None),
        people=PEOPLE,
        departments=("业务一处", "业务二处"),
        tables=PARAMS.tables,
    )


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbooks are opened in this process, for tests that open hundreds."""
    monkeypatch.setattr(workbooks, "open_apart", opening._sheets)


Take = Callable[..., tuple[list[dict[str, object]], list[str]]]


@pytest.fixture
def take(grid: Grid, known: Known) -> Take:
    """Lines below the heads 文, 数 … as they are read, and what is told of them."""

    def taken(heads: list[str], *rows: list[object]) -> tuple[list[dict[str, object]], list[str]]:
        (sheet,) = read_sheets(workbook({"行": [heads, *rows]}), "a.xlsx")
        notes = Notes("a.xlsx", sheet.name, "zh")
        found = read_grid(sheet, grid, known, notes)
        return [dict(one.values) for one in found], [one.show() for one in notes.in_order()]

    return taken


# -- typed cells ---------------------------------------------------------------------------


def test_cells_become_what_was_meant(take: Take) -> None:
    heads = ["文*", "数", "钱", "率", "是", "日", "时", "选", "人", "众", "部", "物", "案"]
    typed = [
        [20260118001, 12.0, 1.1, 0.1 + 0.2, True, date(2026, 11, 1)],
        ["012", "１２", "1,234.50", "0.125", "是", "2026/11/1"],
    ]
    typed[0] += [datetime(2026, 11, 1, 14, 30), "现场", "何清", "何清、林岚", "业务一处", "012"]
    typed[1] += ["2026年11月1日 9:05", "视频", "heqing", "林岚", "业务二处", "P001", "HY-1"]
    (first, second), told = take(heads, *typed)
    assert told == []
    assert first == {
        "文": "20260118001",
        "数": 12,
        "钱": Decimal("1.1"),
        "率": Decimal("0.3"),
        "是": True,
        "日": date(2026, 11, 1),
        "时": datetime(2026, 11, 1, 14, 30, tzinfo=ZONE),
        "选": "现场",
        "人": "heqing",
        "众": ("heqing", "linlan"),
        "部": "业务一处",
        "物": "012",
    }
    assert second["文"] == "012"
    assert (second["数"], second["钱"]) == (12, Decimal("1234.50"))
    assert second["时"] == datetime(2026, 11, 1, 9, 5, tzinfo=ZONE)
    assert (second["人"], second["案"]) == ("heqing", "HY-1")


@pytest.mark.parametrize(
    ("head", "typed", "told"),
    [
        ("数", "十二", "B2(数):“十二”不是整数 — 请填整数"),
        ("数", 12.5, "B2(数):“12.5”不是整数 — 请填整数"),
        ("数", 0, "B2(数):不能小于 1"),
        ("数", 101, "B2(数):不能大于 100"),
        ("数", True, "B2(数):“TRUE”不是整数 — 请填整数"),
        ("数", "九" * 300, f"B2(数):“{'九' * 40}…”不是整数 — 请填整数"),
        ("钱", 1.234, "B2(钱):金额“1.234”最多两位小数 — 请填数,不带单位"),
        ("钱", "5元", "B2(钱):“5元”不是数 — 请填数,不带单位"),
        ("率", "很多", "B2(率):“很多”不是数 — 请填数,不带单位"),
        ("是", "也许", "B2(是):“也许”应填 是 或 否"),
        ("日", "2027-02-30", "B2(日):“2027-02-30”不是日期(应如 2026-12-10)"),
        ("日", 46351, "B2(日):“46351”不是日期(应如 2026-12-10)"),
        ("日", datetime(2026, 11, 1, 9, 0), "B2(日):“2026-11-01 09:00”不是日期(应如 2026-12-10)"),
        ("时", date(2026, 11, 1), "B2(时):“2026-11-01”不是时刻(应如 2026-12-10 14:30)"),
        ("选", "现埸", "是否想选“现场”"),
        ("人", "何青", "B2(人):没有“何青”这个人 — 是否想写“何清”?"),
        ("人", "赵钱", "B2(人):没有“赵钱”这个人 — 可用:何清、林岚"),
        ("众", "何清、何青", "没有“何青”这个人"),
        ("部", "业务三处", "B2(部):没有“业务三处”这个部门 — 是否想写“业务二处”?"),
        ("物", 12, "B2(物):“物品”里没有“12” — 是否想写“012”?"),
        ("物", "硒鼓", "B2(物):“物品”里没有“硒鼓” — 请填 P001"),
        ("案", date(2026, 11, 1), "Excel 把这一格当作了时间 2026-11-01 — 请把单元格格式设为“文本”"),
        ("案", 110101199003077777, " 超过十五位,Excel 记不住后面的数字 — 请把单元格格式设为“文本”"),
        ("数", Formula("=1/0", "#DIV/0!"), "B2(数):公式出错 #DIV/0! — 请改正公式,或直接填值"),
    ],
)
def test_a_bad_cell_is_told_with_its_place(take: Take, head: str, typed: object, told: str) -> None:
    _, problems = take(["文", head], ["甲", typed])
    (problem,) = problems
    assert problem.startswith("a.xlsx 表“行” B2(")
    assert told in problem


def test_a_text_that_excel_took_for_a_time_is_not_guessed(take: Take) -> None:
    for typed in (date(2026, 11, 1), datetime(2026, 11, 1, 8, 0), time(18, 30)):
        _, (problem,) = take(["文"], [typed])
        assert "A2(文):Excel 把这一格当作了时间" in problem


def test_everything_wrong_is_told_at_once_and_in_order(take: Take) -> None:
    _, told = take(
        ["数", "文", "选"], ["一", "甲", "现埸"], [], [None, None, "视频"], ["二", "乙", None]
    )
    places = [one.split("行” ")[1].split("(")[0] for one in told]
    assert places == ["A2", "C2", "B4", "A5"]
    assert "B4(文):必填" in told[2]


def test_blank_rows_are_passed_over_and_rows_after_them_are_read(take: Take) -> None:
    rows, told = take(["文", "数"], ["甲", 1], [], ["  ", None], ["乙", 2])
    assert told == []
    assert [row["文"] for row in rows] == ["甲", "乙"]


def test_a_column_the_system_works_out_is_not_taken(take: Take) -> None:
    rows, told = take(["文", "小计"], ["甲", "乱写"], [None, 0])
    assert (rows, told) == ([{"文": "甲"}], [])


# -- heads ---------------------------------------------------------------------------------


def test_heads_are_known_by_either_name_with_stars_and_blanks(take: Take) -> None:
    rows, told = take([" 文 *", "qty＊"], ["甲", 3])
    assert (rows, told) == ([{"文": "甲", "数": 3}], [])


@pytest.mark.parametrize(
    ("heads", "told"),
    [
        (["文", "数数", "钱"], ["B1:没有“数数”这一列 — 是否想写“数”?"]),
        (["文", "备注", "钱"], ["B1:没有“备注”这一列 — 用不着就删去这一列;可用:文、数"]),
        (["文", "文", "钱"], ["B1:“文”这一列重复 — 请删去一列"]),
        (["数", "钱", "率"], ["表“行”:缺少必填的列“文” — 请在表头加上这一列"]),
        (["文", None, "钱"], ["B2:这一列没有列名 — 请写上列名,或清空这一列"]),
        (["盘点情况一览"], ["第 1 行:这一行不是“行”的表头 — 第一行应是表头:文、数"]),
    ],
)
def test_a_wrong_head_is_one_problem(take: Take, heads: list[str], told: list[str]) -> None:
    _, problems = take(heads, ["1", "2", "3"], ["4", "5", "6"])
    assert len(problems) == len(told)
    assert all(one in problem for one, problem in zip(told, problems, strict=True))


def test_equal_keys_are_told_with_both_rows(take: Take) -> None:
    _, told = take(["文", "数"], ["甲", 1], ["乙", 2], [], ["甲", 3])
    assert told == ["a.xlsx 表“行” A5(文):“甲”与第 2 行重复 — 请删去或合并一行"]


def test_merged_cells_are_a_problem(grid: Grid, known: Known) -> None:
    rows = [["文", "数"], ["甲", 1], ["乙", 2]]
    (sheet,) = read_sheets(workbook({"行": rows}, {"行": "B2:B3"}), "a.xlsx")
    notes = Notes("a.xlsx", "行", "zh")
    read_grid(sheet, grid, known, notes)
    told = [one.show() for one in notes.in_order()]
    assert "a.xlsx 表“行” B2:B2:B3 是合并的单元格 — 请取消合并,每格各填各的" in told


def test_columns_are_named_as_excel_names_them() -> None:
    assert [letters(one) for one in (0, 25, 26, 51, 52, 701, 702)] == [
        *("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]


# -- CSV -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "文,数\r\n甲,1\r\n".encode(),
        "文,数\n甲,1".encode("utf-8-sig"),
        "文,数\r\n甲,1\r\n".encode("gb18030"),
        "文\t数\r\n甲\t1\r\n".encode("utf-16"),
        "文;数\r\n甲;1\r\n".encode(),
    ],
    ids=["UTF-8", "with its mark", "GB18030", "Unicode text", "semicolons"],
)
def test_csv_is_read_as_excel_saves_it(content: bytes) -> None:
    (sheet,) = read_sheets(content, "a.csv")
    assert sheet == Sheet(name=None, lines=(Line(1, ("文", "数")), Line(2, ("甲", "1"))))


def test_rows_are_counted_as_excel_counts_them() -> None:
    (sheet,) = read_sheets('文,数\n"甲\n乙",1\n\n,\n丙,2\n'.encode(), "a.csv")
    assert [(one.number, one.cells[0]) for one in sheet.lines] == [
        (1, "文"),
        (2, "甲\n乙"),
        (5, "丙"),
    ]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20))
def test_what_is_neutralised_comes_back(text: str) -> None:
    made = str(neutral(text))
    assert bare(made) == text
    assert made[:1] not in tuple("=+-@\t\r＝＋－＠")


def test_numbers_are_not_taken_for_formulas() -> None:
    assert neutral(-5) == -5
    assert [neutral(one) for one in ("-5", "'=1", None, "'s")] == ["'-5", "''=1", "", "'s"]


# -- round trips ---------------------------------------------------------------------------

TEXT = (
    st.one_of(
        st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
        st.sampled_from(["=cmd|' /C calc'!A0", "@SUM(A1)", "'=1", "''+1", "_x0041_", "012", "1e5"]),
        st.sampled_from(["2026-11", "18:30", "TRUE", "＝1", '"', "a\nb", "甲,乙", "-", "#N/A"]),
    )
    .map(lambda text: tidy(text.strip()).strip())
    .filter(bool)
)
ROW = st.fixed_dictionaries(
    {"文": TEXT},
    optional={
        "数": st.integers(1, 100),
        "钱": st.decimals(-(10**15), 10**15, places=2),
        "率": st.decimals(-(10**9), 10**9, places=6),
        "是": st.booleans(),
        "日": st.dates(),
        "时": st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
            lambda at: at.replace(microsecond=0, tzinfo=ZONE)
        ),
        "选": st.sampled_from(["现场", "视频"]),
        "人": st.sampled_from(list(PEOPLE)),
        "众": st.lists(st.sampled_from(list(PEOPLE)), min_size=1, max_size=2).map(tuple),
        "部": st.sampled_from(["业务一处", "业务二处"]),
        "物": st.sampled_from(["012", "P001"]),
        "案": TEXT,
    },
)


@pytest.mark.parametrize("kind", [".csv", ".xlsx"])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(ROW, min_size=1, max_size=6, unique_by=lambda row: row["文"]))
def test_what_is_written_is_read_back(
    grid: Grid, known: Known, at_hand: None, kind: str, rows: list[dict[str, object]]
) -> None:
    page = page_of(grid, rows, known, "zh")  # type: ignore[arg-type]
    sheets = read_sheets(write_sheets([page], kind, "zh"), f"a{kind}")
    notes = Notes("a", "行", "zh")
    entries = read_grid(sheets[0], grid, known, notes)
    assert [one.show() for one in notes.found] == []
    assert [dict(one.values) for one in entries] == rows


def test_a_text_is_never_a_formula_in_a_workbook(grid: Grid, known: Known) -> None:
    page = page_of(grid, [{"文": "=1+1"}, {"文": "http://a.b"}], known, "zh")
    with zipfile.ZipFile(BytesIO(write_sheets([page], ".xlsx", "zh"))) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


# -- files that are not what they seem -----------------------------------------------------

GOOD = workbook({"行": [["文", "数"], ["甲", 1]]})


def bomb() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b" " * (257 << 20))
    return out.getvalue()


def far_out(place: bytes) -> bytes:
    return repacked(GOOD, "xl/worksheets/sheet1.xml", b'r="B2"', b'r="' + place + b'"')


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "text called .xlsx": ("a.xlsx", lambda: "文,数\n".encode("gbk"), "像是改了扩展名的文本"),
    "a workbook called .csv": ("a.csv", lambda: GOOD, "内容是 Excel 工作簿"),
    "nothing": ("a.xlsx", lambda: b"", "是空的"),
    "half a file": ("a.xlsx", lambda: GOOD[: len(GOOD) // 2], "已损坏"),
    "noise": ("a.xlsx", lambda: bytes(range(256)) * 20, "打不开"),
    "a web page called .xls": ("a.xls", lambda: b"<html><table>", "打不开"),
    "a ruined .xls": ("a.xls", lambda: compound(Workbook=Random(1).randbytes(999)), "打不开"),
    "an .xls without a sheet": (
        "a.xls",
        lambda: compound(Workbook=Random(198).randbytes(999)),
        "打不开",
    ),
    "a password": (
        "a.xlsx",
        lambda: compound(EncryptedPackage=b"x", EncryptionInfo=b"y"),
        "设有打开密码",
    ),
    "broken XML": (
        "a.xlsx",
        lambda: repacked(GOOD, "xl/worksheets/sheet1.xml", b"</sheetData>", b"</sheetDat>"),
        "已损坏",
    ),
    "an unknown encoding": (
        "a.xlsx",
        lambda: repacked(GOOD, "xl/workbook.xml", b"UTF-8", b"UTF-9"),
        "已损坏",
    ),
    "a bomb": ("a.xlsx", bomb, "解开后超过 256 MiB"),
    "a cell at the end of the world": ("a.xlsx", lambda: far_out(b"XFD1048576"), "太大"),
    "a column too many": ("a.xlsx", lambda: far_out(b"GS2"), "太大"),
    "a place that cannot be": ("a.xlsx", lambda: far_out(b"C499999999999"), "太大"),
    "rows without end in .ods": (
        "a.ods",
        lambda: open_document(ods_row("文", "数") + ods_row("甲", times=60_000)),
        "太大",
    ),
    "an .ods that does not end": (
        "a.ods",
        lambda: repacked(
            open_document(ods_row("文")), "content.xml", b"</table:table>", b"</tablettable>"
        ),
        "已损坏",
    ),
    "too many bytes": ("a.csv", lambda: b"a" * ((32 << 20) + 1), "超过 32 MiB"),
    "too many rows": ("a.csv", lambda: b"a\n" * 50_001, "太大"),
    "too many columns": ("a.csv", lambda: b"a," * 200 + b"a", "太大"),
    "an open quote": ("a.csv", lambda: '文,数\n甲,"1\n'.encode(), "第 2 行的引号没有配对"),
    "no encoding": ("a.csv", lambda: b"\xff\xf0\x81", "编码认不出"),
    "no text": ("a.csv", lambda: b"a\0b,c", "编码认不出"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(name: str) -> None:
    file, make, told = BAD[name]
    with pytest.raises(GuichengError, match=told) as caught:
        read_sheets(make(), file)
    assert str(caught.value).startswith(file)
    assert caught.value.exit_code == 1


def test_another_kind_of_file_is_a_wrong_use() -> None:
    with pytest.raises(UsageError, match="只能导入"):
        read_sheets(b"%PDF", "a.pdf")


def test_what_calamine_cannot_survive_ends_only_its_own_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbooks, "_look_through", lambda *_: {})
    with pytest.raises(GuichengError, match="打不开"):
        read_sheets(far_out(b"XFD1048576"), "a.xlsx")


def test_other_workbooks_are_read_too() -> None:
    (old,) = read_sheets(old_workbook(), "a.xls")
    assert [one.cells for one in old.lines] == [("物品",), (12.0,)]
    (other,) = read_sheets(open_document(ods_row("物品", "数") + ENDLESS), "a.ods")
    assert [one.cells for one in other.lines] == [("物品", "数")]


def test_a_formula_nobody_has_worked_out_is_told(take: Take) -> None:
    made = workbook({"行": [["文", "数"], ["甲", Formula("=B9", "5")]]})
    part = "xl/worksheets/sheet1.xml"
    (sheet,) = read_sheets(repacked(made, part, b"<v>5</v>", b""), "a.xlsx")
    assert "公式还没有算出值" in str(sheet.lines[1].cells[1].what)  # type: ignore[union-attr]


def test_hidden_sheets_are_not_read() -> None:
    made = repacked(
        workbook({"行": [["文"]], "藏": [["数"]]}),
        "xl/workbook.xml",
        b'name="\xe8\x97\x8f" ',
        b'name="\xe8\x97\x8f" state="hidden" ',
    )
    assert [one.name for one in read_sheets(made, "a.xlsx")] == ["行"]


def test_widths_count_chinese_twice() -> None:
    assert [breadth(one) for one in ("", "ab", "数量", "a\n单价")] == [0, 2, 4, 4]
