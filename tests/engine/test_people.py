"""People as they are: every change dated, and read as of the day it matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from engine.desk import Receipt, Refused
from engine.kernel.command import Perform
from engine.language.amendments import (
    Amendment,
    Delegated,
    LeaveEnded,
    LeaveTaken,
    LiaisonNamed,
    LiaisonRemoved,
    PersonLeft,
    PostGranted,
    PostWithdrawn,
    QualificationGained,
    load_amendment,
)
from engine.language.roster import RosterView
from engine.language.roster_loader import load_roster
from engine.registry import ACTS
from engine.rehearsal.office import Office
from engine.verifying import verify_store
from tests.conftest import ROOT, open_office
from tests.toys import toy_texts

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 6)
ROSTER = (ROOT / "roster.yaml").read_text("utf-8")


@pytest.fixture
def small() -> Office:
    return open_office(texts=toy_texts())


def told(office: Office, by: str, change: Amendment) -> Receipt | Refused:
    uid = office.person(by)
    return office.registry.amend(change, uid, office.signers[uid], ACTS[type(change)])


def done(office: Office, by: str, change: Amendment) -> None:
    assert isinstance(told(office, by, change), Receipt)


def refused(office: Office, by: str, change: Amendment) -> str:
    answer = told(office, by, change)
    assert isinstance(answer, Refused)
    return answer.refusal.code


def on(office: Office, day: date) -> RosterView:
    at = datetime(day.year, day.month, day.day, 9, tzinfo=office.zone)
    return office.desk.catalog.roster(at)


def leave(office: Office, person: str, first: date = FIRST, last: date = LAST) -> LeaveTaken:
    return LeaveTaken(person=office.person(person), from_=first, until=last)


def delegated(office: Office, by: str, to: str, **more: object) -> Delegated:
    people = {"from_person": office.person(by), "to_person": office.person(to)}
    return Delegated(**people, from_=FIRST, until=LAST, **more)  # type: ignore[arg-type]


# -- as of the day ------------------------------------------------------------------------


def test_a_liaison_is_one_from_the_day_named_until_the_day_removed(small: Office) -> None:
    new, old = small.person("何清"), small.person("林岚")
    done(small, "何清", LiaisonNamed(department="业务一处", person=new, from_=FIRST))
    done(small, "何清", LiaisonRemoved(department="业务一处", person=old, from_=LAST))
    day = timedelta(days=1)
    assert on(small, FIRST - day).liaisons_of("业务一处") == (old,)
    assert on(small, FIRST).liaisons_of("业务一处") == (old, new)
    assert on(small, LAST).liaisons_of("业务一处") == (new,)


def test_a_department_keeps_a_liaison_of_its_own(small: Office) -> None:
    def gone(who: str) -> LiaisonRemoved:
        return LiaisonRemoved(department="业务一处", person=small.person(who), from_=FIRST)

    def named(who: str, where: str = "业务一处") -> LiaisonNamed:
        return LiaisonNamed(department=where, person=small.person(who), from_=FIRST)

    assert refused(small, "何清", gone("林岚")) == "E_GUARD"
    assert refused(small, "何清", gone("何清")) == "E_GUARD"
    assert refused(small, "何清", named("江源")) == "E_GUARD"
    assert refused(small, "何清", named("林岚")) == "E_GUARD"
    assert refused(small, "白桦", named("何清")) == "E_ROLE"
    assert refused(small, "韩江", named("苏晓", "综合协调科")) == "E_GUARD"


def test_a_certificate_is_good_until_its_last_day(small: Office) -> None:
    driver = small.person("石磊")
    assert on(small, date(2027, 6, 30)).is_qualified(driver, "准驾证")
    assert not on(small, date(2027, 7, 1)).is_qualified(driver, "准驾证")
    renewed = QualificationGained(
        person=driver, name="准驾证", from_=date(2027, 7, 10), until=date(2029, 6, 30)
    )
    assert refused(small, "石磊", renewed) == "E_ROLE"
    done(small, "卢工", renewed)
    assert not on(small, date(2027, 7, 9)).is_qualified(driver, "准驾证")
    assert on(small, date(2027, 7, 10)).is_qualified(driver, "准驾证")
    assert not on(small, date(2027, 7, 10)).is_qualified(driver, "电工证")


def test_who_is_on_leave_is_not_on_duty_and_back_the_day_he_says(small: Office) -> None:
    one, other = small.person("罗平"), small.person("苏晓")
    done(small, "罗平", leave(small, "罗平"))
    assert on(small, FIRST).on_duty((one, other)) == (other,)
    done(small, "罗平", LeaveEnded(person=one, from_=LAST))
    assert on(small, LAST - timedelta(days=1)).is_away(one)
    assert on(small, LAST).on_duty((one, other)) == (one, other)
    assert refused(small, "罗平", LeaveEnded(person=one, from_=LAST)) == "E_GUARD"


def test_deputies_stand_in_for_a_post_or_a_department_in_their_order() -> None:
    text = ROSTER.replace(
        "  资产管理员: [温雅]\n", "  资产管理科: [温雅]\n  后勤部: [顾敏, 方宁]\n"
    )
    office = open_office(texts=replace(toy_texts(), roster=text))
    view = on(office, FIRST)
    assert view.deputies_of("后勤主管") == (office.person("方宁"),)
    assert view.deputies_of("后勤部") == (office.person("顾敏"), office.person("方宁"))
    assert view.deputies_of("资产管理科") == (office.person("温雅"),)
    assert view.deputies_of("物业服务科") == view.deputies_of("后勤部")
    assert view.deputies_of("局长") == ()


# -- A/B ------------------------------------------------------------------------------------


def test_the_two_of_a_pair_are_never_both_out(small: Office) -> None:
    done(small, "韩江", leave(small, "韩江"))
    overlapping = leave(small, "方宁", LAST, LAST + timedelta(days=9))
    assert refused(small, "方宁", overlapping) == "E_AB_ABSENT"
    assert refused(small, "卢工", overlapping) == "E_AB_ABSENT"
    assert refused(small, "方宁", delegated(small, "方宁", "苏晓")) == "E_AB_ABSENT"
    done(small, "方宁", delegated(small, "方宁", "苏晓", processes=("小流程",)))
    done(small, "韩江", delegated(small, "韩江", "方宁"))
    done(small, "方宁", leave(small, "方宁", LAST + timedelta(days=1), LAST + timedelta(days=9)))


def test_whoever_left_everything_to_another_counts_as_out(small: Office) -> None:
    done(small, "方宁", delegated(small, "方宁", "苏晓"))
    assert refused(small, "韩江", leave(small, "韩江")) == "E_AB_ABSENT"


def test_back_from_leave_the_other_may_go(small: Office) -> None:
    done(small, "韩江", leave(small, "韩江"))
    done(small, "韩江", LeaveEnded(person=small.person("韩江"), from_=LAST))
    assert refused(small, "方宁", leave(small, "方宁")) == "E_AB_ABSENT"
    done(small, "方宁", leave(small, "方宁", LAST, LAST))


# -- leaving ------------------------------------------------------------------------------


def opened(office: Office, by: str) -> str:
    uid = office.person(by)
    answer = office.desk.start("小流程", uid, office.signers[uid], {})
    assert isinstance(answer, Receipt)
    assert answer.case is not None
    return answer.case.id


def acted(office: Office, case: str, by: str) -> Receipt | Refused:
    uid = office.person(by)
    return office.desk.perform(case, Perform(action="推进", actor=uid), office.signers[uid])


def test_who_has_left_does_nothing_more_and_his_history_stays(small: Office) -> None:
    case, leaver = opened(small, "丁一凡"), small.person("丁一凡")
    done(small, "卢工", PersonLeft(person=leaver, from_=FIRST))
    assert isinstance(acted(small, case, "丁一凡"), Receipt)
    small.now = datetime(2026, 11, 2, 9, tzinfo=small.zone)
    small.worker.tick()
    answer = acted(small, case, "丁一凡")
    assert isinstance(answer, Refused)
    assert answer.refusal.code == "E_ROLE"
    assert "已于 2026-11-02 离岗" in str(answer.refusal.reasons[0].text)
    (task,) = small.store.load_case(case).open_tasks
    assert leaver not in task.people
    assert leaver not in on(small, FIRST).post_holders("资产管理员")
    assert on(small, FIRST).name_of(leaver) == "丁一凡"
    assert isinstance(acted(small, case, "温雅"), Receipt)
    actors = [one.body.actor for one in small.store.records(f"case/{case}")]
    assert (actors[0].name, actors[0].post) == ("丁一凡", "资产管理员")
    assert refused(small, "卢工", PersonLeft(person=leaver, from_=LAST)) == "E_GUARD"
    assert refused(small, "卢工", PostGranted(post="会计", person=leaver, from_=LAST)) == "E_GUARD"
    assert refused(small, "温雅", delegated(small, "温雅", "丁一凡")) == "E_GUARD"
    assert verify_store(small.store) == ()


def test_no_account_is_stopped_over_work_only_its_owner_can_do() -> None:
    texts = toy_texts()
    text, file = texts.processes["小流程"]
    alone = text.replace("办理人: '", "办理人: 'initiator'\n  众人: '", 1)
    office = open_office(texts=replace(texts, processes={"小流程": (alone, file)}))
    opened(office, "林岚")
    change = PersonLeft(person=office.person("林岚"), from_=FIRST)
    answer = told(office, "卢工", change)
    assert isinstance(answer, Refused)
    assert "X-2026-000001" in str(answer.refusal.reasons[0].text)


@pytest.mark.parametrize("change", [PostGranted, PostWithdrawn])
def test_work_is_offered_anew_on_the_day_a_change_was_dated_for(
    small: Office, change: type[PostGranted | PostWithdrawn]
) -> None:
    case, person = opened(small, "罗平"), small.person("孙蕾")
    if change is PostGranted:
        person = small.person("林岚")
    done(small, "卢工", change(post="会计", person=person, from_=FIRST))
    small.worker.tick()
    before = person in small.store.load_case(case).open_tasks[0].people
    small.now = datetime(2026, 11, 2, 0, 5, tzinfo=small.zone)
    small.worker.tick()
    after = person in small.store.load_case(case).open_tasks[0].people
    assert (before, after) == (change is PostWithdrawn, change is PostGranted)


# -- reading ------------------------------------------------------------------------------


def test_a_record_written_before_there_were_limits_is_read() -> None:
    old = {"amendment": "Delegated", "from_person": "a", "to_person": "b"}
    found = load_amendment({**old, "from_": FIRST, "until": LAST, "processes": ()})
    assert isinstance(found, Delegated)
    assert found.limit is None
    assert found.is_whole


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("  后勤主管: [方宁]\n", "  后勤主任: [方宁]\n"),
        ("  资产管理员: [温雅]\n", "  资产管理员: [温亚]\n"),
        ("pairs: [[韩江, 方宁]", "pairs: [[韩江, 韩江]"),
        ("pairs: [[韩江, 方宁]", "pairs: [[韩江]"),
        ("石磊: {准驾证: 2027-06-30}", "石雷: {准驾证: 2027-06-30}"),
        ("石磊: {准驾证: 2027-06-30}", "石磊: {准驾证: 永久}"),
    ],
)
def test_what_is_wrong_among_deputies_pairs_and_certificates_is_said_with_its_line(
    wrong: str, says: str
) -> None:
    assert wrong in ROSTER
    roster, problems = load_roster(ROSTER.replace(wrong, says), "roster.yaml")
    assert roster is None
    assert len(problems) == 1
    line = ROSTER[: ROSTER.index(wrong)].count("\n") + 1
    assert problems[0].source.line == line


def test_the_functions_of_the_language_see_people_as_of_the_day() -> None:
    process = """
