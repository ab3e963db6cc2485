"""Timers and periodic starts happen exactly once: over restarts, double ticks, clock steps, kills.

An office on disk opens cases by day, month, quarter and half-year; each has timers that remind,
fall due and act. The clock is moved on and back, ticks are doubled, run by two workers at once or
killed half-way, the programs are started anew. In the end everything due has happened once.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from engine.desk import Desk
from engine.evidence.keys import Signer
from engine.kernel.events import TimerCancelled, TimerFired, TimerSet
from engine.language.calendar import Calendar, occurrences
from engine.rehearsal.office import Office
from engine.store.store import Store
from engine.worker import Worker
from tests.conftest import sample_texts

START = datetime.fromisoformat("2026-12-28T08:00:00+08:00")
END = datetime.fromisoformat("2027-02-03T18:00:00+08:00")
FORM = "form: 期表\nfields: {期间: text, 部门: department}\n"
EVERY = {
    "日报": 'daily: workday, at: "08:30"',
    "周报": 'weekly: mon, at: "08:40"',
    "月报": 'monthly: first workday, at: "08:50", each: department',
    "季报": 'quarterly: last workday, at: "17:00"',
    "半年报": 'half_yearly: last workday, at: "17:10"',
}
PROCESS = """
process: NAME
number: "NAME-{year}-{seq:4}"
form: 期表
roles: {办理人: post("采购员")}
every: {EVERY, initiator: post("采购员"), set: {期间: period}}
opened_by: SYSTEM
start: 甲
states:
  甲:
    who: 办理人
    due: {by: 6 workhours, remind: 50%}
    actions: {转: {to: 乙, who: SYSTEM, at: 1 workday}}
  乙:
    who: 办理人
    due: 2 hours
    actions: {完: {to: 完, who: SYSTEM, at: 3 hours}}
  完: {final: true}
"""


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def founded(path: Path) -> Office:
    texts = replace(
        sample_texts("无"),
        forms={"期表": (FORM, "forms/期表.yaml")},
        processes={
            name: (PROCESS.replace("NAME", name).replace("EVERY", how), f"processes/{name}.yaml")
            for name, how in EVERY.items()
        },
    )
    return Office(texts, START, os.urandom, Store.create(path, "timers.example"))


def hand(path: Path, service: Signer, clock: Clock, kind: type[Worker] = Worker) -> Worker:
    """A worker of a program just started."""
    return kind(Desk(Store.open(path), service, clock=clock))


def both(one: Worker, other: Worker) -> None:
    """Two workers tick at the same moment."""
    threads = [Thread(target=worker.tick) for worker in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def killed_tick(path: Path, service: Signer, clock: Clock, after: float) -> None:
    child = os.fork()
    if child == 0:
        try:
            hand(path, service, clock).tick()
        finally:
            os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def live(
    path: Path, office: Office, seed: int, end: datetime, kind: type[Worker] = Worker
) -> Store:
    """From the start to the end of the stretch, with everything that can befall a clock."""
    dice, clock = Random(seed), Clock(START)
    ours = hand(path, office.service, clock, kind)
    ahead = START
    while ahead < end:
        ahead = min(end, ahead + timedelta(minutes=dice.choice((20, 170, 900, 4000))))
        clock.at = ahead
        for what in dice.sample(("tick", "twice", "back", "restart", "both", "kill"), 2):
            match what:
                case "tick":
                    ours.tick()
                case "twice":
                    ours.tick()
                    ours.tick()
                case "back":
                    clock.at = ahead - timedelta(minutes=dice.choice((1, 200, 3000)))
                    ours.tick()
                    clock.at = ahead
                case "restart":
                    ours = hand(path, office.service, clock, kind)
                case "both":
                    both(ours, hand(path, office.service, clock, kind))
                case "kill" if kind is Worker:
                    killed_tick(path, office.service, clock, dice.uniform(0, 0.25))
    clock.at = end
    for _ in range(3):  # what one tick sets in motion may be due at once
        hand(path, office.service, clock, kind).tick()
    return Store.open(path)


def expected_cases(calendar: Calendar, office: Office, end: datetime) -> Counter[tuple[str, str]]:
    """How many cases of which process and period there must be."""
    found: Counter[tuple[str, str]] = Counter()
    departments = len(office.desk.catalog.roster(START).reporting_departments())
    for name, definition in office.definitions.items():
        every = definition.every
        assert every is not None
        for at in occurrences(every.moment, START, end, calendar):
            period = every.moment.period(at.astimezone(calendar.zone))
            found[name, period] = departments if every.each else 1
    return found


def check(store: Store, office: Office, end: datetime) -> None:
    calendar = office.desk.catalog.calendar(START.date())
    cases = [store.load_case(row.id) for row in store.cases()]
    opened = Counter((case.process, case.period) for case in cases)
    assert opened == expected_cases(calendar, office, end)
    for name in EVERY:
        numbers = sorted(case.number for case in cases if case.process == name)
        for year in ("2026", "2027"):
            mine = [int(one.rpartition("-")[2]) for one in numbers if f"-{year}-" in one]
            assert mine == list(range(1, len(mine) + 1))
    for case in cases:
        stored = list(store.records(f"case/{case.id}"))
        events = [(one.at, event) for one in stored for event in one.events]
        dues = {event.timer: event.due for _, event in events if isinstance(event, TimerSet)}
        fired = Counter(event.timer for _, event in events if isinstance(event, TimerFired))
        gone = {event.timer for _, event in events if isinstance(event, TimerCancelled)}
        assert set(fired.values()) <= {1}
        assert not gone & set(fired)
        for at, event in events:
            if isinstance(event, TimerFired):
                assert at >= dues[event.timer]
        left = set(dues) - set(fired) - gone
        assert all(dues[timer] >= end for timer in left)
        acts = Counter((act.state, act.action) for act in case.acts)
        assert set(acts.values()) <= {1}
    assert store.derived_tables() == store.rebuilt_tables()


@pytest.mark.parametrize("seed", range(3))
def test_everything_due_happens_exactly_once(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "office.sqlite3"
    office = founded(path)
    store = live(path, office, seed, END)
    check(store, office, END)
    assert any(row.result == "done" for row in store.cases())


class Forgetful(Worker):
    """The negative control: what it asks for has another name each time."""

    def _open_one(self, edition, definition, every, period, target):  # type: ignore[no-untyped-def]
        known = self.store.find_request
        self.store.find_request = lambda request: None  # type: ignore[method-assign]
        desk_open = self.desk.open
        self.desk.open = lambda *given: desk_open(*given[:4], self.desk.new_id())  # type: ignore[method-assign]
        try:
            return super()._open_one(edition, definition, every, period, target)
        finally:
            self.store.find_request = known  # type: ignore[method-assign]
            self.desk.open = desk_open  # type: ignore[method-assign]

    def _start_periodic(self, at: datetime) -> int:
        self.store.set_tick(at - timedelta(days=1), "Asia/Shanghai")  # as after a clock step
        return super()._start_periodic(at)


def test_a_worker_that_forgets_what_it_has_asked_for_is_caught(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite3"
    office = founded(path)
    end = START + timedelta(days=4)
    check(live(path, office, 0, end), office, end)
    beside = tmp_path / "beside.sqlite3"
    office = founded(beside)
    store = live(beside, office, 0, end, Forgetful)
    with pytest.raises(AssertionError):
        check(store, office, end)
