"""The handbook's scenarios, played as written: states, people asked, deadlines, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language.definition import Step
from engine.rehearsal.player import Player
from engine.rehearsal.walk import Walk, load_walk
from tests.conftest import open_office

FOLDER = Path(__file__).parent / "walks"
WALKS = sorted(FOLDER.glob("*.yaml"))


def walk(name: str) -> Walk:
    """A walk by its number."""
    return load_walk(FOLDER / f"{name}.yaml")


def walk_steps(name: str, until: str = "9") -> tuple[Step, ...]:
    """The steps of a walk by its number, up to a moment of its clock."""
    return walk(name).until(until).steps


@pytest.mark.parametrize("path", WALKS, ids=lambda path: path.stem)
def test_the_walk_comes_out_as_written(path: Path) -> None:
    played_walk = load_walk(path)
    office = open_office(played_walk.start or "2026-10-12 08:00")
    played = Player(office).play(played_walk.steps)
    assert [miss.show() for miss in played.misses] == []
    assert played.steps == len(played_walk.steps)
