"""Level 4: what rests on what, what is done and by whom, one contradiction at a time."""

from __future__ import annotations

import pytest

from tests.verifier.parts import SYSTEM, Row, actor, definition, event, move, sha256
from tests.verifier.stories import (
    ACTED,
    NO_WAY,
    NOT_AMONG,
    NOT_HERE,
    OFFERED,
    OPENING,
    SOURCE,
    WRONG_ACT,
    WRONG_DUTIES,
    WRONG_MEANING,
    Story,
    absent,
    at,
    but,
    moved,
    one,
    reviewed,
)
from tests.verifier.test_model import action, model, state


def test_a_case_that_went_as_it_should() -> None:
    story = reviewed()
    story.approve(event("TaskCompleted", task="t"))
    story.log.add("org", ACTED)
    assert story.told() == []


# -- the opening ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "changes"),
    [
        ([], {"typ": "open"}),
        ([OPENING], {"typ": "step"}),
        ([event("FieldsSet", paths=[]), OPENING], {"typ": "open"}),
    ],
)
def test_a_history_begins_with_an_opening_and_is_followed_no_further_without(
    events: list[Row], changes: Row
) -> None:
    story = Story()
    story.add(*events, **changes)
    story.submit()
    assert story.told() == [
        one(
            *("E_MOVE", "events", "历史不是从立案开始的"),
            *("the history does not begin with an opening", 0),
        )
    ]


def test_a_case_is_opened_in_its_own_stream() -> None:
    story = Story()
    story.add(OPENING | {"case": "2"}, typ="open")
    zh, en = "立案的不是这条流的案件", "another case than the stream's is opened"
    assert story.told() == [one("E_MOVE", "events", zh, en, 0)]


def test_a_refusal_before_or_within_says_nothing() -> None:
    story = Story()
    story.add(event("Refused"), typ="refusal")
    story.open()
    story.submit()
    story.add(ACTED, typ="refusal", act="别的")
    assert story.told() == []


def test_events_that_contradict_each_other_end_a_case_and_no_other() -> None:
    story = reviewed()
    story.open(case="2")
    story.add(event("TaskReleased", task="nothing"))
    story.add(ACTED, act="别的")
    story.submit("2", uid="wutong")
    story.stay("没有", "审核", case="2")
    told = one("E_MOVE", "events", "没有这个任务", "there is no such task")
    assert story.told() == [told, but(absent("没有", "审核"), ("case/1", "case/2"))]


# -- what it rests on -----------------------------------------------------------------


@pytest.mark.parametrize("changes", [{"number": "2026-2"}, {"case": "2"}])
def test_a_record_names_its_case(changes: Row) -> None:
    story = reviewed()
    story.log.add("case/1", definition=story.rests_on, node="审核", **changes)
    told = one("E_MOVE", "case", "写明的不是这一案", "it names another case")
    assert story.told() == [told]


UNPINNED = one(
    *("E_MODEL", "def", "依据的流程不是本案立案时所定、所发布的那一版"),
    "it rests on another procedure than the one pinned and published",
)


def test_a_record_rests_on_the_procedure_that_is_pinned_and_published() -> None:
    story = reviewed()
    known = story.rests_on.model
    for other in (
        *(definition("出库", SOURCE, known), definition("入库", sha256(b"x"), known)),
        definition("入库", SOURCE, sha256(b"x")),
    ):
        story.add(definition=other)
    story.add(definition=None)
    assert story.told() == [at(seq, UNPINNED) for seq in (2, 3, 4)]


@pytest.mark.parametrize(
    "published",
    [
        event("Published", digest=sha256(b"x")),
        event("Announced", digest=SOURCE),
        event("Published", digest=SOURCE) | {"version": 2},
    ],
)
def test_what_publishes_another_text_publishes_not_this_one(published: Row) -> None:
    story = Story()
    told = published | {"model": story.rests_on.model}
    story.log.streams["defs"] = ()
    story.log.add("defs", told, typ="def")
    story.open()
    assert story.told() == [at(0, UNPINNED)]
    story.log.add("defs", told | event("Published", digest=SOURCE), typ="def")
    assert story.told() == []


def test_of_a_case_without_the_stream_of_definitions_nothing_is_published() -> None:
    story = Story()
    del story.log.streams["defs"]
    story.open()
    assert story.told() == [at(0, UNPINNED)]


