"""The roster as sheets: people, departments, and who holds which post."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.language.forms import FieldType, Plain, Row, tidy
from engine.language.redraft import Wanted, spell
from engine.language.roster import Roster
from engine.reading.sheets.cells import Notes, Sheet, SheetProblem, SheetProblems
from engine.reading.sheets.grids import (
    Column,
    Entry,
    Grid,
    Known,
    heading,
    plain_field,
    read_grid,
)
from engine.reading.sheets.layouts import page_of
from engine.reading.sheets.matching import Given, matched
from engine.reading.sheets.pages import Page
from engine.text import say, translate

NAME, ID, DEPARTMENT, TITLE = "姓名", "编号", "部门", "职务"
HEAD, LEADER, LIAISONS, SIZE, PART_OF = "负责人", "分管领导", "联络员", "人数", "隶属"
POST, PERSON, SINCE, UNTIL = "岗位", "人员", "自", "至"


def _column(
    name: str,
    kind: FieldType = FieldType.TEXT,
    *,
    required: bool = False,
    many: bool = False,
    minimum: Decimal | None = None,
) -> Column:
    field = plain_field(name, kind, en=translate(name, "en"), many=many, minimum=minimum)
    return Column(field=field, required=required)


def _grid(name: str, *columns: Column, key: tuple[str, ...] = ()) -> Grid:
    return Grid(name=name, en=translate(name, "en"), columns=columns, key=key)


PEOPLE = _grid(
    "人员",
    _column(NAME, required=True),
    _column(ID),
    _column(DEPARTMENT, FieldType.DEPARTMENT),
    _column(TITLE),
    key=(NAME,),
)
DEPARTMENTS = _grid(
    "部门",
    _column(DEPARTMENT, required=True),
    _column(HEAD, FieldType.PERSON),
    _column(LEADER, FieldType.PERSON),
    _column(LIAISONS, FieldType.PERSON, many=True),
    _column(SIZE, FieldType.INTEGER, minimum=Decimal(0)),
    _column(PART_OF, FieldType.DEPARTMENT),
    key=(DEPARTMENT,),
)
POSTS = _grid(
    "岗位",
    _column(POST, required=True),
    _column(PERSON, FieldType.PERSON, required=True),
    _column(SINCE, FieldType.DATE),
    _column(UNTIL, FieldType.DATE),
)
GRIDS = (PEOPLE, DEPARTMENTS, POSTS)
BLOCKS: Mapping[str, str] = {"人员": "people", "部门": "departments", "岗位": "posts"}
KEYS: Mapping[str, str] = {
    ID: "id",
    DEPARTMENT: "department",
    TITLE: "title",
    HEAD: "head",
    LEADER: "leader",
    LIAISONS: "liaisons",
    SIZE: "size",
    PART_OF: "part_of",
    PERSON: "who",
    SINCE: "from",
    UNTIL: "until",
}


# -- writing -------------------------------------------------------------------------------


def roster_rows(roster: Roster) -> Mapping[str, tuple[Row, ...]]:
    """The rows of each sheet; people by name, as in the file."""
    names = {one.id: one.name for one in roster.people}
    rows: dict[str, Iterable[Row]] = {
        PEOPLE.name: (
            {NAME: one.name, ID: one.id, DEPARTMENT: one.department, TITLE: one.title or None}
            for one in roster.people
        ),
        DEPARTMENTS.name: (
            {
                DEPARTMENT: one.name,
                HEAD: names.get(one.head or ""),
                LEADER: names.get(one.leader or ""),
                LIAISONS: tuple(names[person] for person in one.liaisons) or None,  # type: ignore[dict-item]
                SIZE: one.size or None,
                PART_OF: one.part_of,
            }
            for one in roster.departments
        ),
        POSTS.name: (
            {POST: one.post, PERSON: names[one.person], SINCE: one.from_, UNTIL: one.until}
            for one in roster.holdings
        ),
    }
    return {name: tuple(_filled(row) for row in several) for name, several in rows.items()}


def _filled(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def roster_pages(
    roster: Roster, known: Known, language: str, *, is_blank: bool
) -> tuple[Page, ...]:
    """The three sheets, with everybody in them or to be filled in."""
    rows = roster_rows(roster)
    return tuple(
        page_of(one, () if is_blank else rows[one.name], known, language, is_blank=is_blank)
        for one in GRIDS
    )


# -- reading -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """What a file says of one block of the roster: its rows, and how its entries are spelt.

    `before` are the entries there are now.
    """

    block: str
    title: str
    rows: tuple[Row, ...]
    wanted: tuple[Wanted, ...]
    before: tuple[str, ...]


def read_roster_sheets(given: Given, roster: Roster, known: Known) -> tuple[Part, ...]:
    """The blocks a file holds; one without a sheet stays as it is.

    Names are those of the file where it tells them. Errors: `SheetProblems` with everything
    wrong in it.
    """
    sheets, problems = matched(given, GRIDS)
    people = {one.name: one.name for one in roster.people}
    departments = tuple(one.name for one in roster.departments)
    for grid, sheet in sheets:
        if grid == PEOPLE:
            people = {name: name for name in _texts(sheet, PEOPLE.column(NAME))} or people
        elif grid == DEPARTMENTS:
            departments = tuple(_texts(sheet, DEPARTMENTS.column(DEPARTMENT))) or departments
    ids = {one.id: one.name for one in roster.people if one.name in people}
    inside = replace(
        known,
        find_person=lambda text: people.get(text) or ids.get(text),
        people=people,
        departments=departments,
    )
    rows: dict[str, tuple[Row, ...]] = {}
    for grid, sheet in sheets:
        notes = given.notes(sheet)
        entries = read_grid(sheet, grid, inside, notes)
        rows[grid.name] = _checked(grid, entries, roster, notes)
        if not entries and not notes.found:
            notes.whole(say("没有填任何内容"))
        problems += notes.in_order()
    if not sheets and not problems:
        problems.append(SheetProblem(file=given.file, sheet=None, what=say("没有填任何内容")))
    if problems:
        raise SheetProblems(problems)
    now = roster_rows(roster)
    return tuple(_part(grid, rows[grid.name], now[grid.name]) for grid, _ in sheets)


def _part(grid: Grid, rows: tuple[Row, ...], now: Sequence[Row]) -> Part:
    before = _entries(grid, now)
    wanted = tuple(_wanted(grid, _entries(grid, rows), before))
    return Part(BLOCKS[grid.name], grid.name, rows, wanted, tuple(before))


def _texts(sheet: Sheet, column: Column) -> Iterator[str]:
    """What stands in a column, whatever else is wrong with the sheet."""
    heads = enumerate(sheet.lines[0].cells)
    place = next((at for at, raw in heads if column.is_called(heading(raw))), None)
    for line in sheet.lines[1:] if place is not None else ():
        raw = line.cell(place or 0)
        if raw is not None:
            yield tidy(str(raw).strip())


def _checked(grid: Grid, entries: Sequence[Entry], roster: Roster, notes: Notes) -> tuple[Row, ...]:
    """The rows, with what the roster itself asks of them said to its cell."""
    ids = {one.name: one.id for one in roster.people}
    taken: dict[str, int] = {}
    rows = []
    for entry in entries:
        row = dict(entry.values)
        name = str(row.get(grid.columns[0].name, ""))
        if any(sign in name for sign in "/.#·"):
            entry.note(notes, grid.columns[0].name, say("名称不能含 / . # ·"))
        if grid == PEOPLE:
            row[ID] = _check_id(entry, ids.get(name), taken, notes)
        if grid == DEPARTMENTS:
            row[SIZE] = row.get(SIZE) or None
            if HEAD not in row and PART_OF not in row:
                entry.note(notes, HEAD, say("必填"), say("请填负责人,或在“隶属”填上级部门"))
        rows.append(_filled({one.name: row.get(one.name) for one in grid.columns}))
    return tuple(rows)


def _check_id(entry: Entry, known: str | None, taken: dict[str, int], notes: Notes) -> Plain:
    """Somebody's id: known people keep theirs, for every record names it."""
    uid = str(entry.values.get(ID) or known or "")
    if not uid:
        entry.note(notes, ID, say("新进人员要有编号"), say("请填英文字母和数字,以后不能改"))
    elif known is not None and uid != known:
        entry.note(notes, ID, say("编号原为 {id},不能改", id=known), say("请填 {key}", key=known))
    elif not uid.isascii() or not uid.replace("-", "").replace(".", "").isalnum():
        entry.note(notes, ID, say("编号“{id}”只能用英文字母和数字", id=uid))
    elif taken.setdefault(uid, entry.number) != entry.number:
        what = say("“{key}”与第 {row} 行重复", key=uid, row=taken[uid])
        entry.note(notes, ID, what, say("请换一个编号"))
    return uid


