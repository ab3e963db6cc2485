"""What a procedure says, once it has been read: frozen data and nothing that runs.

The loader builds these from YAML, the kernel reads them. Every object keeps the place
it was written (`Source`), so that a refusal years later can point at the line.
Paths name states from the outside in, joined by "/": `会前准备/场地布置`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from engine.errors import Source
from engine.language.calendar import DayMoment, Moment, Span
from engine.language.effects import Effect, Entry, SetFields, StartCase, Take, TellPeople
from engine.language.expressions import Expression
from engine.language.forms import Form
from engine.language.reader import Mapping_

SEPARATOR = "/"
DONE = "完成"  # the leaf a branch of a parallel state rests in once it is finished
CLAIM, RELEASE, FILL, TICK = "签收", "退还", "填写", "勾选"  # what every task can have done to it
TRANSFER, CONSIGN, HAND_BACK = "转办", "委派", "交回"
ADD_SIGNER, DROP_SIGNER = "加签", "减签"
URGE, COPY, COMMENT = "催办", "抄送", "批注"
SUSPEND, RESUME = "挂起", "恢复"
RETURN, WITHDRAW, CONSENT, DECLINE = "退回", "撤回", "同意撤回", "不同意撤回"
CORRECT, SIGN_AGAIN, REOPEN = "更正", "重签", "重开"
# each everyday action with the word of `everyday:` that allows it
EVERYDAY: Mapping[str, str] = {
    TRANSFER: "transfer",
    CONSIGN: "consign",
    HAND_BACK: "consign",
    ADD_SIGNER: "add_signer",
    DROP_SIGNER: "add_signer",
    URGE: "urge",
    COPY: "copy",
    COMMENT: "comment",
    SUSPEND: "suspend",
    RESUME: "suspend",
    RETURN: "return",
    WITHDRAW: "withdraw",
    CONSENT: "withdraw",
    DECLINE: "withdraw",
    CORRECT: "correct",
    REOPEN: "reopen",
}
ADDED = -1  # the place in a sign-off of a signer whom somebody added
ADDED_ROLE = "加签人"
SYSTEM = "SYSTEM"  # the engine itself, acting on timers and joins; never a person


class Meaning(Enum):
    """What a signature means (21 CFR 11.50(a)(3); evidence-spec.md, field `meaning`)."""

    NONE = "none"
    AUTHORSHIP = "authorship"
    REVIEW = "review"
    APPROVAL = "approval"
    REJECTION = "rejection"
    RESPONSIBILITY = "responsibility"
    RECEIPT = "receipt"
    CUSTODY = "custody"
    WITNESS = "witness"


class Kind(Enum):
    """How a state is occupied."""

    TASK = "task"  # somebody has work to do here
    WAIT = "wait"  # nobody has; the state is left by the system
    PARALLEL = "parallel"  # every branch at once
    COMPOUND = "compound"  # one inner state at a time
    FINAL = "final"


class Late(Enum):
    """What happens when a deadline passes. Consent by silence is not among them."""

    RECORD = "record"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """The clause of the handbook a state implements."""

    document: str | None
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition that must hold, with the words for the day it does not."""

    name: str | None
    that: Expression
    refuse: str  # refusal code
    say: str | None
    cite: str | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Who may act: people found by an expression, a body that decides, or an outsider.

    `people` is empty for SYSTEM. For a collective decision or an outsider, `recorder`
    says who enters it, and `minutes` which fields must then be filled.
    """

    name: str
    en: str | None
    people: Expression | None
    collective: str | None
    outsider: str | None
    recorder: Expression | None
    minutes: tuple[str, ...]
    source: Source

    @property
    def is_recorded(self) -> bool:
        return self.recorder is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place in a sign-off, or the single place of a plain `who`."""

    role: Role
    when: Expression | None
    need: Expression | None  # how many different people; None is one
    weight: int = 1  # of each person's vote


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When something is due. Exactly one of `span`, `moment` and `on` is given.

    `span` counts from entry, from the entry of `after`, or back from `before`;
    `moment` is a fixed day of the month held in the period field `of`; `on` is a date, whose
    working hours are the last. `tell` names who else is told once it is late.
    """

    when: Expression | None
    span: Span | None
    after: str | None
    before: Expression | None
    moment: Moment | None
    of: Expression | None
    on: Expression | None
    late: Late
    tell: Expression | None
    remind: Decimal | None  # share of the time gone, 0.8 unless told otherwise
    source: Source

    @property
    def follows_a_field(self) -> bool:
        """Whether it moves when the field it is measured from does."""
        return self.before is not None or self.on is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a checklist. It is ticked only once those in `after` are."""

    name: str
    en: str | None
    when: Expression | None
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    items: tuple[Item, ...]
    refuse: str
    one_at_a_time: bool  # each line is a record of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What must be complete before an action may leave.

    `signed`: the sign-off of the state. Otherwise branches of the parallel state:
    those named in `branches`, or any `count` of those in work (None: all of them).
    """

    signed: bool = False
    branches: tuple[str, ...] = ()
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way an action may go. `to` is a full path; None stays where it is.

    With `is_back` it goes where the case was before it came to this state.
    """

    when: Expression | None
    to: str | None
    is_back: bool = False
    source: Source

    @property
    def moves(self) -> bool:
        return self.to is not None or self.is_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a person, or SYSTEM, may ask for in a state.

    `arms` are tried in order and the last has no condition; an action with `refuse`
    has none and always says no. `home` is the state that declares it, or "" for one
    declared for the whole case, whose states are then in `sources`.
    """

    name: str
    en: str | None
    home: str
    sources: tuple[str, ...]
    arms: tuple[Arm, ...]
    who: Slot | None
    by_system: bool
    when: Expression | None
    after: Gate | None
    auto: bool
    at: Deadline | None
    need: tuple[Rule, ...]
    reason: bool
    edit: tuple[str, ...]
    require: tuple[Required, ...]
    append: str | None
    start: StartCase | None
    set: SetFields | None
    post: tuple[Entry, ...]
    reopen: tuple[str, ...] | None  # () lets the person choose
    rest: str  # "cancel" or "keep": what becomes of the other branches
    limit: int | None
    beyond: str | None
    refuse: str | None
    say: str | None
    meaning: Meaning
    tell: TellPeople | None
    stand: tuple[str, ...]  # states whose signatures stand whatever this changes
    duties: tuple[str, ...]
    source: Source

    @property
    def id(self) -> str:
        return f"{self.home}.{self.name}"

    @property
    def moves(self) -> bool:
        """Whether it can take the case on; one that cannot leaves it where it is."""
        return any(arm.moves for arm in self.arms) or self.beyond is not None

    @property
    def is_signature(self) -> bool:
        """Whether each who does it signs, and it moves on once all have."""
        return self.after is not None and self.after.signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """A field that must be filled, always or when the expression holds."""

    field: str
    when: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """A sign-off where people may differ: what is cast, and which share of all weights passes.

    The share is `part` of `whole`; with `is_over` more than that is needed, not just as much.
    """

    yes: str
    no: str
    abstain: str | None
    part: int
    whole: int
    is_over: bool

    @property
    def ballots(self) -> tuple[str, ...]:
        return (self.yes, self.no, *((self.abstain,) if self.abstain else ()))

    def passes(self, weight: int, total: int) -> bool:
        """Whether this weight of yes, out of the total, carries it."""
        left, right = weight * self.whole, self.part * total
        return left > right if self.is_over else left >= right


@dataclass(frozen=True, slots=True, kw_only=True)
class EverydayRule:
    """An everyday action a procedure allows, and its limits.

    `word` is the keyword; `within` the states (empty: wherever there is work); `who` may do
    it (None: its natural doer); `to` the people it may go to (None: others of the role).
    `targets` are states to go to (empty: any that was passed through); `then` is "replay",
    "back" or "choose"; `span` the least time between two, or the longest.
    """

    word: str
    within: tuple[str, ...]
    who: Slot | None
    to: Expression | None
    limit: int | None
    span: Span | None
    consent: bool
    targets: tuple[str, ...]
    then: str
    fields: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    path: str
    en: str | None
    kind: Kind
    basis: Clause | None
    slots: tuple[Slot, ...]
    need: Expression | None  # how many slots must be satisfied; None is all
    order: bool
    vote: Vote | None
    meaning: Meaning
    sees: tuple[str, ...]
    edit: tuple[str, ...]
    require: tuple[Required, ...]
    hide: tuple[str, ...]
    due: tuple[Deadline, ...]
    checklist: Checklist | None
    when: Expression | None  # a branch is in work only if this holds on entry
    inner: tuple[State, ...]
    start: str | None  # full path of the inner state entered first
    actions: tuple[Action, ...]
    entry: tuple[Effect, ...]
    clock_stopped: bool
    result: str | None  # of a final state: done, rejected, cancelled
    source: Source

    @property
    def name(self) -> str:
        return self.path.rpartition(SEPARATOR)[2]

    def walk(self) -> Iterator[State]:
        """This state and all inside it, in the order written."""
        yield self
        for inner in self.inner:
            yield from inner.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty of the incompatible-duties table: acts, and posts that hold it standing."""

    name: str
    acts: tuple[str, ...]  # "环节.动作", as written
    holders: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Two duties, or two roles, that one natural person may not both have."""

    rule: str | None
    duties: tuple[str, str]
    within: str  # "case" or "family"
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """What a periodic start takes over from the previous period's unfinished case."""

    state: str
    same: tuple[str, ...]
    take: tuple[str, ...]
    reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """A periodic start: when, for whom, and what each new case is given.

    With `when`, a case is opened only if that holds of the case as it would be; with
    `unless_open`, not while the one before it is still open.
    """

    moment: Moment | DayMoment
    each: str | None  # "department" or None
    initiator: Expression
    set: tuple[tuple[str, Expression], ...]
    when: Expression | None
    unless_open: bool
    carry: Carry | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Many cases into one: members of `process` in state `at` with an equal `key`.

    They are taken in from the moment this case reaches `after` (at once, if None) until
    it reaches `until`.
    """

    process: str
    at: str
    key: str
    after: str | None
    take: Take
    until: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildReport:
    """What a child tells this case when it first reaches one of `at` (or ends)."""

    process: str
    at: tuple[str, ...]
    take: Take | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Quantities that must come out equal after every step, line by line of a table or once."""

    per: str | None
    equations: tuple[tuple[Expression, Expression], ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    when: Expression | None
    then: str | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable:
    """Ordered rows, first hit; the last has no condition."""

    name: str
    rows: tuple[TableRow, ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of an example or a walk, as typed: text, lists and mappings of text."""

    detail: Mapping[str, object]
    source: Source
    _written: Mapping_ = field(compare=False, repr=False)

    @property
    def written(self) -> Mapping_:
        """The same with the place of every word."""
        return self._written


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An owner's own test of the procedure, run by `test`."""

    name: str
    omitted: tuple[str, ...]
    steps: tuple[Step, ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDefinition:
    """A whole procedure. Immutable once published; pinned by name, version and digest."""

    name: str
    en: str | None
    owner: str | None
    basis: Clause | None
    number: str
    title: str | None
    form: Form
    roles: tuple[Role, ...]
    duties: tuple[Duty, ...]
    apart: tuple[Apart, ...]
    balances: tuple[Balance, ...]
    amount: Expression | None  # what the case is worth, for a delegation with a limit
    tables: tuple[DecisionTable, ...]
    every: Every | None
    gather: Gather | None
    children: tuple[ChildReport, ...]
    opened_by: Slot | None  # who starts a case; None is whoever the start state asks
    is_opened_by_system: bool  # only another case or the calendar starts one
    paper: Expression | None  # who may enter what was done on paper; None: nobody
    start: str
    states: tuple[State, ...]
    actions: tuple[Action, ...]
    everyday: tuple[EverydayRule, ...]
    jump: Action | None  # the way of an everyday action to any state; arms in the order of walk()
    examples: tuple[Example, ...]
    source: Source
    _states: dict[str, State] = field(default_factory=dict, compare=False, repr=False)

    def walk(self) -> Iterator[State]:
        """Every state, in the order written, outer before inner."""
        for state in self.states:
            yield from state.walk()

    def state(self, path: str) -> State:
        """The state at `path`; KeyError if there is none (the loader has checked)."""
        if not self._states:
            self._states.update({state.path: state for state in self.walk()})
        return self._states[path]

    def find_state(self, path: str) -> State | None:
        """The state at `path`, or None, as for the finished end of a branch."""
        return next((state for state in self.walk() if state.path == path), None)

    def allowed(self, word: str) -> EverydayRule | None:
        """What the procedure says of an everyday action; None: it is not allowed."""
        return next((rule for rule in self.everyday if rule.word == word), None)

    def first_states(self) -> tuple[State, ...]:
        """The state a case starts in, and those inside it that are entered with it."""
        found = [self.state(self.start)]
        for state in found:
            inside = [self.state(state.start)] if state.start else []
            found += state.inner if state.kind is Kind.PARALLEL else inside
        return tuple(found)

    def targets(self, action: Action) -> tuple[str, ...]:
        """The states an action may lead to, each once, in the order written."""
        found = [arm.to for arm in action.arms if arm.to]
        return tuple(dict.fromkeys([*found, *([action.beyond] if action.beyond else [])]))

    def all_actions(self) -> Iterator[Action]:
        """Every action, of the states first and then of the whole case."""
        for state in self.walk():
            yield from state.actions
        yield from self.actions


def ancestors(path: str) -> tuple[str, ...]:
    """The path itself and what encloses it, inside out: a/b/c, a/b, a."""
    parts = path.split(SEPARATOR)
    return tuple(SEPARATOR.join(parts[:end]) for end in range(len(parts), 0, -1))


def is_within(path: str, outer: str) -> bool:
    """Whether `path` is `outer` or lies inside it."""
    return path == outer or path.startswith(outer + SEPARATOR)


def is_done(path: str) -> bool:
    """Whether a leaf is the finished end of a branch."""
    return path.rpartition(SEPARATOR)[2] == DONE
