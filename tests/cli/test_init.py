"""What an office is called when its working folder is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.workspace import SETTINGS, read_settings
from tests.cli.conftest import Run


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\u200bb", "某局\u3000后勤", "a\x7f"])
def test_an_origin_no_checkpoint_could_name_is_refused_and_nothing_is_made(
    run: Run, tmp_path: Path, origin: str
) -> None:
    code, _, err = run("init", str(tmp_path / "new"), "--origin", origin)
    assert (code, "来源名不得为空" in err) == (2, True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("origin", ['a"b', "a\\b", "某局/后勤"])
def test_any_other_origin_is_kept_as_it_is(run: Run, tmp_path: Path, origin: str) -> None:
    assert run("init", str(tmp_path / "new"), "--origin", origin)[0] == 0
    assert read_settings(tmp_path / "new" / SETTINGS).origin == origin
