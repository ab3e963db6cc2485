"""Level 3: whose key it was, what the service key may sign, and on what a record rests."""

from __future__ import annotations

from typing import Any

import pytest

from engine.evidence.keys import KeyRevoked, RegistrarsAppointed, rotate
from tests.verifier.parts import AT, ORIGIN, Row, event, head, sha256
from tests.verifier.staff import (
    ENROLLED,
    KEYS,
    NEW,
    PEOPLE,
    Staff,
    at,
    change,
    consent,
    enrolled,
)
from verifier.records import SERVICE, Head, Party

LATER = "2026-11-02T01:30:00.001Z"


def test_an_office_that_signs_with_its_own_keys() -> None:
    staff = Staff()
    for uid in ("lugong", "hanjiang", "linlan", "wutong"):
        staff.act(uid=uid, meaning="approval")
    staff.act(actor=PEOPLE["wutong"], recorder=Party(uid="linlan", name="林岚"), way="paper")
    assert staff.told() == []


# -- the stream of keys ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "en"),
    [
        ((), "the stream of keys holds another event"),
        ((ENROLLED["linlan"],) * 2, "the stream of keys holds another event"),
        ((event("Redacted"),), "the stream of keys holds another event"),
        ((enrolled("linlan", proof=5),), "the field proof is ill-formed"),
    ],
)
def test_a_record_of_keys_that_is_ill_formed_ends_what_is_known(
    events: tuple[Any, ...], en: str
) -> None:
    staff = Staff(enrolled=())
    staff.change(*events)
    staff.change(ENROLLED["linlan"])
    last = staff.act()
    ((zh, told, weight), *rest) = staff.told("E_BODY", "E_POWER")
    assert (told, weight) == (f"keys #2 event/0 [E_BODY] L3: {en}", "break")
    assert zh.startswith("keys #2 event/0 [E_BODY] L3: 钥匙")
    assert rest == [
        at(last, "E_POWER", "keys", "所依据的钥匙记录不存在", "it rests on no such keys")
    ]


def test_a_refusal_among_the_keys_changes_nothing() -> None:
    staff = Staff()
    staff.change(ENROLLED["linlan"], typ="refusal")
    staff.act()
    staff.change(enrolled("wutong", NEW))
    staff.act(uid="wutong", key=NEW.key_id)
    assert staff.told() == []


def test_who_may_not_change_keys_ends_what_is_known() -> None:
    staff = Staff()
    staff.change(enrolled("linlan", NEW), uid="linlan")
    staff.change(enrolled("wutong", NEW))
    last = staff.act()
    zh, en = "linlan 无权作此钥匙变动", "linlan may not make this change"
    assert staff.told() == [
        ("keys #4 key [E_POWER] L3: " + zh, "keys #4 key [E_POWER] L3: " + en, "break"),
        at(last, "E_POWER", "keys", "所依据的钥匙记录不存在", "it rests on no such keys"),
    ]


def test_a_change_that_cannot_be_ends_what_is_known() -> None:
    staff = Staff()
    wrong = staff.change(ENROLLED["linlan"])
    staff.change(ENROLLED["wutong"])
    assert staff.told() == [
        at(wrong, "E_POWER", "event/0", "钥匙已经登记过", "the key is enrolled already")
    ]


def test_a_key_whose_possession_is_not_proven_is_told_and_known() -> None:
    staff = Staff()
    wrong = staff.change(enrolled("linlan", NEW, proof=""))
    staff.change(enrolled("linlan", NEW, proof=""))
    staff.act()
    told = staff.told()
    zh, en = "未能证明 linlan 持有所登记的钥匙", "linlan did not prove it"
    assert told[0] == at(wrong, "E_PROOF", "event/0", zh, en)
    assert [one[1][:26] for one in told[1:]] == [
        "keys #5 event/0 [E_POWER] ",
        "case/1 #0 keys [E_POWER] L",
    ]


def agreed(who: str, /, **fields: Any) -> Row:
    """The enrolment of a new key for `linlan`, to which somebody consents."""
    told = enrolled("linlan", NEW)["change"]
    names = ("custody", "from", "key", "public", "uid")
    matter = {"act": "enrol", **{name: told[name] for name in names}}
    return enrolled("linlan", NEW, consents=[consent(who, matter | fields)])


