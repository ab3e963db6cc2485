"""Eight people reach for the same task at once: one gets it, the others are told who."""

from __future__ import annotations

import multiprocessing
import os
from datetime import datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from engine.desk import Desk, Receipt, Refused
from engine.kernel.command import Claim
from engine.rehearsal.office import Office
from engine.store.store import Store
from tests.toys import toy_texts

TASKS = 100
RACERS = ("罗平", "苏晓", "顾敏", "许慧", "丁一凡", "温雅", "孙蕾", "李佳")
NOW = datetime.fromisoformat("2026-11-02T10:00:00+08:00")


def race(
    name: str,
    path: Path,
    office: Office,
    cases: list[str],
    barrier: Barrier,
    results: multiprocessing.Queue,
) -> None:  # type: ignore[type-arg]
    desk = Desk(Store.open(path), office.service, clock=lambda: NOW)
    uid = office.person(name)
    for case_id in cases:
        barrier.wait()
        answer = desk.perform(case_id, Claim(actor=uid), office.signers[uid])
        if isinstance(answer, Refused):
            reason = answer.refusal.reasons[0]
            results.put((case_id, name, reason.code, str(reason.text)))
        else:
            results.put((case_id, name, "won", ""))


def test_exactly_one_wins_each_task_and_the_others_are_told_who(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite3"
    office = Office(toy_texts(), NOW, os.urandom, Store.create(path, "race.example"))
    uid = office.person("罗平")
    cases = []
    for _ in range(TASKS):
        opened = office.desk.start("小流程", uid, office.signers[uid], {})
        assert isinstance(opened, Receipt)
        assert opened.case is not None
        cases.append(opened.case.id)
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(len(RACERS)), fork.Queue()
    racers = [
        fork.Process(target=race, args=(name, path, office, cases, barrier, results))
        for name in RACERS
    ]
    for racer in racers:
        racer.start()
    told = [results.get(timeout=300) for _ in range(TASKS * len(RACERS))]
    for racer in racers:
        racer.join()
    for case_id in cases:
        winners = [name for case, name, code, _ in told if case == case_id and code == "won"]
        losers = [(code, text) for case, _, code, text in told if case == case_id and code != "won"]
        assert len(winners) == 1
        assert len(losers) == len(RACERS) - 1
        assert all(code in ("E_DONE", "E_CONFLICT") and winners[0] in text for code, text in losers)
