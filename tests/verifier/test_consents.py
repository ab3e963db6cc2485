"""Consents as the verifier reads them: each thing that can be wrong with one, by itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from engine.evidence.consent import give_consent
from engine.evidence.record import SERVICE, Party
from engine.evidence.signing import FileSigner, make_key
from verifier.canonical import Flaw
from verifier.consents import Consent, consent_problem, load_consents
from verifier.suites import SHA256_ED25519

ORIGIN, MATTER, AT = "office.example", {"what": "a thing"}, "2026-11-02T01:30:00.000Z"
KEYS = {uid: FileSigner(make_key()) for uid in ("wutong", "linlan", SERVICE)}


def find(uid: str, key: str) -> bytes | None:
    """The keys as they are enrolled."""
    signer = KEYS[uid]
    return signer.public.public_bytes_raw() if signer.key_id == key else None


def given(who: str = "wutong", /, **changes: object) -> dict[str, Any]:
    """A consent as an event holds it."""
    made = give_consent(KEYS[who], Party(uid=who, name=who), AT, ORIGIN, MATTER)
    return asdict(made) | changes


def problem(*events: dict[str, Any], signer: str = "hanjiang") -> Flaw | None:
    return consent_problem(
        load_consents(list(events)), ORIGIN, MATTER, signer, find, SHA256_ED25519
    )


def test_the_consents_of_others_hold() -> None:
    assert problem() is None
    assert problem(given()) is None
    assert problem(given(), given("linlan")) is None
    assert load_consents([given()]) == (Consent(**given()),)


def test_nobody_consents_to_his_own_act_or_twice() -> None:
    for flaw in (problem(given(), signer="wutong"), problem(given(), given())):
        assert flaw is not None
        assert flaw.en == "a consent must be another person's"


def test_a_key_that_is_not_his_or_of_the_service_consents_to_nothing() -> None:
    for one in (given(key=KEYS["linlan"].key_id), given(SERVICE)):
        flaw = problem(one)
        assert flaw is not None
        assert flaw.en == "the key of the consent was not valid there"


@pytest.mark.parametrize(
    "changes",
    [
        {"sig": given("linlan")["sig"]},
        {"sig": "?"},
        {"sig": ""},
        {"name": "another"},
        {"at": "2026-11-02T01:30:00.001Z"},
    ],
)
def test_what_was_not_signed_is_no_consent(changes: dict[str, str]) -> None:
    flaw = problem(given(**changes))
    assert flaw is not None
    assert flaw.en == "the consent is not signed"


def test_a_consent_to_another_matter_or_elsewhere_is_none() -> None:
    consents = load_consents([given()])
    for origin, matter in ((ORIGIN, {"what": "another"}), ("elsewhere.example", MATTER)):
        flaw = consent_problem(consents, origin, matter, "hanjiang", find, SHA256_ED25519)
        assert flaw is not None


@pytest.mark.parametrize(
    "value",
    [
        None,
        "wutong",
        {},
        ["wutong"],
        [{}],
        [given(more=1)],
        [given(at="yesterday")],
        [given(at="yesterday", more=1)],
        *([given(**{name: 1})] for name in ("uid", "name", "key", "at", "sig")),
        [given(), None],
    ],
)
def test_a_consent_that_is_ill_formed_is_refused(value: Any) -> None:
    with pytest.raises(Flaw, match="ill-formed"):
        load_consents(value)
