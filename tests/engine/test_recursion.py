"""Cases that open cases: told where it has no end, and stopped where nobody could see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from engine.errors import Problem
from engine.language.form_loader import load_form
from engine.language.loader import load_process
from engine.rehearsal.player import Player
from engine.verifying import verify_store
from tests.conftest import open_office, sample_texts

FORM = "form: 表\nfields: {事由: text}\n"
PROCESS = """process: {name}
number: "{name}-{{seq:4}}"
form: 表
roles: {{经办: post("采购员")}}
start: 办
states:
  办: {{who: 经办, entry: [{{start: {other}{when}}}], actions: {{办好: 完, 再来: {again}}}}}
  完: {{final: true}}
examples:
  - name: 立案
    do: [{{who: 罗平, start: {name}}}]
"""


def process(name: str, other: str, when: str = "", again: str = "办") -> str:
    return PROCESS.format(name=name, other=other, when=when, again=again)


def problems(text: str) -> tuple[Problem, ...]:
    form, _ = load_form(FORM, "forms/表.yaml")
    assert form is not None
    return load_process(text, "processes/甲.yaml", {"表": form})[1]


@pytest.mark.parametrize(
    "text",
    [
        process("甲", "甲"),
        process("甲", "乙", again="{to: stay, who: SYSTEM, auto: true, start: {process: 甲}}"),
    ],
)
def test_a_procedure_that_always_opens_itself_is_refused(text: str) -> None:
    (problem,) = problems(text)
    assert (problem.source.line, str(problem.what)) == (7, "“甲”一到这里就再立一个“甲”,没有尽头")
    assert "not has_parent()" in str(problem.remedy)


@pytest.mark.parametrize(
    "text",
    [
        process("甲", "乙"),
        process("甲", "甲", when=", when: not has_parent()"),
        process("甲", "乙", again="{to: stay, start: {process: 甲}}"),
    ],
)
def test_one_that_says_when_or_leaves_it_to_people_is_not(text: str) -> None:
    assert problems(text) == ()


def test_procedures_that_open_each_other_are_stopped_and_told() -> None:
    texts = replace(
        sample_texts("无"),
        forms={"表": (FORM, "forms/表.yaml")},
        processes={
            "甲": (process("甲", "乙"), "processes/甲.yaml"),
            "乙": (process("乙", "甲"), "processes/乙.yaml"),
        },
    )
    opened = datetime.fromisoformat("2026-11-02T08:00:00+08:00")
    office = open_office(opened, texts)
    played = Player(office, "甲").play(office.definitions["甲"].examples[0].steps)
    assert [miss.show() for miss in played.misses] == []
    assert len(office.store.cases()) == 13
    (stuck,) = office.worker.tick().stuck
    assert str(stuck) == (
        "案件 甲-0007:子案已有 12 层,不再往下立“乙”案;请看流程是否互相立案,没有尽头"
    )
    assert len(office.store.cases()) == 13
    assert verify_store(office.store) == ()