def test_a_further_registrar_consents_to_an_enrolment() -> None:
    for made, told in (
        (agreed("hanjiang"), []),
        (agreed("hanjiang", uid="wutong"), ["the consent is not signed"]),
        (agreed("lugong"), ["a consent must be another person's"]),
    ):
        staff = Staff()
        staff.change(change(RegistrarsAppointed(registrars=("lugong", "hanjiang"))))
        staff.change(made)
        staff.change(enrolled("wutong"), typ="refusal")
        staff.act(key=NEW.key_id)
        prefix = "keys #5 event/0 [E_POWER] L3: "
        assert [en for _, en, _ in staff.told()] == [prefix + one for one in told]
        assert all(zh.startswith(f"{prefix}同意") for zh, _, _ in staff.told())


def test_a_consent_is_given_with_a_key_that_is_enrolled_before() -> None:
    staff = Staff(enrolled=())
    staff.change(change(RegistrarsAppointed(registrars=("lugong", "wutong"))))
    staff.change(agreed("wutong"))
    en = "keys #3 event/0 [E_POWER] L3: the key of the consent was not valid there"
    assert [one[1] for one in staff.told()] == [en]


# -- the key of a record --------------------------------------------------------------

OUT_OF_FORCE = ("签名钥匙当时未生效或已失效", "the key was not valid there")


def test_a_key_that_was_never_enrolled_signs_nothing() -> None:
    staff = Staff()
    one = staff.act(key=NEW.key_id)
    told = at(one, "E_POWER", "key", "签名钥匙没有登记", "the key was never enrolled")
    assert staff.told() == [told]


def test_a_key_is_valid_from_its_enrolment_to_its_end_by_position() -> None:
    staff = Staff()
    keys = staff.log.streams["keys"]
    early = [staff.act(keys=None, uid="hanjiang"), staff.act(keys=head(keys[1]))]
    staff.act(keys=head(keys[2]), uid="linlan")
    staff.change(change(KeyRevoked(key=KEYS["linlan"].key_id, reason="遗失", suspect_since=None)))
    late = staff.act()
    assert staff.told("E_POWER") == [
        at(one, "E_POWER", "key", *OUT_OF_FORCE) for one in (*early, late)
    ]


def test_a_refusal_among_the_keys_is_judged_by_what_stands_before_it() -> None:
    staff = Staff()
    staff.change(uid="linlan", typ="refusal", keys=None)
    for moment in ("before", "after"):
        ended = KeyRevoked(key=KEYS["linlan"].key_id, reason="遗失", suspect_since=None)
        if moment == "after":
            staff.change(change(ended))
        one = staff.change(uid="linlan", typ="refusal")
    assert staff.told("E_POWER") == [at(one, "E_POWER", "key", *OUT_OF_FORCE)]
    staff = Staff(enrolled=())
    staff.change(change(rotate(KEYS["lugong"].key_id, NEW, ORIGIN, "lugong", "file", AT)))
    staff.change(typ="refusal", key=NEW.key_id)
    assert staff.told("E_POWER", "E_PROOF") == []


def test_a_key_is_its_persons_alone() -> None:
    staff = Staff()
    one = staff.act(key=KEYS["wutong"].key_id)
    zh, en = "签名钥匙不是 linlan 的钥匙", "it is not the key of linlan"
    other = staff.act(recorder=Party(uid="wutong", name="吴桐"), way="paper")
    assert staff.told() == [
        at(one, "E_POWER", "actor.uid", zh, en),
        at(
            other,
            "E_POWER",
            "actor.uid",
            zh.replace("linlan", "wutong"),
            "it is not the key of wutong",
        ),
    ]


@pytest.mark.parametrize(
    ("received_at", "is_doubtful"),
    [("2026-11-02T01:29:59.999Z", False), (AT, True), (LATER, True)],
)
def test_what_is_received_when_a_key_is_suspected_is_doubtful(
    received_at: str, is_doubtful: bool
) -> None:
    staff = Staff()
    one = staff.act(received_at=received_at)
    ended = KeyRevoked(key=KEYS["linlan"].key_id, reason="遗失", suspect_since=AT)
    staff.change(change(ended))
    told = at(
        *(one, "E_DOUBT", "key", "收到时签名钥匙已在可疑期内"),
        *("received when the key was already suspected", "doubt"),
    )
    assert staff.told() == ([told] if is_doubtful else [])


