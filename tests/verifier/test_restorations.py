"""A log that was lost: what its restoration may say, and what becomes of its checkpoints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.evidence.checkpoint import dump_vkey
from engine.evidence.keys import KeyRevoked, RegistrarsAppointed
from tests.verifier.parts import ORIGIN, Row, event, head
from tests.verifier.staff import KEYS, NEW, Staff, change, consent, enrolled
from tests.verifier.test_log import (
    ALWAYS,
    EMPTY,
    OTHER,
    TRUST,
    Past,
    Told,
    at,
    note,
    rewritten,
)
from verifier.log import check_log, size_outside
from verifier.logs import Outside
from verifier.notes import load_trust
from verifier.reading import Sound
from verifier.records import Head
from verifier.restorations import log_name, log_number

SECOND = f"{ORIGIN}#2"


def test_the_names_of_the_logs_of_a_store() -> None:
    assert [log_name("a", n) for n in (1, 2, 30)] == ["a", "a#2", "a#30"]
    for name, number in (("a", 1), ("a#2", 2), ("a#30", 30), ("a#999999999", 999999999)):
        assert log_number("a", name) == number
    for name in (
        "b",
        "a#",
        "a#0",
        "a#1",
        "a#02",
        "a#2#3",
        "a#1000000000",
        "a2",
        "ab#2",
        "xa#2",
        "a#2\n",
    ):
        assert log_number("a", name) is None


def restore(past: Past, *more: Row, record: Row | None = None, **changes: Any) -> Sound:
    """A restoration as the next record, right but for what is changed."""
    kept = len(past.records)
    last = past.log.streams["keys"][-1]
    told = {
        "kept": kept,
        "root": past.tree().root(kept).hex(),
        "log": 2,
        "lost_log": 1,
        "lost_size": kept + 3,
        "lost_root": OTHER,
        "reason": "磁盘损坏",
        "consents": [],
    }
    told |= changes
    told = {name: value for name, value in told.items() if value is not None}
    given = {"typ": "restore", "meaning": "responsibility", "keys": head(last), **(record or {})}
    return past.add(given.pop("stream", "sys"), event("Restored", **told), *more, **given)


def history(*more: str) -> Past:
    """Two records of keys, two others, and what more there was before the loss."""
    return Past("keys", "case/1", "keys", "case/1", *more)


def wrong(zh: str, en: str, seq: int = 0) -> Told:
    return at(f"sys #{seq} event/0", "E_RESTORE", zh, en)


def told(past: Past, *outside: bytes, **changes: Any) -> list[Told]:
    """What is found in the store, whose newest checkpoint is of the second log."""
    made = past.bundle(**changes)
    return past.told(replace(made, note=past.note(made.size, origin=SECOND)), *outside)


def test_a_restoration_and_the_checkpoints_of_either_log() -> None:
    past = history()
    restore(past)
    past.add("case/1")
    older = {size: past.note(size, origin=ORIGIN if size < 5 else SECOND) for size in range(7)}
    assert told(past, *older.values(), older=older) == []
    other = {4: past.note(4, origin=SECOND), 5: past.note(5)}
    elsewhere = ("E_NOTE", "检查点属于另一处", "it is of another store")
    assert told(past, older=other) == [at(f"checkpoints/{n}.note", *elsewhere) for n in (4, 5)]
    assert past.told(past.bundle()) == [at("checkpoint.note", *elsewhere)]


def test_the_last_number_is_one_a_log_may_have() -> None:
    past = history()
    restore(past, log=999_999_999)
    made = past.bundle()
    note = past.note(made.size, origin=f"{ORIGIN}#999999999")
    assert past.told(replace(made, note=note)) == []


WRONG = (
    ({"reason": None}, {}, "恢复记录须有且只有一个恢复事件", "it must have one Restored event"),
    ({"x": 1}, {}, "恢复记录须有且只有一个恢复事件", "it must have one Restored event"),
    *(
        ({}, {name: value}, "恢复须由人以责任签名", "a person must take responsibility for it")
        for name, value in (("way", "system"), ("way", "paper"), ("meaning", "approval"))
    ),
    *(
        ({name: value}, {}, "恢复事件的字段不成样子", "a field of the event is ill-formed")
        for name, value in (
            *(("root", one) for one in ("x", 7)),
            *(("lost_root", one) for one in ("x", 7)),
            *(
                (name, one)
                for name in ("kept", "log", "lost_log", "lost_size")
                for one in (True, "1")
            ),
            *(("reason", one) for one in ("", "a\nb", 7)),
            ("lost_size", -1),
        )
    ),
    ({"consents": [1]}, {}, "同意的写法不对", "a consent is ill-formed"),
    ({"kept": 3}, {}, "恢复记录写明的条数不是此前的条数", "it does not follow the records it kept"),
    *(
        (one, {}, "恢复后的日志用了旧的号", "the number of the new log was used before")
        for one in (
            *({"log": 1}, {"lost_log": 2}, {"lost_log": 0}, {"log": 3, "lost_log": 3}),
            {"log": 1_000_000_000},
        )
    ),
)


@pytest.mark.parametrize(("changes", "record", "zh", "en"), WRONG)
def test_what_is_no_restoration(changes: Row, record: Row, zh: str, en: str) -> None:
    past = history()
    restore(past, record=record, **changes)
    assert past.told(past.bundle()) == [wrong(zh, en)]


def test_a_restoration_is_one_event_in_its_stream() -> None:
    past = history()
    restore(past, event("Restored"))
    one = ("恢复记录须有且只有一个恢复事件", "it must have one Restored event")
    assert past.told(past.bundle()) == [wrong(*one)]
    past = history()
    past.add("sys", typ="restore", meaning="responsibility")
    assert past.told(past.bundle()) == [wrong(*one)]
    past = history()
    restore(past, record={"stream": "org"})
    restore(past, record={"typ": "step"})
    assert past.told(past.bundle()) == []


def test_a_second_restoration_begins_a_third_log() -> None:
    past = history()
    restore(past)
    restore(past, log=2, lost_log=1)
    used = "恢复后的日志用了旧的号", "the number of the new log was used before"
    assert told(past) == [wrong(*used, seq=1)]
    past = history()
    restore(past)
    restore(past, log=3, lost_log=2)
    made = past.bundle()
    third = past.note(6, origin=f"{ORIGIN}#3")
    assert past.told(replace(made, note=third), past.note(4), past.note(5, origin=SECOND)) == []


ROOTS = (
    "恢复记录写明的根与此前的记录不符",
    "the roots it states are not those of the records before it",
)


def test_the_roots_a_restoration_states() -> None:
    past = history()
    restore(past, root=OTHER)
    assert told(past) == [wrong(*ROOTS)]
    for size in (2, 4):
        past = history()
        restore(past, lost_size=size, lost_root=past.tree().root(size).hex())
        assert told(past) == []
        past = history()
        restore(past, lost_size=size)
        assert told(past) == [wrong(*ROOTS)]
    # Of a log that began before this one went on nothing is known here.
    past = history()
    restore(past, log=3, lost_log=2, lost_size=2)
    assert past.told(replace(past.bundle(), note=past.note(5, origin=f"{ORIGIN}#3"))) == []


def test_where_records_before_it_are_missing() -> None:
    """Level 1 says so; what it states cannot then be true of those that are left."""
    past = history()
    restore(past)
    made = past.bundle()
    less = replace(made, records=made.records[3:], note=past.note(5, origin=SECOND))
    assert wrong(*ROOTS) in past.told(less)


# -- checkpoints of the log that was lost -------------------------------------------------

LOST = note(7, bytes.fromhex(OTHER))
KEPT = (
    "检查点时有 7 条,恢复备份时只留下 4 条,其余已丢失"
    "(sys #0,linlan,2026-11-02T01:30:00.000Z:磁盘损坏)",
    "of its 7 records a restoration kept 4, the rest is lost"
    " (sys #0, linlan, 2026-11-02T01:30:00.000Z: 磁盘损坏)",
)
UNPROVEN = (
    "证据包称在恢复备份时丢失(sys #0),却没有恢复以前的外部检查点证明留下的是原样",
    "the bundle says it was lost (sys #0), but no checkpoint from before the restoration proves"
    " what was kept",
)


def test_what_was_lost_is_a_gap_where_an_older_checkpoint_proves_what_was_kept() -> None:
    past = history()
    restore(past)
    past.checkpoint()
    part = past.part(*ALWAYS, "case/1", note=past.note(6, origin=SECOND))
    gap, unproven = at("kept-1", "E_ROLLBACK", *KEPT, "gap"), at("kept-1", "E_ROLLBACK", *UNPROVEN)
    for size in (3, 4):
        assert told(past, past.note(size), LOST) == [gap]
        assert past.told(part, past.note(size), LOST) == [gap]
    bare = replace(past.bundle(0), note=None)
    assert past.told(bare, past.note(4), LOST) == [gap]
    # Too old to bear out the keys it rests on; too new to say what was before.
    for one in (past.note(2), past.note(5, origin=SECOND), past.note(6, origin=SECOND)):
        assert told(past, one, LOST) == [unproven]
    changed = note(4, bytes(32))
    assert told(past, changed, LOST) == [rewritten("kept-0"), unproven]
    bare = replace(part, note=None, proofs=replace(part.proofs, heads=None))
    assert past.told(bare, past.note(4), LOST) == [unproven]


def test_a_restoration_that_rests_on_no_keys_is_borne_out_by_none() -> None:
    for keys in (None, Head(seq=2, hash=OTHER), Head(seq=-1, hash=OTHER)):
        past = history()
        restore(past, record={"keys": keys})
        assert told(past, past.note(4), LOST) == [at("kept-1", "E_ROLLBACK", *UNPROVEN)]


def test_the_first_key_is_enough() -> None:
    past = history()
    first = past.log.streams["keys"][0]
    restore(past, record={"keys": head(first)})
    assert told(past, past.note(1), LOST) == [at("kept-1", "E_ROLLBACK", *KEPT, "gap")]
    assert told(past, past.note(0), LOST) == [at("kept-1", "E_ROLLBACK", *UNPROVEN)]


def test_what_the_restoration_does_not_own_to() -> None:
    past = history()
    restore(past)
    more, other = note(8, bytes(32)), note(7, bytes(32))
    assert told(past, past.note(4), more, other) == [
        at(
            *("kept-1", "E_ROLLBACK", "恢复记录(sys #0)只承认丢失前有 7 条,这个检查点有 8 条"),
            "the restoration (sys #0) owns to 7 records before the loss, this checkpoint has 8",
        ),
        at(
            *("kept-2", "E_CONSISTENCY", "恢复记录(sys #0)所写的根不是这个检查点的"),
            "the root the restoration (sys #0) states is not this one's",
        ),
    ]
    fewer = note(6, bytes(32))
    (found,) = told(past, past.note(4), fewer)
    assert found[2] == "gap"


def test_a_log_that_the_bundle_does_not_know() -> None:
    gone = (
        *("E_ROLLBACK", "这个检查点的日志不在证据包里:退回过恢复以前的状态"),
        "the log it names is not in the bundle: a state from before it was put back",
    )
    past = history()
    assert past.told(past.bundle(), note(7, bytes(32), SECOND)) == [at("kept-0", *gone)]
    restore(past)
    third = note(7, bytes(32), f"{ORIGIN}#3")
    assert told(past, third) == [at("kept-0", *gone)]


def test_a_log_that_had_not_begun() -> None:
    past = history()
    restore(past)
    early = at(
        *("kept-0", "E_CONSISTENCY", "这个检查点的日志在这么多条时还没有开始"),
        "at this size the log it names had not begun",
    )
    assert told(past, past.note(4, origin=SECOND)) == [early]


def test_a_log_between_two_losses() -> None:
    """The second restoration reaches back before the first, and knows of it by its checkpoint."""
    past = history()
    restore(past, log=3, lost_log=2, lost_size=6)
    made = replace(past.bundle(), note=past.note(5, origin=f"{ORIGIN}#3"))
    second, first = note(3, bytes(32), SECOND), note(9, bytes(32))
    found = past.told(made, past.note(4), second, first)
    assert [(zh[:6], weight) for zh, _, weight in found] == [("kept-1", "gap"), ("kept-2", "gap")]
    assert past.told(made, past.note(4), note(7, bytes(32), SECOND))[0][2] == "break"


def test_a_log_ends_with_the_restoration_after_its_own() -> None:
    past = history()
    restore(past)
    past.add("case/1")
    restore(past, log=3, lost_log=2, lost_size=9)
    made = replace(past.bundle(), note=past.note(7, origin=f"{ORIGIN}#3"))
    (found,) = past.told(made, past.note(6, origin=SECOND), note(8, bytes(32), SECOND))
    assert "恢复备份时只留下 6 条" in found[0]
    assert "sys #1" in found[0]


def test_how_far_the_notes_of_the_log_as_it_is_reach() -> None:
    past = history()
    restore(past)
    made, judged = past.bundle(), past.log.judged
    kept = [Outside(name="", content=one) for one in (past.note(3), LOST)]
    assert size_outside(made, judged, TRUST, tuple(kept)) == 3
    kept.append(Outside(name="", content=past.note(5, origin=SECOND)))
    assert size_outside(made, judged, TRUST, tuple(kept)) == 5


def test_one_key_is_trusted_under_the_name_of_any_log_of_the_store() -> None:
    past = history()
    restore(past)
    made = replace(past.bundle(), note=past.note(5, origin=SECOND))
    kept = tuple(
        Outside(name=f"{n}", content=one)
        for n, one in enumerate((past.note(4), past.note(5, origin=SECOND)))
    )
    public = KEYS["SYSTEM"].public
    for name, is_ours in ((ORIGIN, True), (SECOND, True), (f"{ORIGIN}#9", True), ("other", False)):
        trust = load_trust(dump_vkey(name, public))
        found = check_log(made, past.log.judged, trust, kept)
        assert (found == ()) is is_ours
        assert {one.code for one in found} <= {"E_NOTE"}


# -- level 3: who may say so --------------------------------------------------------------


def matter(**changes: Any) -> Row:
    told = {"kept": 9, "root": EMPTY, "log": 2, "lost_log": 1, "lost_size": 0, "lost_root": EMPTY}
    return {"act": "restore", "reason": "磁盘损坏", **told, **changes}


class Office(Staff):
    """Where 陆工 is registrar, or others besides."""

    def __init__(self, *registrars: str) -> None:
        super().__init__()
        if registrars:
            self.change(change(RegistrarsAppointed(registrars=registrars)))

    def restore(self, *consents: Row, uid: str = "lugong", **changes: Any) -> Sound:
        told = matter(kept=len(self.log.judged.sound))
        told.pop("act")
        record = {"typ": "restore", "meaning": "responsibility", **changes}
        return self.add(
            "sys", event("Restored", **told, consents=list(consents)), uid=uid, **record
        )

    def agreed(self, uid: str, **changes: Any) -> Row:
        return consent(uid, matter(kept=len(self.log.judged.sound)) | changes)


def no_power(zh: str, en: str) -> list[Told]:
    return [
        (
            f"sys #0 event/0 [E_POWER] L3: {zh}",
            f"sys #0 event/0 [E_POWER] L3: {en}",
            "break",
        )
    ]


ONLY = no_power("恢复须由登记人员签名和同意", "only registrars sign and consent to it")
ALONE = no_power("恢复须有另一名登记人员同意", "no other registrar consented to it")


def test_the_only_registrar_restores_alone() -> None:
    office = Office()
    office.restore()
    assert office.told() == []


def test_a_registrar_without_a_key_is_not_waited_for() -> None:
    office = Office("lugong", "nobody")
    office.restore()
    assert office.told() == []
    office = Office("lugong", "wutong")
    key = KEYS["wutong"].key_id
    office.change(change(KeyRevoked(key=key, reason="", suspect_since=None)))
    office.restore()
    assert office.told() == []


def test_where_there_are_two_both_sign() -> None:
    office = Office("lugong", "wutong")
    office.restore(office.agreed("wutong"))
    assert office.told() == []
    office = Office("lugong", "wutong")
    office.restore()
    assert office.told() == ALONE


def test_it_is_judged_by_the_registrars_of_its_place() -> None:
    office = Office("lugong", "wutong")
    one = office.agreed("wutong")
    office.restore(one)
    office.change(change(RegistrarsAppointed(registrars=("lugong",))))
    assert office.told() == []
    office = Office()
    office.restore()
    office.change(change(RegistrarsAppointed(registrars=("lugong", "wutong"))))
    assert office.told() == []


def test_nobody_else_restores_or_consents() -> None:
    office = Office()
    office.restore(uid="linlan")
    assert office.told() == ONLY
    office = Office()
    office.restore(office.agreed("linlan"))
    assert office.told() == ONLY
    office = Office("lugong", "wutong")
    office.restore(office.agreed("lugong"), uid="wutong")
    assert office.told() == []


@pytest.mark.parametrize("name", sorted(matter()))
def test_a_consent_to_anything_else(name: str) -> None:
    office = Office("lugong", "wutong")
    office.restore(office.agreed("wutong", **{name: "x"}))
    assert office.told() == no_power("同意的签名不成立", "the consent is not signed")


def test_a_consent_of_ones_own() -> None:
    office = Office("lugong", "wutong")
    office.restore(office.agreed("lugong"))
    assert office.told() == no_power("同意须由另一人签", "a consent must be another person's")


def test_a_consent_under_a_key_that_came_later() -> None:
    office = Office("lugong", "wutong")
    key = KEYS["wutong"].key_id
    office.change(change(KeyRevoked(key=key, reason="", suspect_since=None)))
    office.change(enrolled("wutong", NEW))
    one = office.agreed("wutong")
    office.restore(one)
    assert office.told() == no_power(
        "同意所用的钥匙当时无效", "the key of the consent was not valid there"
    )


def test_whoever_restores_on_no_keys_at_all() -> None:
    office = Office()
    office.restore(keys=None)
    assert [one for one in office.told() if "event/0" in one[0]] == ONLY


def test_what_level_2_has_told_is_not_told_again() -> None:
    office = Office()
    office.restore(uid="linlan", meaning="approval")
    assert office.told() == []
