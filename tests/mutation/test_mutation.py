"""The tests of the evidence would notice a mistake: in every run on the lines just changed.

`python -m tests.mutation --state FILE` judges every mutant; the figures stand in bench/README.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.mutation.__main__ import changed_lines
from tests.mutation.explained import EXPLAINED, TESTS
from tests.mutation.mutants import mutants

MODULE = """
MOST = 5000


class Bill:
    def __init__(self, amount: int) -> None:
        self.amount = amount

    @property
    def is_small(self) -> bool:
        if self.amount < 0:
            raise ValueError(self.amount)
        return self.amount <= MOST
"""
WEAK = """
from bill import Bill

def test_a_small_bill() -> None:
    assert Bill(10).is_small
"""
STRONG = """
import pytest
from bill import Bill

def test_where_small_ends() -> None:
    assert Bill(0).is_small is Bill(5000).is_small is True
    assert Bill(5001).is_small is False
    with pytest.raises(ValueError, match="-1"):
        Bill(-1).is_small
"""


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.mutation", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_lines_just_changed_are_held_by_tests() -> None:
    done = run("--changed", "HEAD~1", "--most", "24")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("text", "code"), [(WEAK, 1), (STRONG, 0)])
def test_a_weak_test_is_told_from_a_strong_one(text: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "bill.py").write_text(MODULE, "utf-8")
    (tmp_path / "test_bill.py").write_text(text, "utf-8")
    done = run("bill.py", "--root", str(tmp_path), "--tests", "test_bill.py")
    assert done.returncode == code, done.stdout + done.stderr
    survivors = [line for line in done.stdout.splitlines() if line.startswith("survived")]
    assert bool(survivors) == bool(code)
    if code:
        assert any("self.amount <= MOST → self.amount < MOST" in line for line in survivors)
        assert any("module: 5000 → 5001" in line for line in survivors)


@pytest.mark.parametrize(("most", "code"), [("5000", 0), ("1 < 5000", 1)])
def test_a_module_of_constants_is_judged_by_all_tests(most: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "rates.py").write_text("MOST = 5000\n", "utf-8")
    read = f"from rates import MOST\n\ndef test_most() -> None:\n    assert {most} "
    compared = "== MOST" if code == 0 else "<= MOST + 1"
    (tmp_path / "test_rates.py").write_text(f"{read}{compared}\n", "utf-8")
    done = run("rates.py", "--root", str(tmp_path), "--tests", "test_rates.py")
    assert done.returncode == code, done.stdout + done.stderr
    assert "| rates.py | 1 | 1 |" in done.stdout
    assert "untested" not in done.stdout


def test_tests_that_fail_by_themselves_are_no_judges(tmp_path: Path) -> None:
    (tmp_path / "bill.py").write_text(MODULE, "utf-8")
    (tmp_path / "test_bill.py").write_text(f"{WEAK}    assert False\n", "utf-8")
    done = run("bill.py", "--root", str(tmp_path), "--tests", "test_bill.py")
    assert "a test fails without a mutant" in done.stderr


LOOP = """
def count(most: int) -> int:
    n = 0
    while n != most:
        n += 1
    return n
"""
COUNTED = """
import time
from bill import count

def test_counting() -> None:
    assert count(0) == 0
    assert count(7) == 7

def test_counting_slowly() -> None:
    time.sleep(0.5)
    assert count(1) == 1
"""


def test_a_mistake_that_makes_a_test_go_on_for_ever_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "bill.py").write_text(LOOP, "utf-8")
    (tmp_path / "test_bill.py").write_text(COUNTED, "utf-8")
    state = tmp_path / "state.json"
    asked = ("--root", str(tmp_path), "--tests", "test_bill.py", "--state", str(state))
    done = run("bill.py", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    (answers,) = json.loads(state.read_text("utf-8")).values()
    assert set(answers.values()) == {"killed"}  # by its own test's limit, not by that of all


def git(folder: Path, *words: str) -> None:
    name = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *name, *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(("text", "code"), [(WEAK, 1), (STRONG, 0)])
def test_where_only_a_constant_changed_it_is_judged(text: str, code: int, tmp_path: Path) -> None:
    file = tmp_path / "bill.py"
    file.write_text(MODULE.replace("5000", "4000"), "utf-8")
    (tmp_path / "test_bill.py").write_text(text, "utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "bill.py")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    file.write_text(MODULE, "utf-8")
    asked = ("--root", str(tmp_path), "--tests", "test_bill.py", "--changed", "HEAD")
    done = run("bill.py", *asked)
    assert done.returncode == code, done.stdout + done.stderr
    assert "| bill.py | 1 | 1 |" in done.stdout
    assert "untested" not in done.stdout


def test_every_explained_mutant_is_still_there() -> None:
    known = {one.key for path in TESTS for one in mutants((ROOT / path).read_text("utf-8"), path)}
    assert [key for key in EXPLAINED if key not in known] == []


def test_changed_lines_are_those_of_git(tmp_path: Path) -> None:
    assert changed_lines(tmp_path, "a.py", "HEAD") == frozenset()
    file = tmp_path / "a.py"
    file.write_text("one\ntwo\nthree\n", "utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    assert changed_lines(tmp_path, "a.py", "HEAD") == frozenset()
    file.write_text("one\n2\nthree\nfour\nfive\n", "utf-8")
    assert changed_lines(tmp_path, "a.py", "HEAD") == {2, 4, 5}
