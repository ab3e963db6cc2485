"""Whose key is whose: proof of possession, the fold by position, and who may change what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.errors import EvidenceError
from engine.evidence.canonical import encode_base64
from engine.evidence.checks import check_key_change, check_power
from engine.evidence.keys import (
    SERVICE,
    KeyChange,
    KeyRevoked,
    KeyState,
    RegistrarsAppointed,
    dump_key_change,
    enrol,
    found,
    load_key_change,
    require_proof,
    rotate,
)
from engine.evidence.record import Body, Head
from engine.evidence.signing import (
    FileSigner,
    dump_public,
    is_signed,
    key_id,
    load_public,
    make_key,
)
from engine.evidence.suite import SHA256_ED25519

Signers = Callable[[int], FileSigner]
ORIGIN = "oa.example/logistics"
FROM = "2026-11-02T01:30:00.000Z"
REGISTRAR, SYSTEM, CLERK, NEXT = 1, 9, 2, 3


@pytest.fixture
def founded(signer: Signers) -> KeyState:
    """lugong is the registrar; the service key is enrolled; #1 enrols luoping."""
    start = found(signer(REGISTRAR), signer(SYSTEM), ORIGIN, "lugong", "file", FROM, ("lugong",))
    state = KeyState().after(start, 0)
    return state.after(enrol(signer(CLERK), ORIGIN, "luoping", "file", FROM), 1)


def every_change(signer: Signers) -> list[KeyChange]:
    return [
        found(signer(1), signer(9), ORIGIN, "lugong", "file", FROM, ("lugong", "luoping")),
        enrol(signer(2), ORIGIN, "luoping", "agent", FROM),
        rotate(signer(2).key_id, signer(3), ORIGIN, "luoping", "file", FROM),
        KeyRevoked(key=signer(2).key_id, reason="遗失", suspect_since=None),
        KeyRevoked(key=signer(2).key_id, reason="被盗", suspect_since=FROM),
        RegistrarsAppointed(registrars=("lugong",)),
    ]


def test_two_new_keys_differ_and_a_public_key_reads_back() -> None:
    one, other = make_key().public_key(), make_key().public_key()
    assert key_id(one) != key_id(other)
    assert key_id(load_public(dump_public(one))) == key_id(one)


@pytest.mark.parametrize("text", ["", "AA==", "not base64", encode_base64(bytes(44))])
def test_what_is_no_ed25519_key_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        load_public(text)


def test_a_key_under_which_one_signature_fits_every_text_is_refused() -> None:
    """RFC 8032 verifies R = S·B − h·A; with A of order 1, R = A and S = 0 always fit."""
    weak = Ed25519PublicKey.from_public_bytes(b"\x01" + bytes(31))
    forged = b"\x01" + bytes(63)
    assert is_signed(weak, forged, b"one")
    assert is_signed(weak, forged, b"another")
    with pytest.raises(EvidenceError, match="过弱"):
        load_public(dump_public(weak))


def test_a_key_has_one_spelling() -> None:
    twice = Ed25519PublicKey.from_public_bytes((2**255 - 19 + 5).to_bytes(32, "little"))
    with pytest.raises(EvidenceError, match="不规范"):
        load_public(dump_public(twice))


def test_every_change_reads_back_even_after_tuples_became_lists(signer: Signers) -> None:
    for change in every_change(signer):
        dumped = dump_key_change(change)
        as_stored = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dumped.items()
        }
        assert load_key_change(dumped) == change
        assert load_key_change(as_stored) == change


def test_a_change_with_a_field_dropped_added_or_of_another_kind_is_refused(
    signer: Signers,
) -> None:
    for change in every_change(signer):
        dumped: dict[str, Any] = dump_key_change(change)
        for name in dumped:
            for broken in (
                {key: value for key, value in dumped.items() if key != name},
                dumped | {name: 7},
                dumped | {"more": "x"},
            ):
                with pytest.raises(EvidenceError):
                    load_key_change(broken)


def test_possession_holds_for_exactly_what_was_claimed(signer: Signers) -> None:
    known = enrol(signer(2), ORIGIN, "luoping", "file", FROM)
    require_proof(known, ORIGIN, SHA256_ED25519)
    other = enrol(signer(3), ORIGIN, "luoping", "file", FROM)
    changes = {
        "uid": "suxiao",
        "key": other.key,
        "public": other.public,
        "custody": "agent",
        "from_": "2026-11-02T01:30:00.001Z",
        "proof": other.proof,
    }
    assert {*changes, "consents"} == {one.name for one in fields(known)}
    for name, value in changes.items():
        with pytest.raises(EvidenceError):
            require_proof(replace(known, **{name: value}), ORIGIN, SHA256_ED25519)
    with pytest.raises(EvidenceError):
        require_proof(known, "elsewhere", SHA256_ED25519)


