"""A case folded from its events, as far as levels 4 and 5 need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.canonical import Flaw, Json
from verifier.reading import Sound
from verifier.records import SERVICE

OPEN = ("offered", "claimed")


@dataclass(slots=True, kw_only=True)
class Task:
    """Work offered to people. `named`: in named hands, whatever the roster says of the role."""

    id: str
    state: str
    role: str
    people: tuple[str, ...]
    offered_at: str
    status: str = "offered"
    claimed_by: str | None = None
    consigned_by: str | None = None
    named: bool = False
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Somebody did an act; `people` are the actor and his principal."""

    n: int
    actor: str
    principal: str | None
    state: str
    action: str
    role: str
    duties: tuple[str, ...]
    at: str

    @property
    def people(self) -> frozenset[str]:
        return frozenset(one for one in (self.actor, self.principal) if one)

    @property
    def names(self) -> frozenset[str]:
        return frozenset((*self.duties, self.role))


@dataclass(slots=True, kw_only=True)
class Timer:
    id: str
    kind: str
    state: str
    action: str | None
    due: str
    stopped: bool = False


@dataclass(slots=True, kw_only=True)
class Case:
    """One case. Times as events and records write them."""

    id: str
    number: str
    process: str
    definition: str
    initiator: str
    department: str | None
    parent: str | None
    period: str | None
    opened_at: str
    configuration: tuple[str, ...] = ()
    closed_at: str | None = None
    result: str | None = None
    is_suspended: bool = False
    members: list[str] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    values: dict[str, Json] = field(default_factory=dict)

    def is_in(self, state: str) -> bool:
        """Whether a state, or one inside it, is active."""
        inside = state + "/"
        return any(leaf == state or leaf.startswith(inside) for leaf in self.configuration)

    def open_tasks(self) -> list[Task]:
        return [task for task in self.tasks.values() if task.status in OPEN]

    def apply(self, event: Mapping[str, Json], record: Sound) -> None:
        """Fold one more event. Raises `Flaw` where the history cannot have happened."""
        name = text(event, "event")
        at = record.body.happened
        if name == "Acted":
            self._act(event, record)
        elif name == "StatesMoved":
            self.configuration = names(event, "configuration")
        elif name == "CaseClosed":
            self.closed_at, self.result = at, text(event, "result")
        elif name == "CaseReopened":
            self.closed_at, self.result = None, None
        elif name == "MemberJoined":
            self.members.append(text(event, "case"))
        elif name == "CaseOpened":
            raise Flaw("案件立了两次", "the case is opened twice")
        elif name == "FieldsSet":
            for path in names(event, "paths"):
                self.values[path.partition("#")[0]] = record.opened.get(f"form/{path}")
        elif name == "RowsAppended":
            self.values[text(event, "field")] = []  # rows of a table are no plain value
        elif name in ("TaskOffered", "TaskAsked", "SignerAdded"):
            self._offer(name, event, at)
        elif name.startswith("Task"):
            self._work(name, event, at)
        elif name.startswith(("Timer", "Clock")) or name in ("CaseSuspended", "CaseResumed"):
            self._time(name, event)

    def _act(self, event: Mapping[str, Json], record: Sound) -> None:
        actor = record.body.actor
        is_system = event.get("system") is True
        self.acts.append(
            Act(
                n=len(self.acts),
                actor=SERVICE if is_system or record.body.way == "system" else actor.uid,
                principal=actor.principal.uid if actor.principal and not is_system else None,
                state=text(event, "state"),
                action=text(event, "action"),
                role=text(event, "role"),
                duties=names(event, "duties"),
                at=record.body.happened,
            )
        )

    def _offer(self, name: str, event: Mapping[str, Json], at: str) -> None:
        task = text(event, "task")
        if task in self.tasks:
            raise Flaw(f"任务 {task} 出现两次", f"task {task} is offered twice")
        is_added = name == "SignerAdded"
        people = (text(event, "person"),) if is_added else names(event, "people")
        self.tasks[task] = Task(
            id=task,
            state=text(event, "state"),
            role=text(event, "role"),
            people=people,
            offered_at=at,
            status="waiting" if is_added and event.get("is_before") is not True else "offered",
            named=name != "TaskOffered",
        )

    def _work(self, name: str, event: Mapping[str, Json], at: str) -> None:
        task = self.tasks.get(text(event, "task"))
        if task is None:
            raise Flaw("没有这个任务", "there is no such task")
        if task.status not in (*OPEN, "waiting"):
            raise Flaw(f"任务 {task.id} 已结束", f"task {task.id} is over")
        match name:
            case "TaskReoffered":
                task.people = names(event, "people")
            case "TaskClaimed":
                task.status, task.claimed_by = "claimed", text(event, "by")
            case "TaskReleased":
                task.status, task.claimed_by = "offered", None
            case "TaskSigned":
                task.signed_by = (*task.signed_by, text(event, "by"))
                task.status, task.claimed_by = "offered", None
            case "TaskCompleted":
                task.status = "completed"
            case "TaskCancelled":
                task.status = "cancelled"
            case "TaskOpened":
                task.status, task.offered_at = "offered", at
            case "TaskTransferred":
                self._hand(task, names(event, "to"), None)
            case "TaskConsigned":
                self._hand(task, (text(event, "to"),), text(event, "by"))
            case "TaskHandedBack":
                self._hand(task, (text(event, "to"),), None)

    def _hand(self, task: Task, people: tuple[str, ...], by: str | None) -> None:
        task.people, task.named, task.consigned_by = people, True, by
        task.status, task.claimed_by = "offered", None

    def _time(self, name: str, event: Mapping[str, Json]) -> None:
        if name == "TimerSet":
            timer = text(event, "timer")
            action = event.get("action")
            self.timers[timer] = Timer(
                id=timer,
                kind=text(event, "kind"),
                state=text(event, "state"),
                action=action if isinstance(action, str) else None,
                due=moment(event.get("due")),
            )
        elif name in ("TimerCancelled", "TimerFired"):
            if self.timers.pop(text(event, "timer"), None) is None:
                raise Flaw("没有这个定时", "there is no such timer")
        else:
            self._stop(name, event)

    def _stop(self, name: str, event: Mapping[str, Json]) -> None:
        if name in ("CaseSuspended", "CaseResumed"):
            self.is_suspended = name == "CaseSuspended"
        is_stopped = name in ("ClockStopped", "CaseSuspended")
        dues = event.get("dues")
        several = dues if isinstance(dues, list) else []
        for place, timer in enumerate(names(event, "timers")):
            known = self.timers.get(timer)
            if known is None:
                continue
            known.stopped = is_stopped
            if not is_stopped and place < len(several):
                known.due = moment(several[place])


