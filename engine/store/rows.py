"""What the store hands out: plain, frozen, and free of SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from engine.books.ledger import Posting
from engine.errors import GuichengError
from engine.evidence.record import Body, Disclosure, Record
from engine.kernel.case import Case
from engine.kernel.events import Event
from engine.kernel.values import Json
from engine.language.forms import Value


class Moved(GuichengError):
    """办理期间记录有变动"""


class Repeated(GuichengError):
    """这个请求已经办过"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record ready to be written, with what the tables need of it.

    `erased`: the (seq, path) of disclosures of its stream that it destroys; `destroyed`: the
    digests of attachments.
    """

    record: Record
    body: Body
    disclosures: tuple[Disclosure, ...]
    events: tuple[Event, ...]
    case: Case | None
    objects: tuple[tuple[str, bytes], ...] = ()
    erased: tuple[tuple[int, str], ...] = ()
    destroyed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One record as read back: its bytes, its body, what it discloses, its events."""

    position: int
    record: Record
    body: Body
    disclosures: tuple[Disclosure, ...]
    events: tuple[Event, ...]
    values: Mapping[str, Value]

    @property
    def stream(self) -> str:
        return self.body.stream

    @property
    def seq(self) -> int:
        return self.body.seq

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.body.time)

    @property
    def happened(self) -> datetime:
        return datetime.fromisoformat(self.body.happened)

    def disclosed(self, prefix: str) -> dict[str, Json]:
        """The disclosed values under a path prefix, without it."""
        return {
            one.path.removeprefix(prefix): one.value
            for one in self.disclosures
            if one.path.startswith(prefix)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A checkpoint kept in the store: the note over the first `size` records, when it was signed
    (RFC 3339, UTC).
    """

    size: int
    note: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    id: str
    number: str
    process: str
    title: str
    initiator: str
    department: str | None
    parent: str | None
    period: str | None
    configuration: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    case_id: str
    number: str
    process: str
    task: str
    state: str
    role: str
    claimed_by: str | None
    offered_at: datetime
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    case_id: str
    request: str
    kind: str  # "child", "told", "told_child", "amend" or "hand_over"
    target: str  # a process, a case, the request that opened a child, or ""
    action: str
    initiator: str | None
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLine:
    """One line of a book: the posting, and what lay there after it."""

    serial: int
    posting: Posting
    balance: Decimal
    balance_amount: Decimal
    at: datetime
    actor: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One line of an audit query."""

    position: int
    stream: str
    seq: int
    typ: str
    at: datetime
    actor: str
    actor_name: str
    principal: str | None
    number: str | None
    process: str | None
    state: str | None
    action: str
    meaning: str
    code: str | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What an auditor asks for; every part left None is not asked about."""

    person: str | None = None
    case_id: str | None = None
    process: str | None = None
    state: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    code: str | None = None
    refusals: bool = False
    limit: int | None = None