# -- the service key ------------------------------------------------------------------

ALONE = ("服务钥匙不得代人签名", "the service key signs for nobody")


@pytest.mark.parametrize(
    ("typ", "way", "is_right"),
    [
        *((typ, "system", True) for typ in ("system", "read", "ckpt", "open", "stock")),
        *((typ, "system", True) for typ in ("org", "key")),
        *((typ, "system", False) for typ in ("step", "restore")),
        *(("system", "key", False), ("read", "paper", False)),
        *(("refusal", "system", True), ("refusal", "key", True)),
    ],
)
def test_what_the_service_key_signs(typ: str, way: str, is_right: bool) -> None:
    staff = Staff()
    one = staff.act(uid=SERVICE, typ=typ, way=way)
    assert staff.told() == ([] if is_right else [at(one, "E_POWER", "typ", *ALONE)])


@pytest.mark.parametrize(("stream", "typ"), [("org", "org"), ("defs", "def")])
def test_what_the_service_key_signs_of_office_and_procedures(stream: str, typ: str) -> None:
    staff = Staff()
    staff.add(stream, uid=SERVICE, typ=typ, way="system")
    assert [en for _, en, _ in staff.told()] == [
        f"{stream} #{int(stream == 'org')} way [E_POWER] L3: the system may not publish"
    ]


@pytest.mark.parametrize(
    ("meaning", "is_right"),
    [
        ("none", True),
        ("receipt", True),
        *((one, False) for one in ("approval", "rejection", "review")),
    ],
)
def test_the_service_key_approves_nothing(meaning: str, is_right: bool) -> None:
    staff = Staff()
    one = staff.act(uid=SERVICE, typ="system", way="system", meaning=meaning)
    told = at(one, "E_POWER", "meaning", "系统不得代人批准、否决或审核", "no approval by it")
    assert staff.told() == ([] if is_right else [told])


def test_the_service_key_signs_for_nobody_of_the_office() -> None:
    staff = Staff()
    one = staff.act(key=KEYS[SERVICE].key_id)
    staff.act(key=KEYS[SERVICE].key_id, typ="refusal")
    assert staff.told() == [at(one, "E_POWER", "typ", *ALONE)]


# -- redactions -----------------------------------------------------------------------


def redacted(uid: str = "wutong", matter: Row | None = None, **fields: Any) -> Row:
    """What is destroyed of a case, and who has consented to what."""
    plain: Row = {"basis": "规定", "objects": ["x"], "targets": [{"seq": 0}]}
    whole = {"act": "redact", "stream": "case/1", **plain, **(matter or {})}
    return event("Redacted", **{**plain, "approvers": [consent(uid, whole)], **fields})


def test_who_consents_to_a_redaction_signs_that_redaction() -> None:
    staff = Staff()
    staff.act(redacted(), typ="redact")
    assert staff.told() == []


@pytest.mark.parametrize(
    ("made", "zh", "en"),
    [
        *(
            (redacted(matter={name: "other"}), "同意的签名不成立", "the consent is not signed")
            for name in ("act", "basis", "objects", "stream", "targets")
        ),
        (redacted("linlan"), "同意须由另一人签", "a consent must be another person's"),
    ],
)
def test_what_he_did_not_sign_he_did_not_consent_to(made: Row, zh: str, en: str) -> None:
    staff = Staff()
    one = staff.act(made, typ="redact")
    assert staff.told() == [at(one, "E_REDACT", "event/0", zh, en)]


def test_consents_to_a_redaction_are_by_keys_valid_where_it_stands() -> None:
    zh, en = "同意所用的钥匙当时无效", "the key of the consent was not valid there"
    staff = Staff()
    keys = staff.log.streams["keys"]
    one = staff.act(redacted(), typ="redact", keys=head(keys[2]))
    none = staff.act(redacted("lugong"), typ="redact", keys=None)
    assert staff.told("E_REDACT") == [
        at(each, "E_REDACT", "event/0", zh, en) for each in (one, none)
    ]
    staff = Staff()
    first = staff.log.streams["keys"][0]
    staff.act(redacted("lugong"), typ="redact", keys=head(first))
    assert staff.told("E_REDACT") == []


