"""A small procedure for tests that need many quick steps."""

from __future__ import annotations

from dataclasses import replace

from engine.rehearsal.office import Texts
from tests.conftest import sample_texts

FORM = """
form: 小表
fields:
  事由: text
  次数: {type: integer, default: "0"}
"""

PROCESS = """
process: 小流程
number: "X-{year}-{seq:6}"
form: 小表
roles:
  办理人: departments_people()
start: 甲
states:
  甲:
    who: 办理人
    edit: [事由, 次数]
    actions: {推进: 乙}
  乙:
    who: 办理人
    edit: [事由, 次数]
    actions: {推进: 甲, 结束: 完}
  完: {final: true}
"""

EVERYBODY = 'post("采购员") + post("验收员") + post("资产管理员") + post("会计") + post("出纳")'


def toy_texts() -> Texts:
    """The sample office with nothing but the small procedure."""
    process = PROCESS.replace("departments_people()", f"'{EVERYBODY}'")
    return replace(
        sample_texts("无"),
        forms={"小表": (FORM, "forms/小表.yaml")},
        processes={"小流程": (process, "processes/小流程.yaml")},
    )
