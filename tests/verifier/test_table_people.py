"""Level 5: values, names, delegations, requests and copies, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verifier.parts import AT, Log, Row, by_digest, day, event, instant, published, sha256
from tests.verifier.test_tables import assert_rows, check_rows, in_one, opened
from verifier.canonical import canonical

# -- values ---------------------------------------------------------------------------


def filled(log: Log, *paths: str, **form: Any) -> None:
    """One more record of the case that sets fields to what its form holds."""
    one = log.add("case/1", event("FieldsSet", paths=list(paths or form)))
    log.streams["case/1"] = (
        *log.streams["case/1"][:-1],
        type(one)(
            record=one.record,
            body=one.body,
            opened={**one.opened, **{f"form/{name}": value for name, value in form.items()}},
        ),
    )


def value(name: str, text: str) -> Row:
    return {"case_id": "1", "field": name, "text": text}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("三台", "三台"),
        ("", ""),
        (5, "5"),
        (True, "True"),
        ({"$": "decimal", "is": "12.50"}, "12.50"),
        ({"$": "decimal", "is": "0.0000001"}, "1E-7"),
        (day("2026-11-02"), "2026-11-02"),
        (instant("2026-11-02T09:00:00+08:00"), "2026-11-02 09:00:00+08:00"),
        (
            {"$": "file", "name": "it's", "size": 3, "is": "ab"},
            """Attachment(name="it's", size=3, digest='ab')""",
        ),
        ("长" * 200, "长" * 200),
    ],
)
def test_a_value_is_found_by_its_text(given: Any, text: str) -> None:
    log = in_one()
    filled(log, 甲=given)
    assert_rows(log, "value_row", value("甲", text))


@pytest.mark.parametrize("given", [None, [], ["x"], "长" * 201])
def test_no_lists_nothing_empty_and_nothing_long(given: Any) -> None:
    log = in_one()
    filled(log, 甲=given)
    assert check_rows(log, "value_row") == ()


def test_the_last_value_counts_and_what_was_destroyed_is_gone() -> None:
    log = in_one()
    filled(log, 甲="1", 乙="2", 丙="3", 丁="4", 戊="5")
    filled(log, **{"甲": "6", "甲#2": "7", "己": "8"})
    filled(log, "乙", other="9")
    log.add("case/1", event("RowsAppended", field="丙", path="丙"))
    assert_rows(log, "value_row", *(value(*one) for one in ("甲7", "丁4", "戊5", "己8")))


@pytest.mark.parametrize(
    "given",
    [
        *({}, {"$": "row", "is": {}}, {"$": "decimal", "is": "1E9"}, {"$": "date", "is": "soon"}),
        *({"$": "decimal", "is": 5}, {"$": "datetime", "is": "soon"}, {"$": "file", "is": "x"}),
    ],
)
def test_a_value_of_no_kind_cannot_be(given: Any) -> None:
    log = in_one()
    filled(log, 甲=given)
    assert [one.field for one in check_rows(log, "value_row")] == ["events"]
    log = in_one(event("FieldsSet", paths="甲"))
    assert [one.field for one in check_rows(log, "value_row")] == ["events"]
    log = in_one(event("RowsAppended", path="甲"))
    assert [one.field for one in check_rows(log, "value_row")] == ["events"]


# -- people ---------------------------------------------------------------------------


def model(**names: str) -> bytes:
    return canonical({"people": [{"id": uid, "name": name} for uid, name in names.items()]})


def test_people_are_called_as_the_last_roster_that_names_them_says() -> None:
    one, two = model(a="甲", b="乙"), model(b="丙", c="丁")
    log = Log()
    log.add("org", published(one), published(canonical({}), kind="params"))
    log.add("org", published(two))
    rows = [{"id": uid, "name": name} for uid, name in ("a甲", "b丙", "c丁")]
    assert_rows(log, "person_row", *rows, models=by_digest(one, two))


@pytest.mark.parametrize(
    "models",
    [
        {},
        {sha256(model(a="甲")): b"{}"},
        by_digest(b"{"),
        by_digest(b"[]"),
        by_digest(b"{}"),
        by_digest(b'{"people":[{"id":"a"}]}'),
        by_digest(b'{"people":[{"id":"a","name":5}]}'),
    ],
)
def test_without_a_model_nobody_is_judged(models: dict[str, bytes]) -> None:
    (told, *_) = list(models.values()) if len(models) else [model(a="甲")]
    log = Log()
    log.add(
        "org", published(model(a="甲") if told == b"{}" and sha256(told) not in models else told)
    )
    log.add("org", published(model(b="乙")))
    rows = [{"id": "z", "name": "谁"}]
    known = models | by_digest(model(b="乙"))
    assert check_rows(log, "person_row", *rows, models=known) == ()


def delegated(one: str, other: str, since: str, until: str, *processes: str) -> Row:
    change = {"amendment": "Delegated", "from_person": one, "to_person": other}
    change |= {"from_": day(since), "until": day(until), "processes": list(processes)}
    return event("RosterAmended", amendment=change)


def amended(kind: str, since: str, **fields: Any) -> Row:
    change = {"amendment": kind, "from_": day(since), **fields}
    return event("RosterAmended", amendment=change)


def stand_in(text: str, until: str, process: str = "", since: str = "2026-11-02") -> Row:
    one, other = text
    return {"principal": one, "person": other, "process": process, "since": since, "until": until}


def test_who_stands_in_for_whom_and_until_when() -> None:
    log = Log()
    log.add("org", delegated("a", "b", "2026-11-02", "2026-11-30"))
    log.add("org", delegated("a", "b", "2026-11-02", "2026-12-30", "用印", "会务"))
    log.add("org", delegated("a", "c", "2026-11-02", "2026-11-08"))
    log.add("org", delegated("b", "d", "2026-11-02", "2026-11-30"))
    log.add("org", delegated("d", "e", "2026-11-02", "2026-11-20"))
    log.add("org", delegated("d", "e", "2026-11-02", "2026-11-25"))
    log.add("org", delegated("a", "f", "2026-11-02", "2026-11-30", "b"))
    log.add("org", amended("DelegationEnded", "2026-11-10", from_person="a", to_person="b"))
    log.add("org", amended("DelegationEnded", "2026-11-10", from_person="a", to_person="c"))
    log.add("org", amended("DelegationEnded", "2026-11-01", from_person="b", to_person="e"))
    log.add("org", amended("PersonLeft", "2026-11-24", person="e"))
    log.add("org", amended("PersonLeft", "2026-11-28", person="b"))
    log.add("org", amended("LeaveTaken", "2026-11-01", person="b", until=day("2026-12-01")))
    rows = [
        *(stand_in("ab", "2026-11-09", process) for process in ("", "用印", "会务")),
        stand_in("af", "2026-11-30", "b"),
        *(stand_in("ac", "2026-11-08"), stand_in("bd", "2026-11-27"), stand_in("de", "2026-11-23")),
    ]
    assert_rows(log, "stand_in", *rows)


@pytest.mark.parametrize(
    "change",
    [
        delegated("a", "b", "2026-11-02", "soon"),
        delegated("a", "b", "soon", "2026-11-02"),
        *(
            event("RosterAmended", amendment=told | {name: wrong})
            for told in (delegated("a", "b", "2026-11-02", "2026-11-30")["amendment"],)
            for name in ("from_", "until")
            for wrong in (None, "2026-11-20", {"$": "decimal", "is": "1"})
        ),
        amended("Delegated", "2026-11-02", from_person="a", to_person="b", until="2026-11-30"),
        amended("DelegationEnded", "0001-01-01", from_person="a", to_person="b"),
        amended("PersonLeft", "2026-11-02"),
        published(b"{}") | {"model": None},
    ],
)
def test_a_change_among_people_that_cannot_be(change: Row) -> None:
    log = Log()
    log.add("org", change)
    assert [one.field for one in check_rows(log, "stand_in")] == ["events"]
    log = Log()
    log.add("org", event("RosterAmended"), event("RosterAmended", amendment={}))
    assert check_rows(log, "stand_in") == ()


# -- requests and copies --------------------------------------------------------------

ROWS = [{"$": "row", "is": {"品名": "纸", "数量": 5}}]
REQUESTS: list[tuple[str, Row, str, str, str | None, str]] = [
    (
        "ChildRequested",
        {"process": "采购", "initiator": "linlan", "values": {"乙": 2, "甲": 1}},
        *("child", "采购", "linlan", '{"乙": 2, "甲": 1}'),
    ),
    (
        "CaseTold",
        {"case": "7", "action": "登记", "into": "明细", "lines": ROWS},
        *("told", "7", "明细", '{"lines": [{"$": "row", "is": {"品名": "纸", "数量": 5}}]}'),
    ),
    ("ChildTold", {"child": "r1", "action": "撤销"}, "told_child", "r1", None, "{}"),
    (
        "AmendmentRequested",
        {"amendment": {"person": "linlan", "amendment": "PersonLeft"}},
        *("amend", "", None, '{"amendment": "PersonLeft", "person": "linlan"}'),
    ),
    (
        "HandOverRequested",
        {"case": "7", "by": "linlan", "to": "wutong"},
        *("hand_over", "7", "linlan", '{"to": "wutong"}'),
    ),
]


@pytest.mark.parametrize("one", REQUESTS, ids=lambda one: one[0])
def test_what_is_asked_waits_until_it_is_answered(one: Any) -> None:
    name, fields, kind, target, initiator, content = one
    asked = event(name, request="r1", **fields)
    row: Row = {"case_id": "1", "request": "r1", "kind": kind, "target": target}
    row |= {"action": fields.get("action", ""), "initiator": initiator, "content": content}
    log = in_one(asked, asked | {"request": "r2"})
    assert_rows(log, "pending", row, row | {"request": "r2"})
    for answer in ("child:1:r2", "told:1:r2", "amend:1:r2", "handed:1:r2"):
        log = in_one(asked, asked | {"request": "r2"})
        log.add("case/2", opened(case="2"), request=answer)
        assert_rows(log, "pending", row)
    for other in ("child:2:r2", "child:1:r3", "other:1:r2", "child:1", "", "child:1:r2:x"):
        log = in_one(asked, asked | {"request": "r2"})
        log.add("org", typ="refusal", request=other)
        assert_rows(log, "pending", row, row | {"request": "r2"})
    for gone in ("request", *fields):
        if gone not in ("initiator", "into", "lines"):
            told = check_rows(in_one({n: v for n, v in asked.items() if n != gone}), "pending")
            assert [each.field for each in told] == ["events"], gone


def test_a_request_outside_any_case_is_none() -> None:
    log = Log()
    log.add("org", event("ChildTold", request="r", child="c", action="x"))
    assert check_rows(log, "pending") == ()


def test_nobody_is_given_a_case_twice() -> None:
    later = "2026-11-03T00:00:00.000Z"
    log = in_one(event("CopySent", people=["a", "b", "a"]))
    log.add("case/1", event("CopySent", people=["b", "c"]), time=later)
    log.add("org", event("CopySent", people=["z"]))
    rows = [{"case_id": "1", "person": one, "sender": "linlan", "at": AT} for one in "ab"]
    last = {"case_id": "1", "person": "c", "sender": "linlan", "at": later}
    assert_rows(log, "copy_row", *rows, last)
    told = check_rows(in_one(event("CopySent", people="a")), "copy_row")
    assert [each.field for each in told] == ["events"]
