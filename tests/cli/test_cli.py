"""The command line as its users meet it: a clerk who mistypes, an owner, an auditor."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from commands.app import COMMANDS
from engine.reading.sheets.csvs import neutral
from tests.conftest import ROOT
from tests.translation.extract import IDEOGRAPH

MEETING = (
    "会议名称=例会",
    "类别=内部会议",
    "开始时间=2027-03-10 14:30",
    "结束时间=2027-03-10 16:00",
    "地点=第二会议室",
    "参会人数=20",
)


SPOKEN = re.compile("填写|勾选|签收|退还")  # words of the language itself, typed as they are


def test_a_case_from_start_to_the_next_desk(run) -> None:  # type: ignore[no-untyped-def]
    values = [word for pair in MEETING for word in ("--set", pair)]
    code, out, _ = run("--as", "林岚", "start", "会务服务保障", *values)
    assert code == 0
    assert "现处:起草" in out
    assert run("--as", "林岚", "do", "1", "提交")[0] == 0
    code, _, err = run("--as", "罗平", "do", "1", "同意")
    assert code == 3
    assert "[E_ROLE]" in err
    assert "应由 何清 办理" in err
    code, out, err = run("--as", "何清", "todo")
    assert "部门审核" in out
    code, _, err = run("--as", "何清", "do", "1", "同义")
    assert code == 2
    assert "是否想写“同意”" in err
    code, out, _ = run("history", "1", "--json")
    assert [row["action"] for row in json.loads(out)][1:] == ["提交", "同意"]
    code, out, _ = run("audit", "query", "--refusals", "--json")
    assert [row["code"] for row in json.loads(out)] == ["E_ROLE"]


def test_an_end_that_several_numbers_have_is_asked_to_be_written_out(  # type: ignore[no-untyped-def]
    run, tmp_path: Path
) -> None:
    assert run("--as", "林岚", "start", "会务服务保障")[0] == 0
    assert run("--as", "林岚", "start", "用印")[0] == 0
    sheet = tmp_path / "表.csv"
    sheet.write_text("会议名称\n例会\n", "utf-8")
    for words in (("show", "1"), ("do", "1", "提交"), ("import", "1", str(sheet))):
        code, _, err = run("--as", "林岚", *words)
        assert code == 2
        assert re.fullmatch("“1”可能是 HY-20..-000001、YY-20..-000001;请写全编号\n", err)
    for process in ("公务用车", "办公用品领用", "维修", "委托代办"):
        assert run("--as", "林岚", "start", process)[0] == 0
    code, _, err = run("show", "1")
    assert (code, err.count("-20"), "、…;请写全编号" in err) == (2, 5, True)
    code, _, err = run("show", "000")
    assert (code, err.startswith("没有这个案件:“000”")) == (2, True)


def test_a_query_as_csv_opens_in_a_spreadsheet_without_running_anything(run) -> None:  # type: ignore[no-untyped-def]
    assert run("--as", "林岚", "start", "会务服务保障", "--set", "会议名称=例会")[0] == 0
    assert run("--as", "罗平", "do", "1", "提交")[0] == 3
    code, out, _ = run("audit", "query", "--case", "1", "--csv")
    assert code == 0
    first, second = csv.DictReader(io.StringIO(out))
    assert (first["action"], first["actor"], first["code"]) == ("立案", "林岚", "")
    assert (second["action"], second["actor"], second["code"]) == ("提交", "罗平", "E_ROLE")
    for formula in ("=1+1", "+1", "-1", "@x", "＝1", "\t=1"):
        assert neutral(formula) == f"'{formula}"
    assert neutral("提交") == "提交"


def test_a_tampered_store_is_caught_against_a_checkpoint(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    note = tmp_path / "note.txt"
    assert run("audit", "checkpoint", "-o", str(note))[0] == 0
    assert run("audit", "verify", "--checkpoint", str(note))[0] == 0
    connection = sqlite3.connect(tmp_path / "office/guicheng.sqlite3")
    connection.execute("DROP TRIGGER record_no_update")
    connection.execute("UPDATE record SET actor_name = '某人' WHERE stream = 'org' AND seq = 1")
    connection.commit()
    connection.close()
    code, out, _ = run("audit", "verify", "--checkpoint", str(note))
    assert code == 1
    assert "org #1 actor_name [E_COPY]" in out


BAD = (
    ("do",),
    ("do", "没有这案", "同意"),
    ("do", "1"),
    ("start", "没有这个流程"),
    ("start",),
    ("start", "会务服务保障", "--set", "没有等号"),
    ("start", "会务服务保障", "--set", "人数=二十"),
    ("start", "会务服务保障", "--set", "参会人数=很多"),
    ("start", "付款", "--data", "没有.yaml"),
    ("show",),
    ("show", "没有"),
    ("why", "没有", "同意"),
    ("claim", "没有"),
    ("release", "没有"),
    ("history", "没有"),
    ("print", "没有"),
    ("ledger",),
    ("ledger", "show", "没有"),
    ("ledger", "card", "库存", "没有"),
    ("ledger", "as-of", "库存"),
    ("ledger", "as-of", "库存", "昨天"),
    ("ledger", "plot", "库存", "--line", "很多"),
    ("template",),
    ("template", "没有", "-o", "x.xlsx"),
    ("template", "会务服务保障", "-o", "x.doc"),
    ("template", "会务服务保障", "-o", "x.csv"),
    ("import",),
    ("import", "会务服务保障", "没有.xlsx"),
    ("import", "没有", "params.yaml"),
    ("export", "没有", "-o", "x.csv"),
    ("export", "库存"),
    ("transfer", "没有", "何清"),
    ("transfer", "1"),
    ("withdraw", "没有", "--reason", "写错"),
    ("urge", "没有"),
    ("batch", "同意"),
    ("batch", "同意", "--process", "没有"),
    ("bookings", "没有"),
    ("bookings", "--from", "昨天"),
    ("delegate", "没有这人", "--from", "x", "--until", "y"),
    ("delegate", "罗平"),
    ("audit",),
    ("audit", "query", "--person", "没有这人"),
    ("audit", "query", "--since", "昨天"),
    ("audit", "query", "--process", "没有"),
    ("audit", "verify", "--checkpoint", "没有.txt"),
    ("audit", "乱写"),
    ("key",),
    ("key", "enrol", "没有这人"),
    ("key", "revoke", "zzz", "--reason", "丢失"),
    ("roster",),
    ("roster", "grant", "没有这人", "验收员"),
    ("roster", "乱写"),
    ("login", "没有这人"),
    ("logout",),
    ("backup",),
    ("restore", "没有.sqlite3"),
    ("accept", "0000"),
    ("diagram", "没有"),
    ("check", "没有.yaml"),
    ("publish", "没有.yaml"),
    ("publish", "--effective", "明天"),
    ("没有这个命令",),
    ("--lang", "fr", "todo"),
    ("todo", "--乱写"),
    ("todo", "--box", "废纸箱"),
    ("drafts", "submit", "7"),
    ("drafts", "乱写"),
    ("phrases", "add", " "),
    ("phrases", "drop", "99"),
    ("do", "1", "同意", "--reason", "@99"),
    ("tick", "多余"),
    ("doctor", "多余"),
    ("rebuild", "多余"),
    ("init",),
    ("init", "."),
    ("demo", "--乱写"),
    ("test", "没有.yaml"),
    ("whoami", "多余"),
)


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_bad_arguments_end_in_a_sentence(run, words: tuple[str, ...], monkeypatch, made) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(made)
    code, out, err = run("--as", "卢工", *words)
    assert code in (1, 2, 3)
    assert "Traceback" not in out + err
    assert (out + err).strip()


def test_every_command_has_a_bad_line_and_help(run) -> None:  # type: ignore[no-untyped-def]
    assert {words[0] for words in BAD} >= set(COMMANDS)
    for name in COMMANDS:
        code, out, _ = run(name, "--help")
        assert code == 0
        assert "用法: " in out
        code, out, _ = run(name, "--help", "--lang", "en")
        assert code == 0
        assert "Usage: " in out
        assert not IDEOGRAPH.search(SPOKEN.sub("", out))


def test_the_inbox_loads_no_library_it_does_not_need(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert run("--as", "林岚", "start", "会务服务保障", "--set", "会议名称=例会")[0] == 0
    made = tmp_path / "office"
    script = (
        "import sys; from commands.boundary import main;"
        f"code = main(['--workspace', {str(made)!r}, '--as', '林岚', 'todo', '--json']);"
        "heavy = {'sqlalchemy', 'sqlmodel', 'yaml', 'jinja2', 'cryptography', 'transitions',"
        " 'typer', 'pydantic'};"
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.splitlines()[-1] == "0 []"
    assert "起草" in found.stdout


def test_the_command_prints_the_coverage_and_what_is_missing(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "office/processes/入库.yaml"
    text = file.read_text("utf-8")
    file.write_text(text[: text.index("examples:")], "utf-8")
    code, out, _ = run("test", str(file), "--missing")
    assert code == 0
    assert "入库:0 个示例,覆盖去向 0/5" in out
    assert "未覆盖 待交货 ·交货· → 待接收" in out
    assert "付款" not in out


def test_a_case_is_marked_in_the_picture_of_its_procedure(run) -> None:  # type: ignore[no-untyped-def]
    assert run("--as", "林岚", "start", "会务服务保障", "--set", "会议名称=例会")[0] == 0
    code, out, _ = run("diagram", "会务服务保障", "--case", "1")
    assert code == 0
    assert "● 起草  (经办人)" in out
    assert "○ 部门审核  (部门负责人 · 1 个工作日)" in out
    assert "#fef3c7" in run("diagram", "会务服务保障", "--case", "1", "-o", "svg")[1]
    assert "stateDiagram-v2" in run("diagram", "会务服务保障", "-o", "mermaid")[1]
    code, _, err = run("diagram", "会务服务保障", "-o", "svgg")
    assert code == 2
    assert "是否想写“svg”" in err
