"""Broken and hostile definitions: each refused, with a place and a sentence, and quickly."""

from __future__ import annotations

import time

import pytest

from engine.errors import Problem
from engine.language import keys
from engine.language.form_loader import FIELD_KEYS, load_form
from engine.language.loader import load_process
from engine.language.params import load_params
from engine.language.roster_loader import load_roster

FORM = """form: 表
fields:
  事由: text*
  金额: money
  人: person
  时: datetime
  行: {type: lines, columns: {名: text, 数: integer}}
"""

GOOD = """process: 好流程
number: "G-{year}-{seq:4}"
form: 表
roles:
  甲方: post("采购员")
  乙方: {who: post("验收员")}
duties: {办: [起草.提交]}
apart: [[甲方, 乙方]]
rules: {够: {that: 金额 > 0, say: 不够}}
tables: {档: [{when: 金额 > 5, then: 高}, {otherwise: 低}]}
start: 起草
states:
  起草:
    who: 甲方
    edit: [事由, 金额, 行]
    due: 1 workday
    actions:
      提交: {to: 审核, need: [够]}
  审核:
    sign: {who: [甲方, {who: 乙方, when: 金额 > 5}], need: all}
    actions:
      同意: {to: 并行, after: signed}
      退回: {to: 起草, reason: required, max: 3}
  并行:
    parallel:
      左: {who: 甲方, checklist: [一, 二]}
      右: {who: 乙方}
    actions:
      汇合: {to: 路口, after: all, who: 甲方}
  路口:
    who: 甲方
    actions:
      走: [{when: 金额 > 5, to: 完}, {otherwise: 废}]
  完: {final: true}
  废: {final: cancelled}
"""

form, form_problems = load_form(FORM, "forms/表.yaml")
assert form is not None


def problems_of(text: str) -> tuple[Problem, ...]:
    assert form is not None
    definition, problems = load_process(text, "processes/好流程.yaml", {"表": form})
    assert (definition is None) == bool(problems)
    return problems


SWAPS = [
    ("form: 表", "form: 没有的表", "没有的表"),
    ("start: 起草", "start: 起早", "起早"),
    ('number: "G-{year}-{seq:4}"', "number: G-1", "G-1"),
    ("to: 审核", "to: 审合", "审合"),
    ('number: "G-{year}-{seq:4}"', 'number: "{user}-{seq:4}"', "编号"),
    ('post("采购员")', "pots('采购员')", "pots"),
    ('post("采购员")', "金额 + 1", "人员"),
    ("that: 金额 > 0", "that: 金鹅 > 0", "金鹅"),
    ("that: 金额 > 0", 'that: 金额 > "三"', "比较"),
    ("that: 金额 > 0", "that: 金额", "是否"),
    ("that: 金额 > 0", "that: 金额 = 0", "=="),
    ("that: 金额 > 0", "that: 金额 ＞ 0", "全角"),
    ("that: 金额 > 0", "that: 事由.长 > 0", "长"),
    ("that: 金额 > 0", "that: 行.没有 == 1", "没有"),
    ("need: [够]", "need: [狗]", "狗"),
    ("need: all}", "need: 三}", "三"),
    ("due: 1 workday", "due: 1 wd", "1 wd"),
    ("due: 1 workday", "due: 一天", "一天"),
    ("due: 1 workday", "due: {after: 起草}", "多长时间"),
    ("due: 1 workday", "due: {by: 1 hour, before: 事由}", "时刻"),
    ("due: 1 workday", "due: {monthly: 32, at: '17:30'}", "32"),
    ("due: 1 workday", "due: {by: 1 hour, late: ignore}", "ignore"),
    ("due: 1 workday", "due: {by: 1 hour, remind: 多}", "多"),
    ("edit: [事由, 金额, 行]", "edit: [是由]", "是由"),
    ("edit: [事由, 金额, 行]", "edit: 3", "3"),
    ("who: 甲方\n    edit", "who: 丙方\n    edit", "丙方"),
    ("after: signed", "after: 全部", "全部"),
    ("after: all", "after: 9", "9"),
    ("after: all", "after: [上]", "上"),
    ("reason: required", "reason: maybe", "maybe"),
    ("max: 3", "max: 三", "三"),
    ("max: 3", "max: 3, beyond: 协调", "协调"),
    ("{otherwise: 废}", "{when: 金额 > 9, to: 废}", "otherwise"),
    ("{when: 金额 > 5, to: 完}", "{to: 完}", "when"),
    ("final: cancelled", "final: gone", "gone"),
    ("  完: {final: true}", "  完: {final: true, who: 甲方}", "完"),
    ("  废: {final: cancelled}", "  废: {who: 甲方}", "废"),
    ("  废: {final: cancelled}", "  废: {final: cancelled}\n  孤岛: {final: true}", "孤岛"),
    ("checklist: [一, 二]", "checklist: {items: 一二}", "列表"),
    ("checklist: [一, 二]", "checklist: [一, {item: 二, after: [三]}]", "“三”不在单上"),
    (
        "checklist: [一, 二]",
        "checklist: [一, {item: 二, after: 二}]",
        "互相等待",
    ),
    ("after: all", "after: [左, 左]", "写了两遍"),
    ("after: all", "after: [左, 起草]", "“起草”不是“并行”的一支"),
    ("提交: {to: 审核", "提交: {to: [审核, 并行]", "一次只去一个环节"),
    ("      左: {who", "      完成: {who", "保留"),
    ("汇合: {to: 路口", "汇合: {to: 并行/左", "并行"),
    ("提交: {to: 审核", "提交: {to: 并行/左", "直接进入"),
    ("      右: {who: 乙方}", "      右: {who: 乙方, actions: {跑: 完}}", "离开"),
    ("提交: {to: 审核", "提交: {to: done", "done"),
    ("退回: {to: 起草", "退回: {reopen: choose, to: 起草", "reopen"),
    ("duties: {办: [起草.提交]}", "duties: {办: [起草.提高]}", "提高"),
    ("apart: [[甲方, 乙方]]", "apart: [[甲方]]", "两个"),
    ("apart: [[甲方, 乙方]]", "apart: [[某, 某某]]", "某"),
    ("{otherwise: 低}", "{when: 金额 > 1, then: 低}", "otherwise"),
    ("when: 金额 > 5, then: 高", "then: 高", "when"),
    ("start: 起草\n", "", "start"),
    ("process: 好流程\n", "", "process"),
    ("states:", "stats:", "stats"),
    ('post("采购员")', 'reached("没有")', "没有"),
    ("that: 金额 > 0", 'that: table("无") == "高"', "无"),
    ("that: 金额 > 0", 'that: rounds("无此动作") > 1', "无此动作"),
]

