"""The system's own hand: nothing twice, nothing lost, and one stuck case holds up no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from engine.desk import Receipt
from engine.kernel.command import Fill
from engine.rehearsal.office import Office
from engine.verifying import verify_store
from engine.worker import Worker
from tests.conftest import dice, open_office, sample_texts

FORM = """
form: 限表
fields: {时间: datetime}
"""
PROCESS = """
process: 限时
number: "X-{year}-{seq:4}"
form: 限表
roles: {采购: post("采购员")}
start: 甲
states:
  甲: {who: 采购, edit: [时间], actions: {转: {to: 乙, who: SYSTEM, at: {by: 30 minutes}}}}
  乙: {who: 采购, due: {by: 1 workhour, before: 时间}, actions: {完: 完}}
  完: {final: true}
"""


def office() -> Office:
    texts = replace(
        sample_texts("无"),
        forms={"限表": (FORM, "forms/限表.yaml")},
        processes={"限时": (PROCESS, "processes/限时.yaml")},
    )
    at = datetime.fromisoformat("2026-11-02T09:00:00+08:00")
    return Office(texts, at, dice())  # type: ignore[arg-type]


def opened(one: Office, when: str) -> str:
    uid = one.person("罗平")
    values = {"时间": datetime.fromisoformat(f"{when}T09:00:00+08:00")}
    answer = one.desk.start("限时", uid, one.signers[uid], values)
    assert isinstance(answer, Receipt)
    assert answer.case is not None
    return answer.case.id


def test_a_case_whose_deadline_cannot_be_computed_holds_up_no_other() -> None:
    one = office()
    stuck, fine = opened(one, "2031-01-10"), opened(one, "2026-11-10")
    one.now += timedelta(minutes=31)
    done = Worker(one.desk).tick()
    assert one.store.load_case(fine).configuration == ("乙",)
    assert one.store.load_case(stuck).configuration == ("甲",)
    (told,) = [str(text) for text in done.stuck]
    assert "X-2026-0001" in told
    assert "2031" in told
    assert Worker(one.desk).tick().stuck == done.stuck  # tried again, told again


def test_what_was_due_during_a_stop_is_caught_up_once() -> None:
    one = open_office("2026-11-02 08:00")
    one.worker.tick()
    one.now = datetime.fromisoformat("2027-01-06T10:00:00+08:00")
    first = one.worker.tick()
    assert first.opened == 3 * 7 + 2  # departments and plans thrice, a stocktaking, a review
    again = one.worker.tick()
    assert (again.fired, again.opened) == (0, 0)
    one.now -= timedelta(days=40)  # the clock was set back
    back = one.worker.tick()
    assert (back.fired, back.opened) == (0, 0)


def test_a_second_worker_finds_nothing_left() -> None:
    one = open_office("2026-11-02 08:00")
    one.worker.tick()
    one.now = datetime.fromisoformat("2026-11-20T17:31:00+08:00")
    assert Worker(one.desk).tick().fired > 0
    assert Worker(one.desk).tick().fired == 0


def test_a_clock_set_back_is_recorded_as_it_was_and_leaves_no_doubt() -> None:
    one = office()
    case_id, uid = opened(one, "2026-11-10"), one.person("罗平")
    one.now -= timedelta(minutes=30)
    command = Fill(actor=uid, values={"时间": one.now})
    assert isinstance(one.desk.perform(case_id, command, one.signers[uid]), Receipt)
    first, second = one.store.raw_records(f"case/{case_id}")
    assert second[0].received_at == first[0].received_at
    assert next(one.store.records(f"case/{case_id}", after=0)).at == one.now
    assert verify_store(one.store) == ()
