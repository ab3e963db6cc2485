"""What a procedure lacks when people are absent, for everybody who may begin a case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.kernel.staffing import Shortage, Step, Work, in_conflict, shortages
from engine.kernel.steps import Beginning, initiators, work_of
from engine.language.definition import ProcessDefinition
from engine.language.roster import RosterView


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A shortage of a procedure while people are absent, and for whose cases.

    `begun_by` are all the cases of those people; `departments` all those of a department.
    Both empty: every case.
    """

    process: str
    absent: frozenset[str]
    shortage: Shortage
    begun_by: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()


Beginner = tuple[str, str | None]  # who begins a case, and for which department


class Bench:
    """The work of one procedure for each different beginning, ready to lose people."""

    def __init__(self, definition: ProcessDefinition, roster: RosterView) -> None:
        self.process = definition.name
        self._roster = roster
        self._by_itself = definition.is_opened_by_system or definition.every is not None
        self._works: dict[tuple[object, ...], tuple[Work, list[Beginner]]] = {}
        for person, department in initiators(definition, roster):
            work = work_of(definition, roster, Beginning(definition, roster, person, department))
            key = (work.steps, tuple(sorted(work.holders.items())))
            self._works.setdefault(key, (work, []))[1].append((person, department))

    def free_roles(self) -> tuple[str, ...]:
        """The roles that only a case can tell, so that anybody was taken for them."""
        return tuple(
            dict.fromkeys(
                place.role
                for work, _ in self._works.values()
                for step in work.steps
                for place in step.places
                if place.is_free
            )
        )

    def lacks(
        self, absent: frozenset[str] = frozenset(), person: str | None = None
    ) -> tuple[Lack, ...]:
        """Every shortage while these are absent; with `person`, what his absence adds to it.

        The absent begin no case either, unless nobody else could, or the system does.
        """
        if person is None:
            there, found, known = self._there(absent), self._found(absent), {}
        else:
            there, known = self._there(absent | {person}), self._found(absent)
            found = self._found(absent | {person})
            absent = frozenset({person})
        return tuple(
            self._lack(absent, shortage, begun - before, there - before)
            for key, (shortage, begun) in found.items()
            if begun - (before := known[key][1] if key in known else set())
        )

    def _there(self, absent: frozenset[str]) -> set[Beginner]:
        everybody = {one for _, begun in self._works.values() for one in begun}
        there = {one for one in everybody if self._by_itself or one[0] not in absent}
        return there or everybody

    def _found(self, absent: frozenset[str]) -> dict[object, tuple[Shortage, set[Beginner]]]:
        """The shortages, each with the beginnings that meet it."""
        there = self._there(absent)
        found: dict[object, tuple[Shortage, set[Beginner]]] = {}
        for work, begun in self._works.values():
            present = there.intersection(begun)
            for shortage in _merged(shortages(work.without(absent))) if present else ():
                found.setdefault(key_of(shortage), (shortage, set()))[1].update(present)
        return found

    def _lack(
        self,
        absent: frozenset[str],
        shortage: Shortage,
        begun: set[Beginner],
        there: set[Beginner],
    ) -> Lack:
        if begun == there:
            return Lack(process=self.process, absent=absent, shortage=shortage)
        departments = tuple(
            one.name
            for one in self._roster.departments()
            if (whole := {other for other in there if self._top(other[1]) == one.name})
            and whole <= begun
        )
        rest = {one[0] for one in begun if self._top(one[1]) not in departments}
        return Lack(
            process=self.process,
            absent=absent,
            shortage=shortage,
            begun_by=tuple(one.id for one in self._roster.people() if one.id in rest),
            departments=departments,
        )

    def _top(self, department: str | None) -> str | None:
        found = self._roster.find_department(department or "")
        while found is not None and found.part_of is not None:
            found = self._roster.find_department(found.part_of)
        return found.name if found else None


def _merged(found: tuple[Shortage, ...]) -> tuple[Shortage, ...]:
    """Place by place where a place has too few; actions of one state that lack the same, as one."""
    same: dict[object, list[Shortage]] = {}
    for one in (part for whole in found for part in _parts(whole)):
        roles = tuple(place.role for place in one.steps[0].places)
        key = (one.steps[0].state, roles) if len(one.steps) == 1 and not one.rules else id(one)
        same.setdefault(key, []).append(one)
    return tuple(
        replace(several[0], steps=(_together(several), *several[0].steps[1:]))
        for several in same.values()
    )


def _together(several: list[Shortage]) -> Step:
    actions = tuple(name for one in several for name in one.steps[0].actions)
    return replace(several[0].steps[0], actions=actions)


def _parts(shortage: Shortage) -> tuple[Shortage, ...]:
    step = shortage.steps[0]
    short = [place for place in step.places if len(place.people) < place.need]
    if shortage.rules or not short or step.enough < len(step.places):
        return (shortage,)
    return tuple(
        replace(shortage, steps=(replace(step, places=(place,), enough=1),)) for place in short
    )


def key_of(shortage: Shortage) -> object:
    """What makes two shortages the same, whoever begins the case: steps, roles, rules, and who
    would have to be two people.
    """
    steps = tuple(
        (step.state, step.actions, tuple(place.role for place in step.places))
        for step in shortage.steps
    )
    both = tuple((place.role, place.people) for place in in_conflict(shortage))
    return steps, shortage.rules, both


def single_absences(bench: Bench, roster: RosterView, absent: frozenset[str]) -> Iterator[Lack]:
    """What each further single absence adds to those already absent, person by person."""
    for person in roster.people():
        if person.id not in absent and not roster.is_readonly(person.id):
            yield from bench.lacks(absent, person.id)
