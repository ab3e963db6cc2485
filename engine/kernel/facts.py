"""What the names and functions of a definition's expressions mean for one case.

Every answer that was asked for is kept in `read`: these are the facts a signed record
binds, so that a verifier can judge the decision without the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from engine.books import ledger
from engine.errors import GuichengError
from engine.kernel.bookkeeping import Bookkeeping
from engine.kernel.case import Case
from engine.kernel.situation import Situation
from engine.language.calendar import ONE_DAY
from engine.language.definition import SEPARATOR, ancestors
from engine.language.effects import Take
from engine.language.evaluating import evaluate
from engine.language.expressions import Expression
from engine.language.forms import Field, FieldType, Row, Value, Values
from engine.language.window import window_start
from engine.text import say

EMPTY: Mapping[str, Value] = {}


class CaseFacts:
    """The `Facts` of one case: its values, its people, its office, its past."""

    def __init__(
        self,
        case: Case,
        situation: Situation,
        *,
        actor: str | None = None,
        extra: Mapping[str, object] = EMPTY,
        read: dict[str, Value] | None = None,
        books: Bookkeeping | None = None,
        values: Values | None = None,
    ) -> None:
        self.case = case
        self.values = case.values if values is None else values
        self.situation = situation
        self.actor = actor
        self.extra = extra
        self.read: dict[str, Value] = {} if read is None else read
        self.books = books or Bookkeeping(
            situation.shelf, case.number, self.today, situation.diaries
        )

    @property
    def today(self) -> date:
        return self.situation.at.astimezone(self.situation.calendar.zone).date()

    def beside(self, books: Bookkeeping) -> CaseFacts:
        """The same facts with other books."""
        return CaseFacts(
            self.case,
            self.situation,
            actor=self.actor,
            extra=self.extra,
            read=self.read,
            books=books,
            values=self.values,
        )

    def with_names(self, extra: Mapping[str, object]) -> CaseFacts:
        """The same facts with further names, such as the columns of a row."""
        return CaseFacts(
            self.case,
            self.situation,
            actor=self.actor,
            extra={**self.extra, **extra},
            read=self.read,
            books=self.books,
            values=self.values,
        )

    def lines(self, table: str | None) -> Iterator[CaseFacts]:
        """The facts of each line of a table, its columns and `row` known; without one, these."""
        if table is None:
            yield self
            return
        rows = self.lookup(table)
        for row in rows if isinstance(rows, tuple) else ():
            if isinstance(row, Mapping):
                yield self.with_names({**row, "row": row})

    def evaluate(self, expression: Expression) -> object:
        return evaluate(expression, self)

    def holds(self, expression: Expression | None) -> bool:
        return expression is None or bool(evaluate(expression, self))

    def people(self, expression: Expression) -> tuple[str, ...]:
        """The people an expression names, each once, in the order found."""
        found = evaluate(expression, self)
        if found is None:
            return ()
        several = found if isinstance(found, tuple | list) else (found,)
        return tuple(dict.fromkeys(str(person) for person in several if person))

    def lookup(self, name: str) -> object:
        if name in self.extra:
            return self.extra[name]
        field = self.situation.definition.form.field(name)
        if field is not None:
            return self.resolved(field, self.values.get(name))
        for role in self.situation.definition.roles:
            if role.name == name and role.people is not None:
                return self._noted(name, self.people(role.people))
        match name:
            case "initiator":
                return self.case.initiator
            case "department":
                return self.case.department
            case "actor":
                return self.actor
            case "at":
                return self.situation.at
            case "today":
                return self.today
            case "number":
                return self.case.number
            case "period":
                return self.case.period
            case "params":
                return _Parameters(self)
        raise GuichengError(say("没有“{name}”这个名称", name=name))

    def attribute(self, value: object, name: str) -> object:
        if isinstance(value, _Parameters):
            on = self.case.opened_at.astimezone(self.situation.calendar.zone).date()
            found: object = self.situation.params.value(name, on)
            return self._noted(f"params.{name}", found)
        if isinstance(value, _Reference):
            return value.attribute(name)
        if isinstance(value, Mapping):
            return value.get(name)
        if value is None:
            return None
        roster = self.situation.roster
        if roster.find_department(str(value)) is not None:
            return self._noted(f"{value}.{name}", roster.department_attribute(str(value), name))
        return self._noted(f"{value}.{name}", roster.person_attribute(str(value), name))

    def call(self, name: str, arguments: tuple[object, ...]) -> object:
        found = FUNCTIONS[name](self, *arguments)
        shown = ",".join(str(argument) for argument in arguments)
        return self._noted(f"{name}({shown})", found)

    def _noted(self, name: str, found: object) -> object:
        if isinstance(found, str | int | Decimal | bool | date | tuple) or found is None:
            self.read[name] = found
        return found

    def resolved(self, field: Field, value: Value) -> object:
        """References become records; rows get their references resolved column by column."""
        if field.type is FieldType.REFERENCE and isinstance(value, str) and field.table:
            return self.reference(field.table, value)
        if field.type is FieldType.LINES and isinstance(value, tuple):
            return tuple(self.row(field, row) for row in value if isinstance(row, Mapping))
        return value

    def reference(self, table: str, key: str) -> object:
        """A row of a reference table, standing for its key."""
        return _Reference(self, table, key)

    def row(self, field: Field, row: Values) -> Mapping[str, object]:
        """One row as expressions see it; columns nobody filled are there, empty."""
        return {
            column.name: self.resolved(column, row.get(column.name)) for column in field.columns
        }


class _Parameters:
    """The name `params`: its attributes are the office's parameters."""

    def __init__(self, facts: CaseFacts) -> None:
        self._facts = facts


