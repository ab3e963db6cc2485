"""A refusal tells what to do next: the missing option, whose turn it is, the date to mend."""

from __future__ import annotations

import pytest

SEAL = ("start", "用印", *(w for one in ("文件名称=文", "份数=2") for w in ("--set", one)))
WHOLE = (*SEAL, "--set", "印种=公章", "--set", "类别=一般")


@pytest.fixture
def submitted(run):  # type: ignore[no-untyped-def]
    assert run("--as", "林岚", *WHOLE)[0] == 0
    assert run("--as", "林岚", "do", "1", "提交")[0] == 0
    return run


def test_who_sends_back_without_a_word_is_told_the_option(submitted) -> None:  # type: ignore[no-untyped-def]
    code, _, err = submitted("--as", "何清", "do", "1", "退回")
    assert (code, "“退回”必须写明意见" in err, "→ 请加上 --reason 意见" in err) == (3, True, True)
    code, _, err = submitted("--as", "何清", "--lang", "en", "do", "1", "return")
    assert (code, "→ Add --reason COMMENT" in err) == (3, True)


def test_what_is_done_is_told_with_where_the_case_is(submitted) -> None:  # type: ignore[no-untyped-def]
    code, _, err = submitted("--as", "林岚", "do", "1", "提交")
    assert (code, "[E_DONE]" in err) == (3, True)
    assert "→ 不必再办;现处“部门审核”,由 何清 办理" in err


def test_what_is_closed_is_told_with_the_way_out(run) -> None:  # type: ignore[no-untyped-def]
    assert run("--as", "林岚", *SEAL)[0] == 0
    assert run("--as", "林岚", "do", "1", "作废")[0] == 0
    code, _, err = run("--as", "林岚", "do", "1", "填写", "--set", "份数=3")
    assert (code, "→ 如需再办,请另行立案" in err, "无可补救" in err) == (3, True, False)


@pytest.mark.parametrize(
    ("year", "told"),
    [
        ("2019", "→ 2019 年已经过去,请核对并改正所填的日期"),
        ("2039", "→ 请核对所填的日期;无误则请流程负责人补上工作日历并发布"),
    ],
)
def test_a_date_beyond_the_calendar_is_told_as_what_it_is(run, year: str, told: str) -> None:  # type: ignore[no-untyped-def]
    given = ("会议名称=例会", "类别=内部会议", "地点=第二会议室", "参会人数=20")
    hours = (f"开始时间={year}-03-10 14:30", f"结束时间={year}-03-10 16:00")
    sets = [word for one in (*given, *hours) for word in ("--set", one)]
    assert run("--as", "林岚", "start", "会务服务保障", *sets)[0] == 0
    code, _, err = run("--as", "林岚", "do", "1", "提交")
    assert (code, "[E_CALENDAR]" in err, told in err) == (3, True, True)
