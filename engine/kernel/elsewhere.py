"""What one case may know of a person's work in all the others, and an office without any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskElsewhere:
    """Open work in some case, with everybody it is offered to."""

    case: str
    number: str
    process: str
    task: str
    state: str
    role: str
    people: tuple[str, ...]
    claimed_by: str | None
    offered: datetime
    due: datetime | None

    def is_in_hands_of(self, person: str) -> bool:
        """Whether nobody else can do it as things are: it is claimed, or offered to him alone."""
        return self.claimed_by == person or (self.claimed_by is None and self.people == (person,))


@dataclass(frozen=True, slots=True, kw_only=True)
class ActElsewhere:
    """What somebody did in another's name."""

    case: str
    number: str
    process: str
    state: str
    action: str
    actor: str
    at: datetime


Answer = tuple[TaskElsewhere, ...] | tuple[ActElsewhere, ...]
Seen = Mapping[tuple[str, str], Answer]  # (what was asked, person) → what was answered


class Elsewhere(Protocol):
    """The work of an office by person; every question is remembered, so that an answer which
    has changed meanwhile is found before anything is written.
    """

    @property
    def seen(self) -> Seen:
        """What was asked, and answered, so far."""
        ...

    def tasks_of(self, person: str) -> tuple[TaskElsewhere, ...]:
        """The open work offered to a person, the oldest first."""
        ...

    def acts_for(self, principal: str) -> tuple[ActElsewhere, ...]:
        """What others have done in a person's name, the oldest first."""
        ...


class Nowhere:
    """An office where nothing else is going on."""

    seen: Seen = MappingProxyType({})

    def tasks_of(self, person: str) -> tuple[TaskElsewhere, ...]:
        return ()

    def acts_for(self, principal: str) -> tuple[ActElsewhere, ...]:
        return ()
