"""Level 5: the derived tables are what the events make them (evidence-spec.md §12).

Judged column by column where the events alone tell; titles, lists of values, deadlines and
cards follow from the procedure's expressions or from the machine, and are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json
from verifier.cases import Case, open_case, text
from verifier.chain import Judged
from verifier.findings import Finding
from verifier.reading import Sound

Row = tuple[Json, ...]
_Taken = tuple[str, str, str, str, str]  # diary, thing, owner, begins, ends
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "head": ("stream", "seq", "digest"),
    "case_row": (
        "id",
        "number",
        "process",
        "definition",
        "initiator",
        "department",
        "parent",
        "period",
        "configuration",
        "opened_at",
        "closed_at",
        "result",
        "suspended",
    ),
    "member": ("case_id", "member"),
    "task_row": ("case_id", "task", "state", "role", "claimed_by", "offered_at"),
    "offer": ("case_id", "task", "person"),
    "timer_row": ("case_id", "timer", "kind", "state", "action", "due", "stopped"),
    "act_row": (
        "case_id",
        "n",
        "actor",
        "principal",
        "state",
        "action",
        "role",
        "duties",
        "at",
    ),
    "posting": (
        "position",
        "n",
        "book",
        "item",
        "kind",
        "lot",
        "quantity",
        "cost",
        "balance",
        "owner",
        "of",
    ),
    "lot": ("book", "item", "lot", "quantity"),
    "hold": ("book", "item", "owner", "quantity"),
    "freeze": ("book", "since", "owner", "until"),
    "occupation": ("diary", "thing", "owner", "begins", "ends", "case_id"),
}
_NUMBERS = frozenset(("quantity", "cost", "balance"))
# Without exponents, which could ask for a number of any length.
_DIGITS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_MOST = 20


def check_tables(bundle: Bundle, judged: Judged) -> tuple[Finding, ...]:
    """Level 5 over a whole store's tables."""
    try:
        wanted = _fold(judged)
    except (Flaw, ValueError, OverflowError):
        return (_tell("events", "历史有缺,派生表重建不出来", "the tables cannot be rebuilt"),)
    found: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for table, row in bundle.tables or ():
        if table in found and isinstance(row, dict):
            found[table].append(tuple(_plain(name, row.get(name)) for name in COLUMNS[table]))
    return tuple(
        finding for name in COLUMNS for finding in _compare(name, wanted[name], found[name])
    )


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
    if name in _NUMBERS and isinstance(value, str) and _DIGITS.fullmatch(value):
        return _number(Decimal(value))
    return value


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")


# -- the fold -------------------------------------------------------------------------


def _fold(judged: Judged) -> dict[str, list[Row]]:
    """The rows of every judged table. Raises `Flaw` where the events cannot have happened."""
    cases: dict[str, Case] = {}
    books, diaries = _Books(), _Diaries()
    for one in judged.sound:
        if one.body.stream.startswith("case/"):
            _follow(one, cases)
        books.follow(one)
        diaries.follow(one)
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for stream, sound in judged.streams.items():
        for last in sound[-1:]:  # of a stream broken from its start there is none
            rows["head"].append((stream, last.body.seq, last.record.digest))
    for case in cases.values():
        for name, row in _case_rows(case):
            rows[name].append(row)
    return {**rows, **books.rows(), "occupation": diaries.rows()}


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
            _listed(case.configuration),
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
        due = _stamp(timer.due)
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
                _listed(act.duties),
                act.at,
            ),
        )


