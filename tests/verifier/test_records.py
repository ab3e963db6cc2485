"""Bodies field by field: what each may hold, what is said where it does not, and the rules."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.verifier.bodies import (
    BARE,
    EARLIER,
    FULL,
    LATER,
    READ_BARE,
    READ_FULL,
    WRONG,
    changed,
    digest,
    fields,
    without,
)
from tests.verifier.parts import AT, SYSTEM, Row
from verifier.canonical import Flaw, canonical
from verifier.records import (
    MEANINGS,
    RECORD_V2,
    STEP_V1,
    TYPES,
    WAYS,
    Body,
    Party,
    Record,
    genesis,
    load_body,
)
from verifier.suites import SHA256_ED25519, SM3_SM2

Said = tuple[str, str, str]
TEXT = ("应为文字", "must be text")
COUNT = ("应为不小于 0 的整数", "must be a whole number from 0")
HASH = ("应为 64 位十六进制小写", "must be 64 lowercase hex digits")
TIME = ("时间写法不对", "not a time as records write it")
CHOICE = ("没有这个取值", "no such value")
LIST = ("应为列表", "must be a list")
OBJECT = ("应为对象", "must be an object")
MISSING = ("缺少字段", "the field is missing")
UNKNOWN = ("多余字段", "the field is unknown")


def load(row: Row) -> Body:
    return load_body(canonical(row), SHA256_ED25519)


def refused(data: bytes | Row) -> Said:
    """What is said of a body that cannot be read, and of which field."""
    with pytest.raises(Flaw) as flaw:
        load_body(data if isinstance(data, bytes) else canonical(data), SHA256_ED25519)
    return flaw.value.zh, flaw.value.en, flaw.value.field


# -- what a body says -------------------------------------------------------------------


def test_a_body_is_read_field_by_field() -> None:
    assert load(FULL) == READ_FULL
    assert load(BARE) == READ_BARE


def test_whose_key_signs_and_in_whose_name_it_is_done() -> None:
    assert (READ_BARE.signer, READ_BARE.party) == ("linlan", "linlan")
    assert (READ_FULL.signer, READ_FULL.party) == ("wutong", "lugong")
    assert READ_FULL._replace(recorder=None).signer == "hanjiang"


def test_the_key_of_a_record_signs_its_body_and_its_type_as_the_page_names_it() -> None:
    page = (ROOT / "docs/evidence-spec.md").read_text("utf-8")
    types = re.findall(r"^\| `(application/[^`]+)` \|", page, re.MULTILINE)
    names: Row = {"index": 1, "key": "", "sig": b"", "received_at": AT, "digest": ""}
    for kind, said in zip((RECORD_V2, STEP_V1), types, strict=False):
        record = Record(body=b"{}", payload_type=kind, **names)
        assert record.signed == f"DSSEv1 {len(said)} {said} 2 {{}}".encode()


def test_what_stands_before_the_first_record_of_a_stream() -> None:
    kind, names = b"application/vnd.wf-evidence.genesis.v1+json", '["甲","case/7"]'.encode()
    said = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(names), names)
    assert genesis("甲", "case/7", SHA256_ED25519) == hashlib.sha256(said).hexdigest()
    assert genesis("甲", "case/7", SM3_SM2) == SM3_SM2.digest(said)
    with pytest.raises(Flaw, match="U\\+202E"):
        genesis("甲", "case/\u202e", SHA256_ED25519)


# -- what it may not --------------------------------------------------------------------

SAID = {
    **{"text": TEXT, "count": COUNT, "hash": HASH, "time": TIME, "choice": CHOICE},
    **{"list": LIST, "object": OBJECT},
}


@pytest.mark.parametrize(
    ("path", "kind"), [(path, kind) for kind, (_, paths) in WRONG.items() for path in paths]
)
def test_a_field_of_another_kind_is_told(path: str, kind: str) -> None:
    for value in WRONG[kind][0]:
        assert refused(changed(FULL, path, value)) == (*SAID[kind], path)


@pytest.mark.parametrize("path", ["actor", "after", "heads", "facts", "form", "att.0", "events.0"])
def test_what_must_be_there_is_not_null(path: str) -> None:
    said = HASH if path == "events.0" else OBJECT
    assert refused(changed(FULL, path, None)) == (*said, path)


@pytest.mark.parametrize("path", ["move.from", "move.to"])
def test_states_are_texts(path: str) -> None:
    assert refused(changed(FULL, f"{path}.0", 5)) == (*TEXT, path)


def test_every_field_is_required_and_no_other_known() -> None:
    for path in fields(FULL):
        assert refused(without(FULL, path)) == (*MISSING, path)
        above = path.rpartition(".")[0]
        other = f"{above}.more" if above else "more"
        assert refused(changed(FULL, other, None)) == (*UNKNOWN, other)
    assert refused(BARE | {"x": None}) == (*UNKNOWN, "x")


def test_a_body_is_an_object_in_canonical_bytes() -> None:
    assert refused(b"[]") == (*OBJECT, "")
    assert refused(b"{} ")[1] == "the content is not canonical (RFC 8785)"
    assert refused(b"\xff")[1] == "the content is not UTF-8 text"


@pytest.mark.parametrize("version", [1, 3, True, "2", None, [2]])
def test_a_body_is_of_version_2(version: Any) -> None:
    assert refused(BARE | {"v": version}) == ("版本应为 2", "the version must be 2", "v")


def test_a_body_is_of_the_suite_of_its_store() -> None:
    assert refused(BARE | {"suite": "sm3-sm2"}) == (*CHOICE, "suite")
    data = canonical(BARE | {"suite": "sm3-sm2"})
    assert load_body(data, SM3_SM2) == READ_BARE


def test_a_body_has_at_most_64_kib() -> None:
    room = 65536 - len(canonical(BARE))
    assert load(BARE | {"act": "a" * room}).act == "a" * room
    said = ("正文超过 65536 字节", "the body is larger than 65536 bytes", "")
    assert refused(BARE | {"act": "a" * (room + 1)}) == said


@pytest.mark.parametrize("mark", ["\n", "\t"])
def test_no_text_and_no_name_in_a_body_has_a_second_line(mark: str) -> None:
    said = ("文字含有换行或制表符", "the text holds a line feed or a tab")
    two = f"a{mark}b"
    for path in ("act", "actor.name", "actor.for.uid", "case.number", "tz", "req"):
        assert refused(changed(FULL, path, two)) == (*said, path)
    for path in ("move.from", "move.to"):
        assert refused(changed(FULL, f"{path}.0", two)) == (*said, path)
    for name, value in (("facts", digest(1)), ("form", digest(1)), ("heads", FULL["org"])):
        assert refused(FULL | {name: {two: value}}) == (*said, name)


@pytest.mark.parametrize("name", ["", "x", "orgs", "case", "case/", "stock/", "CASE/1", "a/case/1"])
def test_there_are_no_other_streams(name: str) -> None:
    said = ("不是链的名称", "must be the name of a stream")
    assert refused(FULL | {"stream": name}) == (*said, "stream")
    assert refused(FULL | {"heads": {name: FULL["org"]}}) == (*said, "heads")


def test_quotes_and_backslashes_stand_in_any_text() -> None:
    assert load(BARE | {"act": '"\\'}).act == '"\\'


# -- the rules across fields ------------------------------------------------------------

SYSTEMS: Row = {
    **{"typ": "system", "way": "system"},
    "actor": {"uid": "SYSTEM", "name": "系统", "post": "", "dept": "", "for": None},
}


def test_each_type_meaning_and_way_of_the_page_is_known() -> None:
    page = (ROOT / "docs/evidence-spec.md").read_text("utf-8")
    told = {
        name: re.findall("`([^`]+)`", said)
        for name, said in re.findall(r"^\| `(typ|meaning|way)` \| (.*) \|$", page, re.MULTILINE)
    }
    types, meanings, ways = told["typ"], told["meaning"], told["way"]
    assert (set(types), set(meanings), set(ways)) == (TYPES, MEANINGS, WAYS)
    homes = {"org": "org", "key": "keys", "def": "defs", "ckpt": "sys", "restore": "sys"}
    homes["stock"] = "stock/库存/纸"
    for one in types:
        code = "E_NO" if one == "refusal" else None
        home = {"stream": homes.get(one, "case/7"), "seq": 0 if one in ("open", "stock") else 1}
        assert load(BARE | {"typ": one, "code": code, **home}).typ == one
    for one in meanings:
        assert load(BARE | {"meaning": one}).meaning == one
    assert load(BARE | SYSTEMS) == READ_BARE._replace(typ="system", way="system", actor=SYSTEM)


def test_a_refusal_and_nothing_else_has_a_code() -> None:
    said = ("拒绝记录须有拒绝代码,其他记录不得有", "only a refusal has a code", "code")
    assert refused(BARE | {"typ": "refusal"}) == said
    assert refused(BARE | {"code": "E_NO"}) == said
    assert refused(BARE | {"code": ""}) == said


def test_a_paper_and_nothing_else_has_a_recorder() -> None:
    said = ("纸面补录须写明补录人,其他方式不得有", "only a paper has a recorder", "recorder")
    assert refused(FULL | {"recorder": None}) == said
    assert refused(FULL | {"way": "key"}) == said


def test_the_system_and_it_alone_acts_as_the_system() -> None:
    said = ("系统方式用于且只用于系统自身的动作", "the system acts, and only it, so", "way")
    assert refused(BARE | {"way": "system"}) == said
    assert refused(BARE | SYSTEMS | {"way": "key"}) == said


@pytest.mark.parametrize("meaning", sorted(MEANINGS))
def test_the_system_does_not_approve_reject_or_review(meaning: str) -> None:
    said = ("系统不得代人批准、否决或审核", "the system gives no approval", "meaning")
    for row in (BARE | {"typ": "system"}, BARE | SYSTEMS | {"typ": "step"}):
        assert load(row).meaning == "none"
        if meaning in ("approval", "rejection", "review"):
            assert refused(row | {"meaning": meaning}) == said
        else:
            assert load(row | {"meaning": meaning}).meaning == meaning


STRANGE = ("这种记录不在这条流的这个位置", "no record of its type stands here", "typ")
STREAMS = ("org", "keys", "defs", "sys", "case/7", "stock/纸")
FIRST = {"case/7": "open", "stock/纸": "stock"}
PLACES = {
    **{"open": (), "stock": (), "step": ("case/7",), "org": ("org",), "key": ("keys",)},
    **{"def": ("defs",)},
    **{"ckpt": ("sys",), "restore": ("sys",)},
}


@pytest.mark.parametrize("typ", sorted(TYPES))
@pytest.mark.parametrize("stream", STREAMS)
def test_each_type_stands_in_its_streams_and_what_is_opened_begins_with_its_opening(
    typ: str, stream: str
) -> None:
    for seq in (0, 1, 2):
        row = BARE | {"typ": typ, "stream": stream, "seq": seq}
        row["code"] = "E_NO" if typ == "refusal" else None
        is_right = stream in PLACES.get(typ, STREAMS)
        if stream in FIRST and seq == 0:
            is_right = typ == FIRST[stream]
        if is_right:
            assert load(row).typ == typ
        else:
            assert refused(row) == STRANGE


@pytest.mark.parametrize("zone", ["", "北京", "Asia/Shanghai ", "UTC+08:00", "a.b", "Asia\\x"])
def test_a_zone_has_a_name(zone: str) -> None:
    said = ("不是时区的名称", "must be the name of a time zone", "tz")
    assert refused(BARE | {"tz": zone}) == said
    for good in ("UTC", "Etc/GMT-8", "America/Port-au-Prince", "Etc/GMT+8", "a_b"):
        assert load(BARE | {"tz": good}).zone == good


def test_nothing_happens_after_it_is_recorded() -> None:
    assert load(BARE | {"happened": EARLIER}).happened == EARLIER
    said = ("发生时间晚于记录时间", "it happened after it was recorded", "happened")
    assert refused(BARE | {"happened": LATER}) == said


@pytest.mark.parametrize("nonce", ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "０" * 32])
def test_a_nonce_is_32_hex_digits(nonce: str) -> None:
    said = ("应为 32 位十六进制小写", "must be 32 lowercase hex digits", "nonce")
    assert refused(BARE | {"nonce": nonce}) == said
    assert load(BARE | {"nonce": "f9" * 16}) == READ_BARE


def test_a_name_that_stands_for_another_is_his_alone() -> None:
    assert load(changed(FULL, "actor.for", None)).actor.principal is None
    assert load(changed(FULL, "actor.for", {"uid": "a", "name": "b"})).actor.principal == Party(
        uid="a", name="b"
    )
