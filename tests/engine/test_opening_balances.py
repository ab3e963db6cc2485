"""What a case opens in a book begins the card's own stream, in one transaction with the case."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from engine.bundling import case_scope, collect, period_scope
from engine.desk import Receipt, Refused
from engine.evidence.bundle import Scope, dump_bundle
from engine.evidence.checkpoint import dump_vkey
from engine.kernel.events import CardOpened
from engine.language.forms import Values
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from engine.store.rows import Moved, Query
from engine.verifying import verify_store
from tests.conftest import perform
from tests.engine.test_language_features import office as office_of_features
from tests.verifier.ground import judge, sign

STOCK = ("stock/库存/P003", "stock/库存/P001")
LINES: Values = {
    "期初": (
        {"物品": "P003", "数量": 10, "单价": Decimal("1.5")},
        {"物品": "P001", "数量": 2, "单价": Decimal(21)},
        {"物品": "P003", "数量": 5, "单价": Decimal(2)},
    )
}


def up_to_approval(office: Office) -> str:
    """A case that opens three lines on two cards, before it is approved."""
    uid = office.person("丁一凡")
    started = office.desk.start("期初建账", uid, office.signers[uid], LINES)
    assert isinstance(started, Receipt)
    assert started.case is not None
    for person, action in (("丁一凡", "提交"), ("孙蕾", "核对")):
        assert isinstance(perform(office, person, started.case.id, action), Receipt)
    return started.case.id


def test_each_card_gets_a_stream_signed_by_who_approved(office: Office) -> None:
    case = up_to_approval(office)
    done = perform(office, "韩江", case, "批准")
    assert isinstance(done, Receipt)
    streams = [one for one in office.store.streams() if one.startswith("stock/")]
    assert streams == sorted(STOCK)
    told = {}
    for stream in streams:
        (one,) = office.store.records(stream)
        (event,) = one.events
        assert isinstance(event, CardOpened)
        told[event.item] = (event.book, event.kind, str(event.quantity), str(event.amount))
        body = one.body
        assert (body.typ, body.seq, body.act, body.meaning) == ("stock", 0, "期初", "approval")
        assert (body.actor.name, body.way) == ("韩江", "key")
        assert body.key == office.signers["hanjiang"].key_id
        assert body.case is not None
        assert body.case.id == case
        (head,) = body.heads.items()
        assert (head[0], head[1].seq, head[1].hash) == (f"case/{case}", done.seq, done.digest)
        assert (body.task, body.move, body.comment, dict(body.form)) == (None, None, None, {})
    assert told == {"P003": ("库存", "期初", "15", "25.0"), "P001": ("库存", "期初", "2", "42")}
    assert verify_store(office.store) == ()
    assert office.store.derived_tables() == office.store.rebuilt_tables()


def test_a_case_that_opens_nothing_writes_no_such_stream(office: Office) -> None:
    case = up_to_approval(office)
    assert isinstance(perform(office, "韩江", case, "退回"), Refused)  # a reason is required
    assert not [one for one in office.store.streams() if one.startswith("stock/")]


def test_a_card_is_opened_once_and_the_refusal_names_the_first_case(office: Office) -> None:
    first, second = up_to_approval(office), up_to_approval(office)
    assert isinstance(perform(office, "韩江", first, "批准"), Receipt)
    again = perform(office, "韩江", second, "批准")
    assert isinstance(again, Refused)
    assert again.refusal.code == "E_LIMIT"
    number = office.store.load_case(first).number
    assert f"“P003”已由 {number} 入账,不能再开账" in str(again.refusal.reasons[0].text)
    (found,) = office.store.query(Query(refusals=True, action="批准"))
    assert found.code == "E_LIMIT"
    assert verify_store(office.store) == ()


def test_of_two_who_open_one_card_at_once_one_has_to_look_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is decided before the first is written, and written after it."""
    first, second = up_to_approval(office), up_to_approval(office)
    commit, tries = office.store.commit, []

    def late(*args: object, **kwargs: object) -> object:
        tries.append(args)
        if len(tries) == 1:
            assert isinstance(perform(office, "韩江", first, "批准"), Receipt)
        return commit(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(office.store, "commit", late)
    assert isinstance(perform(office, "韩江", second, "批准"), Refused)
    assert len(tries) == 3  # his first try, the other's, his refusal
    with pytest.raises(Moved):
        commit(*tries[0])  # type: ignore[arg-type]


@pytest.mark.parametrize("item", ["纸\n笔", "纸\t笔"])
def test_an_item_of_several_lines_names_no_stream(item: str) -> None:
    office = office_of_features()
    uid = office.person("罗平")
    started = office.desk.start("开账", uid, office.signers[uid], {"事由": item})
    assert isinstance(started, Receipt)
    assert started.case is not None
    assert isinstance(perform(office, "罗平", started.case.id, "报批"), Receipt)
    answer = perform(office, "韩江", started.case.id, "开账")
    assert isinstance(answer, Refused)
    assert [str(one.text) for one in answer.refusal.reasons] == [f"“{item}”有换行或制表符,开不了账"]


def test_a_bundle_of_the_case_has_the_streams_it_opened_and_no_others(office: Office) -> None:
    case = up_to_approval(office)
    perform(office, "韩江", case, "批准")
    number = office.store.load_case(case).number
    inside = {line.stream for line in collect(office.store, case_scope(case, number)).lines}
    assert set(STOCK) < inside
    other = up_to_approval(office)
    told = case_scope(other, office.store.load_case(other).number)
    assert not set(STOCK) & {line.stream for line in collect(office.store, told).lines}
    day = timedelta(days=1)
    for since, until, is_in in ((-day, day, True), (day, 2 * day, False)):
        period = period_scope(office.now + since, office.now + until)
        found = {line.stream for line in collect(office.store, period).lines}
        assert (set(STOCK) <= found, bool(set(STOCK) & found)) == (is_in, is_in)


def test_whoever_opens_a_card_signs_for_it_and_the_verifier_agrees(tmp_path: Path) -> None:
    """At the start of a case, from paper by a clerk, by the system because another case says so."""
    office = office_of_features()
    player = Player(office, "多路开账")
    played = player.play(office.definitions["多路开账"].examples[0].steps)
    assert [miss.show() for miss in played.misses] == []
    note = sign(office, tmp_path)
    told = {}
    for stream in office.store.streams():
        if stream.startswith("stock/"):
            (one,) = office.store.records(stream)
            (head,) = one.body.heads
            (of,) = (
                two for two in office.store.records(head) if one.body.heads[head].seq == two.seq
            )
            recorder = one.body.recorder.name if one.body.recorder else None
            told[stream] = (of.body.typ, one.body.actor.name, one.body.way, recorder, one.body.act)
    assert told == {
        "stock/采购累计/桌": ("open", "罗平", "key", None, "立案期初"),
        "stock/采购累计/椅": ("step", "韩江", "paper", "苏晓", "补录期初"),
        "stock/采购累计/灯": ("system", "SYSTEM", "system", None, "系统期初"),
    }
    vkey = dump_vkey(office.store.origin, office.service.public)
    scopes = [Scope(), *(case_scope(one.id, one.number) for one in office.store.cases())]
    for scope in scopes:
        files = dump_bundle(collect(office.store, scope))
        report = judge(files, vkey, (note,))
        assert (report.verdict, report.findings) == ("valid", ()), report.show("zh")