class _Reference:
    """A row of a reference table; equal to its key, with the columns as attributes."""

    def __init__(self, facts: CaseFacts, table: str, key: str) -> None:
        self._facts = facts
        self.table = table
        self.key = key

    def attribute(self, name: str) -> object:
        record = self._facts.situation.params.record(self.table, self.key)
        return self._facts._noted(f"{self.table}[{self.key}].{name}", record.get(name))

    def __eq__(self, other: object) -> bool:
        return self.key == (other.key if isinstance(other, _Reference) else other)

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.key


def plain(value: object) -> Value:
    """A value fit for a form: references back to keys, lists to tuples."""
    if isinstance(value, _Reference):
        return value.key
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}  # type: ignore[return-value]
    if isinstance(value, tuple | list):
        return tuple(plain(part) for part in value)  # type: ignore[return-value]
    return value  # type: ignore[return-value]


def rows_to_take(take: Take, facts: CaseFacts) -> tuple[Mapping[str, object], ...]:
    """The lines of a case that go to another; one empty line if it sends only its fields."""
    if take.rows is None:
        return ({},)
    rows = facts.lookup(take.rows)
    several = rows if isinstance(rows, tuple) else ()
    return tuple(row for row in several if isinstance(row, Mapping))


def taken(take: Take, facts: CaseFacts) -> Row:
    """One line as the other case gets it."""
    return {
        column: plain(facts.evaluate(value))  # type: ignore[misc]
        for column, value in take.columns
    }


def _reached(case: Case, state: str) -> bool:
    return any(_names(path, state) for path in case.entered)


def _is_in(case: Case, state: str) -> bool:
    active = {path for leaf in case.configuration for path in ancestors(leaf)}
    return any(_names(path, state) for path in active)


def _names(path: str, state: str) -> bool:
    """Whether a written state name means this path: the whole path, or its last part."""
    return path == state or path.rpartition(SEPARATOR)[2] == state


def _entered(facts: CaseFacts, state: str) -> datetime | None:
    moments = [at for path, at in facts.case.entered.items() if _names(path, state)]
    return max(moments, default=None)


