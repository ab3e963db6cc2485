"""A procedure changes the people: once, by the system, naming the case; never past the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from engine.catalog import ORG
from engine.desk import Receipt, Refused
from engine.evidence.record import SERVICE
from engine.kernel.office_events import RosterAmended
from engine.language.amendments import Delegated, LeaveEnded, LeaveTaken, load_amendment
from engine.language.loader import load_form, load_process
from engine.registry import ACTS
from engine.rehearsal.office import Office
from engine.store.elsewhere import StoredElsewhere
from engine.store.rows import Moved
from engine.verifying import verify_store
from tests.conftest import open_office, perform, sample_texts
from tests.engine.test_language_features import FOLDER

FIRST, LAST = date(2026, 11, 3), date(2026, 11, 5)


@pytest.fixture
def office() -> Office:
    return open_office("2026-11-02 09:00", sample_texts("委托代办"))


def asked(office: Office) -> str:
    """A delegation by 韩江 to 顾敏 that waits for 沈卫东."""
    uid = office.person("韩江")
    values = {
        "受托人": office.person("顾敏"),
        "起": FIRST,
        "止": LAST,
        "范围": "全部事项",
        "事由": "出差",
    }
    started = office.desk.start("委托代办", uid, office.signers[uid], values)
    assert isinstance(started, Receipt)
    assert started.case is not None
    assert isinstance(perform(office, "韩江", started.case.id, "申请"), Receipt)
    return started.case.id


def amended(office: Office) -> list[object]:
    return [
        (stored.body.actor.uid, stored.body.case.id if stored.body.case else None, one)
        for stored in office.store.records(ORG)
        for event in stored.events
        if isinstance(event, RosterAmended)
        for one in [load_amendment(event.amendment)]
    ]


def test_what_was_agreed_is_put_on_record_once_and_names_the_case(office: Office) -> None:
    case = asked(office)
    assert isinstance(perform(office, "沈卫东", case, "同意"), Receipt)
    assert amended(office) == []  # as after a crash: asked for, and not carried out
    assert office.store.derived_tables() == office.store.rebuilt_tables()
    office.worker.tick()
    office.worker.follow(case)
    office.worker.tick()
    whole = Delegated(
        from_person=office.person("韩江"), to_person=office.person("顾敏"), from_=FIRST, until=LAST
    )
    assert amended(office) == [(SERVICE, case, whole)]
    assert office.store.pending(5) == ()
    assert office.store.derived_tables() == office.store.rebuilt_tables()
    assert verify_store(office.store) == ()


def test_what_the_roster_forbids_meanwhile_is_told_and_done_once_it_is_lifted(
    office: Office,
) -> None:
    case, partner = asked(office), office.person("方宁")
    assert isinstance(perform(office, "沈卫东", case, "同意"), Receipt)
    away = LeaveTaken(person=partner, from_=FIRST, until=LAST)
    signer = office.signers[partner]
    assert isinstance(office.registry.amend(away, partner, signer, ACTS[LeaveTaken]), Receipt)
    (told,) = office.worker.tick().stuck
    assert "方宁" in told.show("zh")
    assert len(amended(office)) == 1
    back = LeaveEnded(person=partner, from_=FIRST)
    office.now = datetime(2026, 11, 3, 9, tzinfo=office.zone)
    assert isinstance(office.registry.amend(back, partner, signer, ACTS[LeaveEnded]), Receipt)
    assert office.worker.tick().stuck == ()
    assert amended(office)[-1][:2] == (SERVICE, case)  # type: ignore[index]


def test_work_that_moved_after_it_was_looked_at_is_looked_at_again(office: Office) -> None:
    case = asked(office)
    superior = office.person("沈卫东")
    looked = StoredElsewhere(office.store)
    (task,) = looked.tasks_of(superior)
    assert task.case == case
    office.store.commit((), {}, seen=looked.seen)  # nothing has moved: allowed
    assert isinstance(perform(office, "沈卫东", case, "同意"), Receipt)
    with pytest.raises(Moved):
        office.store.commit((), {}, seen=looked.seen)


WRONG = [
    ("amend: leaver, person: 谁, from: 起", "amend: leavr, person: 谁, from: 起", "leaver"),
    ("amend: leaver, person: 谁, from: 起", "amend: leaver, from: 起", "person"),
    ("amend: leaver, person: 谁, from: 起", "amend: leaver, person: 谁, from: 岗位", "日期"),
    (
        "amend: leaver, person: 谁, from: 起",
        "amend: leaver, end: true, person: 谁, from: 起",
        "end",
    ),
    ("end: true, person: 谁, from: 起", "end: true, person: 谁, from: 起, until: 止", "until"),
    ("each: 人, post", "each: 人人, post", "人人"),
]


@pytest.mark.parametrize(("right", "wrong", "word"), WRONG)
def test_a_change_that_says_too_little_or_too_much_is_named(
    right: str, wrong: str, word: str
) -> None:
    text = (FOLDER / "人事变更.yaml").read_text("utf-8")
    form, _ = load_form((FOLDER / "人事表.yaml").read_text("utf-8"), "人事表.yaml")
    assert form is not None
    assert right in text
    _, problems = load_process(text.replace(right, wrong, 1), "x.yaml", {"人事表": form})
    assert any(word in str(one) for one in problems)


@pytest.mark.parametrize(("named", "is_known"), [("委托代办", True), ("委托代力", False)])
def test_a_process_that_nobody_knows_is_not_delegated(named: str, is_known: bool) -> None:
    """Where the owner's own rule is silent the engine says it, and what was meant."""
    texts = sample_texts("委托代办")
    ((key, (text, file)),) = texts.processes.items()
    bare = "".join(line for line in text.splitlines(True) if "有此流程:" not in line)
    bare = bare.partition("examples:")[0].replace(", 有此流程]", "]")
    office = open_office("2026-11-02 09:00", replace(texts, processes={key: (bare, file)}))
    uid = office.person("韩江")
    values = {
        "受托人": office.person("顾敏"),
        "起": FIRST,
        "止": LAST,
        "范围": "指定流程",
        "流程": (named,),
        "事由": "出差",
    }
    started = office.desk.start("委托代办", uid, office.signers[uid], values)
    assert isinstance(started, Receipt)
    assert started.case is not None
    assert isinstance(perform(office, "韩江", started.case.id, "申请"), Receipt)
    answer = perform(office, "沈卫东", started.case.id, "同意")
    if is_known:
        assert isinstance(answer, Receipt)
        return
    assert isinstance(answer, Refused)
    (reason,) = answer.refusal.reasons
    assert (reason.code, str(reason.text)) == (
        "E_GUARD",
        "没有这个流程:“委托代力”;是否想写“委托代办”?",
    )
