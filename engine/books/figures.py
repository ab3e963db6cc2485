"""What the lines of a book add up to: balances, the level over time, what holders have used.

A line counts on the day it happened, which for a step entered later from paper is before the
day it was entered. A measure is what is counted of a line: its quantity or its amount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engine.books.ledger import ZERO, Posting

Measure = Callable[[Posting], Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What lay there of an item, and what it had cost."""

    item: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A level that holds from the end of a day until the next point."""

    on: date
    level: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What was used in one month, named by its first day; below zero if more came back."""

    month: date
    used: Decimal


def quantity_of(posting: Posting) -> Decimal:
    """In above zero, out below."""
    return posting.quantity


def amount_of(posting: Posting) -> Decimal:
    """The same at cost, in money."""
    return posting.amount


def day_of(posting: Posting) -> date:
    """The day a line happened; a line that is written always has one."""
    assert posting.on is not None
    return posting.on


def happened_by(postings: Iterable[Posting], day: date) -> tuple[Posting, ...]:
    """The lines of what had happened by the end of a day, whenever they were entered."""
    return tuple(one for one in postings if day_of(one) <= day)


def balances(postings: Iterable[Posting]) -> tuple[Balance, ...]:
    """What the lines leave of every item they speak of, by name.

    Unlike a card it may be below zero: lines chosen by the day they happened can have an issue
    without the receipt it came out of.
    """
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for one in postings:
        quantity, amount = found.get(one.item, (ZERO, ZERO))
        found[one.item] = (quantity + one.quantity, amount + one.amount)
    return tuple(
        Balance(item=item, quantity=quantity, amount=amount)
        for item, (quantity, amount) in sorted(found.items())
    )


def curve(
    postings: Iterable[Posting], measure: Measure, since: date | None, until: date
) -> tuple[Point, ...]:
    """The level at the end of every day it moved on, oldest first, up to and with `until`.

    It begins on `since` with what had come together by then, or else with the first line.
    Empty if nothing had moved by `until`.
    """
    moved: dict[date, Decimal] = {}
    for one in happened_by(postings, until):
        on = day_of(one) if since is None else max(since, day_of(one))
        moved[on] = moved.get(on, ZERO) + measure(one)
    level, points = ZERO, []
    for on in sorted({*moved, until}) if moved else ():
        level += moved.get(on, ZERO)
        points.append(Point(on=on, level=level))
    return tuple(points)


def consumption(
    postings: Iterable[Posting], measure: Measure, since: date | None, until: date
) -> tuple[Use, ...]:
    """What holders used in each month, returns deducted, without gaps up to the month of `until`.

    It begins with the month of `since`, or else of the first use. Empty if nothing was used.
    What counts is what `consumed` counts in a condition: every line with a holder.
    """
    used: dict[date, Decimal] = {}
    for one in happened_by(postings, until):
        if one.holders and (since is None or day_of(one) >= since):
            month = day_of(one).replace(day=1)
            used[month] = used.get(month, ZERO) - measure(one)
    if not used:
        return ()
    return tuple(
        Use(month=month, used=used.get(month, ZERO)) for month in months(since or min(used), until)
    )


def consumption_by_holder(
    postings: Iterable[Posting], measure: Measure, since: date | None, until: date
) -> Mapping[str, tuple[Use, ...]]:
    """The same for every holder, who used most first; all over the months of the whole.

    A line for a department and a person counts for both, so that the parts may be more than
    the whole.
    """
    lines = tuple(postings)
    whole = consumption(lines, measure, since, until)
    found: dict[str, tuple[Use, ...]] = {}
    for holder in sorted({name for one in lines for name in one.holders}):
        own = consumption((one for one in lines if holder in one.holders), measure, since, until)
        if own:
            known = {one.month: one for one in own}
            found[holder] = tuple(
                known.get(one.month, Use(month=one.month, used=ZERO)) for one in whole
            )
    return dict(sorted(found.items(), key=lambda each: -total(each[1])))


def total(uses: Iterable[Use]) -> Decimal:
    """What was used in all the months together."""
    return sum((one.used for one in uses), ZERO)


def months(first: date, last: date) -> tuple[date, ...]:
    """The first day of every month from that of `first` to that of `last`."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return tuple(
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(count + 1)
    )
