"""No false alarm: honest stores that lived at random have no finding, by either verifier.

`GUICHENG_STORES=500 pytest tests/honest` founds more than an ordinary run.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from engine.bundling import collect
from engine.evidence.bundle import Scope, dump_bundle
from engine.evidence.checkpoint import Checkpoint, check_checkpoint, dump_vkey
from engine.evidence.suite import SHA256_ED25519, SM3_SM2
from engine.rehearsal.office import Office
from engine.sealing import build_of, seal
from engine.store.connect import driver_of
from engine.verifying import verify_store
from tests.conftest import copied, open_office
from tests.honest.living import Living
from tests.verifier.ground import judge
from verifier.report import Report

STORES = int(os.environ.get("GUICHENG_STORES", "32"))
SEED = int(os.environ.get("GUICHENG_SEED", "20261127"))
SHARES = 4  # so that several processes may take one each
OTHER = 7  # one of so many keeps its history in the other suite
TURNS = range(8, 32)  # of one office


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """An office that has lived, with a checkpoint kept halfway and one from its end."""

    life: Living
    early: Checkpoint
    late: Checkpoint

    @property
    def office(self) -> Office:
        return self.life.office

    def engine_says(self) -> list[str]:
        """What the engine finds in the store, with the checkpoints from outside."""
        store, public = self.office.store, self.office.service.public
        found = (
            *verify_store(store, self.late),
            *check_checkpoint(self.early, store.origin, store.leaves(), (public,), store.suite),
        )
        return [str(one) for one in found]

    def verifier_says(self) -> Report:
        """What the verifier says of the bundle."""
        store = self.office.store
        notes = (self.early.note.encode(), self.late.note.encode())
        vkey = dump_vkey(store.origin, self.office.service.public)
        return judge(dump_bundle(collect(store, Scope())), vkey, notes)


def live(number: int, folder: Path) -> Lived:
    dice = Random(f"{SEED} {number}")
    suite = SM3_SM2 if number % OTHER == 0 else SHA256_ED25519
    base = open_office("2026-11-03 09:00", suite=suite)
    life = Living(copied(base, dice.randbytes), dice)
    desk, place = life.office.desk, folder / f"{number}.signed"
    turns = dice.choice(TURNS)
    for _ in range(turns // 2):
        life.turn()
    early = seal(desk, place, build_of(desk.store)).checkpoint
    for _ in range(turns // 2, turns):
        life.turn()
    late = seal(desk, place, build_of(desk.store)).checkpoint
    return Lived(life=life, early=early, late=late)


@pytest.mark.parametrize("share", range(SHARES))
def test_no_honest_store_has_a_finding(share: int, tmp_path: Path) -> None:
    did: Counter[str] = Counter()
    for number in range(share, STORES, SHARES):
        lived, where = live(number, tmp_path), f"seed {SEED}, store {number}"
        assert lived.engine_says() == [], where
        report = lived.verifier_says()
        assert [one.show("zh") for one in report.findings] == [], where
        assert report.verdict == "valid", where
        did += lived.life.did
        lived.office.store.close()
    print(did)
    assert min(did["begun"], did["done"], did["refused"]) >= STORES // SHARES
    assert did["opened"] >= STORES // SHARES // 2


def test_a_store_that_lived_is_not_only_waved_through(tmp_path: Path) -> None:
    lived = live(1, tmp_path)
    driver = driver_of(lived.office.store.engine)
    driver.execute("DROP TRIGGER record_no_update")
    driver.execute("UPDATE record SET sig = zeroblob(64) WHERE position = 60")
    assert any("E_SIG" in one for one in lived.engine_says())
    assert lived.verifier_says().verdict == "tampered"
