"""The roster of a day as the verifier reckons it: every question, every amendment."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.verifier.parts import Row, amended, day, roster
from verifier.canonical import Flaw
from verifier.roster import (
    UNASKED,
    Delegation,
    Department,
    Holding,
    Office,
    Person,
    begin,
    load_roster,
)

TODAY = date(2026, 11, 2)
Told = dict[str, Any]


def office(*changes: Row, **model: Any) -> Office:
    """The small roster, or another, with amendments."""
    found = begin(load_roster(roster(**model)))
    for one in changes:
        found = found.after(one["amendment"])
    return found


def person(uid: str, department: str | None = None, title: str = "") -> Row:
    return {"id": uid, "name": uid, "title": title, "department": department}


def department(name: str, head: str | None = None, leader: str | None = None, **more: Any) -> Row:
    plain: Row = {"liaisons": [], "size": 1, "part_of": None}
    return {"name": name, "head": head, "leader": leader, **plain, **more}


def holding(post: str, uid: str, since: str | None = None, until: str | None = None) -> Row:
    return {"post": post, "person": uid, "from_": since, "until": until}


def ask(found: Office, name: str, argument: str, on: str = "2026-11-02") -> Any:
    return found.answer(name, argument, date.fromisoformat(on))


# -- the model ------------------------------------------------------------------------


def test_a_roster_is_read() -> None:
    made = load_roster(
        roster(
            people=[person("linlan", "办公室", "馆员"), person("lugong")],
            departments=[department("办公室", "lugong", "linlan", liaisons=["linlan"], size=5)],
            holdings=[holding("文书", "linlan", "2026-01-01", "2026-12-31")],
            readonly=["督查"],
            groups={"评价组": ["linlan"]},
            powers={"grant": ["文书"]},
            deputies={"文书": ["lugong"]},
        )
    )
    assert made.zone == "Asia/Shanghai"
    assert made.people == {
        "linlan": Person(name="linlan", title="馆员", department="办公室"),
        "lugong": Person(name="lugong", title="", department=None),
    }
    assert made.departments == {
        "办公室": Department(
            name="办公室",
            head="lugong",
            leader="linlan",
            liaisons=("linlan",),
            size=5,
            part_of=None,
        )
    }
    assert made.holdings == (
        Holding(what="文书", person="linlan", since=date(2026, 1, 1), until=date(2026, 12, 31)),
    )
    assert (made.readonly, made.groups) == ({"督查"}, {"评价组": ("linlan",)})
    assert (made.powers, made.deputies) == ({"grant": ("文书",)}, {"文书": ("lugong",)})


def spoilt(table: str, name: str, value: Any) -> Row:
    """A model with one field of the first of a table that is not as it must be."""
    made = roster()
    made[table][0] |= {name: value}
    return made


@pytest.mark.parametrize(
    "model",
    [
        [],
        None,
        *({name: one for name, one in roster().items() if name != gone} for gone in roster()),
        *(roster(**{name: None}) for name in roster()),
        *(roster(**{name: [5]}) for name in ("people", "departments", "holdings", "readonly")),
        *(roster(**{name: {"x": 5}}) for name in ("groups", "powers", "deputies")),
        *(roster(**{name: {"x": [5]}}) for name in ("groups", "powers", "deputies")),
        *(spoilt("people", name, 5) for name in ("id", "name", "title", "department")),
        *(spoilt("departments", name, 5) for name in ("name", "head", "leader", "part_of")),
        *(spoilt("departments", "liaisons", value) for value in (None, [5], ["x", None])),
        *(spoilt("departments", "size", value) for value in (None, True, "3")),
        *(spoilt("holdings", name, 5) for name in ("post", "person", "from_", "until")),
        *(spoilt("holdings", "from_", text) for text in ("20261001", "2026-02-30", "x", "")),
        *(spoilt("people", "id", value) for value in ([], "linlan")),
        spoilt("departments", "name", "实验室"),
        *(roster(people=[{}]), roster(departments=[{}]), roster(holdings=[{}])),
        *(
            roster(holdings=[{key: one for key, one in holding("x", "y").items() if key != gone}])
            for gone in holding("x", "y")
        ),
    ],
)
def test_a_roster_with_one_fault_is_none(model: Any) -> None:
    with pytest.raises(Flaw, match=r"must be|ill-formed|stands twice"):
        load_roster(model)


@pytest.mark.parametrize(
    ("model", "words"),
    [([], "must be an object"), (roster(people=5), "must be a list"), ({}, "ill-formed")],
)
def test_what_is_wrong_with_a_roster_is_told(model: Any, words: str) -> None:
    with pytest.raises(Flaw, match=words):
        load_roster(model)


# -- holdings and posts ---------------------------------------------------------------


def test_the_first_and_the_last_day_belong_to_a_holding() -> None:
    found = office(holdings=[holding("文书", "linlan", "2026-11-02", "2026-11-04")])
    days = ["2026-11-01", "2026-11-02", "2026-11-04", "2026-11-05"]
    assert [ask(found, "post", "文书", on) for on in days] == [[], ["linlan"], ["linlan"], []]
    one = date(2026, 11, 1)
    assert [found.posts_of("linlan", on) for on in (one, TODAY)] == [(), ("文书",)]


def test_who_holds_a_post_stands_once_in_the_order_of_the_roster() -> None:
    rows = [("文书", "b"), ("档案", "c"), ("文书", "a"), ("文书", "b"), ("文书", "")]
    found = office(holdings=[holding(*one) for one in rows])
    assert ask(found, "post", "文书") == ["b", "a"]
    assert ask(found, "post", "没有") == []
    assert [found.posts_of(uid, TODAY) for uid in ("b", "c", "d")] == [("文书",), ("档案",), ()]
    asked = [ask(found, "has_post", one) for one in ("a,文书", "a,档案", "a", "c,档案", "c,档案,x")]
    assert asked == [True, False, False, True, False]


def test_a_title_is_that_of_the_person_and_then_his_posts() -> None:
    rows = [("馆员", "a"), ("文书", "a"), ("档案", "b"), ("文书", "nobody")]
    found = office(
        amended("PersonLeft", person="c"),
        people=[person("a", title="馆员"), person("b"), person("c", title="馆员")],
        holdings=[*(holding(*one) for one in rows), holding("文书", "c")],
    )
    told = [found.title_of(uid, TODAY) for uid in ("a", "b", "c", "nobody", "x")]
    assert told == ["馆员、文书", "档案", "馆员", "文书", ""]


def test_who_has_left_stands_in_no_answer() -> None:
    found = office(amended("PersonLeft", "2026-11-02", person="linlan"))
    assert [found.has_left("linlan", date(2026, 11, n)) for n in (1, 2)] == [False, True]
    assert not found.has_left("wutong", TODAY)
    for name, argument in (("post", "文书"), ("group", "评价组")):
        assert "linlan" in ask(found, name, argument, "2026-11-01")
        assert ask(found, name, argument) == ["wutong"]
    assert found.posts_of("linlan", TODAY) == ()
    later = found.after(amended("PersonLeft", "2026-12-01", person="linlan")["amendment"])
    assert not later.has_left("linlan", TODAY)


def test_powers_and_who_only_reads() -> None:
    found = office(
        holdings=[holding(*one) for one in (("甲", "a"), ("乙", "b"), ("甲", "b"), ("丙", "c"))],
        powers={"grant": ["乙", "甲"]},
        readonly=["丙"],
    )
    assert (found.powers("grant", TODAY), found.powers("chief", TODAY)) == (("b", "a"), ())
    assert [found.is_readonly(uid, TODAY) for uid in ("a", "c")] == [False, True]


# -- departments ----------------------------------------------------------------------

TREE = [
    department("校", "x", "y", liaisons=["l"]),
    department("院", "a", "b", part_of="校", liaisons=["m"]),
    department("室", "c", part_of="院"),
    department("独", "d", liaisons=["n"]),
    department("空", None, ""),
]


def test_the_department_that_reports_answers_for_those_within() -> None:
    found = office(departments=TREE)
    for name in ("校", "院", "室"):
        asked = [ask(found, one, name) for one in ("head_of", "leader_of", "liaisons_of")]
        assert asked == [["x"], ["y"], ["l"]]
    asked = [ask(found, one, "空") for one in ("head_of", "leader_of", "liaisons_of")]
    assert asked == [[], [], []]
    for one in ("head_of", "leader_of", "liaisons_of", "deputies_of"):
        assert ask(found, one, "没有这个") == []


def test_departments_within_each_other_have_no_top_but_an_answer() -> None:
    ring = [department(name, name, part_of=above) for name, above in ("ab", "bc", "ca")]
    found = office(departments=ring)
    assert [ask(found, "head_of", name) for name in "abc"] == [["a"], ["b"], ["c"]]
    pair = [department("a", "a", part_of="b"), department("b", "b", part_of="b")]
    assert ask(office(departments=pair), "head_of", "a") == ["b"]
    lost = [department("a", "a", part_of="没有这个")]
    assert ask(office(departments=lost), "head_of", "a") == []


def test_deputies_of_a_post_or_department_or_else_of_its_top() -> None:
    deputies = {"校": ["p", "p"], "独": [], "文书": ["q"], "院": []}
    found = office(departments=TREE, deputies=deputies)
    asked = [ask(found, "deputies_of", one) for one in ("校", "院", "室", "独", "文书", "x")]
    assert asked == [["p"], ["p"], ["p"], [], ["q"], []]


def test_a_name_that_is_empty_is_not_that_of_no_department() -> None:
    found = office(
        people=[person("a"), person("k")],
        departments=[department("", "h", "l")],
        deputies={"": ["p"]},
        holdings=[holding("校长", "k")],
        powers={"chief": ["校长"]},
    )
    assert ask(found, "deputies_of", "没有这个") == []
    assert ask(found, "deputies_of", "") == ["p"]
    assert ask(found, "superior_of", "a") == ask(found, "superior_of", "nobody") == ["k"]


def test_the_departments_that_report_have_liaisons_and_are_part_of_none() -> None:
    found = office(departments=TREE)
    assert ask(found, "departments", "") == ["校", "独"]
    removed = amended("LiaisonRemoved", "2026-11-02", department="校", person="l")
    named = amended("LiaisonNamed", "2026-11-02", department="空", person="l")
    found = office(removed, named, departments=TREE)
    assert ask(found, "departments", "", "2026-11-01") == ["校", "独"]
    assert ask(found, "departments", "") == ["独", "空"]


# -- superiors ------------------------------------------------------------------------


def above(**fields: Any) -> Office:
    """`a` heads a department that `b` leads; `k` and `m` are chiefs."""
    people = [person(uid, "部") for uid in "abcd"] + [person("k"), person("m", "没有这个")]
    return office(
        **{
            "people": people,
            "departments": [department("部", "a", "b")],
            "holdings": [holding("校长", "k"), holding("校长", "m")],
            "powers": {"chief": ["校长"]},
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("uid", "wanted"),
    [
        *(("c", ["a"]), ("a", ["b"]), ("b", ["k", "m"]), ("k", ["m"]), ("m", ["k"])),
        *(("nobody", ["k", "m"]), ("None", [])),
    ],
)
def test_the_superior_of_somebody(uid: str, wanted: list[str]) -> None:
    assert ask(above(), "superior_of", uid) == wanted


def test_without_head_the_leader_is_the_superior() -> None:
    found = above(departments=[department("部", None, "b")])
    assert [ask(found, "superior_of", uid) for uid in "ab"] == [["b"], ["k", "m"]]
    both = above(departments=[department("部", "b", "b")])
    assert [ask(both, "superior_of", uid) for uid in "ab"] == [["b"], ["k", "m"]]
    none = above(departments=[department("部")])
    assert ask(none, "superior_of", "a") == ["k", "m"]


def test_superiors_up_to_the_top_and_never_twice() -> None:
    assert ask(above(), "superiors_of", "c") == ["a", "b", "k", "m"]
    assert ask(above(), "superiors_of", "k") == ["m", "k"]
    three = above(holdings=[holding("校长", uid) for uid in "kmn"])
    assert ask(three, "superiors_of", "k") == ["m", "k"]
    alone = above(holdings=[holding("校长", "k")])
    assert ask(alone, "superiors_of", "c") == ["a", "b", "k"]
    assert ask(alone, "superiors_of", "k") == []


# -- questions that are none ----------------------------------------------------------


def test_what_is_no_question_to_the_roster_has_no_answer() -> None:
    assert ask(office(), "on_duty", "linlan") == UNASKED == "\0"
    assert ask(office(), "", "") == UNASKED
    assert ask(office(), "group", "没有这个") == []


# -- amendments -----------------------------------------------------------------------


def test_a_post_is_granted_after_the_others() -> None:
    grant: Told = {"post": "文书", "person": "lugong"}
    for until in ({}, {"until": None}):
        found = office(amended("PostGranted", "2026-11-02", **grant, **until))
        assert ask(found, "post", "文书", "2026-11-01") == ["linlan", "wutong"]
        assert ask(found, "post", "文书", "2099-11-02") == ["linlan", "wutong", "lugong"]
    found = office(amended("PostGranted", **grant, until=day("2026-11-01")))
    assert "lugong" in ask(found, "post", "文书", "2026-11-01")
    assert "lugong" not in ask(found, "post", "文书")


def test_a_post_is_withdrawn_from_one_and_ends_the_day_before() -> None:
    rows = [
        holding("文书", "a", None, "2026-10-10"),
        *(holding("文书", "b"), holding("档案", "a"), holding("文书", "a", "2026-10-12")),
    ]
    found = office(
        amended("PostWithdrawn", "2026-10-20", post="文书", person="a"),
        amended("PostGranted", "2026-10-25", post="文书", person="a"),
        holdings=rows,
    )
    days = ("10-10", "10-11", "10-12", "10-19", "10-20", "10-25")
    held = [ask(found, "post", "文书", f"2026-{one}") for one in days]
    assert held == [["a", "b"], ["b"], ["b", "a"], ["b", "a"], ["b"], ["b", "a"]]
    assert ask(found, "post", "档案") == ["a"]
    assert ask(found, "post", "文书", "2099-01-01") == ["b", "a"]


def test_a_post_cannot_end_before_the_first_of_days() -> None:
    found = office(amended("PostWithdrawn", "0001-01-01", post="文书", person="linlan"))
    assert ask(found, "post", "文书", "0001-01-01") == ["linlan", "wutong"]
    assert ask(found, "post", "文书", "0001-01-02") == ["wutong"]


def test_liaisons_are_named_and_removed() -> None:
    found = office(
        amended("LiaisonNamed", "2026-10-10", department="校", person="o", until=None),
        amended("LiaisonNamed", department="院", person="q"),
        amended("LiaisonRemoved", "2026-10-20", department="校", person="l"),
        amended("LiaisonRemoved", "2026-10-20", department="独", person="o"),
        departments=TREE,
    )
    days = ("10-09", "10-10", "10-19", "10-20")
    held = [ask(found, "liaisons_of", "室", f"2026-{one}") for one in days]
    assert held == [["l"], ["l", "o"], ["l", "o"], ["o"]]
    assert ask(found, "liaisons_of", "独") == ["n"]


def delegation(until: str = "2026-11-30", *processes: str, to: str = "wutong") -> Row:
    fields = {"from_person": "linlan", "to_person": to, "processes": list(processes)}
    return amended("Delegated", "2026-11-02", until=day(until), **fields)


def given(found: Office) -> list[tuple[str, str, str]]:
    return [(one.principal, one.person, one.until.isoformat()) for one in found.delegations]


def test_a_delegation_holds_on_its_days_for_its_processes() -> None:
    wanted = Delegation(
        principal="linlan",
        person="wutong",
        since=TODAY,
        until=date(2026, 11, 30),
        processes=("入库",),
    )
    (one,) = office(delegation("2026-11-30", "入库")).delegations
    assert one == wanted
    days = [date(2026, 11, 1), TODAY, date(2026, 11, 30), date(2026, 12, 1)]
    assert [one.covers(on, "入库") for on in days] == [False, True, True, False]
    assert not one.covers(TODAY, "出库")
    (every,) = office(delegation()).delegations
    assert every.covers(TODAY, "出库")
    assert not every.covers(date(2026, 11, 1), "出库")


def test_a_delegation_ends_for_one_pair_and_no_later_than_it_would() -> None:
    fields = {"from_person": "linlan", "to_person": "wutong"}
    found = office(
        *(delegation(), delegation("2026-11-05"), delegation(to="lugong")),
        amended("DelegationEnded", "2026-11-10", **fields),
        delegation("2026-11-20"),
    )
    assert given(found) == [
        *(("linlan", "wutong", "2026-11-09"), ("linlan", "wutong", "2026-11-05")),
        *(("linlan", "lugong", "2026-11-30"), ("linlan", "wutong", "2026-11-20")),
    ]


@pytest.mark.parametrize("kind", ["LeaveTaken", "LeaveEnded", "QualificationGained"])
def test_what_bears_on_nothing_that_is_judged(kind: str) -> None:
    before = office()
    assert before.after({"amendment": kind}) is before


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Crowned", {}),
        (None, {}),
        *(("PostGranted", {name: None}) for name in ("post", "person", "from_")),
        *(("PostGranted", {"until": until}) for until in ("2026-11-02", 5, False)),
        *(("PostWithdrawn", {name: None}) for name in ("post", "person", "from_")),
        *(("LiaisonNamed", {name: None}) for name in ("department", "person", "from_")),
        ("LiaisonNamed", {"until": 5}),
        *(("LiaisonRemoved", {name: None}) for name in ("department", "person", "from_")),
        *(("Delegated", {name: None}) for name in ("from_person", "to_person", "from_")),
        *(("Delegated", {name: None}) for name in ("until", "processes")),
        ("Delegated", {"processes": ["x", 5]}),
        *(("DelegationEnded", {name: None}) for name in ("from_person", "to_person", "from_")),
        *(("PersonLeft", {name: None}) for name in ("person", "from_")),
        *(
            ("PersonLeft", {"from_": value})
            for value in (
                *("2026-11-02", day("20261102"), day("2026-02-30"), {"is": "2026-11-02"}),
                *({"$": "datetime", "is": "2026-11-02"}, {"$": "date", "is": 5}, day("")),
            )
        ),
    ],
)
def test_an_amendment_with_one_fault_is_refused(kind: Any, fields: Row) -> None:
    whole: Told = {"post": "文书", "department": "办公室", "person": "linlan"}
    whole |= {"from_person": "linlan", "to_person": "wutong", "processes": []}
    whole |= {"from_": day("2026-11-02"), "until": day("2026-11-30"), "amendment": kind}
    begin(load_roster(roster())).after(whole | {"amendment": "Delegated"})
    with pytest.raises(Flaw, match=r"ill-formed|must be|unknown"):
        office().after(whole | fields)