@pytest.mark.parametrize("content", [None, b"another"])
def test_a_model_that_is_missing_leaves_the_course_open_and_is_told_once(
    content: bytes | None,
) -> None:
    story = reviewed()
    story.approve(action="没有")
    story.models = {story.rests_on.model: content} if content is not None else {}
    assert story.told() == [
        one(
            *("E_MODEL", "def.model", "证据包没有这个流程模型,这些案件的办理过程无法核对"),
            "the bundle lacks this model: the course of its cases cannot be checked",
            seq=0,
            weight="gap",
        )
    ]


def test_a_model_that_is_ill_formed_is_told_once() -> None:
    story = Story({"name": 5})
    story.open()
    story.submit()
    zh, en = "流程模型不成样子", "the model of the procedure is ill-formed"
    assert story.told() == [one("E_MODEL", "def.model", zh, en, 0)]


def test_what_goes_by_no_procedure_needs_no_model() -> None:
    story = reviewed()
    story.add(event("Redacted"), definition=None, typ="redact")
    assert story.told() == []
    story.stay("催办", "审核", definition=None)
    ((zh, _, weight),) = story.told()
    assert (zh[:32], weight) == ("case/1 #3 def.model [E_MODEL] L4", "gap")


# -- after the end --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["Acted", "StatesMoved", "TaskOffered", "Posted", "HoldChanged", "Occupied", "FieldsSet"],
)
def test_when_a_case_has_ended_nothing_goes_on(name: str) -> None:
    story = Story()
    story.open(event("CaseClosed", result="办结"))
    events = {
        "Acted": ACTED | {"action": "催办", "state": "起草", "role": "", "task": None},
        "StatesMoved": moved("催办", [], ["起草"]),
        "TaskOffered": OFFERED,
    }
    changes: Row = {"act": "催办", "actor": actor("wutong")}
    changes["move"] = move(["起草"], ["起草"]) if name == "StatesMoved" else None
    told = events.get(name, event(name, paths=[]))
    story.add(told, **changes)
    ended = one("E_AFTER_END", "events", "本案已办结", "the case had ended", 1)
    assert story.told() == [ended]
    for again in (event("Corrected"), event("CaseReopened"), event("TaskSigned", task="t", by="x")):
        other = Story()
        other.open(OFFERED, event("CaseClosed", result="办结"))
        other.add(told | {"task": "u"} if name == "TaskOffered" else told, again, **changes)
        assert other.told() == []


def test_before_its_end_and_in_the_record_that_ends_it_all_goes_on() -> None:
    story = Story()
    story.open()
    story.add(event("FieldsSet", paths=[]))
    story.add(event("CaseClosed", result="办结"), event("FieldsSet", paths=[]))
    story.add(event("Printed"))
    assert story.told() == []


# -- the act --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"act": "驳回"}, [WRONG_ACT]),
        (
            {"system": True, "went": None, "action": "超时", "act": "超时", "duties": []},
            [WRONG_ACT],
        ),
        ({"act": "驳回", "typ": "system"}, []),
        ({"action": "没有", "went": None}, [absent("没有", "审核")]),
        ({"action": "拒收", "went": None}, [absent("拒收", "审核")]),
        ({"state": "起草", "went": None}, [absent("通过", "起草")]),
        ({"state": "办理", "action": "办完", "went": None}, [absent("办完", "办理")]),
        ({"meaning": "review"}, [WRONG_MEANING]),
        ({"meaning": "rejection"}, [WRONG_MEANING]),
        ({"duties": []}, [WRONG_DUTIES]),
        ({"duties": ["审核", "x"]}, [WRONG_DUTIES]),
        ({"meaning": "x", "duties": []}, [WRONG_DUTIES, WRONG_MEANING]),
    ],
)
def test_what_is_done_is_an_action_of_the_state(changes: Row, wanted: list[Row]) -> None:
    story = reviewed()
    story.approve(**changes)
    assert story.told() == wanted


@pytest.mark.parametrize(
    ("name", "meaning", "is_right"),
    [
        *(("驳回", "approval", True), ("驳回", "rejection", True), ("驳回", "review", False)),
        *(("说明", "witness", True), ("说明", "rejection", False), ("说明", "review", False)),
        *(("领回", "review", True), ("领回", "none", False), ("领回", "rejection", False)),
    ],
)
def test_a_meaning_is_the_actions_or_the_states_and_with_a_reason_a_rejection(
    name: str, meaning: str, is_right: bool
) -> None:
    story = reviewed()
    story.approve(went=None, action=name, meaning=meaning, duties=[])
    assert story.told() == ([] if is_right else [WRONG_MEANING])


