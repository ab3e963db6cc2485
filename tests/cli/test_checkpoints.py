"""Checkpoints from the command line: signed, printed, compared; an older store refused."""

from __future__ import annotations

import html
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.evidence.checkpoint import load_checkpoint
from engine.reading.checkpoints import render_sheet
from tests.cli.conftest import Run

HOUR = timedelta(hours=1)
START = ("--as", "林岚", "start", "会务服务保障")


def records(store: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(store)) as connection:
        return connection.execute("SELECT * FROM record ORDER BY position").fetchall()


def test_a_checkpoint_goes_to_the_screen_and_its_story_to_stderr(run: Run) -> None:
    code, out, err = run("audit", "checkpoint")
    assert code == 0
    assert load_checkpoint(out).origin == "office.example/guicheng"
    assert "条记录" in err


def test_a_store_that_went_on_agrees_with_every_older_checkpoint(run: Run, tmp_path: Path) -> None:
    notes = []
    for n in range(3):
        note = tmp_path / f"{n}.txt"
        assert run("audit", "checkpoint", "-o", str(note))[0] == 0
        notes.append(note)
        assert run(*START)[0] == 0
    sizes = [load_checkpoint(note.read_text("utf-8")).size for note in notes]
    assert sizes == sorted(set(sizes))
    for note in notes:
        code, out, err = run("audit", "verify", "--checkpoint", str(note))
        assert (code, out) == (0, "")
        assert "没有改动过" in err


def test_an_older_file_is_refused_in_both_languages_and_nothing_is_written(
    run: Run, tmp_path: Path
) -> None:
    store, old = tmp_path / "office/guicheng.sqlite3", tmp_path / "old.sqlite3"
    note = tmp_path / "note.txt"
    assert run("backup", str(old))[0] == 0
    assert run(*START)[0] == 0
    assert run("audit", "checkpoint", "-o", str(note))[0] == 0
    shutil.copyfile(old, store)
    before = records(store)
    code, out, err = run(*START)
    assert (code, out) == (1, "")
    assert "[E_ROLLBACK]" in err
    assert "没有写入任何记录" in err
    code, _, err = run("--lang", "en", *START)
    assert code == 1
    assert "[E_ROLLBACK]" in err
    assert "No record was written" in err
    assert not re.search("[一-鿿]", err)
    assert run("audit", "checkpoint")[0] == 1
    assert records(store) == before
    assert run("todo", "--as", "林岚")[0] == 0
    code, out, _ = run("audit", "verify", "--checkpoint", str(note))
    assert code == 1
    assert "[E_ROLLBACK]" in out
    assert "[E_HEADS]" in out


def test_the_sheet_holds_the_note_and_nothing_foreign(run: Run, tmp_path: Path) -> None:
    note, sheet = tmp_path / "note.txt", tmp_path / "sheet.html"
    assert run("audit", "checkpoint", "-o", str(note), "--sheet", str(sheet))[0] == 0
    page, text = sheet.read_text("utf-8"), note.read_text("utf-8")
    assert text in html.unescape(page)
    assert page.count("<svg") == 1
    assert not re.search(r"(src|href)=", page)


def test_the_code_on_the_sheet_reads_as_the_note(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import segno

    drawn: list[tuple[str, dict[str, object]]] = []
    real = segno.make

    def make(content: str, **told: object) -> segno.QRCode:
        drawn.append((content, told))
        return real(content, **told)  # type: ignore[arg-type]

    monkeypatch.setattr("engine.reading.checkpoints.segno.make", make)
    note = run("audit", "checkpoint")[1]
    page = render_sheet(load_checkpoint(note), "vkey", "2026-10-12 08:00", "zh")
    assert [content for content, _ in drawn] == [note]
    code = real(note, error="m", mode="byte", encoding="utf-8", micro=False)
    assert code.svg_inline(scale=4, border=4) in page


@pytest.mark.browser
def test_the_sheet_prints_as_pdf(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.pdf"
    assert run("--lang", "en", "audit", "checkpoint", "--sheet", str(sheet))[0] == 0
    assert sheet.read_bytes().startswith(b"%PDF")


def test_the_doctor_shouts_until_a_checkpoint_has_left(run: Run) -> None:
    assert "! 从未导出检查点" in run("doctor")[1]
    assert run("audit", "checkpoint")[0] == 0
    assert "✓ 最近的检查点" in run("doctor")[1]


def test_the_doctor_shouts_after_a_workday(run: Run, tmp_path: Path) -> None:
    assert run("audit", "checkpoint")[0] == 0
    assert run(*START)[0] == 0
    connection = sqlite3.connect(tmp_path / "office/guicheng.sqlite3")
    connection.execute("DROP TRIGGER checkpoint_no_update")
    connection.execute("UPDATE checkpoint SET at = '2026-03-02T01:00:00.000Z'")
    connection.commit()
    connection.close()
    assert "! 最近的检查点:2026-03-02 09:00" in run("doctor")[1]


def test_the_doctor_tells_when_timers_were_last_seen_to_in_the_office_s_own_time(run: Run) -> None:
    assert run("tick")[0] == 0
    said = re.search(r"✓ 定时事项:(.*)\n", run("doctor")[1])
    assert said is not None
    told = datetime.strptime(said[1], "%Y-%m-%d %H:%M")
    assert abs(datetime.now(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None) - told) < HOUR


BAD = (
    ("audit", "checkpoint", "--sheet", "页.txt"),
    ("audit", "checkpoint", "-o", "没有这个文件夹/a.txt"),
    ("audit", "verify", "--checkpoint", "guicheng.sqlite3"),
    ("audit", "verify", "--checkpoint", "roster.yaml"),
)


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_bad_arguments_end_in_a_sentence(
    run: Run, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "office")
    code, out, err = run(*words)
    assert code in (1, 2)
    assert out == ""
    assert len(err.strip().splitlines()) == 1


def test_a_backup_older_than_a_checkpoint_is_put_back_and_said_to_be_one(
    run: Run, tmp_path: Path
) -> None:
    store, early, late = tmp_path / "office/guicheng.sqlite3", tmp_path / "1.db", tmp_path / "2.db"
    assert run("backup", str(early))[0] == 0
    assert run("audit", "checkpoint")[0] == 0
    assert run("backup", str(late))[0] == 0
    store.unlink()
    code, out, err = run("restore", str(early))
    assert code == 1
    assert "已从" in out
    assert "备份以后的记录不在其中" in err
    assert "E_ROLLBACK" in err
    assert run(*START)[0] == 1
    store.unlink()
    assert run("restore", str(late))[0] == 0
    assert run(*START)[0] == 0
