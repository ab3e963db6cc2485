"""Where somebody sits to do an action: the place of the sign-off, the open task, the people."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import Source, UsageError
from engine.kernel.case import Task
from engine.kernel.command import Option
from engine.kernel.draft import Draft
from engine.kernel.hearing import Hearing
from engine.language.definition import ADDED, ADDED_ROLE, Action, Role, Slot, State
from engine.text import say

_ADDED_SLOT = Slot(
    role=Role(
        name=ADDED_ROLE,
        en=None,
        people=None,
        collective=None,
        outsider=None,
        recorder=None,
        minutes=(),
        source=Source("", 0, 0),
    ),
    when=None,
    need=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """`slot` is None where nobody can sit: the system does the action."""

    slot: Slot | None
    task: Task | None = None
    people: tuple[str, ...] = ()

    @property
    def role(self) -> str:
        return self.slot.role.name if self.slot else ""


def slot_of(state: State, task: Task) -> Slot:
    """The place of a task in its state's sign-off."""
    return _ADDED_SLOT if task.slot == ADDED else state.slots[task.slot]


def seat_of(draft: Draft, task: Task) -> Seat:
    """The seat of an open task."""
    state = draft.situation.definition.state(task.state)
    return Seat(slot=slot_of(state, task), task=task, people=draft.people_of(task))


def find_seat(hearing: Hearing, action: Action, state: State, detached: str | None = None) -> Seat:
    """The seat an action is done in: the party's own if there is one, else the first."""
    draft = hearing.draft
    if action.by_system and action.who is None:
        return Seat(slot=None)
    if action.who is not None:
        return Seat(slot=action.who, people=draft.participants(action.who))
    seats = [
        seat_of(draft, task)
        for task in draft.case.open_tasks
        if task.state == state.path and (detached is None or task.id == detached)
    ]
    mine = [seat for seat in seats if hearing.party in seat.people]
    unsigned = [
        seat for seat in mine if seat.task is None or hearing.party not in seat.task.signed_by
    ]
    if not unsigned and not action.is_signature:
        for _, slot in draft.slots(state):
            people = draft.participants(slot)
            if hearing.party in people and not _is_handed_on(draft, state, slot):
                return Seat(slot=slot, people=people)
    for seat in unsigned or mine or seats:
        return seat
    if not state.slots:
        return Seat(slot=None)
    return Seat(slot=state.slots[0], people=draft.participants(state.slots[0]))


def _is_handed_on(draft: Draft, state: State, slot: Slot) -> bool:
    """Whether the work of a place is in named hands, and no longer the role's."""
    return any(
        task.named and task.state == state.path and slot_of(state, task) is slot
        for task in draft.case.open_tasks
    )


def choose_seat(hearing: Hearing, found: tuple[Option, ...], action: str) -> tuple[Option, Seat]:
    """The option this person means, and his seat: the one that is his, else the first.

    A single participant who has delegated to the actor becomes his principal.
    Errors: `UsageError` if several branches offer him the action.
    """
    mine = []
    for option in found:
        seat = find_seat(hearing, option.action, option.state, option.detached_task)
        if seat.slot is not None and hearing.party in seat.people:
            mine.append((option, seat))
    if len({option.state.path for option, _ in mine}) > 1:
        raise UsageError(
            say(
                "“{action}”在 {states} 都可以办,请用 --branch 指明",
                action=action,
                states=tuple(option.state.path for option, _ in mine),
            )
        )
    if mine:
        return mine[0]
    for option in found:
        seat = find_seat(hearing, option.action, option.state, option.detached_task)
        principal = _principal(hearing, seat)
        if principal is not None:
            hearing.principal = principal
            return (
                option,
                find_seat(hearing, option.action, option.state, option.detached_task),
            )
    option = found[0]
    return option, find_seat(hearing, option.action, option.state, option.detached_task)


def _principal(hearing: Hearing, seat: Seat) -> str | None:
    """The one participant who has delegated to the actor, if he named none himself."""
    if seat.slot is None or hearing.principal is not None:
        return None
    roster, process = hearing.draft.situation.roster, hearing.draft.situation.definition.name
    found = {
        one.from_person
        for one in roster.delegations_to(hearing.actor)
        if one.from_person in seat.people and one.covers(process)
    }
    return found.pop() if len(found) == 1 else None
