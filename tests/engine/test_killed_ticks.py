"""A tick killed after any of its writes: the next ones end where a tick never killed does.

The office stands at the turn of a month with everything due that sets something else in motion:
children whose parent waits for them, members a gathering waits for, a delivery somebody waits
for, an open matter that the new period takes over. The tick is killed after each write in turn.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from engine.desk import Desk, Receipt
from engine.evidence.signing import Signer
from engine.kernel.command import Perform
from engine.language.forms import Value, rows_of
from engine.rehearsal.office import Office
from engine.store.store import Store
from engine.worker import Worker
from tests.conftest import sample_texts

START, MORNING, NOON = (
    datetime.fromisoformat(f"2026-11-02T{hour}:00:00+08:00") for hour in ("08", "09", "12")
)
TURN = datetime.fromisoformat("2026-12-01T09:30:00+08:00")
BOOKS = "params: {}\nbooks: {库存: {backorder: true}}\n"
FORM = """
form: 表
fields:
  期间: text
  承接: case
  事项: text
  收到: {type: lines, columns: {案号: text, 事项: text}}
"""
HEAD = 'number: "NAME-{year}-{seq:4}"\nform: 表\nroles: {办理人: post("采购员")}\nstart: 甲\n'
PROCESSES = {
    "月报": """
every:
  monthly: first workday
  at: "08:30"
  initiator: post("采购员")
  set: {期间: period}
  carry: {state: 转下期, same: [], take: [事项], reference: 承接}
opened_by: SYSTEM
states:
  甲: {who: 办理人, actions: {转: {to: 转下期, who: SYSTEM, at: 1 hour}}}
  转下期: {final: cancelled}
""",
    "总办": """
children:
  分办: {at: [完], into: 收到, take: {案号: number, 事项: 事项}}
states:
  甲: {who: 办理人, edit: all, actions: {办: 等}}
  等:
    entry: [{start: 分办, set: {事项: 事项}, initiator: initiator}]
    actions: {齐: {to: 完, who: SYSTEM, auto: true, when: 'open_children("分办") == 0'}}
  完: {final: true}
""",
    "分办": """
opened_by: SYSTEM
states:
  甲: {who: 办理人, actions: {转: {to: 完, who: SYSTEM, at: 1 workday}}}
  完: {final: true}
""",
    "汇总": """
gather: {from: 报送, at: 已报, key: 期间, until: 完, into: 收到, take: {案号: number, 事项: 事项}}
states:
  甲:
    who: 办理人
    edit: all
    actions: {齐: {to: 完, who: SYSTEM, auto: true, when: count(收到) == 2}}
  完: {final: true, entry: [{members: 收}]}
""",
    "报送": """
states:
  甲: {who: 办理人, edit: all, actions: {报: {to: 已报, who: SYSTEM, at: 1 workday}}}
  已报: {actions: {收: {to: 完, who: SYSTEM}}}
  完: {final: true}
""",
    "等货": """
states:
  甲: {who: 办理人, edit: all, actions: {办: 等}}
  等:
    entry: [{reserve: 库存, item: 事项, quantity: "2"}]
    actions: {领: {to: 完, who: SYSTEM, auto: true, when: 'allocated("库存", 事项) > 0'}}
  完: {final: true, entry: [{issue: 库存, item: 事项, quantity: "2"}]}
""",
    "到货": """
states:
  甲:
    who: 办理人
    edit: all
    actions:
      收:
        to: 完
        who: SYSTEM
        at: 1 workday
        post: {receive: 库存, item: 事项, quantity: "4", cost: "1"}
  完: {final: true}
