"""The handbook's scenarios, played as written: states, people asked, deadlines, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language.definition import Step
from engine.language.loader import load_steps
from engine.language.reader import Cursor, Mapping_, read
from engine.rehearsal.player import Player
from tests.conftest import open_office

FOLDER = Path(__file__).parent / "walks"
WALKS = sorted(FOLDER.glob("*.yaml"))


def walk_steps(name: str) -> tuple[Step, ...]:
    """The steps of a walk by its number."""
    path = FOLDER / f"{name}.yaml"
    node, problems = read(path.read_text("utf-8"), path.name)
    assert isinstance(node, Mapping_)
    return load_steps(Cursor(problems), node.get("do"))


@pytest.mark.parametrize("walk", WALKS, ids=lambda path: path.stem)
def test_the_walk_comes_out_as_written(walk: Path) -> None:
    node, problems = read(walk.read_text("utf-8"), walk.name)
    assert isinstance(node, Mapping_)
    steps = load_steps(Cursor(problems), node.get("do"))
    assert [str(problem) for problem in problems] == []
    start = node.get("start")
    office = open_office(start.text if start is not None else "2026-11-01 08:00")  # type: ignore[union-attr]
    played = Player(office).play(steps)
    assert [miss.show() for miss in played.misses] == []
    assert played.steps == len(steps)
