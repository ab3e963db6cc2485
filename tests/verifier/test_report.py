"""What a report comes to and how it reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from verifier.bundle import Scope
from verifier.findings import Finding, Weight, one_line
from verifier.report import NOT_PROVEN, TAMPERED, USAGE, VALID, Limit, Report
from verifier.tokens import Proven


def finding(code: str = "E_PREV", **changes: Any) -> Finding:
    made = Finding(code=code, level=1, zh="不符", en="wrong", stream="case/1", seq=3, field="prev")
    return replace(made, **changes)


def report(*findings: Finding, **changes: Any) -> Report:
    made = Report(
        origin="office.example",
        suite="sm3-sm2",
        scope=Scope(kind="store"),
        level=5,
        size=7,
        records=9,
        covered=6,
        findings=findings,
        redacted=(),
        stamped=(),
        limits=(Limit(zh="是否属实", en="whether it is true"),),
        is_anchored=True,
    )
    return replace(made, **changes)


BREAK, GAP, DOUBT = (finding(weight=weight, code=f"E_{weight.name}") for weight in Weight)


@pytest.mark.parametrize(
    ("findings", "verdict", "first"),
    [
        ((), VALID, None),
        ((DOUBT,), VALID, None),
        ((DOUBT, GAP), NOT_PROVEN, GAP),
        ((GAP, replace(GAP, seq=4)), NOT_PROVEN, GAP),
        ((DOUBT, GAP, BREAK), TAMPERED, BREAK),
        ((BREAK, GAP, replace(BREAK, seq=4)), TAMPERED, BREAK),
    ],
)
def test_the_verdict_goes_by_what_weighs_most(
    findings: tuple[Finding, ...], verdict: int, first: Finding | None
) -> None:
    made = report(*findings)
    assert (made.exit, made.first) == (verdict, first)
    loose = report(*findings, is_anchored=False)
    assert loose.exit == (TAMPERED if verdict == TAMPERED else NOT_PROVEN)
    assert loose.first == first


def test_the_exit_codes_are_those_that_are_specified() -> None:
    assert (VALID, TAMPERED, USAGE, NOT_PROVEN) == (0, 1, 2, 3)
    words = (report(), report(BREAK), report(GAP))
    assert [one.verdict for one in words] == ["valid", "tampered", "not proven"]


AT = datetime(2026, 10, 12, 1, 30, tzinfo=UTC)
STAMP = Proven(size=7, at=AT, accuracy=None, authority="CN=stamps")
FULL = report(GAP, BREAK, redacted=(("case/1", 4, "form/姓名"),), stamped=(STAMP,))


def test_a_report_for_programs() -> None:
    assert FULL.dump() == {
        "verdict": "tampered",
        "exit": 1,
        "origin": "office.example",
        "suite": "sm3-sm2",
        "scope": "store",
        "level": 5,
        "size": 7,
        "records": 9,
        "covered": 6,
        "first": BREAK.dump(),
        "findings": [GAP.dump(), BREAK.dump()],
        "redacted": [{"stream": "case/1", "seq": 4, "path": "form/姓名"}],
        "stamped": [STAMP.dump()],
        "limits": [{"zh": "是否属实", "en": "whether it is true"}],
    }
    assert report().dump()["first"] is None
    assert [one.dump()["weight"] for one in (GAP, DOUBT)] == ["gap", "doubt"]
    assert BREAK.dump() == {
        "code": "E_BREAK",
        "level": 1,
        "stream": "case/1",
        "seq": 3,
        "field": "prev",
        "weight": "break",
        "zh": "不符",
        "en": "wrong",
    }


def test_a_report_for_people() -> None:
    assert FULL.show("en").split("\n") == [
        "case/1 #3 prev [E_GAP] L1: wrong",
        "case/1 #3 prev [E_BREAK] L1: wrong",
        "case/1 #4 form/姓名: redacted on record",
        STAMP.show("en"),
        "Verdict: tampered (9 records, 6 under the checkpoint; sm3-sm2)",
        "Origin: office.example; the whole store",
        "Not proven:",
        "- whether it is true",
    ]
    assert FULL.show("zh").split("\n") == [
        "case/1 #3 prev [E_GAP] L1: 不符",
        "case/1 #3 prev [E_BREAK] L1: 不符",
        "case/1 #4 form/姓名: 已依记录涂销",
        STAMP.show("zh"),
        "结论:被篡改(9 条记录,检查点覆盖 6 条;sm3-sm2)",
        "来源:office.example;整库",
        "未证明的:",
        "- 是否属实",
    ]


def test_a_report_says_what_it_is_of() -> None:
    case = report(scope=Scope(kind="case", case="7", number="HY-2026-000007"))
    assert "\n来源:office.example;案件 HY-2026-000007\n" in case.show("zh")
    assert "\nOrigin: office.example; case HY-2026-000007\n" in case.show("en")
    days = report(scope=Scope(kind="period", since="2026-11-01", until="2026-12-01"))
    assert "\n来源:office.example;2026-11-01 – 2026-12-01\n" in days.show("zh")
    assert "\nOrigin: office.example; 2026-11-01 – 2026-12-01\n" in days.show("en")
    assert [one.dump()["scope"] for one in (case, days)] == ["case", "period"]
    hostile = report(origin="a\nb", scope=Scope(kind="case", number="\x1b[2J"))
    assert "\nOrigin: a\\nb; case \\x1b[2J\n" in hostile.show("en")


@pytest.mark.parametrize(
    ("made", "zh", "en"),
    [
        (report(), "成立", "valid"),
        (report(BREAK), "被篡改", "tampered"),
        (report(GAP), "未能证明", "not proven"),
    ],
)
def test_the_verdict_is_told_in_both_languages(made: Report, zh: str, en: str) -> None:
    assert f"\n结论:{zh}(" in "\n" + made.show("zh")
    assert f"\nVerdict: {en} (" in "\n" + made.show("en")


def test_of_very_many_findings_the_first_are_shown() -> None:
    several = [finding(seq=n) for n in range(201)]
    most = report(*several[:200]).show("en").split("\n")
    assert most[199:202] == [
        "case/1 #199 prev [E_PREV] L1: wrong",
        "Verdict: tampered (9 records, 6 under the checkpoint; sm3-sm2)",
        "Origin: office.example; the whole store",
    ]
    assert report(*several).show("en").split("\n")[199:203] == [
        "case/1 #199 prev [E_PREV] L1: wrong",
        "… and 1 more",
        "Verdict: tampered (9 records, 6 under the checkpoint; sm3-sm2)",
        "Origin: office.example; the whole store",
    ]
    assert "……另有 1 处" in report(*several).show("zh").split("\n")


def test_a_finding_says_where() -> None:
    assert finding(seq=0).show("zh") == "case/1 #0 prev [E_PREV] L1: 不符"
    assert finding(seq=-1).show("en") == "case/1 prev [E_PREV] L1: wrong"
    assert finding(seq=-1, field="").show("en") == "case/1 [E_PREV] L1: wrong"
    assert finding(stream="", seq=-1, field="").show("en") == "[E_PREV] L1: wrong"
    nowhere = Finding(code="E_PREV", level=1, zh="不符", en="wrong")
    assert nowhere == finding(stream="", seq=-1, field="")
    assert finding(stream="", seq=-1, level=5).show("en") == "prev [E_PREV] L5: wrong"


HOSTILE = "case/1\n结论:成立\x1b[8m\u202e\x7f"
SHOWN = "case/1\\n结论:成立\\x1b[8m\\u202e\\x7f"


def test_nothing_hostile_begins_a_line_or_moves_a_terminal() -> None:
    """A name in a bundle may hold what would write a verdict of its own."""
    assert one_line(HOSTILE) == SHOWN
    assert finding(stream=HOSTILE, field=HOSTILE).show("en") == (
        f"{SHOWN} #3 {SHOWN} [E_PREV] L1: wrong"
    )
    assert finding(en=HOSTILE).show("en") == f"case/1 #3 prev [E_PREV] L1: {SHOWN}"
    first, *_ = report(redacted=((HOSTILE, 4, HOSTILE),)).show("zh").split("\n")
    assert first == f"{SHOWN} #4 {SHOWN}: 已依记录涂销"
