"""An office that lost its newest records and went on from a copy, and what is left of either."""

from __future__ import annotations

from pathlib import Path

from engine.bundling import collect
from engine.evidence.bundle import Scope, dump_bundle
from engine.evidence.checkpoint import dump_vkey
from engine.evidence.suite import SHA256_ED25519, Suite
from engine.redacting import Hand
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from engine.rehearsal.walk import load_walk
from engine.restoring import go_on
from tests.conftest import ROOT, Dice, copied, open_office, sample_texts
from tests.verifier.ground import ORIGIN, Ground, sign, work

FEW = ("期初建账", "入库", "办公用品领用", "会务服务保障")
WHY = "磁盘损坏"


def registrars(office: Office) -> list[Hand]:
    return [Hand(uid=uid, signer=office.signers[uid]) for uid in office.desk.keys().registrars]


def lose(folder: Path, suite: Suite = SHA256_ED25519) -> Ground:
    """Play a walk; after a third of it a copy is taken, after two the rest is lost. The notes of
    the ground are from before the loss and of the new log.
    """
    story = load_walk(ROOT / "tests" / "walks" / "A-06.yaml")
    office = open_office(story.start or "", sample_texts(*FEW), ORIGIN, suite)
    player, third = Player(office), len(story.steps) // 3
    (folder / "again").mkdir(parents=True)
    player.play(story.steps[:third])
    early = sign(office, folder)
    again = copied(office, Dice(1_000_000))
    player.play(story.steps[third : 2 * third])
    lost = sign(office, folder)
    again.now = office.now
    first, second = registrars(again)
    go_on(again.desk, [lost.decode()], WHY, first, second)
    sign(again, folder / "again")
    late = sign(again, folder / "again")
    return Ground(
        office=again,
        folder=folder / "again",
        vkey=dump_vkey(ORIGIN, again.service.public),
        early=early,
        late=late,
        files=dump_bundle(collect(again.store, Scope())),
        lost=lost,
    )


def prepare(folder: Path, suite: Suite = SHA256_ED25519) -> dict[str, Ground]:
    """The offices that the attacks are made in."""
    return {
        "meeting": work(folder / "meeting", "B-01", suite=suite),
        "paper": work(folder / "paper", "补录", suite=suite),
        "loss": lose(folder / "loss", suite),
    }
