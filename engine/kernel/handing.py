"""What a leaver has in hand goes to another, in the case where it lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.kernel import events as happened
from engine.kernel.case import WHOLE, Case, Stamp
from engine.kernel.command import GUARD, ROLE, Decision, Reason, Refusal, in_order
from engine.kernel.draft import Draft
from engine.kernel.fitness import unfit
from engine.kernel.seats import Seat, seat_of
from engine.kernel.situation import Situation
from engine.language.definition import SYSTEM, ProcessDefinition
from engine.language.expressions import Expression, calls, names
from engine.language.scope import OFFICE
from engine.text import Text, say

HANDED_OVER = "移交"


def handed_over(
    case: Case, by: str, to: str, number: str, situation: Situation, seq: int
) -> Decision | Refusal:
    """Somebody's work here goes to another, as case `number` asks.

    No deadline moves. Refused, on record, where it may not go to him, or is not there any more.
    """
    draft = Draft(case, situation, Stamp(seq=seq, at=situation.at, actor=SYSTEM))
    draft.refresh()
    seats = [
        seat_of(draft, task)
        for task in draft.case.open_tasks
        if task.claimed_by == by or (task.claimed_by is None and draft.people_of(task) == (by,))
    ]
    reasons = [reason for seat in seats for reason in _objections(draft, to, seat)]
    if not seats:
        text = say("{person} 在本案已没有待办", person=situation.roster.name_of(by))
        reasons.append(Reason(code=GUARD, text=text))
    if reasons:
        return Refusal(action=HANDED_OVER, state=_where(seats), reasons=in_order(reasons))
    for seat in seats:
        if seat.task is not None:
            draft.emit(happened.TaskTransferred(task=seat.task.id, by=by, to=(to,)))
    decision = draft.decided(HANDED_OVER, _where(seats))
    return replace(decision, reason=number)


def _where(seats: list[Seat]) -> str:
    return next((seat.task.state for seat in seats if seat.task is not None), WHOLE)


def _objections(draft: Draft, to: str, seat: Seat) -> Iterator[Reason]:
    """A place the office gives goes to those who hold it; one the case gives, to anybody fit."""
    role = seat.slot.role if seat.slot is not None else None
    people = (role.recorder or role.people) if role is not None else None
    definition = draft.situation.definition
    if seat.slot is not None and people is not None and _is_of_office(people, definition):
        allowed = draft.participants(seat.slot)
        if to not in allowed:
            yield Reason(code=ROLE, text=_not_of_role(draft, to, allowed))
    yield from unfit(draft, to, seat, None)


def _is_of_office(people: Expression, definition: ProcessDefinition) -> bool:
    """Whether the roster says whose a place is, and not the case itself."""
    roles = {role.name: role.people for role in definition.roles if role.people is not None}
    if any(name in OFFICE for name, _, _ in calls(people)):
        return True
    return any(
        _is_of_office(inner, definition)
        for name in names(people)
        if (inner := roles.get(name)) is not None and inner != people
    )


def _not_of_role(draft: Draft, person: str, allowed: tuple[str, ...]) -> Text:
    name_of = draft.situation.roster.name_of
    return say(
        "不能交给 {person};可以交给 {people}",
        person=name_of(person),
        people=tuple(name_of(one) for one in allowed) or (say("(无人在岗)"),),
    )
