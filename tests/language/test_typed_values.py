"""What clerks type is understood as people write it, or refused in a sentence."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.language.form_loader import load_form
from engine.language.forms import Field, read_value
from engine.reading.sheets.grids import Known
from engine.text import Text

ZONE = ZoneInfo("Asia/Shanghai")
FORM, PROBLEMS = load_form(
    """
form: 表
fields:
  日: date
  时: datetime
  数: integer
  钱: money
  率: decimal
  是否: bool
  选: {type: choice, choices: [现场, 视频]}
  人: person
  众: {type: person, many: true}
  文: text
""",
    "表.yaml",
)


def field(name: str) -> Field:
    assert PROBLEMS == ()
    assert FORM is not None
    found = FORM.field(name)
    assert found is not None
    return found


def typed(name: str, text: object) -> object:
    people = {"何清": "heqing", "林岚": "linlan"}
    known = Known(zone=ZONE, find_person=people.get, people={"heqing": "何清", "linlan": "林岚"})
    return read_value(field(name), text, ZONE, known.find)


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("日", "2027-3-5", date(2027, 3, 5)),
        ("日", "2027/03/05", date(2027, 3, 5)),
        ("日", "2027年3月5日", date(2027, 3, 5)),
        ("日", "２０２７-０３-０５", date(2027, 3, 5)),
        ("时", "2027-03-05 9:00", datetime(2027, 3, 5, 9, 0, tzinfo=ZONE)),
        ("时", "2027年3月5日 14:30", datetime(2027, 3, 5, 14, 30, tzinfo=ZONE)),
        ("数", "１２", 12),
        ("数", "1,000", 1000),
        ("数", " 7 ", 7),
        ("钱", "1,234.50", Decimal("1234.50")),
        ("率", "0.125", Decimal("0.125")),
        ("是否", "是", True),
        ("是否", "false", False),
        ("选", "视频", "视频"),
        ("人", "何清", "heqing"),
        ("众", "何清、林岚", ("heqing", "linlan")),
        ("文", " 一 ", "一"),
        ("数", "", None),
    ],
)
def test_understood(name: str, text: str, wanted: object) -> None:
    assert typed(name, text) == wanted


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("日", "2027-02-30", "不是日期"),
        ("日", "明天", "不是日期"),
        ("时", "2027-03-05", "不是时刻"),
        ("时", "2027-03-05 25:00", "不是时刻"),
        ("数", "1.5", "不是整数"),
        ("数", "十二", "不是"),
        ("数", "1e9", "不是"),
        ("钱", "1.234", "两位小数"),
        ("钱", "￥5", "不是数"),
        ("钱", "9" * 30, "不是数"),
        ("是否", "也许", "应填 是 或 否"),
        ("选", "现埸", "是否想选“现场”"),
        ("人", "何青", "没有“何青”这个人;是否想写“何清”?"),
    ],
)
def test_refused_in_a_sentence(name: str, text: str, told: str) -> None:
    found = typed(name, text)
    assert isinstance(found, Text)
    assert told in str(found)
