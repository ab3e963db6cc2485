"""The store keeps its promises: one head, one request, one schema, tables that follow."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from engine.desk import Receipt, Refused
from engine.kernel.command import Perform
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from engine.store.connect import StoreError
from engine.store.copies import backup, restore
from engine.store.rows import Moved, Repeated
from engine.store.store import Store
from tests.conftest import open_office
from tests.test_walks import walk_steps
from tests.toys import toy_texts

NOW = datetime.fromisoformat("2026-11-02T10:00:00+08:00")


def on_disk(path: Path) -> tuple[Office, str]:
    office = Office(toy_texts(), NOW, os.urandom, Store.create(path, "store.example"))
    uid = office.person("罗平")
    opened = office.desk.start("小流程", uid, office.signers[uid], {})
    assert isinstance(opened, Receipt)
    assert opened.case is not None
    return office, opened.case.id


def test_migrations_and_tables_agree() -> None:
    store = Store.in_memory("x")
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_tables_rebuilt_from_history_are_equal() -> None:
    office = open_office()
    assert Player(office).play(walk_steps("A-04")).misses == []
    before = office.store.derived_tables()
    assert before == office.store.rebuilt_tables()
    office.store.rebuild()
    assert office.store.derived_tables() == before


def test_a_repeated_request_gets_the_first_receipt(tmp_path: Path) -> None:
    office, case_id = on_disk(tmp_path / "o.sqlite3")
    uid = office.person("罗平")
    command = Perform(action="推进", actor=uid)
    first = office.desk.perform(case_id, command, office.signers[uid], request="同一请求")
    again = office.desk.perform(case_id, command, office.signers[uid], request="同一请求")
    assert isinstance(first, Receipt)
    assert isinstance(again, Receipt)
    assert again.repeated
    assert (first.seq, first.digest) == (again.seq, again.digest)
    assert len(office.store.load_case(case_id).acts) == 1


def test_a_record_on_a_stale_head_is_not_written(tmp_path: Path) -> None:
    office, case_id = on_disk(tmp_path / "o.sqlite3")
    uid = office.person("罗平")
    look = office.desk.look(case_id)
    office.desk.perform(case_id, Perform(action="推进", actor=uid), office.signers[uid])
    stale = office.desk.try_out(case_id, Perform(action="推进", actor=uid))
    with pytest.raises((Moved, Repeated)):
        office.desk.record(look, stale, uid, office.signers[uid], "旧")
    assert len(office.store.load_case(case_id).acts) == 1


def test_a_backup_is_restored_whole_and_never_over_something(tmp_path: Path) -> None:
    office, _ = on_disk(tmp_path / "o.sqlite3")
    backup(office.store, tmp_path / "b.sqlite3")
    restore(tmp_path / "b.sqlite3", tmp_path / "r.sqlite3")
    assert Store.open(tmp_path / "r.sqlite3").heads() == office.store.heads()
    with pytest.raises(StoreError):
        restore(tmp_path / "b.sqlite3", tmp_path / "r.sqlite3")
    with pytest.raises(StoreError):
        backup(office.store, tmp_path / "b.sqlite3")


def test_a_newer_schema_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite3"
    Store.create(path, "x").close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="更新的版本"):
        Store.open(path)


def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite3"
    path.write_bytes(b"this is not a database, only some text that is long enough" * 20)
    with pytest.raises(StoreError, match="不是规程的数据库"):
        Store.open(path)


def test_a_repeated_request_that_was_refused_is_told_the_same_refusal() -> None:
    office = open_office(texts=toy_texts())
    uid, stranger = office.person("罗平"), office.person("林岚")
    opened = office.desk.start("小流程", uid, office.signers[uid], {})
    assert isinstance(opened, Receipt)
    assert opened.case is not None
    command = Perform(action="推进", actor=stranger)
    first, again = (
        office.desk.perform(opened.case.id, command, office.signers[stranger], request="一次")
        for _ in range(2)
    )
    assert isinstance(first, Refused)
    assert isinstance(again, Refused)
    assert (again.seq, again.digest) == (first.seq, first.digest)
    assert [str(one.text) for one in again.refusal.reasons] == [
        str(one.text) for one in first.refusal.reasons
    ]
    assert again.refusal.code == "E_ROLE"
