"""The office's own acts: who may, and that a refusal of them is on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.catalog import Draft
from engine.desk import Receipt, Refused
from engine.errors import EvidenceError
from engine.evidence.keys import KeyEnrolled, KeyRevoked, RegistrarsAppointed, enrol, rotate
from engine.evidence.signing import FileSigner, make_key
from engine.language.amendments import Amendment, Delegated, LeaveTaken, PostGranted
from engine.registry import APPOINT, DELEGATE, ENROL, GRANT, LEAVE, REVOKE, ROTATE
from engine.rehearsal.office import Office
from engine.scribe import instant
from engine.store.rows import Query
from engine.verifying import verify_store

DAY = date(2026, 12, 7)


def refusals(office: Office) -> list[tuple[str, str, str]]:
    found = office.store.query(Query(refusals=True))
    return [(one.actor_name, one.action, one.code or "") for one in found]


def test_only_the_holder_of_the_power_publishes(office: Office) -> None:
    text = Draft(kind="params", name="params", content=b"x", model="0" * 64)
    clerk = office.person("罗平")
    before = office.desk.catalog.editions
    answer = office.registry.publish((text,), clerk, office.signers[clerk], DAY)
    assert isinstance(answer, Refused)
    assert answer.refusal.code == "E_ROLE"
    assert "韩江" in str(answer.refusal.reasons[0].remedy)
    assert office.desk.catalog.editions == before
    assert refusals(office) == [("罗平", "发布", "E_ROLE")]
    assert verify_store(office.store) == ()


def amendments(office: Office) -> dict[str, Amendment]:
    one, other = office.person("罗平"), office.person("苏晓")
    return {
        GRANT: PostGranted(post="会计", person=one, from_=DAY),
        DELEGATE: Delegated(from_person=other, to_person=one, from_=DAY, until=DAY),
        LEAVE: LeaveTaken(person=other, from_=DAY, until=DAY),
    }


@pytest.mark.parametrize("act", [GRANT, DELEGATE, LEAVE])
def test_nobody_changes_people_without_the_right_to(office: Office, act: str) -> None:
    uid = office.person("罗平")
    answer = office.registry.amend(amendments(office)[act], uid, office.signers[uid], act)
    assert isinstance(answer, Refused)
    assert refusals(office) == [("罗平", act, "E_ROLE")]


def test_another_key_does_not_grant(office: Office) -> None:
    uid = office.person("卢工")
    amendment = amendments(office)[GRANT]
    forged = office.registry.amend(amendment, uid, FileSigner(make_key()), GRANT)
    assert isinstance(forged, Refused)
    assert forged.refusal.code == "E_KEY"
    assert isinstance(office.registry.amend(amendment, uid, office.signers[uid], GRANT), Receipt)
    assert verify_store(office.store) == ()


def test_keys_are_changed_by_their_owner_or_a_registrar(office: Office) -> None:
    clerk, victim = office.person("罗平"), office.person("苏晓")
    key = office.signers[victim].key_id
    change = KeyRevoked(key=key, reason="不喜欢", suspect_since=None)
    answer = office.registry.change_keys(change, clerk, office.signers[clerk], REVOKE)
    assert isinstance(answer, Refused)
    fresh = enrol(FileSigner(make_key()), office.store.origin, clerk, "file", instant(office.now))
    answer = office.registry.change_keys(fresh, clerk, office.signers[clerk], ENROL)
    assert isinstance(answer, Refused)
    assert office.desk.keys().is_valid(victim, key)
    assert refusals(office) == [("罗平", REVOKE, "E_ROLE"), ("罗平", ENROL, "E_ROLE")]
    office.now += timedelta(minutes=1)
    own = office.registry.change_keys(change, victim, office.signers[victim], REVOKE)
    assert isinstance(own, Receipt)
    assert not office.desk.keys().is_valid(victim, key)
    assert verify_store(office.store) == ()


def enrolled_anew(office: Office, who: str) -> KeyEnrolled:
    fresh = FileSigner(make_key())
    return enrol(fresh, office.store.origin, office.person(who), "file", instant(office.now))


def test_a_key_for_an_approving_post_needs_two_registrars(office: Office) -> None:
    first, second, clerk = (office.person(one) for one in ("卢工", "吴桐", "罗平"))
    registry, keys = office.registry, office.signers
    change = enrolled_anew(office, "韩江")
    alone = registry.change_keys(change, first, keys[first], ENROL)
    assert isinstance(alone, Refused)
    assert alone.refusal.code == "E_SOD"
    assert "吴桐" in str(alone.refusal.reasons[0].remedy)
    other = registry.consent_to(enrolled_anew(office, "韩江"), second, keys[second])
    for wrong in (
        registry.consent_to(change, first, keys[first]),
        registry.consent_to(change, clerk, keys[clerk]),
        registry.consent_to(change, second, keys[clerk]),
        replace(change, consents=other.consents),
    ):
        assert isinstance(registry.change_keys(wrong, first, keys[first], ENROL), Refused)
    assert not office.desk.keys().is_valid(office.person("韩江"), change.key)
    both = registry.consent_to(change, second, keys[second])
    assert isinstance(registry.change_keys(both, first, keys[first], ENROL), Receipt)
    assert office.desk.keys().is_valid(office.person("韩江"), change.key)
    plain = enrolled_anew(office, "罗平")
    assert isinstance(registry.change_keys(plain, first, keys[first], ENROL), Receipt)
    assert verify_store(office.store) == ()


def test_a_change_of_keys_nobody_could_read_is_not_signed(office: Office) -> None:
    who = office.person("卢工")
    key = office.signers[office.person("苏晓")].key_id
    before = office.store.head("keys")
    change = KeyRevoked(key=key, reason="丢失", suspect_since="2026-11-02T09:00:00+08:00")
    with pytest.raises(EvidenceError, match="suspect_since"):
        office.registry.change_keys(change, who, office.signers[who], REVOKE)
    assert office.store.head("keys") == before


def test_registrars_are_appointed_by_a_registrar_and_a_key_is_rotated_by_its_holder(
    office: Office,
) -> None:
    registry, keys = office.registry, office.signers
    first, second, clerk = (office.person(one) for one in ("卢工", "吴桐", "罗平"))
    only = RegistrarsAppointed(registrars=(second,))
    assert isinstance(registry.change_keys(only, clerk, keys[clerk], APPOINT), Refused)
    assert isinstance(registry.change_keys(only, first, keys[first], APPOINT), Receipt)
    late = enrolled_anew(office, "罗平")
    assert isinstance(registry.change_keys(late, first, keys[first], ENROL), Refused)
    fresh = FileSigner(make_key())
    old, at = keys[clerk].key_id, instant(office.now)
    change = rotate(old, fresh, office.store.origin, clerk, "file", at)
    assert isinstance(registry.change_keys(change, first, keys[first], ROTATE), Refused)
    assert isinstance(registry.change_keys(change, clerk, keys[clerk], ROTATE), Receipt)
    assert office.desk.keys().is_valid(clerk, fresh.key_id)
    assert not office.desk.keys().is_valid(clerk, keys[clerk].key_id)
    assert verify_store(office.store) == ()
