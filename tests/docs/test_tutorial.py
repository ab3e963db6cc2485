"""The tutorial is true, line by line, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.boundary import main
from tests.conftest import ROOT
from tests.docs.script import Script, blocks

DOCS = ROOT / "docs"


@pytest.mark.parametrize(("name", "language"), [("tutorial.zh-CN.md", "zh"), ("tutorial.md", "en")])
def test_every_command_of_the_tutorial_does_what_it_says(
    name: str,
    language: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUICHENG_LANG", language)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        return code, *capsys.readouterr()

    script = Script(tmp_path, run, monkeypatch.setenv, monkeypatch.chdir)
    script.play((DOCS / name).read_text("utf-8"))
    assert script.commands > 15


def test_both_languages_write_the_same_files() -> None:
    files = [
        [(one.mark, one.target, one.text) for one in blocks(path.read_text("utf-8")) if one.mark]
        for path in (DOCS / "tutorial.md", DOCS / "tutorial.zh-CN.md")
    ]
    assert files[0] == files[1]
    assert len(files[0]) == 6
