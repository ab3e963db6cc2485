"""What the READMEs promise is so: their commands run, their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands.boundary import main
from tests.conftest import ROOT
from tests.docs.script import Script, blocks

PAGES = ("README.md", "README.zh-CN.md")
DOCUMENTS = [ROOT / name for name in PAGES] + sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_an_office_of_ones_own_in_five_commands(
    page: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        return code, *capsys.readouterr()

    (five,) = [one.text for one in blocks((ROOT / page).read_text("utf-8")) if "init" in one.text]
    lines = five.strip().splitlines()
    assert len(lines) == 5
    script = Script(tmp_path, run, monkeypatch.setenv, monkeypatch.chdir)
    script.play("```console\n" + "".join(f"$ {line}\n" for line in lines) + "```")
    assert run("--workspace", "office", "--as", "何清", "todo", "--json")[1].count("部门审核") == 1


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def test_start_without_a_word_tells_how() -> None:
    done = subprocess.run([sys.executable, ROOT / "start.py"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "python3 start.py demo" in done.stderr
    assert "python3 start.py test" in done.stderr
