"""One bit turned in any column of any table is found, or the column is named as outside.

`GUICHENG_FLIPS=100000 pytest tests/flips` turns more bits than the 20,000 of an ordinary run.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from random import Random

import pytest

from engine import verifying
from engine.evidence.record import Body
from engine.evidence.suite import SM3_SM2
from engine.store import projections
from engine.store.connect import driver_of
from tests.conftest import ROOT
from tests.flips.columns import DERIVED, OUTSIDE, Column, columns
from tests.flips.flipping import Flipper
from tests.flips.judging import Judge
from tests.flips.office import Worked, work

FLIPS = int(os.environ.get("GUICHENG_FLIPS", "20000"))
SEED = int(os.environ.get("GUICHENG_SEED", "20261127"))
OTHER = 20  # of so many flips, one more in a history of the other suite
WHOLE = max(25, FLIPS // 600)  # more flips, for which everything is verified as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """A judge, and the columns of his store that are not outside."""

    judge: Judge
    connection: sqlite3.Connection

    @property
    def columns(self) -> list[Column]:
        return [one for one in columns(self.connection) if one.path not in OUTSIDE]

    def missed(self, wanted: Iterable[Column], dice: Random) -> Counter[str]:
        """A flip in each column that is wanted, one after another; where none was found."""
        missed: Counter[str] = Counter()
        for column in wanted:
            flip = self.judge.flipper.draw(column, dice)
            if self.judge.find(flip) is None:
                missed[column.path] += 1
        return missed


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    return work(tmp_path_factory.mktemp("flips"))


@pytest.fixture(scope="module")
def harness(worked: Worked) -> Harness:
    return harness_of(worked)


def harness_of(worked: Worked) -> Harness:
    connection = driver_of(worked.store.engine)
    judge = Judge(worked.store, worked.kept, Flipper(connection))
    return Harness(judge=judge, connection=connection)


@pytest.fixture
def dice() -> Random:
    return Random(SEED)


def test_every_table_has_rows_and_every_yes_or_no_is_there(harness: Harness) -> None:
    ask: Callable[[str], sqlite3.Cursor] = harness.connection.execute
    tables = {one.table for one in columns(harness.connection)}
    empty = [one for one in tables if ask(f"SELECT count(*) FROM {one}").fetchone() == (0,)]
    assert empty == []
    flags = [one for one in columns(harness.connection) if one.kind == "BOOLEAN"]
    assert len(flags) == 4
    for one in flags:
        found = ask(f"SELECT max({one.name}) FROM {one.table}").fetchone()
        assert found == (1,), one.path


def test_every_turned_bit_is_found(harness: Harness, dice: Random) -> None:
    wanted = harness.columns
    dice.shuffle(wanted)
    found: Counter[tuple[str, str]] = Counter()
    missed: Counter[str] = Counter()
    for column in islice(cycle(wanted), FLIPS):
        flip = harness.judge.flipper.draw(column, dice)
        answer = harness.judge.find(flip)
        if answer is None:
            missed[str(flip)] += 1
        else:
            found[column.table, answer.code] += 1
    assert missed == {}, f"seed {SEED}"
    assert {code for (table, code) in found if table in DERIVED} == {"E_TABLE"}
    assert sum(found.values()) == FLIPS
    assert {table for table, _ in found} == {one.table for one in wanted}


def test_every_turned_bit_is_found_in_a_history_of_the_other_suite(
    tmp_path: Path, dice: Random
) -> None:
    harness = harness_of(work(tmp_path, SM3_SM2))
    wanted = harness.columns
    dice.shuffle(wanted)
    assert harness.missed(islice(cycle(wanted), FLIPS // OTHER), dice) == {}, f"seed {SEED}"


def test_the_short_cut_and_the_whole_say_the_same(harness: Harness, dice: Random) -> None:
    by_table: dict[str, list[Column]] = {}
    for column in harness.columns:
        by_table.setdefault(column.table, []).append(column)
    for table in islice(cycle(sorted(by_table)), WHOLE):
        flip = harness.judge.flipper.draw(dice.choice(by_table[table]), dice)
        short = harness.judge.find(flip)
        with harness.judge.flipper.flipped(flip):
            whole = {(one.code, one.stream, one.seq) for one in harness.judge.whole()}
        assert short is not None
        assert (short.code, short.stream, short.seq) in whole, str(flip)
    assert harness.judge.asked_for_whole == 0
    assert harness.judge.whole() == ()


def test_what_was_destroyed_leaves_a_row_that_is_watched_too(
    harness: Harness, dice: Random
) -> None:
    emptied = "SELECT rowid FROM disclosure WHERE salt IS NULL"
    rows = [row for (row,) in harness.connection.execute(emptied)]
    assert rows
    missed = []
    for column in [one for one in harness.columns if one.table == "disclosure"] * 20:
        flip = harness.judge.flipper.draw(column, dice, rows)
        if harness.judge.find(flip) is None:
            missed.append(str(flip))
    assert missed == []


def test_what_is_outside_changes_no_verdict(harness: Harness, dice: Random) -> None:
    flipper = harness.judge.flipper
    outside = [one for one in columns(harness.connection) if one.path in OUTSIDE]
    assert {one.path for one in outside} == set(OUTSIDE)
    turned = [flipper.draw(one, dice) for one in outside]
    for flip in turned:
        flipper.write(flip.column, flip.row, flip.after)
    try:
        assert harness.judge.whole() == ()
    finally:
        for flip in turned:
            flipper.write(flip.column, flip.row, flip.before)


@pytest.mark.parametrize("page", ["verifying.md", "verifying.zh-CN.md"])
def test_what_is_outside_stands_in_the_documentation(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert [path for path in OUTSIDE if f"`{path}`" not in text] == []


# -- the harness would notice --------------------------------------------------------------


def test_a_copy_that_is_not_compared_is_reported(
    harness: Harness, dice: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = projections.copied

    def without(body: Body) -> dict[str, object]:
        return {name: value for name, value in real(body).items() if name != "state"}

    monkeypatch.setattr(projections, "copied", without)
    wanted = [one for one in harness.columns if one.table == "record"]
    assert set(harness.missed(wanted, dice)) == {"record.state"}


def test_a_table_that_is_not_compared_is_reported(
    harness: Harness, dice: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = verifying.compare_tables

    def without(stored: verifying.Tables, rebuilt: verifying.Tables) -> Iterator[object]:
        return real({name: rows for name, rows in stored.items() if name != "page"}, rebuilt)

    monkeypatch.setattr(verifying, "compare_tables", without)
    wanted = [one for one in harness.columns if one.table in ("page", "card")]
    assert set(harness.missed(wanted, dice)) == {"page.diary", "page.thing", "page.version"}


def test_a_column_and_a_table_that_nobody_has_thought_of_are_reported(
    harness: Harness, dice: Random
) -> None:
    ask = harness.connection.execute
    ask("ALTER TABLE record ADD COLUMN remark VARCHAR DEFAULT 'x'")
    ask("CREATE TABLE more (line VARCHAR)")
    ask("INSERT INTO more VALUES ('x')")
    try:
        wanted = [one for one in harness.columns if one.name in ("remark", "line")]
        assert set(harness.missed(wanted, dice)) == {"record.remark", "more.line"}
    finally:
        ask("ALTER TABLE record DROP COLUMN remark")
        ask("DROP TABLE more")
