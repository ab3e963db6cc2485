"""Three reach for the same room at overlapping hours at once: one gets it, the others are told who.

Every round they all decide on the same page, because each waits before he first writes until
all have decided; what then happens is up to the store.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine.desk import Receipt
from engine.language.forms import Value
from engine.rehearsal.office import Office
from engine.store.bookings import read_occupations
from engine.store.rows import Query
from engine.store.store import Store
from tests.books.test_last_pieces import NOW, RACERS, Careless, Meeting, Told, let_race
from tests.conftest import sample_texts

ROUNDS = 20
FORM = """
form: 小单
fields: {房: text, 从: datetime, 到: datetime}
"""
PROCESS = """
process: 小单
number: "X-{year}-{seq:6}"
form: 小单
roles: {办理人: 'post("采购员") + post("验收员")'}
start: 办
states:
  办:
    who: 办理人
    edit: all
    actions: {占: {to: 占着, post: {occupy: 房, what: 房, from: 从, until: 到}}}
  占着: {who: 办理人, actions: {毕: 完}}
  完: {final: true}
"""
DIARY = "params: {}\nbookings: {房: {before: 30 minutes, after: 30 minutes}}\n"


def founded(path: Path) -> Office:
    texts = replace(
        sample_texts("无"),
        params=DIARY,
        forms={"小单": (FORM, "forms/小单.yaml")},
        processes={"小单": (PROCESS, "processes/小单.yaml")},
    )
    return Office(texts, NOW, os.urandom, Store.create(path, "race.example"))


def opened(office: Office, room: str, place: int) -> str:
    """A case that wants the room for two hours, each racer's an hour later than the one before."""
    uid = office.person("罗平")
    hours: dict[str, Value] = {
        "从": office.at(f"2026-12-10 {9 + place:02}:00"),
        "到": office.at(f"2026-12-10 {11 + place:02}:00"),
    }
    answer = office.desk.start("小单", uid, office.signers[uid], {"房": room, **hours})
    assert isinstance(answer, Receipt)
    assert answer.case is not None
    return answer.case.id


def reach_for_the_room(path: Path, kind: type[Meeting], rounds: int) -> list[Told]:
    office = founded(path)
    cases = {
        name: [(opened(office, f"房{number}", place), "占") for number in range(rounds)]
        for place, name in enumerate(RACERS)
    }
    return let_race(kind, path, office, cases)


def check(told: list[Told], store: Store) -> None:
    """One won each round; the others decided anew, on the page as it was then, and were refused
    on record; what is taken is taken once.
    """
    for number in sorted({one[0] for one in told}):
        here = [(how, moved) for n, _, how, moved in told if n == number]
        lost = [(how, moved) for how, moved in here if how != "won"]
        assert len(here) - len(lost) == 1, here
        assert all(how == "E_CONFLICT" and moved >= 1 for how, moved in lost), here
    taken = read_occupations(store, "房")
    assert len(taken) == len({one[0] for one in told})
    refused = store.query(Query(refusals=True, code="E_CONFLICT"))
    assert len(refused) == len(told) - len(taken)
    assert store.derived_tables() == store.rebuilt_tables()


def test_exactly_one_gets_the_room(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite3"
    told = reach_for_the_room(path, Meeting, ROUNDS)
    assert {one[0] for one in told} == set(range(ROUNDS))
    check(told, Store.open(path))


def test_a_store_that_does_not_compare_the_pages_is_caught(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite3"
    told = reach_for_the_room(path, Careless, 2)
    with pytest.raises(AssertionError):
        check(told, Store.open(path))
