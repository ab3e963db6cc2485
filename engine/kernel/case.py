"""One running procedure, and the only way it changes: `apply`.

A case is the fold of its history. `apply` asks nothing of the definition, the roster or
the clock, so a case rebuilt in twenty years is the case that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

from engine.errors import EvidenceError
from engine.kernel import events as happened
from engine.kernel.events import Event
from engine.language.definition import SYSTEM, is_done, is_within
from engine.language.forms import Row, Value, Values
from engine.text import say

V = TypeVar("V")


class Status(Enum):
    """Where a task is in its life. Only tasks have a status."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
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

    @property
    def is_open(self) -> bool:
        return self.status in (Status.OFFERED, Status.CLAIMED)


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
    carried_to: str | None = None
    copied: tuple[str, ...] = ()
    closed_at: datetime | None = None
    result: str | None = None

    @property
    def latest(self) -> datetime:
        """When something last happened here that moved the case or was an act of it."""
        acted = (act.at for act in self.acts[-1:])
        return max((self.opened_at, *self.entered.values(), *acted))

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if task.is_open)

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


def apply(case: Case | None, event: Event, stamp: Stamp) -> Case:
    """The case after one more event. Only `CaseOpened` may come without a case.

    Errors: `EvidenceError` where the history cannot have happened.
    """
    match event:
        case happened.CaseOpened():
            return Case(
                id=event.case,
                number=event.number,
                process=event.process,
                definition=event.definition,
                edition=event.edition,
                params=event.params,
                initiator=event.initiator,
                department=event.department,
                parent=event.parent,
                request=event.request,
                period=event.period,
                opened_at=stamp.at,
                seq=stamp.seq,
            )
    if case is None:
        raise EvidenceError(say("历史不是从立案开始的:{event}", event=type(event).__name__))
    return _applied(replace(case, seq=stamp.seq), event, stamp)


def _applied(case: Case, event: Event, stamp: Stamp) -> Case:
    match event:
        case happened.FieldsSet():
            given = {path.partition("#")[0]: stamp.values.get(path) for path in event.paths}
            return replace(case, values=_joined(case.values, given))
        case happened.RowsAppended():
            rows = _rows(case.values.get(event.field)) + _rows(stamp.values.get(event.path))
            return replace(case, values=_joined(case.values, {event.field: rows}))
        case happened.Acted():
            act = Act(
                seq=stamp.seq,
                at=stamp.at,
                actor=SYSTEM if event.system else stamp.actor,
                principal=None if event.system else stamp.principal,
                state=event.state,
                action=event.action,
                task=event.task,
                role=event.role,
                duties=event.duties,
                meaning=event.meaning,
            )
            return replace(case, acts=(*case.acts, act))
        case happened.StatesMoved():
            entered = {path: stamp.at for path in event.entered}
            left = {path: items for path, items in case.ticked.items() if path not in entered}
            return replace(
                case,
                configuration=event.configuration,
                entered=_joined(case.entered, entered),
                ticked=MappingProxyType(left),
                ended=tuple(_met(one, event.exited, stamp.at) for one in case.ended),
            )
        case happened.SignOffCompleted():
            return replace(case, signed=_joined(case.signed, {event.state: case.values}))
        case happened.ItemsTicked():
            ticked = case.ticked.get(event.state, ()) + event.items
            return replace(case, ticked=_joined(case.ticked, {event.state: ticked}))
        case happened.CaseClosed():
            return replace(case, closed_at=stamp.at, result=event.result)
        case happened.CaseCarried():
            return replace(case, carried_to=event.case)
        case happened.CopySent():
            return replace(case, copied=tuple(dict.fromkeys((*case.copied, *event.people))))
        case (
            happened.PeopleTold()
            | happened.CaseTold()
            | happened.Posted()
            | happened.HoldChanged()
            | happened.BookFrozen()
            | happened.BookThawed()
        ):
            return case
        case happened.MemberJoined():
            return replace(
                case,
                members=(*case.members, event.case),
                member_numbers=(*case.member_numbers, event.number),
            )
        case happened.ChildRequested():
            child = Child(request=event.request, process=event.process)
            return replace(case, children=(*case.children, child))
        case happened.ChildReported():
            return replace(case, children=_reported(case.children, event))
    if type(event).__name__.startswith("Task"):
        return _with_task(case, event, stamp)
    return _with_timer(case, event, stamp)


