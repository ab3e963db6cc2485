"""Clerks reach for the same last pieces at once: one gets them, the others are told there are none.

Every round they all decide on the same cards, because each waits before he first writes until
all have decided; what then happens is up to the store.
"""

from __future__ import annotations

import multiprocessing
import os
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from multiprocessing.synchronize import Barrier
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from engine.desk import Desk, Receipt, Refused
from engine.errors import GuichengError
from engine.kernel.command import Perform
from engine.rehearsal.office import Office
from engine.store.books import StoredShelf
from engine.store.lines import read_cards, read_lines
from engine.store.rows import Moved
from engine.store.store import Store
from tests.conftest import sample_texts

ROUNDS = 17  # of each kind
RACERS = ("罗平", "苏晓", "顾敏")
NOW = datetime.fromisoformat("2026-11-02T10:00:00+08:00")
KINDS = {"领": "库存", "订": "经费", "登": "票据"}
STOCK = Decimal(10)
FORM = """
form: 小单
fields: {物品: text, 数量: integer}
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
    actions:
      收:
        to: 完
        post:
          - {receive: 库存, item: 物品, quantity: 数量, cost: "2"}
          - {receive: 经费, item: 物品, quantity: 数量, cost: "1"}
      领: {to: 完, post: {issue: 库存, item: 物品, quantity: 数量}}
      订: {to: 完, post: {reserve: 经费, item: 物品, quantity: 数量}}
      登: {to: 完, post: {receive: 票据, item: 物品, quantity: "1", cost: "0"}}
  完: {final: true}
"""
BOOKS = "params: {}\nbooks: {库存: {}, 经费: {}, 票据: {most: 1, over: E_DUP}}\n"
Told = tuple[int, str, str, int]  # round, racer, how it ended, how often he had to decide anew


class Meeting(Store):
    """A clerk who waits, before he first writes in a round, until all the others have decided."""

    barrier: Barrier | None = None
    moved = 0

    def commit(self, *written: Any, **more: Any) -> tuple[int, ...]:
        barrier, self.barrier = self.barrier, None
        if barrier is not None:
            barrier.wait(60)
        try:
            return super().commit(*written, **more)
        except Moved:
            self.moved += 1
            raise


class Careless(Meeting):
    """The negative control: it does not look whether what was read has changed since."""

    def commit(self, entries: Any, expect: Any, *read: Any, **more: Any) -> tuple[int, ...]:
        return super().commit(entries, expect)


def race(
    kind: type[Meeting],
    name: str,
    path: Path,
    office: Office,
    cases: list[tuple[str, str]],
    barrier: Barrier,
    results: multiprocessing.Queue,  # type: ignore[type-arg]
) -> None:
    store = kind.open(path)
    desk, uid = Desk(store, office.service, clock=lambda: NOW), office.person(name)
    desk.try_out(cases[0][0], Perform(action=cases[0][1], actor=uid))  # warm: the rules are read
    for number, (case_id, action) in enumerate(cases):
        barrier.wait(60)
        store.barrier, store.moved = barrier, 0  # type: ignore[attr-defined]
        try:
            answer = desk.perform(case_id, Perform(action=action, actor=uid), office.signers[uid])
        except GuichengError as error:
            results.put((number, name, type(error).__name__, store.moved))  # type: ignore[attr-defined]
            continue
        how = answer.refusal.code if isinstance(answer, Refused) else "won"
        results.put((number, name, how, store.moved))  # type: ignore[attr-defined]


def let_race(
    kind: type[Meeting], path: Path, office: Office, cases: dict[str, list[tuple[str, str]]]
) -> list[Told]:
    """A process for each racer; what each of them tells of every round."""
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(len(cases)), fork.Queue()
    racers = [
        fork.Process(target=race, args=(kind, name, path, office, cases[name], barrier, results))
        for name in cases
    ]
    for racer in racers:
        racer.start()
    told: list[Told] = []
    while len(told) < sum(map(len, cases.values())):
        assert not any(racer.exitcode for racer in racers), "a racer fell over"
        with suppress(Empty):
            told.append(results.get(timeout=1))
    for racer in racers:
        racer.join()
    return told


def founded(path: Path) -> Office:
    texts = replace(
        sample_texts("无"),
        params=BOOKS,
        forms={"小单": (FORM, "forms/小单.yaml")},
        processes={"小单": (PROCESS, "processes/小单.yaml")},
    )
    return Office(texts, NOW, os.urandom, Store.create(path, "race.example"))


def opened(office: Office, item: str, quantity: int) -> str:
    uid = office.person("罗平")
    values = {"物品": item, "数量": quantity}
    answer = office.desk.start("小单", uid, office.signers[uid], values)
    assert isinstance(answer, Receipt)
    assert answer.case is not None
    return answer.case.id


def reach_for_the_last(path: Path, kind: type[Meeting], rounds: int) -> list[Told]:
    """Let the racers race: for ten pieces that each wants seven of, for a number used once."""
    office = founded(path)
    uid = office.person("罗平")
    wanted = [(f"物{place}-{action}", action) for place in range(rounds) for action in KINDS]
    for item, action in wanted:
        if action != "登":
            command = Perform(action="收", actor=uid)
            stocked = office.desk.perform(opened(office, item, 10), command, office.signers[uid])
            assert isinstance(stocked, Receipt)
    cases = {
        name: [(opened(office, item, 7), action) for item, action in wanted] for name in RACERS
    }
    return let_race(kind, path, office, cases)


def check_each_round(told: list[Told]) -> None:
    """One won each round; the others decided anew, on the card as it was then, and were refused."""
    for number in sorted({one[0] for one in told}):
        here = [(how, moved) for n, _, how, moved in told if n == number]
        action = tuple(KINDS)[number % len(KINDS)]
        lost = [(how, moved) for how, moved in here if how != "won"]
        assert len(here) - len(lost) == 1, (action, here)
        for how, moved in lost:
            assert how == ("E_DUP" if action == "登" else "E_STOCK"), (action, here)
            assert moved >= 1, (action, here)


def check_books(store: Store) -> None:
    for book in KINDS.values():
        for card in read_cards(store, book):
            assert all(lot.quantity >= 0 for lot in card.lots)
            assert card.waiting <= card.on_hand
            lines = read_lines(store, book, item=card.item)
            assert sum(one.posting.quantity for one in lines) == card.on_hand
    assert store.derived_tables() == store.rebuilt_tables()


def test_exactly_one_clerk_gets_the_last_pieces(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite3"
    told = reach_for_the_last(path, Meeting, ROUNDS)
    check_each_round(told)
    assert len({one[0] for one in told}) == ROUNDS * len(KINDS) >= 50
    store = Store.open(path)
    check_books(store)
    shelf = StoredShelf(store)
    for place in range(ROUNDS):
        assert shelf.card("库存", f"物{place}-领").on_hand == STOCK - 7
        assert shelf.card("经费", f"物{place}-订").waiting == 7
        assert shelf.card("票据", f"物{place}-登").on_hand == 1


def test_a_store_that_does_not_compare_the_cards_is_caught(tmp_path: Path) -> None:
    told = reach_for_the_last(tmp_path / "office.sqlite3", Careless, 2)
    for place in range(len(KINDS)):
        with pytest.raises(AssertionError):
            check_each_round([one for one in told if one[0] == place])
