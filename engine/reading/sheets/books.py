"""A book as a sheet: every line in the order it was entered, with what lay there after it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.reading.sheets.layouts import breadth, fitting
from engine.reading.sheets.pages import Head, Page, Style, Written
from engine.store.rows import BookLine
from engine.text import translate

ITEM = "项目"  # what a book holds that takes its items from no table
COLUMNS = (
    ("流水号", "integer"),
    ("日期", "date"),
    (ITEM, "text"),
    ("批次", "text"),
    ("种类", "text"),
    ("数量", "number"),
    ("单价", "money"),
    ("金额", "money"),
    ("结存", "number"),
    ("结存额", "money"),
    ("案号", "text"),
    ("经手人", "text"),
)
LEAST = 10


def book_page(title: str, item: str | None, lines: Iterable[BookLine], language: str) -> Page:
    """The lines of a book; `item` is the table its items come from."""
    rows = tuple(_row(one, language) for one in lines)
    heads = []
    for place, (word, kind) in enumerate(COLUMNS):
        text = item if item is not None and word == ITEM else translate(word, language)
        filled = (breadth(str(row[place])) for row in rows)
        width = fitting(max([breadth(text), LEAST, *filled]))
        heads.append(Head(text=text, width=width, style=Style(kind=kind)))
    return Page(name=title, heads=tuple(heads), rows=rows)


def _row(line: BookLine, language: str) -> tuple[Written, ...]:
    one = line.posting
    return (
        line.serial,
        one.on,
        one.item,
        one.lot,
        one.kind,
        one.quantity,
        one.cost,
        one.amount,
        line.balance,
        line.balance_amount,
        one.owner,
        line.actor,
    )
