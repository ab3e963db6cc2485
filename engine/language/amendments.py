"""What changes among the people between two publications of the roster: one dated fact each.

Each is a signed record beside the roster, and all of them are read as of the day it matters.
Days are inclusive at both ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engine.errors import EvidenceError
from engine.language.forms import Value
from engine.text import say


@dataclass(frozen=True, slots=True, kw_only=True)
class PostGranted:
    post: str
    person: str
    from_: date
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostWithdrawn:
    post: str
    person: str
    from_: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegated:
    """One person may act in another's name, in some processes or all; never onward.

    `limit` is the largest amount of a case he may act in (None: any).
    """

    from_person: str
    to_person: str
    from_: date
    until: date
    processes: tuple[str, ...] = ()
    limit: Decimal | None = None

    @property
    def is_whole(self) -> bool:
        """Whether everything is left to the other: the principal is as good as away."""
        return not self.processes and self.limit is None

    def covers(self, process: str) -> bool:
        return not self.processes or process in self.processes


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationEnded:
    """Called back: from this day the other acts in nobody's name but his own."""

    from_person: str
    to_person: str
    from_: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveTaken:
    person: str
    from_: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveEnded:
    """Back earlier than planned: on this day already."""

    person: str
    from_: date


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationGained:
    """A certificate and the last day it is good for."""

    person: str
    name: str
    from_: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LiaisonNamed:
    department: str
    person: str
    from_: date
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiaisonRemoved:
    department: str
    person: str
    from_: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLeft:
    """From this day the account is stopped; what was done keeps its name and title.

    What a case would still bring to him, as whoever began it or was named in it, comes to the
    successor, if there is one.
    """

    person: str
    from_: date
    successor: str | None = None


Amendment = (
    PostGranted
    | PostWithdrawn
    | Delegated
    | DelegationEnded
    | LeaveTaken
    | LeaveEnded
    | QualificationGained
    | LiaisonNamed
    | LiaisonRemoved
    | PersonLeft
)
_AMENDMENTS: Mapping[str, type[Amendment]] = {
    kind.__name__: kind
    for kind in (
        PostGranted,
        PostWithdrawn,
        Delegated,
        DelegationEnded,
        LeaveTaken,
        LeaveEnded,
        QualificationGained,
        LiaisonNamed,
        LiaisonRemoved,
        PersonLeft,
    )
}


def dump_amendment(amendment: Amendment) -> dict[str, Value]:
    """An amendment as plain values, for its record."""
    return {
        "amendment": type(amendment).__name__,
        **{name: getattr(amendment, name) for name in amendment.__slots__},
    }


def load_amendment(values: Mapping[str, Value]) -> Amendment:
    """The amendment a record holds. Errors: `EvidenceError` if it is of no known kind."""
    kind = _AMENDMENTS.get(str(values.get("amendment")))
    if kind is None:
        raise EvidenceError(say("记录中有不认识的人事变更"))
    return kind(**{name: values[name] for name in values if name != "amendment"})  # type: ignore[arg-type]