def test_founding_proves_both_keys(signer: Signers) -> None:
    start = found(signer(1), signer(9), ORIGIN, "lugong", "file", FROM, ("lugong",))
    require_proof(start, ORIGIN, SHA256_ED25519)
    with pytest.raises(EvidenceError, match=SERVICE):
        require_proof(replace(start, service_proof=start.proof), ORIGIN, SHA256_ED25519)


def test_a_key_counts_from_its_own_position(founded: KeyState, signer: Signers) -> None:
    clerk = signer(CLERK).key_id
    assert founded.is_valid("luoping", clerk)
    assert not founded.is_valid("luoping", clerk, at=0)
    assert not founded.is_valid("suxiao", clerk)
    assert not founded.is_valid("luoping", signer(NEXT).key_id)
    assert founded.is_valid(SERVICE, signer(SYSTEM).key_id)
    assert founded.is_registrar("lugong")
    assert not founded.is_registrar("luoping")


def test_rotation_ends_the_old_key_and_keeps_its_past(founded: KeyState, signer: Signers) -> None:
    old, new = signer(CLERK).key_id, signer(NEXT).key_id
    state = founded.after(rotate(old, signer(NEXT), ORIGIN, "luoping", "file", FROM), 2)
    assert (state.is_valid("luoping", old), state.is_valid("luoping", new)) == (False, True)
    assert state.is_valid("luoping", old, at=1)
    assert not state.is_valid("luoping", new, at=1)
    assert [one.key for one in state.keys_of("luoping")] == [old, new]


def test_revocation_ends_a_key_at_its_position(founded: KeyState, signer: Signers) -> None:
    clerk = signer(CLERK).key_id
    state = founded.after(KeyRevoked(key=clerk, reason="遗失", suspect_since=None), 2)
    assert not state.is_valid("luoping", clerk)
    assert state.is_valid("luoping", clerk, at=1)
    assert not state.is_doubtful(clerk, "2027-01-01T00:00:00.000Z")


def test_a_later_report_of_theft_only_widens_the_suspicion(
    founded: KeyState, signer: Signers
) -> None:
    clerk = signer(CLERK).key_id
    late, early = "2026-11-05T00:00:00.000Z", "2026-11-03T00:00:00.000Z"
    state = founded.after(KeyRevoked(key=clerk, reason="被盗", suspect_since=late), 2)
    for seq, since in ((3, early), (4, late), (5, None)):
        state = state.after(KeyRevoked(key=clerk, reason="补报", suspect_since=since), seq)
    assert state.is_doubtful(clerk, early)
    assert not state.is_doubtful(clerk, "2026-11-02T23:59:59.999Z")
    assert state.is_valid("luoping", clerk, at=1)
    assert not state.is_valid("luoping", clerk, at=2)


def test_what_makes_no_sense_is_refused(founded: KeyState, signer: Signers) -> None:
    start = found(signer(1), signer(9), ORIGIN, "lugong", "file", FROM, ("lugong",))
    again = enrol(signer(CLERK), ORIGIN, "suxiao", "file", FROM)
    stranger = signer(7).key_id
    nonsense: list[tuple[KeyState, KeyChange, int]] = [
        (KeyState(), enrol(signer(2), ORIGIN, "luoping", "file", FROM), 0),
        (KeyState(), replace(start, registrars=()), 0),
        (founded, start, 2),
        (founded, again, 2),
        (founded, enrol(signer(3), ORIGIN, "suxiao", "file", FROM), 1),
        (founded, enrol(signer(3), ORIGIN, SERVICE, "file", FROM), 2),
        (founded, enrol(signer(3), ORIGIN, "suxiao", "service", FROM), 2),
        (founded, rotate(stranger, signer(3), ORIGIN, "luoping", "file", FROM), 2),
        (founded, rotate(signer(1).key_id, signer(3), ORIGIN, "luoping", "file", FROM), 2),
        (founded, KeyRevoked(key=stranger, reason="遗失", suspect_since=None), 2),
        (founded, RegistrarsAppointed(registrars=()), 2),
    ]
    for state, change, seq in nonsense:
        with pytest.raises(EvidenceError):
            state.after(change, seq)


def test_who_may_make_which_change(founded: KeyState, signer: Signers) -> None:
    start = found(signer(1), signer(9), ORIGIN, "lugong", "file", FROM, ("lugong",))
    registrar = ("lugong", signer(REGISTRAR).key_id)
    clerk = ("luoping", signer(CLERK).key_id)
    forged = ("lugong", signer(CLERK).key_id)
    other = enrol(signer(NEXT), ORIGIN, "suxiao", "file", FROM)
    own = rotate(clerk[1], signer(NEXT), ORIGIN, "luoping", "file", FROM)
    lost = KeyRevoked(key=clerk[1], reason="遗失", suspect_since=None)
    theirs = KeyRevoked(key=registrar[1], reason="遗失", suspect_since=None)
    named = RegistrarsAppointed(registrars=("luoping",))
    allowed = [
        (KeyState(), start, registrar),
        (founded, other, registrar),
        (founded, own, clerk),
        (founded, lost, clerk),
        (founded, lost, registrar),
        (founded, named, registrar),
        (founded.after(named, 2), other, clerk),
    ]
    refused = [
        (KeyState(), start, clerk),
        (KeyState(), other, registrar),
        (founded, start, registrar),
        (founded, other, clerk),
        (founded, other, forged),
        (founded, own, registrar),
        (founded, theirs, clerk),
        (founded, named, clerk),
        (founded.after(named, 2), other, registrar),
        (founded.after(lost, 2), own, clerk),
    ]
    for state, change, who in allowed:
        state.require_entitled(change, *who)
    for state, change, who in refused:
        with pytest.raises(EvidenceError):
            state.require_entitled(change, *who)


