"""Grids: sheets whose columns are fields, read into values with everything wrong in its place.

A blank cell means that nothing was said. Whoever reads gathers what is wrong in `Notes`;
what comes back beside problems is not whole and must not be used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from engine.errors import Source
from engine.language.forms import Field, FieldType, Plain, Row, Value, find_people, read_value
from engine.language.params import Table
from engine.reading.names import named
from engine.reading.sheets.cells import Broken, Line, Notes, Raw, Sheet, close_to, nearest
from engine.reading.sheets.pages import sheet_name
from engine.text import LANGUAGES, Text, say, translate

REMEDIES: Mapping[FieldType, Text] = {
    FieldType.INTEGER: say("请填整数"),
    FieldType.DECIMAL: say("请填数,不带单位"),
    FieldType.MONEY: say("请填数,不带单位"),
}
AS_TEXT = say("请把单元格格式设为“文本”,再重新填写")
YES, NO = "是", "否"
MOST_DIGITS = 10**15  # from here on a spreadsheet forgets the last digits of a number
FEW = 6  # rows of a table that are all told even where one is close
CLIPPED = 40  # characters told of a cell that should not have been a text


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field as a column. What is not `is_read` is known, but not taken from a file.

    `is_open` is what may be filled in now; for anything else a file is still read, so that
    the kernel can say no.
    """

    field: Field
    required: bool = False
    is_read: bool = True
    is_open: bool = True

    @property
    def name(self) -> str:
        return self.field.name

    def title(self, language: str) -> str:
        return named(self.field.name, self.field.en, language)

    def is_called(self, word: str) -> bool:
        return is_called(word, self.field.name, self.field.en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A sheet of lines: a table of a form, reference data, a part of the roster.

    `key` are the columns in which no two lines may be the same.
    """

    name: str
    en: str | None
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        return named(self.name, self.en, language)

    def is_called(self, word: str) -> bool:
        """Whether a sheet of this name is it; Excel cuts names short."""
        titles = (sheet_name(self.title(language)) for language in LANGUAGES)
        return is_called(word, self.name, self.en) or word in titles

    def column(self, name: str) -> Column:
        return next(one for one in self.columns if one.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that a cell may hold, on the day it is read or written.

    Where they are not `is_closed`, the file itself brings new people and departments.
    """

    zone: tzinfo
    find_person: Callable[[str], str | None]
    people: Mapping[str, str] = field(default_factory=dict)  # id → name
    departments: tuple[str, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    is_closed: bool = True

    def find(self, field: Field, text: str) -> str | Text:
        """What a name stands for, or that there is none of it, and what there is."""
        found = find_people(self.find_person)(field, text)
        if isinstance(found, Text):
            return say("{what};{remedy}", what=found, remedy=nearest(text, self.people.values()))
        wrong = _stranger(field, text, self)
        if wrong is None:
            return found
        table = self.tables.get(field.table or "")
        if table is None or len(table.rows) > FEW or close_to(text, table.rows) is None:
            return say("{what};{remedy}", what=wrong.what, remedy=wrong.remedy)
        names = tuple(table.rows)
        return say("{what}({names});{remedy}", what=wrong.what, names=names, remedy=wrong.remedy)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as it was read: its row, its values, and the column and head of every field."""

    number: int
    values: Row
    places: Mapping[str, tuple[int, str]]

    def note(self, notes: Notes, name: str, what: Text, remedy: Text | None = None) -> None:
        """Say what is wrong with one of its cells."""
        place, head = self.places.get(name, (0, name))
        notes.cell(self.number, place, head, what, remedy)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a cell, and what to do."""

    what: Text
    remedy: Text | None = None


def plain_field(
    name: str,
    kind: FieldType,
    *,
    en: str | None = None,
    many: bool = False,
    minimum: Decimal | None = None,
) -> Field:
    """A field that no form has declared."""
    return Field(
        name=name,
        en=en,
        type=kind,
        many=many,
        required=False,
        when=None,
        compute=None,
        while_=None,
        default=None,
        choices=(),
        table=None,
        columns=(),
        group=None,
        key=(),
        minimum=minimum,
        maximum=None,
        unit=None,
        help=None,
        source=Source(""),
    )


def is_called(word: str, name: str, en: str | None) -> bool:
    """Whether a word in a file is this name, or its English."""
    return word.casefold() in (name.casefold(), (en or name).casefold())


def is_word(word: str, own: str) -> bool:
    """Whether a word is one of the engine's own, in either language."""
    return is_called(word, own, translate(own, "en"))


def heading(raw: Raw) -> str:
    """A head as it was meant: without the star of what is compulsory, without stray blanks."""
    text = "" if raw is None else str(raw)
    return " ".join(text.replace("＊", "*").strip().removesuffix("*").split())


# -- a sheet -------------------------------------------------------------------------------


def read_grid(sheet: Sheet, grid: Grid, known: Known, notes: Notes) -> tuple[Entry, ...]:
    """The lines of a sheet below its heads; those in which nothing is filled are left out."""
    if not sheet.lines:
        return ()
    words = {place: heading(raw) for place, raw in enumerate(sheet.lines[0].cells) if heading(raw)}
    columns = _columns(sheet, words, grid, notes)
    for area in sheet.merged:
        what = say("{area} 是合并的单元格", area=str(area))
        notes.cell(area.top, area.left, "", what, say("请取消合并,每格各填各的"))
    places = {one.name: (place, words[place]) for place, one in columns.items()}
    read = {place: one for place, one in columns.items() if one.is_read}
    entries = [
        Entry(line.number, _read_line(line, read, words, known, notes), places)
        for line in sheet.lines[1:]
        if any(line.cell(place) is not None for place in read)
    ]
    _check_keys(entries, grid.key, notes)
    return tuple(entries)


def _columns(
    sheet: Sheet, words: Mapping[int, str], grid: Grid, notes: Notes
) -> Mapping[int, Column]:
    """Which column of the sheet is which field."""
    head = sheet.lines[0]
    titles = tuple(one.title(notes.language) for one in grid.columns)
    known = [word for word in words.values() if any(one.is_called(word) for one in grid.columns)]
    if 2 * len(known) < len(words) or not known:
        what = say("这一行不是“{name}”的表头", name=grid.title(notes.language))
        notes.row(head.number, what, say("第一行应是表头:{names}", names=titles))
        return {}
    found: dict[int, Column] = {}
    for place, word in words.items():
        column = next((one for one in grid.columns if one.is_called(word)), None)
        if column is None:
            what = say("没有“{name}”这一列", name=word)
            spare = say("用不着就删去这一列;可用:{names}", names=titles)
            notes.cell(head.number, place, "", what, close_to(word, titles) or spare)
        elif column in found.values():
            what = say("“{name}”这一列重复", name=word)
            notes.cell(head.number, place, "", what, say("请删去一列"))
        else:
            found[place] = column
    for column in grid.columns:
        if column.required and column not in found.values():
            what = say("缺少必填的列“{name}”", name=column.title(notes.language))
            notes.whole(what, say("请在表头加上这一列"))
    _check_unnamed(sheet, words, notes)
    return found


def _check_unnamed(sheet: Sheet, words: Mapping[int, str], notes: Notes) -> None:
    widest = max(len(line.cells) for line in sheet.lines)
    for place in sorted(set(range(widest)) - set(words)):
        filled = [line for line in sheet.lines[1:] if line.cell(place) is not None]
        if filled:
            what, remedy = say("这一列没有列名"), say("请写上列名,或清空这一列")
            notes.cell(filled[0].number, place, "", what, remedy)


def _read_line(
    line: Line,
    columns: Mapping[int, Column],
    words: Mapping[int, str],
    known: Known,
    notes: Notes,
) -> Row:
    values: dict[str, Plain] = {}
    for place, column in columns.items():
        found = read_cell(column, line.cell(place), known)
        if isinstance(found, Wrong):
            notes.cell(line.number, place, words[place], found.what, found.remedy)
        elif found is not None:
            values[column.name] = found  # type: ignore[assignment]
    return values


def _check_keys(entries: Sequence[Entry], key: tuple[str, ...], notes: Notes) -> None:
    first: dict[tuple[Plain, ...], int] = {}
    for entry in entries if key else ():
        place = tuple(entry.values.get(name) for name in key)
        earlier = first.setdefault(place, entry.number)
        if earlier != entry.number and None not in place:
            what = say("“{key}”与第 {row} 行重复", key=place, row=earlier)
            entry.note(notes, key[0], what, say("请删去或合并一行"))


# -- a cell --------------------------------------------------------------------------------


def read_cell(column: Column, raw: Raw, known: Known) -> Value | Wrong:
    """The value a cell stands for, None if it is blank, or what is wrong with it."""
    field = column.field
    if raw is None:
        return Wrong(say("必填")) if column.required else None
    text = typed(field, raw)
    if isinstance(text, Wrong):
        return text
    find = find_people(known.find_person)
    found = read_value(field, text, known.zone, find)
    if isinstance(found, Text):
        if len(text) > CLIPPED:
            found = read_value(field, text[:CLIPPED] + "…", known.zone, find)
        assert isinstance(found, Text)
        if field.type is FieldType.PERSON:
            return Wrong(found, nearest(text, known.people.values()))
        return Wrong(found, REMEDIES.get(field.type))
    for one in found if isinstance(found, tuple) else (found,):
        wrong = _stranger(field, str(one), known) or _beyond(field, one)
        if wrong is not None:
            return wrong
    return found


def _stranger(field: Field, name: str, known: Known) -> Wrong | None:
    """A department, or a row of a table, that there is not."""
    if field.type is FieldType.DEPARTMENT and name not in known.departments:
        return Wrong(say("没有“{text}”这个部门", text=name), nearest(name, known.departments))
    table = known.tables.get(field.table or "")
    if field.type is not FieldType.REFERENCE or table is None or name in table.rows:
        return None
    told = next((key for key, row in table.rows.items() if name in row.values()), None)
    remedy = say("请填 {key}", key=told) if told else nearest(name, table.rows)
    return Wrong(say("“{table}”里没有“{text}”", table=table.name, text=name), remedy)


def _beyond(field: Field, value: object) -> Wrong | None:
    """A number outside its limits."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if field.minimum is not None and value < field.minimum:
            return Wrong(say("不能小于 {limit}", limit=field.minimum))
        if field.maximum is not None and value > field.maximum:
            return Wrong(say("不能大于 {limit}", limit=field.maximum))
    return None


def typed(field: Field, raw: Raw) -> str | Wrong:
    """A cell as a person would have typed it, or why that cannot be known."""
    match raw:
        case Broken():
            return Wrong(raw.what, raw.remedy)
        case str() if field.type is FieldType.BOOL:
            words = {translate(word, one): word for word in (YES, NO) for one in LANGUAGES}
            return words.get(raw.strip().lower(), raw)
        case str():
            return raw
        case bool():
            word = "true" if raw else "false"
            return word if field.type is FieldType.BOOL else word.upper()
        case int() | float():
            if abs(raw) < MOST_DIGITS:
                return format(Decimal(f"{raw:.15g}"), "f")
            what = say("{number} 超过十五位,Excel 记不住后面的数字", number=f"{raw:.0f}")
            return Wrong(what, AS_TEXT)
        case date() | time() if field.type not in (FieldType.TEXT, FieldType.CASE):
            return _moment(raw)
        case date() | time():
            return Wrong(say("Excel 把这一格当作了时间 {text}", text=_moment(raw)), AS_TEXT)
    return Wrong(say("这一格是一段时间的长度,不能填在这里"), AS_TEXT)


def _moment(raw: date | time) -> str:
    match raw:
        case datetime():
            # days are fractions in a spreadsheet: a typed second is off by less than this
            at = (raw + timedelta(milliseconds=500)).replace(microsecond=0)
            return at.isoformat(" ", "seconds" if at.second else "minutes")
        case time():
            return raw.isoformat("minutes")
    return raw.isoformat()
