"""Excel and CSV from the command line: what clerks and accountants fill in, and get wrong."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
import python_calamine

from commands.drafts import Rewrite
from commands.subjects import whats
from engine.catalog import read_params, read_roster
from engine.errors import GuichengError
from tests.cli.conftest import Run
from tests.conftest import ROOT
from tests.workbooks import Rows, workbook

ITEMS = ["物品*", "数量*", "单价*", "货位", "供应商", "有效期"]
OPENING = {
    "表单": [["字段", "值", "说明"], ["建账日期*", date(2026, 11, 25), "日期"]],
    "期初": [
        ITEMS,
        ["P001", 20, 21, None, None, None],
        [],
        ["P002", 4, 175.5, "A-01", "百信", date(2027, 1, 1)],
    ],
    "已领": [["物品", "数量", "部门", "使用人"], ["P002", 1, "业务一处", "林岚"]],
}


def cells(path: Path) -> dict[str, list[list[object]]]:
    """Every sheet of a workbook that was written, as a spreadsheet shows it."""
    book = python_calamine.load_workbook(path)
    return {name: [*book.get_sheet_by_name(name).iter_rows()] for name in book.sheet_names}


def records(folder: Path) -> int:
    connection = sqlite3.connect(folder / "office/guicheng.sqlite3")
    count = connection.execute("SELECT count(*) FROM record").fetchone()[0]
    connection.close()
    return int(count)


def drafts(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "office").glob("*.yaml*")
    }


@pytest.fixture
def put(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Put a workbook of these sheets beside the office; where it is."""

    def write(name: str, sheets: Mapping[str, Rows]) -> str:
        path = tmp_path / name
        path.write_bytes(workbook(sheets))
        return str(path)

    return write


# -- a new case ----------------------------------------------------------------------------


