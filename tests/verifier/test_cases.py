"""Cases as the verifier folds them from their events, event by event."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.verifier.parts import AT, SYSTEM, Log, Row, actor, event, instant
from verifier.canonical import Flaw
from verifier.cases import Act, Case, Task, Timer, open_case

LATER = "2026-11-03T01:30:00.000Z"
OPENED = event(
    "CaseOpened",
    case="1",
    number="2026-1",
    process="入库",
    definition="d",
    initiator="linlan",
    department="办公室",
    parent="0",
    period="2026-11",
)
OFFERED = event("TaskOffered", task="t", state="审核", role="审核人", people=["wutong", "linlan"])
SET = event("TimerSet", timer="r", kind="deadline", state="审核", action="催", due=instant(AT))
ACTED = event("Acted", state="审核", action="通过", role="审核人", duties=["审核"])


def fold(*events: Row, **changes: Any) -> Case:
    """A case that is opened and then goes through events, of one record each."""
    log = Log()
    case = open_case(OPENED, log.add("case/1", OPENED, typ="open"))
    for one in events:
        case.apply(one, log.add("case/1", one, **{"happened": LATER, **changes}))
    return case


def work(name: str, /, **fields: Any) -> Row:
    return event(name, task="t", **fields)


def task(**changes: Any) -> Task:
    """What `OFFERED` makes, and what has become of it."""
    made = Task(id="t", state="审核", role="审核人", people=("wutong", "linlan"), offered_at=LATER)
    return replace(made, **changes)


def timer(**changes: Any) -> Timer:
    made = Timer(id="r", kind="deadline", state="审核", action="催", due=AT)
    return replace(made, **changes)


def act(**changes: Any) -> Act:
    made = Act(
        n=0,
        actor="linlan",
        principal=None,
        state="审核",
        action="通过",
        role="审核人",
        duties=("审核",),
        at=LATER,
    )
    return replace(made, **changes)


def test_a_case_begins_with_its_opening() -> None:
    case = fold()
    wanted = Case(
        id="1",
        number="2026-1",
        process="入库",
        definition="d",
        initiator="linlan",
        department="办公室",
        parent="0",
        period="2026-11",
        opened_at=AT,
    )
    assert case == wanted
    assert (case.configuration, case.closed_at, case.result, case.is_suspended) == (
        *((), None, None),
        False,
    )


@pytest.mark.parametrize("name", ["department", "parent", "period"])
def test_what_a_case_need_not_have(name: str) -> None:
    one = Log().add("case/1")
    assert getattr(open_case(OPENED | {name: None}, one), name) is None
    rest = {key: value for key, value in OPENED.items() if key != name}
    assert getattr(open_case(rest, one), name) is None


@pytest.mark.parametrize("name", sorted(OPENED.keys() - {"event", "version"}))
def test_an_opening_with_one_field_ill_formed_is_refused(name: str) -> None:
    with pytest.raises(Flaw, match=f"the event's field {name} is ill-formed"):
        open_case(OPENED | {name: 5}, Log().add("case/1"))


# -- where it is ----------------------------------------------------------------------


def test_where_a_case_is() -> None:
    case = fold(event("StatesMoved", configuration=["办理/起草", "会签"]))
    assert case.configuration == ("办理/起草", "会签")
    inside = [case.is_in(one) for one in ("办理", "办理/起草", "会签")]
    outside = [case.is_in(one) for one in ("办", "起草", "办理/起", "会签/完成", "")]
    assert (inside, outside) == ([True] * 3, [False] * 5)


def test_its_end_and_its_opening_again() -> None:
    ended = event("CaseClosed", result="办结")
    case = fold(ended)
    assert (case.closed_at, case.result) == (LATER, "办结")
    case = fold(ended, event("CaseReopened"))
    assert (case.closed_at, case.result) == (None, None)


def test_members_and_what_bears_on_nothing_here() -> None:
    case = fold(event("MemberJoined", case="7"), event("FieldsSet", paths=[]), event("Posted"))
    assert case.members == ["7"]
    assert case == replace(fold(), members=["7"])


def test_a_case_is_opened_once() -> None:
    with pytest.raises(Flaw, match="opened twice"):
        fold(OPENED)


# -- acts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, {}),
        ({"actor": actor("wutong", "linlan")}, {"actor": "wutong", "principal": "linlan"}),
        ({"actor": SYSTEM, "way": "system"}, {"actor": "SYSTEM"}),
        ({"actor": actor("SYS"), "way": "system"}, {"actor": "SYSTEM"}),
    ],
)
def test_who_did_an_act(changes: Row, wanted: Row) -> None:
    assert fold(ACTED, **changes).acts == [act(**wanted)]


def test_what_the_system_did_in_somebodys_record_nobody_did() -> None:
    case = fold(ACTED, ACTED | {"system": True}, ACTED | {"system": 1}, actor=actor("a", "b"))
    assert case.acts == [
        act(actor="a", principal="b"),
        act(n=1, actor="SYSTEM"),
        act(n=2, actor="a", principal="b"),
    ]


def test_the_people_and_the_names_of_an_act() -> None:
    assert act().people == {"linlan"}
    assert act(principal="wutong").people == {"linlan", "wutong"}
    assert act(duties=("审核", "复核")).names == {"审核", "复核", "审核人"}


# -- tasks ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "wanted"),
    [
        ("TaskOffered", {}, {}),
        ("TaskAsked", {}, {"named": True}),
        ("SignerAdded", {}, {"named": True, "people": ("lugong",), "status": "waiting"}),
        (
            *("SignerAdded", {"is_before": False}),
            {"named": True, "people": ("lugong",), "status": "waiting"},
        ),
        ("SignerAdded", {"is_before": True}, {"named": True, "people": ("lugong",)}),
    ],
)
def test_work_is_offered(name: str, fields: Row, wanted: Row) -> None:
    case = fold(OFFERED | {"event": name, "person": "lugong"} | fields)
    assert case.tasks == {"t": task(**wanted)}


HANDED: Row = {"named": True, "claimed_by": None, "status": "offered"}


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ([], {}),
        ([work("TaskReoffered", people=["lugong"])], {"people": ("lugong",)}),
        ([work("TaskClaimed", by="wutong")], {"status": "claimed", "claimed_by": "wutong"}),
        ([work("TaskClaimed", by="wutong"), work("TaskReleased")], {}),
        (
            [work("TaskClaimed", by="wutong"), work("TaskSigned", by="wutong")],
            {"signed_by": ("wutong",)},
        ),
        (
            [work("TaskSigned", by="wutong"), work("TaskSigned", by="linlan")],
            {"signed_by": ("wutong", "linlan")},
        ),
        ([work("TaskCompleted")], {"status": "completed"}),
        ([work("TaskCancelled")], {"status": "cancelled"}),
        (
            [work("TaskClaimed", by="wutong"), work("TaskTransferred", to=["lugong", "linlan"])],
            HANDED | {"people": ("lugong", "linlan")},
        ),
        (
            [work("TaskClaimed", by="wutong"), work("TaskConsigned", to="lugong", by="wutong")],
            HANDED | {"people": ("lugong",), "consigned_by": "wutong"},
        ),
        (
            [
                work("TaskConsigned", to="lugong", by="wutong"),
                work("TaskClaimed", by="lugong"),
                work("TaskHandedBack", to="wutong"),
            ],
            HANDED | {"people": ("wutong",)},
        ),
        ([work("TaskReminded")], {}),
    ],
)
def test_what_becomes_of_work(events: list[Row], wanted: Row) -> None:
    assert fold(OFFERED, *events).tasks == {"t": task(**wanted)}


def test_a_signer_added_waits_until_it_is_his_turn() -> None:
    added = work("SignerAdded", state="审核", role="审核人", person="lugong")
    assert [one.id for one in fold(added).open_tasks()] == []
    case = fold(added, work("TaskOpened"))
    assert case.open_tasks() == [task(people=("lugong",), named=True)]
    again = Log().add("case/1", happened="2026-11-05T01:30:00.000Z")
    waiting = fold(added)
    waiting.apply(work("TaskOpened"), again)
    assert waiting.tasks["t"].offered_at == again.body.happened
    assert fold(added, work("TaskCancelled")).tasks["t"].status == "cancelled"


@pytest.mark.parametrize("over", [work("TaskCompleted"), work("TaskCancelled")])
def test_what_is_over_is_not_open_and_stays_so(over: Row) -> None:
    other = OFFERED | {"task": "u"}
    claimed = work("TaskClaimed", by="wutong") | {"task": "u"}
    case = fold(OFFERED, other, claimed, over)
    assert [one.id for one in case.open_tasks()] == ["u"]
    with pytest.raises(Flaw, match="task t is over"):
        fold(OFFERED, over, work("TaskReleased"))


def test_work_is_offered_once_and_done_only_if_offered() -> None:
    with pytest.raises(Flaw, match="task t is offered twice"):
        fold(OFFERED, OFFERED)
    with pytest.raises(Flaw, match="no such task"):
        fold(work("TaskReleased"))


# -- timers ---------------------------------------------------------------------------


def test_timers_are_set_and_go() -> None:
    assert fold(SET).timers == {"r": timer()}
    assert fold(SET | {"action": None}).timers == {"r": timer(action=None)}
    again = fold(SET, SET | {"due": instant(LATER)})
    assert again.timers == {"r": timer(due=LATER)}
    for name in ("TimerCancelled", "TimerFired"):
        assert fold(SET, event(name, timer="r")).timers == {}
        with pytest.raises(Flaw, match="no such timer"):
            fold(event(name, timer="r"))


def clock(name: str, /, *timers: str, **fields: Any) -> Row:
    return event(name, timers=list(timers), **fields)


@pytest.mark.parametrize("name", ["ClockStopped", "CaseSuspended"])
def test_a_clock_stops(name: str) -> None:
    other = SET | {"timer": "s"}
    case = fold(SET, other, clock(name, "nobody", "r", dues=[instant(LATER)] * 2))
    assert case.timers == {"r": timer(stopped=True), "s": timer(id="s")}
    assert case.is_suspended == (name == "CaseSuspended")


@pytest.mark.parametrize("name", ["ClockResumed", "CaseResumed"])
def test_a_clock_goes_on_with_other_dues(name: str) -> None:
    other, stop = SET | {"timer": "s"}, clock("CaseSuspended", "r", "s")
    case = fold(SET, other, stop, clock(name, "r", "nobody", "s", dues=[instant(LATER)]))
    assert case.timers == {"r": timer(due=LATER), "s": timer(id="s")}
    assert case.is_suspended == (name == "ClockResumed")
    case = fold(SET, other, stop, clock(name, "r", "nobody", "s", dues=[instant(LATER)] * 3))
    assert case.timers == {"r": timer(due=LATER), "s": timer(id="s", due=LATER)}
    assert fold(SET, stop, clock(name, "r", dues=None)).timers == {"r": timer()}


# -- events that are ill-formed -------------------------------------------------------


@pytest.mark.parametrize(
    "events",
    [
        [{}],
        [event("StatesMoved", configuration="审核")],
        [event("StatesMoved", configuration=[5])],
        [event("StatesMoved")],
        [event("CaseClosed")],
        [event("MemberJoined")],
        *([ACTED | {name: None}] for name in ("state", "action", "role", "duties")),
        *([OFFERED | {name: None}] for name in ("task", "state", "role", "people")),
        [OFFERED | {"event": "SignerAdded"}],
        *(
            [OFFERED, work(name)]
            for name in (
                *("TaskReoffered", "TaskClaimed", "TaskSigned", "TaskTransferred"),
                *("TaskConsigned", "TaskHandedBack"),
            )
        ),
        [OFFERED, work("TaskConsigned", to="lugong")],
        [OFFERED, event("TaskReleased")],
        *([SET | {name: None}] for name in ("timer", "kind", "state", "due")),
        [SET | {"due": AT}],
        [SET | {"due": {"$": "date", "is": AT}}],
        [SET | {"due": {"$": "datetime", "is": 5}}],
        [event("TimerFired")],
        [SET, clock("ClockResumed", "r", dues=[AT])],
        [event("ClockStopped")],
        [event("CaseSuspended")],
    ],
)
def test_an_event_with_one_field_ill_formed_is_refused(events: list[Row]) -> None:
    with pytest.raises(Flaw, match="ill-formed"):
        fold(*events)


def test_fields_hold_what_was_last_filled_in() -> None:
    log = Log()
    given = {"form/甲": 1, "form/甲#2": 2, "form/乙": 3, "form/丙": [4]}
    one = log.add("case/1", OPENED)
    case = open_case(OPENED, one)
    for name, told in (
        ("FieldsSet", {"paths": ["甲", "丁"]}),
        ("FieldsSet", {"paths": ["甲#2"]}),
        ("FieldsSet", {"paths": ["乙"]}),
        ("RowsAppended", {"field": "乙", "path": "丙"}),
    ):
        made = log.add("case/1", event(name, **told))
        case.apply(event(name, **told), replace(made, opened={**made.opened, **given}))
    assert case.values == {"甲": 2, "丁": None, "乙": []}
