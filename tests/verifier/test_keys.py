"""The stream of keys: each change as it is read, who may make it, and whose key is whose then."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from engine.evidence.keys import (
    KeyChange,
    KeyRevoked,
    RegistrarsAppointed,
    dump_key_change,
    enrol,
    found,
    rotate,
)
from engine.evidence.signing import FileSigner, make_key
from tests.verifier.parts import AT, ORIGIN, Row, event
from tests.verifier.staff import KEYS, consent
from verifier.canonical import Flaw
from verifier.consents import Consent
from verifier.keys import (
    Brought,
    Change,
    Enrolment,
    KeyState,
    NotEntitled,
    NotProven,
    load_change,
    require_proofs,
)
from verifier.records import SERVICE
from verifier.suites import SHA256_ED25519

LATER = "2026-11-02T01:30:00.001Z"
NEW, OTHER = FileSigner(make_key()), FileSigner(make_key())
ID = {uid: signer.key_id for uid, signer in KEYS.items()}


def told(made: KeyChange, **changes: Any) -> Row:
    """A change as its event holds it."""
    fields: Row = json.loads(json.dumps(dump_key_change(made)))
    return fields | changes


def load(made: KeyChange, **changes: Any) -> Change:
    return load_change(event("KeysChanged", change=told(made, **changes)))


def enrolment(uid: str, signer: FileSigner | None = None, custody: str = "file") -> KeyChange:
    return enrol(signer or KEYS[uid], ORIGIN, uid, custody, AT)


def rotation(uid: str, signer: FileSigner = NEW, custody: str = "file") -> KeyChange:
    return rotate(ID[uid], signer, ORIGIN, uid, custody, AT)


def revocation(uid: str, suspect_since: str | None = None) -> KeyChange:
    return KeyRevoked(key=ID[uid], reason="遗失", suspect_since=suspect_since)


FOUNDING = found(KEYS["lugong"], KEYS[SERVICE], ORIGIN, "lugong", "agent", AT, ("lugong", "chen"))
APPOINTMENT = RegistrarsAppointed(registrars=("hanjiang",))
OF_EACH_KIND = {
    "founded": FOUNDING,
    "enrolled": enrolment("linlan"),
    "rotated": rotation("linlan"),
    "revoked": revocation("linlan"),
    "appointed": APPOINTMENT,
}


def brought(uid: str, signer: FileSigner, custody: str, fields: Row, prefix: str = "") -> Brought:
    return Brought(
        uid=uid,
        key=signer.key_id,
        public=fields[f"{prefix}public"],
        custody=custody,
        since=AT,
        proof=fields[f"{prefix}proof"],
    )


def lived(uid: str, signer: FileSigner, since: int, **changes: Any) -> Enrolment:
    public = signer.public.public_bytes_raw()
    life: Row = {"uid": uid, "key": signer.key_id, "public": public, "custody": "file"}
    return Enrolment(**(life | {"since": since} | changes))


def fold(*changes: KeyChange) -> KeyState:
    """The state after the founding and some more changes."""
    state = KeyState(suite=SHA256_ED25519)
    for seq, one in enumerate((FOUNDING, *changes)):
        state = state.after(load(one), seq)
    return state


def refuse(state: KeyState, change: Change, seq: int) -> tuple[str, str]:
    """Why a change cannot be."""
    with pytest.raises(Flaw) as flaw:
        state.after(change, seq)
    return flaw.value.zh, flaw.value.en


# -- a change as it is read -------------------------------------------------------------


def test_a_founding_brings_in_the_key_of_the_first_registrar_and_that_of_the_service() -> None:
    fields = told(FOUNDING)
    first = brought("lugong", KEYS["lugong"], "agent", fields)
    second = brought(SERVICE, KEYS[SERVICE], "service", fields, "service_")
    wanted = Change(
        kind="founded",
        uid="lugong",
        key=ID["lugong"],
        registrars=("lugong", "chen"),
        brought=(first, second),
    )
    assert load(FOUNDING) == wanted


def test_an_enrolment_is_read_with_the_consents_to_it() -> None:
    agreed = consent("hanjiang", "a matter")
    made = enrolment("linlan")
    assert load(made, consents=[agreed]) == Change(
        kind="enrolled",
        uid="linlan",
        key=ID["linlan"],
        brought=(brought("linlan", KEYS["linlan"], "file", told(made)),),
        consents=(Consent(**agreed),),
    )
    assert load(made).consents == ()


def test_the_other_changes_are_read() -> None:
    made = rotation("linlan", custody="agent")
    assert load(made) == Change(
        kind="rotated",
        uid="linlan",
        key=NEW.key_id,
        old=ID["linlan"],
        brought=(brought("linlan", NEW, "agent", told(made)),),
    )
    key = ID["linlan"]
    assert load(revocation("linlan")) == Change(kind="revoked", key=key)
    doubted = Change(kind="revoked", key=key, suspect_since=LATER)
    assert load(revocation("linlan", LATER)) == doubted
    assert load(APPOINTMENT) == Change(kind="appointed", registrars=("hanjiang",))


def test_what_a_further_registrar_consents_to() -> None:
    made = enrolment("linlan", custody="agent")
    fields = told(made)
    names = ("custody", "from", "key", "public", "uid")
    assert load(made).matter == {"act": "enrol", **{name: fields[name] for name in names}}
    assert load(revocation("linlan")).matter is None


RIGHT = event("KeysChanged", change=told(APPOINTMENT))


@pytest.mark.parametrize(
    "value",
    [
        *(None, "KeysChanged", {}, [RIGHT], RIGHT | {"event": "Redacted"}, RIGHT | {"version": 2}),
        *(RIGHT | {"change": "appointed"}, RIGHT | {"more": 1}),
    ],
)
def test_another_event_is_no_change(value: Any) -> None:
    with pytest.raises(Flaw) as flaw:
        load_change(value)
    assert flaw.value.zh == "钥匙流里有别的事件"
    assert flaw.value.en == "the stream of keys holds another event"


@pytest.mark.parametrize("kind", ["other", "", 5, None, ["founded"]])
def test_a_change_of_another_kind_is_unknown(kind: Any) -> None:
    with pytest.raises(Flaw, match="an unknown change of keys"):
        load(APPOINTMENT, change=kind)
    with pytest.raises(Flaw, match="an unknown change of keys"):
        load_change(event("KeysChanged", change={}))


@pytest.mark.parametrize("kind", OF_EACH_KIND)
def test_a_change_has_all_its_fields_and_no_other(kind: str) -> None:
    fields = told(OF_EACH_KIND[kind])
    every = [fields | {"more": 1}]
    every += [
        {name: one for name, one in fields.items() if name != gone}
        for gone in fields.keys() - {"change"}
    ]
    for one in every:
        with pytest.raises(Flaw, match="fields of the change are missing or unknown"):
            load_change(event("KeysChanged", change=one))


@pytest.mark.parametrize("kind", OF_EACH_KIND)
def test_every_field_of_a_change_is_of_its_kind(kind: str) -> None:
    made = OF_EACH_KIND[kind]
    for name in told(made).keys() - {"change"}:
        with pytest.raises(Flaw) as flaw:
            load(made, **{name: 5})
        assert flaw.value.zh == f"钥匙变动的字段 {name} 不成样子"
        assert flaw.value.en == f"the field {name} is ill-formed"


@pytest.mark.parametrize(
    ("made", "name", "value"),
    [
        *((APPOINTMENT, "registrars", one) for one in ("hanjiang", [5], ["hanjiang", None], None)),
        *((FOUNDING, "custody", one) for one in ("paper", "", None, ["file"])),
        *((FOUNDING, "from", one) for one in ("yesterday", "", None, [AT])),
        *((revocation("linlan"), "suspect_since", one) for one in ("yesterday", "", [AT])),
        *((enrolment("linlan"), "consents", one) for one in ("", None, {})),
        *((rotation("linlan"), name, None) for name in ("uid", "old", "key", "public", "proof")),
    ],
)
def test_a_field_that_looks_right_at_first_is_not(made: KeyChange, name: str, value: Any) -> None:
    with pytest.raises(Flaw, match=f"the field {name} is ill-formed"):
        load(made, **{name: value})


@pytest.mark.parametrize("custody", ["file", "agent", "service"])
def test_a_key_is_kept_in_one_of_three_ways(custody: str) -> None:
    (one,) = load(enrolment("linlan", custody=custody)).brought
    assert one.custody == custody


def test_a_consent_that_is_ill_formed_is_told() -> None:
    with pytest.raises(Flaw, match="a consent is ill-formed"):
        load(enrolment("linlan"), consents=[{}])


# -- whose key is whose -----------------------------------------------------------------


def test_a_founding_begins_the_keys() -> None:
    state = fold()
    lives = (
        lived("lugong", KEYS["lugong"], 0, custody="agent"),
        lived(SERVICE, KEYS[SERVICE], 0, custody="service"),
    )
    assert state.enrolments == {one.key: one for one in lives}
    assert (state.seq, state.appointments) == (0, ((0, ("lugong", "chen")),))


def test_each_change_leaves_its_mark() -> None:
    state = fold(enrolment("linlan"), APPOINTMENT, rotation("linlan"), enrolment("wutong"))
    assert state.seq == 4
    assert state.appointments == ((0, ("lugong", "chen")), (2, ("hanjiang",)))
    assert list(state.enrolments.values())[2:] == [
        lived("linlan", KEYS["linlan"], 1, until=3),
        lived("linlan", NEW, 3),
        lived("wutong", KEYS["wutong"], 4),
    ]


def test_a_key_ends_once_and_the_earlier_suspicion_holds() -> None:
    suspicions = (None, LATER, None, AT, LATER)
    key = ID["linlan"]
    for count, wanted in ((1, None), (2, LATER), (3, LATER), (4, AT), (5, AT)):
        ends = [revocation("linlan", one) for one in suspicions[:count]]
        state = fold(enrolment("linlan"), *ends)
        assert state.enrolments[key] == lived(
            "linlan", KEYS["linlan"], 1, until=2, suspect_since=wanted
        )


def test_a_key_is_valid_from_its_enrolment_to_before_its_end_and_its_persons_alone() -> None:
    state = fold(enrolment("linlan"), APPOINTMENT, revocation("linlan"))
    key, public = ID["linlan"], KEYS["linlan"].public.public_bytes_raw()
    assert [state.find("linlan", key, at) for at in range(5)] == [None, public, public, None, None]
    assert [state.is_valid("linlan", key, at) for at in range(4)] == [False, True, True, False]
    assert not state.is_valid("wutong", key, 1)
    assert not state.is_valid("linlan", NEW.key_id, 1)
    assert state.find("linlan", NEW.key_id, 1) is None
    assert state.is_valid("lugong", ID["lugong"], 99)


def test_who_was_appointed_last_is_registrar() -> None:
    assert not KeyState(suite=SHA256_ED25519).is_registrar("lugong")
    assert [fold().is_registrar(uid) for uid in ("lugong", "chen", "hanjiang")] == [1, 1, 0]
    later = fold(APPOINTMENT)
    assert [later.is_registrar(uid) for uid in ("lugong", "chen", "hanjiang")] == [0, 0, 1]


# -- what cannot be ---------------------------------------------------------------------


def test_the_keys_begin_with_one_founding() -> None:
    said = ("钥匙流须以一条创立记录开头", "the keys begin with one founding")
    assert refuse(KeyState(suite=SHA256_ED25519), load(APPOINTMENT), 0) == said
    assert refuse(fold(), load(FOUNDING), 1) == said


def test_only_a_persons_own_valid_key_is_rotated_away() -> None:
    said = ("被更换的钥匙当时无效", "the key rotated away was not valid")
    known = fold(enrolment("linlan"))
    assert refuse(fold(), load(rotation("linlan")), 1) == said
    assert refuse(known, load(rotation("lugong"), old=ID["linlan"]), 2) == said
    ended = fold(enrolment("linlan"), revocation("linlan"))
    assert refuse(ended, load(rotation("linlan")), 3) == said


def test_only_a_key_that_was_enrolled_is_revoked() -> None:
    said = ("吊销的钥匙没有登记过", "the key revoked was never enrolled")
    assert refuse(fold(), load(revocation("linlan")), 1) == said


def test_the_service_key_is_the_systems_alone() -> None:
    said = ("服务钥匙属于且只属于系统", "the service key is the system's alone")
    assert refuse(fold(), load(enrolment("linlan", custody="service")), 1) == said
    assert refuse(fold(), load(enrolment(SERVICE, NEW)), 1) == said
    renewed = fold(rotation(SERVICE, custody="service"))
    assert renewed.is_valid(SERVICE, NEW.key_id, 1)


def test_a_key_is_enrolled_once() -> None:
    said = ("钥匙已经登记过", "the key is enrolled already")
    ended = fold(enrolment("linlan"), revocation("linlan"))
    assert refuse(ended, load(enrolment("linlan")), 3) == said
    assert refuse(ended, load(enrolment("wutong", KEYS["lugong"])), 3) == said


def test_a_key_is_the_one_its_id_names() -> None:
    """One that is none is in nobody's hands, and what is signed under it does not hold."""
    for changes, said in (
        ({"key": ID["hanjiang"]}, ("公钥与钥匙编号不符", "the public key does not fit its id")),
        ({"public": ""}, ("不是可用的 Ed25519 公钥", "not a usable Ed25519 key")),
    ):
        wrong = load(enrolment("linlan"), **changes)
        assert unproven(wrong) == said
        key = wrong.brought[0].key
        assert fold().after(wrong, 1).find("linlan", key, 1) == b""


