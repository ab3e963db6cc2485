"""An independent model of bookings: every minute of a thing, and who has it.

It knows nothing of intervals, pages or events: a timetable is a mapping from (thing, minute) to
the case that has that minute, and what a case has asked for is kept beside it, to be given up.
Time is counted in whole minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


class No(Exception):
    """The model refuses, with a code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Asked:
    """A time of use in minutes, and the minutes taken with what comes before and after."""

    thing: str
    use: range
    taken: range


@dataclass
class Timetable:
    """Who has which minute of which thing; what each case has; who was ousted by whom."""

    minutes: dict[tuple[str, int], str] = field(default_factory=dict)
    asked: dict[str, list[Asked]] = field(default_factory=dict)
    ousted: list[tuple[str, str]] = field(default_factory=list)

    def who(self, thing: str, minutes: Iterable[int], case: str) -> list[str]:
        """The other cases that have some of these minutes."""
        found = {self.minutes.get((thing, minute)) for minute in minutes}
        return sorted(one for one in found if one not in (None, case))

    def has(self, case: str, thing: str) -> set[int]:
        return {
            minute for (one, minute), who in self.minutes.items() if (one, who) == (thing, case)
        }

    def give_up(self, case: str, now: int, things: Iterable[str] | None = None) -> None:
        """From now on the case has nothing more of these things, or of any."""
        for asked in list(self.asked.get(case, [])):
            if things is not None and asked.thing not in things:
                continue
            if asked.taken.stop <= now:
                continue
            self._end(case, asked, now)
        self._paint(case)

    def _end(self, case: str, asked: Asked, now: int) -> None:
        self.asked[case].remove(asked)
        if asked.taken.start < now:
            past = range(asked.taken.start, now)
            self.asked[case].append(Asked(asked.thing, asked.use, past))

    def _paint(self, case: str) -> None:
        """A case has exactly the minutes of what it has asked for."""
        self.minutes = {key: who for key, who in self.minutes.items() if who != case}
        for asked in self.asked.get(case, []):
            for minute in asked.taken:
                self.minutes[asked.thing, minute] = case

    def take(
        self, case: str, wanted: list[Asked], now: int, *, instead: bool, despite: bool
    ) -> None:
        """All that is wanted, or nothing. With `despite` others lose what is in the way."""
        losing: list[tuple[str, str, range]] = []
        robbed: set[str] = set()
        for asked in wanted:
            others = self.who(asked.thing, asked.taken, case)
            if others and not (despite and asked.use.start >= now):
                raise No("E_CONFLICT")
            robbed |= {asked.thing} if others else set()
            left = range(max(asked.taken.start, now), asked.taken.stop)
            losing += [(one, asked.thing, left) for one in self.who(asked.thing, left, case)]
        for other, thing, minutes in losing:
            for one in list(self.asked[other]):
                shares = set(one.taken) & set(minutes)
                if one.thing == thing and shares and one.taken.stop > now:
                    self._end(other, one, now)
            self._paint(other)
            self.ousted.append((case, other))
        new = [
            Asked(one.thing, one.use, range(max(one.taken.start, now), one.taken.stop))
            if one.thing in robbed
            else one
            for one in wanted
        ]
        if instead:
            for old in list(self.asked.get(case, [])):
                inside = any(
                    old.thing == one.thing
                    and one.taken.start <= old.taken.start
                    and old.taken.stop <= one.taken.stop
                    for one in new
                )
                if old.taken.stop > now and not inside:
                    self._end(case, old, now)
        self.asked.setdefault(case, []).extend(new)
        self._paint(case)
