"""`check` and `publish` tell the names in examples that do not exist, each where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

WRONG = {
    "印种: 公章": "没有这个字段:“印钟” — 是否想写“印种”?",
    "state: 部门审核": "没有这个环节:“部门审合” — 是否想写“部门审核”?",
    "asked: [何清": "没有这个人员:“何青” — 是否想写“何清”?",
    "do: 提交": "没有这个动作:“提叫” — 是否想写“提交”?",
    "{外带中: ": "没有这个环节:“外代中” — 是否想写“外带中”?",
    "start: 用印": "没有这个流程:“用因” — 是否想写“用印”?",
}


def _wrong(told: str) -> tuple[str, str]:
    bad, good = told.split("“")[1].partition("”")[0], told.split("“")[2].partition("”")[0]
    return bad, good


@pytest.mark.parametrize("words", [("check",), ("--as", "韩江", "publish")])
@pytest.mark.parametrize("written", WRONG)
def test_a_name_there_is_not_is_told_where_it_stands(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, words: tuple[str, ...], written: str
) -> None:
    place = tmp_path / "office/processes/用印.yaml"
    head, sign, examples = place.read_text("utf-8").partition("examples:")
    bad, good = _wrong(WRONG[written])
    text = head + sign + examples.replace(written, written.replace(good, bad), 1)
    place.write_text(text, "utf-8")
    row = next(n for n, line in enumerate(text.splitlines(), 1) if bad in line)
    column = text.splitlines()[row - 1].index(bad) + 1
    code, _, err = run(*words)
    assert (code, f"processes/用印.yaml:{row}:{column}: {WRONG[written]}" in err) == (1, True)


def test_a_procedure_with_mistakes_of_its_own_is_there_all_the_same(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "office/processes/入库.yaml"
    place.write_text(place.read_text("utf-8").replace("to: 待接收, m", "to: 待接, m"), "utf-8")
    code, _, err = run("check")
    assert (code, "没有这个流程" in err) == (1, False)


def test_a_file_that_is_elsewhere_is_checked_too(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = (tmp_path / "office/processes/用印.yaml").read_text("utf-8")
    for place in (tmp_path / "别处/processes/用印.yaml", tmp_path / "别处/用印.yml"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("asked: [何清]", "asked: [何青]", 1), "utf-8")
        code, _, err = run("check", str(place))
        assert (code, f"{place}:" in err, "没有这个人员:“何青”" in err) == (1, True, True)


def test_a_state_is_one_of_the_case_that_is_meant(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "office/processes/交接差异.yaml"
    text = place.read_text("utf-8")
    assert "{case: 甲, state: 已处理" in text
    assert "{case: 赔偿, state: 申辩" in text  # a case of 损失赔偿, whose owner is another
    place.write_text(text.replace("{case: 甲, state: 已处理", "{case: 甲, state: 申辩"), "utf-8")
    code, _, err = run("check")
    assert (code, "没有这个环节:“申辩”" in err) == (1, True)


def test_nobody_has_to_change_a_settled_example_when_somebody_leaves(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    office = tmp_path / "office"
    roster = office / "roster.yaml"
    roster.write_text(roster.read_text("utf-8").replace("何清", "何晴"), "utf-8")
    code, _, err = run("check")
    assert (code, "没有这个人员:“何清”" in err) == (1, True)
    code, out, _ = run("--as", "韩江", "publish")
    assert (code, out.count("已发布"), "roster 第 2 版" in out) == (0, 1, True)
    place = office / "processes/用印.yaml"
    place.write_text(place.read_text("utf-8") + "\n# 修订\n", "utf-8")
    code, _, err = run("--as", "韩江", "publish")
    told = {line.split(":")[0] for line in err.splitlines() if "没有这个人员" in line}
    assert (code, told) == (1, {"processes/用印.yaml"})
