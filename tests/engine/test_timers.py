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

from engine.desk import Desk, Look, Receipt, Refused
from engine.evidence.signing import Signer
from engine.kernel.command import Decision, Refusal
from engine.kernel.events import TimerCancelled, TimerFired, TimerSet
from engine.kernel.opening import Open
from engine.rehearsal.office import Office
from engine.store.store import Store
from engine.worker import Worker
from tests.conftest import sample_texts

START = datetime.fromisoformat("2026-12-28T08:00:00+08:00")
END = datetime.fromisoformat("2027-02-03T18:00:00+08:00")
FORM = "form: 期表\nfields: {期间: text, 部门: department}\n"
EVERY = {
    "日报": 'daily: workday, at: "08:30", set: {期间: period}',
    "周报": 'weekly: mon, at: "08:40", set: {期间: period}',
    "月报": 'monthly: first workday, at: "08:50", each: department, '
    "set: {期间: period, 部门: each}",
    "季报": 'quarterly: last workday, at: "17:00", set: {期间: period}',
    "半年报": 'half_yearly: last workday, at: "17:10", set: {期间: period}',
}
HOLIDAY, MADE_UP = ("01-01", "01-02", "01-03"), ("01-31",)
DEPARTMENTS = ("业务一处", "业务二处", "办公室", "人事处", "财务科", "后勤部")
PROCESS = """
process: NAME
number: "NAME-{year}-{seq:4}"
form: 期表
roles: {办理人: post("采购员")}
every: {EVERY, initiator: post("采购员")}
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


class Nameless(Desk):
    """The negative control: what it writes never bears the name that was asked for."""

    def open(
        self,
        order: Open,
        at: datetime,
        actor: str,
        signer: Signer,
        request: str,
        files: tuple[bytes, ...] = (),
    ) -> Receipt | Refused:
        return super().open(order, at, actor, signer, self.new_id(), files)

    def record(
        self,
        look: Look,
        answer: Decision | Refusal,
        actor: str,
        signer: Signer,
        request: str,
        *more: object,
    ) -> Receipt | Refused:
        return super().record(look, answer, actor, signer, self.new_id(), *more)  # type: ignore[arg-type]


def hand(path: Path, service: Signer, clock: Clock, kind: type[Desk] = Desk) -> Worker:
    """A worker of a program just started."""
    return Worker(kind(Store.open(path), service, clock=clock))


def both(one: Worker, other: Worker) -> None:
    """Two workers tick at the same moment."""
    threads = [Thread(target=worker.tick) for worker in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def killed_tick(worker: Worker, after: float) -> None:
    """A program that is killed so many seconds after it began to tick."""
    child = os.fork()
    if child == 0:
        try:
            worker.tick()
        finally:
            os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def live(path: Path, office: Office, seed: int, end: datetime, kind: type[Desk] = Desk) -> Store:
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
                case "kill":
                    killed_tick(ours, dice.uniform(0, 0.1))
    clock.at = end
    for _ in range(3):  # what one tick sets in motion may be due at once
        hand(path, office.service, clock, kind).tick()
    return Store.open(path)


def expected_cases(end: datetime) -> Counter[tuple[str, str, str | None]]:
    """The cases there must be: process, period and department, worked out by hand."""
    found: Counter[tuple[str, str, str | None]] = Counter()
    day = START
    while day.date() <= end.date():
        date = f"{day:%m-%d}"
        if (day.weekday() < 5 and date not in HOLIDAY) or date in MADE_UP:
            found["日报", f"{day:%Y-%m-%d}", None] += 1
        if day.weekday() == 0:
            found["周报", f"{day:%Y-%m-%d}", None] += 1
        day += timedelta(days=1)
    for name, period, month_of, departments in (
        ("季报", "2026-12", "2026-12-31", (None,)),
        ("半年报", "2026-12", "2026-12-31", (None,)),
        ("月报", "2027-01", "2027-01-04", DEPARTMENTS),
        ("月报", "2027-02", "2027-02-01", DEPARTMENTS),
    ):
        if month_of < f"{end:%Y-%m-%d}":
            found.update((name, period, department) for department in departments)
    return found


def check(store: Store, end: datetime) -> None:
    cases = [store.load_case(row.id) for row in store.cases()]
    opened = Counter((case.process, case.period, case.values.get("部门")) for case in cases)
    assert opened == expected_cases(end)
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


@pytest.mark.parametrize("seed", range(2))
def test_everything_due_happens_exactly_once(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "office.sqlite3"
    store = live(path, founded(path), seed, END)
    check(store, END)
    assert any(row.result == "done" for row in store.cases())


def test_a_worker_that_forgets_what_it_has_asked_for_is_caught(tmp_path: Path) -> None:
    end = START + timedelta(days=4)
    honest, nameless = tmp_path / "honest.sqlite3", tmp_path / "nameless.sqlite3"
    check(live(honest, founded(honest), 0, end), end)
    store = live(nameless, founded(nameless), 0, end, Nameless)
    with pytest.raises(AssertionError):
        check(store, end)
