"""The 43 control-flow patterns: 35 run as written, 8 are refused with the way out.

Numbers: van der Aalst, ter Hofstede, Kiepuszewski and Barros; Russell et al., workflowpatterns.com.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from commands.files import check_texts
from engine.errors import DefinitionProblems
from engine.rehearsal.office import Texts
from engine.rehearsal.player import Player
from engine.verifying import verify_store
from tests.conftest import open_office, sample_texts

FOLDER = Path(__file__).parent
FORM = "事项表"
HELPERS = ("办件", "送货")
FILES = sorted(path.stem for path in FOLDER.glob("[0-9]*.yaml"))
JOIN = "各支请写 done,由“两路”一次往下;要每支各办一遍“登记”,请用 start 开子案"
ROUND = "请写 rest: cancel,或一轮一个子案(start),上一轮收齐再开下一轮"
# the refused ones: line, what is wrong, what to do instead
REFUSED = {
    "08-多重合并": (
        (10, "“问到”写在一支里,却离开了并行环节“两路”", JOIN),
        (11, "“看过”写在一支里,却离开了并行环节“两路”", JOIN),
    ),
    "11-隐式终止": (
        (
            9,
            "环节“放着”进得去出不来",
            "案件不会因为无事可办就自己结束:请写一个动作,或写 final: true",
        ),
    ),
    "28-阻塞式鉴别": (
        (13, "“有回音”留着未完的支(rest: keep),以后却又会回到“询价”,同一支就有两份待办", ROUND),
    ),
    "31-阻塞式部分汇合": (
        (14, "“够两家”留着未完的支(rest: keep),以后却又会回到“询价”,同一支就有两份待办", ROUND),
    ),
    "33-广义汇合": (
        (
            13,
            "after 只能用在并行环节的动作上,等的是这个环节自己的各支",
            "请写成同一个 parallel 的各支;要等别的案件,请用 children 或 gather",
        ),
    ),
    "38-广义同步合并": (
        (
            19,
            "“记”不是“总/问/分头问”的一支,“问齐”等不到它",
            "一处只等自己的各支;要一起等的请写进同一个 parallel,支里可以再套 parallel",
        ),
    ),
    "41-线程合并": (
        (
            13,
            "“两箱齐”的 after 把“验箱”写了两遍:一支只办完一次",
            "要把好几件合成一件,请让每件自成一案,再用 gather 汇总",
        ),
    ),
    "42-线程拆分": (
        (
            11,
            "“拆箱”同时去往 验箱、验箱、验箱:一次只去一个环节",
            "几件事同时办请写 parallel;同一件事分几份办,请用 start 按 each 开子案",
        ),
    ),
}
RUNNING = [name for name in FILES if name not in REFUSED]


def texts(*names: str) -> Texts:
    def text(name: str) -> tuple[str, str]:
        return (FOLDER / f"{name}.yaml").read_text("utf-8"), f"patterns/{name}.yaml"

    return replace(
        sample_texts("无"),
        forms={FORM: text(FORM)},
        processes={name.partition("-")[2] or name: text(name) for name in names},
    )


def title(name: str) -> str:
    return name.partition("-")[2]


def test_there_are_forty_three_and_thirty_five_run() -> None:
    assert [int(name.partition("-")[0]) for name in FILES] == list(range(1, 44))
    assert (len(RUNNING), len(REFUSED)) == (35, 8)


@pytest.mark.parametrize("name", RUNNING)
def test_a_pattern_runs_and_its_examples_come_true(name: str) -> None:
    office = texts(name, *HELPERS)
    opened = datetime.fromisoformat("2026-11-02T08:00:00+08:00")
    (definition,) = [one for one in check_texts(office).definitions if one.name == title(name)]
    assert definition.examples
    for example in definition.examples:
        played = open_office(opened, office)
        misses = Player(played, definition.name).play(example.steps).misses
        assert [miss.show() for miss in misses] == []
        assert played.store.derived_tables() == played.store.rebuilt_tables()
        assert verify_store(played.store) == ()


@pytest.mark.parametrize("name", REFUSED)
def test_a_pattern_is_refused_with_the_way_out(name: str) -> None:
    with pytest.raises(DefinitionProblems) as refused:
        check_texts(texts(name))
    found = [(one.source.line, str(one.what), str(one.remedy)) for one in refused.value.problems]
    assert found == list(REFUSED[name])
