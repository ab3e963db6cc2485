"""What is asked of a case, and the two answers there are: a decision or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.errors import Source
from engine.kernel.events import Event
from engine.language.definition import (
    EVERYDAY,
    SIGN_AGAIN,
    Action,
    Meaning,
    ProcessDefinition,
    Role,
    State,
)
from engine.language.forms import Attachment, Row, Value, Values
from engine.text import Text, say

READONLY = "E_READONLY"
DONE = "E_DONE"
APART = "E_SOD"
DELEGATION = "E_DELEGATION"
ROLE = "E_ROLE"
VERSION = "E_VERSION"
PERIOD_CLOSED = "E_PERIOD_CLOSED"
FROZEN = "E_FROZEN"
GUARD = "E_GUARD"
LIMIT = "E_LIMIT"
SIGN_REQUIRED = "E_SIGN_REQUIRED"
SIGN_VOID = "E_SIGN_VOID"
KEY = "E_KEY"
CONFLICT = "E_CONFLICT"
ATTACHMENT = "E_ATTACH"
FIFO = "E_FIFO"
BALANCE = "E_BALANCE"
AB_ABSENT = "E_AB_ABSENT"  # both of an A/B pair would be out at once
STRAND = "E_STRAND"  # a later step would be left to nobody, and somebody else could do this one

# domain rule: when several hold at once, the first of these is the main code
CALENDAR = "E_CALENDAR"  # a deadline beyond the years the work calendar knows
ORDER = (READONLY, DONE, APART, DELEGATION, ROLE, VERSION, PERIOD_CLOSED, FROZEN)
INCURABLE = frozenset({DONE, APART, READONLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """An act done on paper and entered afterwards: who enters it, when it happened, the scans.

    The act itself is judged by the day it happened.
    """

    recorder: str
    happened: datetime
    scans: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """A person asks for an action. `values` are typed; `row` is one for `append`."""

    action: str
    actor: str
    principal: str | None = None
    branch: str | None = None
    reopen: tuple[str, ...] = ()
    values: Values = field(default_factory=dict)
    row: Row | None = None
    reason: str | None = None
    paper: Paper | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A person saves values without moving the case."""

    actor: str
    values: Values
    principal: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TickItems:
    """A person ticks lines of a checklist; no items means every one still open."""

    actor: str
    items: tuple[str, ...]
    principal: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A person takes an offered task for himself."""

    actor: str
    branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A person gives a claimed task back to those it was offered to."""

    actor: str
    branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Everyday:
    """A person asks for an everyday action the procedure allows (definition.EVERYDAY).

    `people` are those it goes to, `state` where it goes; `is_before` says when an added
    signer signs, `returns` whether the case comes straight back; `until` when a suspended
    case is expected to go on.
    """

    verb: str
    actor: str
    principal: str | None = None
    branch: str | None = None
    people: tuple[str, ...] = ()
    state: str | None = None
    is_before: bool = True
    returns: bool | None = None
    until: date | None = None
    values: Values = field(default_factory=dict)
    reason: str | None = None


Command = Perform | Fill | TickItems | Claim | Release | Everyday


def is_everyday(definition: ProcessDefinition, action: str, to: object) -> bool:
    """Whether a word means an everyday action here: where the procedure has an action of its
    own so called, only if somebody says where it goes.
    """
    if action == SIGN_AGAIN:
        return True
    own = any(one.name == action for one in definition.all_actions())
    return action in EVERYDAY and (not own or bool(to))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason why not: code, sentence, the rule it rests on, who could lift it.

    With `is_final`, nothing this person or another does makes this very request possible.
    """

    code: str
    text: Text
    rule: str | None = None
    source: Source | None = None
    remedy: Text | None = None
    is_final: bool = False

    @property
    def is_curable(self) -> bool:
        return not self.is_final and self.code not in INCURABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The rules say no. Every reason is given; the first carries the main code."""

    action: str
    state: str
    reasons: tuple[Reason, ...]
    facts: Mapping[str, Value] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.reasons[0].code


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The rules say yes: what becomes of it, and everything that was read to say so."""

    action: str
    state: str
    task: str | None
    events: tuple[Event, ...]
    values: Values
    facts: Mapping[str, Value]
    meaning: Meaning = Meaning.NONE
    principal: str | None = None
    recorded_for: str | None = None  # the outsider or body whose act a clerk entered
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An action somebody could ask for, in the state that offers it."""

    action: Action
    state: State
    role: Role | None
    detached_task: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """An act in another case of the family, for the incompatible duties."""

    case: str
    number: str
    state: str
    action: str
    role: str
    duties: tuple[str, ...]
    people: frozenset[str]
    at: datetime


def no_comment(action: str, source: Source | None) -> Reason:
    """An action that has to be explained was not."""
    text = say("“{action}”必须写明意见", action=action)
    return Reason(code=GUARD, text=text, source=source, remedy=say("请加上 --reason 意见"))


def no_power(text: Text, able: tuple[str, ...]) -> Reason:
    """Somebody may not; by name, who may."""
    remedy = say("应由 {people} 办理", people=able or say("(无人在岗)"))
    return Reason(code=ROLE, text=text, remedy=remedy)


def in_order(reasons: list[Reason]) -> tuple[Reason, ...]:
    """The reasons with the main one first (domain order of codes; stable otherwise)."""

    def rank(reason: Reason) -> int:
        return ORDER.index(reason.code) if reason.code in ORDER else len(ORDER)

    return tuple(sorted(reasons, key=rank))
