"""A printed form shows what the history holds, nothing more, and nothing unescaped."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path

import pytest

from engine.errors import UnknownName
from engine.kernel.case import Case
from engine.language.loader import load_steps
from engine.language.reader import Cursor, read
from engine.reading.pdf import write_pdf
from engine.reading.printing import render
from engine.rehearsal.office import Office
from engine.rehearsal.player import Player
from tests.conftest import open_office
from tests.test_walks import walk_steps

BY_PROXY = """
- {at: "2026-12-03 09:50", who: 林岚, start: 会务服务保障, as: M, set: {会议名称: "<script>alert(1)</script>", 类别: 内部会议, 开始时间: "2026-12-10 14:30", 结束时间: "2026-12-10 17:00", 地点: 第二会议室, 参会人数: 40}}
- {at: "2026-12-03 10:00", who: 林岚, do: 提交}
- {who: 何清, leave: {from: "2026-12-03", until: "2026-12-04"}}
- {who: 何清, delegate: {to: 白桦, from: "2026-12-03", until: "2026-12-04"}}
- {at: "2026-12-03 15:00", who: 白桦, do: 退回, for: 何清, reason: "<b>议程</b>不全"}
"""  # noqa: E501


def played(walk: str, alias: str, until: str = "9") -> tuple[Office, Case]:
    office = open_office()
    player = Player(office)
    misses = player.play(walk_steps(walk, until)).misses
    assert [miss.show() for miss in misses] == []
    return office, player.case_of(alias)


def page(office: Office, case: Case, form: str | None = None, language: str = "zh") -> str:
    return render(office.store, office.desk.catalog, case, form, office.now, language)


def rows(text: str) -> list[str]:
    """The lines of the signature table, each as plain words."""
    table = text[text.index('<table class="signatures">') :]
    body = table[table.index("<tbody>") : table.index("</tbody>")]
    return [
        " ".join(html.unescape(re.sub("<[^>]+>", " ", row)).split())
        for row in re.findall("<tr.*?</tr>", body, re.DOTALL)
    ]


def test_every_signature_stands_with_its_record() -> None:
    office, case = played("B-01", "M")
    text = page(office, case)
    signed = [
        one
        for one in office.store.records(f"case/{case.id}")
        if one.body.typ == "step" and one.body.act
    ]
    lines = rows(text)
    assert len(signed) > 20
    for one in signed:
        found = [line for line in lines if one.record.digest[:12] in line]
        assert any(one.body.actor.name in line and f"#{one.seq} " in line for line in found)
    approval = next(line for line in lines if line.startswith("权限审批"))
    assert "同意" in approval
    assert "批准" in approval
    assert "冯立" in approval
    assert "副局长" in approval
    assert "2026-12-04 09:00" in approval  # 01:00 UTC in the office's zone
    for word in ("江州市发展研究局", "F-B1", case.number, "已归档", "业务座谈会", "话筒"):
        assert word in text
    seq, digest = office.store.head(f"case/{case.id}") or (0, "")
    footer = text[text.index("<footer>") :]
    assert f"{case.number}/{seq}/{digest[:32]}" in footer
    assert "2026-12-16" in footer


def test_refusals_are_not_signatures() -> None:
    office, case = played("B-01", "M")
    refusals = [one for one in office.store.records(f"case/{case.id}") if one.body.typ == "refusal"]
    assert refusals
    text = page(office, case)
    assert not any(one.record.digest[:12] in text for one in refusals)


def test_what_people_type_is_escaped_and_a_deputy_is_named() -> None:
    office = open_office()
    node, problems = read(BY_PROXY, "proxy.yaml")
    player = Player(office)
    misses = player.play(load_steps(Cursor(problems), node)).misses
    assert [miss.show() for miss in misses] == []
    text = page(office, player.case_of("M"))
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<b>" not in text
    line = next(line for line in rows(text) if line.startswith("部门审核"))
    assert "白桦" in line
    assert "(代何清)" in line
    assert "<b>议程</b>不全" in line


def test_an_open_task_leaves_an_empty_line_to_sign() -> None:
    office, case = played("A-04", "验收", "2026-12-07 08:00")
    text = page(office, case)
    blank = [line for line in rows(text) if "#" not in line]
    assert [line.split()[1] for line in blank] == ["验收员", "验收员", "使用部门代表"]
    assert not any("林岚" in line for line in rows(text))  # asked, but has not signed
    assert "三联" in text
    assert "P002 硒鼓 原装" in text


def test_the_system_signs_as_the_system() -> None:
    office, case = played("A-04", "计划")
    text = page(office, case)
    assert any("系统" in line and line.startswith("收集中") for line in rows(text))
    assert not any("SYSTEM" in line for line in rows(text))
    assert "landscape" in text
    assert "1,980.00" in text


def test_a_body_decides_on_paper_and_the_clerk_is_the_recorder() -> None:
    office, case = played("B-02", "e")
    line = next(line for line in rows(page(office, case)) if "局长办公会" in line)
    assert "录入人" in line
    assert "吴桐" in line


def test_each_form_prints_its_own_fields() -> None:
    office, case = played("B-01", "M")
    plan = page(office, case, "会务保障方案")  # has no template of its own
    assert "F-B2" in plan
    assert "备用话筒" in plan
    assert "会议名称" not in plan
    with pytest.raises(UnknownName, match="会务保障方"):
        page(office, case, "会务保障方")


def test_labels_are_english_where_the_owner_gave_english() -> None:
    office, case = played("B-01", "M", "2026-12-07 10:00")
    text = page(office, case, language="en")
    assert '<html lang="en">' in text
    for word in ("Meeting request", "Attendees", "Leaders attending", "Confirmation", "Speaker"):
        assert word in text
    assert any(line.startswith("Department review agree") for line in rows(text))
    assert "参会人数" not in text


@pytest.mark.browser
def test_it_prints_on_a4(tmp_path: Path) -> None:
    office, case = played("B-01", "M")
    target = tmp_path / "form.pdf"
    write_pdf(page(office, case), target)
    words = subprocess.run(
        ["pdftotext", "-layout", str(target), "-"], check=True, capture_output=True, timeout=60
    ).stdout.decode()
    assert re.search(rb"/MediaBox \[0 0 59[45]\S* 84[12]", target.read_bytes())
    assert "会议需求申请表" in words
    assert re.search(r"\b1/\d", words)
    assert (office.store.head(f"case/{case.id}") or (0, ""))[1][:16] in words


def test_every_document_of_the_supplies_is_printed_and_numbered_without_gaps() -> None:
    office = open_office()
    player = Player(office)
    assert player.play(walk_steps("A-01")).misses == []
    plan = player.case_of("计划")
    printed: dict[str, list[str]] = {}
    for case_id in (plan.id, *office.store.family(plan.id)):
        case = office.store.load_case(case_id)
        text = page(office, case)
        code = re.search(r"表号：(F-\w+)", text)
        assert code is not None, case.process
        printed.setdefault(code[1], []).append(case.number)
        for one in office.store.records(f"case/{case.id}"):
            if one.body.typ == "step" and one.body.act:
                line = next(line for line in rows(text) if f"#{one.seq} " in line)
                assert one.record.digest[:12] in line
                assert one.body.actor.name in line
    counts = {code: len(numbers) for code, numbers in printed.items()}
    assert counts["F-A1"] == 6
    assert [counts[code] for code in ("F-A2", "F-A3", "F-A4", "F-A5", "F-J")] == [1, 1, 1, 1, 1]
    for numbers in printed.values():
        found = sorted(int(number.rpartition("-")[2]) for number in numbers)
        assert found == list(range(1, len(found) + 1))


def test_the_acceptance_note_is_in_three_parts() -> None:
    office, case = played("A-01", "验收")
    text = page(office, case)
    parts = re.findall(r'<span class="part">(.*?)</span>', text)
    assert parts == ["第一联 使用", "第二联 财务", "第三联 资产"]
    assert text.count('<table class="signatures">') == 3
    assert text.count("顾敏") == 3 * 3  # formed the group, entered the results, signed
    assert "到货明细" not in text


def test_a_signature_given_anew_is_told_apart_from_the_one_it_replaces() -> None:
    office, case = played("B-08", "M")
    told = rows(page(office, case, "签到表"))
    first = [row for row in told if "确认签到" in row]
    again = [row for row in told if "重签" in row]
    assert len(first) == 2
    assert all("(已另签)" in row for row in first)
    assert len(again) == 3  # 苏晓 twice, because she corrected it once more in between
    assert ["(已另签)" in row for row in again] == [True, False, False]
