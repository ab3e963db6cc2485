"""What the boxes are read from follows from the history, also in an office that is older."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from pathlib import Path

from engine.desk import Receipt
from engine.kernel import events as happened
from engine.kernel.apply import apply
from engine.kernel.case import Case, Stamp
from engine.kernel.command import Decision
from engine.rehearsal.office import Office, Texts
from engine.store.store import Store
from tests.conftest import open_office
from tests.toys import PROCESS, toy_texts

NOW = datetime.fromisoformat("2026-11-02T10:00:00+08:00")


def titled() -> Texts:
    texts = toy_texts()
    process, file = texts.processes["小流程"]
    assert PROCESS.splitlines()[1] in process
    with_title = process.replace("form: 小表", 'title: "{事由}({次数}次)"\nform: 小表', 1)
    return replace(texts, processes={"小流程": (with_title, file)})


def opened(office: Office, person: str, **values: object) -> Case:
    uid = office.person(person)
    answer = office.desk.start("小流程", uid, office.signers[uid], values)  # type: ignore[arg-type]
    assert isinstance(answer, Receipt)
    assert answer.case is not None
    return answer.case


def copy_to(office: Office, case: Case, sender: str, *people: str) -> None:
    """Record that a case was copied, as the clerk's own action will."""
    uid = office.person(sender)
    look = office.desk.look(case.id)
    event = happened.CopySent(people=tuple(office.person(name) for name in people))
    decision = Decision(
        action="抄送",
        state=look.case.configuration[0],
        task=None,
        events=(event,),
        values={},
        facts={},
    )
    office.desk.record(look, decision, uid, office.signers[uid], office.desk.new_id())


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall())
    finally:
        connection.close()


def test_nobody_is_given_a_case_twice() -> None:
    office = open_office(NOW, titled())
    case = opened(office, "罗平", 事由="买纸")
    copy_to(office, case, "罗平", "林岚", "何清")
    copy_to(office, case, "罗平", "何清", "韩江", "韩江")
    wanted = tuple(office.person(name) for name in ("林岚", "何清", "韩江"))
    assert office.store.load_case(case.id).copied == wanted
    assert sorted(row[1] for row in office.store.derived_tables()["copy_row"]) == sorted(wanted)
    assert office.store.derived_tables() == office.store.rebuilt_tables()


def test_applying_a_copy_changes_nothing_else() -> None:
    office = open_office(NOW, titled())
    case = opened(office, "罗平", 事由="买纸")
    stamp = Stamp(seq=case.seq + 1, at=NOW, actor="x")
    after = apply(case, happened.CopySent(people=("a", "b", "a")), stamp)
    assert after == replace(case, seq=stamp.seq, copied=("a", "b"))


def test_the_title_follows_the_values(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite3"
    office = Office(titled(), NOW, os.urandom, Store.create(path, "titles.example"))
    opened(office, "罗平", 事由="买  纸")
    opened(office, "罗平", 次数=3)
    titles = sorted(row.title for row in office.store.cases())
    assert titles == ["(3次)", "买 纸(0次)"]
    assert office.store.derived_tables() == office.store.rebuilt_tables()


def test_a_person_in_a_title_has_his_name(tmp_path: Path) -> None:
    texts = titled()
    form, file = texts.forms["小表"]
    process, where = texts.processes["小流程"]
    texts = replace(
        texts,
        forms={"小表": (form + "  承办: person\n", file)},
        processes={
            "小流程": (
                process.replace("{事由}", "{承办} {事由}").replace("[事由", "[承办, 事由"),
                where,
            )
        },
    )
    office = Office(texts, NOW, os.urandom, Store.create(tmp_path / "o.sqlite3", "names.example"))
    opened(office, "罗平", 事由="买纸", 承办=office.person("顾敏"))
    assert [row.title for row in office.store.cases()] == ["顾敏 买纸(0次)"]
    assert office.store.derived_tables() == office.store.rebuilt_tables()


def test_an_office_made_before_there_were_boxes_gets_them_when_it_is_opened(
    tmp_path: Path,
) -> None:
    path = tmp_path / "o.sqlite3"
    office = Office(titled(), NOW, os.urandom, Store.create(path, "older.example"))
    opened(office, "罗平", 事由="买纸")
    wanted = office.store.derived_tables()
    make_older(path)
    again = Store.open(path)
    assert again.derived_tables() == wanted
    assert {row[0] for row in rows(path, "meta")} >= {"origin"}
    assert "outdated" not in {row[0] for row in rows(path, "meta")}


def make_older(path: Path) -> None:
    """The database as the version before left it."""
    connection = sqlite3.connect(path)
    for index in ("case_row_initiator", "act_row_actor", "act_row_principal"):
        connection.execute(f"DROP INDEX ix_{index}")
    for table, names in (
        ("case_row", ("definition", "title", "suspended")),
        ("task_row", ("soon", "stopped")),
    ):
        for name in names:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    for table in (
        *("token", "copy_row", "read_row", "unsent_row", "owed_row"),
        *("stand_in", "person_row", "checkpoint"),
    ):
        connection.execute(f"DROP TABLE {table}")
    before = import_module("engine.store.migrations.versions.0004_boxes").down_revision
    connection.execute("UPDATE alembic_version SET version_num = ?", (before,))
    connection.commit()
    connection.close()
