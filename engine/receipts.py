"""What an act comes to: what was seen before it, and what a person gets back for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.evidence.record import Head
from engine.kernel import events as happened
from engine.kernel.case import Case
from engine.kernel.command import Refusal
from engine.kernel.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a person gets back for an act: where it stands in the history, and what follows."""

    case: Case | None
    stream: str
    seq: int
    digest: str
    at: datetime
    action: str
    events: tuple[happened.Event, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal that has been recorded: the reasons, and where it stands in the history."""

    case: Case | None
    refusal: Refusal
    seq: int
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a case: what it is, what bears on it, and the heads it was read under."""

    case: Case
    situation: Situation
    stream: str
    heads: Mapping[str, Head | None]

    @property
    def seq(self) -> int:
        """The place the next record of the case would have."""
        head = self.heads[self.stream]
        return head.seq + 1 if head else 0
