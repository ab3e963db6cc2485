"""What is typed for a field that names something: only what there is, or what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

LINES = "行:\n- 物品: P001\n  申请: 3\n- 物品: {item}\n  申请: 2\n"


def test_a_line_with_an_unknown_item_is_refused_where_it_stands(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data = tmp_path / "领用.yaml"
    data.write_text(LINES.format(item="P100"), "utf-8")
    told = "行:第 2 行 物品:“物品”里没有“P100”;是否想写“P00"
    code, _, err = run("--as", "林岚", "start", "办公用品领用", "--data", str(data))
    assert (code, told in err) == (2, True)
    assert run("--as", "林岚", "start", "办公用品领用")[0] == 0
    code, _, err = run("--as", "林岚", "do", "1", "填写", "--data", str(data))
    assert (code, told in err) == (2, True)


def test_a_line_without_its_item_is_told_as_missing(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data = tmp_path / "领用.yaml"
    data.write_text(LINES.format(item='""'), "utf-8")
    code, _, err = run("--as", "林岚", "start", "办公用品领用", "--data", str(data))
    assert (code, "行[2].物品:必填" in err) == (3, True)


@pytest.mark.parametrize(
    ("process", "pair", "told"),
    [
        ("公务用车", "部门=业务一出", "部门:没有“业务一出”这个部门;是否想写“业务一处”?"),
        ("公务用车", "用车人=何青", "用车人:没有“何青”这个人;是否想写“何清”?"),
        (
            "会务服务保障",
            "地点=第三会议室",
            "地点:“会议室”里没有“第三会议室”(第一会议室、第二会议室);是否想写“第二会议室”?",
        ),
        ("会务服务保障", "地点=礼堂", "地点:“会议室”里没有“礼堂”;可用:第一会议室、第二会议室"),
        (
            "会务服务保障",
            "预算科目=办公费",
            "预算科目:“预算科目”里没有“办公费”"
            "(2026-办公费、2027-办公费、2026-会议费、2027-会议费);请填 2026-办公费",
        ),
    ],
)
def test_a_name_that_there_is_not_is_refused_with_what_was_meant(  # type: ignore[no-untyped-def]
    run, process: str, pair: str, told: str
) -> None:
    code, _, err = run("--as", "林岚", "start", process, "--set", pair)
    assert (code, err.strip()) == (2, told)
