"""People, posts and departments, dated: who held what on the day it mattered.

`roster.yaml` is published as a whole (roster_loader.py); what changes between two
publications comes beside it as signed amendments (amendments.py). A `RosterView` is all of
that as of one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.errors import Source, UnknownName
from engine.language.amendments import (
    Amendment,
    Delegated,
    DelegationEnded,
    LeaveEnded,
    LeaveTaken,
    LiaisonNamed,
    LiaisonRemoved,
    PersonLeft,
    PostGranted,
    PostWithdrawn,
    QualificationGained,
)
from engine.language.forms import Value
from engine.text import say

PUBLISH, REGISTER, GRANT = "publish", "register", "grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the office. `id` is for records, `name` and `title` for people."""

    id: str
    name: str
    title: str
    department: str | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    name: str
    head: str | None
    leader: str | None
    liaisons: tuple[str, ...]
    size: int
    part_of: str | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Somebody holds a post, from a day to a day (None: open).

    A department's liaison holds the department's name as a post.
    """

    post: str
    person: str
    from_: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """A certificate somebody has, from a day until the last it is good for."""

    person: str
    name: str
    from_: date | None
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The roster as published."""

    organisation: str
    zone: ZoneInfo
    people: tuple[Person, ...]
    departments: tuple[Department, ...]
    holdings: tuple[Holding, ...]
    readonly: frozenset[str]  # posts whose holders do no business
    groups: Mapping[str, tuple[str, ...]]
    powers: Mapping[str, tuple[str, ...]]  # power → posts
    # post or department → who stands in, the first who can
    deputies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()  # A/B posts: one of the two is always there
    qualifications: tuple[Qualification, ...] = ()


class Organisation:
    """A published roster with everything that was amended since, folded in that order."""

    def __init__(self, roster: Roster, amendments: Iterable[Amendment]) -> None:
        self.roster = roster
        self.amendments = tuple(amendments)
        self.holdings = list(roster.holdings)
        self.liaisons = [
            Holding(post=one.name, person=person)
            for one in roster.departments
            for person in one.liaisons
        ]
        self.delegations: list[Delegated] = []
        self.leaves: list[LeaveTaken] = []
        self.qualifications = list(roster.qualifications)
        self.left: dict[str, PersonLeft] = {}
        for one in self.amendments:
            self._amend(one)

    def as_of(self, at: datetime) -> RosterView:
        return RosterView(self, at.astimezone(self.roster.zone).date())

    def turns(self, after: date, until: date) -> bool:
        """Whether somebody comes into a post or out of one after one day and up to another."""
        return any(after < day <= until for day in self._turning_days())

    def _turning_days(self) -> Iterator[date]:
        spans = [(one.from_, one.until) for one in (*self.holdings, *self.liaisons)]
        spans += [(one.from_, one.until) for one in self.leaves]
        spans += [(one.from_, one.until) for one in self.qualifications]
        for first, last in spans:
            if first is not None:
                yield first
            if last is not None and last < date.max:
                yield last + timedelta(days=1)
        yield from (one.from_ for one in self.left.values())

    def _amend(self, one: Amendment) -> None:
        match one:
            case PostGranted():
                self.holdings.append(_holding(one.post, one))
            case PostWithdrawn():
                self.holdings = _ended(self.holdings, one.post, one)
            case LiaisonNamed():
                self.liaisons.append(_holding(one.department, one))
            case LiaisonRemoved():
                self.liaisons = _ended(self.liaisons, one.department, one)
            case Delegated():
                self.delegations.append(one)
            case DelegationEnded():
                pair = (one.from_person, one.to_person)
                self.delegations = [
                    replace(known, until=_day_before(one.from_, known.until))
                    if (known.from_person, known.to_person) == pair
                    else known
                    for known in self.delegations
                ]
            case LeaveTaken():
                self.leaves.append(one)
            case LeaveEnded():
                self.leaves = [
                    replace(known, until=_day_before(one.from_, known.until))
                    if known.person == one.person
                    else known
                    for known in self.leaves
                ]
            case QualificationGained():
                self.qualifications.append(
                    Qualification(
                        person=one.person, name=one.name, from_=one.from_, until=one.until
                    )
                )
            case PersonLeft():
                self.left[one.person] = one


