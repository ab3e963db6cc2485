"""Honest ground: an office that has worked, its checkpoints kept outside, its bundles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.bundling import case_scope, collect, period_scope
from engine.evidence.bundle import Scope, dump_bundle
from engine.evidence.checkpoint import dump_vkey
from engine.evidence.suite import SHA256_ED25519, Suite
from engine.rehearsal.office import Office, Texts
from engine.rehearsal.player import Player
from engine.rehearsal.walk import load_walk
from engine.sealing import build_of, seal
from tests.conftest import ROOT, open_office
from verifier.certificates import Certificate
from verifier.files import Files
from verifier.logs import Outside
from verifier.notes import Trust, load_trust
from verifier.report import Report
from verifier.verifying import verify

ORIGIN = "evidence.example"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """An office, a note kept outside from halfway and one from the end, and its store bundle;
    `lost`, if it lost its newest records once (losses.py), is a note of the log that is gone.
    """

    office: Office
    folder: Path
    vkey: str
    early: bytes
    late: bytes
    files: Mapping[str, bytes]
    lost: bytes = b""

    @property
    def trust(self) -> Trust:
        return load_trust(self.vkey)

    def case_files(self, case_id: str) -> dict[str, bytes]:
        number = self.office.store.load_case(case_id).number
        return dump_bundle(collect(self.office.store, case_scope(case_id, number)))

    def period_files(self, since: datetime, until: datetime) -> dict[str, bytes]:
        return dump_bundle(collect(self.office.store, period_scope(since, until)))

    def judge(self, files: Mapping[str, bytes], level: int = 5) -> Report:
        """The report with the trusted key and both notes from outside."""
        return judge(files, self.vkey, (self.early, self.late), level)


def judge(
    files: Mapping[str, bytes],
    vkey: str | None,
    notes: tuple[bytes, ...],
    level: int = 5,
    anchors: tuple[Certificate, ...] = (),
) -> Report:
    outside = tuple(Outside(name=f"outside-{n}", content=one) for n, one in enumerate(notes))
    return verify(
        Files(contents=files), load_trust(vkey) if vkey else None, outside, level, anchors
    )


def work(
    folder: Path,
    walk: str,
    texts: Texts | None = None,
    *,
    until: str | None = None,
    suite: Suite = SHA256_ED25519,
) -> Ground:
    """Play a walk in a new office, a checkpoint halfway and one at its end."""
    folder.mkdir(parents=True, exist_ok=True)
    story = load_walk(ROOT / "tests" / "walks" / f"{walk}.yaml")
    steps = story.until(until).steps if until else story.steps
    office = open_office(story.start or "2026-10-12 08:00", texts, ORIGIN, suite)
    player = Player(office)
    half = len(steps) // 2
    player.play(steps[:half])
    early = sign(office, folder)
    played = player.play(steps[half:])
    assert [miss.show() for miss in played.misses] == []
    late = sign(office, folder)
    files = dump_bundle(collect(office.store, Scope()))
    vkey = dump_vkey(ORIGIN, office.service.public)
    return Ground(office=office, folder=folder, vkey=vkey, early=early, late=late, files=files)


def sign(office: Office, folder: Path) -> bytes:
    """One more checkpoint; the note as somebody outside keeps it."""
    made = seal(office.desk, folder / "SYSTEM.signed", build_of(office.store))
    return made.checkpoint.note.encode()