def test_other_records_and_consents_that_are_ill_formed_are_not_judged_here() -> None:
    staff = Staff()
    staff.act(redacted("linlan"), typ="step")
    staff.act(typ="redact")
    staff.act(redacted(approvers=[{}]), typ="redact")
    assert staff.told("E_REDACT") == []


def test_the_system_does_not_redact() -> None:
    staff = Staff()
    one = staff.act(uid=SERVICE, typ="redact", way="system", keys=None)
    told = at(one, "E_POWER", "key", "系统不得涂销", "the system may not redact")
    assert staff.told("E_POWER") == [told]
    staff = Staff()
    other = staff.act(key=NEW.key_id, typ="redact")
    never = at(other, "E_POWER", "key", "签名钥匙没有登记", "the key was never enrolled")
    assert staff.told() == [never]


# -- what a record rests on -----------------------------------------------------------

NOT_THERE = (
    "所依据的记录不在此前,或已不是那一条",
    "what it rests on is not there before it, or is another record",
)
NOT_NEWEST = (
    "所依据的记录当时已不是最新的一条",
    "what it rests on was no longer the newest when it was written",
)


@pytest.mark.parametrize("stream", ["org", "keys", "case/2"])
@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        (1, None),
        (0, NOT_NEWEST),
        (None, NOT_NEWEST),
        (2, NOT_THERE),
        (3, NOT_THERE),
        (9, NOT_THERE),
        (-1, NOT_THERE),
    ],
)
def test_a_record_rests_on_the_newest_of_a_stream(
    stream: str, place: int | None, wanted: Any
) -> None:
    """The stream has two records before it, and one, its third, behind; −1: another record."""
    staff = Staff(enrolled=())
    if stream == "org":
        staff.org()
    for _ in range(2 if stream == "case/2" else 0):
        staff.add("case/2")
    known = staff.log.streams[stream]
    rests_on = {
        None: None,
        -1: Head(seq=1, hash=sha256(b"other")),
        **{n: Head(seq=n, hash=sha256(f"{stream} {n}".encode())) for n in (0, 1, 2, 3, 9)},
    }[place]
    assert len(known) == 2
    is_other = stream == "case/2"  # which a record need not name
    heads = {stream: rests_on} if rests_on is not None else {}
    one = staff.act(uid="hanjiang", **({"heads": heads} if is_other else {stream: rests_on}))
    staff.add(stream)
    is_right = wanted is None or (is_other and rests_on is None)
    told = [] if is_right else [at(one, "E_HEADS", f"heads.{stream}", *wanted)]
    assert [each for each in staff.told("E_HEADS") if "case/1" in each[0]] == told


def test_every_head_that_is_wrong_is_told() -> None:
    staff = Staff()
    other = Head(seq=0, hash=sha256(b"other"))
    one = staff.act(org=other, keys=other)
    told = [at(one, "E_HEADS", f"heads.{name}", *NOT_THERE) for name in ("org", "keys")]
    assert staff.told("E_HEADS") == told


def test_a_record_does_not_rest_on_itself_or_on_a_stream_that_is_not_there() -> None:
    staff = Staff()
    itself = Head(seq=0, hash=sha256(b"case/1 0"))
    one = staff.act(heads={"case/1": itself, "case/9": itself})
    assert staff.told() == [at(one, "E_HEADS", "heads.case/1", *NOT_THERE)]
    del staff.log.streams["keys"], staff.log.streams["org"]
    assert [each[1][:28] for each in staff.told("E_HEADS")] == ["case/1 #0 heads.case/1 [E_HE"]


def test_records_of_office_and_keys_rest_on_those_before_them() -> None:
    staff = Staff()
    late = staff.org(org=None)
    gone = staff.change(enrolled("linlan", NEW), keys=None)
    assert staff.told("E_HEADS") == [
        at(late, "E_HEADS", "heads.org", *NOT_NEWEST),
        at(gone, "E_HEADS", "heads.keys", *NOT_NEWEST),
    ]
