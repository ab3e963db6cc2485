"""Layouts: grids as pages to be filled in or looked at, with what each column takes."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from engine.language.expressions import Expression
from engine.language.forms import Attachment, Field, FieldType, Row, Value
from engine.reading.sheets.grids import NO, YES, Column, Grid, Known
from engine.reading.sheets.pages import Choices, Head, Page, Style, Written
from engine.text import Text, say, show, translate

TYPES: Mapping[FieldType, Text] = {
    FieldType.TEXT: say("文字"),
    FieldType.INTEGER: say("整数"),
    FieldType.DECIMAL: say("小数"),
    FieldType.MONEY: say("金额"),
    FieldType.BOOL: say("是否"),
    FieldType.DATE: say("日期"),
    FieldType.DATETIME: say("时刻"),
    FieldType.CHOICE: say("单选"),
    FieldType.PERSON: say("人员"),
    FieldType.DEPARTMENT: say("部门"),
    FieldType.REFERENCE: say("基础数据"),
    FieldType.CASE: say("案件"),
    FieldType.ATTACHMENT: say("附件"),
    FieldType.LINES: say("明细"),
}
KINDS: Mapping[FieldType, str] = {
    FieldType.INTEGER: "integer",
    FieldType.DECIMAL: "number",
    FieldType.MONEY: "money",
    FieldType.DATE: "date",
    FieldType.DATETIME: "moment",
}
EXAMPLES: Mapping[FieldType, Text] = {
    FieldType.DATE: say("如 2026-12-10"),
    FieldType.DATETIME: say("如 2026-12-10 14:30"),
}
NARROW, BROAD = 8, 44  # widths of columns, in Latin letters
ROOM: Mapping[FieldType, int] = {
    FieldType.DATE: 12,
    FieldType.DATETIME: 18,
    FieldType.MONEY: 12,
    FieldType.PERSON: 12,
    FieldType.DEPARTMENT: 14,
    FieldType.TEXT: 16,
    FieldType.REFERENCE: 14,
}
LABELS = 2  # columns of a table that say what a key means


def page_of(
    grid: Grid, rows: Sequence[Row], known: Known, language: str, *, is_blank: bool = False
) -> Page:
    """A grid with these rows as a page; `is_blank` marks what is compulsory for who fills it in."""
    cells = tuple(
        tuple(written(one.field, row.get(one.name), known, language) for one in grid.columns)
        for row in rows
    )
    heads = []
    for place, one in enumerate(grid.columns):
        text = one.title(language) + ("*" if is_blank and one.required else "")
        filled = [breadth(str(row[place])) for row in cells if row[place] is not None]
        heads.append(
            Head(
                text=text,
                width=fitting(max([breadth(text), ROOM.get(one.field.type, 0), *filled])),
                style=style_of(one, known, language),
                note="\n".join(part.show(language) for part in notes_of(one)),
            )
        )
    return Page(name=grid.title(language), heads=tuple(heads), rows=cells)


def breadth(text: str) -> int:
    """The width of a text in Latin letters: Chinese characters take two."""
    lines = text.splitlines() or [""]
    return max(sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in ln) for ln in lines)


def fitting(width: int) -> int:
    return min(max(width + 2, NARROW), BROAD)


def written(field: Field, value: Value, known: Known, language: str) -> Written:
    """A value as a cell that can be read back."""
    match value:
        case None:
            return None
        case bool():
            return translate(YES if value else NO, language)
        case datetime():
            return value.astimezone(known.zone).replace(tzinfo=None)
        case int() | Decimal() | date():
            return value
        case Attachment():
            return value.name
        case tuple():
            parts = (str(written(field, one, known, language)) for one in value)  # type: ignore[arg-type]
            return "、".join(parts)
    text = str(value)
    return known.people.get(text, text) if field.type is FieldType.PERSON else text


def style_of(column: Column, known: Known, language: str) -> Style:
    """How a column's cells look, and what they are chosen from."""
    field = column.field
    if field.many:
        return Style(kind="text", is_open=column.is_open)
    choices = choices_of(field, known, language) if column.is_open else None
    return Style(kind=KINDS.get(field.type, "text"), choices=choices, is_open=column.is_open)


def choices_of(field: Field, known: Known, language: str) -> Choices | None:
    """The values a field may have, where they can be listed."""
    match field.type:
        case FieldType.CHOICE:
            return Choices(name=field.name, values=field.choices)
        case FieldType.BOOL:
            words = (translate(YES, language), translate(NO, language))
            return Choices(name=field.name, values=words)
        case FieldType.PERSON:
            title, names = translate("人员", language), tuple(dict.fromkeys(known.people.values()))
            return Choices(name=title, values=names, is_closed=known.is_closed)
        case FieldType.DEPARTMENT:
            title, names = translate("部门", language), known.departments
            return Choices(name=title, values=names, is_closed=known.is_closed)
        case FieldType.REFERENCE if (table := known.tables.get(field.table or "")) is not None:
            texts = (name for name, kind in table.columns.items() if kind == "text")
            told = [one for one in texts if one != table.key][:LABELS]
            labels = tuple(" ".join(str(row[one]) for one in told) for row in table.rows.values())
            return Choices(name=table.name, values=tuple(table.rows), labels=labels if told else ())
    return None


def notes_of(column: Column) -> Iterator[Text]:
    """What a column takes: its type, its unit, its limits, when it must be filled."""
    field = column.field
    if field.help:
        yield say("{text}", text=field.help)
    if not column.is_read:
        yield (
            say("附件用 --attach 给出")
            if field.type is FieldType.ATTACHMENT
            else say("由系统计算,不用填")
        )
        return
    if not column.is_open:
        yield say("现在不能填")
        return
    kind = TYPES[field.type]
    if field.type is FieldType.REFERENCE:
        kind = say("从“{table}”里选", table=field.table)
    yield say("{kind},必填", kind=kind) if column.required else kind
    if field.type is FieldType.CHOICE:
        yield say("{choices}", choices=field.choices)
    if field.many:
        yield say("可填几个,用顿号隔开")
    if field.unit:
        yield say("单位:{unit}", unit=field.unit)
    if field.minimum is not None:
        yield say("不小于 {limit}", limit=field.minimum)
    if field.maximum is not None:
        yield say("不大于 {limit}", limit=field.maximum)
    if field.type in EXAMPLES:
        yield EXAMPLES[field.type]
    if isinstance(field.required, Expression):
        yield say("{condition} 时必填", condition=field.required.text)
    if field.when is not None:
        yield say("{condition} 时才填", condition=field.when.text)
    if field.default is not None and isinstance(field.default.tree, ast.Constant):
        found = field.default.tree.value
        value = say(YES if found else NO) if isinstance(found, bool) else found
        yield say("不填则为 {value}", value=value)


def remark(column: Column, language: str) -> str:
    """The same in a line."""
    mark = ";" if language == "zh" else "; "
    return mark.join(show(part, language) for part in notes_of(column))
