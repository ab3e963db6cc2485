"""A value for a field that does not apply is told to whoever types it, and nothing is kept."""

from __future__ import annotations

from pathlib import Path

SEAL = ("--as", "林岚", "start", "用印", "--set", "文件名称=会议通知")
BACK = ("--set", "归还期限=2027-01-04")


def test_a_value_for_a_field_that_does_not_apply_is_refused(run) -> None:  # type: ignore[no-untyped-def]
    code, _, err = run(*SEAL, *BACK)
    assert code == 3
    assert "归还期限:此时不适用,不能填(外带" in err
    assert "→ 请把“归还期限”留空,或一并更正 外带" in err
    assert run("show", "1")[0] == 2


def test_with_what_makes_it_apply_it_is_taken(run) -> None:  # type: ignore[no-untyped-def]
    assert run(*SEAL, *BACK, "--set", "外带=是")[0] == 0


def test_who_makes_a_field_not_apply_is_asked_to_empty_it(run) -> None:  # type: ignore[no-untyped-def]
    assert run(*SEAL, *BACK, "--set", "外带=是")[0] == 0
    fill = ("--as", "林岚", "do", "1", "填写", "--set", "外带=否")
    code, _, err = run(*fill)
    assert (code, "归还期限:此时不适用" in err) == (3, True)
    assert run(*fill, "--set", "归还期限=")[0] == 0
    assert "2027-01-04" not in run("show", "1")[1].partition("\n\n")[2]


def test_of_a_column_the_row_is_told(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data = tmp_path / "行.yaml"
    rows = (f"- {{姓名: 林岚, 变动: {one}, 止: 2027-01-04}}" for one in ("备案", "撤销"))
    data.write_text("\n".join(("行:", *rows)), "utf-8")
    code, _, err = run("--as", "林岚", "start", "对接人备案", "--data", str(data))
    assert (code, "行[2].止:此时不适用" in err, "行[1].止" in err) == (3, True, False)
