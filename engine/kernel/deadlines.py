"""Deadlines of a case: which one applies, and the moment it falls due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from engine.errors import GuichengError
from engine.kernel.facts import CaseFacts
from engine.language.calendar import Calendar, Unit, before, due, in_period
from engine.language.definition import Deadline
from engine.text import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A deadline with its moment, and the moment to remind (None: no reminder)."""

    deadline: Deadline
    at: datetime
    remind_at: datetime | None


def find_due(deadlines: Iterable[Deadline], facts: CaseFacts) -> Due | None:
    """The first deadline whose condition holds, with its moment.

    Counts from now (`facts.situation.at`), which is when its state was entered.
    None if no condition holds or the field it is measured from is still empty.
    Errors: `CalendarUnknown` when it would fall outside the calendar.
    """
    for deadline in deadlines:
        if facts.holds(deadline.when):
            moment = _moment(deadline, facts)
            if moment is None:
                return None
            return Due(deadline=deadline, at=moment, remind_at=_remind(deadline, moment, facts))
    return None


def _moment(deadline: Deadline, facts: CaseFacts) -> datetime | None:
    calendar = facts.situation.calendar
    if deadline.moment is not None:
        period = facts.evaluate(deadline.of) if deadline.of else facts.case.period
        if period is None:
            return None
        year, _, month = str(period).partition("-")
        if not (year.isdigit() and month.isdigit()):
            raise GuichengError(say("“{period}”不是期间(应如 2026-11)", period=str(period)))
        return in_period(int(year), int(month), deadline.moment, calendar)
    if deadline.on is not None:
        on = facts.evaluate(deadline.on)
        return calendar.close(on) if isinstance(on, date) else None
    span = deadline.span
    if span is None:
        return None
    if deadline.before is not None:
        target = facts.evaluate(deadline.before)
        return before(target, span, calendar) if isinstance(target, datetime) else None
    start = facts.situation.at
    if deadline.after is not None:
        entered = facts.case.entered.get(deadline.after)
        if entered is None:
            return None
        start = entered
    return due(start, span, calendar)


def _remind(deadline: Deadline, moment: datetime, facts: CaseFacts) -> datetime | None:
    """The moment by which the given share of the time is gone; work time where it counts."""
    now, calendar = facts.situation.at, facts.situation.calendar
    if deadline.remind is None or deadline.moment is not None or moment <= now:
        return None
    if deadline.span is not None and deadline.span.unit in (Unit.WORKDAYS, Unit.WORKHOURS):
        hours = calendar.worktime(now, moment) * deadline.remind
        at = _advance(calendar, now, hours)
    else:
        at = now + timedelta(seconds=int((moment - now).total_seconds() * float(deadline.remind)))
    return at if now < at < moment else None


def _advance(calendar: Calendar, at: datetime, hours: Decimal) -> datetime:
    return calendar.advance(at, hours.quantize(Decimal("0.01")))
