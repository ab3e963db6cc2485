"""A new procedure is one YAML file: no line of Python is written for it."""

from __future__ import annotations

from dataclasses import replace

from engine.language.definition import Step
from engine.language.loader import load_steps
from engine.language.reader import Cursor, Mapping_, read
from engine.rehearsal.player import Player
from tests.conftest import open_office, sample_texts

FORM = """
form: 用印申请表
fields:
  文件名: text*
  份数: {type: integer*, min: 1}
  实盖份数: integer
"""

PROCESS = """
process: 用印
number: "YY-{year}-{seq:4}"
form: 用印申请表
roles:
  经办人: initiator
  部门负责人: head_of(department)
  监印人: post("档案员")
duties:
  用印审批: [部门审核.同意]
  监印: [监印.盖章]
apart: [{rule: D9, duties: [用印审批, 监印]}]
start: 申请
states:
  申请: {who: 经办人, edit: [文件名, 份数], actions: {提交: 部门审核}}
  部门审核:
    who: 部门负责人
    due: 1 workday
    sign: approval
    actions: {同意: 监印, 退回: {to: 申请, reason: required}}
  监印:
    who: 监印人
    edit: [实盖份数]
    actions: {盖章: {to: 已用印, need: [{that: 实盖份数 == 份数, say: 实盖份数须等于批准份数}]}}
  已用印: {final: true}
  已作废: {final: cancelled}
actions:
  作废: {from: [申请], who: 经办人, to: 已作废, reason: required}
"""

STEPS = """
- {at: "2026-11-03 09:00", who: 林岚, start: 用印, set: {文件名: 函, 份数: 3}, then: {state: 申请}}
- {who: 林岚, do: 提交, then: {state: 部门审核, asked: [何清], due: {部门审核: "2026-11-04 17:30"}}}
- {who: 何清, do: 同意, then: {state: 监印, asked: [吴桐]}}
- {who: 吴桐, do: 盖章, set: {实盖份数: 4}, refused: E_GUARD, say: 实盖份数须等于批准份数}
- {who: 吴桐, do: 盖章, set: {实盖份数: 3}, then: {state: 已用印, closed: done}}
"""


def steps() -> tuple[Step, ...]:
    node, problems = read(f"do:\n{STEPS}", "steps")
    assert problems == []
    assert isinstance(node, Mapping_)
    return load_steps(Cursor(problems), node.get("do"))


def test_five_states_in_one_file_run_without_touching_python() -> None:
    texts = sample_texts("无")
    texts = replace(
        texts,
        forms={"用印申请表": (FORM, "forms/用印申请表.yaml")},
        processes={"用印": (PROCESS, "processes/用印.yaml")},
    )
    played = Player(open_office(texts=texts)).play(steps())
    assert [miss.show() for miss in played.misses] == []
