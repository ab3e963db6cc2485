"""Files attached to a form: kept whole, listed, given back, and missed when changed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Run

FORM = """
form: 报告
fields:
  题目: {type: text, required: true}
  正文: {type: attachment, required: true}
"""
PROCESS = """
process: 报告流转
number: "BG-{year}-{seq:4}"
form: 报告
roles:
  承办人: {who: initiator, en: Author}
  后勤主管: post("后勤主管")
start: 起草
states:
  起草: {en: Draft, who: 承办人, edit: all, actions: {报送: {en: send, to: 审阅}}}
  审阅: {en: Reading, who: 后勤主管, actions: {办结: {en: finish, to: 办结}}}
  办结: {en: Closed, final: true}
"""


@pytest.fixture
def reports(run: Run, tmp_path: Path) -> Path:
    """An office with a procedure whose form asks for a file; a case waits for it."""
    office = tmp_path / "office"
    (office / "forms/报告.yaml").write_text(FORM, "utf-8")
    (office / "processes/报告流转.yaml").write_text(PROCESS, "utf-8")
    assert run("--as", "韩江", "publish")[0] == 0
    assert run("--as", "林岚", "start", "报告流转", "--set", "题目=年度总结")[0] == 0
    return office


def test_a_file_is_kept_and_given_back(run: Run, reports: Path, tmp_path: Path) -> None:
    assert run("--as", "林岚", "do", "BG-2026-0001", "报送")[0] == 3
    paper = tmp_path / "总结.txt"
    paper.write_bytes("第一稿\n".encode())
    code, _, err = run("--as", "林岚", "do", "1", "填写", "--attach", f"正文={paper}")
    assert (code, err) == (0, "")
    assert run("--as", "林岚", "do", "1", "报送")[0] == 0
    code, out, _ = run("show", "1")
    assert "总结.txt" in out
    out_folder = tmp_path / "取回"
    assert run("show", "1", "--save", str(out_folder))[0] == 0
    assert (out_folder / "总结.txt").read_bytes() == paper.read_bytes()
    assert run("audit", "verify")[0] == 0
    connection = sqlite3.connect(reports / "guicheng.sqlite3")
    connection.execute("DROP TRIGGER object_no_update")
    connection.execute("UPDATE object SET content = ? WHERE kind = 'attachment'", (b"2",))
    connection.commit()
    connection.close()
    code, out, _ = run("audit", "verify", "--json")
    assert code == 1
    assert [one["code"] for one in json.loads(out)] == ["E_OBJECT"]


def test_what_cannot_be_attached_is_named(run: Run, reports: Path, tmp_path: Path) -> None:
    paper = tmp_path / "a.txt"
    paper.write_text("a")
    for pair, told in (
        (f"题目={paper}", "不是附件字段"),
        (f"证文={paper}", "是否想写“正文”"),
        ("正文", "字段=值"),
    ):
        code, _, err = run("--as", "林岚", "do", "1", "填写", "--attach", pair)
        assert code == 2
        assert told in err
    code, _, err = run("--as", "林岚", "do", "1", "填写", "--attach", "正文=没有.txt")
    assert code == 1
    assert "没有.txt" in err


def test_english_names_are_understood(run: Run, reports: Path, tmp_path: Path) -> None:
    paper = tmp_path / "a.txt"
    paper.write_text("a")
    assert run("--as", "林岚", "do", "1", "send", "--attach", f"正文={paper}")[0] == 0
    code, out, _ = run("--lang", "en", "--as", "韩江", "todo")
    assert code == 0
    assert "Reading" in out
    code, out, _ = run("--lang", "en", "history", "1")
    assert "send" in out