def test_there_is_a_registrar() -> None:
    said = ("至少须有一名登记人员", "there must be a registrar")
    assert refuse(fold(), load(APPOINTMENT, registrars=[]), 1) == said
    assert refuse(KeyState(suite=SHA256_ED25519), load(FOUNDING, registrars=[]), 0) == said


# -- who may make a change --------------------------------------------------------------


def may(state: KeyState, change: Change, uid: str, key: str | None = None) -> bool:
    """Whether somebody, signing with his key or another, may make a change next."""
    try:
        state.require_entitled(change, uid, key or ID[uid])
    except NotEntitled:
        return False
    return True


def test_a_report_says_who_may_not() -> None:
    with pytest.raises(NotEntitled) as flaw:
        fold().require_entitled(load(APPOINTMENT), "linlan", ID["linlan"])
    assert flaw.value.zh == "linlan 无权作此钥匙变动"
    assert flaw.value.en == "linlan may not make this change"


def test_who_founds_signs_with_the_key_he_brings_and_only_at_the_beginning() -> None:
    change, before = load(FOUNDING), KeyState(suite=SHA256_ED25519)
    assert may(before, change, "lugong")
    assert not may(before, change, "lugong", NEW.key_id)
    assert not may(before, change, "hanjiang", ID["lugong"])
    assert not may(fold(), change, "lugong")
    assert not may(before, load(APPOINTMENT), "lugong")


