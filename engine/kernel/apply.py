"""How a case becomes what it is: each event folded, frozen once released.

`apply` asks nothing of the definition, the roster or the clock, so a case rebuilt in twenty
years is the case that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from engine.errors import EvidenceError
from engine.kernel import events as happened
from engine.kernel.case import (
    WHOLE,
    Act,
    Case,
    Child,
    Correction,
    Detour,
    Ended,
    Moved,
    Purpose,
    Signature,
    Stamp,
    Standing,
    Status,
    Task,
    Timer,
    Withdrawal,
)
from engine.kernel.events import Event
from engine.kernel.office_events import Redacted
from engine.language.definition import ADDED, SYSTEM
from engine.language.forms import Row, Value
from engine.text import say

V = TypeVar("V")


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
            left = {
                path: items
                for path, items in case.ticked.items()
                if path not in entered or path in case.kept
            }
            moved = Moved(
                seq=stamp.seq,
                at=stamp.at,
                actor=stamp.actor,
                action=event.action,
                before=case.configuration,
                after=event.configuration,
                entered=event.entered,
                tasks=len(case.tasks),
            )
            return replace(
                case,
                configuration=event.configuration,
                entered=_joined(case.entered, entered),
                ticked=MappingProxyType(left),
                ended=tuple(_met(one, event.exited, stamp.at) for one in case.ended),
                moves=(*case.moves, moved),
                kept=case.kept & frozenset(event.entered),
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
        case (
            happened.PeopleTold()
            | happened.CaseTold()
            | happened.ChildTold()
            | happened.AmendmentRequested()
            | happened.HandOverRequested()
            | happened.Posted()
            | happened.CardOpened()
            | happened.HoldChanged()
            | happened.BookFrozen()
            | happened.BookThawed()
            | happened.Occupied()
            | happened.Vacated()
            | Redacted()
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
    name = type(event).__name__
    if name.startswith("Task") or isinstance(event, happened.SignerAdded):
        return _with_task(case, event, stamp)
    if name.startswith("Signature"):
        return _with_signature(case, event, stamp)
    if name.startswith(("Timer", "Clock", "CaseSuspended", "CaseResumed")):
        return _with_timer(case, event, stamp)
    return _off_course(case, event, stamp)


def _off_course(case: Case, event: Event, stamp: Stamp) -> Case:
    """What takes a case off its ordinary way: sent back, taken back, put right, opened again."""
    match event:
        case happened.SentBack():
            detour = Detour(to=event.to, origin=event.origin) if event.returns else None
            return replace(case, detour=detour)
        case happened.CameBack():
            return replace(case, detour=None, kept=frozenset(event.kept))
        case happened.WithdrawalAsked():
            return replace(case, withdrawal=Withdrawal(by=event.by, to=event.to))
        case happened.WithdrawalEnded():
            return replace(case, withdrawal=None)
        case happened.Corrected():
            correction = Correction(
                seq=stamp.seq,
                at=stamp.at,
                by=stamp.actor,
                old={name: case.values.get(name) for name in event.fields},
            )
            return replace(case, corrections=(*case.corrections, correction))
        case happened.CaseReopened():
            return replace(case, closed_at=None, result=None)
        case happened.CopySent():
            return replace(case, copied=tuple(dict.fromkeys((*case.copied, *event.people))))
    raise EvidenceError(say("没有登记如何处理事件“{event}”", event=type(event).__name__))


def _with_signature(case: Case, event: Event, stamp: Stamp) -> Case:
    match event:
        case happened.SignatureGiven():
            signature = Signature(
                number=len(case.signatures),
                seq=stamp.seq,
                at=stamp.at,
                person=stamp.principal or stamp.actor,
                state=event.state,
                slot=event.slot,
                task=event.task,
                action=event.action,
                values={name: case.values.get(name) for name in event.fields},
            )
            return replace(case, signatures=(*case.signatures, signature))
        case happened.SignaturesFell():
            return _standing(case, event.signatures, Standing.FELL)
        case happened.SignaturesSetAside():
            return _standing(case, event.signatures, Standing.SET_ASIDE)
        case happened.SignaturesUpheld():
            upheld = tuple(
                replace(one, values={name: case.values.get(name) for name in one.values})
                if one.number in event.signatures
                else one
                for one in case.signatures
            )
            return replace(case, signatures=upheld)
    raise EvidenceError(say("没有登记如何处理事件“{event}”", event=type(event).__name__))


def _standing(case: Case, numbers: tuple[int, ...], standing: Standing) -> Case:
    return replace(
        case,
        signatures=tuple(
            replace(one, standing=standing) if one.number in numbers else one
            for one in case.signatures
        ),
    )


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
    return _with_named_task(case, event, stamp)


def _with_named_task(case: Case, event: Event, stamp: Stamp) -> Case:
    """Work that a person, not a role, has put in somebody's hands."""
    match event:
        case happened.TaskTransferred():
            return _handed(case, event.task, event.to, None)
        case happened.TaskConsigned():
            return _handed(case, event.task, (event.to,), event.by)
        case happened.TaskHandedBack():
            return _handed(case, event.task, (event.to,), None)
        case happened.SignerAdded():
            added = Task(
                id=event.task,
                state=event.state,
                slot=ADDED,
                role=event.role,
                people=(event.person,),
                need=1,
                status=Status.OFFERED if event.is_before else Status.WAITING,
                offered_at=stamp.at,
                named=True,
                added_by=event.by,
                beside=event.beside,
                is_before=event.is_before,
            )
            return replace(case, tasks=(*case.tasks, added))
        case happened.TaskOpened():
            return _changed(case, event.task, status=Status.OFFERED, offered_at=stamp.at)
        case happened.TaskAsked():
            asked = Task(
                id=event.task,
                state=event.state,
                slot=event.slot,
                role=event.role,
                people=event.people,
                need=1,
                status=Status.OFFERED,
                offered_at=stamp.at,
                named=True,
                purpose=Purpose(event.purpose),
                signature=event.signature,
            )
            return replace(case, tasks=(*case.tasks, asked))
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
        case happened.CaseSuspended():
            stopping = happened.ClockStopped(state=WHOLE, timers=event.timers)
            return replace(_with_timer(case, stopping, stamp), suspended_until=event.until)
        case happened.CaseResumed():
            going = happened.ClockResumed(state=WHOLE, timers=event.timers, dues=event.dues)
            return replace(_with_timer(case, going, stamp), suspended_until=None)
    raise EvidenceError(say("没有登记如何处理事件“{event}”", event=type(event).__name__))


def _handed(case: Case, task_id: str, people: tuple[str, ...], consigned_by: str | None) -> Case:
    return _changed(
        case,
        task_id,
        people=people,
        named=True,
        status=Status.OFFERED,
        claimed_by=None,
        consigned_by=consigned_by,
    )


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
