"""Reference data as sheets: a table of params.yaml, with the types of its columns."""

from __future__ import annotations

from collections.abc import Sequence

from engine.language.forms import FieldType, Row
from engine.language.params import Table
from engine.reading.sheets.cells import SheetProblem, SheetProblems
from engine.reading.sheets.grids import Column, Grid, Known, plain_field, read_grid
from engine.reading.sheets.layouts import page_of
from engine.reading.sheets.matching import Given, matched
from engine.reading.sheets.pages import Page
from engine.text import say


def table_grid(table: Table) -> Grid:
    """A table as a grid: its file leaves no cell out, and a key stands once."""
    columns = tuple(
        Column(field=plain_field(name, FieldType(kind)), required=True)
        for name, kind in table.columns.items()
    )
    return Grid(name=table.name, en=None, columns=columns, key=(table.key,))


def table_page(table: Table, known: Known, language: str, *, is_blank: bool) -> Page:
    """A table with its rows, or to be filled in."""
    rows = () if is_blank else tuple(table.rows.values())
    return page_of(table_grid(table), rows, known, language, is_blank=is_blank)


def read_table(given: Given, table: Table, known: Known) -> Sequence[Row]:
    """The rows a file holds for a table. Errors: `SheetProblems` with everything wrong in it."""
    grid = table_grid(table)
    sheets, problems = matched(given, (grid,))
    rows: list[Row] = []
    for _, sheet in sheets:
        notes = given.notes(sheet)
        rows += [one.values for one in read_grid(sheet, grid, known, notes)]
        problems += notes.in_order()
    if not rows and not problems:
        problems.append(SheetProblem(file=given.file, sheet=None, what=say("没有填任何内容")))
    if problems:
        raise SheetProblems(problems)
    return rows
