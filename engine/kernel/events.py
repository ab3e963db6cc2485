"""The facts a history is made of, one frozen class each.

An event says what happened, in the past tense, and carries all that `apply` needs, so
that rebuilding never asks the definition, the roster or the clock. A released event is
never changed; a new shape is a new class with a higher `version`.

Values of form fields are not inside events: they stand beside them in the record, each
under its own commitment, so that one can be redacted and the rest still replays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from engine.language.forms import Row, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line of a list inside an event: texts and whole numbers only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact. `version` counts the shapes this name has had."""

    version: ClassVar[int] = 1
    parts: ClassVar[Mapping[str, type[Part]]] = {}  # the fields that hold parts, and of which kind
    plain: ClassVar[frozenset[str]] = frozenset()  # the fields that are JSON as they stand


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Event):
    case: str
    number: str
    process: str
    definition: str  # digest of the pinned definition
    edition: int
    params: str  # digest of the pinned parameters
    initiator: str
    department: str | None
    parent: str | None
    request: str | None  # the parent's request this case answers
    period: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsSet(Event):
    """Fields got the values that stand in the record under these paths.

    A path is the field's name, with "#2", "#3" … if one record sets it again.
    """

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsAppended(Event):
    """The table got the rows that stand in the record under `path`."""

    field: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted(Event):
    """Somebody did an act: the unit that duties, rounds and earlier actors count.

    With `system`, the engine did it as a consequence of the record's act.
    """

    system: bool
    state: str
    action: str
    task: str | None
    role: str
    duties: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatesMoved(Event):
    action: str
    exited: tuple[str, ...]
    entered: tuple[str, ...]
    configuration: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOffCompleted(Event):
    """Every signature a state asks for is given; the values as they stand were signed."""

    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOffered(Event):
    task: str
    state: str
    slot: int
    role: str
    people: tuple[str, ...]
    need: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReoffered(Event):
    """The people who could changed, because the roster did."""

    task: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskClaimed(Event):
    task: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReleased(Event):
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSigned(Event):
    """One of the signatures a task needs; the task stays open for the others."""

    task: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted(Event):
    task: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelled(Event):
    task: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDetached(Event):
    """The parallel state was left, but this work goes on; its result moves nothing."""

    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsTicked(Event):
    state: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerSet(Event):
    """`kind`: due, remind, or act (the system performs `action`)."""

    timer: str
    kind: str
    state: str
    action: str | None
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerCancelled(Event):
    timer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired(Event):
    """A timer's moment came. `told` are those reminded or escalated to."""

    timer: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStopped(Event):
    state: str
    timers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockResumed(Event):
    state: str
    timers: tuple[str, ...]
    dues: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRequested(Event):
    """A child case is wanted; opening it is a record of its own, in its own stream."""

    request: str
    process: str
    initiator: str | None
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildReported(Event):
    """What a child has come to; `result` once it has ended."""

    request: str
    case: str
    number: str
    process: str
    state: str
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined(Event):
    case: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTold(Event):
    """The system is to perform `action` in another case; `lines` are for its table `into`."""

    request: str
    case: str
    action: str
    into: str | None
    lines: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildTold(Event):
    """The system is to perform `action` in the child once asked for as `child`."""

    request: str
    child: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentRequested(Event):
    """The system is to put a change among the people on record (language/amendments.py)."""

    request: str
    amendment: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverRequested(Event):
    """The system is to give what a person has in hand in another case to somebody else."""

    request: str
    case: str
    by: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTold(Event):
    people: tuple[str, ...]
    say: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySent(Event):
    """These people were given the case to read."""

    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Event):
    state: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCarried(Event):
    """The open matter of this case went on in another one."""

    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted(Event):
    """A lot of a book grew or shrank (books/ledger.py). `owner` is the number of a case,
    `of` that of the case whose postings it answers.
    """

    book: str
    item: str
    kind: str
    lot: str
    quantity: Decimal
    cost: Decimal
    owner: str
    of: str
    holders: tuple[str, ...]
    details: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOpened(Event):
    """A card of a book begins: `quantity`, worth `amount`, is what the postings before this event
    brought in. It stands in the case's record and once more at the head of the card's own stream.
    """

    book: str
    item: str
    kind: str
    quantity: Decimal
    amount: Decimal

    @property
    def stream(self) -> str:
        """The stream that holds the opening balance of this card, and begins with it."""
        return f"stock/{self.book}/{self.item}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChanged(Event):
    """What an owner still has to get of an item grew or shrank by `quantity`."""

    book: str
    item: str
    owner: str
    quantity: Decimal
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFrozen(Event):
    """The book stands still while this case counts it."""

    book: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookThawed(Event):
    book: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupied(Event):
    """A case took a thing of a diary (books/booking.py). `owner` is its number, `case` its id;
    `begins` and `ends` are the time with what comes before and after.
    """

    diary: str
    thing: str
    owner: str
    case: str
    from_: datetime
    until: datetime
    begins: datetime
    ends: datetime
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacated(Event):
    """An occupation, told by its owner and its time, ended at a moment; `by` is the number of
    the case that ended it: its owner, or one that was let in before it.
    """

    diary: str
    thing: str
    owner: str
    begins: datetime
    ends: datetime
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTransferred(Event):
    """The work is now these people's, whatever the roster says of the role."""

    task: str
    by: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskConsigned(Event):
    """Somebody does part of the work for its holder; it comes back to him."""

    task: str
    by: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHandedBack(Event):
    task: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerAdded(Event):
    """One more person signs in a state, before or after the task of whoever added him."""

    task: str
    beside: str
    state: str
    role: str
    person: str
    is_before: bool
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOpened(Event):
    """The turn of a signer added to come after has come."""

    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAsked(Event):
    """A question to somebody beside the work of the states: `sign again` or `consent`."""

    task: str
    purpose: str
    state: str
    slot: int
    role: str
    people: tuple[str, ...]
    signature: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureGiven(Event):
    """A signature over these fields as they stand in the case."""

    task: str
    state: str
    slot: int
    action: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturesFell(Event):
    """What these signatures cover has changed in `fields`; they count no more."""

    signatures: tuple[int, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturesSetAside(Event):
    """The case went back behind these signatures: their signers will be asked anew."""

    signatures: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturesUpheld(Event):
    """The rule lets these signatures stand although `fields` have changed."""

    signatures: tuple[int, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBack(Event):
    """The case was sent back to `to`; with `returns` it then comes straight back to `origin`."""

    to: str
    origin: tuple[str, ...]
    returns: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack(Event):
    """The detour is over; standing signatures of the states `kept` need not be given again."""

    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSuspended(Event):
    """Work rests and every clock stands still. `until` is when it is expected to go on."""

    until: date | None
    timers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResumed(Event):
    timers: tuple[str, ...]
    dues: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalAsked(Event):
    """`by` wants his act back, to the configuration `to`; those who acted since are asked."""

    by: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalEnded(Event):
    """Carried out, declined, or overtaken by a step."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected(Event):
    """Fields are put right by the values in this record; the old ones stay in history."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(Event):
    state: str
