"""Who holds a printed form can ask whether the history still is what was printed."""

from __future__ import annotations

import os
import re
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from engine.desk import Receipt
from engine.errors import GuichengError, UsageError
from engine.kernel.case import Case
from engine.kernel.command import Perform
from engine.reading import codes
from engine.reading.codes import load_code, look_up
from engine.reading.printing import render
from engine.rehearsal.office import Office
from engine.store.store import Store
from tests.toys import toy_texts

NOW = datetime.fromisoformat("2026-11-02T10:00:00+08:00")
PRINTED = re.compile(r"X-2026-\d{6}/\d+/[0-9a-f]{32}")


def founded(path: Path, origin: str) -> tuple[Office, Case]:
    office = Office(toy_texts(), NOW, os.urandom, Store.create(path, origin))
    uid = office.person("罗平")
    answer = office.desk.start("小流程", uid, office.signers[uid], {"事由": "买纸"})
    assert isinstance(answer, Receipt)
    assert answer.case is not None
    return office, office.store.load_case(answer.case.id)


def printed(office: Office, case: Case) -> str:
    text = render(office.store, office.desk.catalog, case, None, office.now, "zh")
    (code,) = set(PRINTED.findall(text))
    assert "<svg" in text
    return code


def step(office: Office, case: Case, action: str) -> None:
    uid = office.person("罗平")
    office.desk.perform(case.id, Perform(action=action, actor=uid), office.signers[uid])


def test_a_sheet_is_the_same_or_older_or_not_ours(tmp_path: Path) -> None:
    office, case = founded(tmp_path / "o.sqlite3", "codes.example")
    other, _ = founded(tmp_path / "other.sqlite3", "other.example")
    code = printed(office, case)
    same = look_up(office.store, load_code(code))
    assert (same.is_ours, same.since) == (True, ())
    assert not look_up(other.store, load_code(code)).is_ours
    step(office, case, "结束")
    step(office, case, "推进")
    later = look_up(office.store, load_code(f" {code[:-10]}\n"))
    assert (later.is_ours, later.since) == (True, ((1, "结束 [E_GUARD]"), (2, "推进")))
    assert "第 1–2 条" in later.text.show("zh")
    changed = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert not look_up(office.store, load_code(changed)).is_ours
    assert not look_up(office.store, load_code(code.replace("/0/", "/7/"))).is_ours
    assert not look_up(office.store, load_code(code.replace("000001", "000009"))).is_ours


def test_a_history_written_over_is_not_what_was_printed(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite3"
    office, case = founded(path, "codes.example")
    step(office, case, "推进")
    step(office, case, "推进")
    code = load_code(printed(office, case))
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER record_no_update")
    connection.execute(
        "UPDATE record SET sig = zeroblob(64) WHERE stream = ? AND seq = 1", (f"case/{case.id}",)
    )
    connection.commit()
    connection.close()
    found = look_up(Store.open(path), code)
    assert not found.is_ours
    assert "断开" in found.text.show("zh")


def test_without_the_digest_a_code_would_fit_another_office_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "SHOWN", 0)
    office, case = founded(tmp_path / "o.sqlite3", "codes.example")
    other, _ = founded(tmp_path / "other.sqlite3", "other.example")
    blind = codes.code_of(case.number, 0, "0" * 64)
    assert look_up(office.store, blind).is_ours
    assert look_up(other.store, blind).is_ours


@pytest.mark.parametrize("text", ["", "X-2026-000001", "X-2026-000001/0/abc", "X/-1/" + "0" * 32])
def test_what_is_no_code_is_told(text: str) -> None:
    with pytest.raises(UsageError):
        load_code(text)


def test_an_offices_own_template_that_does_not_work_is_told_with_its_line(tmp_path: Path) -> None:
    office, case = founded(tmp_path / "o.sqlite3", "codes.example")
    for text, place in (("{{ number }}\n{{ nothing }}", ":2"), ("{% if %}", ":1")):
        (tmp_path / "小表.html.j2").write_text(text, "utf-8")
        with pytest.raises(GuichengError) as told:
            render(office.store, office.desk.catalog, case, None, office.now, "zh", tmp_path)
        assert f"小表.html.j2{place}" in told.value.text.show("zh")
