"""Forms: typed data with rules. Fields, tables of line items, and their values.

A value is text, int, Decimal, bool, date, an aware datetime, an `Attachment`, a tuple of
these, a tuple of rows (each a mapping from column to value), or None for "not filled".
People are held by their roster id, departments and references by their key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from typing import Any

from engine.errors import Source
from engine.language.expressions import Expression
from engine.text import Text, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that belongs to a value: its name, size in bytes and digest in hex."""

    name: str
    size: int
    digest: str


Plain = str | int | Decimal | bool | date | datetime | Attachment | None
Row = Mapping[str, Plain]
Value = Plain | tuple[Plain, ...] | tuple[Row, ...]
Values = Mapping[str, Value]


class FieldType(Enum):
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    PERSON = "person"
    DEPARTMENT = "department"
    REFERENCE = "reference"  # a row of a table in params.yaml
    CASE = "case"  # the number of another case
    ATTACHMENT = "attachment"
    LINES = "lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """A table whose rows follow another table: one row per distinct value of `by`."""

    of: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field, or one column of a table.

    `required` is False, True or a condition; `when` says whether the field applies at
    all; `compute` makes it read-only, and `while_` says until when it follows; `default`
    fills it once while it is empty.
    """

    name: str
    en: str | None
    type: FieldType
    many: bool  # several values of the type, as a tuple
    required: bool | Expression
    when: Expression | None
    compute: Expression | None
    while_: Expression | None  # computed anew only while this holds, then it stands
    default: Expression | None
    choices: tuple[str, ...]
    table: str | None  # of a reference: the params table
    columns: tuple[Field, ...]  # of lines
    group: Grouping | None
    key: tuple[str, ...]  # columns by which a line is known: typed lines go over known ones
    minimum: Decimal | None
    maximum: Decimal | None
    unit: str | None
    help: str | None
    source: Source

    def column(self, name: str) -> Field | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of a case, gathered from the form files it names, in order."""

    name: str
    en: str | None
    fields: tuple[Field, ...]
    parts: tuple[str, ...]  # the form files, in order; each has its print template

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


# an expression, the values it sees, and the table and row it stands in, if it does
Evaluate = Callable[[Expression, Values, "Field | None", "Row | None"], Value]


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one value; `path` is like `行[2].数量`, rows counted from 1."""

    path: str
    text: Text


# -- what a person types -------------------------------------------------------------------

# the key of the person, department or row of a table that a name stands for, or what is wrong
Find = Callable[[Field, str], str | Text]


def find_people(find_person: Callable[[str], str | None]) -> Find:
    """Ask for people alone, by their id; departments and rows of tables are taken as they stand."""

    def find(field: Field, text: str) -> str | Text:
        if field.type is not FieldType.PERSON:
            return text
        return find_person(text) or say("没有“{text}”这个人", text=text)

    return find


_HALF = str.maketrans("０１２３４５６７８９，．－：／　", "0123456789,.-:/ ")


def read_value(field: Field, typed: object, zone: tzinfo, find: Find) -> Value | Text:
    """The value that was typed (text, or lists and mappings of text), or what is wrong."""
    if typed is None or typed == "":
        return None
    if field.type is FieldType.LINES:
        return _read_rows(field, typed, zone, find)
    if field.many:
        parts = (
            typed if isinstance(typed, list | tuple) else str(typed).replace("、", ",").split(",")
        )
        found = [_read_one(field, str(part).strip(), zone, find) for part in parts]
        wrong = next((one for one in found if isinstance(one, Text)), None)
        return wrong or tuple(one for one in found if not isinstance(one, Text))
    if isinstance(typed, list | dict):
        return say("“{name}”只填一个值", name=field.name)
    return _read_one(field, str(typed).strip(), zone, find)