""",
}
Told = dict[str, tuple[object, ...]]


class Doomed(Store):
    """A store whose program is killed as soon as its n-th write is on disk."""

    left = 0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with super().writing() as connection:
            yield connection
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Forgetful(Worker):
    """The negative control: it does not look for what was left behind."""

    def sweep(self, limit: int, latest: int) -> int:
        return 0


def prepared(path: Path) -> Office:
    """An office with work begun in November, all of it due by the first of December."""
    texts = replace(
        sample_texts("无"),
        params=BOOKS,
        forms={"表": (FORM, "forms/表.yaml")},
        processes={
            name: (f"process: {name}\n{HEAD.replace('NAME', name)}{text}", f"processes/{name}.yaml")
            for name, text in PROCESSES.items()
        },
    )
    office = Office(texts, START, os.urandom, Store.create(path, "killed.example"))
    for office.now in (START, MORNING, NOON):  # the month's report is opened, then put off
        office.worker.tick()
    for item in ("桌椅", "灯光"):
        begun(office, "总办", 事项=item)
        begun(office, "报送", 期间="2026-11", 事项=item)
    for process in ("等货", "等货", "到货"):
        begun(office, process, 事项="纸")
    begun(office, "汇总", 期间="2026-11")
    return office


def begun(office: Office, process: str, **values: Value) -> None:
    uid = office.person("罗平")
    opened = office.desk.start(process, uid, office.signers[uid], values)
    assert isinstance(opened, Receipt)
    assert opened.case is not None
    if process in ("总办", "等货"):
        command = Perform(action="办", actor=uid)
        assert isinstance(
            office.desk.perform(opened.case.id, command, office.signers[uid]), Receipt
        )
    office.worker.follow(opened.case.id)


def ticks(store: Store, service: Signer, kind: type[Worker] = Worker) -> None:
    """Two ticks: what one sets in motion may be due at once."""
    worker = kind(Desk(store, service, clock=lambda: TURN))
    worker.tick()
    worker.tick()


def is_killed(path: Path, service: Signer, write: int) -> bool:
    """Whether ticking came to its n-th write, and so was killed there."""
    child = os.fork()
    if child == 0:
        try:
            store = Doomed.open(path)
            store.left = write  # type: ignore[attr-defined]
            ticks(store, service)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def told(store: Store) -> Told:
    """Every case by its number: where it is, what it holds, how often what happened to it."""
    assert store.derived_tables() == store.rebuilt_tables()
    assert store.pending(1) == ()
    assert store.due_timers(TURN, 1) == ()
    numbers = {row.id: row.number for row in store.cases()}
    found: Told = {}
    for case in map(store.load_case, numbers):
        events = Counter(
            type(event).__name__
            for stored in store.records(f"case/{case.id}")
            for event in stored.events
        )
        rows = sorted(tuple(row.values()) for row in rows_of(case.values.get("收到")))
        plain = {name: value for name, value in case.values.items() if name != "收到"}
        into = numbers[case.carried_to] if case.carried_to else None
        members = sorted(case.member_numbers)
        found[case.number] = (case.configuration, plain, rows, into, members, events)
    return found


def killed_and_resumed(
    path: Path, service: Signer, folder: Path, kind: type[Worker]
) -> Iterator[tuple[Told, Told]]:
    """For each write: what came of it when killed there, and what should have."""
    whole = shutil.copy(path, folder / "whole.sqlite3")
    ticks(Store.open(whole), service)
    wanted, write = told(Store.open(whole)), 1
    while is_killed(one := shutil.copy(path, folder / f"{write}.sqlite3"), service, write):
        ticks(Store.open(one), service, kind)
        yield told(Store.open(one)), wanted
        write += 1


@pytest.fixture(scope="module")
def november(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Signer]:
    path = tmp_path_factory.mktemp("november") / "office.sqlite3"
    return path, prepared(path).service


def test_a_tick_killed_after_any_write_is_finished_by_the_next(
    november: tuple[Path, Signer], tmp_path: Path
) -> None:
    answers = list(killed_and_resumed(*november, tmp_path, Worker))
    for found, wanted in answers:
        assert found == wanted
    assert len(answers) >= 20
    _, wanted = answers[0]
    assert wanted["月报-2026-0001"][3] == "月报-2026-0002"
    assert all(
        wanted[f"{name}-2026-000{n}"][0] == ("完",)
        for name in ("总办", "分办", "报送", "等货")
        for n in (1, 2)
    )
    assert wanted["汇总-2026-0001"][0] == wanted["到货-2026-0001"][0] == ("完",)


def test_a_worker_that_does_not_look_for_what_was_left_behind_is_caught(
    november: tuple[Path, Signer], tmp_path: Path
) -> None:
    assert any(
        found != wanted for found, wanted in killed_and_resumed(*november, tmp_path, Forgetful)
    )
