"""All levels over one small store: what is judged at which, and what is said not to be proven."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.evidence.checkpoint import dump_vkey
from engine.evidence.log import merkle_root
from tests.verifier.parts import AT, ORIGIN, Row, event
from tests.verifier.sealed import SYSTEM, Written, opening
from tests.verifier.staff import KEYS
from tests.verifier.wrong_tokens import good, office
from verifier.bundle import Scope
from verifier.canonical import canonical
from verifier.certificates import Certificate, load_anchors
from verifier.files import Files
from verifier.logs import Outside
from verifier.notes import load_trust
from verifier.records import SERVICE
from verifier.report import NOT_PROVEN, TAMPERED, VALID, Limit, Report
from verifier.verifying import verify

TRUST = load_trust(dump_vkey(ORIGIN, KEYS[SERVICE].public))
SECOND, THIRD = "2026-11-02T01:31:00.000Z", "2026-11-02T01:32:00.000Z"
NO_TABLES = Limit(zh="证据包没有派生表,没有检查第 5 级", en="no tables: level 5 was not judged")
NO_TRUST = Limit(
    zh="没有给出所信任的钥匙(--trust):谁都可以做出这样一个证据包",
    en="no trusted key was given (--trust): anybody could have made such a bundle",
)
NOTHING_KEPT = Limit(
    zh="没有给出留存在外的检查点(--checkpoint):掌握系统钥匙的人可以整体改写",
    en="no checkpoint from outside was given (--checkpoint): whoever holds the service key could"
    " have rewritten it all",
)
NEVER = Limit(
    zh="录入的内容是否属实;办了而没有录入的事;钥匙被盗到吊销之间的签名",
    en="whether what was entered is true; what was never entered; what a stolen key signed before"
    " it was revoked",
)


OWN = ("证据包自带的检查点", "the bundle's own checkpoint")
KEPT = ("留存在外的检查点", "the checkpoint kept outside")


def window(
    sealed: tuple[str, str],
    late: int,
    newest: tuple[str, str],
    whose: tuple[str, str] = OWN,
) -> Limit:
    zh = f"暴露窗口:{whose[0]}({sealed[0]})之后有 {late} 条记录,最后一条在 {newest[0]}"
    en = f"exposure window: {late} records after {whose[1]} ({sealed[1]}), the last at"
    return Limit(
        zh=f"{zh};其后被删的无从得知",
        en=f"{en} {newest[1]}; what was removed after it cannot be known",
    )


NOW, NONE = (AT, AT), ("无", "none")


def judge(
    files: dict[str, bytes],
    *kept: bytes,
    level: int | None = None,
    trusted: bool = True,
    anchors: tuple[Certificate, ...] = (),
) -> Report:
    outside = tuple(Outside(name="kept", content=one) for one in kept)
    levels = {} if level is None else {"level": level}
    trust = TRUST if trusted else None
    return verify(Files(contents=files), trust, outside, anchors=anchors, **levels)


def test_a_valid_store() -> None:
    store = Written()
    report = judge(store.files(1), store.note(1))
    assert report.exit == VALID
    assert report.findings == report.redacted == report.stamped == ()
    told = (report.origin, report.scope, report.level, report.size, report.records, report.covered)
    assert told == (ORIGIN, Scope(kind="store"), 5, 1, 1, 1)
    assert report.limits == (window(NOW, 0, NOW, KEPT), NO_TABLES, NEVER)


def test_each_level_judges_what_is_its_own() -> None:
    store = Written()
    rests_on = {"seq": 0, "hash": store.records[0].digest}
    store.add("case/1", event("Noted"), keys=rests_on)
    store.add("case/2", record={"sig": b"\1" * 64})
    store.add("case/3")
    tables = {"tables.jsonl": b'{"row":{},"table":"x"}\n'}
    files = store.files(3, **{"tokens/3.tsr": b"x"}, **tables)
    for level in range(1, 6):
        report = judge(files, store.note(2), b"x", level=level)
        assert {one.level for one in report.findings} == set(range(1, level + 1))
        assert report.exit == TAMPERED
        levels = [one.level for one in report.findings]
        assert levels == sorted(levels)
        told = {one.code for one in report.findings if one.level == 2}
        assert told == ({"E_NOTE", "E_TOKEN"} if level >= 2 else set())
    del files["tables.jsonl"]
    assert {one.level for one in judge(files).findings} == {1, 2, 3, 4}
    assert judge(files, level=4).limits[-2] == Limit(
        zh="没有检查第 5 至 5 级", en="levels 5 to 5 were not judged"
    )
    assert judge(files, level=1).limits[-2] == Limit(
        zh="没有检查第 2 至 5 级", en="levels 2 to 5 were not judged"
    )
    assert NO_TABLES in judge(files).limits
    assert NO_TABLES not in judge(files | tables).limits


def test_an_opening_balance_is_judged_at_levels_3_and_4() -> None:
    store = Written()
    told = {"book": "库存", "item": "纸", "kind": "期初", "quantity": 5, "amount": 10}
    case = {"id": "1", "number": "2026-1"}
    opens = store.add("case/1", event("CardOpened", **told), case=case)
    for level, found in ((2, []), (3, [3]), (4, [3, 4])):
        report = judge(store.files(2), level=level)
        assert [one.level for one in report.findings if one.code == "E_OPENING"] == found
    heads = {"case/1": {"seq": 0, "hash": opens.digest}}
    own = event("CardOpened", **told)
    store.add("stock/库存/纸", own, typ="stock", case=case, heads=heads)
    report = judge(store.files(3))
    assert [one.level for one in report.findings if one.code == "E_OPENING"] == [4]


def test_without_a_key_or_a_checkpoint_from_outside_nothing_is_proven() -> None:
    store = Written()
    files, note = store.files(1), store.note(1)
    for report, missing, whose in (
        (judge(files, trusted=False), (NO_TRUST, NOTHING_KEPT), OWN),
        (judge(files, note, trusted=False), (NO_TRUST,), KEPT),
        (judge(files), (NOTHING_KEPT,), OWN),
    ):
        assert (report.findings, report.exit) == ((), NOT_PROVEN)
        assert report.limits == (*missing, window(NOW, 0, NOW, whose), NO_TABLES, NEVER)
    assert [judge(files, note, level=level).exit for level in (1, 2)] == [NOT_PROVEN, VALID]


def test_how_much_is_under_the_checkpoint_and_how_old_that_is() -> None:
    store = Written()
    store.add("case/1", time=THIRD)
    store.add("case/1", time=SECOND)
    for size, sealed in ((0, NONE), (1, NOW), (2, (THIRD, THIRD)), (3, (THIRD, THIRD))):
        report = judge(store.files(size), level=1)
        assert (report.size, report.records, report.covered) == (size, 3, size)
        assert report.limits[1] == window(sealed, 3 - size, (THIRD, THIRD))
    store.records.clear()
    store.disclosures.clear()
    assert judge(store.files(), level=1).limits[1] == window(NONE, 0, NONE)


def test_what_came_after_the_note_one_holds_is_exposed_whatever_the_bundle_brings() -> None:
    store = Written()
    store.add("case/1", time=SECOND)
    store.add("case/1", time=THIRD)
    files = store.files(3)
    for kept, size, sealed in (
        ((store.note(1),), 1, NOW),
        ((store.note(1), store.note(2)), 2, (SECOND, SECOND)),
        ((store.note(2), store.note(1)), 2, (SECOND, SECOND)),
        ((store.note(3), b"x"), 3, (THIRD, THIRD)),
        ((b"x",), 0, NONE),
    ):
        report = judge(files, *kept)
        assert report.covered == 3
        assert report.limits[0] == window(sealed, 3 - size, (THIRD, THIRD), KEPT)


def test_a_note_of_ones_own_that_cannot_be_used_accuses_nobody() -> None:
    store = Written()
    files, note = store.files(1), store.note(1)
    for spoilt in (note.replace(b"\n", b"\r\n"), note[:-1], b"\xef\xbb\xbf" + note, note + b"\n"):
        report = judge(files, note, spoilt)
        assert [one.code for one in report.findings] == ["E_NOTE"]
        assert report.exit == NOT_PROVEN


def test_nothing_proves_that_a_period_is_whole() -> None:
    store = Written()
    until = "2026-12-01T00:00:00.000Z"
    scope: Row = {"kind": "period", "from": AT, "until": until}
    header = json.loads(store.files()["bundle.json"]) | {"scope": scope}
    told = judge({**store.files(), "bundle.json": canonical(header)}, level=1).limits
    missing = Limit(
        zh="所选期间的记录是否收全;没有收进来的案件",
        en="whether every record of the period is in the bundle; cases that were left out",
    )
    assert told[2] == missing
    assert missing not in judge(store.files(), level=1).limits


def test_that_what_came_after_a_copy_was_lost_is_told() -> None:
    store = Written()
    store.add("case/1")
    leaves = [bytes.fromhex(one.digest) for one in store.records]
    lost: Row = {"log": 2, "lost_log": 1, "lost_size": 9, "lost_root": "0" * 64, "consents": []}
    kept: Row = {"kept": 2, "root": merkle_root(leaves).hex(), "reason": "磁盘损坏"}
    head = {"seq": 0, "hash": store.records[0].digest}
    signed = {"typ": "restore", "meaning": "responsibility", "keys": head}
    store.add("sys", event("Restored", **kept, **lost), **signed)
    wanted = Limit(
        zh=f"从备份恢复过:留下 2 条,其后的已丢失(sys #0,陆工,{AT}:磁盘损坏)",
        en="it was restored from a copy: 2 records were kept, what came after is lost"
        f" (sys #0, 陆工, {AT}: 磁盘损坏)",
    )
    assert wanted in judge(store.files(), level=2).limits
    assert wanted not in judge(store.files(), level=1).limits


PAPER: Row = {"way": "paper", "recorder": {"uid": "lugong", "name": "陆工"}}
ENTERED = Limit(
    zh="2 条由补录人按纸面签名,原办理人没有自己的签名",
    en="2 records were signed by a clerk from paper, not by who acted",
)
WORD = Limit(
    zh="1 条由系统钥匙签名,只说明系统如此记载",
    en="1 records were signed by the service key: the system's word only",
)


@pytest.mark.parametrize(
    ("several", "told"),
    [((), []), ((PAPER, PAPER), [ENTERED]), ((SYSTEM, PAPER, PAPER), [ENTERED, WORD])],
)
def test_who_signed_for_others_is_told(several: tuple[Any, ...], told: list[Limit]) -> None:
    store = Written()
    for one in several:
        store.add("case/1", **one)
    assert list(judge(store.files(), level=1).limits[2:-2]) == told


def test_a_value_that_was_redacted_is_reported() -> None:
    store = Written()
    store.add("case/1", form={"x": 1})
    store.redact(0, "form/x")
    store.disclosures.pop(("case/1", 0))
    assert judge(store.files(), level=1).redacted == (("case/1", 0, "form/x"),)
    store.disclosures["case/1", 0] = (opening("form/x", 1),)
    assert judge(store.files(), level=1).redacted == ()


UNASKED = Limit(
    zh="没有给出时间戳机构的证书(--tsa):1 个时间戳只核对了所盖的摘要",
    en="no authority's certificate was given (--tsa): of 1 time-stamp tokens only the digest was"
    " compared",
)


def test_a_time_stamp_is_proven_by_its_authority_alone() -> None:
    store = Written()
    files = store.files(1, **{"tokens/1.tsr": good(store.note(1)).response()})
    assert UNASKED in judge(files, level=2).limits
    assert UNASKED not in judge(files, level=1).limits
    anchors = load_anchors(office().root.pem)
    asked = judge(files, level=2, anchors=anchors)
    assert [(one.size, one.authority) for one in asked.stamped] == [(1, "CN=stamps")]
    assert (UNASKED in asked.limits, asked.findings) == (False, ())
    assert judge(files, level=1, anchors=anchors).stamped == ()
