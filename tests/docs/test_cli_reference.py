"""The reference is the program's own help, and `--json` gives what the reference says."""

from __future__ import annotations

import json
import re

import pytest

from commands.app import COMMANDS
from tests.cli.conftest import Run
from tests.docs.cli_reference import GROUPS, MARK, PAGES, reference

ROW = re.compile(r"^\| `([a-z -]+)` \| (.*?) \|$", re.MULTILINE)


@pytest.mark.parametrize("language", PAGES)
def test_the_reference_is_the_help(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["guicheng"])
    page = PAGES[language].read_text("utf-8").partition(MARK)[2]
    assert page == f"\n{reference(language)}"


def test_every_group_is_listed_whole(run: Run) -> None:
    for name in COMMANDS:
        out = run("--lang", "en", name, "--help")[1]
        _, _, listed = out.partition("Commands:\n")
        inner = re.findall(r"^  ([\w-]+)", listed.partition("\n\n")[0], re.MULTILINE)
        assert tuple(inner) == GROUPS.get(name, ())


def documented(language: str) -> dict[str, list[str]]:
    """The fields of each command's JSON, by the table of the reference."""
    page = PAGES[language].read_text("utf-8").partition(MARK)[0]
    return {name: re.findall(r"`(\w+)`", told) for name, told in ROW.findall(page)}


def test_json_has_the_fields_the_reference_names(run: Run) -> None:
    assert documented("en") == documented("zh")
    fields = documented("en")
    given = ("--as", "林岚")
    assert run(*given, "start", "会务服务保障", "--set", "会议名称=例会")[0] == 0
    assert run(*given, "do", "1", "同意")[0] == 3
    assert run(*given, "phrases", "add", "请补充说明")[0] == 0
    lines = {
        "todo": (*given, "todo"),
        "show": ("show", "1"),
        "why": (*given, "why", "1", "提交"),
        "batch": (*given, "batch", "批注", "1", "--reason", "已与处长说过"),
        "phrases": (*given, "phrases"),
        "history": ("history", "1"),
        "ledger show": ("ledger", "show"),
        "audit query": ("audit", "query"),
        "audit inspect": (*given, "audit", "inspect", "1"),
        "audit sample": ("--as", "孟真", "audit", "sample", "会务服务保障", "--seed", "1"),
        "roster show": ("roster", "show"),
        "key list": ("key", "list"),
        "whoami": (*given, "whoami"),
        "doctor": ("doctor",),
    }
    for name, words in lines.items():
        loaded = json.loads(run(*words, "--json")[1])
        one = loaded[0] if isinstance(loaded, list) else loaded
        assert sorted(one) == sorted(fields.pop(name)), name
    fields_of_a_book = {"ledger card", "ledger as-of", "ledger plot"}  # tests/cli/test_ledger.py
    fields_of_a_book |= {"bookings"}  # tests/cli/test_bookings.py
    empty_when_all_is_well = {"check", "audit verify"}
    assert set(fields) == fields_of_a_book | empty_when_all_is_well


def test_json_of_what_is_wrong_has_the_fields_too(run: Run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "office/processes/入库.yaml"
    file.write_text(file.read_text("utf-8").replace("to: 待接收, m", "to: 待接, m"), "utf-8")
    code, out, _ = run("check", "--json")
    assert code == 1
    (problem,) = json.loads(out)
    assert sorted(problem) == sorted(documented("en")["check"])
    assert (problem["line"], problem["file"]) == (32, "processes/入库.yaml")
