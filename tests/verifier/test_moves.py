"""Level 4: where a case goes, and duties that stay apart."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verifier.parts import Row, actor, event, move
from tests.verifier.stories import (
    BOTH,
    NO_FIT,
    NO_WAY,
    OPENING,
    PROCEDURE,
    WRONG_MOVE,
    Story,
    at,
    but,
    moved,
    one,
    reviewed,
)

# -- where it leads -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (move(["审核"], ["办理/甲"]), []),
        *((told, [WRONG_MOVE]) for told in (None, move(["起草"], ["办理/甲"]))),
        (move(["审核"], ["办理/乙"]), [WRONG_MOVE]),
    ],
)
def test_a_record_says_where_the_case_went(told: Any, wanted: list[Row]) -> None:
    story = reviewed()
    story.approve(move=told)
    assert story.told() == wanted


def test_a_record_that_moves_nothing_says_so() -> None:
    story = reviewed()
    story.approve(went=None, move=move(["审核"], ["审核"]))
    assert story.told() == [WRONG_MOVE]


@pytest.mark.parametrize(
    ("went", "wanted"),
    [
        (moved("通过", ["审核"], ["没有"]), NO_FIT),
        (moved("通过", ["审核"], ["办理/甲", "没有"]), NO_FIT),
        (moved("通过", ["起草"], ["办理/甲"]), NO_FIT),
        (moved("通过", ["审核", "起草"], ["办理/甲"]), NO_FIT),
        (moved("通过", ["审核"], ["办理/甲"], ["办理/乙"]), NO_FIT),
        (moved("通过", ["审核"], ["办理/甲"], ["办理/甲", "审核"]), NO_FIT),
        (moved("通过", [], ["办理/甲"], ["办理/甲", "审核"]), None),
        (moved("通过", ["审核"], ["办理", "办理/甲"], ["办理/甲"]), None),
        (moved("通过", ["审核"], ["办理/甲", "办理/完成"]), None),
        (moved("通过", ["审核"], ["办理/乙"]), NO_WAY),
        (moved("通过", ["审核"], []), NO_WAY),
        (moved("没有", ["审核"], ["办理/甲"]), NO_WAY),
        (moved("催办", ["审核"], ["起草"]), None),
        (moved("领回", ["审核"], ["起草"]), None),
        (moved("作废", ["审核"], ["结束"]), None),
        (moved("", ["审核"], ["起草"]), NO_WAY),
    ],
)
def test_a_move_is_one_its_action_can_make(went: Row, wanted: Any) -> None:
    story = reviewed()
    story.approve(went=went)
    assert story.told() == ([but(wanted, ("通过", went["action"]))] if wanted else [])


@pytest.mark.parametrize("name", ["SentBack", "CameBack", "WithdrawalEnded", "CaseReopened"])
def test_what_goes_back_goes_where_it_was_by_an_action_there_is(name: str) -> None:
    story = reviewed()
    story.approve(event(name), went=moved("通过", ["审核"], ["起草"]))
    assert story.told() == []
    story = reviewed()
    story.approve(event(name), went=moved("没有", ["审核"], ["起草"]))
    assert len(story.told()) == 1


def test_branches_are_left_one_by_one_or_with_what_is_around_them() -> None:
    both, after = ["办理/甲", "办理/乙"], ["办理/完成", "办理/乙"]
    story = reviewed()
    story.approve(went=moved("通过", ["审核"], both))
    story.add(moved("办完", ["办理/甲"], ["办理/完成", "结束"], after), move=move(both, after))
    story.add(moved("办完", ["办理", "办理/乙", "办理/完成"], ["结束"]), move=move(after, ["结束"]))
    assert story.told() == []


@pytest.mark.parametrize(
    ("entered", "is_right"), [(["起草"], True), (["审核"], False), (["审核", "起草"], True)]
)
def test_a_case_starts_where_the_procedure_does(entered: list[str], is_right: bool) -> None:
    story = Story()
    story.add(OPENING, moved("", [], entered), typ="open", move=move([], entered))
    assert story.told() == ([] if is_right else [but(NO_WAY, ("通过", ""), ("#2", "#0"))])


# -- duties apart ---------------------------------------------------------------------

BY_LINLAN: Row = {"facts": {"who(审核人)": ["linlan", "a"], "post(主任)": ["linlan", "a"]}}


@pytest.mark.parametrize(
    "who", [actor("linlan"), actor("linlan", "a"), actor("a", "linlan")], ids=str
)
def test_nobody_does_both_halves_himself_or_for_another(who: Any) -> None:
    story = reviewed()
    story.approve(actor=who, **BY_LINLAN)
    assert story.told() == [BOTH]


def test_a_rule_holds_whichever_half_came_first_and_of_roles_too() -> None:
    rule = {"duties": ["审核", "起草人"], "within": "case"}
    story = Story(PROCEDURE | {"apart": [rule]})
    story.open()
    story.submit()
    story.approve(actor=actor("linlan"), **BY_LINLAN)
    assert story.told() == [but(BOTH, ("×起草", "×起草人"), ("“起草”", "“起草人”"))]
    story = reviewed()
    story.approve(went=moved("通过", ["审核"], ["起草"]) | {"action": "催办"})
    story.submit(uid="wutong", task="u")
    swapped = (("审核×起草", "起草×审核"), ("“审核” and “起草”", "“起草” and “审核”"))
    assert story.told() == [at(3, but(BOTH, *swapped))]


def test_who_holds_a_duty_standing_does_not_do_the_other_half() -> None:
    story = reviewed()
    story.approve(facts={"post(保管员)": ["linlan", "wutong"]})
    told = one(
        *("E_APART", "actor.uid", "不相容职责“审核×保管”由同一人办理"),
        "one person did both “审核” and “保管”",
    )
    assert story.told() == [told]
    for value in (["linlan"], "wutong", None):
        story = reviewed()
        story.approve(facts={"post(保管员)": value})
        assert story.told() == []


def family(how: str, within: str = "family") -> Story:
    """Case 1 is reviewed by who drafted case 2, which is of its family in some way."""
    apart = [{"duties": ["起草", "审核"], "within": within}]
    story = Story(PROCEDURE | {"apart": apart})
    story.open(parent={"child": "2", "far": "3"}.get(how))
    story.open(case="2", parent={"parent": "1", "far": "3"}.get(how))
    if how == "member":
        story.add(event("MemberJoined", case="2"))
    if how == "far":
        story.open(case="3")
    story.submit("2", uid="wutong")
    story.submit(uid="linlan")
    story.approve()
    return story


@pytest.mark.parametrize("how", ["parent", "child", "far", "member", "none"])
def test_duties_stay_apart_in_a_family_of_cases(how: str) -> None:
    told = at(3 if how == "member" else 2, BOTH)
    assert family(how).told() == ([] if how == "none" else [told])
    assert family(how, "case").told() == []


def test_a_relative_that_is_not_in_the_bundle_is_passed_over() -> None:
    story = Story()
    story.open(parent="elsewhere")
    story.submit()
    story.approve()
    assert story.told() == []


def test_one_contradiction_of_duties_is_told_of_an_act() -> None:
    rules = [{"duties": ["起草", "审核"], "within": "case"}] * 2
    story = Story(PROCEDURE | {"apart": rules})
    story.open()
    story.submit()
    story.approve(actor=actor("linlan"), **BY_LINLAN)
    assert story.told() == [BOTH]
