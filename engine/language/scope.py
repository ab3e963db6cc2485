"""Which names and functions a definition's expressions may use, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.language import types as t
from engine.language.definition import Role
from engine.language.diary import Diary
from engine.language.forms import Field, FieldType, Form
from engine.language.params import Book, Params, Table
from engine.language.types import Scope, Signature, Type

_FIELD_TYPES: Mapping[FieldType, Type] = {
    FieldType.TEXT: t.TEXT,
    FieldType.INTEGER: t.NUMBER,
    FieldType.DECIMAL: t.NUMBER,
    FieldType.MONEY: t.NUMBER,
    FieldType.BOOL: t.BOOL,
    FieldType.DATE: t.DATE,
    FieldType.DATETIME: t.DATETIME,
    FieldType.CHOICE: t.TEXT,
    FieldType.PERSON: t.PERSON,
    FieldType.DEPARTMENT: t.DEPARTMENT,
    FieldType.CASE: t.TEXT,
    FieldType.ATTACHMENT: t.ANY,
}
_COLUMN_TYPES = {
    "text": t.TEXT,
    "integer": t.NUMBER,
    "decimal": t.NUMBER,
    "money": t.NUMBER,
    "bool": t.BOOL,
    "date": t.DATE,
}
ATTRIBUTES: Mapping[str, Mapping[str, Type]] = {
    "person": {"name": t.TEXT, "title": t.TEXT, "department": t.DEPARTMENT},
    "department": {"name": t.TEXT, "head": t.PERSON, "leader": t.PERSON, "size": t.NUMBER},
}

# functions by which the roster, and not the case itself, says whose something is
OFFICE = frozenset(
    (
        "post",
        "group",
        "head_of",
        "leader_of",
        "liaisons_of",
        "superior_of",
        "superiors_of",
        "deputies_of",
    )
)


def functions(form_record: Type) -> Mapping[str, Signature]:
    """The functions that look beyond the form: people, the past, relatives, the calendar."""
    return {
        "post": Signature((t.TEXT,), t.PEOPLE),
        "group": Signature((t.TEXT,), t.PEOPLE),
        "head_of": Signature((t.DEPARTMENT,), t.PEOPLE),
        "leader_of": Signature((t.DEPARTMENT,), t.PEOPLE),
        "liaisons_of": Signature((t.DEPARTMENT,), t.PEOPLE),
        "superior_of": Signature((t.PERSON,), t.PEOPLE),
        "superiors_of": Signature((t.PERSON,), t.PEOPLE),
        "deputies_of": Signature((t.DEPARTMENT,), t.PEOPLE),
        "on_duty": Signature((t.PEOPLE,), t.PEOPLE),
        "is_away": Signature((t.PEOPLE,), t.BOOL),
        "has_left": Signature((t.PERSON,), t.BOOL),
        "qualified": Signature((t.PEOPLE, t.TEXT), t.BOOL),
        "departments": Signature((), t.list_of(t.DEPARTMENT)),
        "processes": Signature((), t.list_of(t.TEXT)),
        "has_post": Signature((t.PERSON, t.TEXT), t.BOOL),
        "actor_of": Signature((t.TEXT,), t.PEOPLE),
        "rounds": Signature((t.TEXT,), t.NUMBER),
        "reached": Signature((t.TEXT,), t.BOOL),
        "is_in": Signature((t.TEXT,), t.BOOL),
        "entered": Signature((t.TEXT,), t.DATETIME),
        "signed": Signature((t.TEXT,), form_record),
        "collector_reached": Signature((t.TEXT,), t.BOOL),
        "parent_reached": Signature((t.TEXT,), t.BOOL),
        "parent_voided": Signature((), t.BOOL),
        "open_children": Signature((t.TEXT,), t.NUMBER),
        "done_children": Signature((t.TEXT,), t.NUMBER),
        "has_parent": Signature((), t.BOOL),
        "workdays": Signature((t.ANY, t.ANY), t.NUMBER),
        "rest_days": Signature((t.ANY, t.ANY), t.NUMBER),
        "worktime": Signature((t.DATETIME, t.DATETIME), t.NUMBER),
        "table": Signature((t.TEXT,), t.ANY),
        "listed": Signature((t.TEXT,), t.ANY),
        "since": Signature((t.TEXT,), t.DATE),
        "on_hand": Signature((t.TEXT, t.TEXT, t.TEXT), t.NUMBER, optional=1),
        "free": Signature((t.TEXT, t.TEXT), t.NUMBER),
        "allocated": Signature((t.TEXT, t.TEXT), t.NUMBER),
        "held": Signature((t.TEXT, t.TEXT), t.NUMBER),
        "issued": Signature((t.TEXT, t.TEXT), t.NUMBER),
        "drawn": Signature((t.TEXT, t.TEXT, t.ANY, t.DATE), t.NUMBER),
        "received": Signature((t.TEXT, t.TEXT, t.DATE), t.NUMBER),
        "consumed": Signature((t.TEXT, t.TEXT, t.DATE), t.NUMBER),
        "last_cost": Signature((t.TEXT, t.TEXT), t.NUMBER),
        "worth": Signature((t.TEXT, t.TEXT), t.NUMBER),
        "moved": Signature((t.TEXT, t.TEXT, t.TEXT), t.NUMBER),
        "frozen": Signature((t.TEXT,), t.BOOL),
        "is_free": Signature((t.TEXT, t.ANY, t.DATETIME, t.DATETIME), t.BOOL),
        "occupied": Signature((t.TEXT, t.ANY, t.DATETIME, t.DATETIME), t.TEXT),
        "occupies": Signature((t.TEXT, t.ANY), t.BOOL, optional=1),
    }


def field_type(field: Field, params: Params | None) -> Type:
    """The expression type of a field."""
    if field.type is FieldType.LINES:
        return t.rows({one.name: field_type(one, params) for one in field.columns})
    if field.type is FieldType.REFERENCE:
        table = params.tables.get(field.table or "") if params else None
        if table is None:
            return t.ANY
        return _table_type(table)
    plain = _FIELD_TYPES[field.type]
    if field.many:
        return t.PEOPLE if field.type is FieldType.PERSON else t.list_of(plain)
    return plain


def _table_type(table: Table) -> Type:
    return t.record(_columns(table), key=t.TEXT)


def _columns(table: Table) -> Mapping[str, Type]:
    return {name: _COLUMN_TYPES[kind] for name, kind in table.columns.items()}


def process_scope(form: Form, roles: Iterable[Role], params: Params | None) -> Scope:
    """The scope of a process: its fields, its roles, the case, the office."""
    fields = {field.name: field_type(field, params) for field in form.fields}
    people = {role.name: t.PEOPLE for role in roles if role.people is not None}
    return Scope(
        names={
            **people,
            **fields,
            "initiator": t.PERSON,
            "department": t.DEPARTMENT,
            "actor": t.PERSON,
            "at": t.DATETIME,
            "today": t.DATE,
            "number": t.TEXT,
            "period": t.TEXT,
            "params": t.record(_parameter_types(params)) if params else t.ANY,
        },
        functions=functions(t.record(fields)),
        attributes=ATTRIBUTES,
        tables={one.name: t.rows(_columns(one)) for one in params.tables.values()}
        if params
        else None,
        books=_held(params, params.books) if params else None,
        diaries=_held(params, params.diaries) if params else None,
    )


def _held(params: Params, several: Mapping[str, Book] | Mapping[str, Diary]) -> Mapping[str, Type]:
    """Books or diaries and the type of what they hold: rows of a reference table, or any text."""
    return {
        name: _table_type(params.tables[one.item]) if one.item else t.TEXT
        for name, one in several.items()
    }


def _parameter_types(params: Params) -> Mapping[str, Type]:
    found: dict[str, Type] = {}
    for name, dated in params.values.items():
        value = dated[0].value if dated else None
        if isinstance(value, bool):
            found[name] = t.BOOL
        elif isinstance(value, str):
            found[name] = t.TEXT
        else:
            found[name] = t.NUMBER if not hasattr(value, "year") else t.DATE
    return found