def read_row(
    field: Field,
    typed: Mapping[Any, object],
    zone: tzinfo,
    find: Find,
) -> Row | Text:
    """One row of a table, column by column."""
    row: dict[str, Plain] = {}
    for name, one in typed.items():
        column = field.column(str(name))
        if column is None:
            known = tuple(one.name for one in field.columns)
            return say(
                "“{table}”没有“{name}”这一列;可填:{known}",
                table=field.name,
                name=str(name),
                known=known,
            )
        found = read_value(column, one, zone, find)
        if isinstance(found, Text):
            return say("{name}:{text}", name=column.name, text=found)
        row[column.name] = found  # type: ignore[assignment]
    return row


def _read_rows(field: Field, typed: object, zone: tzinfo, find: Find) -> Value | Text:
    if not isinstance(typed, list | tuple):
        return say("“{name}”是明细表,请用 --data 文件给出各行", name=field.name)
    rows: list[Row] = []
    for number, one in enumerate(typed, 1):
        if not isinstance(one, Mapping):
            return say("第 {number} 行要写成“列: 值”", number=number)
        found = read_row(field, one, zone, find)
        if isinstance(found, Text):
            return say("第 {number} 行 {text}", number=number, text=found)
        rows.append(found)
    return tuple(rows)


def _read_one(field: Field, text: str, zone: tzinfo, find: Find) -> Plain | Text:
    half = text.translate(_HALF).strip()
    match field.type:
        case FieldType.INTEGER:
            digits = half.replace(",", "")
            if digits.lstrip("-").isdigit() and digits.isascii() and len(digits) < 16:
                return int(digits)
            return say("“{text}”不是整数", text=text)
        case FieldType.DECIMAL | FieldType.MONEY:
            return _read_decimal(field, text, half.replace(",", ""))
        case FieldType.BOOL:
            known = {"是": True, "否": False, "true": True, "false": False}
            if text.lower() in known:
                return known[text.lower()]
            return say("“{text}”应填 是 或 否", text=text)
        case FieldType.DATE | FieldType.DATETIME:
            return _read_time(field, text, half.replace("/", "-"), zone)
        case FieldType.CHOICE:
            if text in field.choices:
                return text
            close = get_close_matches(text, field.choices, n=1, cutoff=0.3)
            return say(
                "“{text}”不在可选项中({choices}){hint}",
                text=text,
                choices=field.choices,
                hint=say(";是否想选“{name}”?", name=close[0]) if close else say(""),
            )
        case FieldType.PERSON | FieldType.DEPARTMENT | FieldType.REFERENCE:
            return find(field, tidy(text))
        case FieldType.ATTACHMENT:
            return say("附件请用 --attach 字段=文件 给出")
    return tidy(text)


