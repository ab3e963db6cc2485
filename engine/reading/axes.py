"""Where the marks of an axis stand and what is written there: round numbers, first days of months.

Shared by the pictures drawn for the terminal and those drawn into files.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from engine.books.figures import months

Mark = tuple[date, str]


def number(value: Decimal) -> str:
    """A quantity as it is read: 1,200 or 2.5."""
    return f"{int(value):,}" if value % 1 == 0 else f"{value.normalize():,f}"


def money(value: Decimal) -> str:
    """An amount as it is read: 6,633.90."""
    return f"{value:,.2f}"


def price(value: Decimal) -> str:
    """What one costs, as it is read: two decimals, or all it has."""
    return money(value) if value == round(value, 2) else number(value)


def value_marks(low: Decimal, high: Decimal, most: int) -> tuple[Decimal, ...]:
    """Round numbers from at most `low` to at least `high`, zero among them, about `most` many.

    Between whole numbers the marks are whole ones.
    """
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    span = (high - low) or Decimal(1)
    is_whole = low % 1 == 0 and high % 1 == 0
    power = Decimal(10) ** (span.adjusted() - 2)
    steps = (power * ten * round_ for ten in (1, 10, 100, 1000) for round_ in (1, 2, 5))
    step = next(one for one in steps if span / one <= most - 1 and (one % 1 == 0 or not is_whole))
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = max((high / step).to_integral_value(ROUND_CEILING), first + 1)
    return tuple(step * n for n in range(int(first), int(last) + 1))


def day_marks(first: date, last: date, most: int) -> tuple[Mark, ...]:
    """Days, first days of months or of years: the finest that are at most `most` (two or more)."""
    fewest = min(2, (last - first).days + 1)
    return next(found for found in _marks(first, last) if fewest <= len(found) <= most)


def _marks(first: date, last: date) -> Iterator[tuple[Mark, ...]]:
    begun = [one for one in months(first, last) if one >= first]

    def days(step: int) -> tuple[Mark, ...]:
        found = (first + timedelta(days=n) for n in range(0, (last - first).days + 1, step))
        return tuple((day, day.isoformat()) for day in found)

    yield from (days(step) for step in (1, 2, 7))
    yield tuple((one, f"{one:%Y-%m}") for one in begun)
    yield days(14)  # between two months of which the picture shows one beginning
    for step in (2, 3, 6):
        yield tuple((one, f"{one:%Y-%m}") for one in begun if (one.month - 1) % step == 0)
    for step in (1, 2, 5, 10, 20, 50):
        january = [one for one in begun if one.month == 1]
        yield tuple((one, f"{one:%Y}") for one in january if one.year % step == 0)
    yield ((first, first.isoformat()), (last, last.isoformat()))