def test_a_key_record_is_checked_for_power_and_possession(
    founded: KeyState, body: Body, signer: Signers
) -> None:
    by_registrar = replace(
        body,
        typ="key",
        stream="keys",
        seq=2,
        way="key",
        recorder=None,
        meaning="responsibility",
        actor=replace(body.actor, uid="lugong"),
        key=signer(REGISTRAR).key_id,
    )
    change = enrol(signer(NEXT), ORIGIN, "suxiao", "file", FROM)
    assert check_key_change(by_registrar, change, founded) == ()
    by_clerk = replace(
        by_registrar, actor=replace(body.actor, uid="luoping"), key=signer(CLERK).key_id
    )
    assert [one.code for one in check_key_change(by_clerk, change, founded)] == ["E_POWER"]
    stolen = replace(change, uid="mengzhen")
    assert [one.code for one in check_key_change(by_registrar, stolen, founded)] == ["E_PROOF"]


@pytest.fixture
def own(body: Body, signer: Signers) -> Body:
    """A step by luoping under his own key, after it was enrolled."""
    return replace(
        body,
        way="key",
        recorder=None,
        key=signer(CLERK).key_id,
        keys=Head(seq=1, hash="0" * 64),
    )


def power(body: Body, state: KeyState, at: str = FROM) -> list[tuple[str, str]]:
    return [(one.code, one.field) for one in check_power(body, at, state)]


def test_a_step_needs_its_signers_valid_key(own: Body, founded: KeyState, signer: Signers) -> None:
    assert power(own, founded) == []
    assert power(replace(own, keys=Head(seq=0, hash="0" * 64)), founded) == [("E_POWER", "key")]
    assert power(replace(own, keys=None), founded) == [("E_POWER", "key")]
    assert power(replace(own, keys=Head(seq=2, hash="0" * 64)), founded) == [("E_POWER", "keys")]
    assert power(replace(own, key=signer(7).key_id), founded) == [("E_POWER", "key")]
    other = replace(own, actor=replace(own.actor, uid="suxiao"))
    assert power(other, founded) == [("E_POWER", "actor.uid")]


def test_a_paper_record_needs_the_recorders_key(
    body: Body, own: Body, founded: KeyState, signer: Signers
) -> None:
    assert body.recorder is not None
    clerk = replace(body.recorder, uid="luoping")
    paper = replace(own, way="paper", recorder=clerk, actor=replace(own.actor, uid="suxiao"))
    assert power(paper, founded) == []
    assert power(replace(paper, recorder=body.recorder), founded) == [("E_POWER", "actor.uid")]


def test_a_step_after_revocation_is_found_and_one_before_stands(
    own: Body, founded: KeyState
) -> None:
    state = founded.after(KeyRevoked(key=own.key, reason="遗失", suspect_since=None), 2)
    assert power(own, state) == []
    assert power(replace(own, keys=Head(seq=2, hash="0" * 64)), state) == [("E_POWER", "key")]


def test_a_step_under_suspicion_is_a_doubt(own: Body, founded: KeyState) -> None:
    stolen = KeyRevoked(key=own.key, reason="被盗", suspect_since=FROM)
    state = founded.after(stolen, 2)
    assert [(one.code, one.is_doubt) for one in check_power(own, FROM, state)] == [
        ("E_DOUBT", True)
    ]
    assert power(own, state, "2026-11-02T01:29:59.999Z") == []


def test_the_service_key_signs_for_nobody(own: Body, founded: KeyState, signer: Signers) -> None:
    service = replace(own, key=signer(SYSTEM).key_id)
    assert power(service, founded) == [("E_POWER", "typ"), ("E_POWER", "meaning")]
    assert power(replace(service, meaning="none"), founded) == [("E_POWER", "typ")]
    refusal = replace(service, meaning="none", typ="refusal", code="E_SIGNATURE")
    assert power(refusal, founded) == []
    system = replace(
        service,
        meaning="none",
        typ="open",
        way="system",
        actor=replace(own.actor, uid=SERVICE),
    )
    assert power(system, founded) == []
    assert power(replace(system, typ="step"), founded) == [("E_POWER", "typ")]
