"""The system's own hand: nothing twice, nothing lost, and one stuck case holds up no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from engine.desk import Receipt
from engine.kernel.command import Command, Fill, Perform
from engine.language.forms import Value
from engine.rehearsal.office import Office
from engine.verifying import verify_store
from engine.worker import Worker
from tests.conftest import open_office, sample_texts

FORM = """
form: 限表
fields: {时间: datetime, 数量: integer}
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
WAITING = """
process: 等货
number: "W-{year}-{seq:4}"
form: 限表
roles: {采购: post("采购员")}
start: 办
states:
  办:
    who: 采购
    edit: all
    actions:
      等: 等
      收: {to: 完, post: {receive: 库存, item: '"纸"', quantity: 数量, cost: "1"}}
  等:
    entry: [{reserve: 库存, item: '"纸"', quantity: 数量}]
    actions: {到: {to: 领, who: SYSTEM, auto: true, when: 'allocated("库存", "纸") > 0'}}
  领: {who: 采购, due: {by: 1 workhour, before: 时间}, actions: {完: 完}}
  完: {final: true}
"""
PARENT = """
process: 总办
number: "Z-{year}-{seq:4}"
form: 限表
roles: {采购: post("采购员")}
start: 办
children: {分办: {at: [完]}}
states:
  办:
    who: 采购
    entry: [{start: 分办, initiator: initiator}]
    edit: all
    actions: {齐: {to: 报, who: SYSTEM, auto: true, when: 'done_children("分办") > 0'}}
  报: {who: 采购, due: {by: 1 workhour, before: 时间}, actions: {完: 完}}
  完: {final: true}
"""
CHILD = """
process: 分办
number: "F-{year}-{seq:4}"
form: 限表
roles: {采购: post("采购员")}
opened_by: SYSTEM
start: 办
states:
  办: {who: 采购, actions: {完: 完}}
  完: {final: true}
"""
UNKNOWN, KNOWN = "2031-01-10", "2026-11-10"  # a year the calendar knows nothing of, and one it does


def office() -> Office:
    processes = {"限时": PROCESS, "等货": WAITING, "总办": PARENT, "分办": CHILD}
    texts = replace(
        sample_texts("无"),
        params="params: {}\nbooks: {库存: {backorder: true}}\n",
        forms={"限表": (FORM, "forms/限表.yaml")},
        processes={name: (text, f"processes/{name}.yaml") for name, text in processes.items()},
    )
    at = datetime.fromisoformat("2026-11-02T09:00:00+08:00")
    return open_office(at, texts)


def moment(when: str) -> datetime:
    return datetime.fromisoformat(f"{when}T09:00:00+08:00")


def opened(one: Office, when: str, process: str = "限时", **values: Value) -> str:
    uid = one.person("罗平")
    answer = one.desk.start(process, uid, one.signers[uid], {"时间": moment(when), **values})
    assert isinstance(answer, Receipt)
    assert answer.case is not None
    one.worker.follow(answer.case.id)
    return answer.case.id


def done(one: Office, case_id: str, command: Command) -> None:
    answer = one.desk.perform(case_id, command, one.signers[command.actor])
    assert isinstance(answer, Receipt)
    one.worker.follow(case_id)


def test_a_case_whose_deadline_cannot_be_computed_holds_up_no_other() -> None:
    one = office()
    stuck, fine = opened(one, UNKNOWN), opened(one, KNOWN)
    one.now += timedelta(minutes=31)
    done = Worker(one.desk).tick()
    assert one.store.load_case(fine).configuration == ("乙",)
    assert one.store.load_case(stuck).configuration == ("甲",)
    (told,) = [str(text) for text in done.stuck]
    assert "X-2026-0001" in told
    assert "2031" in told
    assert Worker(one.desk).tick().stuck == done.stuck  # tried again, told again


def test_stuck_cases_leave_room_for_the_others_in_a_bounded_tick() -> None:
    one = office()
    for _ in range(3):
        opened(one, UNKNOWN)
    one.now += timedelta(minutes=1)
    fine = opened(one, KNOWN)
    one.now += timedelta(minutes=31)
    assert Worker(one.desk).tick(limit=2).fired == 1
    assert one.store.load_case(fine).configuration == ("乙",)


def test_a_stuck_case_that_can_go_on_again_does_by_the_hand_of_the_same_worker() -> None:
    one = office()
    case_id, uid = opened(one, UNKNOWN), one.person("罗平")
    one.now += timedelta(minutes=31)
    worker = Worker(one.desk)
    assert len(worker.tick().stuck) == 1
    done(one, case_id, Fill(actor=uid, values={"时间": moment(KNOWN)}))
    assert worker.tick().stuck == ()
    assert one.store.load_case(case_id).configuration == ("乙",)


def test_one_who_waits_for_goods_and_cannot_go_on_holds_up_nobody_behind_him() -> None:
    one = office()
    uid = one.person("罗平")
    first, second = (opened(one, when, "等货", 数量=1) for when in (UNKNOWN, KNOWN))
    for case_id in (first, second):
        done(one, case_id, Perform(action="等", actor=uid))
    done(one, opened(one, KNOWN, "等货", 数量=50), Perform(action="收", actor=uid))
    assert one.store.load_case(second).configuration == ("领",)
    assert one.store.load_case(first).configuration == ("等",)
    (told,) = [str(text) for text in Worker(one.desk).tick().stuck]
    assert "W-2026-0001" in told


def test_news_a_parent_could_not_take_reach_it_once_it_can() -> None:
    one = office()
    uid = one.person("罗平")
    parent = opened(one, UNKNOWN, "总办")
    (child,) = one.store.cases(process="分办")
    done(one, child.id, Perform(action="完", actor=uid))
    for _ in range(2):
        assert len(Worker(one.desk).tick().stuck) == 1
    assert one.store.load_case(parent).configuration == ("办",)
    done(one, parent, Fill(actor=uid, values={"时间": moment(KNOWN)}))
    assert Worker(one.desk).tick().stuck == ()
    assert one.store.load_case(parent).configuration == ("报",)
    assert Worker(one.desk).tick().passed_on == 0


def test_what_was_due_during_a_stop_is_caught_up_once() -> None:
    one = open_office("2026-11-02 08:00")
    one.worker.tick()
    one.now = datetime.fromisoformat("2027-01-06T10:00:00+08:00")
    first = one.worker.tick()
    # departments and plans thrice, a stocktaking, a review, the liaisons of six departments
    assert first.opened == 3 * 7 + 2 + 6
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
    case_id, uid = opened(one, KNOWN), one.person("罗平")
    one.now -= timedelta(minutes=30)
    command = Fill(actor=uid, values={"时间": one.now})
    assert isinstance(one.desk.perform(case_id, command, one.signers[uid]), Receipt)
    first, second = one.store.raw_records(f"case/{case_id}")
    assert second[0].received_at == first[0].received_at
    assert next(one.store.records(f"case/{case_id}", after=0)).at == one.now
    assert verify_store(one.store) == ()
