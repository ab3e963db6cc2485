"""Every word of the language, in a procedure of its own: the examples beside it come true."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from commands.files import check_texts
from engine.rehearsal.office import Office, Texts
from engine.rehearsal.player import Player
from engine.verifying import verify_store
from tests.conftest import open_office, sample_texts

FOLDER = Path(__file__).parent / "features"
FORMS = ("试验表", "人事表")
FEATURES = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem not in FORMS)


def features() -> Texts:
    def text(name: str) -> tuple[str, str]:
        return (FOLDER / f"{name}.yaml").read_text("utf-8"), f"features/{name}.yaml"

    sample = sample_texts("无")
    return replace(
        sample,
        roster=sample.roster.replace("groups:\n", "groups:\n  评审组: [罗平, 孙蕾, 吴桐]\n"),
        forms={name: text(name) for name in FORMS},
        processes={name: text(name) for name in FEATURES},
    )


def office() -> Office:
    return open_office(datetime.fromisoformat("2026-11-02T08:00:00+08:00"), features())


def test_the_procedures_are_in_order() -> None:
    assert {one.name for one in check_texts(features()).definitions} == set(FEATURES)


@pytest.mark.parametrize("name", FEATURES)
def test_the_examples_come_true(name: str) -> None:
    examples = office().definitions[name].examples
    assert examples
    for example in examples:
        played = office()
        misses = Player(played, name).play(example.steps).misses
        assert [miss.show() for miss in misses] == []
        assert played.store.derived_tables() == played.store.rebuilt_tables()
        assert verify_store(played.store) == ()
