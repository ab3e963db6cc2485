"""Only what is new is checked again, and nothing wrong in it goes by; a full run finds the rest."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from engine import reverifying
from engine.errors import RolledBack
from engine.evidence.memory import Memory, unseen
from engine.kernel.command import Perform
from engine.rehearsal.office import Office
from engine.reverifying import verify_new
from engine.sealing import build_of, seal
from engine.store.store import Store
from engine.verifying import verify_store
from tests.toys import toy_texts

NOW = datetime.fromisoformat("2026-11-02T10:00:00+08:00")


class Grown:
    """An office verified once, which has then gone on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.office = Office(toy_texts(), NOW, os.urandom, Store.create(path, "anew.example"))
        self.uid = self.office.person("罗平")
        self.start()
        self.known = self.verified()
        self.step("推进")
        self.step("结束", at=-1)
        self.start()
        self.step("推进", at=-1)

    def start(self) -> None:
        signer = self.office.signers[self.uid]
        self.office.desk.start("小流程", self.uid, signer, {"事由": "买纸"})

    def step(self, action: str, at: int = 0) -> None:
        case = self.office.store.cases()[at].id
        command = Perform(action=action, actor=self.uid)
        self.office.desk.perform(case, command, self.office.signers[self.uid])

    def verified(self) -> Memory:
        store = self.office.store
        assert verify_store(store) == ()
        return unseen(store.origin).grown(store.leaves(), "")

    def change(self, statement: str, *values: object) -> Store:
        return changed(self.path, statement, *values)


def changed(path: Path, statement: str, *values: object) -> Store:
    """What is left of a store when one row has been changed behind the program's back."""
    connection = sqlite3.connect(path)
    triggers = "SELECT name FROM sqlite_master WHERE type='trigger'"
    for (name,) in connection.execute(triggers).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute(statement, values).rowcount == 1
    connection.commit()
    connection.close()
    return Store.open(path)


@pytest.fixture
def grown(tmp_path: Path) -> Grown:
    return Grown(tmp_path / "o.sqlite3")


def new_cells(grown: Grown) -> list[tuple[str, str, int]]:
    """Every column of the last record, and of the last disclosure of that record."""
    connection = sqlite3.connect(grown.path)
    found = []
    for table in ("record", "disclosure"):
        where = "WHERE position" if table == "record" else "WHERE rowid"
        order = "position" if table == "record" else "rowid"
        (last,) = connection.execute(f"SELECT max({order}) FROM {table}").fetchone()
        for row in connection.execute(f"PRAGMA table_info({table})").fetchall():
            wanted = f"SELECT {row[1]} FROM {table} {where} = ?"
            if connection.execute(wanted, (last,)).fetchone()[0] is not None:
                found.append((table, row[1], last))
    connection.close()
    return found


def test_nothing_is_wrong_with_an_honest_store_and_the_mark_moves_on(grown: Grown) -> None:
    store = grown.office.store
    found, now = verify_new(store, grown.known)
    assert found == ()
    assert now == grown.verified()
    assert verify_new(store, now) == ((), now)


def test_whatever_is_changed_in_a_new_record_is_found(grown: Grown, tmp_path: Path) -> None:
    cells = new_cells(grown)
    assert len(cells) > 20
    missed = []
    for number, (table, column, key) in enumerate(cells):
        copy = Path(shutil.copy(grown.path, tmp_path / f"{number}.sqlite3"))
        place = "position" if table == "record" else "rowid"
        value = f"CASE typeof({column}) WHEN 'integer' THEN {column} + 1000"
        value += f" WHEN 'blob' THEN zeroblob(length({column})) ELSE {column} || 'x' END"
        store = changed(copy, f"UPDATE {table} SET {column} = {value} WHERE {place} = ?", key)
        if not verify_new(store, grown.known)[0]:
            missed.append(f"{table}.{column}")
    assert missed == []


def test_an_event_that_was_forged_without_its_fields_is_a_finding_not_an_accident(
    grown: Grown,
) -> None:
    statement = "UPDATE disclosure SET value = ? WHERE rowid = (SELECT max(rowid) FROM disclosure"
    statement += " WHERE path LIKE 'event/%' AND value LIKE '%\"Acted\"%')"
    store = grown.change(statement, '{"event":"Acted","version":1}')
    assert "E_COMMIT" in {one.code for one in verify_new(store, grown.known)[0]}
    assert {"E_COMMIT", "E_BODY"} <= {one.code for one in verify_store(store)}


@pytest.mark.parametrize(
    ("event", "forged"),
    [
        ("FieldsSet", '{"event":"FieldsSet","paths":[null],"version":1}'),
        ("TaskCompleted", '{"by":null,"event":"TaskCompleted","task":null,"version":1}'),
        ("Acted", '{"event":"Acted"}'),
    ],
)
def test_no_forged_event_stops_a_full_run(grown: Grown, event: str, forged: str) -> None:
    statement = "UPDATE disclosure SET value = ? WHERE rowid = (SELECT max(rowid) FROM disclosure"
    statement += f" WHERE path LIKE 'event/%' AND value LIKE '%\"{event}\"%')"
    assert verify_store(grown.change(statement, forged))[0].code == "E_COMMIT"


def test_an_old_byte_is_found_by_a_full_run_only(grown: Grown) -> None:
    store = grown.change("UPDATE record SET sig = zeroblob(64) WHERE position = 3")
    assert verify_new(store, grown.known)[0] == ()
    assert verify_store(store) != ()


def test_a_store_put_back_or_written_over_is_told(grown: Grown) -> None:
    size = grown.known.frontier.size
    store = grown.change("UPDATE record SET digest = ? WHERE position = ?", "0" * 64, size)
    assert [one.code for one in verify_new(store, grown.known)[0]] == ["E_ROLLBACK"]
    later = grown.known.grown((b"\0" * 32,) * 50, "")
    with pytest.raises(RolledBack):
        verify_new(store, later)


def test_a_checkpoint_signed_since_has_to_fit_the_records(grown: Grown) -> None:
    desk, folder = grown.office.desk, grown.path.parent
    seal(desk, folder / "signed", build_of(desk.store))
    assert verify_new(grown.office.store, grown.known)[0] == ()
    store = grown.change("UPDATE checkpoint SET note = replace(note, 'anew', 'other')")
    assert {one.code for one in verify_new(store, grown.known)[0]} == {"E_NOTE"}


def test_a_check_that_passes_over_the_new_records_would_be_caught(
    grown: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reverifying, "verify_stream", lambda *_: ())
    last = grown.office.store.last_position()
    store = grown.change("UPDATE record SET sig = zeroblob(64) WHERE position = ?", last)
    assert verify_new(store, grown.known)[0] == ()