def _with_task(case: Case, event: Event, stamp: Stamp) -> Case:
    match event:
        case happened.TaskOffered():
            task = Task(
                id=event.task,
                state=event.state,
                slot=event.slot,
                role=event.role,
                people=event.people,
                need=event.need,
                status=Status.OFFERED,
                offered_at=stamp.at,
            )
            return replace(case, tasks=(*case.tasks, task))
        case happened.TaskReoffered():
            return _changed(case, event.task, people=event.people)
        case happened.TaskClaimed():
            return _changed(case, event.task, status=Status.CLAIMED, claimed_by=event.by)
        case happened.TaskReleased():
            return _changed(case, event.task, status=Status.OFFERED, claimed_by=None)
        case happened.TaskSigned():
            signed = (*case.task(event.task).signed_by, event.by)
            return _changed(
                case, event.task, signed_by=signed, status=Status.OFFERED, claimed_by=None
            )
        case happened.TaskCompleted():
            return _changed(
                case, event.task, status=Status.COMPLETED, done_by=event.by, done_at=stamp.at
            )
        case happened.TaskCancelled():
            return _changed(case, event.task, status=Status.CANCELLED, done_at=stamp.at)
        case happened.TaskDetached():
            return _changed(case, event.task, detached=True)
    raise EvidenceError(say("没有登记如何处理事件“{event}”", event=type(event).__name__))


def _with_timer(case: Case, event: Event, stamp: Stamp) -> Case:
    match event:
        case happened.TimerSet():
            timer = Timer(
                id=event.timer,
                kind=event.kind,
                state=event.state,
                action=event.action,
                set_at=stamp.at,
                due=event.due,
            )
            return replace(case, timers=(*case.timers, timer))
        case happened.TimerCancelled():
            return _without_timer(case, event.timer, stamp.at)
        case happened.TimerFired():
            return _without_timer(case, event.timer, stamp.at)
        case happened.ClockStopped():
            timers = tuple(
                replace(timer, stopped=True) if timer.id in event.timers else timer
                for timer in case.timers
            )
            return replace(
                case, timers=timers, stopped=_joined(case.stopped, {event.state: stamp.at})
            )
        case happened.ClockResumed():
            dues = dict(zip(event.timers, event.dues, strict=True))
            timers = tuple(
                replace(timer, stopped=False, due=dues[timer.id]) if timer.id in dues else timer
                for timer in case.timers
            )
            stopped = {path: at for path, at in case.stopped.items() if path != event.state}
            return replace(case, timers=timers, stopped=MappingProxyType(stopped))
    raise EvidenceError(say("没有登记如何处理事件“{event}”", event=type(event).__name__))


def _changed(case: Case, task_id: str, **changes: object) -> Case:
    tasks = tuple(
        replace(task, **changes) if task.id == task_id else task  # type: ignore[arg-type]
        for task in case.tasks
    )
    return replace(case, tasks=tasks)


def _without_timer(case: Case, timer_id: str, at: datetime) -> Case:
    timer = next((timer for timer in case.timers if timer.id == timer_id), None)
    if timer is None:
        raise EvidenceError(say("没有这个定时:{timer}", timer=timer_id))
    left = tuple(other for other in case.timers if other.id != timer_id)
    ended = case.ended
    if timer.kind == "due":
        ended = (*ended, Ended(timer=timer, at=at, late=at > timer.due))
    return replace(case, timers=left, ended=ended)


def _met(one: Ended, exited: tuple[str, ...], at: datetime) -> Ended:
    """A deadline that was held to be missed, until it was entered that the work was done in time.

    Only what is entered later from paper can have happened before a timer that has fired.
    """
    if one.late and one.timer.state in exited and at <= one.timer.due:
        return replace(one, at=at, late=False)
    return one


def _reported(children: Iterable[Child], event: happened.ChildReported) -> tuple[Child, ...]:
    """The child's line brought up to date."""
    known = list(children)
    place = next((n for n, one in enumerate(known) if one.request == event.request), None)
    if place is None:
        raise EvidenceError(say("未曾要求开立的子案回报:{number}", number=event.number))
    known[place] = replace(
        known[place],
        case=event.case,
        number=event.number,
        reached=(*known[place].reached, event.state),
        result=event.result,
    )
    return tuple(known)


def _rows(value: Value) -> tuple[Row, ...]:
    return value if isinstance(value, tuple) else ()  # type: ignore[return-value]


def _joined(old: Mapping[str, V], new: Mapping[str, V]) -> Mapping[str, V]:
    return MappingProxyType({**old, **new})