def tidy(text: str) -> str:
    """Text as it may be signed: NFC, plain line ends, no control or direction marks."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        one for one in plain if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs", "Cf")
    )


def _read_decimal(field: Field, text: str, digits: str) -> Plain | Text:
    number = digits.removeprefix("-")
    if not (number.isascii() and number.replace(".", "", 1).isdigit() and len(number) < 25):
        return say("“{text}”不是数", text=text)
    value = Decimal(digits)
    exponent = value.as_tuple().exponent
    if field.type is FieldType.MONEY and isinstance(exponent, int) and exponent < -2:
        return say("金额“{text}”最多两位小数", text=text)
    return value


_DAY = re.compile(r"(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?")  # 年 月 日
_HOUR = re.compile(r"(?<=[ T])(\d)(?=:)")


def _read_time(field: Field, text: str, iso: str, zone: tzinfo) -> Plain | Text:
    iso = _DAY.sub(lambda found: f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}", iso, count=1)
    iso = _HOUR.sub(r"0\1", iso)
    try:
        if field.type is FieldType.DATE:
            return date.fromisoformat(iso)
        if len(iso) > 10:
            moment = datetime.fromisoformat(iso)
            return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError:
        pass
    if field.type is FieldType.DATE:
        return say("“{text}”不是日期(应如 2026-12-10)", text=text)
    return say("“{text}”不是时刻(应如 2026-12-10 14:30)", text=text)


# -- what follows from the values ------------------------------------------------------------


def compute(form: Form, values: Values, evaluate: Evaluate) -> Values:
    """The values with computed fields, defaults and grouped rows brought up to date.

    Fields are taken in written order, twice, so that one may use another below it.
    """
    current = dict(values)
    for _ in range(2):
        for field in form.fields:
            if field.type is FieldType.LINES:
                current[field.name] = _computed_rows(field, current, evaluate)
            elif field.compute is not None:
                if field.while_ is None or evaluate(field.while_, current, None, None):
                    current[field.name] = evaluate(field.compute, current, None, None)
            elif field.default is not None and current.get(field.name) is None:
                current[field.name] = evaluate(field.default, current, None, None)
    return {name: value for name, value in current.items() if value is not None or name in values}


def _computed_rows(field: Field, values: Mapping[str, Value], evaluate: Evaluate) -> Value:
    rows = [dict(row) for row in rows_of(values.get(field.name))]
    if field.group is not None:
        rows = _grouped(field.group, rows, rows_of(values.get(field.group.of)))
    for row in rows:
        for _ in range(2):
            for column in field.columns:
                expression = column.compute
                if column.while_ is not None and not evaluate(column.while_, values, field, row):
                    continue
                if expression is None and row.get(column.name) is None:
                    expression = column.default
                if expression is not None:
                    row[column.name] = evaluate(expression, values, field, row)  # type: ignore[assignment]
    return tuple(rows) if rows or field.name in values else None


def _grouped(
    group: Grouping, rows: list[dict[str, Plain]], source: tuple[Row, ...]
) -> list[dict[str, Plain]]:
    known = {row.get(group.by): row for row in rows}
    keys = dict.fromkeys(row.get(group.by) for row in source)
    return [known.get(key, {group.by: key}) for key in keys if key is not None]


def rows_of(value: Value) -> tuple[Row, ...]:
    """The rows of a table value; () for anything else."""
    several = value if isinstance(value, tuple) else ()
    return tuple(row for row in several if isinstance(row, Mapping))


# -- what is wrong with the values -------------------------------------------------------------


def check_submission(
    form: Form,
    values: Values,
    editable: frozenset[str],
    required: frozenset[str],
    evaluate: Evaluate,
) -> tuple[FieldProblem, ...]:
    """Everything wrong or missing in the fields that can be edited now or are required now."""
    found: list[FieldProblem] = []
    for field in form.fields:
        if field.name not in editable and field.name not in required:
            continue
        if field.when is not None and not evaluate(field.when, values, None, None):
            continue
        value = values.get(field.name)
        demanded = field.name in required or _is_required(field, values, evaluate)
        found += _check_field(field, value, demanded, field.name)
        for number, row in enumerate(rows_of(value), 1):
            for column in field.columns:
                if column.when is not None and not evaluate(column.when, values, field, row):
                    continue
                needed = _is_required(column, values, evaluate, field, row)
                path = f"{field.name}[{number}].{column.name}"
                found += _check_field(column, row.get(column.name), needed, path)
    return tuple(found)


def _is_required(
    field: Field,
    values: Values,
    evaluate: Evaluate,
    table: Field | None = None,
    row: Row | None = None,
) -> bool:
    if isinstance(field.required, bool):
        return field.required
    return bool(evaluate(field.required, values, table, row))


def _check_field(field: Field, value: Value, required: bool, path: str) -> list[FieldProblem]:
    if value is None or value in ("", ()):
        return [FieldProblem(path, say("必填"))] if required else []
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if field.minimum is not None and value < field.minimum:
            return [FieldProblem(path, say("不能小于 {limit}", limit=field.minimum))]
        if field.maximum is not None and value > field.maximum:
            return [FieldProblem(path, say("不能大于 {limit}", limit=field.maximum))]
    if field.type is FieldType.CHOICE and not field.many and value not in field.choices:
        return [FieldProblem(path, say("不在可选项中:{value}", value=value))]
    return []