process: 派车
number: "C-{year}-{seq:4}"
form: 小表
roles:
  司机: 'on_duty(post("驾驶员") + deputies_of("资产管理员"))'
  车管: post("车管专员")
start: 派
states:
  派:
    who: 车管
    edit: [事由]
    actions:
      派:
        to: 出车
        need: [{that: 'qualified(post("驾驶员"), "准驾证") and not is_away(post("驾驶员"))'}]
  出车: {who: 司机, actions: {收车: 完}}
  完: {final: true}
"""
    texts = replace(toy_texts(), processes={"派车": (process, "processes/派车.yaml")})
    office = open_office("2027-06-29 08:00", texts)
    manager = office.person("马骏")

    def dispatched() -> Receipt | Refused:
        case = office.desk.start("派车", manager, office.signers[manager], {})
        assert isinstance(case, Receipt)
        assert case.case is not None
        command = Perform(action="派", actor=manager)
        return office.desk.perform(case.case.id, command, office.signers[manager])

    first = dispatched()
    assert isinstance(first, Receipt)
    assert first.case is not None
    driver, deputy = office.person("石磊"), office.person("温雅")
    assert first.case.open_tasks[0].people == (driver, deputy)
    done(office, "石磊", leave(office, "石磊", date(2027, 6, 29), date(2027, 6, 29)))
    assert isinstance(dispatched(), Refused)
    office.worker.tick()
    assert office.store.load_case(first.case.id).open_tasks[0].people == (deputy,)
    office.now += timedelta(days=1)
    assert isinstance(dispatched(), Receipt)
    office.now += timedelta(days=1)
    assert isinstance(dispatched(), Refused)