def test_a_registrar_enrols_and_appoints_with_a_key_that_is_valid() -> None:
    state = fold(enrolment("hanjiang"), enrolment("linlan"), APPOINTMENT)
    for change in (load(enrolment("wutong")), load(APPOINTMENT)):
        assert may(state, change, "hanjiang")
        assert not may(state, change, "lugong")
        assert not may(state, change, "hanjiang", ID["linlan"])
        assert not may(fold(APPOINTMENT), change, "hanjiang")
        ended = fold(enrolment("hanjiang"), APPOINTMENT, revocation("hanjiang"))
        assert not may(ended, change, "hanjiang")


def test_the_holder_or_a_registrar_revokes() -> None:
    state = fold(enrolment("linlan"), enrolment("wutong"))
    change = load(revocation("linlan"))
    assert [may(state, change, uid) for uid in ("linlan", "lugong", "wutong")] == [1, 1, 0]
    unknown = load(revocation("hanjiang"))
    assert [may(state, unknown, uid) for uid in ("linlan", "lugong")] == [0, 1]


def test_the_holder_does_not_enrol_or_appoint_in_the_name_of_his_key() -> None:
    state = fold(enrolment("linlan"))
    assert not may(state, load(enrolment("linlan")), "linlan")


def test_a_key_is_rotated_with_the_old_one_by_its_holder() -> None:
    state = fold(enrolment("linlan"), enrolment("wutong"), enrolment("linlan", OTHER))
    change = load(rotation("linlan"))
    assert may(state, change, "linlan")
    assert not may(state, change, "linlan", OTHER.key_id)
    assert not may(state, change, "lugong")
    assert not may(state, load(rotation("linlan"), uid="wutong"), "linlan")


