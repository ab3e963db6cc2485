"""The wheel is the whole product: installed alone, far from the sources, it runs an office."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; only the dependencies are shared."""
    place = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(place), str(ROOT)]
    subprocess.run([*pip, *build], check=True, cwd=place)
    (wheel,) = place.glob("guicheng-*.whl")
    venv.create(place / "env", with_pip=False)
    python = place / "env/bin/python"
    install = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python"]
    subprocess.run([*install, str(python), "install", "--no-deps", str(wheel)], check=True)
    (packages,) = (place / "env/lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
    return place / "env/bin/guicheng"


@pytest.fixture
def call(installed: Path, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Run the installed command outside the sources; exit code and standard output."""

    def line(*words: str) -> tuple[int, str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "GUICHENG_PASSPHRASE": "口令",
            "GUICHENG_LANG": "zh",
        }
        done = subprocess.run(
            [installed, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout

    return line


def test_an_office_is_set_up_and_a_case_is_worked_and_printed(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert call("init", "office", "--enrol-all")[0] == 0
    here = ("--workspace", "office")
    assert call(*here, "--as", "韩江", "publish")[0] == 0
    started = call(*here, "--as", "林岚", "start", "会务服务保障", "--set", "会议名称=例会")
    assert started[0] == 0
    code, out = call(*here, "--as", "林岚", "todo", "--json")
    assert code == 0
    assert [row["state"] for row in json.loads(out)["rows"]] == ["起草"]
    assert call(*here, "print", "1", "-o", "form.html")[0] == 0
    assert "江州市发展研究局" in (tmp_path / "form.html").read_text("utf-8")
    assert "Draft" in call(*here, "--lang", "en", "show", "1")[1]
    assert call(*here, "audit", "verify")[0] == 0
    assert (tmp_path / "office/forms/print").is_dir()


def test_the_demo_runs_from_the_wheel(call) -> None:  # type: ignore[no-untyped-def]
    code, out = call("demo", "--folder", "demo")
    assert code == 0
    assert "副本(删去最后一条记录):" in out
    assert "E_KEY" in out
