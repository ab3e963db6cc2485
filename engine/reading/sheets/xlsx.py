"""Workbooks written: .xlsx, by XlsxWriter, imported only when one is to be made.

Every text is written as a text, so that no cell becomes a formula, a link or a number.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.errors import GuichengError
from engine.reading.sheets.cells import letters
from engine.reading.sheets.matching import LISTS
from engine.reading.sheets.pages import Choices, Page, Style, Written, sheet_name
from engine.text import say, translate

LONGEST = 32_767  # characters of a cell
DIGITS = 15  # of a number that a spreadsheet keeps
FIRST_DAY = date(1900, 3, 1)  # before it spreadsheets disagree about the calendar
INLINE = 255  # characters of a list that stands in the cell's own rule
CHECKED = 5_000  # rows of a template that are checked while one types
A4 = 9
YELLOW, GREY = "#FFF2CC", "#E7E6E6"  # what is to be filled in, and what is not
FORMATS = {
    "text": "@",
    "integer": "0",
    "number": "General",
    "money": "#,##0.00",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
Place = tuple[int, int, int, int]  # first row, first column, last row, last column


def write_workbook(pages: Sequence[Page], language: str) -> bytes:
    """An .xlsx of these pages, and one more that lists what cells may be chosen from.

    Errors: `GuichengError` for a text longer than a cell can hold.
    """
    import xlsxwriter  # type: ignore[import-untyped]

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        maker = _Maker(book, language)
        for page in pages:
            maker.write(page)
        maker.write_rules()
    return out.getvalue()


class _Maker:
    """Writes pages into a workbook, remembering the formats and the lists they need."""

    def __init__(self, book: Any, language: str) -> None:
        self._book = book
        self._language = language
        self._formats = {
            kind: book.add_format({"num_format": told}) for kind, told in FORMATS.items()
        }
        self._open = {
            kind: book.add_format({"num_format": told, "bg_color": YELLOW, "border": 1})
            for kind, told in FORMATS.items()
        }
        bold = {"bold": True, "bottom": 1, "num_format": "@"}
        self._heads = {
            True: book.add_format({**bold, "bg_color": YELLOW}),
            False: book.add_format({**bold, "bg_color": GREY}),
        }
        self._rules: dict[Choices, list[tuple[Any, Place]]] = {}

    def write(self, page: Page) -> None:
        sheet = self._add(page.name)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        for place, head in enumerate(page.heads):
            self._head(sheet, place, head.text, head.width, head.style)
            if head.note:
                lines = head.note.count("\n") + 1
                sheet.write_comment(
                    0, place, head.note, {"width": 260, "height": 22 * lines + 16, "font_size": 10}
                )
            self._choose(sheet, head.style, (1, place, CHECKED, place))
        for row, cells in enumerate(page.rows):
            for place, value in enumerate(cells):
                style = page.special.get((row, place), page.heads[place].style)
                is_marked = (row, place) in page.special and style.is_open
                look = (self._open if is_marked else self._formats)[style.kind]
                self._put(sheet, row + 1, place, value, look)
        for (row, place), style in page.special.items():
            self._choose(sheet, style, (row + 1, place, row + 1, place))

    def write_rules(self) -> None:
        """What cells are chosen from: short lists in the cells' own rules, others on a page."""
        column, sheet = 0, None
        for choices, places in self._rules.items():
            source: object = list(choices.values)
            if not _is_inline(choices):
                sheet = sheet or self._add(translate(LISTS, self._language))
                source, column = self._write_list(sheet, column, choices)
            rule = {
                "validate": "list",
                "source": source,
                "error_type": "stop" if choices.is_closed else "warning",
                "error_title": choices.name[:32],
                "error_message": say("请从列表里选").show(self._language),
            }
            for target, place in places:
                target.data_validation(*place, rule)

    def _write_list(self, sheet: Any, column: int, choices: Choices) -> tuple[str, int]:
        """One list, its labels beside it; where it stands, and the next free column."""
        at, last = letters(column), len(choices.values) + 1
        self._head(sheet, column, choices.name, 16, Style(kind="text"))
        for row, value in enumerate(choices.values, 1):
            sheet.write_string(row, column, value)
        if choices.labels:
            words = translate("说明", self._language)
            self._head(sheet, column + 1, words, 28, Style(kind="text"))
            for row, value in enumerate(choices.labels, 1):
                sheet.write_string(row, column + 1, value)
        source = f"='{sheet.get_name()}'!${at}$2:${at}${last}"
        return source, column + (2 if choices.labels else 1)

    def _add(self, name: str) -> Any:
        title = sheet_name(name)
        while any(title.lower() == one.get_name().lower() for one in self._book.worksheets()):
            title += "_"
        sheet = self._book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        return sheet

    def _head(self, sheet: Any, place: int, text: str, width: int, style: Style) -> None:
        sheet.set_column(place, place, width, self._formats[style.kind])
        sheet.write_string(0, place, text, self._heads[style.is_open])

    def _choose(self, sheet: Any, style: Style, place: Place) -> None:
        if style.choices is not None and style.choices.values:
            self._rules.setdefault(style.choices, []).append((sheet, place))

    def _put(self, sheet: Any, row: int, place: int, value: Written, look: Any) -> None:
        match value:
            case None:
                sheet.write_blank(row, place, None, look)
            case int() | Decimal() if _fits(value):
                sheet.write_number(row, place, float(value), look)
            case datetime() if value.date() >= FIRST_DAY and value.time() != datetime.min.time():
                sheet.write_datetime(row, place, value, look)
            case datetime():
                sheet.write_string(row, place, value.isoformat(" ", "seconds"), look)
            case date() if value >= FIRST_DAY:
                sheet.write_datetime(row, place, datetime.combine(value, datetime.min.time()), look)
            case date():
                sheet.write_string(row, place, value.isoformat(), look)
            case _:
                text = format(value, "f") if isinstance(value, Decimal) else str(value)
                if len(text) > LONGEST:
                    raise GuichengError(
                        say("一格至多 {most} 个字,装不下:{text}…", most=LONGEST, text=text[:20])
                    )
                sheet.write_string(row, place, text, look)


def _is_inline(choices: Choices) -> bool:
    """Whether a list can stand in the rule of a cell: short, and without its own marks."""
    together = "".join(choices.values)
    short = len(together) + len(choices.values) <= INLINE
    return short and not choices.labels and not any(mark in together for mark in ',"')


def _fits(value: int | Decimal) -> bool:
    """Whether a number survives in a spreadsheet, which keeps fifteen digits."""
    return Decimal(f"{float(value):.{DIGITS}g}") == value and abs(value) < 10**DIGITS
