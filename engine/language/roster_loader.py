"""roster.yaml: the people, departments and posts of an office, every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from engine.errors import Problem
from engine.language.calendar import parse_date
from engine.language.reader import Cursor, Mapping_, Node, Scalar, read
from engine.language.roster import Department, Holding, Person, Qualification, Roster
from engine.text import say

KEYS = {
    "organisation",
    "zone",
    "people",
    "departments",
    "posts",
    "readonly",
    "groups",
    "powers",
    "deputies",
    "pairs",
    "qualifications",
}
POWERS = ("chief", "publish", "register", "two_registrars", "grant", "read", "redact")


def load_roster(text: str, file: str) -> tuple[Roster | None, tuple[Problem, ...]]:
    """Read roster.yaml; every unknown name is a problem with the nearest known one."""
    node, problems = read(text, file)
    cursor = Cursor(problems)
    top = cursor.mapping(
        node,
        KEYS,
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
        key.text: _known(cursor, value, posts)
        for key, value in cursor.mapping(top.get("powers"), POWERS).entries
    }
    deputies = _read_deputies(cursor, top.get("deputies"), ids, posts | names)
    pairs = _read_pairs(cursor, top.get("pairs"), ids)
    qualifications = _read_qualifications(cursor, top.get("qualifications"), ids)
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
            deputies=deputies,
            pairs=pairs,
            qualifications=qualifications,
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


def _read_deputies(
    cursor: Cursor, node: Node | None, ids: Mapping[str, str], known: set[str]
) -> Mapping[str, tuple[str, ...]]:
    """`岗位或部门: [姓名, …]`: who stands in, the first who can."""
    found = {}
    for key, value in cursor.entries(node):
        if key.text not in known:
            cursor.unknown(key.source, say("岗位或部门"), key.text, known)
        found[key.text] = _names(cursor, value, ids)
    return found


def _read_pairs(
    cursor: Cursor, node: Node | None, ids: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """`[[姓名, 姓名], …]`: two of whom one is always there."""
    found = []
    for one in cursor.items(node):
        people, written = _names(cursor, one, ids), cursor.texts(one)
        if len(written) == len(set(people)) == 2:
            found.append((people[0], people[1]))
        elif len(written) == len(people):
            cursor.say(one, say("AB岗要写两个不同的人"), say("如 [韩江, 方宁]"))
    return tuple(found)


def _read_qualifications(
    cursor: Cursor, node: Node | None, ids: Mapping[str, str]
) -> tuple[Qualification, ...]:
    """`姓名: {证书: 有效到哪天}`."""
    found = []
    for key, value in cursor.entries(node):
        if key.text not in ids:
            cursor.unknown(key.source, say("人员"), key.text, ids)
        for name, day in cursor.entries(value):
            until = _day(cursor, day)
            if until is not None and key.text in ids:
                found.append(
                    Qualification(person=ids[key.text], name=name.text, from_=None, until=until)
                )
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
