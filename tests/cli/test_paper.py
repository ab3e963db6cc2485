"""Paper forms entered afterwards, from the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.cli.conftest import Run

MIDNIGHT = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d} 00:00"
LATE = ("--paper", "姚远", "--happened", MIDNIGHT)
CLERK = ("--as", "丁一凡")


def test_a_scan_is_kept_with_the_step_and_given_back(run: Run, tmp_path: Path) -> None:
    scan = tmp_path / "领用单.pdf"
    scan.write_bytes(b"%PDF paper")
    start = (*CLERK, "start", "办公用品领用", *LATE)
    assert run(*start, "--scan", str(scan), "--set", "用途=停电")[0] == 0
    (row,) = json.loads(run("history", "1", "--json")[1])
    assert row["actor"] == "姚远(纸质,丁一凡 补录)"
    assert row["at"] == MIDNIGHT
    assert row["recorded"] > row["at"]
    saved = tmp_path / "saved"
    assert run("show", "1", "--save", str(saved))[0] == 0
    assert (saved / "0-领用单.pdf").read_bytes() == b"%PDF paper"
    assert run("audit", "verify")[0] == 0


def test_what_is_missing_is_said(run: Run, tmp_path: Path) -> None:
    code, _, err = run(*CLERK, "start", "办公用品领用", *LATE)
    assert code == 3
    assert "E_ATTACH" in err
    assert "扫描件" in err
    code, _, err = run(*CLERK, "start", "办公用品领用", "--paper", "姚远")
    assert (code, "--happened" in err) == (2, True)
    code, _, err = run(*CLERK, "start", "办公用品领用", "--happened", MIDNIGHT)
    assert (code, "--paper" in err) == (2, True)
    code, _, err = run(*CLERK, "start", "办公用品领用", "--paper", "姚元", "--happened", "明天")
    assert (code, "明天" in err) == (2, True)
    missing = str(tmp_path / "没有.pdf")
    assert run(*CLERK, "start", "办公用品领用", *LATE, "--scan", missing)[0] == 1
    assert run("audit", "query", "--refusals", "--json")[1].count("E_ATTACH") == 1


def test_a_moment_before_the_office_began_is_told_as_a_wrong_date(run: Run) -> None:
    early = ("--paper", "姚远", "--happened", "2020-01-01 10:00")
    code, _, err = run(*CLERK, "start", "办公用品领用", *early)
    assert (code, "2020-01-01 时花名册还没有生效" in err, "publish" in err) == (2, True, False)
    assert "请核对日期" in err
