"""Level 5: derived tables held against the events, row by row."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from engine.store.tables import PROJECTIONS, columns
from tests.conftest import ROOT
from tests.verifier.parts import AT, Log, Row, actor, bundle, event, instant, shown
from verifier.columns import COLUMNS, KNOWN, UNJUDGED
from verifier.findings import Finding
from verifier.tables import check_tables

NINE, TEN, NOON = (f"2026-11-02T{hour}:00:00+08:00" for hour in ("09", "10", "12"))


def opened(**fields: Any) -> Row:
    told: Row = {"case": "1", "number": "2026-1", "process": "入库", "definition": "d"}
    told |= {"initiator": "linlan", "department": "办公室", "parent": "0", "period": "2026-11"}
    return event("CaseOpened", **(told | fields))


def decimal(text: str) -> Row:
    return {"$": "decimal", "is": text}


def posted(quantity: Any, cost: Any = 0, /, **fields: Any) -> Row:
    told: Row = {"book": "物品", "item": "纸", "kind": "入", "lot": "1"}
    told |= {"quantity": quantity, "cost": cost, "owner": "1", "of": ""}
    told |= {"holders": ["linlan"], "details": {"供应商": "甲"}}
    return event("Posted", **(told | fields))


def held(quantity: Any, /, **fields: Any) -> Row:
    told: Row = {"book": "物品", "item": "纸", "owner": "1", "quantity": quantity}
    told |= {"holders": ["linlan"]}
    return event("HoldChanged", **(told | fields))


def occupied(begins: str, ends: str, /, **fields: Any) -> Row:
    told: Row = {"diary": "会议室", "thing": "301", "owner": "1", "case": "1"}
    told |= {"begins": instant(begins), "ends": instant(ends)}
    return event("Occupied", **(told | fields))


def vacated(begins: str, ends: str, at: str, /, **fields: Any) -> Row:
    told = occupied(begins, ends, **fields) | {"event": "Vacated", "at": instant(at)}
    del told["case"]
    return told


def in_one(*events: Row) -> Log:
    """One record of a case with these events after its opening."""
    log = Log()
    log.add("case/1", opened(), *events)
    return log


def check_rows(
    log: Log, table: str, *rows: Row, models: dict[str, bytes] | None = None
) -> tuple[Finding, ...]:
    """What is wrong with the rows of one table; of the others nothing is said, nor of columns
    that are not judged.
    """
    rest = dict.fromkeys(UNJUDGED.get(table, ()))
    told = bundle(models, tables=[(table, rest | row) for row in rows])
    found = check_tables(told, log.judged)
    return tuple(one for one in found if one.field in (table, "events"))


def assert_rows(log: Log, table: str, *rows: Row, models: dict[str, bytes] | None = None) -> None:
    """These rows are the table: with one value other, or a row missing or more, it is not."""
    check = partial(check_rows, models=models)
    assert check(log, table, *rows) == ()
    assert check(log, table, *reversed(rows)) == ()
    for place, row in enumerate(rows):
        for name in row:
            other = [*rows[:place], row | {name: ["another"]}, *rows[place + 1 :]]
            assert len(check(log, table, *other)) == 2, name
        assert len(check(log, table, *rows[:place], *rows[place + 1 :])) == 1


# -- the comparison -------------------------------------------------------------------


def test_what_is_wrong_with_a_table_is_told_row_by_row() -> None:
    log = in_one(event("MemberJoined", case="7"), event("MemberJoined", case="8"))
    rows = [{"case_id": "1", "member": one} for one in "789"]
    assert check_rows(log, "member", *rows[:2]) == ()
    assert shown(check_rows(log, "member", *rows[1:])) == [
        (
            'member [E_TABLE] L5: 多出或改过的一行:["1", "9"]',
            'member [E_TABLE] L5: a row added or changed: ["1", "9"]',
            "break",
        ),
        (
            'member [E_TABLE] L5: 缺少的一行:["1", "7"]',
            'member [E_TABLE] L5: a row is missing: ["1", "7"]',
            "break",
        ),
    ]
    assert shown(check_rows(log, "member", *rows[:2], rows[0])) == [
        ("member [E_TABLE] L5: 有重复的行", "member [E_TABLE] L5: rows repeat", "break")
    ]


def test_at_most_twenty_rows_are_told_and_not_all_of_a_long_one() -> None:
    names = [f"{n:03d}{'长' * 200}" for n in range(21)]
    log = in_one(*[event("MemberJoined", case=one) for one in names])
    rows = [{"case_id": "1", "member": f"x{one}"} for one in names]
    found = check_rows(log, "member", *rows)
    assert len(found) == 40
    for one, start in ((found[0], '["1", "x000'), (found[20], '["1", "000')):
        text = start + "长" * (120 - len(start))
        assert (one.zh.endswith(f":{text}"), one.en.endswith(f": {text}")) == (True, True)


NO_TABLE = ("没有这张派生表", "there is no such table")
COLUMNS_WRONG = ("这一行的列不全或有多余", "columns of the row are missing or unknown")
MISPLACED = ("这一行重复或不在其位", "the line is repeated or out of order")


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("x", {}, NO_TABLE),
        ("record", {"stream": "org"}, NO_TABLE),
        ("member", {}, COLUMNS_WRONG),
        ("member", 5, COLUMNS_WRONG),
        ("member", {"case_id": "1"}, COLUMNS_WRONG),
        ("member", {"case_id": "1", "member": "7", "more": None}, COLUMNS_WRONG),
        ("case_row", {"id": "1"}, COLUMNS_WRONG),
    ],
)
def test_a_table_or_column_there_is_not_is_told(table: str, row: Any, said: Any) -> None:
    zh, en = said
    told = (f"{table} [E_TABLE] L5: {zh}", f"{table} [E_TABLE] L5: {en}", "break")
    assert shown(check_tables(bundle(tables=[(table, row)]), Log().judged)) == [told]


def test_a_line_out_of_order_is_told_by_its_number_and_at_most_twenty_of_all_such() -> None:
    found = check_tables(bundle(misplaced=(2, 7)), Log().judged)
    assert shown(found) == [
        (
            f"tables.jsonl:{n} [E_TABLE] L5: {MISPLACED[0]}",
            f"tables.jsonl:{n} [E_TABLE] L5: {MISPLACED[1]}",
            "break",
        )
        for n in (2, 7)
    ]
    assert len(check_tables(bundle(misplaced=tuple(range(2, 23))), Log().judged)) == 20
    odd = bundle(tables=[("x", {})] * 30, misplaced=tuple(range(2, 32)))
    found = check_tables(odd, Log().judged)
    assert [one.field for one in found] == [f"tables.jsonl:{n}" for n in range(2, 22)]
    assert len(check_tables(bundle(tables=[("x", {})] * 30), Log().judged)) == 20


def test_without_rows_all_are_missing() -> None:
    assert check_tables(bundle(), Log().judged) == ()
    assert [one.field for one in check_tables(bundle(), in_one().judged)] == ["head", "case_row"]


def test_the_tables_and_columns_are_those_the_engine_has_and_the_page_lists() -> None:
    names = {str(one.__tablename__): frozenset(columns(one).keys()) for one in PROJECTIONS}
    assert dict(KNOWN) == names
    page = (ROOT / "docs/evidence-spec.md").read_text("utf-8")
    section = page.partition("### 12.2")[2].partition("## 13")[0]
    listed = re.findall(r"^\| `([a-z_]+)` \| ([^|]*)\| ([^|]*)\|", section, re.MULTILINE)
    assert [name for name, _, _ in listed] == list(COLUMNS)
    for name, judged, others in listed:
        assert tuple(re.findall("`([a-z_]+)`", judged)) == COLUMNS[name]
        assert tuple(re.findall("`([a-z_]+)`", others)) == UNJUDGED.get(name, ())


# -- cases ----------------------------------------------------------------------------


def test_the_heads_of_streams() -> None:
    log = in_one()
    last = log.add("case/1")
    other = log.add("org")
    log.streams["keys"] = ()
    rows = [
        {"stream": "case/1", "seq": 1, "digest": last.record.digest},
        {"stream": "org", "seq": 0, "digest": other.record.digest},
    ]
    assert_rows(log, "head", *rows)


def test_the_row_of_a_case() -> None:
    log = in_one(
        event("StatesMoved", configuration=["甲", "乙"]), event("CaseSuspended", timers=[])
    )
    log.add("case/1", event("CaseClosed", result="办结"), happened="2026-11-03T00:00:00.000Z")
    log.add("case/2", opened(case="2", parent=None, department=None, period=None))
    log.add("org", opened())
    closed = {"closed_at": "2026-11-03T00:00:00.000Z", "result": "办结"}
    plain: Row = {"number": "2026-1", "process": "入库", "definition": "d", "initiator": "linlan"}
    plain |= {"opened_at": AT}
    first = {"id": "1", "department": "办公室", "parent": "0", "period": "2026-11"}
    first |= {"configuration": '["甲", "乙"]', "suspended": True, **closed}
    second = {"id": "2", "department": None, "parent": None, "period": None, "configuration": "[]"}
    second |= {"closed_at": None, "result": None, "suspended": False}
    assert_rows(log, "case_row", plain | first, plain | second)


def test_the_work_that_is_open_and_to_whom_it_is_offered() -> None:
    offered = event("TaskOffered", state="审核", role="审核人", people=["linlan", "wutong"])
    log = in_one(
        *(offered | {"task": one} for one in "tuv"),
        event("TaskClaimed", task="u", by="wutong"),
        event("TaskCompleted", task="v"),
        event("TaskSigned", task="t", by="linlan"),
    )
    plain: Row = {"case_id": "1", "state": "审核", "role": "审核人", "offered_at": AT}
    first = plain | {"task": "t", "claimed_by": None}
    assert_rows(log, "task_row", first, plain | {"task": "u", "claimed_by": "wutong"})
    offers = [("t", "wutong"), ("u", "linlan"), ("u", "wutong")]
    rows = [{"case_id": "1", "task": task, "person": one} for task, one in offers]
    assert_rows(log, "offer", *rows)


@pytest.mark.parametrize(
    ("due", "written"),
    [
        ("2026-11-02T09:00:00+08:00", "2026-11-02T01:00:00.000Z"),
        ("2026-11-02T01:00:00.0019+00:00", "2026-11-02T01:00:00.001Z"),
        ("2026-11-02T01:00:00.998+00:00", "2026-11-02T01:00:00.998Z"),
    ],
)
def test_timers_are_due_in_the_time_of_records(due: str, written: str) -> None:
    fields = {"kind": "deadline", "state": "审核", "action": "催"}
    log = in_one(
        event("TimerSet", timer="r", due=instant(due), **fields),
        event("TimerSet", timer="s", due=instant(AT), kind="x", state="y"),
        event("ClockStopped", timers=["s"]),
    )
    first = {"case_id": "1", "timer": "r", **fields, "due": written, "stopped": False}
    second: Row = {"case_id": "1", "timer": "s", "kind": "x", "state": "y", "action": None}
    assert_rows(log, "timer_row", first, second | {"due": AT, "stopped": True})


def test_the_acts_of_a_case() -> None:
    acted = event("Acted", state="审核", action="通过", role="审核人", duties=["审核", "复核"])
    log = in_one(acted)
    log.add("case/1", acted | {"duties": []}, actor=actor("wutong", "lugong"))
    plain: Row = {"case_id": "1", "state": "审核", "action": "通过", "role": "审核人", "at": AT}
    first = {"n": 0, "actor": "linlan", "principal": None, "duties": '["审核", "复核"]'}
    second = {"n": 1, "actor": "wutong", "principal": "lugong", "duties": "[]"}
    assert_rows(log, "act_row", plain | first, plain | second)


# -- books ----------------------------------------------------------------------------


def left(serial: int, balance: str, amount: str) -> Row:
    """Which line of its book a posting is, and what the item comes to after it."""
    return {"serial": serial, "balance": balance, "balance_amount": amount}


def test_postings_with_their_balance() -> None:
    log = in_one(
        posted(5, decimal("12.50")), posted(decimal("-2.0"), lot="2"), posted(7, item="笔")
    )
    told = {"book": "资产", "kind": "出", "owner": "o", "of": "p", "details": {}}
    log.add("org", posted(1, **told))
    log.add("case/1", posted(10, 100), node="入库", time="2026-11-03T00:00:00.000Z")
    plain: Row = {"book": "物品", "item": "纸", "kind": "入", "lot": "1", "cost": "0"}
    plain |= {"owner": "1", "of": "", "position": 1, "holders": '["linlan"]', "at": AT}
    plain |= {"details": '{"供应商": "甲"}', "actor": "linlan", "state": ""}
    other = {"book": "资产", "kind": "出", "owner": "o", "of": "p", "details": "{}"}
    assert_rows(
        log,
        "posting",
        plain | {"n": 1, "quantity": "5", "cost": "12.5"} | left(1, "5", "62.5"),
        plain | {"n": 2, "lot": "2", "quantity": "-2"} | left(2, "3", "62.5"),
        plain | {"n": 3, "item": "笔", "quantity": "7"} | left(3, "7", "0"),
        plain | other | {"n": 0, "position": 2, "quantity": "1"} | left(1, "1", "0"),
        plain
        | {"n": 0, "position": 3, "quantity": "10", "cost": "100"}
        | {"state": "入库", "at": "2026-11-03T00:00:00.000Z"}
        | left(4, "13", "187.5"),
    )
    first = {"rank": 0, "cost": "0", "details": '{"供应商": "甲"}'}
    assert_rows(
        log,
        "lot",
        first | {"book": "物品", "item": "纸", "lot": "1", "quantity": "15", "cost": "12.5"},
        first | {"book": "物品", "item": "纸", "lot": "2", "quantity": "-2", "rank": 1},
        first | {"book": "物品", "item": "笔", "lot": "1", "quantity": "7"},
        first | {"book": "资产", "item": "纸", "lot": "1", "quantity": "1", "details": "{}"},
    )


def test_quantities_are_compared_as_numbers() -> None:
    row = {"book": "物品", "item": "纸", "lot": "1", "rank": 0, "cost": "0.00"}
    row |= {"details": '{"供应商": "甲"}'}
    for right in ("15", "15.00", "015"):
        assert check_rows(in_one(posted(15)), "lot", row | {"quantity": right}) == ()
    for wrong in ("-15", "15.1", "1.5E1", "1E99999999", "NaN", "fifteen", "1_5", "15\n", 15, None):
        assert len(check_rows(in_one(posted(15)), "lot", row | {"quantity": wrong})) == 2
    assert check_rows(in_one(posted(5), posted(-5)), "lot", row | {"quantity": "0.0"}) == ()
    told = {name: posted(15)[name] for name in ("book", "item", "kind", "lot", "owner", "of")}
    told |= {"quantity": "15", "cost": "7.50", **left(1, "15.0", "112.500")}
    told |= {"position": 1, "n": 1, "holders": '["linlan"]', "details": row["details"]}
    told |= {"at": AT, "actor": "linlan", "state": ""}
    assert check_rows(in_one(posted(15, decimal("7.5"))), "posting", told) == ()
    other = row | {"quantity": "15", "lot": "15"}
    assert len(check_rows(in_one(posted(15, lot="15.0")), "lot", other)) == 2


def test_what_is_held_of_a_book() -> None:
    log = in_one(
        *(held(5), held(decimal("1.5")), held(2, owner="2"), held(-2, owner="2")),
        *(held(1, item="笔"), held(1, owner="3"), held(-3, owner="3"), held(4, book="资产")),
        *(held(1, owner="2", holders=["wutong"]), held(2, owner="5"), held(-2, owner="5")),
    )
    log.add("case/1", held(1, book="资产", holders=["wutong"]), held(1, owner="4"))
    log.add("case/1", held(2, owner="4", holders=["wutong"]))
    plain: Row = {"book": "物品", "item": "纸", "owner": "1", "holders": '["linlan"]'}
    assert_rows(
        log,
        "hold",
        plain | {"quantity": "6.5", "rank": 1001},
        plain | {"item": "笔", "quantity": "1", "rank": 1005},
        plain | {"book": "资产", "quantity": "5", "rank": 1008},
        plain | {"owner": "2", "quantity": "1", "rank": 1009, "holders": '["wutong"]'},
        plain | {"owner": "4", "quantity": "3", "rank": 2001},
    )


def test_when_an_item_last_moved() -> None:
    log = in_one(posted(5), held(1, book="资产"), posted(1, item="笔"))
    log.add("case/1", held(1), posted(1, book="资产", item="笔"))
    log.add("case/1", event("BookFrozen", book="物品", owner="1"))
    log.add("case/1", event("BookThawed", book="物品"), event("Other", book="资产", item="笔"))
    rows = [
        *(("物品", "纸", 2), ("物品", "笔", 1), ("物品", "", 2), ("物品", "*", 4)),
        *(("资产", "纸", 1), ("资产", "笔", 2), ("资产", "", 2)),
    ]
    names = ("book", "item", "version")
    assert_rows(log, "card", *[dict(zip(names, one, strict=True)) for one in rows])


def test_books_are_frozen_and_thawed() -> None:
    frozen = event("BookFrozen", book="物品", owner="1")
    log = in_one(frozen, frozen | {"book": "资产"}, frozen | {"owner": "2"})
    log.add("org", event("BookThawed", book="物品"))
    log.add("org", event("BookThawed", book="物品"), frozen)
    rows = [
        ("物品", 1, "1", 2),
        ("资产", 1, "1", None),
        ("物品", 1, "2", 2),
        ("物品", 3, "1", None),
    ]
    names = ("book", "since", "owner", "until")
    assert_rows(log, "freeze", *[dict(zip(names, one, strict=True)) for one in rows])


# -- diaries --------------------------------------------------------------------------


def taken(begins: str, ends: str, **fields: Any) -> Row:
    """A row of an occupation on the second of November, from an hour to another (UTC)."""
    told: Row = {"diary": "会议室", "thing": "301", "owner": "1", "case_id": "1"}
    return told | {"begins": exact(begins), "ends": exact(ends)} | fields


def exact(hour: str) -> str:
    return f"2026-11-02T{hour}:00.000000Z"


def at(hour: str) -> str:
    return f"2026-11-02T{hour}:00+00:00"


def take(begins: str, ends: str, **fields: Any) -> Row:
    return occupied(at(begins), at(ends), **fields)


def leave(begins: str, ends: str, when: str, **fields: Any) -> Row:
    return vacated(at(begins), at(ends), at(when), **fields)


@pytest.mark.parametrize(
    ("events", "rows"),
    [
        ([occupied(NINE, NOON)], [taken("01:00", "04:00")]),
        # one of the same owner inside a new one goes up in it
        ([take("02:00", "03:00"), take("01:00", "04:00")], [taken("01:00", "04:00")]),
        (
            [take("01:00", "04:00"), take("01:00", "04:00", case="2")],
            [taken("01:00", "04:00", case_id="2")],
        ),
        ([take("01:00", "03:00"), take("01:00", "04:00")], [taken("01:00", "04:00")]),
        ([take("02:00", "04:00"), take("01:00", "04:00")], [taken("01:00", "04:00")]),
        *(
            (
                [take("02:00", "03:00", **{name: "x"}), take("01:00", "04:00")],
                [taken("02:00", "03:00", **{name: "x"}), taken("01:00", "04:00")],
            )
            for name in ("diary", "thing", "owner")
        ),
        *(
            ([take(*one), take("01:00", "04:00")], [taken(*one), taken("01:00", "04:00")])
            for one in (("00:00", "02:00"), ("03:00", "05:00"), ("00:00", "05:00"))
        ),
        # what had passed when it was vacated stays, unless another holds it
        ([take("01:00", "04:00"), leave("01:00", "04:00", "01:00")], []),
        ([take("01:00", "04:00"), leave("01:00", "04:00", "00:00")], []),
        (
            [take("01:00", "04:00", case="7"), leave("01:00", "04:00", "02:00")],
            [taken("01:00", "02:00", case_id="7")],
        ),
        (
            [take("01:00", "04:00"), leave("01:00", "04:00", "05:00")],
            [taken("01:00", "04:00")],
        ),
    ],
)
def test_what_things_are_taken_for(events: list[Row], rows: list[Row]) -> None:
    assert_rows(in_one(*events), "occupation", *rows)


@pytest.mark.parametrize(
    ("other", "when", "is_covered"),
    [
        (("01:00", "02:00"), "02:00", True),
        (("01:00", "03:00"), "02:00", True),
        (("00:00", "03:00"), "02:00", True),
        (("01:00", "01:30"), "02:00", False),
        (("01:30", "02:00"), "02:00", False),
        (("00:00", "04:00"), "05:00", True),
        (("00:00", "03:59"), "05:00", False),
    ],
)
def test_what_another_occupation_of_the_owner_holds_is_not_kept_twice(
    other: tuple[str, str], when: str, is_covered: bool
) -> None:
    whole = ("01:00", "04:00")
    both = (whole, other) if other[0] >= whole[0] else (other, whole)
    log = in_one(*(take(*one) for one in both), leave(*whole, when))
    kept = [] if is_covered else [taken("01:00", min(when, "04:00"))]
    assert_rows(log, "occupation", *kept, taken(*other))


@pytest.mark.parametrize("name", ["diary", "thing", "owner"])
def test_an_occupation_of_another_covers_nothing(name: str) -> None:
    other = {name: "x"}
    log = in_one(
        take("01:00", "04:00"), take("00:00", "05:00", **other), leave("01:00", "04:00", "02:00")
    )
    assert_rows(log, "occupation", taken("01:00", "02:00"), taken("00:00", "05:00", **other))


def test_when_what_a_thing_is_taken_for_last_changed() -> None:
    log = in_one(take("01:00", "04:00"), take("01:00", "04:00", thing="302"))
    log.add("case/1", leave("01:00", "04:00", "02:00"), take("01:00", "02:00", diary="车辆"))
    log.add("case/1", event("Other", diary="车辆", thing="301"))
    rows = [("会议室", "301", 2), ("会议室", "302", 1), ("车辆", "301", 2)]
    names = ("diary", "thing", "version")
    assert_rows(log, "page", *[dict(zip(names, one, strict=True)) for one in rows])


# -- what cannot have happened --------------------------------------------------------


@pytest.mark.parametrize(
    "events",
    [
        [event("StatesMoved")],
        [opened()],
        *([posted(quantity)] for quantity in (None, "5", decimal("five"), {"is": "5"})),
        *([posted(1, cost)] for cost in (None, {"$": "decimal", "is": 5})),
        *([posted(1, **{name: None})] for name in ("book", "item", "kind", "lot", "owner", "of")),
        *([held(1, **{name: None})] for name in ("book", "item", "owner", "holders")),
        *([posted(1, holders="x")], [posted(1, details=[])], [event("BookThawed")]),
        *([held(quantity)] for quantity in (None, decimal("1E99999999"), decimal("NaN"))),
        [event("BookFrozen", owner="1")],
        [event("BookFrozen", book="物品")],
        *(
            [occupied(NINE, TEN, **{name: None})]
            for name in ("diary", "thing", "owner", "begins", "ends", "case")
        ),
        *([occupied(begins, TEN)] for begins in ("soon", "2026-11-02T09:00:00", "")),
        [occupied("0001-01-01T00:00:00+14:00", TEN)],
        [occupied(NINE, TEN, begins={"$": "date", "is": NINE})],
        [occupied(NINE, TEN, begins=NINE)],
        [vacated(NINE, TEN, NINE)],
        [occupied(NINE, TEN), vacated(NINE, NOON, NINE)],
        *([occupied(NINE, TEN), vacated(NINE, TEN, when)] for when in ("soon", TEN[:-6])),
        [event("TimerSet", timer="r", kind="x", state="y", due=instant("soon"))],
        [event("TimerSet", timer="r", kind="x", state="y", due=instant(NINE[:-6]))],
    ],
)
def test_of_a_history_that_cannot_be_nothing_else_is_told(events: list[Row]) -> None:
    assert shown(check_tables(bundle(), in_one(*events).judged)) == [
        (
            "events [E_TABLE] L5: 历史有缺,派生表重建不出来",
            "events [E_TABLE] L5: the tables cannot be rebuilt",
            "break",
        )
    ]
