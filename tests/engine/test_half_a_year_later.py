"""X-04: in June an auditor samples the requisitions of December, one of which was tampered with.

Four ways of writing 2 instead of 12 into the books, each told by what gives it away; the
checkpoint was printed in December and kept outside.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.desk import Receipt, Refused
from engine.evidence.checkpoint import Checkpoint
from engine.evidence.checks import Finding
from engine.evidence.record import Record
from engine.inspecting import inspect_case
from engine.kernel.command import Perform
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from engine.sampling import draw, draw_cases
from engine.sealing import build_of, seal
from engine.store.rows import Query
from engine.store.store import Store
from engine.verifying import verify_store
from tests.conftest import Dice, sample_texts

CASES, WANTED, SEED = 46, 20, "20270607"


@dataclass(frozen=True, slots=True, kw_only=True)
class December:
    """The office in June, what was printed in December, and the case in question."""

    path: Path
    office: Office
    printed: Checkpoint
    case: str
    number: str

    def uid(self, name: str) -> str:
        return self.office.person(name)


@pytest.fixture(scope="module")
def december(tmp_path_factory: pytest.TempPathFactory) -> December:
    path = tmp_path_factory.mktemp("x04") / "office.sqlite3"
    at = datetime.fromisoformat("2026-10-12T08:00:00+08:00")
    texts = sample_texts("期初建账", "办公用品领用", "入库")
    office = Office(texts, at, Dice(), Store.create(path, "x04.example"))
    opening = office.definitions["期初建账"].examples[0]
    assert Player(office, "期初建账").play(opening.steps).misses == []
    numbers = []
    for n in range(CASES):
        office.now = office.at("2026-12-15 09:00") + timedelta(minutes=5 * n)
        numbers.append(drawn_from_stock(office, 12 if n == 14 else 1))
    office.now = office.at("2026-12-16 18:00")
    printed = seal(office.desk, path.parent / "signed", build_of(office.desk.store)).checkpoint
    office.now = office.at("2027-06-07 09:00")
    number = numbers[14]
    case = office.store.find_case(number)
    assert case is not None
    return December(path=path, office=office, printed=printed, case=case, number=number)


def drawn_from_stock(office: Office, quantity: int) -> str:
    """One requisition of pens by 林岚, issued by 丁一凡 and signed for."""
    lan, head, keeper = (office.person(name) for name in ("林岚", "何清", "丁一凡"))
    rows = ({"物品": "P003", "申请": quantity},)
    started = office.desk.start("办公用品领用", lan, office.signers[lan], {"行": rows})
    assert isinstance(started, Receipt)
    assert started.case is not None
    for who, action in (
        *((lan, "提交"), (head, "同意"), (keeper, "拣批")),
        *((keeper, "签领"), (lan, "签领")),
    ):
        command = Perform(action=action, actor=who)
        answer = office.desk.perform(started.case.id, command, office.signers[who])
        assert isinstance(answer, Receipt), answer
        office.worker.follow(started.case.id)
    return office.store.load_case(started.case.id).number


def test_the_same_seed_draws_the_same_twenty_and_an_honest_store_is_whole(
    december: December,
) -> None:
    office, auditor = december.office, december.uid("孟真")
    span = (office.at("2026-12-01 00:00"), office.at("2027-01-01 00:00"))
    lists = []
    for _ in range(2):
        asked = ("办公用品领用", span, WANTED, SEED, auditor, office.signers[auditor])
        drawn = draw_cases(office.desk, *asked)
        assert not isinstance(drawn, Refused)
        lists.append([one.number for one in drawn[0]])
    assert lists[0] == lists[1]
    assert len(set(lists[0])) == WANTED
    every = [one.number for one in office.store.cases(process="办公用品领用")]
    assert tuple(lists[0]) == draw(every, WANTED, SEED)
    assert tuple(lists[0]) != draw(every, WANTED, "20270608")
    trace = office.store.query(Query(action="抽样"))
    assert [one.actor_name for one in trace] == ["孟真", "孟真"]
    assert verify_store(office.store, december.printed) == ()


def test_the_auditor_does_no_business_and_a_clerk_draws_no_sample(december: December) -> None:
    office, auditor, clerk = december.office, december.uid("孟真"), december.uid("林岚")
    answer = office.desk.start("办公用品领用", auditor, office.signers[auditor], {})
    assert isinstance(answer, Refused)
    assert answer.refusal.code == "E_READONLY"
    asked = ("办公用品领用", (None, None), WANTED, SEED, clerk, office.signers[clerk])
    refused = draw_cases(office.desk, *asked)
    assert isinstance(refused, Refused)
    assert refused.refusal.code == "E_ROLE"


def test_who_looks_at_a_case_is_on_record_and_other_departments_may_not(
    december: December,
) -> None:
    office = december.office
    other = office.person("江源")
    started = office.desk.start("办公用品领用", other, office.signers[other], {})
    assert isinstance(started, Receipt)
    assert started.case is not None

    def inspect(name: str, number: str) -> str:
        uid = office.person(name)
        answer = inspect_case(office.desk, number, uid, office.signers[uid])
        if isinstance(answer, Refused):
            return answer.refusal.code
        assert answer[0].number == number
        return "read"

    theirs = office.store.load_case(started.case.id).number
    assert inspect("林岚", theirs) == "E_ROLE"
    assert inspect("林岚", december.number) == "read"  # her own
    assert inspect("何清", december.number) == "read"  # of her department
    assert inspect("丁一凡", december.number) == "read"  # he issued it
    assert inspect("丁一凡", theirs) == "E_ROLE"
    assert inspect("孟真", theirs) == inspect("韩江", theirs) == "read"
    trace = office.store.query(Query(action="查阅"))
    assert [(one.actor_name, one.code) for one in trace] == [
        ("林岚", "E_ROLE"),
        ("林岚", None),
        ("何清", None),
        ("丁一凡", None),
        ("丁一凡", "E_ROLE"),
        ("孟真", None),
        ("韩江", None),
    ]
    wrong = office.signers[office.person("林岚")]
    stolen = inspect_case(office.desk, theirs, office.person("孟真"), wrong)
    assert isinstance(stolen, Refused)
    assert stolen.refusal.code == "E_KEY"
    assert [one for one in verify_store(office.store) if not one.is_doubt] == []


class Copy:
    """The database, taken hold of by somebody who connects to it directly."""

    def __init__(self, december: December, path: Path) -> None:
        shutil.copyfile(december.path, path)
        self.path, self.stream = path, f"case/{december.case}"
        self.printed = december.printed
        self.connection = sqlite3.connect(path)
        triggers = "SELECT name FROM sqlite_master WHERE type='trigger'"
        for (name,) in self.connection.execute(triggers).fetchall():
            self.connection.execute(f"DROP TRIGGER {name}")

    def books_and_form(self) -> None:
        """a) In the book and on the form, 12 becomes 2."""
        line = "SELECT rowid FROM posting WHERE kind = '领用出' AND quantity LIKE '%12'"
        (row,) = self.connection.execute(line).fetchone()
        statement = "UPDATE posting SET quantity = replace(quantity, '12', '2') WHERE rowid = ?"
        self.connection.execute(statement, (row,))

    def event(self) -> int:
        """b) In the record that issued them too; its place in the chain."""
        wanted = (
            "SELECT seq, rowid, value FROM disclosure WHERE stream = ? AND path LIKE 'event/%'"
            " AND value LIKE '%\"Posted\"%' AND value LIKE '%\"-12\"%'"
        )
        seq, row, value = self.connection.execute(wanted, (self.stream,)).fetchone()
        changed = value.replace('"-12"', '"-2"')
        assert json.loads(changed) != json.loads(value)
        self.connection.execute("UPDATE disclosure SET value = ? WHERE rowid = ?", (changed, row))
        return int(seq)

    def delete(self, seq: int) -> None:
        """c) The record is gone."""
        for table in ("record", "disclosure"):
            where = f"DELETE FROM {table} WHERE stream = ? AND seq = ?"
            self.connection.execute(where, (self.stream, seq))

    def rehash(self, seq: int) -> None:
        """d) The record gets another time of receipt, and every digest after it is made anew."""
        rows = self.connection.execute(
            "SELECT position, body, key, sig, received_at, payload_type FROM record"
            " WHERE stream = ? AND seq >= ? ORDER BY seq",
            (self.stream, seq),
        ).fetchall()
        for position, body, key, sig, received_at, kind in rows:
            later = received_at.replace("2026-12-15", "2026-12-14")
            record = Record(body=body, key=key, sig=sig, received_at=later, payload_type=kind)
            self.connection.execute(
                "UPDATE record SET received_at = ?, digest = ? WHERE position = ?",
                (later, record.digest, position),
            )

    def without(self, seq: int) -> tuple[Finding, ...]:
        self.delete(seq)
        return self.findings(outside=False)

    def findings(self, *, outside: bool = True) -> tuple[Finding, ...]:
        self.connection.commit()
        self.connection.close()
        return verify_store(Store.open(self.path), self.printed if outside else None)


def codes(found: tuple[Finding, ...]) -> list[str]:
    return list(dict.fromkeys(one.code for one in found if not one.is_doubt))


def test_a_book_that_differs_from_the_history_is_told_with_both_figures(
    december: December, tmp_path: Path
) -> None:
    copy = Copy(december, tmp_path / "a.sqlite3")
    copy.books_and_form()
    found = copy.findings()
    assert codes(found) == ["E_TABLE"]
    (told,) = (one.text.show("zh") for one in found if one.field == "posting")
    assert "quantity 表里 -2,历史 -12" in told


def test_a_changed_event_does_not_fit_what_was_signed(december: December, tmp_path: Path) -> None:
    copy = Copy(december, tmp_path / "b.sqlite3")
    copy.books_and_form()
    seq = copy.event()
    first = copy.findings()[0]
    assert (first.code, first.stream, first.seq) == ("E_COMMIT", f"case/{december.case}", seq)


def test_a_deleted_record_leaves_a_gap_in_the_log(december: December, tmp_path: Path) -> None:
    copy = Copy(december, tmp_path / "c.sqlite3")
    seq = copy.event()
    copy.delete(seq)
    found = copy.findings()
    assert {"E_POSITION", "E_TABLE", "E_CONSISTENCY"} <= set(codes(found))
    assert found[0].code == "E_POSITION"
    assert "E_POSITION" in codes(Copy(december, tmp_path / "alone.sqlite3").without(seq))


def test_a_deleted_record_in_the_middle_breaks_the_chain(
    december: December, tmp_path: Path
) -> None:
    first = Copy(december, tmp_path / "m.sqlite3").without(3)[0]
    assert (first.code, first.stream, first.seq) == ("E_SEQ", f"case/{december.case}", 3)


def test_a_chain_made_anew_does_not_fit_the_checkpoint_of_december(
    december: December, tmp_path: Path
) -> None:
    copy = Copy(december, tmp_path / "d.sqlite3")
    seq = copy.event()
    copy.rehash(seq)
    found = copy.findings()
    first = next(one for one in found if not one.is_doubt)
    assert (first.code, first.stream, first.seq) == ("E_COMMIT", f"case/{december.case}", seq)
    assert {"E_ROOT", "E_CONSISTENCY"} <= set(codes(found))
