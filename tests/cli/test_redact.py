"""Destroying a value from the command line: two people, one signed record, no way back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import commands.destruction
from tests.cli.conftest import Run
from tests.cli.test_attachments import reports

__all__ = ["reports"]


@pytest.fixture
def case(run: Run) -> str:
    told = run("--as", "林岚", "start", "会务服务保障", "--set", "会议名称=绝密之会", "--json")
    if told[0] == 0:
        return str(json.loads(told[1])["number"])
    code, out, err = run("--as", "林岚", "start", "会务服务保障", "--set", "会议名称=绝密之会")
    assert code == 0, err
    return next(word for word in out.replace("「", " ").split() if "-2026-" in word)


def words(case: str, *more: str, approver: str = "韩江") -> tuple[str, ...]:
    basis = ("--basis", "某法第 47 条", "--approver", approver)
    return ("--as", "吴桐", "audit", "redact", case, "--seq", "0", *basis, *more)


def test_a_value_is_destroyed_and_reported_and_checkpoints_still_agree(
    run: Run, case: str, tmp_path: Path
) -> None:
    note = tmp_path / "note.txt"
    assert run("audit", "checkpoint", "-o", str(note))[0] == 0
    code, out, _ = run(*words(case, "--path", "form/会议名称", "--dry-run"))
    assert (code, out) == (0, "将销毁 第 0 条 form/会议名称\n")
    assert "绝密之会" in run("show", case)[1]
    assert run(*words(case, "--path", "form/会议名称"))[0] == 0
    assert "绝密之会" not in run("show", case)[1]
    code, out, err = run("audit", "verify", "--checkpoint", str(note))
    assert (code, out) == (0, "")
    assert "吴桐 依“某法第 47 条”销毁了 #0 form/会议名称,韩江 同意" in err
    assert "by “某法第 47 条”" in run("--lang", "en", "audit", "verify")[2]


def test_who_may_not_is_refused_and_what_is_wrong_is_said(run: Run, case: str) -> None:
    path = ("--path", "form/会议名称")
    code, _, err = run(*words(case, *path, approver="林岚"))
    assert (code, "E_ROLE" in err) == (3, True)
    code, _, err = run(*words(case, *path, approver="吴桐"))
    assert (code, "E_SOD" in err) == (3, True)
    for wrong in (("--path", "event/0"), ("--path", "form/没有"), ("--path", "fact/who(x)")):
        code, _, err = run(*words(case, *wrong))
        assert code == 2
        assert len(err.strip().splitlines()) == 1
    assert "绝密之会" in run("show", case)[1]


def attach(run: Run, paper: Path, case: str = "1") -> None:
    assert run("--as", "林岚", "do", case, "填写", "--attach", f"正文={paper}")[0] == 0


def destroy(run: Run, case: str = "1") -> int:
    where = ("--seq", "1", "--path", "att/0", "--basis", "某法", "--approver", "韩江")
    return run("--as", "吴桐", "audit", "redact", case, *where)[0]


def objects(office: Path) -> int:
    with closing(sqlite3.connect(office / "guicheng.sqlite3")) as connection:
        wanted = "SELECT count(*) FROM object WHERE kind = 'attachment'"
        return int(connection.execute(wanted).fetchone()[0])


def test_an_attachment_is_destroyed_whole(run: Run, reports: Path, tmp_path: Path) -> None:
    paper = tmp_path / "总结.txt"
    paper.write_bytes("不该留下的名单".encode())
    attach(run, paper)
    assert objects(reports) == 1
    assert destroy(run) == 0
    assert objects(reports) == 0
    assert paper.read_bytes() not in (reports / "guicheng.sqlite3").read_bytes()
    assert "总结.txt" not in run("show", "1")[1]
    assert run("audit", "verify")[:2] == (0, "")
    assert run("rebuild")[0] == 0
    assert run("audit", "verify")[:2] == (0, "")


def test_a_file_that_another_record_names_too_stays(
    run: Run, reports: Path, tmp_path: Path
) -> None:
    paper = tmp_path / "总结.txt"
    paper.write_bytes(b"twice")
    assert run("--as", "林岚", "start", "报告流转", "--set", "题目=半年总结")[0] == 0
    attach(run, paper)
    attach(run, paper, "2")
    assert destroy(run) == 0
    assert objects(reports) == 1
    assert run("audit", "verify")[:2] == (0, "")
    assert destroy(run, "2") == 0
    assert objects(reports) == 0
    assert run("audit", "verify")[:2] == (0, "")


def test_an_attachment_taken_away_without_a_record_is_missed(
    run: Run, reports: Path, tmp_path: Path
) -> None:
    paper = tmp_path / "总结.txt"
    paper.write_bytes(b"gone")
    attach(run, paper)
    with closing(sqlite3.connect(reports / "guicheng.sqlite3")) as connection:
        connection.execute("DELETE FROM object WHERE kind = 'attachment'")
        connection.commit()
    code, out, _ = run("audit", "verify", "--json")
    assert (code, [one["code"] for one in json.loads(out)]) == (1, ["E_OBJECT"])


def test_what_is_being_destroyed_is_remembered_before_and_not_where_it_is_refused(
    run: Run, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops in between is asked for what he wanted, never told that all is well."""
    again = "销毁过的内容又在库里"
    path = ("--path", "form/会议名称")
    assert run(*words(case, *path, approver="林岚"))[0] == 3
    assert run(*words(case, *path, "--basis", " "))[0] == 2
    assert again not in run("doctor")[1]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(commands.destruction, "redact", stop)
        run(*words(case, *path))
    assert again in run("doctor")[1]
    assert run(*words(case, *path))[0] == 0
    assert again not in run("doctor")[1]


def test_what_an_older_copy_brings_back_is_told_until_it_is_destroyed_again(
    run: Run, case: str, tmp_path: Path
) -> None:
    store, copy = tmp_path / "office/guicheng.sqlite3", tmp_path / "copy.db"
    again = f"销毁过的内容又在库里:{case} 第 0 条 form/会议名称;请再 audit redact"
    assert run("backup", str(copy))[0] == 0
    assert run(*words(case, "--path", "form/会议名称"))[0] == 0
    assert again not in run("doctor")[1]
    store.unlink()
    words_ = ("--as", "卢工", "restore", str(copy))
    assert again in run(*words_)[2]
    store.unlink()
    assert again in run(*words_, "--lost", "磁盘损坏", "--second", "吴桐")[1]
    assert "绝密之会" in run("show", case)[1]
    assert again in run("doctor")[1]
    assert run(*words(case, "--path", "form/会议名称"))[0] == 0
    assert again not in run("doctor")[1]
    assert "绝密之会" not in (tmp_path / "office/keys/SYSTEM.destroyed").read_text("utf-8")
    with (tmp_path / "office/keys/SYSTEM.destroyed").open("a", encoding="utf-8") as file:
        file.write('{"half')
    assert "已销毁内容的清单" not in run("doctor")[2]
    with (tmp_path / "office/keys/SYSTEM.destroyed").open("a", encoding="utf-8") as file:
        file.write("\n")
    code, _, err = run("doctor")
    assert code == 1
    assert "已销毁内容的清单" in err
