"""Killed at any moment: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import os
import random
import select
import signal
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from engine.desk import Desk, Receipt
from engine.kernel.command import Perform
from engine.rehearsal.office import Office
from engine.store.rows import Entry
from engine.store.store import Store
from tests.toys import toy_texts

KILLS = 200
NOW = datetime.fromisoformat("2026-11-02T10:00:00+08:00")


class Forgetful(Store):
    """The negative control: says yes before anything is on disk."""

    def commit(self, *promised):  # type: ignore[no-untyped-def]
        self.waiting = getattr(self, "waiting", [])
        self.waiting.append(promised)
        if len(self.waiting) == 3:
            kept, self.waiting = self.waiting, []
            for one in kept:
                super().commit(*one)

    def heads(self, *streams: str) -> dict[str, tuple[int, str]]:
        found = super().heads(*streams)
        for entries, *_ in getattr(self, "waiting", []):
            entry: Entry = entries[-1]
            if entry.body.stream in streams:
                found[entry.body.stream] = entry.body.seq, entry.record.digest
        return found


def steps_until_killed(desk: Desk, office: Office, case_id: str, run: int, pipe: int) -> None:
    """The child: one step after another, each reported once it was acknowledged."""
    uid = office.person("罗平")
    for number in range(10_000):
        request = f"r-{run}-{number}"
        answer = desk.perform(
            case_id, Perform(action="推进", actor=uid), office.signers[uid], request=request
        )
        if isinstance(answer, Receipt):
            os.write(pipe, f"{request}\n".encode())


def killed(
    path: Path, office: Office, case_id: str, kind: Callable[[Path], Store], kills: int, seed: int
) -> set[str]:
    """Fork, let it work, kill it without warning; the requests it was told were done."""
    dice = random.Random(seed)
    told: set[str] = set()
    desk = Desk(kind(path), office.service, clock=lambda: NOW)
    uid = office.person("罗平")
    for run in range(kills):
        desk.try_out(case_id, Perform(action="推进", actor=uid))  # all that is to be read is read
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                steps_until_killed(desk, office, case_id, run, writing)
            finally:
                os._exit(0)
        os.close(writing)
        heard = hear(reading, dice.randrange(4))
        time.sleep(dice.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as rest:
            heard += rest.read()
        told |= set(heard.decode().split("\n")[:-1])
    return told


def hear(pipe: int, lines: int) -> bytes:
    """What the child says until it has acknowledged so many steps, on a slow machine too."""
    heard = b""
    while heard.count(b"\n") < lines and select.select([pipe], [], [], 10)[0]:
        heard += os.read(pipe, 4096)
    return heard


def prepare(path: Path) -> tuple[Office, str]:
    office = Office(toy_texts(), NOW, os.urandom, Store.create(path, "crash.example"))
    uid = office.person("罗平")
    opened = office.desk.start("小流程", uid, office.signers[uid], {})
    assert isinstance(opened, Receipt)
    assert opened.case is not None
    return office, opened.case.id


def written(store: Store, case_id: str) -> list[str]:
    return [stored.body.req for stored in store.records(f"case/{case_id}") if stored.seq]


def test_no_acknowledged_step_is_lost_and_none_is_doubled(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite3"
    office, case_id = prepare(path)
    told = killed(path, office, case_id, Store, KILLS, seed=1)
    after = Store.open(path)
    done = written(after, case_id)
    assert len(told) > KILLS / 4
    assert told <= set(done)
    assert len(done) == len(set(done))
    assert len(after.load_case(case_id).acts) == len(done)
    assert after.derived_tables() == after.rebuilt_tables()


def test_the_harness_catches_a_store_that_lies(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite3"
    office, case_id = prepare(path)
    told = killed(path, office, case_id, Forgetful, 25, seed=2)
    assert told - set(written(Store.open(path), case_id))
