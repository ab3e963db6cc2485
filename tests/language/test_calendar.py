"""Work time: the handbook's deadlines, and what the calendar does not know."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import CalendarUnknown
from engine.language.calendar import Calendar, Span, before, due, load_calendar, parse_span
from tests.conftest import ROOT

loaded, problems = load_calendar((ROOT / "calendar/office.yaml").read_text("utf-8"), "office.yaml")
assert loaded is not None
CALENDAR: Calendar = loaded
DAYS = st.dates(date(2026, 10, 1), date(2027, 6, 30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.zone)


def span(text: str) -> Span:
    found = parse_span(text)
    assert isinstance(found, Span)
    return found


@pytest.mark.parametrize(
    ("start", "length", "wanted"),
    [
        ("2026-12-03 10:00", "1 workday", "2026-12-04 17:30"),
        ("2026-12-04 09:00", "1 workday", "2026-12-07 17:30"),
        ("2026-11-20 17:30", "3 workdays", "2026-11-25 17:30"),
        ("2026-12-10 17:10", "1 hour", "2026-12-10 18:10"),
        ("2026-12-10 17:10", "3 workdays", "2026-12-15 17:30"),
        ("2026-12-10 17:10", "5 workdays", "2026-12-17 17:30"),
        ("2026-09-24 10:00", "6 workdays", "2026-10-10 17:30"),
        ("2026-12-04 16:30", "2 workhours", "2026-12-07 09:30"),
        ("2026-12-21 20:10", "30 minutes", "2026-12-21 20:40"),
    ],
)
def test_a_deadline_falls_where_the_handbook_puts_it(start: str, length: str, wanted: str) -> None:
    assert due(at(start), span(length), CALENDAR) == at(wanted)


def test_before_a_meeting() -> None:
    meeting = at("2026-12-10 14:30")
    assert before(meeting, span("day before 17:00"), CALENDAR) == at("2026-12-09 17:00")
    assert before(meeting, span("1 hour"), CALENDAR) == at("2026-12-10 13:30")


def test_an_unknown_year_is_refused_by_name() -> None:
    with pytest.raises(CalendarUnknown, match="2028"):
        due(at("2027-12-30 10:00"), span("3 workdays"), CALENDAR)


def test_a_stopped_clock_gives_back_exactly_the_work_time_lost() -> None:
    lost = CALENDAR.worktime(at("2026-12-23 10:00"), at("2026-12-25 10:00"))
    assert lost == Decimal(15)
    assert CALENDAR.advance(at("2026-12-25 17:30"), lost) == at("2026-12-29 17:30")


@given(DAYS, st.integers(1, 60))
def test_adding_workdays_and_counting_them_agree(on: date, count: int) -> None:
    end = CALENDAR.add_workdays(on, count)
    assert CALENDAR.is_workday(end)
    assert CALENDAR.workdays(on, end) == count


@given(DAYS, st.integers(0, 23), st.integers(1, 80))
def test_advancing_and_measuring_work_time_agree(on: date, hour: int, hours: int) -> None:
    start = datetime(on.year, on.month, on.day, hour, tzinfo=CALENDAR.zone)
    end = CALENDAR.advance(start, Decimal(hours))
    assert CALENDAR.worktime(start, end) == hours
    assert CALENDAR.worktime(start, end - timedelta(minutes=1)) < hours