def open_case(event: Mapping[str, Json], record: Sound) -> Case:
    """The case a `CaseOpened` event begins. Raises `Flaw`."""
    return Case(
        id=text(event, "case"),
        number=text(event, "number"),
        process=text(event, "process"),
        definition=text(event, "definition"),
        initiator=text(event, "initiator"),
        department=maybe(event, "department"),
        parent=maybe(event, "parent"),
        period=maybe(event, "period"),
        opened_at=record.body.happened,
    )


def text(event: Mapping[str, Json], field_name: str) -> str:
    """A text of an event. Raises `Flaw`."""
    value = event.get(field_name)
    if not isinstance(value, str):
        raise Flaw(
            f"事件的字段 {field_name} 不成样子", f"the event's field {field_name} is ill-formed"
        )
    return value


def maybe(event: Mapping[str, Json], field_name: str) -> str | None:
    return None if event.get(field_name) is None else text(event, field_name)


def names(event: Mapping[str, Json], field_name: str) -> tuple[str, ...]:
    """A list of texts of an event. Raises `Flaw`."""
    value = event.get(field_name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Flaw(
            f"事件的字段 {field_name} 不成样子", f"the event's field {field_name} is ill-formed"
        )
    return tuple(str(one) for one in value)


def moment(value: Json) -> str:
    """A tagged instant, as written. Raises `Flaw`."""
    match value:
        case {"$": "datetime", "is": str(written)}:
            return written
    raise Flaw("时间写法不对", "a moment is ill-formed")
