"""An office on disk, reached by command lines only."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.boundary import main
from engine.evidence.checkpoint import dump_vkey
from engine.evidence.keyring import Keyring
from tests.conftest import ROOT

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


def judge_bundle(office: Path, bundle: Path, note: Path) -> tuple[int, str]:
    """Exit code and report of the verifier, which trusts the key of this office's service."""
    public = Keyring(office / "keys").find_public("SYSTEM")
    assert public is not None
    trust = dump_vkey("office.example/guicheng", public)
    words = [str(bundle), "--trust", trust, "--checkpoint", str(note)]
    done = subprocess.run(
        [sys.executable, "-m", "verifier", *words], cwd=ROOT, capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode()
