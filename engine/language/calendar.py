"""Work time: rest days, 调休, work hours, and the deadlines counted on them.

A calendar says which years it knows. A date outside them is an error that names the year:
nobody can know next year's 调休 before it is announced. Counting follows the handbook:
N workdays end at the close of the Nth workday after the day something arrived.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import CalendarUnknown, Problem
from engine.language.reader import Cursor, Node, read
from engine.text import Text, say

ONE_DAY = timedelta(days=1)
WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}


class Unit(Enum):
    WORKDAYS = "workdays"
    WORKHOURS = "workhours"
    HOURS = "hours"
    MINUTES = "minutes"
    DAY_BEFORE = "day before"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as owners write it: `3 workdays`, `2 hours`, `day before 17:00`."""

    count: Decimal
    unit: Unit
    clock: time | None = None

    def __str__(self) -> str:
        if self.unit is Unit.DAY_BEFORE and self.clock is not None:
            return f"day before {self.clock:%H:%M}"
        return f"{self.count:f} {self.unit.value}"


class RestDay(Enum):
    """What a fixed moment does on a rest day."""

    BEFORE = "before"
    AFTER = "after"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A fixed moment of a period: a day of its month, or its first or last workday.

    `months` are those it falls into: of a quarter the first, or the last for "last workday".
    """

    months: tuple[int, ...]
    day: int | None  # None: the workday named by `workday`
    workday: str | None  # "first" or "last"
    clock: time
    rest_day: RestDay

    def period(self, at: datetime) -> str:
        """The period an occurrence belongs to, as 2026-11."""
        return at.strftime("%Y-%m")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMoment:
    """A moment of every day, every workday, or one day of the week."""

    weekday: int | None  # Monday is 0; None: every day
    workdays: bool
    clock: time

    def period(self, at: datetime) -> str:
        """The period an occurrence belongs to: its day, as 2026-11-02."""
        return at.strftime("%Y-%m-%d")


@dataclass(frozen=True, kw_only=True)
class Calendar:
    name: str
    zone: ZoneInfo
    known_from: date
    known_to: date
    weekend: frozenset[int]
    rest: frozenset[date]
    work: frozenset[date]
    hours: tuple[tuple[time, time], ...]

    @cached_property
    def workdays_known(self) -> tuple[date, ...]:
        """Every workday of the known range, in order."""
        days = (self.known_to - self.known_from).days + 1
        every = (self.known_from + timedelta(days=n) for n in range(days))
        return tuple(day for day in every if self._works(day))

    def _works(self, on: date) -> bool:
        return on in self.work or (on not in self.rest and on.weekday() not in self.weekend)

    @property
    def day_hours(self) -> Decimal:
        """Work hours in a day."""
        return sum((_hours(start, end) for start, end in self.hours), Decimal(0))

    def require(self, on: date) -> date:
        """The date itself. Errors: `CalendarUnknown` if it lies outside the known range."""
        if not self.known_from <= on <= self.known_to:
            raise CalendarUnknown(on.year, f"{self.known_from}–{self.known_to}")
        return on

    def is_workday(self, on: date) -> bool:
        return self._works(self.require(on))

    def add_workdays(self, on: date, count: int) -> date:
        """The count-th workday after `on` (before it, if negative); 0 is the day itself."""
        self.require(on)
        if count == 0:
            return on
        days = self.workdays_known
        place = bisect_right(days, on) + count - 1 if count > 0 else bisect_left(days, on) + count
        if place < 0:
            raise CalendarUnknown((self.known_from - ONE_DAY).year, self._known())
        if place >= len(days):
            raise CalendarUnknown((self.known_to + ONE_DAY).year, self._known())
        return days[place]

    def _known(self) -> str:
        return f"{self.known_from}–{self.known_to}"

    def workdays(self, start: date, end: date) -> int:
        """How many workdays lie after `start` up to and including `end`; negative backwards."""
        self.require(start)
        self.require(end)
        if end < start:
            return -self.workdays(end, start)
        days = self.workdays_known
        return bisect_right(days, end) - bisect_right(days, start)

    def worktime(self, start: datetime, end: datetime) -> Decimal:
        """Work hours from `start` to `end`; 0 if `end` is not later."""
        total = Decimal(0)
        on, last = self._local(start).date(), self._local(end).date()
        days = self.workdays_known
        for day in days[
            bisect_left(days, self.require(on)) : bisect_right(days, self.require(last))
        ]:
            for opens, closes in self.hours:
                first = max(self.at(day, opens), start)
                final = min(self.at(day, closes), end)
                if final > first:
                    total += Decimal(int((final - first).total_seconds())) / 3600
        return total

    def advance(self, at: datetime, hours: Decimal) -> datetime:
        """The moment by which so many more work hours have passed."""
        left = timedelta(seconds=int(hours * 3600))
        on = self._local(at).date()
        if left <= timedelta(0):
            return at
        while True:
            if self.is_workday(on):
                for opens, closes in self.hours:
                    start = max(self.at(on, opens), at)
                    end = self.at(on, closes)
                    if end > start:
                        if end - start >= left:
                            return start + left
                        left -= end - start
            on = self.require(on + ONE_DAY)

    def retreat(self, at: datetime, hours: Decimal) -> datetime:
        """The moment from which so many work hours remain until `at`."""
        left = timedelta(seconds=int(hours * 3600))
        on = self._local(at).date()
        while True:
            if self.is_workday(on):
                for opens, closes in reversed(self.hours):
                    start, end = self.at(on, opens), min(self.at(on, closes), at)
                    if end > start:
                        if end - start >= left:
                            return end - left
                        left -= end - start
            on = self.require(on - ONE_DAY)

    def close(self, on: date) -> datetime:
        """The end of the work day."""
        return self.at(on, self.hours[-1][1])

    def at(self, on: date, clock: time) -> datetime:
        return datetime.combine(on, clock, tzinfo=self.zone)

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)


def due(at: datetime, span: Span, calendar: Calendar) -> datetime:
    """When something that arrived at `at` is due.

    Errors: `CalendarUnknown` where the calendar does not reach.
    """
    match span.unit:
        case Unit.WORKDAYS if span.count == span.count.to_integral_value():
            on = at.astimezone(calendar.zone).date()
            return calendar.close(calendar.add_workdays(on, int(span.count)))
        case Unit.WORKDAYS:
            return calendar.advance(at, span.count * calendar.day_hours)
        case Unit.WORKHOURS:
            return calendar.advance(at, span.count)
        case Unit.HOURS:
            return at + timedelta(seconds=int(span.count * 3600))
        case Unit.MINUTES:
            return at + timedelta(seconds=int(span.count * 60))
        case Unit.DAY_BEFORE:
            return before(at, span, calendar)


def before(moment: datetime, span: Span, calendar: Calendar) -> datetime:
    """The moment that lies `span` before another."""
    on = moment.astimezone(calendar.zone).date()
    match span.unit:
        case Unit.DAY_BEFORE:
            clock = span.clock or calendar.hours[-1][1]
            return calendar.at(calendar.add_workdays(on, -1), clock)
        case Unit.WORKDAYS if span.count == span.count.to_integral_value():
            return calendar.close(calendar.add_workdays(on, -int(span.count)))
        case Unit.WORKDAYS:
            return calendar.retreat(moment, span.count * calendar.day_hours)
        case Unit.WORKHOURS:
            return calendar.retreat(moment, span.count)
        case Unit.HOURS:
            return moment - timedelta(seconds=int(span.count * 3600))
        case Unit.MINUTES:
            return moment - timedelta(seconds=int(span.count * 60))


def monthly(year: int, month: int, moment: Moment, calendar: Calendar) -> datetime:
    """The fixed moment in one month, moved off a rest day as it says."""
    if moment.day is None:
        on = date(year, month, 1) if moment.workday == "first" else _month_end(year, month)
        step = 1 if moment.workday == "first" else -1
        while not calendar.is_workday(on):
            on += step * ONE_DAY
        return calendar.at(on, moment.clock)
    on = min(date(year, month, 1) + timedelta(days=moment.day - 1), _month_end(year, month))
    while moment.rest_day is not RestDay.KEEP and not calendar.is_workday(on):
        on += ONE_DAY if moment.rest_day is RestDay.AFTER else -ONE_DAY
    return calendar.at(calendar.require(on), moment.clock)


def in_period(year: int, month: int, moment: Moment, calendar: Calendar) -> datetime:
    """The moment that belongs to the quarter, half or year in which a month lies."""
    if moment.workday == "last":
        return monthly(year, min(one for one in moment.months if one >= month), moment, calendar)
    return monthly(year, max(one for one in moment.months if one <= month), moment, calendar)


def occurrences(
    moment: Moment | DayMoment, after: datetime, until: datetime, calendar: Calendar
) -> tuple[datetime, ...]:
    """Every occurrence later than `after` and not later than `until`, in order."""
    start, end = after.astimezone(calendar.zone), until.astimezone(calendar.zone)
    if isinstance(moment, DayMoment):
        days = ((end.date() - start.date()).days + 1) if end >= start else 0
        on = (start.date() + timedelta(days=n) for n in range(days))
        every = (calendar.at(day, moment.clock) for day in on if _falls_on(moment, day, calendar))
        return tuple(at for at in every if after < at <= until)
    found = []
    year, month = start.year, start.month
    while (year, month) <= (end.year, end.month):
        if month in moment.months:
            at = monthly(year, month, moment, calendar)
            if after < at <= until:
                found.append(at)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return tuple(found)


def _falls_on(moment: DayMoment, on: date, calendar: Calendar) -> bool:
    if moment.weekday is not None:
        return on.weekday() == moment.weekday
    return not moment.workdays or calendar.is_workday(on)


def _month_end(year: int, month: int) -> date:
    following = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
    return following - ONE_DAY


def _hours(start: time, end: time) -> Decimal:
    minutes = (end.hour - start.hour) * 60 + end.minute - start.minute
    return Decimal(minutes) / 60


# -- reading -----------------------------------------------------------------------------

_UNITS = {
    "workday": Unit.WORKDAYS,
    "workdays": Unit.WORKDAYS,
    "workhour": Unit.WORKHOURS,
    "workhours": Unit.WORKHOURS,
    "hour": Unit.HOURS,
    "hours": Unit.HOURS,
    "minute": Unit.MINUTES,
    "minutes": Unit.MINUTES,
}


def parse_span(text: str) -> Span | Text:
    """A span, or the sentence that says what is wrong."""
    words = text.split()
    if len(words) == 3 and words[:2] == ["day", "before"]:
        clock = parse_clock(words[2])
        if clock is not None:
            return Span(Decimal(1), Unit.DAY_BEFORE, clock)
    number = words[0] if words else ""
    if (
        len(words) == 2
        and words[1] in _UNITS
        and number.isascii()
        and number.replace(".", "", 1).isdigit()
        and len(number) <= 6
    ):
        return Span(Decimal(number), _UNITS[words[1]])
    return say(
        "“{text}”不是时限;可写 3 workdays、2 workhours、30 minutes、2 hours、day before 17:00",
        text=text[:40],
    )


def parse_clock(text: str) -> time | None:
    hour, sign, minute = text.partition(":")
    if (
        sign
        and hour.isdigit()
        and minute.isdigit()
        and len(minute) == 2
        and len(hour) <= 2
        and (int(hour) < 24 and int(minute) < 60)
    ):
        return time(int(hour), int(minute))
    return None


def parse_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None


MOMENT_KEYS = ("monthly", "quarterly", "half_yearly", "yearly", "at", "rest_day")
DAY_KEYS = ("daily", "weekly", "at")
_MONTHS = {
    "monthly": tuple(range(1, 13)),
    "quarterly": (1, 4, 7, 10),
    "half_yearly": (1, 7),
    "yearly": (1,),
}


def read_day_moment(cursor: Cursor, node: Node) -> DayMoment | None:
    """A moment of every day or week from the keys `DAY_KEYS` of a mapping."""
    top = cursor.mapping(node, {*DAY_KEYS, *top_names(node)})
    clock = parse_clock(cursor.text(top.get("at"), "00:00"))
    if clock is None:
        cursor.say(top.get("at") or node, say('时刻应如 "17:30"'))
        return None
    weekly = top.get("weekly")
    if weekly is not None:
        on = cursor.one_of(weekly, WEEKDAYS, 0)
        return DayMoment(weekday=on, workdays=False, clock=clock)
    workdays = cursor.one_of(top.get("daily"), {"workday": True, "day": False}, True)
    return DayMoment(weekday=None, workdays=workdays, clock=clock)


def read_moment(cursor: Cursor, node: Node) -> Moment | None:
    """A fixed moment from the keys `MOMENT_KEYS` of a mapping."""
    top = cursor.mapping(node, {*MOMENT_KEYS, *top_names(node)})
    kinds = [name for name in _MONTHS if name in top]
    if len(kinds) != 1:
        cursor.say(node, say("请写 monthly、quarterly、half_yearly、yearly 之一"))
        return None
    text = cursor.text(top.get(kinds[0]))
    workday = {"first workday": "first", "last workday": "last"}.get(text)
    if workday is None and not (text.isdigit() and 1 <= int(text) <= 31):
        cursor.say(node, say("“{text}”应为 1–31,或 first workday / last workday", text=text))
        return None
    clock = parse_clock(cursor.text(top.get("at"), "00:00"))
    if clock is None:
        cursor.say(top.get("at") or node, say('时刻应如 "17:30"'))
        return None
    rest = cursor.one_of(top.get("rest_day"), {one.value: one for one in RestDay}, RestDay.KEEP)
    return Moment(
        months=_months(kinds[0], workday),
        day=None if workday else int(text),
        workday=workday,
        clock=clock,
        rest_day=rest,
    )


def _months(kind: str, workday: str | None) -> tuple[int, ...]:
    first = _MONTHS[kind]
    return tuple(month + 12 // len(first) - 1 for month in first) if workday == "last" else first


def top_names(node: Node) -> list[str]:
    names = getattr(node, "names", None)
    return names() if names else []


def load_calendar(text: str, file: str) -> tuple[Calendar | None, tuple[Problem, ...]]:
    """Read a calendar file: name, zone, known range, rest days, 调休 work days, work hours."""
    node, problems = read(text, file)
    cursor = Cursor(problems)
    top = cursor.mapping(
        node,
        {"calendar", "zone", "known", "weekend", "rest", "work", "hours"},
        {"calendar", "zone", "known", "hours"},
    )
    if node is None:
        return None, tuple(problems)
    known = [_read_date(cursor, one) for one in cursor.items(top.get("known"))]
    hours = [_read_hours(cursor, one) for one in cursor.items(top.get("hours"))]
    zone = _read_zone(cursor, top.get("zone"))
    weekend = frozenset(
        cursor.one_of(one, WEEKDAYS, 6) for one in cursor.texts(top.get("weekend"))
    ) or frozenset({5, 6})
    rest, work = (_read_days(cursor, top.get(name)) for name in ("rest", "work"))
    if len(known) != 2 or None in known:
        cursor.say(node, say("known 要写起止两个日期"))
    if problems or zone is None:
        return None, tuple(problems)
    first, last = known
    assert first is not None
    assert last is not None
    return (
        Calendar(
            name=cursor.text(top.get("calendar")),
            zone=zone,
            known_from=first,
            known_to=last,
            weekend=weekend,
            rest=frozenset(rest),
            work=frozenset(work),
            hours=tuple(one for one in hours if one is not None),
        ),
        (),
    )


def _read_zone(cursor: Cursor, node: Node | None) -> ZoneInfo | None:
    name = cursor.text(node)
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        if node is not None:
            cursor.say(node, say("没有这个时区:“{name}”", name=name), say("如 Asia/Shanghai"))
        return None


def _read_date(cursor: Cursor, node: Node) -> date | None:
    text = cursor.text(node)
    found = parse_date(text)
    if found is None and text:
        cursor.say(node, say("“{text}”不是日期", text=text[:20]), say("如 2026-11-20"))
    return found


def _read_days(cursor: Cursor, node: Node | None) -> list[date]:
    """Single days and ranges `2026-10-01..2026-10-07`."""
    days: list[date] = []
    for one in cursor.texts(node):
        first, sign, last = one.text.partition("..")
        start, end = parse_date(first), parse_date(last if sign else first)
        if start is None or end is None or end < start or (end - start).days > 400:
            cursor.say(one, say("“{text}”不是日期或起止日期", text=one.text[:30]))
            continue
        days += [start + timedelta(days=n) for n in range((end - start).days + 1)]
    return days


def _read_hours(cursor: Cursor, node: Node) -> tuple[time, time] | None:
    text = cursor.text(node)
    start, _, end = text.partition("-")
    opens, closes = parse_clock(start), parse_clock(end)
    if opens is None or closes is None or closes <= opens:
        cursor.say(node, say("“{text}”不是上班时段", text=text[:20]), say("如 08:30-12:00"))
        return None
    return opens, closes