def _actor_of(facts: CaseFacts, act: str) -> tuple[str, ...]:
    """Who last did the act; all its signers if it was a joint one."""
    state, _, name = act.rpartition(".")
    found = [
        one
        for one in facts.case.acts
        if one.action == name and (not state or _names(one.state, state))
    ]
    if not found:
        return ()
    task = found[-1].task
    same = [one for one in found if task is not None and one.task == task] or found[-1:]
    return tuple(dict.fromkeys(one.principal or one.actor for one in same))


def _signed(facts: CaseFacts, state: str) -> Mapping[str, Value]:
    for path in facts.case.signed:
        if _names(path, state):
            return facts.case.signed[path]
    return EMPTY


def _open_children(facts: CaseFacts, process: str) -> int:
    return sum(
        1 for child in facts.case.children if child.process == process and child.result is None
    )


def _done_children(facts: CaseFacts, process: str) -> int:
    return sum(
        1 for child in facts.case.children if child.process == process and child.result == "done"
    )


def _collector_reached(facts: CaseFacts, state: str) -> bool:
    seen = facts.situation.collector
    return seen is not None and any(_names(path, state) for path in seen.reached)


def _parent_reached(facts: CaseFacts, state: str) -> bool:
    seen = facts.situation.parent
    return seen is not None and any(_names(path, state) for path in seen.reached)


def _parent_voided(facts: CaseFacts) -> bool:
    seen = facts.situation.parent
    return seen is not None and seen.is_voided


def _table(facts: CaseFacts, name: str) -> object:
    table = next(table for table in facts.situation.definition.tables if table.name == name)
    return next(row.then for row in table.rows if facts.holds(row.when))


def _several(people: object) -> tuple[str, ...]:
    found = people if isinstance(people, tuple | list) else (people,)
    return tuple(str(one) for one in found if one)


def _is_away(facts: CaseFacts, people: object) -> bool:
    return any(facts.situation.roster.is_away(one) for one in _several(people))


def _qualified(facts: CaseFacts, people: object, name: str) -> bool:
    found = _several(people)
    return bool(found) and all(facts.situation.roster.is_qualified(one, name) for one in found)


def _moment(facts: CaseFacts, value: object) -> date:
    if isinstance(value, datetime):
        return value.astimezone(facts.situation.calendar.zone).date()
    if isinstance(value, date):
        return value
    raise GuichengError(say("需要日期,得到的是“{value}”", value=str(value)))


def _workdays(facts: CaseFacts, start: object, end: object) -> int | None:
    if start is None or end is None:
        return None
    return facts.situation.calendar.workdays(_moment(facts, start), _moment(facts, end))


def _rest_days(facts: CaseFacts, start: object, end: object) -> int | None:
    """How many days are no workdays, from one to another, both included; 0 if there are none."""
    if start is None or end is None:
        return None
    first, last = _moment(facts, start), _moment(facts, end)
    days = (last - first).days + 1
    if days <= 0:
        return 0
    return days - facts.situation.calendar.workdays(first - ONE_DAY, last)


def _rounds(facts: CaseFacts, action: str) -> int:
    return facts.case.rounds(action)


def _count(quantity: Decimal) -> int | Decimal:
    return ledger.plain(quantity)


def _on_hand(facts: CaseFacts, book: str, item: object, lot: object = None) -> int | Decimal:
    card = facts.books.card(book, str(item))
    if lot is None:
        return _count(card.on_hand)
    found = card.lot(str(lot))
    return _count(found.quantity) if found is not None else 0


def _issued(facts: CaseFacts, book: str, item: object) -> int | Decimal:
    """What this case has issued of an item, less what came back."""
    postings = facts.books.postings_of(facts.case.number, book)
    return _count(sum(ledger.issued(postings, str(item)).values(), ledger.ZERO))


