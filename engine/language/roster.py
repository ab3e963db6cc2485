"""People, posts and departments, dated: who held what on the day it mattered.

`roster.yaml` is published as a whole; grants, delegations and leave come beside it as
signed amendments. A `RosterView` is all of that as of one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from engine.errors import EvidenceError, Problem, Source, UnknownName
from engine.language.calendar import parse_date
from engine.language.forms import Value
from engine.language.reader import Cursor, Mapping_, Node, Scalar, read
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
    """Somebody holds a post, from a day to a day (None: open)."""

    post: str
    person: str
    from_: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostGranted:
    post: str
    person: str
    from_: date
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostWithdrawn:
    post: str
    person: str
    from_: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegated:
    """One person may act in another's name, in some processes or all; never onward."""

    from_person: str
    to_person: str
    from_: date
    until: date
    processes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveTaken:
    person: str
    from_: date
    until: date


Amendment = PostGranted | PostWithdrawn | Delegated | LeaveTaken
_AMENDMENTS: Mapping[str, type[Amendment]] = {
    kind.__name__: kind for kind in (PostGranted, PostWithdrawn, Delegated, LeaveTaken)
}


def dump_amendment(amendment: Amendment) -> dict[str, Value]:
    """An amendment as plain values, for its record."""
    return {
        "amendment": type(amendment).__name__,
        **{name: getattr(amendment, name) for name in amendment.__slots__},
    }


def load_amendment(values: Mapping[str, Value]) -> Amendment:
    """The amendment a record holds. Errors: `EvidenceError` if it is of no known kind."""
    kind = _AMENDMENTS.get(str(values.get("amendment")))
    if kind is None:
        raise EvidenceError(say("记录中有不认识的人事变更"))
    return kind(**{name: values[name] for name in values if name != "amendment"})  # type: ignore[arg-type]


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


class Organisation:
    """A published roster with everything that was amended since."""

    def __init__(self, roster: Roster, amendments: Iterable[Amendment]) -> None:
        self.roster = roster
        self.amendments = tuple(amendments)

    def as_of(self, at: datetime) -> RosterView:
        return RosterView(self, at.astimezone(self.roster.zone).date())


