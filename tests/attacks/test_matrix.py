"""Every attack is found by the code it is told by, and by no accident."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.attacks.matrix import ATTACKS, Attack
from tests.verifier.ground import Ground, judge
from tests.verifier.losses import prepare


@pytest.fixture(scope="session")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ground]:
    folder = tmp_path_factory.mktemp("attacks")
    return prepare(folder)


FOUND = [one for one in ATTACKS if one.code is not None]


@pytest.mark.parametrize("attack", FOUND, ids=lambda one: f"{one.who}-{one.name}")
def test_the_attack_is_found(attack: Attack, grounds: dict[str, Ground]) -> None:
    report = attack.judged(grounds[attack.ground])
    assert report.first is not None, report.show("zh")
    assert report.first.code == attack.code, report.show("zh")
    assert (report.verdict, report.exit) == ("tampered", 1)


def test_what_everybody_denies_together_is_not_found(grounds: dict[str, Ground]) -> None:
    (last,) = [one for one in ATTACKS if one.code is None]
    assert last.who == "A5"
    ground = grounds[last.ground]
    assert last.judged(ground).verdict == "valid"
    # Who has no note but those of the witnesses has only their word; without one, none at all.
    files = last.forge(ground).dump()
    assert judge(files, ground.vkey, ()).verdict == "not proven"
    # One honest note that the witnesses could not reach is enough.
    report = judge(files, ground.vkey, (ground.early,))
    assert report.first is not None
    assert report.first.code == "E_CONSISTENCY"


def test_there_are_enough_attacks_of_every_kind() -> None:
    kinds = Counter(one.who for one in ATTACKS)
    assert sum(kinds.values()) >= 40
    assert set(kinds) == {"A1", "A2", "A3", "A4", "A5"}
