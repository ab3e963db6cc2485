"""Bookings: which things of a diary are taken, when, and by which case.

A page is one thing of a diary: a room, a car, a person. An occupation holds it for a time and
for what comes before and after it (`begins` … `ends`, the buffers included); one that is
provisional holds it like any other. Times are half open: what ends at 17:00 leaves 17:00 free.

A page is the fold of its occupations in the order of the log. The fold judges nothing: whether
a thing may be taken is asked of the page before (`in_the_way`), and a write that finds the
page changed since is decided anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.errors import GuichengError
from engine.text import say

Window = tuple[datetime, datetime]


class BookingError(GuichengError):
    """预约不能这样记"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time asked for, and the time it takes with what comes before and after."""

    from_: datetime
    until: datetime
    begins: datetime
    ends: datetime

    def moved(self, by: timedelta) -> Slot:
        return Slot(
            from_=self.from_ + by,
            until=self.until + by,
            begins=self.begins + by,
            ends=self.ends + by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupation:
    """A thing held by a case: `owner` is its number, `case` its id."""

    diary: str
    thing: str
    owner: str
    case: str
    slot: Slot
    provisional: bool = False

    def covers(self, other: Occupation) -> bool:
        """Whether all of another occupation of the same thing lies in this one."""
        return self.slot.begins <= other.slot.begins and other.slot.ends <= self.slot.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One thing of a diary: what it is taken for, in the order of time."""

    diary: str
    thing: str
    taken: tuple[Occupation, ...] = ()

    def of(self, owner: str) -> tuple[Occupation, ...]:
        return tuple(one for one in self.taken if one.owner == owner)


def slot_of(from_: datetime, until: datetime, before: timedelta, after: timedelta) -> Slot:
    """The slot of a time, with what comes before and after it."""
    return Slot(from_=from_, until=until, begins=from_ - before, ends=until + after)


def overlaps(begins: datetime, ends: datetime, other: Slot) -> bool:
    """Whether two times have a moment in common; to touch is not to overlap."""
    return begins < other.ends and other.begins < ends


def in_the_way(page: Page, slot: Slot, owner: str) -> tuple[Occupation, ...]:
    """What others hold of the thing in a slot; a case is never in its own way."""
    return tuple(
        one
        for one in page.taken
        if one.owner != owner and overlaps(slot.begins, slot.ends, one.slot)
    )


def occupied(page: Page, new: Occupation) -> Page:
    """The page once a thing is taken; what its owner held inside that time is taken up in it."""
    kept = (one for one in page.taken if one.owner != new.owner or not new.covers(one))
    return _page(page, (*kept, new))


def vacated(page: Page, owner: str, begins: datetime, ends: datetime, at: datetime) -> Page:
    """The page once an owner holds one occupation no longer: what had passed of it stays.

    Errors: `BookingError` if he does not hold it.
    """
    found = next(
        (one for one in page.of(owner) if (one.slot.begins, one.slot.ends) == (begins, ends)), None
    )
    if found is None:
        raise BookingError(say("{owner} 没有这样占用“{thing}”", owner=owner, thing=page.thing))
    left = replace(page, taken=tuple(one for one in page.taken if one is not found))
    for rest in _past(found, at):
        if not any(one.covers(rest) for one in left.of(owner)):
            left = occupied(left, rest)
    return left


def _past(one: Occupation, at: datetime) -> tuple[Occupation, ...]:
    """What had passed of an occupation at a moment; nothing of one that had not begun."""
    if one.slot.begins >= at:
        return ()
    slot = one.slot
    cut = Slot(
        from_=min(slot.from_, at),
        until=min(slot.until, at),
        begins=slot.begins,
        ends=min(slot.ends, at),
    )
    return (replace(one, slot=cut),)


def _page(page: Page, taken: Iterable[Occupation]) -> Page:
    def place(one: Occupation) -> tuple[datetime, datetime, str]:
        return one.slot.begins, one.slot.ends, one.owner

    return replace(page, taken=tuple(sorted(taken, key=place)))


def next_free(page: Page, wanted: Slot, owner: str, windows: Iterable[Window]) -> Slot | None:
    """The first slot of the same length after the one wanted, inside one of the windows.

    Windows are in the order of time; None if there is room in none of them.
    """
    length = wanted.until - wanted.from_
    for opens, closes in windows:
        start = max(opens, wanted.from_)
        for _ in range(len(page.taken) + 1):  # each of them can be in the way once
            if start + length > closes:
                break
            slot = wanted.moved(start - wanted.from_)
            found = in_the_way(page, slot, owner)
            if not found:
                return slot
            start = max(one.slot.ends for one in found) + (wanted.from_ - wanted.begins)
    return None


def last_free(page: Page, wanted: Slot, owner: str, windows: Iterable[Window]) -> Slot | None:
    """The last slot of the same length before the one wanted, inside one of the windows.

    Windows are in the order of time backwards.
    """
    length = wanted.until - wanted.from_
    for opens, closes in windows:
        start = min(closes - length, wanted.from_)
        for _ in range(len(page.taken) + 1):
            if start < opens:
                break
            slot = wanted.moved(start - wanted.from_)
            found = in_the_way(page, slot, owner)
            if not found:
                return slot
            start = min(one.slot.begins for one in found) - (wanted.ends - wanted.from_)
    return None
