"""Stretches of time that end today: this month, this quarter, the last 30 days."""

from __future__ import annotations

import re
from datetime import date, timedelta

from engine.errors import GuichengError
from engine.text import say

_PERIODS = {  # those that begin with the calendar, in months
    "month": 1,
    "quarter": 3,
    "half_year": 6,
    "year": 12,
    "月": 1,
    "季": 3,
    "半年": 6,
    "年": 12,
}
_ROLLING = re.compile(r"(\d{1,4}) ?(day|month|year|\u5929|\u4e2a?\u6708|\u5e74)s?")  # 天 个月 年
_UNITS = {"month": 1, "year": 12, "月": 1, "个月": 1, "年": 12}  # in months; the rest are days


def is_window(text: str) -> bool:
    return text in _PERIODS or _ROLLING.fullmatch(text) is not None


def window_start(text: str, on: date) -> date:
    """The first day of the window that ends on a day.

    `month`, `quarter`, `half_year`, `year` begin with the calendar; `30 days`, `24 months`
    and `2 years` roll. Errors: `GuichengError` for anything else.
    """
    if text in _PERIODS:
        length = _PERIODS[text]
        return date(on.year, (on.month - 1) // length * length + 1, 1)
    found = _ROLLING.fullmatch(text)
    if found is None:
        raise GuichengError(say("“{text}”不是一段时间(如 month、30 days)", text=text))
    count, unit = int(found[1]), found[2]
    if unit not in _UNITS:
        return on - timedelta(days=count)
    year, month = divmod(on.year * 12 + on.month - 1 - count * _UNITS[unit], 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(on.day, last)) + timedelta(days=1)
