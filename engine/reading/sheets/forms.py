"""A procedure's form as sheets: its single fields one below the other, each table a sheet.

What is read goes where typed values go, and whether it may is for the kernel to say. Only
what a single cell shows to be wrong is caught here, so that a person is told the cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.kernel.case import Case
from engine.kernel.options import states_in_work, visible_fields, visible_values
from engine.language.definition import ProcessDefinition
from engine.language.forms import Field, FieldType, Row, Value, Values, rows_of
from engine.language.rights import columns_in
from engine.reading.names import Names
from engine.reading.sheets.cells import Notes, Sheet, SheetProblem, SheetProblems, nearest
from engine.reading.sheets.grids import (
    Column,
    Grid,
    Known,
    Wrong,
    heading,
    is_word,
    read_cell,
    read_grid,
)
from engine.reading.sheets.layouts import breadth, fitting, page_of, remark, style_of, written
from engine.reading.sheets.matching import Given, matched
from engine.reading.sheets.pages import Head, Page, Style, Written
from engine.text import say, translate

FORM, FIELD, VALUE, NOTE = "表单", "字段", "值", "说明"
TOLD = (NUMBER, PROCESS, STATE) = ("案号", "流程", "环节")  # what tells a case on its first sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class FormGrids:
    """A form as grids: `single` are its single fields, read downwards; `lines` its tables."""

    single: Grid
    lines: tuple[Grid, ...]

    @property
    def all(self) -> tuple[Grid, ...]:
        return (*((self.single,) if self.single.columns else ()), *self.lines)


def rights_of(definition: ProcessDefinition, case: Case | None) -> tuple[str, ...]:
    """The fields and columns that may be filled in now; in a case not yet open, at first."""
    states = states_in_work(definition, case) if case else definition.first_states()
    return tuple(dict.fromkeys(name for state in states for name in state.edit))


def grids_of(
    definition: ProcessDefinition, fields: Iterable[Field], rights: Sequence[str]
) -> FormGrids:
    """Fields as grids; compulsory is what nobody with these rights can leave blank."""
    demanded = {
        one.field for state in definition.first_states() for one in state.require if not one.when
    }
    single: list[Column] = []
    lines: list[Grid] = []
    for field in fields:
        named = columns_in(rights, field.name)
        if field.type is not FieldType.LINES:
            required = field.required is True or field.name in demanded
            single.append(_column(field, required, is_open=named is None))
            continue
        columns = tuple(
            _column(
                one,
                one.required is True if named is None else one.name in field.key,
                is_open=named is None or one.name in named,
            )
            for one in field.columns
        )
        lines.append(Grid(name=field.name, en=field.en, columns=columns, key=field.key))
    form = Grid(name=FORM, en=translate(FORM, "en"), columns=tuple(single))
    return FormGrids(single=form, lines=tuple(lines))


def _column(field: Field, required: bool, *, is_open: bool) -> Column:
    is_read = _is_typed(field)
    return Column(field=field, required=required, is_read=is_read, is_open=is_open and is_read)


def _is_typed(field: Field) -> bool:
    return field.compute is None and field.type is not FieldType.ATTACHMENT


# -- writing -------------------------------------------------------------------------------


def blank_form(definition: ProcessDefinition, known: Known, language: str) -> tuple[Page, ...]:
    """What a new case begins with, as pages to fill in: all that its first states ask for."""
    grids = grids_of(definition, definition.form.fields, rights_of(definition, None))
    columns = [one for one in grids.single.columns if one.is_open]
    pages = [_page(columns, {}, (), known, language, is_blank=True)] if columns else []
    for grid in grids.lines:
        if any(one.is_open for one in grid.columns):
            kept = tuple(one for one in grid.columns if one.is_open or one.name in grid.key)
            pages.append(page_of(replace(grid, columns=kept), (), known, language, is_blank=True))
    return tuple(pages)


def case_pages(
    definition: ProcessDefinition, case: Case, known: Known, language: str
) -> tuple[Page, ...]:
    """A case as people see it where it is: what is hidden there is left out."""
    names, values = Names(definition, language), visible_values(definition, case)
    fields = visible_fields(definition, case)
    grids = grids_of(definition, fields, rights_of(definition, case))
    told = {NUMBER: case.number, PROCESS: names.process(), STATE: names.states(case.configuration)}
    head = [(name, word) for name, word in told.items() if name not in {f.name for f in fields}]
    form = _page(grids.single.columns, values, head, known, language, is_blank=False)
    lines = (page_of(one, rows_of(values.get(one.name)), known, language) for one in grids.lines)
    return (form, *lines)


def _page(
    columns: Sequence[Column],
    values: Values,
    told: Sequence[tuple[str, str]],
    known: Known,
    language: str,
    *,
    is_blank: bool,
) -> Page:
    """Single fields one below the other: name, value, what it takes."""
    text = Style(kind="text")
    rows: list[tuple[Written, ...]] = [(translate(name, language), word) for name, word in told]
    special: dict[tuple[int, int], Style] = {}
    for one in columns:
        special[len(rows), 1] = style_of(one, known, language)
        title = one.title(language) + ("*" if is_blank and one.required else "")
        value = written(one.field, values.get(one.name), known, language)
        rows.append((title, value, remark(one, language)))
    heads = []
    for place, (word, least) in enumerate(((FIELD, 8), (VALUE, 24), (NOTE, 16))):
        filled = [breadth(str(row[place])) for row in rows if len(row) > place and row[place]]
        width = fitting(max([least, *filled]))
        heads.append(Head(text=translate(word, language), width=width, style=text))
    title = translate(FORM, language)
    return Page(name=title, heads=tuple(heads), rows=tuple(rows), special=special)


# -- reading -------------------------------------------------------------------------------


def read_form(given: Given, grids: FormGrids, known: Known, number: str | None) -> Values:
    """The values a file holds for a form; `number` is the case it goes to, None for a new one.

    Errors: `SheetProblems` with everything wrong in it; `UsageError` for an unknown sheet.
    """
    values: dict[str, Value] = {}
    sheets, problems = matched(given, grids.all)
    for grid, sheet in sheets:
        notes = given.notes(sheet)
        if grid is grids.single:
            values |= _read_single(sheet, grid, known, notes, number)
        elif rows := tuple(one.values for one in read_grid(sheet, grid, known, notes)):
            values[grid.name] = rows
        problems += notes.in_order()
    if not values and not problems:
        problems.append(SheetProblem(file=given.file, sheet=None, what=say("没有填任何内容")))
    if problems:
        raise SheetProblems(problems)
    return values


def _read_single(
    sheet: Sheet, grid: Grid, known: Known, notes: Notes, number: str | None
) -> dict[str, Value]:
    """Fields read downwards: the name in one column, the value in another."""
    head, *lines = sheet.lines
    words = {heading(raw): place for place, raw in enumerate(head.cells)}
    named, valued = (
        next((place for word, place in words.items() if is_word(word, name)), None)
        for name in (FIELD, VALUE)
    )
    if named is None or valued is None:
        titles = tuple(translate(one, notes.language) for one in (FIELD, VALUE))
        what = say("这一行不是“{name}”的表头", name=translate(FORM, notes.language))
        notes.row(head.number, what, say("第一行应是表头:{names}", names=titles))
        return {}
    values: dict[str, Value] = {}
    rows: dict[str, int] = {}
    for line in lines:
        word, raw = heading(line.cell(named)), line.cell(valued)
        column = next((one for one in grid.columns if one.is_called(word)), None)
        if column is None:
            told = next((one for one in TOLD if is_word(word, one)), None)
            if told is None and (word or raw is not None):
                titles = tuple(one.title(notes.language) for one in grid.columns)
                what = say("没有“{name}”这个字段", name=word)
                notes.cell(line.number, named, "", what, nearest(word, titles))
            elif told == NUMBER and number is not None and raw != number:
                what = say("这份表是 {other} 的,不是 {number} 的", other=str(raw), number=number)
                notes.cell(line.number, valued, word, what, say("请换用这个案件 export 出的表"))
        elif rows.setdefault(column.name, line.number) != line.number:
            what = say("“{key}”与第 {row} 行重复", key=word, row=rows[column.name])
            notes.cell(line.number, named, "", what, say("请删去或合并一行"))
        elif column.is_read and raw is not None:
            found = read_cell(column, raw, known)
            if isinstance(found, Wrong):
                notes.cell(line.number, valued, word, found.what, found.remedy)
            else:
                values[column.name] = found
    return values


def changes(definition: ProcessDefinition, case: Case, values: Values) -> Values:
    """What of these values is not in the case already, as far as people see it.

    A file that was exported brings everything back that was in it; only what somebody has
    changed is asked of the kernel, line by line where only columns may be filled in.
    """
    rights, shown = rights_of(definition, case), visible_values(definition, case)
    found: dict[str, Value] = {}
    for name, value in values.items():
        field = definition.form.field(name)
        old = shown.get(name)
        if field is None or not field.columns:
            if value != old:
                found[name] = value
            continue
        typed = {one.name for one in field.columns if _is_typed(one)}
        known = [_filled(row, typed) for row in rows_of(old)]
        rows = list(rows_of(value))
        if columns_in(rights, name):
            rows = _changed_rows(rows, known, field.key)
        if rows and rows != known:
            found[name] = tuple(rows)
    return found


def _filled(row: Row, names: set[str]) -> Row:
    return {name: one for name, one in row.items() if name in names and one is not None}


def _changed_rows(rows: list[Row], known: list[Row], key: tuple[str, ...]) -> list[Row]:
    def place(row: Mapping[str, object]) -> tuple[object, ...]:
        return tuple(row.get(name) for name in key)

    before = {place(row): row for row in known}
    found: list[Row] = []
    for row in rows:
        old = before.get(place(row))
        new = {n: v for n, v in row.items() if n in key or old is None or v != old.get(n)}
        if old is None or set(new) - set(key):
            found.append(new)
    return found
