"""Every expression of a definition, checked against the names and types it may use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.errors import Problem, Source
from engine.language import types as t
from engine.language.checking import check
from engine.language.definition import DONE, SEPARATOR, Deadline, Kind, ProcessDefinition, Slot
from engine.language.effects import (
    Amend,
    BookEntry,
    Effect,
    HandOver,
    ListWork,
    Occupy,
    SetFields,
    StartCase,
    TellPeople,
    Vacate,
    Verb,
    Work,
)
from engine.language.expressions import Expression, calls
from engine.language.forms import FieldType
from engine.language.scope import field_type
from engine.language.types import Scope, Type
from engine.language.window import is_window
from engine.meant import meant
from engine.text import Text, say

# functions whose last argument is the name of something in the roster
OF_ROSTER = ("post", "has_post", "group", "head_of", "leader_of", "liaisons_of", "deputies_of")


@dataclass(frozen=True, slots=True)
class _Use:
    """An expression where it is used: what it must be, and what else it may name."""

    expression: Expression | None
    wanted: Type
    source: Source
    scope: Scope

    def at(self, column: int) -> Source:
        """The place of a column of the expression, or of what it belongs to."""
        return (self.expression.at(column) if self.expression else None) or self.source


def check_expressions(definition: ProcessDefinition, scope: Scope) -> list[Problem]:
    """Problems of names, types and literal arguments in all expressions."""
    found: list[Problem] = []
    for use in _uses(definition, scope):
        if use.expression is None:
            continue
        kind, problems = check(use.expression, use.scope)
        for problem in problems:
            found.append(Problem(use.at(problem.column), _named(use, problem.what), problem.remedy))
        if not problems and not t.fits(kind, use.wanted):
            what = say("这里要{wanted},却是{found}", wanted=use.wanted, found=kind)
            found.append(Problem(use.at(1), _named(use, what)))
        found += _check_literals(definition, use)
    return found + list(_unknown_books(definition, scope))


@dataclass(frozen=True, slots=True)
class Named:
    """Something of the roster that an expression names outright: by which function, and where."""

    function: str
    name: str
    source: Source


def named_of_roster(definition: ProcessDefinition, scope: Scope) -> Iterator[Named]:
    """The posts, groups and departments that expressions name."""
    for use in _uses(definition, scope):
        for function, arguments, column in calls(use.expression) if use.expression else ():
            name = arguments[-1] if function in OF_ROSTER and arguments else None
            if isinstance(name, str):
                yield Named(function, name, use.at(column))


def _unknown_books(definition: ProcessDefinition, scope: Scope) -> Iterator[Problem]:
    """Entries in books and diaries that params.yaml does not keep."""
    if scope.books is None or scope.diaries is None:
        return
    caused = [(effect, state.source) for state in definition.walk() for effect in state.entry]
    caused += [
        (entry, action.source) for action in definition.all_actions() for entry in action.post
    ]
    for effect, _ in caused:
        match effect:
            case BookEntry() if effect.book not in scope.books:
                yield _unknown(effect.source, say("台账"), effect.book, scope.books)
            case Occupy() | Vacate() if effect.diary not in scope.diaries:
                yield _unknown(effect.source, say("预约簿"), effect.diary, scope.diaries)


def _unknown(source: Source, kind: Text, name: str, known: Iterable[str]) -> Problem:
    close = meant(name, known)
    remedy = say("是否想写“{name}”?", name=close) if close else None
    return Problem(source, say("没有这个{kind}:“{name}”", kind=kind, name=name), remedy)


def _named(use: _Use, what: Text) -> Text:
    text = use.expression.text if use.expression else ""
    return say("算式“{text}”:{what}", text=text[:60], what=what)


def _uses(definition: ProcessDefinition, scope: Scope) -> Iterator[_Use]:
    for role in definition.roles:
        yield _Use(role.people, t.PEOPLE, role.source, scope)
        yield _Use(role.recorder, t.PEOPLE, role.source, scope)
    for duty in definition.duties:
        yield _Use(duty.holders, t.PEOPLE, definition.source, scope)
    yield _Use(definition.paper, t.PEOPLE, definition.source, scope)
    yield _Use(definition.amount, t.NUMBER, definition.source, scope)
    opener = (definition.opened_by,) if definition.opened_by else ()
    yield from _slot_uses(opener, definition.source, scope)
    for table in definition.tables:
        for row in table.rows:
            yield _Use(row.when, t.BOOL, table.source, scope)
    yield from _form_uses(definition, scope)
    for state in definition.walk():
        source = state.source
        counted = scope.with_names({"n": t.NUMBER})
        yield _Use(state.need, t.NUMBER, source, counted)
        yield _Use(state.when, t.BOOL, source, scope)
        yield from _slot_uses(state.slots, source, scope)
        yield from _deadline_uses(state.due, scope)
        for one in state.require:
            yield _Use(one.when, t.BOOL, source, scope)
        for item in state.checklist.items if state.checklist else ():
            yield _Use(item.when, t.BOOL, source, scope)
        for effect in state.entry:
            yield from _effect_uses(effect, definition, source, scope)
    for action in definition.all_actions():
        yield _Use(action.when, t.BOOL, action.source, scope)
        yield from _slot_uses((action.who,) if action.who else (), action.source, scope)
        yield from _deadline_uses((action.at,) if action.at else (), scope)
        for rule in action.need:
            yield _Use(rule.that, t.BOOL, rule.source, scope)
        for one in action.require:
            yield _Use(one.when, t.BOOL, action.source, scope)
        for arm in action.arms:
            yield _Use(arm.when, t.BOOL, arm.source, scope)
        for caused in (action.set, action.start, action.tell, *action.post):
            if caused is not None:
                yield from _effect_uses(caused, definition, action.source, scope)
    for everyday in definition.everyday:
        yield _Use(everyday.to, t.PEOPLE, everyday.source, scope)
        yield from _slot_uses((everyday.who,) if everyday.who else (), everyday.source, scope)
    for balance in definition.balances:
        inner = scope
        if balance.per is not None and balance.per in scope.names:
            fields = scope.names[balance.per].fields
            inner = scope.with_names({**fields, "row": t.record(fields)})
        for equation in balance.equations:
            for side in equation:
                yield _Use(side, t.NUMBER, balance.source, inner)
    if definition.every is not None:
        yield _Use(definition.every.when, t.BOOL, definition.every.source, scope)
        periodic = Scope(
            {"period": t.TEXT, "each": t.DEPARTMENT, "params": t.ANY},
            scope.functions,
            scope.attributes,
        )
        yield _Use(definition.every.initiator, t.PEOPLE, definition.every.source, periodic)
        for _, value in definition.every.set:
            yield _Use(value, t.ANY, definition.every.source, periodic)


def _form_uses(definition: ProcessDefinition, scope: Scope) -> Iterator[_Use]:
    for field in definition.form.fields:
        inner = scope
        if field.type is FieldType.LINES:
            columns = {one.name: scope.names[field.name].fields[one.name] for one in field.columns}
            inner = scope.with_names({**columns, "row": t.record(columns)})
        for one, names in ((field, scope), *((column, inner) for column in field.columns)):
            required = one.required if isinstance(one.required, Expression) else None
            yield _Use(required, t.BOOL, one.source, names)
            yield _Use(one.when, t.BOOL, one.source, names)
            yield _Use(one.while_, t.BOOL, one.source, names)
            for value in (one.compute, one.default):
                yield _Use(value, field_type(one, None), one.source, names)


def _slot_uses(slots: Iterable[Slot], source: Source, scope: Scope) -> Iterator[_Use]:
    for slot in slots:
        yield _Use(slot.when, t.BOOL, source, scope)
        yield _Use(slot.need, t.NUMBER, source, scope)
        yield _Use(slot.role.people, t.PEOPLE, slot.role.source, scope)


def _deadline_uses(deadlines: Iterable[Deadline], scope: Scope) -> Iterator[_Use]:
    for one in deadlines:
        yield _Use(one.when, t.BOOL, one.source, scope)
        yield _Use(one.before, t.DATETIME, one.source, scope)
        yield _Use(one.of, t.TEXT, one.source, scope)
        yield _Use(one.on, t.DATE, one.source, scope)
        yield _Use(one.tell, t.PEOPLE, one.source, scope)


def _effect_uses(
    effect: Effect, definition: ProcessDefinition, source: Source, scope: Scope
) -> Iterator[_Use]:
    match effect:
        case SetFields():
            for name, value in effect.fields:
                yield _Use(value, scope.names.get(name, t.ANY), source, scope)
        case TellPeople():
            yield _Use(effect.who, t.PEOPLE, source, scope)
        case StartCase():
            inner = scope
            if effect.each is not None and effect.each in scope.names:
                table = scope.names[effect.each]
                row = t.record(table.fields)
                names = {"rows": table, "key": t.ANY, "row": row}
                inner = scope.with_names({**({} if effect.by else table.fields), **names})
                by = scope.with_names(table.fields)
                yield _Use(effect.by, t.ANY, effect.source, by)
            yield _Use(effect.when, t.BOOL, effect.source, inner)
            yield _Use(effect.initiator, t.PEOPLE, effect.source, inner)
            for _, value in effect.set:
                yield _Use(value, t.ANY, effect.source, inner)
        case BookEntry():
            yield from _book_uses(effect, scope)
        case Occupy() | Vacate():
            yield from _booking_uses(effect, scope)
        case Amend():
            yield from _amend_uses(effect, scope)
        case HandOver():
            inner = _line_scope(effect.each, scope)
            yield _Use(effect.when, t.BOOL, effect.source, inner)
            yield _Use(effect.of, t.PEOPLE, effect.source, inner)
            yield _Use(effect.to, t.PEOPLE, effect.source, inner)
            yield _Use(effect.case, t.TEXT, effect.source, inner)
        case ListWork():
            yield _Use(effect.of, t.PEOPLE, effect.source, scope)
            inner = scope.with_names({"work": t.record(WORK[effect.which])})
            yield _Use(effect.when, t.BOOL, effect.source, inner)
            for _, value in effect.take:
                yield _Use(value, t.ANY, effect.source, inner)


WHERE = {"number": t.TEXT, "process": t.TEXT, "state": t.TEXT}
WORK = {
    Work.OPEN: {**WHERE, "offered": t.DATETIME, "due": t.DATETIME, "claimed": t.BOOL},
    Work.DONE: {**WHERE, "action": t.TEXT, "actor": t.PERSON, "at": t.DATETIME},
}
LOT = {"lot": t.TEXT, "quantity": t.NUMBER, "cost": t.NUMBER}
BOOK_FUNCTIONS = frozenset(
    (
        "on_hand",
        "free",
        "allocated",
        "held",
        "issued",
        "drawn",
        "received",
        "consumed",
        "last_cost",
        "worth",
        "moved",
        "frozen",
    )
)


BOOKING_FUNCTIONS = frozenset(("is_free", "occupied", "occupies"))


def _book_uses(entry: BookEntry, scope: Scope) -> Iterator[_Use]:
    inner = scope
    if entry.each is not None and entry.each in scope.names:
        fields = scope.names[entry.each].fields
        inner = scope.with_names({**fields, "row": t.record(fields)})
    item = (scope.books or {}).get(entry.book, t.ANY)
    lots = scope.with_names({**LOT, "item": item, "kept": t.ANY})
    over_lots = entry.verb is Verb.LIST
    for value, wanted in (
        (entry.item, t.TEXT),
        (entry.quantity, t.NUMBER),
        (entry.cost, t.NUMBER),
        (entry.lot, t.TEXT),
        (entry.holder, t.ANY),
        (entry.of, t.TEXT),
        (entry.despite, t.BOOL),
        *((kept, t.ANY) for _, kept in entry.keep),
    ):
        yield _Use(value, wanted, entry.source, inner)
    yield _Use(entry.when, t.BOOL, entry.source, lots if over_lots else inner)
    for _, value in entry.take:
        yield _Use(value, t.ANY, entry.source, lots)


def _booking_uses(effect: Occupy | Vacate, scope: Scope) -> Iterator[_Use]:
    source, inner = effect.source, scope
    if isinstance(effect, Vacate):
        yield _Use(effect.when, t.BOOL, source, scope)
        yield _Use(effect.what, t.ANY, source, scope)
        yield _Use(effect.of, t.TEXT, source, scope)
        return
    if effect.each is not None and effect.each in scope.names:
        fields = scope.names[effect.each].fields
        inner = scope.with_names({**fields, "row": t.record(fields)})
    things = (scope.diaries or {}).get(effect.diary, t.ANY)
    yield _Use(effect.when, t.BOOL, source, inner)
    yield _Use(effect.what, t.ANY, source, inner)
    yield _Use(effect.from_, t.DATETIME, source, inner)
    yield _Use(effect.until, t.DATETIME, source, inner)
    yield _Use(effect.despite, t.BOOL, source, inner)
    yield _Use(effect.fit, t.BOOL, source, inner.with_names(things.fields))


AMEND_PARTS = {
    "person": t.PEOPLE,
    "to": t.PEOPLE,
    "department": t.DEPARTMENT,
    "post": t.TEXT,
    "name": t.TEXT,
    "from": t.DATE,
    "until": t.DATE,
    "limit": t.NUMBER,
    "processes": t.ANY,
}


def _line_scope(each: str | None, scope: Scope) -> Scope:
    """What is known in each line of a table; outside one, what is known of the case."""
    if each is None or each not in scope.names:
        return scope
    fields = scope.names[each].fields
    return scope.with_names({**fields, "row": t.record(fields)})


def _amend_uses(effect: Amend, scope: Scope) -> Iterator[_Use]:
    inner = _line_scope(effect.each, scope)
    yield _Use(effect.when, t.BOOL, effect.source, inner)
    for name, value in effect.parts:
        yield _Use(value, AMEND_PARTS[name], effect.source, inner)


def _check_literals(definition: ProcessDefinition, use: _Use) -> Iterator[Problem]:
    """State, action and table names given as text must exist in this process."""
    if use.expression is None:
        return
    states = {state.path for state in definition.walk()} | {s.name for s in definition.walk()}
    acts = {action.name for action in definition.all_actions()}
    ends = {
        f"{branch.path}{SEPARATOR}{DONE}"
        for state in definition.walk()
        if state.kind is Kind.PARALLEL
        for branch in state.inner
    }
    known = {
        "reached": states,
        "entered": states,
        "is_in": states | ends,
        "signed": states,
        "table": {table.name for table in definition.tables},
    }
    for name, arguments, column in calls(use.expression):
        first = arguments[0] if arguments else None
        if not isinstance(first, str):
            continue
        if name in known and first not in known[name]:
            yield Problem(
                use.at(column), _named(use, say("{name} 里的“{word}”不存在", name=name, word=first))
            )
        if name == "since" and not is_window(first):
            what = say("since 里的“{word}”不是一段时间", word=first)
            yield Problem(
                use.at(column), _named(use, what), say("如 month、quarter、30 days、24 months")
            )
        if name in BOOK_FUNCTIONS and use.scope.books is not None and first not in use.scope.books:
            yield Problem(
                use.at(column), _named(use, say("{name} 里的“{word}”不存在", name=name, word=first))
            )
        if (
            name in BOOKING_FUNCTIONS
            and use.scope.diaries is not None
            and first not in use.scope.diaries
        ):
            yield Problem(
                use.at(column), _named(use, say("{name} 里的“{word}”不存在", name=name, word=first))
            )
        if name in ("rounds", "actor_of") and first.rpartition(".")[2] not in acts:
            yield Problem(
                use.at(column),
                _named(use, say("{name} 里的动作“{word}”不存在", name=name, word=first)),
            )
