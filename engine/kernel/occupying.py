"""What taking a thing of a diary means: the events it writes, or every reason why it cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.books import booking
from engine.books.booking import Occupation, Page, Slot, Window
from engine.kernel import events as happened
from engine.kernel.command import CONFLICT, GUARD, Reason
from engine.kernel.diarykeeping import Diarykeeping, buffered
from engine.kernel.events import Event
from engine.kernel.facts import CaseFacts
from engine.language.calendar import ONE_DAY, Calendar
from engine.language.diary import Diary
from engine.language.effects import Occupy, Vacate
from engine.text import Text, say

HORIZON = 30  # days around the time wanted in which another is looked for


@dataclass(slots=True, kw_only=True)
class Booked:
    """What an entry in a diary would do: events in order, reasons against, and the cases whose
    occupation it ends, by id, with the action they are told to perform.
    """

    events: list[Event] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    ousted: dict[str, str] = field(default_factory=dict)


def plan_booking(entry: Occupy | Vacate, facts: CaseFacts) -> Booked:
    """What an entry would do. The pages that `facts` see follow it."""
    if isinstance(entry, Vacate):
        return _give_up(entry, facts)
    return _Taking(entry, facts).run()


def given_up(several: Iterable[Occupation], by: str, at: datetime) -> list[Event]:
    """The events that end occupations at a moment."""
    return [
        happened.Vacated(
            diary=one.diary,
            thing=one.thing,
            owner=one.owner,
            begins=one.slot.begins,
            ends=one.slot.ends,
            at=at,
            by=by,
        )
        for one in several
    ]


def _give_up(entry: Vacate, facts: CaseFacts) -> Booked:
    booked, at = Booked(), facts.situation.at
    if not facts.holds(entry.when):
        return booked
    named = None if entry.what is None else _things(facts.evaluate(entry.what))
    found = facts.evaluate(entry.of) if entry.of is not None else None
    owner = str(found) if found else facts.case.number
    held = facts.books.diaries.held_by(owner, at, entry.diary)
    ending = [one for one in held if named is None or one.thing in named]
    for event in given_up(ending, facts.case.number, at):
        facts.books.follow(event)
        booked.events.append(event)
    return booked


def _things(found: object) -> tuple[str, ...]:
    """The things a value names: one, several, or none."""
    several = found if isinstance(found, tuple | list) else (found,)
    return tuple(dict.fromkeys(str(one) for one in several if one is not None and one != ""))


class _Taking:
    """One `occupy`, all its lines and things together: all of them, or none."""

    def __init__(self, entry: Occupy, facts: CaseFacts) -> None:
        self.entry = entry
        self.facts = facts
        self.diary: Diary = facts.situation.params.diary(entry.diary)
        self.pages: Diarykeeping = facts.books.diaries
        self.booked = Booked()

    def run(self) -> Booked:
        wanted = list(self._wanted())
        if not self.booked.reasons and wanted:
            if self.entry.instead:
                self._give_up_before(wanted)
            for one in wanted:
                self._emit(
                    happened.Occupied(
                        diary=one.diary,
                        thing=one.thing,
                        owner=one.owner,
                        case=one.case,
                        from_=one.slot.from_,
                        until=one.slot.until,
                        begins=one.slot.begins,
                        ends=one.slot.ends,
                        provisional=one.provisional,
                    )
                )
        return self.booked

    def _emit(self, event: Event) -> None:
        self.facts.books.follow(event)
        self.booked.events.append(event)

    def _no(self, code: str, text: Text) -> None:
        self.booked.reasons.append(Reason(code=code, text=text, source=self.entry.source))

    def _give_up_before(self, wanted: list[Occupation]) -> None:
        """End what the case held in the diary, but for what is only taken anew."""
        at, owner = self.facts.situation.at, self.facts.case.number
        held = self.pages.held_by(owner, at, self.diary.name)
        ending = [
            one
            for one in held
            if not any(new.thing == one.thing and new.covers(one) for new in wanted)
        ]
        for event in given_up(ending, owner, at):
            self._emit(event)

    # -- what is wanted --------------------------------------------------------------------

    def _wanted(self) -> Iterator[Occupation]:
        """What may be taken of the lines; a reason for every one that may not."""
        entry = self.entry
        for line in self.facts.lines(entry.each):
            if not line.holds(entry.when):
                continue
            things = _things(line.evaluate(entry.what))
            asked = self._slot(line) if things else None
            for thing in things if asked is not None else ():
                assert asked is not None
                slot = self._had(thing, asked, line) if self._is_known(thing) else None
                if slot is not None:
                    yield Occupation(
                        diary=self.diary.name,
                        thing=thing,
                        owner=self.facts.case.number,
                        case=self.facts.case.id,
                        slot=slot,
                        provisional=entry.provisional,
                    )

    def _slot(self, line: CaseFacts) -> Slot | None:
        from_, until = line.evaluate(self.entry.from_), line.evaluate(self.entry.until)
        if not isinstance(from_, datetime) or not isinstance(until, datetime):
            self._no(GUARD, say("占用“{diary}”须写明起止时间", diary=self.diary.name))
            return None
        if until <= from_:
            self._no(GUARD, say("占用“{diary}”的结束须晚于开始", diary=self.diary.name))
            return None
        return buffered(self.diary, from_, until, self.entry.before, self.entry.after)

    def _is_known(self, thing: str) -> bool:
        table = self.facts.situation.params.tables.get(self.diary.item or "")
        if table is None or thing in table.rows:
            return True
        self._no(GUARD, say("“{diary}”里没有“{thing}”", diary=self.diary.name, thing=thing))
        return False

    # -- what is in the way ------------------------------------------------------------------

    def _had(self, thing: str, slot: Slot, line: CaseFacts) -> Slot | None:
        """The slot in which the thing can be had: as asked for if it is free; without what has
        passed if it is taken by those who may be ousted, who have had that.
        """
        owner, at = self.facts.case.number, self.facts.situation.at
        found = booking.in_the_way(self.pages.page(self.diary.name, thing), slot, owner)
        if not found:
            return slot
        despite = self.entry.despite
        if despite is not None and slot.from_ >= at and line.holds(despite):
            losing = [one for one in found if one.slot.ends > at]
            for event in given_up(losing, owner, at):
                self._emit(event)
            self.booked.ousted |= {one.case: self.entry.oust or "" for one in losing}
            return replace(slot, begins=max(slot.begins, at))
        text = say(
            "“{thing}” {window} 不空:{taken};{instead}",
            thing=self._called(thing),
            window=self._shown(slot.begins, slot.ends),
            taken=tuple(
                say("{number} 占用 {window}", number=one.owner, window=self._held(one))
                for one in found
            ),
            instead=self._alternatives(thing, slot, line),
        )
        self._no(CONFLICT, text)
        return None

    def _called(self, thing: str) -> str:
        """What a thing is called: a person by his name."""
        return thing if self.diary.item else self.facts.situation.roster.name_of(thing)

    def _held(self, one: Occupation) -> str:
        return self._shown(one.slot.begins, one.slot.ends)

    def _shown(self, begins: datetime, ends: datetime) -> str:
        return shown_window(begins, ends, self.facts.situation.calendar)

    def _alternatives(self, thing: str, slot: Slot, line: CaseFacts) -> Text:
        """Other things that are free then, and the nearest times at which this one is."""
        others = tuple(self._others(thing, slot, line))
        page = self.pages.page(self.diary.name, thing)
        times = tuple(
            self._shown(one.from_, one.until) for one in self._times(page, slot) if one is not None
        )
        none = (say("无"),)
        return say(
            "同时可用:{others};它最近可用:{times}", others=others or none, times=times or none
        )

    def _others(self, thing: str, slot: Slot, line: CaseFacts) -> Iterator[str]:
        table = self.facts.situation.params.tables.get(self.diary.item or "")
        owner = self.facts.case.number
        for key, row in table.rows.items() if table is not None else ():
            if key == thing or not line.with_names(row).holds(self.entry.fit):
                continue
            if not booking.in_the_way(self.pages.page(self.diary.name, key), slot, owner):
                yield key

    def _times(self, page: Page, slot: Slot) -> tuple[Slot | None, Slot | None]:
        situation, owner = self.facts.situation, self.facts.case.number
        windows = work_windows(situation.calendar, slot, situation.at)
        earlier = [one for one in reversed(windows) if one[0] < slot.from_]
        later = [one for one in windows if one[1] > slot.from_]
        return (
            booking.last_free(page, slot, owner, earlier),
            booking.next_free(page, slot, owner, later),
        )


def work_windows(calendar: Calendar, slot: Slot, at: datetime) -> list[Window]:
    """The working hours around a slot that are not over yet, in order: the shifts of a day if it
    fits into one, else whole days; for what is longer than a day, the rest of the known calendar.
    """
    length = slot.until - slot.from_
    first = slot.from_.astimezone(calendar.zone).date()
    days = [
        first + n * ONE_DAY
        for n in range(-HORIZON, HORIZON + 1)
        if calendar.known_from <= first + n * ONE_DAY <= calendar.known_to
        and calendar.is_workday(first + n * ONE_DAY)
    ]
    shifts: list[Window] = [
        (calendar.at(day, opens), calendar.at(day, closes))
        for day in days
        for opens, closes in calendar.hours
    ]
    whole = [(calendar.at(day, calendar.hours[0][0]), calendar.close(day)) for day in days]
    for windows in (shifts, whole):
        if any(closes - opens >= length for opens, closes in windows):
            return [(max(opens, at), closes) for opens, closes in windows if closes > at]
    return [(max(opens, at), closes + length) for opens, closes in whole if closes > at]


def shown_window(begins: datetime, ends: datetime, calendar: Calendar) -> str:
    """A time as people write it: `2026-12-10 13:30–17:30`; with both days if there are two."""
    one, other = begins.astimezone(calendar.zone), ends.astimezone(calendar.zone)
    until = f"{other:%H:%M}" if one.date() == other.date() else f"{other:%Y-%m-%d %H:%M}"
    return f"{one:%Y-%m-%d %H:%M}–{until}"
