"""An office on disk, reached by command lines only."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.boundary import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office set up and published from the command line."""
    folder = tmp_path_factory.mktemp("cli") / "office"
    patch = pytest.MonkeyPatch()
    patch.setenv("GUICHENG_PASSPHRASE", "口令")
    patch.setenv("GUICHENG_LANG", "zh")
    assert main(["init", str(folder), "--enrol-all"]) == 0
    assert main(["--workspace", str(folder), "--as", "韩江", "publish"]) == 0
    patch.undo()
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> Run:  # type: ignore[no-untyped-def]
    """Run one command line in a fresh copy of the office; exit code, stdout, stderr."""
    folder = tmp_path / "office"
    shutil.copytree(made, folder)
    monkeypatch.setenv("GUICHENG_PASSPHRASE", "口令")
    monkeypatch.setenv("GUICHENG_WORKSPACE", str(folder))
    monkeypatch.setenv("GUICHENG_LANG", "zh")

    def line(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    capsys.readouterr()
    return line
