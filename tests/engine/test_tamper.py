"""One changed byte anywhere in the history is found, in the columns copied for querying too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from engine import scribe
from engine.catalog import SYS
from engine.evidence.checkpoint import make_checkpoint
from engine.evidence.keys import KeyRevoked
from engine.evidence.log import merkle_root
from engine.evidence.memory import unseen
from engine.kernel.office_events import Inspected
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from engine.reverifying import verify_new
from engine.scribe import Account
from engine.store.store import Store
from engine.verifying import verify_store
from tests.conftest import Dice, sample_texts
from tests.test_walks import walk, walk_steps
from tests.toys import toy_texts

HISTORY = {"record": "position", "disclosure": "rowid", "object": "rowid", "head": "rowid"}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Office]:
    """A store on disk with a whole scenario and a refusal in it."""
    path = tmp_path_factory.mktemp("tamper") / "office.sqlite3"
    store = Store.create(path, "tamper.example")
    at = datetime.fromisoformat("2026-10-12T08:00:00+08:00")
    office = Office(sample_texts(), at, Dice(), store)
    played = Player(office).play(walk_steps("B-04", "2026-12-09 10:30"))
    assert played.misses == []
    return path, office


def cells(path: Path) -> Iterator[tuple[str, str, object, object]]:
    """One cell of every column of every history table, in the middle of the table."""
    connection = sqlite3.connect(path)
    for table, key in HISTORY.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        for column in columns:
            row = connection.execute(
                f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL"
                f" ORDER BY {key} DESC LIMIT 1 OFFSET 2"
            ).fetchone()
            if row is not None:
                yield table, column, row[0], row[1]
    connection.close()


def changed(value: object) -> object:
    match value:
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case int():
            return value + 1_000_000
        case str():
            return chr(ord(value[0]) ^ 1) + value[1:] if value else "x"
    raise AssertionError(value)


def tampered(path: Path, copy: Path, table: str, column: str, key: object, value: object) -> Store:
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    source.backup(target)
    for (trigger,) in target.execute(
        "SELECT name FROM sqlite_master WHERE type='trigger'"
    ).fetchall():
        target.execute(f"DROP TRIGGER {trigger}")
    name = HISTORY[table]
    target.execute(f"UPDATE {table} SET {column} = ? WHERE {name} = ?", (value, key))
    target.commit()
    target.close()
    source.close()
    return Store.open(copy)


def test_an_honest_store_has_no_findings(honest: tuple[Path, Office]) -> None:
    path, office = honest
    leaves = office.store.leaves()
    kept = make_checkpoint(office.store.origin, len(leaves), merkle_root(leaves), office.service)
    assert verify_store(Store.open(path), kept) == ()


def test_one_changed_byte_in_any_history_column_is_found(
    honest: tuple[Path, Office], tmp_path: Path
) -> None:
    path, _ = honest
    missed = []
    for number, (table, column, key, value) in enumerate(cells(path)):
        copy = tmp_path / f"{number}.sqlite3"
        store = tampered(path, copy, table, column, key, changed(value))
        if not verify_store(store):
            missed.append(f"{table}.{column}")
    assert missed == []


def test_what_is_neither_number_nor_text_any_more_is_found_and_stops_nothing(
    honest: tuple[Path, Office], tmp_path: Path
) -> None:
    path, _ = honest
    missed = []
    for number, (table, column, key, value) in enumerate(cells(path)):
        if column == HISTORY[table]:
            continue  # the database itself holds its key to numbers
        copy = tmp_path / f"{number}.sqlite3"
        odd = b"\xff" if isinstance(value, str) else "没有"
        store = tampered(path, copy, table, column, key, odd)
        found = verify_store(store)
        if not found or any(not one.show("zh") for one in found):
            missed.append(f"{table}.{column}")
        known = unseen(store.origin).grown((), "")
        assert verify_new(store, known)[1] == known or table in ("object", "head")
    assert missed == []


def without(path: Path, copy: Path, position: int) -> Store:
    """A copy from which one record was deleted behind the program's back."""
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    source.backup(target)
    target.execute("DROP TRIGGER record_no_delete")
    target.execute("DELETE FROM record WHERE position = ?", (position,))
    target.commit()
    target.close()
    source.close()
    return Store.open(copy)


def test_any_record_deleted_from_an_office_with_books_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite3"
    store = Store.create(path, "tamper.example")
    story = walk("A-06")
    at = datetime.fromisoformat(f"{story.start}+08:00")
    chosen = sample_texts("期初建账", "入库", "办公用品领用", "会务服务保障")
    office = Office(chosen, at, Dice(), store)
    assert Player(office).play(story.steps).misses == []
    assert verify_store(store) == ()
    positions = [position for position, _, _ in store.positions()]
    missed = [
        position
        for position in positions
        if not verify_store(without(path, tmp_path / f"{position}.sqlite3", position))
    ]
    assert missed == []


def test_the_database_itself_refuses_to_change_history(honest: tuple[Path, Office]) -> None:
    connection = sqlite3.connect(honest[0])
    for statement in (
        "UPDATE record SET action = 'x'",
        "DELETE FROM record",
        "DELETE FROM disclosure",
        "UPDATE disclosure SET value = 'x'",
        "DELETE FROM object",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("newest", [True, False])
def test_a_revoked_key_cannot_sign_as_if_it_were_not_revoked_yet(newest: bool) -> None:
    """Its holder writes past the desk, on the head of the keys as it was before."""
    at = datetime.fromisoformat("2026-11-02T10:00:00+08:00")
    office = Office(toy_texts(), at, Dice())
    desk, uid, registrar = office.desk, office.person("罗平"), office.person("卢工")
    signer = office.signers[uid]
    before = desk.office_heads(SYS)
    if not newest:
        gone = KeyRevoked(key=signer.key_id, reason="遗失", suspect_since=None)
        office.registry.change_keys(gone, registrar, office.signers[registrar], "吊销")
    account = Account(typ="read", act="查阅", events=(Inspected(asked={}, found=()),))
    entry = scribe.write(
        account,
        scribe.person(desk.catalog.roster(at), uid, None),
        desk.place(SYS, before),
        desk.moment(at, at, desk.new_id()),
        signer,
    )
    office.store.commit((entry,), {})
    codes = [one.code for one in verify_store(office.store)]
    assert codes == ([] if newest else ["E_HEADS"])
