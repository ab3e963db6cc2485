"""`roster check`: whose absence would leave a step to nobody, as a person and a program read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.table import width
from tests.cli.conftest import Run


def findings(run: Run, *words: str) -> list[dict[str, object]]:
    code, out, _ = run("roster", "check", *words, "--json")
    assert code == 0
    return json.loads(out)["findings"]  # type: ignore[no-any-return]


def test_a_single_absence_that_leaves_a_step_to_nobody_is_named(run: Run) -> None:
    code, out, err = run("roster", "check", "--process", "付款")
    assert (code, err) == (0, "")
    assert "花名册无问题:29 人,11 个部门" in out
    after = out.split("若 李佳 不在:")[1].split("若 ")[0]
    assert after.split() == ["付款", "付款(付款):“出纳”无人"]
    assert "若 罗平 不在" not in out


def test_an_absence_that_puts_both_halves_of_a_rule_on_one_person_is_named(run: Run) -> None:
    (found,) = findings(run, "--process", "领用退库")
    assert found["absent"] == ["丁一凡"]
    assert found["kind"] == "apart"
    assert [step["state"] for step in found["steps"]] == ["起草", "待接收"]  # type: ignore[attr-defined]
    assert [rule["rule"] for rule in found["rules"]] == ["D7"]  # type: ignore[attr-defined]
    assert found["begun_by"] == ["温雅"]


def test_too_few_for_a_sign_off_of_several_are_named(run: Run) -> None:
    found = [one for one in findings(run, "--process", "办公用品采购") if one["kind"] == "few"]
    assert [(one["absent"], one["say"]) for one in found] == [
        (["罗平"], "“采购员”须 2 人,只有 苏晓"),
        (["苏晓"], "“采购员”须 2 人,只有 罗平"),
    ]


def test_who_is_said_to_be_absent_is_absent_in_all_that_follows(run: Run) -> None:
    names = [one["absent"] for one in findings(run, "--process", "入库", "--absent", "温雅")]
    assert names == [["丁一凡"], ["孙蕾"]]
    names = [one["absent"] for one in findings(run, "--process", "入库")]
    assert names == [["孙蕾"]]


def test_cases_of_one_department_are_told_from_all_cases(run: Run) -> None:
    found = findings(run, "--process", "用印")
    mine = [one for one in found if one["absent"] == ["何清"]]
    assert [(one["say"], one["departments"]) for one in mine] == [
        ("“部门负责人”无人", ["业务一处"])
    ]


def test_what_only_a_case_can_tell_is_said(run: Run) -> None:
    code, out, _ = run("roster", "check", "--process", "损失赔偿", "--json")
    assert code == 0
    assert json.loads(out)["open_roles"] == [{"process": "损失赔偿", "roles": ["责任人员"]}]


def test_an_office_that_has_published_nothing_yet_can_be_checked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("init", str(tmp_path / "new"), "--enrol-all")[0] == 0
    monkeypatch.setenv("GUICHENG_WORKSPACE", str(tmp_path / "new"))
    code, out, err = run("roster", "check", "--process", "付款")
    assert (code, err) == (0, "")
    assert "若 李佳 不在:" in out


def test_unknown_names_are_refused(run: Run) -> None:
    assert run("roster", "check", "--process", "付钱")[0] == 2
    assert run("roster", "check", "--absent", "无此人")[0] == 2


def test_a_faulty_procedure_is_told_and_left_out(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "office" / "processes" / "入库.yaml"
    path.write_text(path.read_text("utf-8").replace("to: 待记账", "to: 待记帐"), "utf-8")
    code, out, err = run("roster", "check")
    assert code == 0
    assert "processes/入库.yaml" in err
    assert "若 李佳 不在:" in out
    assert max(width(line) for line in out.splitlines()) <= 100


def test_a_faulty_roster_is_a_problem(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "office" / "roster.yaml"
    path.write_text(path.read_text("utf-8").replace("出纳: 李佳", "出纳: 李加"), "utf-8")
    code, out, err = run("roster", "check")
    assert (code, out) == (1, "")
    assert "李佳" in err
    code, out, _ = run("roster", "check", "--json")
    assert code == 1
    assert json.loads(out)[0]["file"] == "roster.yaml"
