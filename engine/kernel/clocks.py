"""What becomes of deadlines when a stopped clock goes on again."""

from __future__ import annotations

from datetime import datetime

from engine.kernel.case import Timer
from engine.kernel.facts import CaseFacts
from engine.kernel.situation import Situation
from engine.language.calendar import Unit
from engine.language.definition import Deadline, is_within


def resumed_dues(
    timers: tuple[Timer, ...], since: datetime, situation: Situation, facts: CaseFacts
) -> tuple[datetime, ...]:
    """When each stopped timer is due now that its clock goes on; it stood still from `since`.

    Working time moves by the working time lost, natural time by natural time; what is tied
    to a day of the month or to a field stays where it is.
    """
    return tuple(_resumed(timer, since, situation, facts) for timer in timers)


def _resumed(timer: Timer, since: datetime, situation: Situation, facts: CaseFacts) -> datetime:
    calendar, now = situation.calendar, situation.at
    deadline = _deadline_of(timer, situation, facts)
    start = max(since, timer.set_at)
    if deadline is not None:
        if deadline.follows_a_field or deadline.moment is not None:
            return timer.due
        if deadline.span is not None and deadline.span.unit not in (Unit.WORKDAYS, Unit.WORKHOURS):
            return timer.due + (now - start)
    return calendar.advance(timer.due, calendar.worktime(start, now))


def _deadline_of(timer: Timer, situation: Situation, facts: CaseFacts) -> Deadline | None:
    definition = situation.definition
    if timer.kind == "act":
        return next(
            (
                action.at
                for action in definition.all_actions()
                if action.name == timer.action and is_within(timer.state, action.home)
            ),
            None,
        )
    state = definition.find_state(timer.state)
    return next((one for one in state.due if facts.holds(one.when)), None) if state else None
