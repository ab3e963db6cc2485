"""Played scenarios: files of steps with a clock, one going on from another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import DefinitionProblems, Source
from engine.language.definition import Step
from engine.language.loader import load_steps
from engine.language.reader import Cursor, Mapping_, Node, Scalar, read

SUFFIX = ".yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A scenario: when it begins, as `2026-10-12 08:00`, and its steps."""

    start: str | None
    steps: tuple[Step, ...]

    def until(self, moment: str) -> Walk:
        """The steps up to a moment of the walk's clock."""
        late = (n for n, step in enumerate(self.steps) if str(step.detail.get("at", "")) > moment)
        return Walk(start=self.start, steps=self.steps[: next(late, len(self.steps))])


def load_walk(path: Path) -> Walk:
    """A walk with the steps of the one it goes on from first. Errors: `DefinitionProblems`."""
    node, problems = read(path.read_text("utf-8"), path.name)
    top = node if isinstance(node, Mapping_) else Mapping_((), Source(path.name))
    steps = load_steps(Cursor(problems), top.get("do"))
    if problems:
        raise DefinitionProblems(problems)
    start, after = top.get("start"), top.get("after")
    if not isinstance(after, Mapping_):
        return Walk(start=_text(start), steps=steps)
    before = load_walk(path.parent / f"{_text(after.get('walk'))}{SUFFIX}")
    until = _text(after.get("until"))
    before = before.until(until) if until else before
    return Walk(start=before.start, steps=(*before.steps, *steps))


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) else None
