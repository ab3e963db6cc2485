"""The sample office, for every test that needs people and procedures."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from engine.desk import Desk, Receipt, Refused
from engine.evidence.suite import SHA256_ED25519, Suite
from engine.kernel.command import Perform
from engine.registry import Registry
from engine.rehearsal.office import Office, Texts
from engine.store.connect import driver_of
from engine.store.store import Store
from engine.worker import Worker

ROOT = Path(__file__).parent.parent


class Dice:
    """Repeatable randomness: the same salts and ids in every run."""

    def __init__(self, thrown: int = 0) -> None:
        self.thrown = thrown

    def __call__(self, size: int) -> bytes:
        self.thrown += 1
        return hashlib.shake_128(self.thrown.to_bytes(8, "big")).digest(size)


def sample_texts(*processes: str) -> Texts:
    """The sample office's files; of the processes, those named, or all."""
    forms = {
        path.stem: (path.read_text("utf-8"), f"forms/{path.name}")
        for path in sorted((ROOT / "forms").glob("*.yaml"))
    }
    chosen = {
        path.stem: (path.read_text("utf-8"), f"processes/{path.name}")
        for path in sorted((ROOT / "processes").glob("*.yaml"))
        if not processes or path.stem in processes
    }
    return Texts(
        roster=(ROOT / "roster.yaml").read_text("utf-8"),
        params=(ROOT / "params.yaml").read_text("utf-8"),
        calendar=(ROOT / "calendar/office.yaml").read_text("utf-8"),
        forms=forms,
        processes=chosen,
    )


class Copied(Store):
    """A store in memory with everything another in memory has."""

    def __init__(self, source: Store) -> None:
        super().__init__(None, source.suite)
        driver_of(source.engine).backup(driver_of(self.engine))


def copied(base: Office, dice: Callable[[int], bytes]) -> Office:
    """An office like another on the day it was founded, with the same keys."""
    office = copy.copy(base)
    office.store = Copied(base.store)
    office.desk = Desk(office.store, office.service, clock=lambda: office.now, dice=dice)
    office.registry = Registry(office.desk)
    office.worker = Worker(office.desk)
    office.signers = dict(base.signers)
    return office


_founded: dict[str, tuple[Office, Dice]] = {}


def open_office(
    start: str | datetime = "2026-10-12 08:00",
    texts: Texts | None = None,
    origin: str = "rehearsal.example",
    suite: Suite = SHA256_ED25519,
) -> Office:
    """An office in memory on its first day. Founded once, and copied: founding takes longest."""
    at = datetime.fromisoformat(start + "+08:00") if isinstance(start, str) else start
    chosen = texts or sample_texts()
    key = hashlib.sha256(repr((at, chosen, origin, suite.name)).encode()).hexdigest()
    if key not in _founded:
        dice = Dice()
        _founded[key] = (Office(chosen, at, dice, Store.in_memory(origin, suite)), dice)
    base, dice = _founded[key]
    return copied(base, Dice(dice.thrown))


def perform(office: Office, who: str, case: str, action: str) -> Receipt | Refused:
    """An action by somebody, called by his name, under his own key."""
    uid = office.person(who)
    command = Perform(action=action, actor=uid)
    return office.desk.perform(case, command, office.signers[uid])


@pytest.fixture(scope="session", autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What clients remember outside their stores goes to a folder of this run.

    Nor is what they print as narrow as pytest-xdist tells its workers the terminal is.
    """
    patch = pytest.MonkeyPatch()
    patch.delenv("COLUMNS", raising=False)
    patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    yield
    patch.undo()


@pytest.fixture
def office() -> Office:
    return open_office()