class RosterView:
    """Who is who on one day. People are ids; answers keep the roster's order."""

    def __init__(self, organisation: Organisation, on: date) -> None:
        self.on = on
        self.roster = organisation.roster
        self.amendments = organisation.amendments
        self._people = {person.id: person for person in self.roster.people}
        self._departments = {one.name: one for one in self.roster.departments}
        self._holdings = self._in_force()

    @property
    def organisation(self) -> str:
        return self.roster.organisation

    def _in_force(self) -> tuple[Holding, ...]:
        holdings = list(self.roster.holdings)
        for one in self.amendments:
            if isinstance(one, PostGranted):
                holdings.append(
                    Holding(post=one.post, person=one.person, from_=one.from_, until=one.until)
                )
            elif isinstance(one, PostWithdrawn):
                holdings = [
                    replace(held, until=_day_before(one.from_, held))
                    if (held.post, held.person) == (one.post, one.person)
                    else held
                    for held in holdings
                ]
        return tuple(held for held in holdings if _covers(held.from_, held.until, self.on))

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
            one.name for one in self.roster.departments if one.part_of is None and one.liaisons
        )

    def post_holders(self, post: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(held.person for held in self._holdings if held.post == post))

    def posts_of(self, person: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(held.post for held in self._holdings if held.person == person))

    def posts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(held.post for held in self.roster.holdings))

    def group(self, name: str) -> tuple[str, ...]:
        return self.roster.groups.get(name, ())

    def head_of(self, department: str | None) -> tuple[str, ...]:
        found = self._top(department)
        return (found.head,) if found and found.head else ()

    def leader_of(self, department: str | None) -> tuple[str, ...]:
        """The leader in charge of a department, through the one it is part of."""
        found = self._top(department)
        return (found.leader,) if found and found.leader else ()

    def liaisons_of(self, department: str | None) -> tuple[str, ...]:
        found = self._top(department)
        return found.liaisons if found else ()

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
            isinstance(one, LeaveTaken)
            and one.person == person
            and one.from_ <= self.on <= one.until
            for one in self.amendments
        )

    def delegations_to(self, person: str) -> tuple[Delegated, ...]:
        """What others have delegated to somebody, in force on this day."""
        return tuple(
            one
            for one in self.amendments
            if isinstance(one, Delegated)
            and one.to_person == person
            and one.from_ <= self.on <= one.until
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


def _day_before(on: date, held: Holding) -> date:
    last = date.fromordinal(on.toordinal() - 1)
    return last if held.until is None else min(held.until, last)


# -- reading -----------------------------------------------------------------------------


def load_roster(text: str, file: str) -> tuple[Roster | None, tuple[Problem, ...]]:
    """Read roster.yaml; every unknown name is a problem with the nearest known one."""
    node, problems = read(text, file)
    cursor = Cursor(problems)
    top = cursor.mapping(
        node,
        {"organisation", "zone", "people", "departments", "posts", "readonly", "groups", "powers"},
        {"organisation", "zone", "people", "departments", "posts"},
    )
    people = _read_people(cursor, top.get("people"))
    ids = {person.name: person.id for person in people}
    departments = _read_departments(cursor, top.get("departments"), ids)
    names = {one.name for one in departments}
    for person in people:
        if person.department is not None and person.department not in names:
            cursor.unknown(person.source, say("部门"), person.department, names)
    for one in departments:
        if one.part_of is not None and one.part_of not in names:
            cursor.unknown(one.source, say("部门"), one.part_of, names)
    holdings = _read_posts(cursor, top.get("posts"), ids)
    posts = {held.post for held in holdings}
    groups = {
        key.text: _names(cursor, value, ids) for key, value in cursor.entries(top.get("groups"))
    }
    readonly = _known(cursor, top.get("readonly"), posts)
    powers = {
        key.text: _known(cursor, value, posts) for key, value in cursor.entries(top.get("powers"))
    }
    zone = ZoneInfo("Asia/Shanghai")
    try:
        zone = ZoneInfo(cursor.text(top.get("zone"), "Asia/Shanghai"))
    except (KeyError, ValueError, OSError):
        cursor.say(top, say("没有这个时区"), say("如 Asia/Shanghai"))
    if problems:
        return None, tuple(problems)
    return (
        Roster(
            organisation=cursor.text(top.get("organisation")),
            zone=zone,
            people=people,
            departments=departments,
            holdings=holdings,
            readonly=frozenset(readonly),
            groups=groups,
            powers=powers,
        ),
        (),
    )


def _read_people(cursor: Cursor, node: Node | None) -> tuple[Person, ...]:
    people: list[Person] = []
    for key, value in cursor.entries(node):
        top = cursor.mapping(value, {"id", "department", "title"}, {"id"})
        uid = cursor.text(top.get("id"), key.text)
        if not uid.isascii() or not uid.replace("-", "").replace(".", "").isalnum():
            cursor.say(value, say("编号“{id}”只能用英文字母和数字", id=uid))
        if any(person.id == uid for person in people):
            cursor.say(value, say("编号“{id}”已有人用", id=uid))
        people.append(
            Person(
                id=uid,
                name=key.text,
                title=cursor.text(top.get("title")) if "title" in top else "",
                department=cursor.optional(top.get("department")),
                source=key.source,
            )
        )
    return tuple(people)


def _read_departments(
    cursor: Cursor, node: Node | None, ids: Mapping[str, str]
) -> tuple[Department, ...]:
    found = []
    for key, value in cursor.entries(node):
        top = cursor.mapping(value, {"head", "leader", "liaisons", "size", "part_of"})
        head, leader = (_names(cursor, top.get(name), ids) for name in ("head", "leader"))
        if not head and "part_of" not in top:
            cursor.say(value, say("部门“{name}”没有负责人", name=key.text), say("请写 head: 姓名"))
        found.append(
            Department(
                name=key.text,
                head=head[0] if head else None,
                leader=leader[0] if leader else None,
                liaisons=_names(cursor, top.get("liaisons"), ids),
                size=cursor.integer(top.get("size")),
                part_of=cursor.optional(top.get("part_of")),
                source=key.source,
            )
        )
    return tuple(found)


def _read_posts(cursor: Cursor, node: Node | None, ids: Mapping[str, str]) -> tuple[Holding, ...]:
    found: list[Holding] = []
    for key, value in cursor.entries(node):
        for one in (value,) if isinstance(value, Scalar) else cursor.items(value):
            if isinstance(one, Mapping_):
                top = cursor.mapping(one, {"who", "from", "until"}, {"who"})
                people = _names(cursor, top.get("who"), ids)
                from_, until = (_day(cursor, top.get(name)) for name in ("from", "until"))
            else:
                people, from_, until = _names(cursor, one, ids), None, None
            found += [
                Holding(post=key.text, person=person, from_=from_, until=until) for person in people
            ]
        if not any(held.post == key.text for held in found):
            cursor.say(key, say("岗位“{post}”无人", post=key.text), say("请填人,或删去此岗位"))
    return tuple(found)


def _day(cursor: Cursor, node: Node | None) -> date | None:
    if node is None:
        return None
    found = parse_date(cursor.text(node))
    if found is None:
        cursor.say(node, say("这里要写日期"), say("如 2026-11-20"))
    return found


def _names(cursor: Cursor, node: Node | None, ids: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    for one in cursor.texts(node):
        if one.text not in ids:
            cursor.unknown(one.source, say("人员"), one.text, ids)
        else:
            found.append(ids[one.text])
    return tuple(found)


def _known(cursor: Cursor, node: Node | None, posts: set[str]) -> tuple[str, ...]:
    for one in cursor.texts(node):
        if one.text not in posts:
            cursor.unknown(one.source, say("岗位"), one.text, posts)
    return tuple(one.text for one in cursor.texts(node))
