"""The diaries as level 5 folds them: what their things are taken for."""

from __future__ import annotations

from verifier.canonical import Flaw, Json
from verifier.cases import text
from verifier.quantities import exact
from verifier.reading import Sound

Row = tuple[Json, ...]
_Taken = tuple[str, str, str, str, str]  # diary, thing, owner, begins, ends


class Diaries:
    """What the things of the diaries are taken for, and when that last changed."""

    def __init__(self) -> None:
        self._taken: dict[_Taken, str] = {}
        self._pages: dict[tuple[str, str], int] = {}

    def follow(self, one: Sound) -> None:
        """What one record says of them. Raises `Flaw`."""
        for event in one.events:
            name = event.get("event")
            if name not in ("Occupied", "Vacated"):
                continue
            diary, thing, owner = text(event, "diary"), text(event, "thing"), text(event, "owner")
            begins, ends = exact(event.get("begins")), exact(event.get("ends"))
            key = (diary, thing, owner, begins, ends)
            self._pages[diary, thing] = one.index + 1
            if name == "Occupied":
                for other in [one for one in self._taken if self._is_taken_up(one, key)]:
                    del self._taken[other]
                self._taken[key] = text(event, "case")
                continue
            case = self._taken.pop(key, None)
            if case is None:
                raise Flaw("没有这样的占用", "there is no such occupation")
            at = exact(event.get("at"))
            if begins < at and not self._covers(key, at):
                self._taken[(diary, thing, owner, begins, min(ends, at))] = case

    def _is_taken_up(self, one: _Taken, new: _Taken) -> bool:
        """Whether an occupation lies inside a new one of the same owner."""
        return one[:3] == new[:3] and new[3] <= one[3] and one[4] <= new[4]

    def _covers(self, gone: _Taken, at: str) -> bool:
        """Whether its owner holds the time that had passed by another occupation."""
        diary, thing, owner, begins, ends = gone
        return any(
            (one[0], one[1], one[2]) == (diary, thing, owner)
            and one[3] <= begins
            and min(ends, at) <= one[4]
            for one in self._taken
        )

    def rows(self) -> dict[str, list[Row]]:
        """The rows of the tables of diaries."""
        return {
            "occupation": [(*key, case) for key, case in self._taken.items()],
            "page": [(*key, version) for key, version in self._pages.items()],
        }