class RosterView:
    """Who is who on one day. People are ids; answers keep the roster's order.

    Somebody who has left holds nothing any more, but keeps his name and title.
    """

    def __init__(self, organisation: Organisation, on: date) -> None:
        self.on = on
        self.roster = organisation.roster
        self._organisation = organisation
        self.amendments = organisation.amendments
        self.leaves = tuple(organisation.leaves)  # on whichever days
        self.delegations = tuple(organisation.delegations)
        self._left = organisation.left
        self._qualifications = organisation.qualifications
        self._people = {person.id: person for person in self.roster.people}
        self._departments = {one.name: one for one in self.roster.departments}
        self._holdings = self._in_force(organisation.holdings)
        self._liaisons = self._in_force(organisation.liaisons)

    @property
    def organisation(self) -> str:
        return self.roster.organisation

    def _in_force(self, holdings: Iterable[Holding]) -> tuple[Holding, ...]:
        return tuple(
            held
            for held in holdings
            if _covers(held.from_, held.until, self.on) and not self.has_left(held.person)
        )

    def on_day(self, on: date) -> RosterView:
        """The same roster as of another day."""
        return RosterView(self._organisation, on)

    def amended(self, amendment: Amendment) -> RosterView:
        """The roster as it would be with one more amendment."""
        known = self._organisation
        return RosterView(Organisation(known.roster, (*known.amendments, amendment)), self.on)

    def turns(self, after: date) -> bool:
        """Whether somebody has come into a post or out of one since a day."""
        return self._organisation.turns(after, self.on)

    def _here(self, people: Iterable[str | None]) -> tuple[str, ...]:
        """Those of them who have not left, each once."""
        found = (one for one in people if one is not None and not self.has_left(one))
        return tuple(dict.fromkeys(found))

    def find_person(self, name: str) -> Person | None:
        """Somebody by id or by name."""
        return self._people.get(name) or next(
            (person for person in self.roster.people if person.name == name), None
        )

    def person(self, name: str) -> Person:
        """Somebody by id or by name. Errors: `UnknownName`."""
        found = self.find_person(name)
        if found is None:
            raise UnknownName(say("人员"), name, [one.name for one in self.roster.people])
        return found

    def people(self) -> tuple[Person, ...]:
        return self.roster.people

    def name_of(self, person: str) -> str:
        found = self._people.get(person)
        return found.name if found else person

    def title_of(self, person: str) -> str:
        """Title and posts, as they are printed beside a signature."""
        found = self._people.get(person)
        posts = self.posts_of(person)
        title = found.title if found else ""
        return "、".join(dict.fromkeys([title, *posts] if title else posts))

    def department_of(self, person: str) -> str | None:
        found = self._people.get(person)
        return found.department if found else None

    def find_department(self, name: str) -> Department | None:
        return self._departments.get(name)

    def departments(self) -> tuple[Department, ...]:
        return self.roster.departments

    def reporting_departments(self) -> tuple[str, ...]:
        """The departments that report for themselves: those not part of another."""
        return tuple(
            one.name
            for one in self.roster.departments
            if one.part_of is None and self.liaisons_of(one.name)
        )

    def post_holders(self, post: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(held.person for held in self._holdings if held.post == post))

    def posts_of(self, person: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(held.post for held in self._holdings if held.person == person))

    def posts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(held.post for held in self.roster.holdings))

    def group(self, name: str) -> tuple[str, ...]:
        return self._here(self.roster.groups.get(name, ()))

    def head_of(self, department: str | None) -> tuple[str, ...]:
        found = self._top(department)
        return self._here((found.head,)) if found else ()

    def leader_of(self, department: str | None) -> tuple[str, ...]:
        """The leader in charge of a department, through the one it is part of."""
        found = self._top(department)
        return self._here((found.leader,)) if found else ()

    def liaisons_of(self, department: str | None) -> tuple[str, ...]:
        found = self._top(department)
        return tuple(
            dict.fromkeys(one.person for one in self._liaisons if found and one.post == found.name)
        )

    def deputies_of(self, name: str | None) -> tuple[str, ...]:
        """Who stands in for a post or a department's head, the first who can."""
        top = self._top(name)
        known = self.roster.deputies
        return self._here(known.get(name or "") or known.get(top.name if top else "", ()))

    def partners_of(self, person: str) -> tuple[str, ...]:
        """The other one of each A/B pair somebody is in."""
        return self._here(
            other
            for pair in self.roster.pairs
            for one, other in (pair, pair[::-1])
            if one == person
        )

    def top_of(self, department: str | None) -> str | None:
        """The department that reports for this one: itself, or the one it is part of."""
        found = self._top(department)
        return found.name if found else None

    def _top(self, department: str | None) -> Department | None:
        found = self._departments.get(department or "")
        while found is not None and found.part_of is not None:
            found = self._departments.get(found.part_of)
        return found

    def superior_of(self, person: str | None) -> tuple[str, ...]:
        """The head of one's department; for a head, the leader in charge; for him, the chief."""
        if person is None:
            return ()
        department = self.department_of(person)
        for candidate in (*self.head_of(department), *self.leader_of(department)):
            if candidate != person and person not in self.leader_of(department):
                return (candidate,)
        chief = self.powers("chief")
        return tuple(one for one in chief if one != person)

    def superiors_of(self, person: str | None) -> tuple[str, ...]:
        found: list[str] = []
        current = self.superior_of(person)
        while current and current[0] not in found:
            found += current[:1]
            current = self.superior_of(current[0])
        return tuple(found)

    def powers(self, power: str) -> tuple[str, ...]:
        """The people who may publish, register keys, grant posts; `chief` is the head of all."""
        posts = self.roster.powers.get(power, ())
        return tuple(dict.fromkeys(one for post in posts for one in self.post_holders(post)))

    def is_readonly(self, person: str) -> bool:
        """Whether somebody is an auditor or administrator, who may look but not act."""
        return any(post in self.roster.readonly for post in self.posts_of(person))

    def is_away(self, person: str) -> bool:
        return any(
            one.person == person and one.from_ <= self.on <= one.until for one in self.leaves
        )

    def has_left(self, person: str) -> bool:
        """Whether somebody's account is stopped."""
        since = self.left_on(person)
        return since is not None and since <= self.on

    def left_on(self, person: str) -> date | None:
        """From which day somebody's account is, or will be, stopped."""
        known = self._left.get(person)
        return known.from_ if known is not None else None

    def in_place_of(self, people: Iterable[str]) -> tuple[str, ...]:
        """The same people, for each who has left whoever succeeds him, if anybody does."""
        return self._here(self._present(one) for one in people)

    def _present(self, person: str) -> str | None:
        """Somebody, or the first of those who followed him that is still there."""
        passed: set[str] = set()
        one: str | None = person
        while one is not None and self.has_left(one) and one not in passed:
            passed.add(one)
            one = self._left[one].successor
        return one

    def on_duty(self, people: Iterable[str]) -> tuple[str, ...]:
        """Those of them who are neither on leave nor gone."""
        return self._here(one for one in people if not self.is_away(one))

    def is_qualified(self, person: str, name: str) -> bool:
        """Whether somebody has a certificate that is good today."""
        return any(
            (one.person, one.name) == (person, name) and _covers(one.from_, one.until, self.on)
            for one in self._qualifications
        )

    def qualifications_of(self, person: str) -> tuple[Qualification, ...]:
        """The certificates somebody has or had, in the order they were entered."""
        return tuple(one for one in self._qualifications if one.person == person)

    def delegations_to(self, person: str) -> tuple[Delegated, ...]:
        """What others have delegated to somebody, in force on this day."""
        return tuple(
            one
            for one in self.delegations
            if one.to_person == person and one.from_ <= self.on <= one.until
        )

    def person_attribute(self, person: str, name: str) -> Value:
        found = self._people.get(person)
        if found is None:
            return None
        return {"name": found.name, "title": found.title, "department": found.department}[name]

    def department_attribute(self, department: str, name: str) -> Value:
        found = self._departments[department]
        match name:
            case "head":
                return found.head
            case "leader":
                return found.leader
            case "size":
                return found.size
        return found.name


def _covers(start: date | None, end: date | None, on: date) -> bool:
    return (start is None or start <= on) and (end is None or on <= end)


def _day_before(day: date, until: date | None) -> date:
    last = day - timedelta(days=1)
    return last if until is None else min(until, last)


def _holding(post: str, given: PostGranted | LiaisonNamed) -> Holding:
    return Holding(post=post, person=given.person, from_=given.from_, until=given.until)


def _ended(
    holdings: Iterable[Holding], post: str, taken: PostWithdrawn | LiaisonRemoved
) -> list[Holding]:
    return [
        replace(held, until=_day_before(taken.from_, held.until))
        if (held.post, held.person) == (post, taken.person)
        else held
        for held in holdings
    ]
