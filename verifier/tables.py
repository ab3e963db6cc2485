"""Level 5: the derived tables are what the events make them (evidence-spec.md §12, §12.2).

Judged column by column where the events alone tell; titles and deadlines follow from the
procedure's own words or from the clock of the office, and are not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from verifier.books import Books
from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json
from verifier.cases import Case, open_case
from verifier.chain import Judged
from verifier.columns import COLUMNS, KNOWN, NUMBERS
from verifier.diaries import Diaries
from verifier.errands import Errands
from verifier.findings import Finding
from verifier.people import People
from verifier.quantities import DIGITS, listed, number, stamp
from verifier.reading import Sound

Row = tuple[Json, ...]
_MOST = 20
_LONGEST_VALUE = 200


def check_tables(bundle: Bundle, judged: Judged) -> tuple[Finding, ...]:
    """Level 5 over a whole store's tables."""
    try:
        wanted = _fold(bundle, judged)
    except (Flaw, ValueError, OverflowError):
        return (_tell("events", "历史有缺,派生表重建不出来", "the tables cannot be rebuilt"),)
    odd: list[Finding] = [
        _tell(f"tables.jsonl:{n}", "这一行重复或不在其位", "the line is repeated or out of order")
        for n in bundle.misplaced[:_MOST]
    ]
    found: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for table, row in bundle.tables or ():
        flaw = _row_flaw(table, row)
        if flaw is not None:
            odd.append(_tell(table, *flaw))
        elif isinstance(row, dict):
            found[table].append(tuple(_plain(name, row[name]) for name in COLUMNS[table]))
    unlike = (
        finding
        for name, rows in wanted.items()
        if rows is not None
        for finding in _compare(name, rows, found[name])
    )
    return (*odd[:_MOST], *unlike)


def _row_flaw(table: str, row: Json) -> tuple[str, str] | None:
    """What is wrong with a row before its values are looked at, in both languages."""
    if table not in COLUMNS:
        return "没有这张派生表", "there is no such table"
    if not isinstance(row, dict) or row.keys() != KNOWN[table]:
        return "这一行的列不全或有多余", "columns of the row are missing or unknown"
    return None


def _tell(field: str, zh: str, en: str) -> Finding:
    return Finding(code="E_TABLE", level=5, field=field, zh=zh, en=en)


def _compare(name: str, wanted: list[Row], found: list[Row]) -> Iterator[Finding]:
    known, told = {_key(row) for row in wanted}, {_key(row) for row in found}
    if known == told and len(wanted) == len(found):
        return
    for row in sorted(told - known)[:_MOST]:
        yield _tell(name, f"多出或改过的一行:{row[:120]}", f"a row added or changed: {row[:120]}")
    for row in sorted(known - told)[:_MOST]:
        yield _tell(name, f"缺少的一行:{row[:120]}", f"a row is missing: {row[:120]}")
    if known == told:
        yield _tell(name, "有重复的行", "rows repeat")


def _key(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)


def _plain(name: str, value: Json) -> Json:
    """Quantities compare as numbers, with zeros at the end or without."""
    if name in NUMBERS and isinstance(value, str) and DIGITS.fullmatch(value):
        return number(Decimal(value))
    return value


# -- the fold -------------------------------------------------------------------------


def _fold(bundle: Bundle, judged: Judged) -> dict[str, list[Row] | None]:
    """The rows of every table in the order of the specification, None for one that cannot be
    judged. Raises `Flaw` where the events cannot have happened.
    """
    cases: dict[str, Case] = {}
    books, diaries, people, errands = Books(), Diaries(), People(bundle), Errands()
    for one in judged.sound:
        if one.body.stream.startswith("case/"):
            _follow(one, cases)
        case = cases.get(one.body.stream)
        for fold in (books, diaries, people):
            fold.follow(one)
        errands.follow(one, case.id if case else None)
    rows: dict[str, list[Row] | None] = {name: None for name in COLUMNS}
    rows |= {"head": list(_heads(judged)), **_of_cases(cases)}
    return {**rows, **books.rows(), **diaries.rows(), **people.rows(), **errands.rows()}


def _heads(judged: Judged) -> Iterator[Row]:
    for stream, sound in judged.streams.items():
        for last in sound[-1:]:  # of a stream broken from its start there is none
            yield stream, last.body.seq, last.record.digest


def _of_cases(cases: dict[str, Case]) -> dict[str, list[Row]]:
    names = ("case_row", "member", "task_row", "offer", "timer_row", "act_row", "value_row")
    rows: dict[str, list[Row]] = {name: [] for name in names}
    for case in cases.values():
        for name, row in _case_rows(case):
            rows[name].append(row)
    return rows


def _follow(one: Sound, cases: dict[str, Case]) -> None:
    for event in one.events:
        case = cases.get(one.body.stream)
        if case is None:
            cases[one.body.stream] = open_case(event, one)
        else:
            case.apply(event, one)


def _case_rows(case: Case) -> Iterator[tuple[str, Row]]:
    yield (
        "case_row",
        (
            case.id,
            case.number,
            case.process,
            case.definition,
            case.initiator,
            case.department,
            case.parent,
            case.period,
            listed(case.configuration),
            case.opened_at,
            case.closed_at,
            case.result,
            case.is_suspended,
        ),
    )
    for member in case.members:
        yield "member", (case.id, member)
    for task in case.open_tasks():
        told = (case.id, task.id, task.state, task.role, task.claimed_by, task.offered_at)
        yield "task_row", told
        for person in task.people:
            if person not in task.signed_by:
                yield "offer", (case.id, task.id, person)
    for timer in case.timers.values():
        due = stamp(timer.due)
        told_timer = (case.id, timer.id, timer.kind, timer.state, timer.action, due, timer.stopped)
        yield "timer_row", told_timer
    for act in case.acts:
        yield (
            "act_row",
            (
                case.id,
                act.n,
                act.actor,
                act.principal,
                act.state,
                act.action,
                act.role,
                listed(act.duties),
                act.at,
            ),
        )
    for name, value in case.values.items():
        shown = _shown(value)
        if shown is not None and len(shown) <= _LONGEST_VALUE:
            yield "value_row", (case.id, name, shown)


def _shown(value: Json) -> str | None:
    """A plain value as the table of values writes it; None for nothing and for lists."""
    match value:
        case None | list():
            return None
        case {"$": "decimal", "is": str(digits)} if DIGITS.fullmatch(digits):
            return str(Decimal(digits))
        case {"$": "datetime", "is": str(told)}:
            return str(datetime.fromisoformat(told))
        case {"$": "date", "is": str(told)}:
            return str(date.fromisoformat(told))
        case {"$": "file", "name": str(name), "size": int(size), "is": str(digest)}:
            return f"Attachment(name={name!r}, size={size!r}, digest={digest!r})"
        case dict():
            raise Flaw("填写的值不成样子", "a value filled in is ill-formed")
    return str(value)
