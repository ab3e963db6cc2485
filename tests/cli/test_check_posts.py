"""`check` and `publish` tell a post, group or department that the roster does not have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.mark.parametrize("words", [("check",), ("--as", "韩江", "publish")])
def test_a_post_the_roster_does_not_have_is_told(
    run, tmp_path: Path, words: tuple[str, ...]
) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "office/processes/用印.yaml"
    text = place.read_text("utf-8")
    row = next(n for n, line in enumerate(text.splitlines(), 1) if 'post("印章保管")' in line)
    place.write_text(text.replace('post("印章保管")', 'post("印章保官")', 1), "utf-8")
    code, _, err = run(*words)
    assert code == 1
    column = text.splitlines()[row - 1].index("post(") + 1
    assert (
        f"processes/用印.yaml:{row}:{column}: 没有这个岗位:“印章保官” — 是否想写“印章保管”?" in err
    )


@pytest.mark.parametrize(
    ("file", "call", "wrong", "told"),
    [
        ("办公用品评估", 'group("评价组")', 'group("评介组")', "小组:“评介组” — 是否想写“评价组”?"),
        ("用印", 'head_of("办公室")', 'head_of("办公事")', "部门:“办公事” — 是否想写“办公室”?"),
        ("付款", 'leader_of("后勤部")', 'leader_of("后勤不")', "部门:“后勤不” — 是否想写“后勤部”?"),
        (
            "付款",
            'leader_of("后勤部")',
            'deputies_of("后勤主官")',
            "岗位或部门:“后勤主官” — 是否想写“后勤主管”?",
        ),
    ],
)
def test_a_group_or_department_the_roster_does_not_have_is_told(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, file: str, call: str, wrong: str, told: str
) -> None:
    place = tmp_path / f"office/processes/{file}.yaml"
    text = place.read_text("utf-8")
    place.write_text(text.replace(call, wrong, 1), "utf-8")
    code, _, err = run("check")
    assert (code, f"没有这个{told}" in err) == (1, True)


def test_a_post_nobody_holds_any_more_is_no_mistake(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    roster = tmp_path / "office/roster.yaml"
    text = roster.read_text("utf-8")
    gone = "  车管专员: [{who: 马骏, from: 2020-01-01, until: 2020-12-31}]"
    roster.write_text(text.replace("  车管专员: 马骏", gone), "utf-8")
    code, out, _ = run("check", "--json")
    assert (code, json.loads(out)) == (0, [])