def test_where_the_state_is_not_in_the_model_an_act_means_nothing_of_its_own() -> None:
    story = reviewed()
    story.add(moved("作废", ["审核"], ["x/完成"]), move=move(["审核"], ["x/完成"]))
    lost = but(NO_WAY, ("通过", "作废"))
    for meaning in ("none", "review"):
        story.stay("作废", "x/完成", role="审核人", meaning=meaning, facts={})
    assert story.told() == [lost, at(4, WRONG_MEANING)]


def test_only_the_first_act_of_a_step_is_that_of_the_record() -> None:
    story = reviewed()
    also = ACTED | {"action": "超时", "system": True, "duties": [], "meaning": "x"}
    story.add(
        ACTED | {"action": "催办", "role": "", "duties": [], "task": None},
        also,
        act="催办",
        actor=actor("wutong"),
    )
    assert story.told() == []


def test_the_system_does_what_is_the_systems() -> None:
    story = reviewed()
    story.add(ACTED | {"system": True}, way="system", typ="system", actor=SYSTEM)
    story.add(
        ACTED | {"system": True, "action": "超时", "duties": ["x"]}, typ="system", actor=SYSTEM
    )
    assert story.told() == [NOT_HERE, at(3, WRONG_DUTIES)]


def test_everyday_actions_are_those_the_model_allows_and_carry_no_role() -> None:
    story = reviewed()
    for name in ("催办", "转办"):
        story.stay(name, "审核")
    story.stay("催办", "审核", role="审核人")
    story.stay("催办", "起草")
    assert story.told() == [
        at(3, absent("转办", "审核")),
        at(4, absent("催办", "审核")),
        at(5, absent("催办", "起草")),
    ]


def test_an_action_of_the_model_with_an_everyday_name_is_of_the_model() -> None:
    own = action("催办", arms=[{"to": "起草"}])
    story = Story(model(state("起草", actions=[own]), everyday=[{"word": "urge"}]))
    story.open()
    story.stay("催办", "起草", meaning="review", facts={"who()": ["linlan"]})
    told = one("E_ACTOR", "actor.uid", "wutong 不在“”之列", "wutong is not among “”", 1)
    assert story.told() == [told]


def test_an_act_belongs_where_the_case_or_its_task_is() -> None:
    story = reviewed()
    story.approve()
    story.approve(went=None)
    story.approve(went=None, task=None)
    story.approve(went=None, task="nothing")
    story.stay("办完", "办理", meaning="review", role="审核人", facts={})
    assert story.told() == [at(4, NOT_HERE), at(5, NOT_HERE)]


# -- who acts -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "is_among"),
    [
        ({}, True),
        *(({name: None}, False) for name in ("who(审核人)", "post(主任)")),
        *(({name: ["hanjiang"]}, False) for name in ("who(审核人)", "post(主任)")),
        *(({name: "wutong"}, False) for name in ("who(审核人)", "post(主任)")),
        ({"who(审核人)": ["linlan", "wutong"]}, True),
    ],
)
def test_who_acts_is_among_those_found_and_those_who_hold_the_post(
    facts: Row, is_among: bool
) -> None:
    story = reviewed()
    story.approve(facts=facts)
    assert story.told() == ([] if is_among else [NOT_AMONG])


def test_who_acts_for_another_is_judged_as_he() -> None:
    story = reviewed()
    story.approve(actor=actor("hanjiang", "wutong"))
    assert story.told() == []
    story = reviewed()
    story.approve(actor=actor("wutong", "hanjiang"))
    assert story.told() == [but(NOT_AMONG, ("wutong", "hanjiang"))]


@pytest.mark.parametrize(
    ("event_", "is_named"),
    [
        (event("TaskTransferred", task="t", to=["wutong"]), True),
        (event("TaskReoffered", task="t", people=["wutong"]), False),
    ],
)
def test_in_named_hands_work_needs_no_post(event_: Row, is_named: bool) -> None:
    story = reviewed()
    story.approve(before=(event_,), facts={"post(主任)": ["hanjiang"]})
    assert story.told() == ([] if is_named else [NOT_AMONG])
    story = reviewed()
    story.approve(before=(event_,), facts={"post(主任)": ["hanjiang"]}, task=None)
    assert story.told() == [NOT_AMONG]


