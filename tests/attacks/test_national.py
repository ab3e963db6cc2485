"""An office that keeps its history in `sm3-sm2`: the same attacks, told by the same codes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.evidence.suite import SM3_SM2
from engine.verifying import verify_store
from tests.attacks.forge import take_apart
from tests.attacks.matrix import Attack
from tests.attacks.test_matrix import FOUND
from tests.verifier.ground import Ground
from tests.verifier.losses import prepare
from verifier import suites


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ground]:
    return prepare(tmp_path_factory.mktemp("national"), SM3_SM2)


def test_nothing_is_wrong_with_what_was_done(grounds: dict[str, Ground]) -> None:
    for ground in grounds.values():
        assert verify_store(ground.office.store) == ()
        assert ground.judge(ground.files).verdict == "valid"


@pytest.mark.parametrize("attack", FOUND, ids=lambda one: f"{one.who}-{one.name}")
def test_the_attack_is_found(attack: Attack, grounds: dict[str, Ground]) -> None:
    report = attack.judged(grounds[attack.ground])
    assert report.first is not None, report.show("zh")
    assert (report.first.code, report.exit) == (attack.code, 1), report.show("zh")


def test_a_control_without_its_signatures_a_step_in_somebodys_name_goes_by(
    grounds: dict[str, Ground], monkeypatch: pytest.MonkeyPatch
) -> None:
    (attack,) = [one for one in FOUND if one.name == "write_a_step_in_somebodys_name"]
    blind = replace(suites.SM3_SM2, which_are_signed=lambda claims: [True] * len(claims))
    monkeypatch.setitem(suites.SUITES, SM3_SM2.name, blind)  # type: ignore[arg-type]
    assert attack.judged(grounds[attack.ground], 2).exit != 1


def test_a_bundle_that_names_the_other_suite_holds_nothing(grounds: dict[str, Ground]) -> None:
    ground = grounds["paper"]
    header = ground.files["bundle.json"]
    for name, code in (("sha256-ed25519", "E_BODY"), ("sm3-rsa", "E_BUNDLE")):
        changed = header.replace(b'"sm3-sm2"', f'"{name}"'.encode())
        report = ground.judge({**ground.files, "bundle.json": changed})
        assert report.first is not None
        assert (report.first.code, report.verdict) == (code, "tampered")


def test_a_record_that_names_the_other_suite_is_none(grounds: dict[str, Ground]) -> None:
    ground = grounds["paper"]
    forge = take_apart(ground, ground.office.signers, service=True)
    forge.entries[-1].body["suite"] = "sha256-ed25519"
    forge.rewrite()
    report = ground.judge(forge.dump())
    assert report.first is not None
    last = len(forge.entries) - 1
    assert (report.first.code, report.first.field) == ("E_BODY", f"index {last} suite")