def _drawn(
    facts: CaseFacts, book: str, item: object, holder: object, since: date | None
) -> int | Decimal | None:
    if since is None:
        return None
    return _count(facts.books.drawn(book, str(item), str(holder), since))


def _received(
    facts: CaseFacts, book: str, item: object, since: date | None
) -> int | Decimal | None:
    return None if since is None else _count(facts.books.received(book, str(item), since))


def _consumed(
    facts: CaseFacts, book: str, item: object, since: date | None
) -> int | Decimal | None:
    return None if since is None else _count(facts.books.consumed(book, str(item), since))


def _last_cost(facts: CaseFacts, book: str, item: object) -> Decimal | None:
    lots = facts.books.card(book, str(item)).lots
    return lots[-1].cost if lots else None


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "post": lambda facts, name: facts.situation.roster.post_holders(name),
    "group": lambda facts, name: facts.situation.roster.group(name),
    "head_of": lambda facts, name: facts.situation.roster.head_of(name),
    "leader_of": lambda facts, name: facts.situation.roster.leader_of(name),
    "liaisons_of": lambda facts, name: facts.situation.roster.liaisons_of(name),
    "superior_of": lambda facts, person: facts.situation.roster.superior_of(person),
    "superiors_of": lambda facts, person: facts.situation.roster.superiors_of(person),
    "deputies_of": lambda facts, name: facts.situation.roster.deputies_of(name),
    "on_duty": lambda facts, people: facts.situation.roster.on_duty(_several(people)),
    "is_away": _is_away,
    "has_left": lambda facts, person: facts.situation.roster.has_left(person),
    "qualified": _qualified,
    "departments": lambda facts: facts.situation.roster.reporting_departments(),
    "processes": lambda facts: facts.situation.processes,
    "has_post": lambda facts, person, post: person in facts.situation.roster.post_holders(post),
    "actor_of": _actor_of,
    "rounds": _rounds,
    "reached": lambda facts, state: _reached(facts.case, state),
    "is_in": lambda facts, state: _is_in(facts.case, state),
    "entered": _entered,
    "signed": _signed,
    "collector_reached": _collector_reached,
    "parent_reached": _parent_reached,
    "parent_voided": _parent_voided,
    "open_children": _open_children,
    "done_children": _done_children,
    "has_parent": lambda facts: facts.case.parent is not None,
    "workdays": _workdays,
    "rest_days": _rest_days,
    "worktime": lambda facts, start, end: facts.situation.calendar.worktime(start, end),
    "table": _table,
    "listed": lambda facts, name: tuple(facts.situation.params.tables[name].rows.values()),
    "since": lambda facts, text: None if text is None else window_start(text, facts.today),
    "on_hand": _on_hand,
    "free": lambda facts, book, item: _count(facts.books.card(book, str(item)).free),
    "allocated": lambda facts, book, item: _count(
        facts.books.card(book, str(item)).allocated(facts.case.number)
    ),
    "held": lambda facts, book, item: _count(
        facts.books.card(book, str(item)).held(facts.case.number)
    ),
    "issued": _issued,
    "drawn": _drawn,
    "received": _received,
    "consumed": _consumed,
    "last_cost": _last_cost,
    "worth": lambda facts, book, item: facts.books.card(book, str(item)).amount,
    "moved": lambda facts, book, item, lot: _count(facts.books.moved(book, str(item), str(lot))),
    "frozen": lambda facts, book: facts.books.frozen_by(book) not in (None, facts.case.number),
    "is_free": lambda facts, diary, thing, from_, until: facts.books.diaries.is_free(
        facts.situation.params.diary(diary), thing, from_, until, facts.case.number
    ),
    "occupied": lambda facts, *asked: facts.books.diaries.occupied_by(*asked),
    "occupies": lambda facts, *asked: facts.books.diaries.occupies(
        facts.case.number, facts.situation.at, *asked
    ),
}
