"""The diaries as a case sees them while it is being decided: what stands, and its own entries.

Nothing is written here; the pages follow the events, as the cards of the books do.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.books import booking
from engine.books.booking import Occupation, Page, Slot
from engine.books.diaries import Diaries
from engine.kernel import events as happened
from engine.kernel.events import Event
from engine.language.diary import Diary


def occupation_of(event: happened.Occupied) -> Occupation:
    """What an event takes of a diary."""
    return Occupation(
        diary=event.diary,
        thing=event.thing,
        owner=event.owner,
        case=event.case,
        slot=Slot(from_=event.from_, until=event.until, begins=event.begins, ends=event.ends),
        provisional=event.provisional,
    )


def turned(page: Page, event: happened.Occupied | happened.Vacated) -> Page:
    """The page after an event. Errors: `BookingError`."""
    if isinstance(event, happened.Occupied):
        return booking.occupied(page, occupation_of(event))
    return booking.vacated(page, event.owner, event.begins, event.ends, event.at)


def buffered(
    diary: Diary,
    from_: datetime,
    until: datetime,
    before: timedelta | None = None,
    after: timedelta | None = None,
) -> Slot:
    """The slot of a time with what comes before and after it, as the diary says unless told."""
    return booking.slot_of(
        from_,
        until,
        diary.before if before is None else before,
        diary.after if after is None else after,
    )


class Diarykeeping:
    """The diaries with this case's entries on top."""

    def __init__(self, diaries: Diaries) -> None:
        self.diaries = diaries
        self._pages: dict[tuple[str, str], Page] = {}

    def beside(self) -> Diarykeeping:
        """A copy to try entries on."""
        other = Diarykeeping(self.diaries)
        other._pages = dict(self._pages)
        return other

    def follow(self, event: Event) -> None:
        """Bring the pages up to date. Errors: `BookingError`."""
        if isinstance(event, happened.Occupied | happened.Vacated):
            page = self.page(event.diary, event.thing)
            self._pages[event.diary, event.thing] = turned(page, event)

    def page(self, diary: str, thing: str) -> Page:
        found = self._pages.get((diary, thing))
        return found if found is not None else self.diaries.page(diary, thing)

    def held_by(self, owner: str, at: datetime, diary: str | None = None) -> list[Occupation]:
        """What a case still holds at a moment or will hold later, in one diary or in all."""
        places = dict.fromkeys((*self.diaries.things_of(owner), *self._pages))
        return [
            one
            for name, thing in sorted(places)
            if diary in (None, name)
            for one in self.page(name, thing).of(owner)
            if one.slot.ends > at
        ]

    # -- what conditions ask ---------------------------------------------------------------

    def is_free(
        self,
        diary: Diary,
        thing: object,
        from_: datetime | None,
        until: datetime | None,
        owner: str,
    ) -> bool:
        """Whether a case could take a thing, with the time the diary wants around it."""
        if from_ is None or until is None or thing is None:
            return False
        page = self.page(diary.name, str(thing))
        return not booking.in_the_way(page, buffered(diary, from_, until), owner)

    def occupied_by(
        self, diary: str, thing: object, from_: datetime | None, until: datetime | None
    ) -> str | None:
        """The first case that holds a thing at some moment of a time; None if nobody does."""
        if from_ is None or until is None or thing is None:
            return None
        taken = self.page(diary, str(thing)).taken
        found = (one.owner for one in taken if booking.overlaps(from_, until, one.slot))
        return next(found, None)

    def occupies(self, owner: str, at: datetime, diary: str, thing: object = None) -> bool:
        """Whether a case holds something of a diary now or later, or the thing named."""
        held = self.held_by(owner, at, diary)
        return any(thing is None or one.thing == str(thing) for one in held)
