"""Every procedure is tested by its owner's own examples, and they go through all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.rehearsal.coverage import taken, transitions_of
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from tests.conftest import ROOT, open_office, sample_texts

PROCESSES = sorted(path.stem for path in (ROOT / "processes").glob("*.yaml"))


@pytest.mark.parametrize("process", PROCESSES)
def test_examples_come_true_and_cover_every_transition(process: str) -> None:
    offices: list[Office] = []
    for example in open_office().definitions[process].examples:
        office = open_office()
        played = Player(office, process).play(example.steps)
        assert [miss.show() for miss in played.misses] == []
        offices.append(office)
    definition = offices[0].definitions[process]
    through = frozenset().union(*(taken(one.store, definition) for one in offices))
    assert transitions_of(definition) - through == frozenset()


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("state: 审核, asked: [孙蕾]", "state: 批准, asked: [孙蕾]", "应在“批准”,实在“审核”"),
        ("asked: [钱进], not_asked", "asked: [李佳], not_asked", "此时应找 李佳"),
        ("refused: E_SOD}", "refused: E_ROLE}", "应以 E_ROLE 拒绝,实为 E_SOD"),
        ("do: 批准, on: 甲, then", "do: 退回, on: 甲, reason: 不, then", "应在“付款”,实在“审核”"),
        ("say: 票据号}", "say: 收款方}", "拒绝理由里没有“收款方”"),
        ("closed: done, signed: [孙蕾", "closed: rejected, signed: [孙蕾", "结果应为 rejected"),
    ],
)
def test_an_example_that_is_wrong_is_named_with_its_line(right: str, wrong: str, told: str) -> None:
    texts = sample_texts("付款", "经费预算")
    text, file = texts.processes["付款"]
    assert right in text
    changed = {"付款": (text.replace(right, wrong, 1), file)}
    broken = replace(texts, processes={**texts.processes, **changed})
    office = open_office(texts=broken)
    example = office.definitions["付款"].examples[0]
    misses = [miss.show() for miss in Player(office, "付款").play(example.steps).misses]
    assert misses
    assert misses[0].startswith("processes/付款.yaml:")
    assert told in misses[0]