def test_opening_stock_is_started_from_its_template(run: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    blank = tmp_path / "期初.xlsx"
    code, out, _ = run("template", "期初建账", "-o", str(blank))
    assert code == 0
    assert "表单(1 行)、期初、已领" in out
    sheets = cells(blank)
    assert sheets["表单"][1][0] == "建账日期*"
    assert sheets["期初"] == [ITEMS]
    assert sheets["已领"] == [["物品*", "数量*", "部门*", "使用人"]]
    assert ["P001", "A4纸 80g 500张"] in [row[:2] for row in sheets["选项"]]
    code, out, err = run("--as", "丁一凡", "import", "期初建账", put("期初填.xlsx", OPENING))
    assert code == 0
    assert "期初填.xlsx:1 个字段、期初 2 行、已领 1 行" in err
    assert out.startswith("JZ-2026-000001「立案」已办")
    assert "现处:起草" in out
    values = json.loads(run("show", "1", "--json")[1])["values"]
    assert values["建账日期"] == {"$": "date", "is": "2026-11-25"}
    lines = [one["is"] for one in values["期初"]]
    assert [(one["物品"], one["数量"]) for one in lines] == [("P001", 20), ("P002", 4)]
    assert lines[1]["货位"] == "A-01"
    assert lines[1]["有效期"] == {"$": "date", "is": "2027-01-01"}
    assert "结存金额:1,122\n" in run("show", "1")[1]
    assert values["已领"][0]["is"]["使用人"] == "linlan"


def test_every_bad_cell_is_told_and_nothing_is_started(run: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    bad = {
        "表单": [["字段", "值"], ["建帐日期", date(2026, 11, 25)], ["建账日期", "昨天"]],
        "期初": [
            ITEMS,
            ["P01", "十二", 21.005],
            ["P001", 0, None, None, "百新", "2027-02-30"],
        ],
        "已领": [["物品", "数量", "部门", "使用人"], ["P002", 1, "业务三处", "林兰"]],
        "期出": [["物品"], ["P001"]],
    }
    before = records(tmp_path)
    code, out, err = run("--as", "丁一凡", "import", "期初建账", put("坏.xlsx", bad))
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "坏.xlsx 表“期出”:不认识这张表 — 是否想写“期初”?",
        "坏.xlsx 表“表单” A2:没有“建帐日期”这个字段 — 是否想写“建账日期”?",
        "坏.xlsx 表“表单” B3(建账日期):“昨天”不是日期(应如 2026-12-10)",
        "坏.xlsx 表“期初” A2(物品):“物品”里没有“P01” — 是否想写“P001”?",
        "坏.xlsx 表“期初” B2(数量):“十二”不是整数 — 请填整数",
        "坏.xlsx 表“期初” C2(单价):金额“21.005”最多两位小数 — 请填数,不带单位",
        "坏.xlsx 表“期初” B3(数量):不能小于 1",
        "坏.xlsx 表“期初” C3(单价):必填",
        "坏.xlsx 表“期初” E3(供应商):“供应商”里没有“百新” — 是否想写“百信”?",
        "坏.xlsx 表“期初” F3(有效期):“2027-02-30”不是日期(应如 2026-12-10)",
        "坏.xlsx 表“已领” C2(部门):没有“业务三处”这个部门 — 是否想写“业务二处”?",
        "坏.xlsx 表“已领” D2(使用人):没有“林兰”这个人 — 是否想写“林岚”?",
        "问题共 12 处,什么都没有导入",
    ]
    assert records(tmp_path) == before


def test_who_may_not_start_may_not_import(run: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = put("期初.xlsx", OPENING)
    before = records(tmp_path)
    code, _, err = run("--as", "林岚", "import", "期初建账", file, "--dry-run")
    assert (code, records(tmp_path)) == (3, before)
    assert "[E_ROLE]" in err
    code, _, err = run("--as", "林岚", "import", "期初建账", file)
    assert code == 3
    assert "应由 丁一凡、温雅 立案" in err
    assert records(tmp_path) == before + 1  # the refusal itself
    code, _, err = run("--as", "孟真", "import", "期初建账", file)
    assert code == 3
    assert "[E_READONLY]" in err


def test_a_trial_says_what_would_happen_and_does_nothing(run: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    before = records(tmp_path)
    code, out, err = run(
        "--as", "丁一凡", "import", "期初建账", put("期初.xlsx", OPENING), "--dry-run"
    )
    assert code == 0
    assert "1 个字段、期初 2 行、已领 1 行" in err
    assert "期初建账 可以办理「立案」" in out
    assert records(tmp_path) == before


def test_a_request_is_started_once(run: Run, put) -> None:  # type: ignore[no-untyped-def]
    words = ("--as", "丁一凡", "import", "期初建账", put("期初.xlsx", OPENING), "--request", "r-1")
    assert run(*words)[1] == run(*words)[1]
    assert run("show", "2")[0] == 2


def test_one_sheet_of_csv_in_the_encoding_of_a_chinese_excel(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "期初.csv"
    file.write_bytes('物品,数量,单价\r\nP001,１２,"1,234.50"\r\n\r\n'.encode("gb18030"))
    code, _, err = run("--as", "丁一凡", "import", "期初建账", str(file))
    assert code == 2
    assert "请用 --sheet 指明是哪张:表单、期初、已领" in err
    code, _, err = run("--as", "丁一凡", "import", "期初建账", str(file), "--sheet", "期出")
    assert code == 2
    assert "是否想写“期初”" in err
    assert run("--as", "丁一凡", "import", "期初建账", str(file), "--sheet", "期初")[0] == 0
    assert "1,234.50" in run("show", "1")[1]


def test_a_sheet_left_empty_is_not_taken(run: Run, put) -> None:  # type: ignore[no-untyped-def]
    empty = {"期初": [ITEMS], "Sheet2": []}
    code, _, err = run("--as", "丁一凡", "import", "期初建账", put("空.xlsx", empty))
    assert code == 1
    assert "空.xlsx:没有填任何内容" in err


# -- an open case --------------------------------------------------------------------------


@pytest.fixture
def counted(run: Run, put) -> Run:  # type: ignore[no-untyped-def]
    """A stocktaking in its first count, by 许慧 and 孙蕾."""
    assert run("--as", "丁一凡", "import", "期初建账", put("期初.xlsx", OPENING))[0] == 0
    for person, act in (("丁一凡", "提交"), ("孙蕾", "核对"), ("韩江", "批准")):
        assert run("--as", person, "do", "JZ-2026-000001", act)[0] == 0
    people = ("初盘人=许慧", "复盘人=陶刚", "监盘人=孙蕾")
    given = [word for pair in people for word in ("--set", pair)]
    assert run("--as", "顾敏", "start", "库存盘点", *given)[0] == 0
    assert run("--as", "顾敏", "do", "PD-2026-0001", "分派")[0] == 0
    return run


def test_an_auditor_sees_which_cards_a_case_opened(counted: Run) -> None:
    out = counted("audit", "query", "--case", "JZ-2026-000001")[1]
    assert [line.split()[2:] for line in out.splitlines()[-3:]] == [
        ["JZ-2026-000001", "主管批准", "批准", "韩江"],
        ["stock/库存/P001", "期初", "韩江"],
        ["stock/库存/P002", "期初", "韩江"],
    ]


CASE = "PD-2026-0001"


def test_a_count_goes_out_and_comes_back(counted: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    sheet = tmp_path / "盘.xlsx"
    assert counted("export", CASE, "-o", str(sheet))[0] == 0
    shown = cells(sheet)
    assert shown["盘点行"][0] == ["物品", "批次", "单价", "初盘", "原因", "责任人"]
    assert not any("账面" in str(row) for row in (*shown["表单"], *shown["盘点行"]))
    assert shown["表单"][1][:2] == ["案号", CASE]
    code, out, _ = counted("--as", "许慧", "import", CASE, str(sheet))
    assert code == 0
    assert "没有要填的" in out
    for place, count in ((1, 20), (2, 4)):
        shown["盘点行"][place][3] = count
    filled = put("盘填.xlsx", {name: shown[name] for name in ("表单", "盘点行")})
    code, _, err = counted("--as", "罗平", "import", CASE, filled)
    assert code == 3
    assert "罗平 在本案没有待办" in err
    before = records(tmp_path)
    assert counted("--as", "许慧", "import", CASE, filled, "--dry-run")[0] == 0
    assert records(tmp_path) == before
    code, out, err = counted("--as", "许慧", "import", CASE, filled)
    assert code == 0
    assert "盘填.xlsx:盘点行 2 行" in err
    assert "「填写」已办" in out
    lines = json.loads(counted("show", CASE, "--json")[1])["values"]["盘点行"]
    assert [one["is"]["初盘"] for one in lines] == [20, 4]


def test_what_may_not_be_filled_in_is_refused_only_if_it_was_changed(
    counted: Run,
    put,  # type: ignore[no-untyped-def]
    tmp_path: Path,
) -> None:
    heads = ["物品", "批次", "单价", "初盘"]
    changed = {"盘点行": [heads, ["P001", "L1", 99, 20], ["P003", "L1", None, 1]]}
    code, _, err = counted("--as", "许慧", "import", CASE, put("改.xlsx", changed))
    assert code == 3
    assert "这些字段不能在此环节填写:盘点行.单价" in err
    assert "没有 P003、L1 这一行" in err
    same = {"盘点行": [heads, ["P001", "L1", 21, 20]]}
    assert counted("--as", "许慧", "import", CASE, put("同.xlsx", same))[0] == 0


def test_the_sheet_of_another_case_is_not_taken(counted: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    other = {"表单": [["字段", "值"], ["案号", "PD-2026-0009"], ["纪要号", "1"]]}
    before = records(tmp_path)
    code, _, err = counted("--as", "许慧", "import", CASE, put("别.xlsx", other))
    assert code == 1
    assert "B2(案号):这份表是 PD-2026-0009 的,不是 PD-2026-0001 的" in err
    assert records(tmp_path) == before


def test_the_lines_of_a_book_go_out(counted: Run, tmp_path: Path) -> None:
    for name in ("库存.csv", "库存.xlsx"):
        assert counted("export", "库存", "-o", str(tmp_path / name))[0] == 0
    heads, *lines = csv.reader(io.StringIO((tmp_path / "库存.csv").read_text("utf-8-sig")))
    assert heads == [
        "流水号",
        "日期",
        "物品",
        "批次",
        "种类",
        "数量",
        "单价",
        "金额",
        "结存",
        "结存额",
        "案号",
        "经手人",
    ]
    assert lines[2][2:9] == ["P002", "L1", "期初已领", "-1", "175.5", "-175.5", "3"]
    assert lines[2][10:] == ["JZ-2026-000001", "韩江"]
    rows = cells(tmp_path / "库存.xlsx")["库存"]
    assert rows[3][5] == -1.0
    assert isinstance(rows[1][1], date)


# -- drafts --------------------------------------------------------------------------------


def test_a_table_goes_out_and_comes_back_with_its_comments(run: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "office/params.yaml"
    noted = path.read_text("utf-8").replace("      - [P003", "      # 书写\n      - [P003", 1)
    noted = noted.replace("      - [P001", "      - [  P001", 1)
    path.write_text(noted, "utf-8")
    for kind in ("xlsx", "csv"):
        out = tmp_path / f"物品.{kind}"
        assert run("export", "物品", "-o", str(out))[0] == 0
        code, told, _ = run("import", "物品", str(out))
        assert code == 0
        assert "没有变化,未写入" in told
    assert path.read_text("utf-8") == noted
    heads, *rows = cells(tmp_path / "物品.xlsx")["物品"]
    rows[1][heads.index("预估单价")] = 199.5
    rows.append(["012", "=1+1", "胶,水: #1", *rows[0][3:]])
    del rows[4]
    file = put("改.xlsx", {"物品": [heads, *rows]})
    before = drafts(tmp_path)
    code, told, _ = run("import", "物品", file, "--dry-run")
    assert code == 0
    assert "物品:原有 9,新增 1,修改 1,删除 1" in told
    assert '+      - [012, "=1+1", "胶,水: #1"' in told
    assert drafts(tmp_path) == before
    code, told, _ = run("import", "物品", file)
    assert code == 0
    assert "原文件留作 params.yaml.bak;publish 之后才生效" in told
    assert path.with_name("params.yaml.bak").read_text("utf-8") == noted
    made = path.read_text("utf-8")
    assert "      # 书写\n      - [P003" in made
    assert "      - [  P001" in made
    changed = [one for one in made.splitlines() if one not in noted.splitlines()]
    assert len(changed) == 2
    found = read_params(made).tables["物品"].rows
    assert list(found) == ["P001", "P002", "P003", "P004", "P006", "P007", "P008", "P009", "012"]
    assert found["012"]["名称"] == "=1+1"
    assert "将发布 params params" in run("publish", "--dry-run")[1]
    assert run("--as", "韩江", "publish")[0] == 0


def test_a_draft_that_somebody_else_has_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("新", "utf-8")
    with pytest.raises(GuichengError, match="刚才被别人改过"):
        Rewrite(folder=tmp_path, name=path.name, before="旧", after="我的").write()
    assert path.read_text("utf-8") == "新"
    assert list(tmp_path.iterdir()) == [path]


def test_a_bad_table_leaves_the_draft_alone(run: Run, tmp_path: Path) -> None:
    before = drafts(tmp_path)
    file = tmp_path / "供应商.csv"
    assert run("template", "供应商", "-o", str(file))[0] == 0
    heads = file.read_text("utf-8-sig").strip()
    assert heads.startswith("名称*,状态*")
    rest = ",否" * (heads.count(",") - 1)
    file.write_text(f"{heads}\n甲,正常{rest}\n\n乙,{rest}\n甲,停用{rest}\n", "utf-8")
    code, _, err = run("import", "供应商", str(file))
    assert code == 1
    assert "供应商.csv B4(状态):必填" in err
    assert "供应商.csv A5(名称):“甲”与第 2 行重复" in err
    assert drafts(tmp_path) == before


def test_what_the_office_cannot_do_without_is_not_taken_away(run: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "花.xlsx"
    assert run("export", "花名册", "-o", str(out))[0] == 0
    sheets = cells(out)
    posts = [row for row in sheets["岗位"] if row[0] != "系统管理员"]
    before = drafts(tmp_path)
    code, _, err = run("import", "花名册", put("少.xlsx", {"岗位": posts}))
    assert code == 1
    assert "照此导入,roster.yaml 会有这些问题" in err
    assert "没有这个岗位:“系统管理员”" in err
    assert drafts(tmp_path) == before


def test_the_roster_goes_out_and_comes_back(run: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "花.xlsx"
    assert run("export", "花名册", "-o", str(out))[0] == 0
    path = tmp_path / "office/roster.yaml"
    before = path.read_text("utf-8")
    code, told, _ = run("import", "roster", str(out))
    assert code == 0
    assert "没有变化,未写入" in told
    sheets = cells(out)
    assert sheets["人员"][0] == ["姓名", "编号", "部门", "职务"]
    for row in sheets["人员"][1:]:
        row[1] = ""  # whoever is known keeps his id
    sheets["人员"].append(["李四", "lisi", "审计处", "处长"])
    sheets["部门"].append(["审计处", "李四", "郑国栋", "李四、林岚", 3, ""])
    sheets["岗位"].append(["审计员", "李四", date(2026, 12, 1), ""])
    sheets["岗位"].append(["会计", "李佳", "", ""])
    code, told, _ = run("import", "花名册", put("增.xlsx", sheets))
    assert code == 0
    assert "人员:原有 29,新增 1,修改 0,删除 0" in told
    assert "岗位:原有 25,新增 1,修改 1,删除 0" in told
    made = path.read_text("utf-8")
    added = [one for one in made.splitlines() if one not in before.splitlines()]
    assert added == [
        "  李四: {id: lisi, department: 审计处, title: 处长}",
        "  审计处: {head: 李四, leader: 郑国栋, liaisons: [李四, 林岚], size: 3}",
        "  会计: [孙蕾, 李佳]",
        "  审计员: [{who: 李四, from: 2026-12-01}]",
    ]
    assert made.startswith(before.splitlines()[0])
    assert read_roster(made).people[-1].id == "lisi"


def test_the_ids_of_the_roster_are_watched(run: Run, put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "花.xlsx"
    assert run("export", "花名册", "-o", str(out))[0] == 0
    people = cells(out)["人员"]
    people[1][1] = "zheng"
    people += [["张三", "", "", ""], ["李四", "李", "", ""], ["王五", "heqing", "", ""]]
    people += [["赵六", "zhao", "审计处", ""], ["钱/七", "qian", "", ""]]
    departments = [["部门", "负责人", "隶属"], ["财务科", "", ""]]
    file = put("坏.xlsx", {"人员": people, "部门": departments})
    code, _, err = run("import", "花名册", file)
    assert code == 1
    for told in (
        "B2(编号):编号原为 zhengguodong,不能改 — 请填 zhengguodong",
        "B31(编号):新进人员要有编号",
        "B32(编号):编号“李”只能用英文字母和数字",
        "B33(编号):“heqing”与第 20 行重复",
        "C34(部门):没有“审计处”这个部门",
        "A35(姓名):名称不能含 / . # ·",
        "表“部门” B2(负责人):必填 — 请填负责人,或在“隶属”填上级部门",
    ):
        assert told in err
    assert "C2(部门)" not in err


def test_what_goes_out_in_english_comes_back(counted: Run, tmp_path: Path) -> None:
    out = tmp_path / "count.xlsx"
    assert counted("--lang", "en", "export", CASE, "-o", str(out))[0] == 0
    sheets = cells(out)
    assert list(sheets)[1] == "Count"
    assert sheets["Count"][0][:4] == ["Item", "Lot", "Unit cost", "First count"]
    assert "没有要填的" in counted("--as", "许慧", "import", CASE, str(out))[1]
    roster = tmp_path / "roster.xlsx"
    assert counted("--lang", "en", "export", "roster", "-o", str(roster))[0] == 0
    assert "没有变化" in counted("import", "花名册", str(roster))[1]


def test_the_tab_key_offers_what_there_is(run: Run) -> None:
    assert "期初建账" in whats("期")
    assert whats("花") == ["花名册"]


def test_csv_holds_one_sheet_and_says_so(run: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "花.csv")
    code, _, err = run("export", "花名册", "-o", out)
    assert code == 2
    assert "请用 --sheet 写明要哪张:人员、部门、岗位;或写成 .xlsx" in err
    assert run("export", "花名册", "-o", out, "--sheet", "部门")[0] == 0
    code, told, _ = run("import", "花名册", out, "--sheet", "部门")
    assert code == 0
    assert "部门:原有 11,新增 0,修改 0,删除 0" in told


def test_a_file_is_not_overwritten_unasked(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "供.csv"
    out.write_text("我填的", "utf-8")
    code, _, err = run("template", "供应商", "-o", str(out))
    assert code == 2
    assert "没有覆盖" in err
    assert out.read_text("utf-8") == "我填的"
    assert run("template", "供应商", "-o", str(out), "--force")[0] == 0
    assert [path.name for path in tmp_path.glob(".*")] == []
    code, _, err = run("template", "供应商", "-o", str(tmp_path / "无/供.csv"))
    assert code == 1
    assert "无/供.csv:没有这个文件或文件夹" in err


def test_the_libraries_are_loaded_only_when_a_workbook_is_at_hand(run: Run, tmp_path: Path) -> None:
    script = (
        "import sys; out = sys.argv[1]; from commands.boundary import main;"
        "codes = [main(['show', '无']), main(['export', '供应商', '-o', out])];"
        "print(codes, sorted({'xlsxwriter', 'python_calamine'} & set(sys.modules)))"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "供.csv")]
    found = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.splitlines()[-1] == "[2, 0] []"
