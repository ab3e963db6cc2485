"""The verifier keeps its own laws: standard library only, small files, codes that are specified."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import pytest

from commands.boundary import main as command
from tests.conftest import ROOT
from verifier.__main__ import main

FILES = sorted((ROOT / "verifier").glob("*.py"))
CODE = re.compile(r'"(E_[A-Z_]+)"')


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_imports_nothing_but_python_and_itself(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") < 400
    for node in ast.walk(ast.parse(text)):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            top = name.partition(".")[0]
            assert top == "verifier" or top in sys.stdlib_module_names


def test_every_code_it_tells_is_specified() -> None:
    told = {code for path in FILES for code in CODE.findall(path.read_text("utf-8"))}
    page = (ROOT / "docs/evidence-spec.md").read_text("utf-8")
    assert told <= set(re.findall(r"`(E_[A-Z_]+)`", page))
    assert len(told) > 25


def test_an_office_exports_and_somebody_else_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUICHENG_PASSPHRASE", "口令")
    here = ["--workspace", str(tmp_path / "office")]
    assert command([*here, "init", str(tmp_path / "office"), "--enrol-all"]) == 0
    assert command([*here, "--as", "韩江", "publish"]) == 0
    assert command([*here, "--as", "林岚", "start", "会务服务保障", "--set", "会议名称=例会"]) == 0
    note = tmp_path / "kept.note"
    assert command([*here, "audit", "checkpoint", "-o", str(note)]) == 0
    for words in ([], ["--case", "1"], ["--since", "2026-01-01", "--until", "2099-01-01"]):
        out = tmp_path / f"{len(words)}-{'-'.join(words)[:6]}.zip"
        assert command([*here, "audit", "bundle", str(out), *words]) == 0
        capsys.readouterr()
        assert main([str(out), "--checkpoint", str(note), "--json"]) == 3  # nothing is trusted
        report = json.loads(capsys.readouterr().out)
        assert report["findings"] == []
        assert report["covered"] == report["records"]
    assert command([*here, "audit", "bundle", str(tmp_path / "office")]) == 1
    assert command([*here, "audit", "bundle", "x", "--case", "1", "--since", "2026-01-01"]) == 2
    assert command([*here, "audit", "bundle", "x", "--since", "2026-01-01"]) == 2