@pytest.mark.parametrize(
    ("before", "zh", "en"),
    [
        ((event("TaskCompleted", task="t"),), "任务已结束", "the task was over"),
        ((event("TaskClaimed", task="t", by="wutong"),), "", ""),
        (
            *((event("TaskClaimed", task="t", by="hanjiang"),), "任务已由他人签收"),
            "the task was somebody else's",
        ),
        (
            (OFFERED | {"task": "u", "role": "会签人"},),
            *("任务是另一角色的", "the task is another role's"),
        ),
    ],
)
def test_who_acts_holds_the_task(before: tuple[Row, ...], zh: str, en: str) -> None:
    story = reviewed()
    story.add(*before, actor=actor("hanjiang", "wutong"))
    story.approve(task=before[0]["task"])
    assert story.told() == ([one("E_ACTOR", "task", zh, en, 3)] if zh else [])


def test_a_task_claimed_in_person_or_in_the_name_of_another_is_his() -> None:
    for uid in ("hanjiang", "wutong"):
        story = reviewed()
        claimed = event("TaskClaimed", task="t", by=uid)
        story.approve(before=(claimed,), actor=actor("hanjiang", "wutong"))
        assert story.told() == []
    story = reviewed()
    story.add(event("TaskClaimed", task="t", by="linlan"), actor=actor("hanjiang", "wutong"))
    told = one("E_ACTOR", "events", "签收人不是办理人", "another person claims it")
    assert story.told() == [told]


def test_a_task_that_waits_is_not_yet_anybodys() -> None:
    added = event("SignerAdded", task="u", state="审核", role="审核人", person="wutong")
    story = reviewed()
    story.approve(before=(added,), task="u")
    assert story.told() == [one("E_ACTOR", "task", "任务已结束", "the task was over")]


# -- the state it names ---------------------------------------------------------------


def elsewhere(node: str, seq: int = 2) -> tuple[str, str, str]:
    zh = f"写明的环节“{node}”不是任务或案件当时所在"
    return one("E_MOVE", "task", zh, f"neither its task nor the case was in “{node}”", seq)


@pytest.mark.parametrize(
    ("task", "node", "is_right"),
    [
        *(("", "审核", True), ("t", "审核", True), ("", "", False), ("t", "", False)),
        *(("", "办理/甲", False), ("t", "办理/甲", False), ("", "起草", False)),
        *(("u", "审核", False), ("u", "起草", False), ("", "审", False)),
    ],
)
def test_a_record_names_the_state_of_its_task_or_one_the_case_was_in(
    task: str, node: str, is_right: bool
) -> None:
    story = reviewed()
    story.add(event("Printed"), task=task, node=node)
    assert story.told() == ([] if is_right else [elsewhere(node)])


def test_a_state_around_an_active_one_is_one_the_case_is_in() -> None:
    for node, is_right in (("办理", True), ("办理/甲", True), ("办理/乙", False), ("办", False)):
        story = reviewed()
        story.approve()
        story.add(event("Printed"), node=node)
        assert story.told() == ([] if is_right else [elsewhere(node, 3)])


def test_an_opening_names_the_state_it_leads_to() -> None:
    for node, is_right in (("起草", True), ("审核", False), ("", False)):
        story = Story()
        events = (OPENING, moved("", [], ["起草"]))
        story.add(*events, typ="open", move=move([], ["起草"]), node=node)
        assert story.told() == ([] if is_right else [elsewhere(node, 0)])


def test_the_task_may_stand_in_a_state_the_case_has_left() -> None:
    story = reviewed(event("TaskAsked", task="again", state="起草", role="起草人", people=["a"]))
    story.add(event("Printed"), task="again", node="起草")
    story.add(event("Printed"), task="again", node="审核")
    assert story.told() == [elsewhere("审核", 3)]


@pytest.mark.parametrize("typ", ["redact", "read"])
def test_what_happens_in_no_state_need_not_name_one(typ: str) -> None:
    story = reviewed()
    story.add(event("Redacted"), typ=typ, node="")
    story.add(event("Redacted"), typ=typ, node="起草")
    assert story.told() == [elsewhere("起草", 3)]
    for other in ("step", "system"):
        story = reviewed()
        story.add(event("Printed"), typ=other, node="")
        assert story.told() == [elsewhere("")]
