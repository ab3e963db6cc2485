"""Level 3: names, facts and powers held against the roster of the day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verifier.parts import (
    Row,
    actor,
    amended,
    by_digest,
    day,
    definition,
    event,
    head,
    published,
    roster,
    sha256,
    written,
)
from tests.verifier.staff import (
    MODEL,
    NEW,
    PEOPLE,
    Staff,
    Told,
    at,
    behalf,
    enrolled,
)
from verifier.canonical import canonical
from verifier.reading import Sound
from verifier.records import SERVICE

NOON = "2026-11-02T04:00:00.000Z"


def roster_says(one: Sound, field: str, found: str, wanted: str) -> Told:
    zh = f"记录写着“{found}”,花名册当时为“{wanted}”"
    return at(one, "E_ROSTER", field, zh, f"the record says “{found}”, the roster said “{wanted}”")


# -- the signer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "field", "wanted"),
    [
        ("name", "actor.name", "吴桐"),
        ("post", "actor.post", "研究员、文书"),
        ("dept", "actor.dept", "实验室"),
    ],
)
def test_a_signer_is_named_as_the_roster_names_him(name: str, field: str, wanted: str) -> None:
    staff = Staff()
    other = PEOPLE["wutong"]._replace(**{name: "别的"})
    found = [staff.act(uid="wutong", actor=other, typ=typ) for typ in ("step", "refusal")]
    assert staff.told() == [roster_says(one, field, "别的", wanted) for one in found]


def test_who_has_no_department_has_none() -> None:
    staff = Staff()
    one = staff.act(uid="lugong", actor=PEOPLE["lugong"]._replace(dept="None"))
    assert staff.told() == [roster_says(one, "actor.dept", "None", "")]


def test_a_stranger_is_told_as_such_alone() -> None:
    staff = Staff(enrolled=())
    staff.change(enrolled("stranger", NEW))
    one = staff.act(actor=actor("stranger", "nobody", name="?"), key=NEW.key_id)
    told = at(one, "E_ROSTER", "actor.uid", "花名册里没有此人", "nobody of the roster")
    assert staff.told() == [told]


def test_the_system_is_nobody_of_the_roster() -> None:
    staff = Staff()
    staff.act(uid=SERVICE, typ="system", way="system")
    assert staff.told() == []


def test_who_has_left_signs_nothing_but_is_refused() -> None:
    staff = Staff()
    staff.org(amended("PersonLeft", "2026-11-02", person="linlan"), uid="lugong")
    gone = PEOPLE["linlan"]._replace(post="")
    staff.act(happened="2026-11-01T15:59:59.999Z")
    one = staff.act(actor=gone)
    staff.act(actor=gone, typ="refusal")
    told = at(one, "E_ROSTER", "actor.uid", "此人当时已离岗", "this person had left")
    assert staff.told() == [told]


@pytest.mark.parametrize(
    ("typ", "is_right"), [("step", False), ("open", False), ("read", True), ("refusal", True)]
)
def test_who_only_reads_neither_opens_nor_steps(typ: str, is_right: bool) -> None:
    staff = Staff(MODEL | {"readonly": ["文书"]})
    one = staff.act(typ=typ)
    told = at(one, "E_ROSTER", "actor.uid", "此人的账号只读", "this person only reads")
    assert staff.told() == ([] if is_right else [told])


def delegated(*processes: str, to: str = "linlan", principal: str = "hanjiang") -> Row:
    fields = {"from_person": principal, "to_person": to, "processes": list(processes)}
    return amended("Delegated", "2026-11-02", until=day("2026-11-03"), **fields)


@pytest.mark.parametrize(
    ("made", "changes", "is_right"),
    [
        (delegated(), {}, True),
        (delegated(), {"happened": "2026-11-01T12:00:00.000Z"}, False),
        (delegated(to="wutong"), {}, False),
        (delegated(principal="lugong"), {}, False),
        (delegated("入库"), {}, False),
        (delegated("入库", ""), {}, True),
        (delegated("入库"), {"definition": definition("入库", "", "")}, True),
        (delegated("入库"), {"definition": definition("出库", "", "")}, False),
        (delegated("出库"), {"typ": "refusal"}, True),
    ],
)
def test_who_acts_for_another_has_his_delegation(made: Row, changes: Row, is_right: bool) -> None:
    staff = Staff()
    staff.org(made, uid="lugong" if "lugong" in str(made) else "hanjiang")
    one = staff.act(actor=behalf("linlan", "hanjiang"), **changes)
    told = at(
        *(one, "E_ROSTER", "actor.for", "linlan 当时没有 hanjiang 的有效委托"),
        "linlan had no delegation from hanjiang in force",
    )
    assert staff.told() == ([] if is_right else [told])


def test_of_several_delegations_one_that_holds_is_enough() -> None:
    staff = Staff()
    staff.org(delegated(to="wutong"))
    staff.org(delegated())
    staff.act(actor=behalf("linlan", "hanjiang"))
    assert staff.told() == []


# -- the day and the office -----------------------------------------------------------


def test_before_there_is_a_roster_nobody_is_asked() -> None:
    staff = Staff(None)
    staff.act(actor=PEOPLE["lugong"], facts={"post(文书)": ["x"]})
    assert staff.told("E_ROSTER") == []


def test_a_record_is_judged_by_the_roster_it_rests_on() -> None:
    staff = Staff()
    first = head(staff.log.streams["org"][0])
    staff.org(amended("PostWithdrawn", "2026-10-01", post="文书", person="linlan"), uid="lugong")
    one = staff.act()
    staff.act(org=first)
    staff.act(org=None, actor=actor("linlan"))
    assert staff.told("E_ROSTER") == [roster_says(one, "actor.post", "文书", "")]


def test_a_record_of_the_office_is_dated_by_itself_and_judged_by_what_is_before() -> None:
    """The first roster says on which day it was published; the second one is not yet in force."""
    staff = Staff(MODEL | {"zone": "America/New_York"})
    calendar = canonical({"zone": "Asia/Shanghai"})
    staff.org(published(calendar, kind="calendar"), uid="hanjiang", zone="America/New_York")
    staff.models |= by_digest(calendar)
    told = staff.log.streams["org"][0].opened["event/0"]
    assert isinstance(told, dict)
    for effective, allowed in (("2026-11-01", True), ("2026-11-02", False)):
        other = Staff(None)
        other.models = staff.models
        other.org(told | {"effective": day(effective)}, uid="wutong")
        found = other.told("E_POWER")
        assert bool(found) == allowed
    staff.publish(roster(people=[], zone="Asia/Shanghai", powers={"publish": ["文书"]}), 2)
    assert staff.told() == []


def test_a_model_that_is_missing_is_told_behind_all_others() -> None:
    staff = Staff()
    one = staff.act(key=NEW.key_id)
    staff.org(published(b"gone", 2))
    staff.act()
    never = at(one, "E_POWER", "key", "签名钥匙没有登记", "the key was never enrolled")
    assert [each[0].split()[0] for each in staff.told()] == ["case/1", sha256(b"gone")]
    assert staff.told()[0] == never


# -- facts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("post(文书)", ["linlan", "wutong"], ["wutong", "linlan"]),
        ("post(没有)", [], ["linlan"]),
        ("has_post(linlan,文书)", True, False),
        ("group(评价组)", ["wutong", "linlan"], "wutong"),
        ("superior_of(linlan)", ["hanjiang"], []),
        ("who(审核人)", ["linlan", "lugong"], ["linlan", "nobody"]),
        ("who(会签人)", [], [5]),
        ("who(经办人)", None, ["nobody"]),
        ("who(校长)", "nobody", [["linlan"]]),
        *(("办公室.head", "hanjiang", "linlan"), ("办公室.leader", "lugong", None)),
        *(("办公室.size", 3, 4), ("办公室.name", "办公室", "")),
        *(("wutong.name", "吴桐", "wutong"), ("wutong.title", "研究员", "文书")),
        *(("wutong.department", "实验室", "办公室"), ("lugong.department", None, "")),
    ],
)
def test_what_a_decision_asked_of_the_roster_is_asked_again(
    name: str, right: Any, wrong: Any
) -> None:
    staff = Staff()
    staff.act(facts={name: right})
    found = [staff.act(event("x"), facts={name: wrong}, typ=typ) for typ in ("step", "refusal")]
    zh = f"决定所依据的“{name}”与当时的花名册不符"
    en = f"“{name}”, on which it rests, is not what the roster said"
    assert staff.told() == [at(one, "E_ROSTER", f"fact/{name}", zh, en) for one in found]


@pytest.mark.parametrize(
    "name",
    [
        *("on_duty(linlan)", "Post(文书)", "post((文书))", "post(文书)x", "post", "balance"),
        *("办公室.liaisons", "wutong.size", "办公室.title", "没有.head", "没有.name", "head"),
        *("lugong.head", "办公室.department", "x.办公室.head"),
    ],
)
def test_what_is_nothing_of_the_roster_is_not_asked(name: str) -> None:
    staff = Staff()
    staff.act(event("Acted"), facts={name: ["anything"]})
    assert staff.told() == []


def test_every_fact_is_asked_and_a_name_is_split_at_its_last_point() -> None:
    staff = Staff(
        MODEL
        | {
            "departments": [
                {"name": "a.b", "head": "x", "leader": None, "part_of": None}
                | {"liaisons": [], "size": 1}
            ]
        }
    )
    staff.act(facts={"on_duty(x)": 1, "a.b.head": "y", "a.b.size": 2, "wutong.title": "研究员"})
    fields = [each[0].split()[2] for each in staff.told("E_ROSTER")]
    assert fields[-2:] == ["fact/a.b.head", "fact/a.b.size"]


# -- two persons ----------------------------------------------------------------------


def test_for_some_posts_two_registrars_are_needed() -> None:
    two = ("这一岗位的钥匙须由两名登记人员登记", "a key for this post needs two registrars")
    staff = Staff()
    one = staff.change(enrolled("lugong", NEW))
    staff.change(enrolled("lugong", NEW, consents=[{}]))
    staff.change(enrolled("linlan", NEW))
    staff.change(enrolled("lugong", NEW, change="rotated"))
    staff.change(event("KeysChanged", change="enrolled"))
    assert [each for each in staff.told() if "two" in each[1]] == [
        at(one, "E_POWER", "event/0", *two)
    ]


NO_POWER = ("销毁的人或同意的人当时无此权", "who destroyed it, or who consented, had no power to")


@pytest.mark.parametrize(
    ("uid", "approvers", "is_right"),
    [
        ("linlan", ["wutong"], True),
        ("linlan", ["wutong", "linlan"], True),
        ("linlan", ["hanjiang"], False),
        ("linlan", ["wutong", "hanjiang"], False),
        ("hanjiang", ["wutong"], False),
        ("linlan", [], True),
        ("hanjiang", [], False),
    ],
)
def test_who_redacts_and_who_consents_have_that_power(
    uid: str, approvers: list[str], is_right: bool
) -> None:
    staff = Staff()
    people = [*({"uid": one} for one in approvers), "nobody"]
    one = staff.act(event("Redacted", approvers=people), uid=uid, typ="read")
    told = at(one, "E_POWER", "actor.uid", *NO_POWER)
    assert staff.told() == ([] if is_right else [told])
    staff = Staff()
    staff.act(event("Redacted", approvers=None), event("Erased", approvers=people), uid=uid)
    assert staff.told() == []


# -- publishing and amending ----------------------------------------------------------


def no_power(one: Sound, uid: str) -> Told:
    en = f"{uid} had no power to publish or amend"
    return at(one, "E_POWER", "actor.uid", f"{uid} 当时无权发布或变更", en)


PUBLISHED = event("Published", kind="process", digest="d", model="m")


@pytest.mark.parametrize(("stream", "typ"), [("org", "org"), ("defs", "def")])
def test_who_publishes_has_the_power(stream: str, typ: str) -> None:
    staff = Staff()
    staff.add(stream, PUBLISHED, uid="hanjiang", typ=typ)
    one = staff.add(stream, PUBLISHED, uid="linlan", typ=typ)
    staff.add(stream, PUBLISHED, uid="linlan", typ="refusal")
    staff.add("case/1", PUBLISHED, uid="linlan")
    staff.add(stream, uid="linlan", typ=typ)
    assert staff.told() == [no_power(one, "linlan")]


def test_the_first_roster_says_itself_who_may_publish_it() -> None:
    for uid, is_right in (("hanjiang", True), ("linlan", False)):
        staff = Staff(None)
        one = staff.publish(MODEL, uid=uid)
        assert staff.told() == ([] if is_right else [no_power(one, uid)])


def test_before_there_is_an_office_nothing_else_is_judged() -> None:
    staff = Staff(None)
    staff.org(PUBLISHED, uid="linlan")
    staff.org(amended("PersonLeft", person="x"), uid="linlan", zone="UTC")
    staff.publish(MODEL, zone="UTC")
    staff.org(PUBLISHED, org=None, uid="linlan")
    staff.org(amended("PersonLeft", person="x"), org=None, uid="linlan")
    assert staff.told("E_POWER", "E_ROSTER") == []


def test_a_first_roster_not_yet_in_force_is_judged_by_nothing() -> None:
    staff = Staff(None)
    content = written(MODEL)
    staff.models = {sha256(content): content}
    staff.org(published(content, 1, "2027-01-01"), uid="linlan")
    assert staff.told() == []


PAIR: Row = {"from_person": "wutong", "to_person": "linlan"}
LIAISON: Row = {"department": "实验室", "person": "linlan"}
POST: Row = {"post": "文书", "person": "linlan"}


@pytest.mark.parametrize(
    ("kind", "fields", "allowed"),
    [
        ("Delegated", PAIR | {"until": day("2026-12-01"), "processes": []}, {"wutong"}),
        ("DelegationEnded", PAIR, {"wutong"}),
        ("LeaveTaken", {"person": "wutong"}, {"wutong", "lugong"}),
        ("LeaveEnded", {"person": "wutong"}, {"wutong", "lugong"}),
        ("LiaisonNamed", LIAISON, {"hanjiang", "lugong"}),
        ("LiaisonRemoved", LIAISON, {"hanjiang", "lugong"}),
        ("PostGranted", POST, {"lugong"}),
        ("PostWithdrawn", POST, {"lugong"}),
        ("PersonLeft", {"person": "nobody"}, {"lugong"}),
        ("QualificationGained", {"person": "wutong"}, {"lugong"}),
    ],
)
def test_who_amends_may_amend_so(kind: str, fields: Row, allowed: set[str]) -> None:
    found = set()
    for uid in ("lugong", "hanjiang", "linlan", "wutong"):
        staff = Staff()
        one = staff.org(amended(kind, "2026-12-01", **fields), uid=uid)
        told = staff.told()
        assert told in ([], [no_power(one, uid)])
        if not told:
            found.add(uid)
    assert found == allowed


def test_an_amendment_that_is_none_nobody_may_make() -> None:
    staff = Staff()
    one = staff.org(event("RosterAmended", amendment="PersonLeft"), uid="lugong")
    assert staff.told() == [no_power(one, "lugong")]


# -- what the system does -------------------------------------------------------------

GRANTED = amended("PostGranted", "2026-12-01", **POST)
UNASKED = ("没有案件要求系统作这项人事变更", "no case asked the system for this amendment")


def request(made: Row = GRANTED) -> Row:
    return event("AmendmentRequested", amendment=made["amendment"])


def amends(staff: Staff, made: Row = GRANTED, case: str | None = "1") -> Sound:
    return staff.org(made, uid=SERVICE, way="system", case=case)


def test_the_system_amends_what_a_case_has_asked_for() -> None:
    staff = Staff()
    staff.act()
    staff.act(event("Acted"), request(), request(amended("PersonLeft", person="x")))
    amends(staff)
    assert staff.told() == []


@pytest.mark.parametrize(
    ("asked", "case"),
    [
        ((), "1"),
        ((event("AmendmentRequested"),), "1"),
        ((request() | {"event": "AmendmentMade"},), "1"),
        ((request(amended("PostGranted", "2026-12-02", **POST)),), "1"),
        ((request(),), "2"),
        ((request(),), None),
    ],
)
def test_without_a_case_that_asked_for_it_the_system_amends_nothing(
    asked: tuple[Row, ...], case: str | None
) -> None:
    staff = Staff()
    staff.act(*asked)
    one = amends(staff, case=case)
    staff.act(request())
    assert staff.told() == [at(one, "E_POWER", "way", *UNASKED)]


@pytest.mark.parametrize(("case", "is_told"), [("1", True), ("2", False), (None, True)])
def test_in_a_part_of_a_store_a_case_that_is_not_there_is_not_asked(
    case: str | None, is_told: bool
) -> None:
    staff = Staff()
    staff.scope = "case"
    staff.act()
    one = amends(staff, case=case)
    assert staff.told() == ([at(one, "E_POWER", "way", *UNASKED)] if is_told else [])


def test_the_system_publishes_nothing() -> None:
    staff = Staff()
    told = ("系统不得发布", "the system may not publish")
    one = staff.org(PUBLISHED, uid=SERVICE, way="system")
    staff.org(PUBLISHED, uid=SERVICE, way="system", typ="refusal")
    assert staff.told() == [at(one, "E_POWER", "way", *told)]
    staff = Staff(None)
    staff.org(PUBLISHED, uid=SERVICE, way="system")
    assert staff.told() == []


# -- the zone -------------------------------------------------------------------------


def zone_is(one: Sound, said: str, wanted: str) -> tuple[str, str, str]:
    zh = f"记录写着时区“{said}”,本单位当时为“{wanted}”"
    en = f"the record names the zone “{said}”, the office's was “{wanted}”"
    return at(one, "E_ROSTER", "tz", zh, en)


def test_the_zone_is_that_of_the_newest_calendar_or_else_roster_or_else_utc() -> None:
    staff = Staff(None)
    one = staff.act(zone="Asia/Shanghai")
    staff.publish(MODEL)
    assert staff.told("E_ROSTER") == [zone_is(one, "Asia/Shanghai", "UTC")]
    staff = Staff()
    staff.act(zone="Asia/Shanghai")
    one = staff.act(zone="UTC")
    assert staff.told() == [zone_is(one, "UTC", "Asia/Shanghai")]
    first, second = (canonical({"zone": zone}) for zone in ("Asia/Tokyo", "Asia/Urumqi"))
    staff = Staff()
    staff.models |= by_digest(first, second)
    staff.org(published(first, kind="calendar"))
    staff.org(published(second, kind="calendar"), zone="Asia/Tokyo")
    staff.publish(MODEL | {"readonly": ["x"]}, 2, zone="Asia/Urumqi")
    staff.act(zone="Asia/Urumqi")
    one = staff.act(zone="Asia/Tokyo")
    assert staff.told() == [zone_is(one, "Asia/Tokyo", "Asia/Urumqi")]


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"{}", b'{"zone":5}', b'"name"'])
def test_without_a_model_of_the_calendar_no_zone_is_judged(content: bytes | None) -> None:
    staff = Staff()
    told = content or canonical({"zone": "Asia/Tokyo"})
    staff.models |= by_digest(told) if content is not None else {}
    staff.org(published(told, kind="calendar"))
    staff.act(zone="UTC")
    assert staff.told() == []


def test_a_model_under_another_digest_is_none() -> None:
    staff = Staff()
    told = canonical({"zone": "Asia/Tokyo"})
    (digest,) = by_digest(told)
    staff.models[digest] = canonical({"zone": "UTC"})
    staff.org(published(told, kind="calendar"))
    staff.act(zone="Mars/Olympus")
    assert staff.told() == []