def test_those_who_consent_are_registrars() -> None:
    state = fold(RegistrarsAppointed(registrars=("lugong", "hanjiang")), enrolment("hanjiang"))
    agreed = [consent(uid, None) for uid in ("hanjiang", "linlan")]
    assert may(state, load(enrolment("wutong"), consents=agreed[:1]), "lugong")
    for wrong in (agreed, agreed[1:]):
        assert not may(state, load(enrolment("wutong"), consents=wrong), "lugong")


# -- possession -------------------------------------------------------------------------


def unproven(change: Change, origin: str = ORIGIN) -> tuple[str, str] | None:
    """What is said of a change that does not prove possession."""
    try:
        require_proofs(change, origin, SHA256_ED25519)
    except NotProven as flaw:
        return flaw.zh, flaw.en
    return None


def missing(uid: str) -> tuple[str, str]:
    return f"未能证明 {uid} 持有所登记的钥匙", f"{uid} did not prove it"


def test_every_key_brought_in_proves_itself() -> None:
    for made in OF_EACH_KIND.values():
        assert unproven(load(made)) is None


def test_a_proof_is_of_this_key_for_this_person_in_this_store() -> None:
    made = enrolment("linlan")
    assert unproven(load(made), "elsewhere.example") == missing("linlan")
    for changes in ({"uid": "wutong"}, {"custody": "agent"}, {"from": LATER}):
        assert unproven(load(made, **changes)) == missing(changes.get("uid", "linlan"))
    other = told(enrolment("linlan", NEW))
    assert unproven(load(made, key=other["key"], public=other["public"])) == missing("linlan")


@pytest.mark.parametrize("proof", ["", "?", base64.b64encode(bytes(64)).decode()])
def test_what_is_no_signature_proves_nothing(proof: str) -> None:
    assert unproven(load(enrolment("linlan"), proof=proof)) == missing("linlan")
    assert unproven(load(FOUNDING, proof=proof)) == missing("lugong")
    assert unproven(load(FOUNDING, service_proof=proof)) == missing(SERVICE)
