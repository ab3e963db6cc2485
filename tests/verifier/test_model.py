"""Compiled procedures as the verifier reads them: states, actions, everyday words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import verifier.model
from tests.verifier.parts import Row
from verifier.canonical import Flaw
from verifier.model import Action, Apart, Process, State, ancestors, load_process


def action(name: str = "通过", /, **fields: Any) -> Row:
    """An action as a model holds it, that leads to `结束`."""
    plain: Row = {"home": "审核", "sources": [], "arms": [{"to": "结束"}], "beyond": None}
    plain |= {"reopen": None, "by_system": False, "auto": False, "refuse": None}
    return {"name": name, **plain, "meaning": "none", "reason": False, "duties": [], **fields}


def read(**changes: Any) -> Action:
    """The same as it is read."""
    made = Action(
        name="通过",
        home="审核",
        sources=(),
        targets=("结束",),
        is_free=False,
        is_systems=False,
        refuses=False,
        meaning="none",
        reason=False,
        duties=(),
    )
    return replace(made, **changes)


def state(path: str, /, *inner: Row, **fields: Any) -> Row:
    plain: Row = {"meaning": "review", "slots": [], "actions": []}
    return {"path": path, **plain, "inner": list(inner), **fields}


def model(*states: Row, **fields: Any) -> Row:
    plain: Row = {"actions": [], "everyday": [], "apart": [], "duties": [], "roles": []}
    return {"name": "入库", "start": "起草", "states": list(states), **plain, **fields}


def only(fields: Row) -> Action:
    (made,) = load_process(model(actions=[action(**fields)])).actions
    return made


def test_a_procedure_is_read() -> None:
    slots = [{"role": {"name": "审核人"}}, {"role": {"name": "复核人"}}]
    inner = state("办理/起草", state("办理/起草/甲"), meaning="none")
    process = load_process(
        model(
            state("审核", slots=slots, actions=[action(), action("驳回")]),
            state("办理", inner),
            actions=[action("作废", home="")],
            everyday=[{"word": "urge"}, {"word": "copy"}],
            apart=[
                {"duties": ["审核", "起草"], "within": "family", "rule": "R1"},
                {"duties": ["甲", "乙"], "within": "case"},
            ],
            duties=[{"name": "审核", "holders": "post('主任')"}, {"name": "起草"}],
            roles=[
                {"name": "审核人", "people": "post('主任')"},
                {"name": "起草人"},
                {"name": "补录人", "people": "x", "recorder": "y"},
            ],
        )
    )
    assert process == Process(
        name="入库",
        start="起草",
        states={
            "审核": State(
                path="审核",
                meaning="review",
                roles=("审核人", "复核人"),
                actions=(read(), read(name="驳回")),
            ),
            "办理": State(path="办理", meaning="review", roles=(), actions=()),
            "办理/起草": State(path="办理/起草", meaning="none", roles=(), actions=()),
            "办理/起草/甲": State(path="办理/起草/甲", meaning="review", roles=(), actions=()),
        },
        actions=(read(name="作废", home=""),),
        everyday=frozenset(("urge", "copy")),
        apart=(
            Apart(duties=("审核", "起草"), within="family"),
            Apart(duties=("甲", "乙"), within="case"),
        ),
        holders={"审核": "post('主任')"},
        people={"审核人": "post('主任')"},
    )


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, {}),
        ({"arms": [{"to": "甲"}, {"to": None}, {"to": "乙"}]}, {"targets": ("甲", "乙")}),
        ({"arms": [], "beyond": "丙"}, {"targets": ("丙",)}),
        ({"beyond": "丙"}, {"targets": ("结束", "丙")}),
        ({"arms": [{"to": "甲"}, {"is_back": True}]}, {"targets": ("甲",), "is_free": True}),
        ({"arms": [{"is_back": 1}]}, {"targets": ()}),
        ({"reopen": ["甲"]}, {"is_free": True}),
        ({"by_system": True}, {"is_systems": True}),
        ({"auto": True}, {"is_systems": True}),
        ({"by_system": 1, "auto": 1}, {}),
        ({"refuse": "NO"}, {"refuses": True}),
        ({"meaning": "approval", "reason": True}, {"meaning": "approval", "reason": True}),
        ({"reason": 1}, {}),
        ({"sources": ["甲"], "duties": ["审核"]}, {"sources": ("甲",), "duties": ("审核",)}),
    ],
)
def test_what_an_action_is(fields: Row, wanted: Row) -> None:
    assert only(fields) == read(**wanted)


# -- which actions and words there are ------------------------------------------------


def found(process: Process, name: str, where: str) -> list[str]:
    return [one.home for one in process.find_actions(name, where)]


def test_the_actions_of_a_state_are_its_own_those_around_it_and_of_the_whole() -> None:
    deep = state("办理/起草", actions=[action("通过", home="内"), action("驳回", home="驳")])
    process = load_process(
        model(
            state("办理", deep, actions=[action("通过", home="外")]),
            state("审核", actions=[action("通过", home="别")]),
            actions=[
                action("通过", home="全"),
                action("通过", home="自办理", sources=["办理", "x"]),
                action("通过", home="自审核", sources=["审核"]),
                action("作废", home="废"),
            ],
        )
    )
    assert found(process, "通过", "办理/起草") == ["内", "外", "全", "自办理"]
    assert found(process, "通过", "办理") == ["外", "全", "自办理"]
    assert found(process, "通过", "审核") == ["别", "全", "自审核"]
    assert found(process, "通过", "没有这个") == ["全"]
    assert found(process, "驳回", "办理/起草") == ["驳"]
    assert found(process, "作废", "审核") == ["废"]
    assert found(process, "没有这个", "审核") == []


def test_a_path_and_what_is_around_it() -> None:
    assert ancestors("甲/乙/丙") == ("甲/乙/丙", "甲/乙", "甲")
    assert ancestors("甲") == ("甲",)


WORDS = {
    "transfer": {"转办"},
    "consign": {"委派", "交回"},
    "add_signer": {"加签", "减签"},
    "urge": {"催办"},
    "copy": {"抄送"},
    "comment": {"批注"},
    "suspend": {"挂起", "恢复"},
    "return": {"退回"},
    "withdraw": {"撤回", "同意撤回", "不同意撤回"},
    "correct": {"更正"},
    "reopen": {"重开"},
}


@pytest.mark.parametrize("word", [*WORDS, "?", ""])
def test_the_everyday_actions_that_a_word_allows(word: str) -> None:
    process = load_process(model(everyday=[{"word": word}]))
    every = {"重签", "通过", *(name for names in WORDS.values() for name in names)}
    assert {name for name in every if process.allows(name)} == WORDS.get(word, set()) | {"重签"}


# -- what is no procedure -------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        [],
        None,
        *(model(**{name: None}) for name in ("name", "start", "states", "actions")),
        *(model(**{name: None}) for name in ("everyday", "apart", "duties", "roles")),
        *(model(**{name: [5]}) for name in ("states", "actions", "everyday", "apart")),
        *(model(**{name: [5]}) for name in ("duties", "roles")),
        *(model(state("审核", **{name: None})) for name in ("path", "meaning", "slots")),
        *(model(state("审核", **{name: None})) for name in ("actions", "inner")),
        model(state("审核", state("甲", path=5))),
        *(model(state("审核", slots=slots)) for slots in ([5], [{}], [{"role": {}}])),
        *(model(actions=[action(**{name: None})]) for name in ("name", "home", "meaning")),
        *(model(actions=[action(**{name: None})]) for name in ("arms", "sources", "duties")),
        model(actions=[action(arms=["结束"])]),
        model(everyday=[{}]),
        model(duties=[{"holders": "x"}]),
        model(duties=[{"name": "x", "holders": 5}]),
        model(roles=[{"people": "x"}]),
        model(roles=[{"name": "x", "people": 5}]),
        *(
            model(apart=[{"within": "case", "duties": duties}])
            for duties in (None, ["甲"], ["甲", 5], [5, "乙"], ["甲", "乙", "丙"])
        ),
        model(apart=[{"duties": ["甲", "乙"]}]),
    ],
)
def test_what_is_ill_formed_is_no_procedure(value: Any) -> None:
    with pytest.raises(Flaw, match="ill-formed"):
        load_process(value)


def test_how_many_states_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verifier.model.MOST_STATES == 100_000
    monkeypatch.setattr(verifier.model, "MOST_STATES", 3)
    load_process(model(state("甲", state("甲/乙")), state("丙")))
    with pytest.raises(Flaw, match="too large"):
        load_process(model(state("甲", state("甲/乙")), state("丙"), state("丁")))