def is_told(roster: Roster, parts: Iterable[Part]) -> bool:
    """Whether a roster says what the parts say."""
    rows = roster_rows(roster)
    return all(
        _entries(grid, rows[grid.name]) == _entries(grid, part.rows)
        for part in parts
        for grid in GRIDS
        if grid.name == part.title
    )


Entries = Mapping[str, list[Row]]  # what it is called → its rows; a post has one a holder


def _entries(grid: Grid, rows: Sequence[Row]) -> Entries:
    name = grid.columns[0].name
    found: dict[str, list[Row]] = {}
    for row in rows:
        rest = {one: value for one, value in row.items() if one != name}
        found.setdefault(str(row.get(name)), []).append(rest)
    return found


def _wanted(grid: Grid, entries: Entries, before: Entries) -> Iterator[Wanted]:
    """The entries of a block; one that says what it said before stays as it is written."""
    for key, rows in entries.items():
        if before.get(key) == rows:
            yield Wanted(key, None)
        else:
            yield Wanted(key, _holders(rows) if grid == POSTS else _flow(rows[0]))


def _flow(row: Row) -> str:
    """A mapping in a line: {id: linlan, department: 业务一处}."""
    return "{" + ", ".join(f"{KEYS[name]}: {_spelt(value)}" for name, value in row.items()) + "}"


def _spelt(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(spell(one) for one in value)}]"
    return spell(value)  # type: ignore[arg-type]


def _holders(rows: Sequence[Row]) -> str:
    """Who holds a post: a name, names, or who from when until when."""
    if any(SINCE in row or UNTIL in row for row in rows):
        return f"[{', '.join(_flow(row) for row in rows)}]"
    names = [spell(row[PERSON]) for row in rows]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
