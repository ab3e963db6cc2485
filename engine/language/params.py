"""Parameters with effective dates, and reference tables: the numbers a rule must not hard-code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from engine.errors import GuichengError, Problem
from engine.language.calendar import parse_date
from engine.language.diary import Diary, read_diary
from engine.language.forms import Plain, Row
from engine.language.reader import YES_NO, Cursor, Node, Scalar, Sequence, read
from engine.text import say

TOP_KEYS = ("params", "tables", "books", "bookings", "phrases")
BOOK_KEYS = ("en", "item", "short", "backorder", "most", "over")
COLUMN_TYPES = ("text", "integer", "decimal", "money", "bool", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """One value of a parameter and the day it begins to hold."""

    from_: date
    value: Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Reference data: rows found by their key."""

    name: str
    key: str
    columns: Mapping[str, str]  # column → type
    rows: Mapping[str, Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """How a book is kept. Codes are those of the refusals it gives.

    `item` is the reference table its items come from (None: any text); without `backorder`
    nobody may wait for what is not there; `most` is how much of an item it may ever hold.
    """

    name: str
    en: str | None
    item: str | None
    short: str
    backorder: bool
    most: Decimal | None
    over: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Params:
    """What a parameter file says; told apart by identity, as a file is read once."""

    values: Mapping[str, tuple[Dated, ...]]
    tables: Mapping[str, Table]
    books: Mapping[str, Book] = field(default_factory=dict)
    diaries: Mapping[str, Diary] = field(default_factory=dict)
    phrases: tuple[str, ...] = ()  # opinions the office offers to everybody

    def value(self, name: str, on: date) -> Plain:
        """What a parameter is on a day. Errors: `GuichengError` if it does not hold yet."""
        found = [one for one in self.values.get(name, ()) if one.from_ <= on]
        if not found:
            raise GuichengError(say("参数“{name}”在 {on} 没有取值", name=name, on=on.isoformat()))
        return max(found, key=lambda one: one.from_).value

    def book(self, name: str) -> Book:
        """How a book is kept. Errors: `GuichengError` if the office keeps none of that name."""
        found = self.books.get(name)
        if found is None:
            raise GuichengError(say("参数里没有台账“{book}”", book=name))
        return found

    def diary(self, name: str) -> Diary:
        """How a diary is kept. Errors: `GuichengError` if the office keeps none of that name."""
        found = self.diaries.get(name)
        if found is None:
            raise GuichengError(say("参数里没有预约簿“{diary}”", diary=name))
        return found

    def record(self, table: str, key: str) -> Row:
        """A row of a reference table; empty if there is none."""
        found = self.tables.get(table)
        return found.rows.get(key, {}) if found else {}


def load_params(text: str, file: str) -> tuple[Params | None, tuple[Problem, ...]]:
    """Read params.yaml: `params` (plain or dated values), `tables`, `books`, `bookings`,
    `phrases`.
    """
    node, problems = read(text, file)
    cursor = Cursor(problems)
    top = cursor.mapping(node, TOP_KEYS, {"params"})
    values = {
        key.text: _read_dated(cursor, value) for key, value in cursor.entries(top.get("params"))
    }
    tables = {
        key.text: _read_table(cursor, key.text, value)
        for key, value in cursor.entries(top.get("tables"))
    }
    books = {
        key.text: _read_book(cursor, key.text, value, tables)
        for key, value in cursor.entries(top.get("books"))
    }
    diaries = {
        key.text: read_diary(cursor, key.text, value, tables)
        for key, value in cursor.entries(top.get("bookings"))
    }
    phrases = tuple(cursor.text(one) for one in cursor.items(top.get("phrases")))
    params = Params(values=values, tables=tables, books=books, diaries=diaries, phrases=phrases)
    return (None if problems else params), tuple(problems)


def _read_book(cursor: Cursor, name: str, node: Node, tables: Mapping[str, Table]) -> Book:
    top = cursor.mapping(node, BOOK_KEYS)
    item, most = top.get("item"), top.get("most")
    table = cursor.optional(item)
    if item is not None and table not in tables:
        cursor.unknown(item.source, say("基础数据表"), table or "", tables)
    limit = read_plain(cursor.text(most)) if most is not None else None
    if most is not None and (not isinstance(limit, int | Decimal) or isinstance(limit, bool)):
        cursor.say(most, say("这里要写一个数"))
        limit = None
    return Book(
        name=name,
        en=cursor.optional(top.get("en")),
        item=table,
        short=cursor.text(top.get("short"), "E_STOCK"),
        backorder=cursor.boolean(top.get("backorder")),
        most=Decimal(limit) if isinstance(limit, int | Decimal) else None,
        over=cursor.text(top.get("over"), "E_LIMIT"),
    )


def read_plain(text: str, quoted: bool = False) -> Plain:
    """A typed value as owners mean it: a number, true/false, a date, or text."""
    number = text.removeprefix("-")
    if quoted:
        return text
    if number.isascii() and number.isdigit() and len(number) < 16:
        return int(text)
    if number.isascii() and number.replace(".", "", 1).isdigit() and not number.endswith("."):
        return Decimal(text)
    if text in ("true", "false"):
        return text == "true"
    return parse_date(text) or text


def _read_dated(cursor: Cursor, node: Node) -> tuple[Dated, ...]:
    if isinstance(node, Scalar):
        return (Dated(from_=date.min, value=read_plain(cursor.text(node), not node.plain)),)
    found = []
    for one in cursor.items(node):
        top = cursor.mapping(one, {"from", "value", "basis"}, {"from", "value"})
        start = parse_date(cursor.text(top.get("from")))
        if start is None:
            cursor.say(one, say("from 要写日期"), say("如 2026-01-01"))
        value = top.get("value")
        plain = value.plain if isinstance(value, Scalar) else True
        found.append(
            Dated(from_=start or date.min, value=read_plain(cursor.text(value), not plain))
        )
    return tuple(found)


def _read_table(cursor: Cursor, name: str, node: Node) -> Table:
    top = cursor.mapping(node, {"key", "columns", "rows"}, {"key", "columns", "rows"})
    columns = {
        key.text: cursor.one_of(value, {one: one for one in COLUMN_TYPES}, "text")
        for key, value in cursor.entries(top.get("columns"))
    }
    key = cursor.text(top.get("key"))
    if key and key not in columns and (where := top.get("key")) is not None:
        cursor.unknown(where.source, say("列"), key, columns)
    rows: dict[str, Row] = {}
    for one in cursor.items(top.get("rows")):
        row = _read_row(cursor, one, columns)
        place = str(row.get(key))
        if place in rows:
            cursor.say(one, say("“{key}”重复", key=place))
        rows[place] = row
    return Table(name=name, key=key, columns=columns, rows=rows)


def _read_row(cursor: Cursor, node: Node, columns: Mapping[str, str]) -> Row:
    cells = node.items if isinstance(node, Sequence) else ()
    if len(cells) != len(columns):
        cursor.say(
            node, say("这一行要有 {count} 项:{names}", count=len(columns), names=tuple(columns))
        )
        return {}
    row: dict[str, Plain] = {}
    for (name, kind), cell in zip(columns.items(), cells, strict=True):
        text = cursor.text(cell)
        value = text if kind == "text" else YES_NO.get(text, read_plain(text))
        if not _suits(value, kind):
            cursor.say(cell, say("“{text}”不是 {kind}", text=text[:20], kind=kind))
        row[name] = (
            Decimal(value) if kind in ("money", "decimal") and isinstance(value, int) else value
        )
    return row


def _suits(value: Plain, kind: str) -> bool:
    match kind:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "decimal" | "money":
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, date)
    return isinstance(value, str)
