"""What is hidden is shown to nobody; what a signer saw is in the record of his signature."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from commands.casefile import case_row
from engine.kernel.command import Perform
from engine.reading.printing import render
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from tests.conftest import open_office, sample_texts

FORM = """
form: 盘点表
fields:
  账面: {type: integer, default: "40"}
  实点: integer
  货位: text
"""
PROCESS = """
process: 盲点
number: "P-{year}-{seq:4}"
form: 盘点表
roles: {保管: post("资产管理员"), 会计: post("会计"), 主管: post("后勤主管")}
start: 实点
states:
  实点: {who: 保管, edit: [实点, 货位], hide: [账面], actions: {报数: 复核}}
  复核:
    sign: {who: [会计], meaning: review}
    hide: [货位]
    actions: {复核: {to: 批准, after: signed}}
  批准: {sign: {who: [主管], sees: [账面, 实点]}, actions: {批准: {to: 完, after: signed}}}
  完: {final: true}
examples:
  - name: 一遍
    do:
      - {who: 丁一凡, start: 盲点}
      - {who: 丁一凡, do: 报数, set: {实点: 39, 货位: 甲三}}
      - {who: 孙蕾, do: 复核}
      - {who: 韩江, do: 批准}
"""


def office() -> Office:
    texts = replace(
        sample_texts("无"),
        forms={"盘点表": (FORM, "forms/盘点表.yaml")},
        processes={"盲点": (PROCESS, "processes/盲点.yaml")},
    )
    at = datetime.fromisoformat("2026-11-02T08:00:00+08:00")
    return open_office(at, texts)


def test_a_blind_count_does_not_show_the_book() -> None:
    one = office()
    uid = one.person("丁一凡")
    opened = one.desk.start("盲点", uid, one.signers[uid], {})
    assert opened.case is not None
    values = case_row(one.desk, opened.case)["values"]
    assert values == {}
    assert "账面" not in render(one.store, one.desk.catalog, opened.case, None, one.now, "zh")
    one.desk.perform(
        opened.case.id, Perform(action="报数", actor=uid, values={"实点": 39}), one.signers[uid]
    )
    later = one.store.load_case(opened.case.id)
    assert case_row(one.desk, later)["values"] == {"账面": 40, "实点": 39}
    assert "账面" in render(one.store, one.desk.catalog, later, None, one.now, "zh")


def test_the_record_of_a_signature_commits_to_what_was_seen() -> None:
    one = office()
    assert Player(one).play(one.definitions["盲点"].examples[0].steps).misses == []
    (row,) = one.store.cases(process="盲点")
    seen = {
        stored.body.act: {
            path.removeprefix("saw(").removesuffix(")"): value
            for path, value in stored.disclosed("fact/").items()
            if path.startswith("saw(")
        }
        for stored in one.store.records(f"case/{row.id}")
    }
    assert seen["复核"] == {"账面": 40, "实点": 39}
    assert seen["批准"] == {"账面": 40, "实点": 39}
    assert seen["报数"] == {}
