"""What is wrong in an expression is told where it stands: the very name, where that is known."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("written", "wrong", "at"),
    [
        ("金额 > params.分管领导审批上限}", "金饿 > params.分管领导审批上限}", "金饿"),
        ("that: 实盖份数 == 份数", 'that: "实盖份数 == 粉数"', "粉数"),
        ("when: 外带, to", 'when: reached("盖张"), to', "reached"),
        ('post("印章保管")', 'initiator if blank(章) else post("印章保管")', "章)"),
        ("that: 实盖份数 == 份数", "that: 份数", "份数"),
    ],
)
def test_the_name_itself_is_pointed_at(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, written: str, wrong: str, at: str
) -> None:
    place = tmp_path / "office/processes/用印.yaml"
    before = place.read_text("utf-8").split(written)[0]
    place.write_text(place.read_text("utf-8").replace(written, wrong, 1), "utf-8")
    line, head = before.count("\n") + 1, before.rpartition("\n")[2]
    column = len(head) + wrong.index(at) + 1
    code, _, err = run("check")
    assert (code, err.startswith(f"processes/用印.yaml:{line}:{column}: ")) == (1, True), err


def test_of_an_expression_over_several_lines_its_beginning_is(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "office/processes/用印.yaml"
    text = place.read_text("utf-8").replace(
        "that: 实盖份数 == 份数", "that: 实盖份数 ==\n      粉数"
    )
    place.write_text(text, "utf-8")
    row = text[: text.index("that: 实盖份数")].count("\n") + 1
    code, _, err = run("check")
    assert (code, err.startswith(f"processes/用印.yaml:{row}:")) == (1, True), err
