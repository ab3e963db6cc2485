"""Who held what on a day, from the compiled roster and the amendments on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from verifier.canonical import Flaw, Json

Names = tuple[str, ...]
UNASKED = "\0"  # the answer to what is no question to the roster; no canonical text holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str
    title: str
    department: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    name: str
    head: str | None
    leader: str | None
    liaisons: Names
    size: int
    part_of: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """`what` (a post, a department's liaison, a leave) is `person`'s on these days, inclusive."""

    what: str
    person: str
    since: date | None
    until: date | None

    def covers(self, on: date) -> bool:
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    principal: str
    person: str
    since: date
    until: date
    processes: Names

    def covers(self, on: date, process: str) -> bool:
        within = self.since <= on <= self.until
        return within and (not self.processes or process in self.processes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """A compiled roster as published."""

    zone: str
    people: Mapping[str, Person]
    departments: Mapping[str, Department]
    holdings: tuple[Holding, ...]
    readonly: frozenset[str]
    groups: Mapping[str, Names]
    powers: Mapping[str, Names]
    deputies: Mapping[str, Names]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A roster with amendments folded in, in their order."""

    roster: Roster
    holdings: tuple[Holding, ...]
    liaisons: tuple[Holding, ...]
    delegations: tuple[Delegation, ...]
    left: Mapping[str, date]

    def after(self, change: Mapping[str, Json]) -> Office:
        """With one more amendment. Raises `Flaw` for one of no known kind or shape."""
        kind = change.get("amendment")
        if kind in ("LeaveTaken", "LeaveEnded", "QualificationGained"):
            return self  # bears on no fact that is judged
        since = _day(change.get("from_"))
        is_pair = kind in ("Delegated", "DelegationEnded")
        person = _name(change, "from_person" if is_pair else "person")
        match kind:
            case "PostGranted":
                given = _given(change, "post", person, since)
                return replace(self, holdings=(*self.holdings, given))
            case "PostWithdrawn":
                held = _ended(self.holdings, _name(change, "post"), person, since)
                return replace(self, holdings=held)
            case "LiaisonNamed":
                given = _given(change, "department", person, since)
                return replace(self, liaisons=(*self.liaisons, given))
            case "LiaisonRemoved":
                held = _ended(self.liaisons, _name(change, "department"), person, since)
                return replace(self, liaisons=held)
            case "Delegated":
                delegated = Delegation(
                    principal=person,
                    person=_name(change, "to_person"),
                    since=since,
                    until=_day(change.get("until")),
                    processes=_names(change.get("processes")),
                )
                return replace(self, delegations=(*self.delegations, delegated))
            case "DelegationEnded":
                last = _day_before(since)
                pair = (person, _name(change, "to_person"))
                ended = tuple(
                    replace(one, until=min(last, one.until))
                    if (one.principal, one.person) == pair
                    else one
                    for one in self.delegations
                )
                return replace(self, delegations=ended)
            case "PersonLeft":
                return replace(self, left={**self.left, person: since})
        raise Flaw("不认识的人事变更", "an unknown amendment of the roster")

    # -- questions about one day; answers keep the roster's order -------------------------

    def has_left(self, person: str, on: date) -> bool:
        since = self.left.get(person)
        return since is not None and since <= on

    def here(self, people: Iterable[str | None], on: date) -> Names:
        return tuple(dict.fromkeys(one for one in people if one and not self.has_left(one, on)))

    def post_holders(self, post: str, on: date) -> Names:
        return self.here(
            (one.person for one in self.holdings if one.what == post and one.covers(on)), on
        )

    def posts_of(self, person: str, on: date) -> Names:
        if self.has_left(person, on):
            return ()
        held = (one.what for one in self.holdings if one.person == person and one.covers(on))
        return tuple(dict.fromkeys(held))

    def title_of(self, person: str, on: date) -> str:
        known = self.roster.people.get(person)
        title = [known.title] if known and known.title else []
        return "、".join(dict.fromkeys([*title, *self.posts_of(person, on)]))

    def top(self, name: str) -> Department | None:
        """The department that reports for this one."""
        found = self.roster.departments.get(name)
        for _ in self.roster.departments:
            if found is None or found.part_of is None:
                break
            found = self.roster.departments.get(found.part_of)
        return found

    def head_of(self, name: str, on: date) -> Names:
        found = self.top(name)
        return self.here((found.head,), on) if found else ()

    def leader_of(self, name: str, on: date) -> Names:
        found = self.top(name)
        return self.here((found.leader,), on) if found else ()

    def liaisons_of(self, name: str, on: date) -> Names:
        found = self.top(name)
        named = found.name if found else None
        return self.here(
            (one.person for one in self.liaisons if one.what == named and one.covers(on)), on
        )

    def deputies_of(self, name: str, on: date) -> Names:
        found = self.top(name)
        known = self.roster.deputies
        named = known.get(name) or (known.get(found.name) if found else None)
        return self.here(named or (), on)

    def superior_of(self, person: str, on: date) -> Names:
        if person == "None":
            return ()
        known = self.roster.people.get(person)
        heads: Names = ()
        leaders: Names = ()
        if known is not None and known.department is not None:
            heads = self.head_of(known.department, on)
            leaders = self.leader_of(known.department, on)
        for candidate in (*heads, *leaders):
            if candidate != person and person not in leaders:
                return (candidate,)
        return tuple(one for one in self.powers("chief", on) if one != person)

    def superiors_of(self, person: str, on: date) -> Names:
        found: list[str] = []
        current = self.superior_of(person, on)
        while current and current[0] not in found:
            found += current[:1]
            current = self.superior_of(current[0], on)
        return tuple(found)

    def reporting(self, on: date) -> Names:
        return tuple(
            one.name
            for one in self.roster.departments.values()
            if one.part_of is None and self.liaisons_of(one.name, on)
        )

    def powers(self, power: str, on: date) -> Names:
        posts = self.roster.powers.get(power, ())
        return tuple(dict.fromkeys(one for post in posts for one in self.post_holders(post, on)))

    def is_readonly(self, person: str, on: date) -> bool:
        return any(post in self.roster.readonly for post in self.posts_of(person, on))

    def answer(self, name: str, argument: str, on: date) -> Json:
        """What a function of the language (§12.1) says of one argument, or `UNASKED`."""
        asked: Mapping[str, Callable[[str, date], Names]] = {
            "post": self.post_holders,
            "group": lambda group, day: self.here(self.roster.groups.get(group, ()), day),
            "head_of": self.head_of,
            "leader_of": self.leader_of,
            "liaisons_of": self.liaisons_of,
            "deputies_of": self.deputies_of,
            "superior_of": self.superior_of,
            "superiors_of": self.superiors_of,
            "departments": lambda _, day: self.reporting(day),
        }
        if name in asked:
            return list(asked[name](argument, on))
        if name == "has_post":
            person, _, post = argument.partition(",")
            return person in self.post_holders(post, on)
        return UNASKED


def begin(roster: Roster) -> Office:
    """An office before any amendment."""
    liaisons = tuple(
        Holding(what=one.name, person=person, since=None, until=None)
        for one in roster.departments.values()
        for person in one.liaisons
    )
    return Office(
        roster=roster, holdings=roster.holdings, liaisons=liaisons, delegations=(), left={}
    )


def load_roster(model: Json) -> Roster:
    """A compiled roster. Raises `Flaw`."""
    try:
        return _load_roster(model)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Flaw("花名册模型不成样子", "the model of the roster is ill-formed") from None


def _load_roster(model: Json) -> Roster:
    got = _mapping(model)
    people = [_mapping(one) for one in _list(got["people"])]
    departments = [_mapping(one) for one in _list(got["departments"])]
    holdings = [_mapping(one) for one in _list(got["holdings"])]
    for named in ([one["id"] for one in people], [one["name"] for one in departments]):
        if len(set(named)) < len(named):
            raise Flaw("花名册里有重复的人或部门", "a person or department stands twice")
    return Roster(
        zone=_name(got, "zone"),
        people={
            _name(one, "id"): Person(
                name=_name(one, "name"),
                title=_name(one, "title"),
                department=_maybe(one["department"]),
            )
            for one in people
        },
        departments={
            _name(one, "name"): Department(
                name=_name(one, "name"),
                head=_maybe(one["head"]),
                leader=_maybe(one["leader"]),
                liaisons=_names(one["liaisons"]),
                size=_number(one["size"]),
                part_of=_maybe(one["part_of"]),
            )
            for one in departments
        },
        holdings=tuple(
            Holding(
                what=_name(one, "post"),
                person=_name(one, "person"),
                since=_plain_day(one["from_"]),
                until=_plain_day(one["until"]),
            )
            for one in holdings
        ),
        readonly=frozenset(_names(got["readonly"])),
        groups=_groups(got["groups"]),
        powers=_groups(got["powers"]),
        deputies=_groups(got["deputies"]),
    )


def _given(change: Mapping[str, Json], what: str, person: str, since: date) -> Holding:
    until = None if change.get("until") is None else _day(change.get("until"))
    return Holding(what=_name(change, what), person=person, since=since, until=until)


def _ended(
    holdings: tuple[Holding, ...], what: str, person: str, since: date
) -> tuple[Holding, ...]:
    last = _day_before(since)
    return tuple(
        replace(one, until=last if one.until is None else min(last, one.until))
        if (one.what, one.person) == (what, person)
        else one
        for one in holdings
    )


def _day(value: Json) -> date:
    """A tagged date of an event. Raises `Flaw`."""
    match value:
        case {"$": "date", "is": str(text)}:
            return _read_day(text)
    raise Flaw("日期写法不对", "a date is ill-formed")


def _plain_day(value: Json) -> date | None:
    return None if value is None else _read_day(str(value))


def _read_day(text: str) -> date:
    """A day in its one spelling. Raises `Flaw`."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise Flaw("日期写法不对", "a date is ill-formed")
    return found


def _day_before(day: date) -> date:
    return day - timedelta(days=1) if day > date.min else day


def _number(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Flaw("应为整数", "must be a whole number")
    return value


def _name(got: Mapping[str, Json], field: str) -> str:
    value = got.get(field)
    if not isinstance(value, str):
        raise Flaw(f"字段 {field} 不成样子", f"the field {field} is ill-formed", field)
    return value


def _maybe(value: Json) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Flaw("应为文字或 null", "must be a text or null")
    return value


def _names(value: Json) -> Names:
    found = [one for one in _list(value) if isinstance(one, str)]
    if found != value:
        raise Flaw("应为文字的列表", "must be a list of texts")
    return tuple(found)


def _groups(value: Json) -> dict[str, Names]:
    return {name: _names(one) for name, one in _mapping(value).items()}


def _mapping(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Flaw("应为对象", "must be an object")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise Flaw("应为列表", "must be a list")
    return value
