"""One passphrase a sitting: `login` hands the key to an ssh-agent, steps then ask for nothing."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from commands.workspace import Workspace, agent_socket, read_settings
from tests.cli.conftest import Run

pytestmark = pytest.mark.agent


@pytest.fixture
def here(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """A workspace whose agent listens in a folder of its own, and is ended afterwards."""
    short = Path("/tmp") / f"gc{os.getpid()}"
    short.mkdir(exist_ok=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    workspace = read_settings(tmp_path / "office/guicheng.toml")
    yield workspace
    end(workspace)
    shutil.rmtree(short)


def end(workspace: Workspace) -> None:
    socket = str(agent_socket(workspace)).encode()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if socket in (place / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(place.name), signal.SIGKILL)


def test_after_login_no_step_asks_for_a_passphrase(
    run: Run, here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("login", "林岚")[0] == 0
    monkeypatch.delenv("GUICHENG_PASSPHRASE")
    assert "林岚" in run("whoami")[1]
    assert run("start", "会务服务保障", "--set", "会议名称=例会")[0] == 0
    assert "起草" in run("todo")[1]
    code, _, err = run("--as", "何清", "start", "会务服务保障", "--set", "会议名称=另会")
    assert code == 1
    assert "login" in err
    assert run("logout")[0] == 0
    code, _, err = run("--as", "林岚", "start", "会务服务保障", "--set", "会议名称=例会")
    assert code == 1
    assert "login" in err


def test_a_wrong_passphrase_logs_nobody_in(
    run: Run, here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUICHENG_PASSPHRASE", "不对")
    code, _, err = run("login", "林岚")
    assert code == 1
    assert "口令不对" in err
    assert run("whoami")[0] == 2


def test_an_agent_that_died_is_replaced(run: Run, here: Workspace) -> None:
    assert run("login", "林岚")[0] == 0
    end(here)
    assert agent_socket(here).exists()
    assert run("start", "会务服务保障", "--set", "会议名称=例会")[0] == 0  # by passphrase
    assert run("login", "何清")[0] == 0
    assert "何清" in run("whoami")[1]
