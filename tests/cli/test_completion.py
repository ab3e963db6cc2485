"""The Tab key knows the commands, the cases and the procedures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.conftest import ROOT

SCRIPT = "import sys; sys.argv[0] = 'guicheng'; from commands.boundary import main; main()"


def offered(office: Path, typed: str) -> list[str]:
    """What bash would offer for a half-typed line."""
    words = typed.split(" ")
    environment = {
        **os.environ,
        "GUICHENG_WORKSPACE": str(office),
        "_GUICHENG_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("guicheng sta", ["start"]),
        ("guicheng audit che", ["checkpoint"]),
        ("guicheng start 会", ["会务服务保障"]),
        ("guicheng show HY-", ["HY-2026-000002", "HY-2026-000001"]),
        ("guicheng do XQ", []),
        ("guicheng do --re", ["--reason", "--reopen", "--request"]),
    ],
)
def test_the_tab_key(run: Run, tmp_path: Path, typed: str, wanted: list[str]) -> None:
    for name in ("一", "二"):
        given = ("start", "会务服务保障", "--set", f"会议名称={name}")
        assert run("--as", "林岚", *given)[0] == 0
    assert offered(tmp_path / "office", typed) == wanted
    assert offered(tmp_path / "没有", "guicheng show H") == []
