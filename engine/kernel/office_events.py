"""Events of the office as a whole, and of its history: what is in force, whose keys, who looked on,
what was sealed, destroyed and lost.

Like those of cases (events.py) they are never changed once released.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from engine.kernel.events import Event, Part
from engine.language.forms import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Event):
    """A text took effect. `kind`: process, roster, params or calendar."""

    kind: str
    name: str
    edition: int
    digest: str  # of the object that holds the text
    model: str  # of what was understood (language/dump.py)
    effective: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterAmended(Event):
    """A post granted or withdrawn, a delegation, a leave: dated, beside the roster."""

    amendment: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysChanged(Event):
    """A key enrolled, rotated or revoked."""

    plain: ClassVar[frozenset[str]] = frozenset(("change",))

    change: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected(Event):
    """Somebody looked on and drew a sample: what was asked for, and the case numbers drawn."""

    asked: Mapping[str, Value]
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpointed(Event):
    """What stood in the store just before this record; a checkpoint over both is signed next."""

    heads: str  # Merkle root over the heads of all streams, 64 hex digits
    streams: int
    records: int
    tzdata: str  # edition of the time zone data in use
    schema: str  # revision of the database
    code: str  # version of this program


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Part):
    """One value of an earlier record of the same stream: where it was, and its commitment."""

    seq: int
    path: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver(Part):
    """Who consented to what another put on record, and his signature (evidence-spec.md §7)."""

    uid: str
    name: str
    key: str
    at: str
    sig: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted(Event):
    """Values were destroyed for good; their commitments stay where they are."""

    parts: ClassVar[Mapping[str, type[Part]]] = {"targets": Target, "approvers": Approver}

    targets: tuple[Target, ...]
    objects: tuple[str, ...]  # digests of the attachments destroyed
    basis: str
    approvers: tuple[Approver, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored(Event):
    """A copy took the place of a log that was lost; another log begins (evidence-spec.md §9)."""

    parts: ClassVar[Mapping[str, type[Part]]] = {"consents": Approver}

    kept: int  # records in the copy
    root: str  # over those
    log: int  # number of the log that begins
    lost_log: int  # number of the log that was lost
    lost_size: int  # records under its newest checkpoint known, 0 if none is
    lost_root: str
    reason: str
    consents: tuple[Approver, ...]
