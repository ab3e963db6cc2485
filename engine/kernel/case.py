"""One running procedure as its history has made it. How it came to be is in apply.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from engine.errors import EvidenceError
from engine.language.definition import is_done, is_within
from engine.language.forms import Values
from engine.text import say

WHOLE = ""  # the key under which the clocks of a whole suspended case are stopped


class Status(Enum):
    """Where a task is in its life. Only tasks have a status."""

    WAITING = "waiting"  # an added signer whose turn has not come
    OFFERED = "offered"
    CLAIMED = "claimed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the record says of all its events: place, moment, people, values."""

    seq: int
    at: datetime
    actor: str
    principal: str | None = None
    values: Values = field(default_factory=dict)

    @property
    def people(self) -> frozenset[str]:
        """The natural persons behind the act: who did it, and in whose name."""
        return frozenset({self.actor} | ({self.principal} if self.principal else set()))


class Purpose(Enum):
    """What a task is for: the work of its state, or a question to one person beside it."""

    WORK = "work"
    SIGN_AGAIN = "sign again"  # a signature fell; its signer looks at what changed
    CONSENT = "consent"  # somebody wants his act back after others have gone on


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work offered to people.

    `slot` is the place in the state's sign-off; ADDED for a signer somebody added. With
    `named`, a person has said who does it, and the roster's changes do not.
    """

    id: str
    state: str
    slot: int
    role: str
    people: tuple[str, ...]
    need: int
    status: Status
    offered_at: datetime
    claimed_by: str | None = None
    signed_by: tuple[str, ...] = ()
    done_by: str | None = None
    done_at: datetime | None = None
    detached: bool = False
    purpose: Purpose = Purpose.WORK
    named: bool = False
    consigned_by: str | None = None
    added_by: str | None = None
    beside: str | None = None  # the task of whoever added this signer
    is_before: bool = False  # an added signer signs before that task, or after it
    signature: int | None = None  # which signature is to be given again

    @property
    def is_open(self) -> bool:
        return self.status in (Status.OFFERED, Status.CLAIMED)

    @property
    def is_waiting(self) -> bool:
        return self.status is Status.WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Somebody did something: what duties, rounds and `actor_of` look at."""

    seq: int
    at: datetime
    actor: str
    principal: str | None
    state: str
    action: str
    task: str | None
    role: str
    duties: tuple[str, ...]
    meaning: str

    @property
    def people(self) -> frozenset[str]:
        return frozenset({self.actor} | ({self.principal} if self.principal else set()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    id: str
    kind: str
    state: str
    action: str | None
    set_at: datetime
    due: datetime
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child case as its parent knows it: wanted, then reported on."""

    request: str
    process: str
    case: str | None = None
    number: str | None = None
    reached: tuple[str, ...] = ()
    result: str | None = None


class Standing(Enum):
    """What has become of a signature. Only a standing one counts; all of them stay on record."""

    STANDS = "stands"
    FELL = "fell"  # what it covers has changed since
    SET_ASIDE = "set aside"  # the case went back, and the signer is asked anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed what: the fields he saw, with the values they had."""

    number: int
    seq: int
    at: datetime
    person: str
    state: str
    slot: int
    task: str
    action: str
    values: Values
    standing: Standing = Standing.STANDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One move: in which record, by whom, from where to where, after how many tasks."""

    seq: int
    at: datetime
    actor: str
    action: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    entered: tuple[str, ...]
    tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Detour:
    """The case was sent back to be mended and then comes straight back to who sent it."""

    to: str
    origin: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Somebody wants his act back; those who have acted since are asked."""

    by: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Fields put right after the fact, with the values they had."""

    seq: int
    at: datetime
    by: str
    old: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A deadline that has had its outcome: met, missed, or not needed any more."""

    timer: Timer
    at: datetime
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    id: str
    number: str
    process: str
    definition: str
    edition: int
    params: str
    initiator: str
    department: str | None
    parent: str | None
    request: str | None
    period: str | None
    opened_at: datetime
    seq: int
    configuration: tuple[str, ...] = ()
    values: Values = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    acts: tuple[Act, ...] = ()
    entered: Mapping[str, datetime] = field(default_factory=dict)
    signed: Mapping[str, Values] = field(default_factory=dict)
    ticked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timers: tuple[Timer, ...] = ()
    ended: tuple[Ended, ...] = ()
    stopped: Mapping[str, datetime] = field(default_factory=dict)
    children: tuple[Child, ...] = ()
    members: tuple[str, ...] = ()
    member_numbers: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    moves: tuple[Moved, ...] = ()
    detour: Detour | None = None
    kept: frozenset[str] = frozenset()  # states where what was signed and ticked still counts
    withdrawal: Withdrawal | None = None
    corrections: tuple[Correction, ...] = ()
    suspended_until: date | None = None
    copied: tuple[str, ...] = ()
    carried_to: str | None = None
    closed_at: datetime | None = None
    result: str | None = None

    @property
    def latest(self) -> datetime:
        """When something last happened here that moved the case or was an act of it."""
        acted = (act.at for act in self.acts[-1:])
        return max((self.opened_at, *self.entered.values(), *acted))

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        """The open work of the states."""
        return tuple(one for one in self.asked if one.purpose is Purpose.WORK)

    @property
    def asked(self) -> tuple[Task, ...]:
        """Everything people are asked for: open work, and questions beside it."""
        return tuple(task for task in self.tasks if task.is_open)

    @property
    def is_suspended(self) -> bool:
        return WHOLE in self.stopped

    def to_sign_again(self) -> tuple[Task, ...]:
        """The open requests to sign again because a signature fell."""
        return tuple(one for one in self.asked if one.purpose is Purpose.SIGN_AGAIN)

    def task(self, task_id: str) -> Task:
        """A task by its id. Errors: `EvidenceError` if no record has offered it."""
        found = next((task for task in self.tasks if task.id == task_id), None)
        if found is None:
            raise EvidenceError(say("没有这项待办:{task}", task=task_id))
        return found

    def is_in(self, path: str) -> bool:
        """Whether any active leaf is `path` or lies inside it."""
        return any(is_within(leaf, path) for leaf in self.configuration)

    def unfinished(self, parallel: str) -> tuple[str, ...]:
        """The branches of a parallel state still in work, as full paths."""
        depth = parallel.count("/") + 2
        return tuple(
            "/".join(leaf.split("/")[:depth])
            for leaf in self.configuration
            if is_within(leaf, parallel) and not is_done(leaf)
        )

    def signatures_behind(self, entered: tuple[str, ...]) -> tuple[int, ...]:
        """The signatures given since a state now entered again was last entered.

        None on a detour: it comes back to where they were given.
        """
        since = [self.entered[path] for path in entered if path in self.entered]
        if not since or self.detour is not None:
            return ()
        return tuple(
            one.number
            for one in self.signatures
            if one.standing is not Standing.SET_ASIDE
            and one.at >= min(since)
            and one.state not in self.kept
        )

    def rounds(self, action: str) -> int:
        """How often an action (by name, or as 环节.动作) was done in this case."""
        state, _, name = action.rpartition(".")
        return len(
            {
                act.seq
                for act in self.acts
                if act.action == name and (not state or act.state == state)
            }
        )
