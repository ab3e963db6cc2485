"""A vote: what has been cast, and whether anything still to come could change the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.language.definition import Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballots:
    """Weights by ballot, and the weight of everybody who may vote. No vote is no ballot."""

    cast: Mapping[str, int]
    total: int

    def of(self, ballot: str) -> int:
        return self.cast.get(ballot, 0)

    @property
    def outstanding(self) -> int:
        return self.total - sum(self.cast.values())


def outcome(ballots: Ballots, vote: Vote) -> bool | None:
    """Carried, lost, or None while it is still open; who stays silent has agreed to nothing."""
    yes = ballots.of(vote.yes)
    if vote.passes(yes, ballots.total):
        return True
    if not vote.passes(yes + ballots.outstanding, ballots.total):
        return False
    return None