EXPRESSIONS = [
    "().__class__",
    "金额.__class__",
    "__import__('os')",
    "open('x')",
    "eval('1')",
    "exec('1')",
    "lambda: 1",
    "[x for x in 行]",
    "{x for x in 行}",
    "(x for x in 行)",
    "{1: 2}",
    "行[0]",
    "行[0:1]",
    "f'{金额}'",
    "金额 ** 9",
    "9 ** 9 ** 9",
    "金额 << 3",
    "金额 & 1",
    "金额 | 1",
    "~金额",
    "金额 @ 2",
    "(y := 1)",
    "await 金额",
    "yield 金额",
    "金额 if True",
    "金额 >",
    "> 金额",
    "金额 > > 1",
    "((((",
    "))))",
    "金额 > 1,",
    "金额; 金额",
    "import os",
    "金额 is None",
    "not",
    "and",
    "金额 金额",
    "1e400 > 金额",
    "0x10 > 金额",
    "1_000 > 金额",
    "1j > 金额",
    "b'x' == 事由",
    "...",
    "*行",
    "**行",
    "max(金额)",
    "sum(金额, 1)",
    "sum(行)",
    "every(行, 数)",
    "every(行, 没列 > 1)",
    "count(行, 数)",
    "len()",
    "post()",
    "post(金额) == 人",
    "round(事由, 1) > 0",
    "金额 + 事由 > 0",
    "not 金额",
    "金额 and 真",
    "时 > 金额",
    "人 > 1",
    "1" * 60 + " > 金额",
    "(" * 100 + "1" + ")" * 100,
    "-" * 400 + "1 > 0",
    "金额 > 0 " + "and 金额 > 0 " * 400,
    "“金额” > 0",
    "金额 ≥ 0",
    "金额 > ０",
    "a" * 5000,
    "post(name='x') == 人",
    "人.head == 人",
]

YAML = [
    "",
    "- 一\n- 二",
    "只是一句话",
    "a: &x 1\nb: *x",
    "a: !!python/object:os.system x",
    "a: !x 1",
    "<<: {a: 1}",
    "process: 甲\nprocess: 乙",
    "process: [",
    "process: {",
    "process: '",
    'process: "',
    "process： 甲",
    "\tprocess: 甲",
    "process: 甲\n\tform: 乙",
    "process: 甲\n form: 乙\n  start: 丙",
    "a: b: c",
    "@x: 1",
    "`x`: 1",
    "%x: 1",
    "process: 甲\x07",
    "? [a]\n: 1",
    "--- \na: 1\n--- \nb: 2",
    "a: |\n x\n y: z\nb",
    "process: 甲\nform",
    "x" * 300_000,
    "[" * 30 + "]" * 30,
    "a: " + "[" * 5000,
    "- " * 200 + "x",
    "\n".join(f"k{n}: v" for n in range(30_000)),
    "&a [*a]",
    "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]",
    "!!map {a: 1}",
    "process: !!binary aGk=",
    "? a\n? b",
    "process: >-\n",
    "a: 'it''s",
    "\ufeff\ufeffa: 1: 2",
]

MISSPELT = (
    [("  起草:\n    who", "  起草:\n    {key}x: 1\n    who", key) for key in keys.STATE]
    + [("提交: {to: 审核", "提交: {{{key}x: 1, to: 审核", key) for key in keys.ACTION]
    + [("start: 起草\n", "start: 起草\n{key}x: 1\n", key) for key in keys.PROCESS]
)