class _Books:
    """Postings with running balances, lots, holds and freezes."""

    def __init__(self) -> None:
        self._postings: list[Row] = []
        self._lots: dict[tuple[str, str, str], Decimal] = {}
        self._holds: dict[tuple[str, str, str], Decimal] = {}
        self._freezes: list[list[Json]] = []

    def follow(self, one: Sound) -> None:
        for n, event in enumerate(one.events):
            match event.get("event"):
                case "Posted":
                    self._post(event, one.index + 1, n)
                case "HoldChanged":
                    held = (text(event, "book"), text(event, "item"), text(event, "owner"))
                    self._holds[held] = self._holds.get(held, Decimal(0)) + _decimal(event)
                case "BookFrozen":
                    book, owner = text(event, "book"), text(event, "owner")
                    self._freezes.append([book, one.index + 1, owner, None])
                case "BookThawed":
                    for row in self._freezes:
                        if row[0] == event.get("book") and row[3] is None:
                            row[3] = one.index + 1

    def _post(self, event: Mapping[str, Json], position: int, n: int) -> None:
        book, item, lot = text(event, "book"), text(event, "item"), text(event, "lot")
        quantity = _decimal(event)
        key = (book, item, lot)
        self._lots[key] = self._lots.get(key, Decimal(0)) + quantity
        balance = sum(
            (left for (b, i, _), left in self._lots.items() if (b, i) == (book, item)), Decimal(0)
        )
        self._postings.append(
            (
                position,
                n,
                book,
                item,
                text(event, "kind"),
                lot,
                _number(quantity),
                _number(_decimal(event, "cost")),
                _number(balance),
                text(event, "owner"),
                text(event, "of"),
            )
        )

    def rows(self) -> dict[str, list[Row]]:
        return {
            "posting": self._postings,
            "lot": [(*key, _number(left)) for key, left in self._lots.items()],
            "hold": [(*key, _number(left)) for key, left in self._holds.items() if left > 0],
            "freeze": [tuple(row) for row in self._freezes],
        }


class _Diaries:
    """What the things of the diaries are taken for."""

    def __init__(self) -> None:
        self._taken: dict[_Taken, str] = {}

    def follow(self, one: Sound) -> None:
        for event in one.events:
            name = event.get("event")
            if name not in ("Occupied", "Vacated"):
                continue
            diary, thing, owner = text(event, "diary"), text(event, "thing"), text(event, "owner")
            begins, ends = _exact(event.get("begins")), _exact(event.get("ends"))
            key = (diary, thing, owner, begins, ends)
            if name == "Occupied":
                for other in [one for one in self._taken if self._is_taken_up(one, key)]:
                    del self._taken[other]
                self._taken[key] = text(event, "case")
                continue
            case = self._taken.pop(key, None)
            if case is None:
                raise Flaw("没有这样的占用", "there is no such occupation")
            at = _exact(event.get("at"))
            if begins < at and not self._covers(key, at):
                self._taken[(diary, thing, owner, begins, min(ends, at))] = case

    def _is_taken_up(self, one: _Taken, new: _Taken) -> bool:
        """Whether an occupation lies inside a new one of the same owner."""
        return one[:3] == new[:3] and new[3] <= one[3] and one[4] <= new[4]

    def _covers(self, gone: _Taken, at: str) -> bool:
        """Whether its owner holds the time that had passed by another occupation."""
        diary, thing, owner, begins, ends = gone
        return any(
            (one[0], one[1], one[2]) == (diary, thing, owner)
            and one[3] <= begins
            and min(ends, at) <= one[4]
            for one in self._taken
        )

    def rows(self) -> list[Row]:
        return [(*key, case) for key, case in self._taken.items()]


def _decimal(event: Mapping[str, Json], field: str = "quantity") -> Decimal:
    value = event.get(field)
    match value:
        case {"$": "decimal", "is": str(digits)} if _DIGITS.fullmatch(digits):
            return Decimal(digits)
        case int():
            return Decimal(value)
    raise Flaw("数量写法不对", "a quantity is ill-formed")


def _listed(several: tuple[str, ...]) -> str:
    """A list as the tables write it."""
    return json.dumps(several, ensure_ascii=False)


def _moment(written: str) -> datetime:
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise Flaw("时间没有时区", "a moment has no offset")
    return at.astimezone(UTC)


def _stamp(written: str) -> str:
    at = _moment(written)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _exact(value: Json) -> str:
    match value:
        case {"$": "datetime", "is": str(written)}:
            return _moment(written).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    raise Flaw("时间写法不对", "a moment is ill-formed")
