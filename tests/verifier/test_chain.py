"""Level 1: what of a small store is sound, and for each single fault what is told, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.verifier.parts import AT, ORIGIN, Row, event, shown
from tests.verifier.parts import sha256 as digest
from tests.verifier.sealed import Written, opening, sealed
from tests.verifier.staff import KEYS, enrolled
from verifier import chain
from verifier.bundle import Scope
from verifier.canonical import canonical
from verifier.chain import check_bytes, check_log
from verifier.reading import Target
from verifier.records import STEP_V1

Told = tuple[str, str, str]
LATER, EARLIER = "2026-11-02T01:30:01.000Z", "2026-11-02T01:29:59.999Z"


def at(where: str, code: str, zh: str, en: str, weight: str = "break") -> Told:
    return f"{where} [{code}] L1: {zh}", f"{where} [{code}] L1: {en}", weight


def lines(judged: chain.Judged) -> list[tuple[str, int]]:
    """What is sound, in the order of the log."""
    return [(one.body.stream, one.body.seq) for one in judged.sound]


# -- a store --------------------------------------------------------------------------


def test_a_store_in_order() -> None:
    store = Written()
    for stream in ("case/\uff08", "case/𠮷", "case/1", "case/𠮷"):
        store.add(stream, event("Noted"), form={"名称": "例会"})
    judged = store.judge()
    assert (judged.findings, judged.targets, judged.redacted) == ((), (), ())
    assert list(judged.streams) == ["case/1", "case/𠮷", "case/\uff08", "keys"]
    assert [len(one) for one in judged.streams.values()] == [1, 2, 1, 1]
    assert [one.record for one in judged.sound] == store.records
    assert judged.sound[1].opened == {"event/0": event("Noted"), "form/名称": "例会"}


def test_what_was_found_in_the_files_is_told_first() -> None:
    store = Written()
    (wrong,) = check_log(store.records[:1] * 2, is_whole=True)
    store.records.append(replace(store.records[0], index=7))
    assert store.judge(findings=(wrong,)).findings[0] is wrong


@pytest.mark.parametrize(
    ("indices", "is_whole", "wrong"),
    [
        ((), True, None),
        ((0, 1, 2), True, None),
        ((0, 2, 5), False, None),
        ((3, 4), False, None),
        ((1,), True, (-1, 1)),
        ((0, 1, 3, 7), True, (1, 3)),
        ((0, 0), False, (0, 0)),
        ((4, 2, 1), False, (4, 2)),
    ],
)
def test_the_first_gap_in_the_log_is_told(
    indices: tuple[int, ...], is_whole: bool, wrong: tuple[int, int] | None
) -> None:
    (record,) = Written().records
    found = list(check_log([replace(record, index=n) for n in indices], is_whole=is_whole))
    if wrong is None:
        assert found == []
        return
    last, here = wrong
    zh = f"日志里第 {last} 条之后是第 {here} 条:有缺失、重复或调换"
    en = f"index {here} comes after {last}: missing, repeated or out of order"
    assert shown(found) == [at(f"index {here}", "E_LOG", zh, en)]
    assert found[0].seq == -1


def test_only_a_whole_store_has_every_index() -> None:
    store = Written()
    store.add("case/1")
    store.records[1] = replace(store.records[1], index=5)
    assert [one[1][:15] for one in store.told()] == ["index 5 [E_LOG]"]
    assert store.told(scope=replace(store.bundle().scope, kind="period")) == []


def test_a_bundle_of_one_case_holds_it_under_its_number() -> None:
    store = Written()
    store.add("case/7", case={"id": "7", "number": "2026-7"})
    scope = Scope(kind="case", case="7", number="2026-7")
    assert store.told(scope=scope) == []
    for wrong, zh, en in (
        ({"case": "8"}, "证据包里没有它所说的这一案", "the case it says it is of is not in it"),
        (
            {"number": "2026-8"},
            "所说的案件编号与记录不符",
            "its case has another number in the records",
        ),
    ):
        told = store.told(scope=replace(scope, **wrong))
        assert told == [at("bundle.json", "E_BUNDLE", zh, en)]


# -- where a record stands --------------------------------------------------------------

GAP = at(
    *("case/1 #2 seq", "E_SEQ", "此处应为第 1 条:有缺失、重复或调换"),
    "number 1 belongs here: missing, repeated or out of order",
)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"origin": "other"},
            at("case/1 #1 origin", "E_ORIGIN", "记录属于另一处", "it belongs to another store"),
        ),
        ({"seq": 2}, GAP),
        ({"seq": 2, "prev": "0" * 64}, GAP),
        (
            {"prev": "0" * 64},
            at(
                *("case/1 #1 prev", "E_PREV", "上一条记录已不是签名时的那一条"),
                "the record before is not the one this was signed after",
            ),
        ),
        (
            {"key": KEYS["wutong"].key_id},
            at(
                "case/1 #1 key", "E_KEY", "记录的钥匙与正文写明的不同", "the body names another key"
            ),
        ),
    ],
)
def test_a_record_in_the_wrong_place_ends_its_chain(changes: Row, told: Told) -> None:
    store = Written()
    store.add("case/1")
    store.add("case/1", **changes)
    store.add("case/1", origin="other")
    store.add("case/2")
    assert store.told() == [told]
    assert lines(store.judge()) == [("keys", 0), ("case/1", 0), ("case/2", 0)]


def test_a_chain_begins_with_its_own_name() -> None:
    store = Written()
    store.add("case/1", prev="0" * 64)
    ((zh, *_),) = store.told()
    assert zh.startswith("case/1 #0 prev [E_PREV]")


UNKNOWN = ("E_TYPE", "不认识的记录类型", "an unknown payload type")
NO_KEY = ("E_KEY", "没有这把钥匙的公钥", "the key was never enrolled")
UNSIGNED = (
    "E_SIG",
    "签名不成立:正文或签名被改动过",
    "the signature does not verify: body or signature was changed",
)
NO_TIME = ("E_RECEIVED", "收到时间写法不对", "the time of receipt is ill-formed")


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"payload_type": "other"}, "srv.pt", UNKNOWN),
        ({"sig": b"\1" * 64}, "sig", UNSIGNED),
        ({"received_at": "2026-11-02"}, "srv.at", NO_TIME),
    ],
)
def test_a_seal_with_one_fault_ends_its_chain(
    changes: Row, field: str, told: tuple[str, str, str]
) -> None:
    store = Written()
    store.add("case/1", record=changes)
    store.add("case/1")
    assert store.told() == [at(f"case/1 #0 {field}", *told)]
    assert lines(store.judge()) == [("keys", 0)]


def test_a_key_that_was_never_enrolled() -> None:
    store = Written()
    store.add("case/1", signer="wutong")
    assert store.told() == [at("case/1 #0 key", *NO_KEY)]
    later = Written()
    later.add("case/1", signer="wutong")
    later.add("keys", enrolled("wutong"), typ="key")
    assert later.told() == []


def test_everything_found_in_a_broken_record_is_told() -> None:
    store = Written()
    store.add(
        "case/1",
        prev="0" * 64,
        record={"payload_type": "x", "key": "0" * 64, "received_at": "", "sig": b"\1"},
    )
    codes = ["E_PREV", "E_TYPE", "E_KEY", "E_KEY", "E_RECEIVED"]
    assert [one.code for one in store.judge().findings] == codes


def test_a_body_that_cannot_be_read_belongs_to_no_chain() -> None:
    store = Written()
    store.records.append(sealed(1, b"[]", "lugong", payload_type=STEP_V1))
    store.records.append(
        sealed(2, b"[]", "lugong", payload_type="other", received_at="x", sig=b"\1")
    )
    store.records.append(sealed(3, b"[]", "wutong"))
    store.add("case/1", typ="other")
    no_place = "记录正文没有写明位置", "the body does not say where it belongs"
    assert store.told() == [
        at("index 1", "E_BODY", *no_place),
        at("index 1 srv.pt", *UNKNOWN),
        at("index 2", "E_BODY", *no_place),
        at("index 2 srv.pt", *UNKNOWN),
        at("index 2 sig", *UNSIGNED),
        at("index 2 srv.at", *NO_TIME),
        at("index 3", "E_BODY", "应为对象", "must be an object"),
        at("index 3 key", *NO_KEY),
        at("index 4 typ", "E_BODY", "没有这个取值", "no such value"),
    ]


def test_a_store_whose_name_cannot_be_written_has_no_chains() -> None:
    store = Written()
    store.add("case/1")
    found = store.judge(origin="a\u202eb").findings
    assert [(one.code, one.stream, one.seq, one.field) for one in found] == [
        ("E_STREAM", "", -1, "stream")
    ] * 2
    assert found[0].en != found[0].zh


def test_a_record_received_before_the_one_before_it_is_a_doubt() -> None:
    store = Written()
    for received_at in (AT, LATER, AT, AT, LATER, LATER):
        store.add("case/1", record={"received_at": received_at})
    store.add("case/2", record={"received_at": EARLIER})
    zh, en = "收到时间早于上一条记录", "received earlier than the record before"
    assert store.told() == [at(f"case/1 #{n} srv.at", "E_CLOCK", zh, en, "doubt") for n in (2, 3)]
    assert len(store.judge().streams["case/1"]) == 6


def test_a_record_of_version_1_occurs_in_vectors_only() -> None:
    store = Written()
    store.add("case/1", record={"payload_type": STEP_V1})
    store.add("case/1")
    assert store.told() == [at("case/1 #0 srv.pt", *UNKNOWN)]
    assert lines(store.judge()) == [("keys", 0)]


# -- signatures -------------------------------------------------------------------------


def test_signatures_are_judged_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    store = Written()
    for n in range(6):
        wrong = {"sig": b"\1" * 64} if n in (1, 4) else {}
        store.add(f"case/{n}", signer="wutong" if n == 2 else "lugong", record=wrong)

    def count(claims: Any) -> list[bool]:
        sizes.append(len(claims))
        return suite.which_are_signed(claims)

    suite = store.bundle().suite
    monkeypatch.setattr(chain, "_TOGETHER", 2)
    found = store.judge(suite=replace(suite, which_are_signed=count)).findings
    assert [(one.stream, one.code) for one in found] == [
        *(("case/1", "E_SIG"), ("case/2", "E_KEY"), ("case/4", "E_SIG"))
    ]
    assert sizes == [2, 2, 2]


def test_the_chains_can_be_judged_alone() -> None:
    store = Written()
    store.add("case/1", record={"sig": b"\1"})
    store.add("case/2", prev="0" * 64, signer="wutong")
    found = check_bytes(store.bundle(), signatures=False).findings
    assert [(one.stream, one.code) for one in found] == [("case/2", "E_PREV")]


# -- what is disclosed ------------------------------------------------------------------

NOTED, NAMED = opening("event/0", event("Noted")), opening("form/名称", "例会")
TWICE = at("case/1 #0 event/0", "E_TWICE", "同一承诺有两份明细", "it is opened twice")
UNLIKE = ("E_COMMIT", "明细与签名时的承诺不符", "the value is not the one committed to")
UNSAID = at(
    *("case/1 #0 form/名称", "E_MISSING", "签名时承诺的内容缺少明细,也没有涂销记录"),
    "what was committed to is missing, and no redaction names it",
)


@pytest.mark.parametrize(
    ("several", "told"),
    [
        ((NOTED, NAMED), []),
        ((NAMED, NOTED), []),
        ((NOTED, NOTED, NAMED), [TWICE]),
        ((NOTED, opening("event/0", 1), NAMED), [TWICE]),
        (
            (NOTED, NAMED, opening("form/x", 1)),
            [at("case/1 #0 form/x", "E_EXTRA", "没有承诺过的明细", "it was not committed to")],
        ),
        ((opening("event/0", 1), NAMED), [at("case/1 #0 event/0", *UNLIKE)]),
        ((NOTED,), [UNSAID]),
        (
            (opening("event/0", 1), NOTED),
            [at("case/1 #0 event/0", *UNLIKE), TWICE, UNSAID],
        ),
    ],
)
def test_each_commitment_is_opened_once(several: tuple[Any, ...], told: list[Told]) -> None:
    store = Written()
    store.add("case/1", event("Noted"), form={"名称": "例会"})
    store.add("case/1")
    store.disclose(0, *several)
    assert store.told() == told
    assert len(store.judge().sound) == 3


def test_what_belongs_to_no_record() -> None:
    store = Written()
    store.add("case/1")
    store.disclose(1, NOTED)
    store.disclose(0, NOTED, stream="case/2")
    zh, en = "明细不属于任何记录", "it belongs to no record"
    assert store.told() == [
        at("case/1 #1", "E_EXTRA", zh, en),
        at("case/2 #0", "E_EXTRA", zh, en),
    ]


def test_what_a_later_record_says_is_destroyed_may_be_gone() -> None:
    store = Written()
    store.add("case/1", event("Noted"), form={"名称": "例会"})
    store.redact(0, "form/名称")
    assert store.told() == []
    assert store.judge().redacted == ()
    store.disclose(0, NOTED)
    judged = store.judge()
    assert judged.findings == ()
    assert judged.redacted == (("case/1", 0, "form/名称"),)
    assert judged.targets == (
        Target(stream="case/1", by=1, seq=0, path="form/名称", commit=NAMED.commit),
    )


def test_nothing_redacts_itself_or_what_is_in_another_stream() -> None:
    store = Written()
    target = {"seq": 0, "path": "form/名称", "commit": NAMED.commit}
    redacted = event("Redacted", targets=[target], objects=[])
    redacted = event("Redacted", targets=[target | {"seq": 1}], objects=[])
    store.add("case/1")
    store.add("case/1", redacted, form={"名称": "例会"}, typ="redact")
    store.add("case/2", redacted)
    store.add("case/2", redacted, typ="redact")
    store.disclose(1, opening("event/0", redacted))
    assert store.told() == [tuple(one.replace("#0", "#1") for one in UNSAID)]
    assert store.judge().redacted == ()


@pytest.mark.parametrize(
    ("received_at", "is_told"),
    [
        *(("2026-11-02T01:25:00.000Z", False), ("2026-11-02T01:24:59.999Z", True)),
        *(("2026-11-02T01:40:00.000Z", False), ("2025-11-02T01:30:00.000Z", True)),
    ],
)
def test_a_clock_more_than_five_minutes_ahead_is_a_doubt(received_at: str, is_told: bool) -> None:
    store = Written()
    store.add("case/1", record={"received_at": received_at})
    store.add("case/1", record={"received_at": received_at, "payload_type": STEP_V1})
    said = "签名时间比收到时间晚 5 分钟以上", "signed more than 5 minutes after it was received"
    wanted = [at("case/1 #0 time", "E_CLOCK", *said, "doubt")] if is_told else []
    assert [one for one in store.told() if "E_CLOCK" in one[0]] == wanted


# -- objects ----------------------------------------------------------------------------

TEXT = b"the text"
NAME = digest(TEXT)
UNNAMED = ("E_OBJECT", "没有记录提到它", "no record names it")
GONE = at(NAME, "E_OBJECT", "已发布的文本或附件缺失", "it is missing")


def publish(stream: str, **fields: Any) -> Callable[[Written], object]:
    return lambda store: store.add(stream, event("Published", **fields))


def attach(store: Written) -> None:
    store.add("case/1", att=[("a.txt", len(TEXT), NAME)])


def define(store: Written) -> None:
    store.add("case/1", **{"def": {"name": "x", "ver": "1", "src": NAME, "model": "0" * 64}})


@pytest.mark.parametrize(
    "name", [attach, define, publish("org", digest=NAME), publish("defs", digest=NAME)]
)
def test_what_a_record_names_is_there_and_as_it_was(name: Callable[[Written], object]) -> None:
    store = Written()
    name(store)
    assert store.told() == [GONE]
    store.objects = {NAME: TEXT}
    assert store.told() == []
    store.objects = {NAME: b"other"}
    assert store.told() == [at(NAME, "E_OBJECT", "文本或附件与其摘要不符", "changed content")]


@pytest.mark.parametrize(
    "name",
    [
        publish("case/1", digest=NAME),
        publish("org", digest=5),
        publish("org", digest="x"),
        publish("org", text=NAME),
        lambda store: store.add("org", event("Noted", digest=NAME)),
        lambda store: store.add("case/1", form={"att/digest": NAME}),
        lambda store: store.add("case/1", att=[(NAME, 1, 5)]),
    ],
)
def test_what_no_record_names_does_not_belong(name: Callable[[Written], object]) -> None:
    store = Written()
    name(store)
    assert store.told() == []
    store.objects = {NAME: TEXT}
    assert store.told() == [at(NAME, *UNNAMED)]


def test_an_object_may_be_gone_if_a_record_says_that_it_was_destroyed() -> None:
    store = Written()
    attach(store)
    store.redact(0, "att/0/name", NAME)
    assert store.told() == []


def test_changed_and_missing_objects_are_told_in_order() -> None:
    store = Written()
    names = sorted(digest(bytes([n])) for n in range(4))
    store.add("case/1", att=[("x", 1, one) for one in reversed(names)])
    store.objects = {names[0]: b"x", names[1]: b"x", NAME: TEXT}
    changed, missing = "changed content", "it is missing"
    assert [(one.field, one.en) for one in store.judge().findings] == [
        *((names[0], changed), (names[1], changed), (NAME, "no record names it")),
        *((names[2], missing), (names[3], missing)),
    ]


# -- models -----------------------------------------------------------------------------

MODEL, OTHER = canonical({"states": []}), canonical({"people": []})
UNCANONICAL = ("内容不是规范写法(RFC 8785)", "the content is not canonical (RFC 8785)")
ABSENT = ("E_MODEL", "模型缺失", "it is missing", "gap")


@pytest.mark.parametrize("stream", ["org", "defs"])
def test_a_model_that_was_published_is_there_and_as_it_was(stream: str) -> None:
    store = Written()
    publish(stream, model=digest(MODEL))(store)
    name = digest(MODEL)
    assert store.told() == [at(name, *ABSENT)]
    store.models = {name: MODEL}
    assert store.told() == []
    store.models = {name: OTHER}
    assert store.told() == [at(name, "E_MODEL", "模型与其摘要不符", "the model was changed")]


@pytest.mark.parametrize(
    "name",
    [
        publish("case/1", model=digest(MODEL)),
        publish("org", model=5),
        lambda store: store.add("org", event("Noted", model=digest(MODEL))),
        lambda store: None,
    ],
)
def test_a_model_that_no_record_published_does_not_belong(
    name: Callable[[Written], object],
) -> None:
    store = Written()
    name(store)
    store.models = {digest(MODEL): MODEL}
    assert store.told() == [
        at(digest(MODEL), "E_MODEL", "没有记录提到这个模型", "no record names it")
    ]


def test_every_model_is_judged() -> None:
    store = Written()
    spaced = b'{"a": 1}'
    for model in (spaced, MODEL, OTHER):
        publish("org", model=digest(model))(store)
    strange, changed = b"[]", "0" * 64
    store.models = {changed: b"x", digest(strange): strange, digest(spaced): spaced}
    missing = sorted((digest(MODEL), digest(OTHER)))
    assert store.told() == [
        at(changed, "E_MODEL", "模型与其摘要不符", "the model was changed"),
        at(digest(strange), "E_MODEL", "没有记录提到这个模型", "no record names it"),
        at(digest(spaced), "E_MODEL", *UNCANONICAL),
        *(at(one, *ABSENT) for one in missing),
    ]


def test_a_store_of_another_name_is_another_store() -> None:
    store = Written()
    assert store.bundle().origin == ORIGIN
    ((zh, en, _),) = store.told(origin="other")
    assert (zh[:26], en[:26]) == ("keys #0 origin [E_ORIGIN] ",) * 2