def test_the_good_one_is_good() -> None:
    assert form_problems == ()
    assert problems_of(GOOD) == ()


def located(problems: tuple[Problem, ...]) -> None:
    assert problems
    for problem in problems:
        shown = str(problem)
        assert shown.startswith("processes/好流程.yaml:") or "yaml:" in shown
        assert problem.source.line >= 1
        assert problem.source.column >= 1


@pytest.mark.parametrize(("old", "new", "word"), SWAPS, ids=lambda text: text[:24])
def test_a_broken_definition_is_refused_where_it_is_broken(old: str, new: str, word: str) -> None:
    assert old in GOOD
    found = problems_of(GOOD.replace(old, new, 1))
    located(found)
    assert any(word in str(problem) for problem in found)


@pytest.mark.parametrize("text", EXPRESSIONS, ids=lambda text: text[:24])
def test_a_hostile_expression_is_refused_at_its_line(text: str) -> None:
    started = time.perf_counter()
    quoted = text.replace("'", "''")
    found = problems_of(GOOD.replace("that: 金额 > 0", f"that: '{quoted}'"))
    located(found)
    assert any(problem.source.line == 9 for problem in found)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("text", YAML, ids=lambda text: repr(text[:16]))
def test_hostile_yaml_is_refused_in_bounded_time(text: str) -> None:
    started = time.perf_counter()
    located(problems_of(text))
    for load in (load_form, load_params, load_roster):
        found, problems = load(text, "x.yaml")  # type: ignore[operator]
        assert found is None
        assert problems
    assert time.perf_counter() - started < 4


@pytest.mark.parametrize(("old", "new", "key"), MISSPELT, ids=lambda text: text[:16])
def test_a_misspelt_key_is_named_with_what_was_meant(old: str, new: str, key: str) -> None:
    found = problems_of(GOOD.replace(old, new.format(key=key), 1))
    assert any(f"{key}x" in str(one) and "是否想写" in str(one) for one in found)


@pytest.mark.parametrize("key", FIELD_KEYS)
def test_a_misspelt_field_key_is_named(key: str) -> None:
    wrong = FORM.replace("  金额: money", f"  金额: {{type: money, {key}x: 1}}")
    found, problems = load_form(wrong, "forms/表.yaml")
    assert found is None
    assert any(f"{key}x" in str(one) and one.source.line == 4 for one in problems)


def test_there_are_at_least_two_hundred() -> None:
    assert len(SWAPS) + len(EXPRESSIONS) + len(YAML) + len(MISSPELT) + len(FIELD_KEYS) >= 200


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("完: {final: true}", "完: {final: 是}"),
        ("rules: {够", "everyday: {comment: 是, copy: 否}\nrules: {够"),
    ],
)
def test_yes_and_no_are_written_in_either_language(written: str, instead: str) -> None:
    assert problems_of(GOOD.replace(written, instead)) == ()


def test_a_table_of_reference_data_says_yes_and_no_in_either_language() -> None:
    table = "{key: 名, columns: {名: text, 控: bool}, rows: [[甲, 是], [乙, 否]]}"
    text = f"params: {{}}\ntables:\n  物: {table}"
    params, problems = load_params(text, "params.yaml")
    assert problems == ()
    assert params is not None
    assert [row["控"] for row in params.tables["物"].rows.values()] == [True, False]


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("    who: 甲方\n    edit", "\twho: 甲方\n    edit", "14:1: 缩进用了制表符 — 请用空格"),
        ("    due: 1", "  \tdue: 1", "16:3: 缩进用了制表符 — 请用空格"),
        ("    due: 1", "　　due: 1", "16:1: 缩进用了全角空格 — 请用空格"),
        ("  完: {", "　完: {", "34:1: 缩进用了全角空格 — 请用空格"),
        ("  完: {", "\u00a0\u00a0完: {", "34:1: 缩进用了不换行空格 — 请用空格"),
        ("    due: 1", "    　due: 1", "16:5: 缩进用了全角空格 — 请用空格"),
        ("edit: [事由, 金额,", "edit: [事由，金额,", "15:14: “，”是全角标点"),
        ("edit: [事由, 金额,", "edit: [事由, 金额、", "15:18: “、”是全角标点"),
        ("edit: [事由, 金额, 行]", "edit: all\n    require: [金额，事由]", "16:17: “，”是全角标点"),
        ("edit: [事由, 金额, 行]", "edit: 事由、金额", "15:13: “、”是全角标点"),
    ],
)
def test_a_sign_of_the_wrong_width_is_named_where_it_stands(
    written: str, instead: str, told: str
) -> None:
    text = GOOD.replace(written, instead, 1)
    assert text != GOOD
    assert f"processes/好流程.yaml:{told}" in str(problems_of(text)[0])


def test_a_paragraph_may_begin_with_wide_blanks() -> None:
    text = GOOD.replace("say: 不够}}", 'say: "　　不够、再等"}}').replace(
        "[一, 二]", "[甲、乙, 丙]"
    )
    assert problems_of(text) == ()
