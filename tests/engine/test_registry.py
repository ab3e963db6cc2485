"""The office's own acts: who may, and that a refusal of them is on record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from engine.catalog import Draft
from engine.desk import Receipt, Refused
from engine.evidence.keys import FileSigner, KeyRevoked, enrol, make_key
from engine.language.amendments import Amendment, Delegated, LeaveTaken, PostGranted
from engine.registry import DELEGATE, ENROL, GRANT, LEAVE, REVOKE
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
