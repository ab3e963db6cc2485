"""Rights over fields and columns: `行` means a whole table, `行.初盘` one column of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.language.forms import Field, Row, Value, rows_of


def fields_in(names: Iterable[str]) -> frozenset[str]:
    """The fields that are named, or of which a column is."""
    return frozenset(name.partition(".")[0] for name in names)


def columns_in(names: Iterable[str], field: str) -> frozenset[str] | None:
    """The columns named of a table; None if the whole field is named."""
    several = tuple(names)
    if field in several:
        return None
    return frozenset(name.partition(".")[2] for name in several if name.partition(".")[0] == field)


def without(fields: Iterable[Field], names: Iterable[str]) -> tuple[Field, ...]:
    """The fields but for those named, tables without the columns named."""
    several = tuple(names)
    found = []
    for field in fields:
        hidden = columns_in(several, field.name)
        if hidden is None:
            continue
        kept = tuple(column for column in field.columns if column.name not in hidden)
        found.append(replace(field, columns=kept) if hidden else field)
    return tuple(found)


def narrowed(fields: Iterable[Field], names: Iterable[str]) -> tuple[Field, ...]:
    """Only the fields named, tables with only the columns named."""
    several = tuple(names)
    found = []
    for field in fields:
        if field.name not in fields_in(several):
            continue
        columns = columns_in(several, field.name)
        kept = tuple(one for one in field.columns if columns is None or one.name in columns)
        found.append(replace(field, columns=kept))
    return tuple(found)


def entered_by_people(field: Field) -> Field | None:
    """A field without what is computed in it; None if all of it is."""
    if field.compute is not None:
        return None
    return replace(field, columns=tuple(one for one in field.columns if one.compute is None))


def shown_of(field: Field, value: Value) -> Value:
    """A value with the columns its field still has."""
    if not field.columns:
        return value
    names = {column.name for column in field.columns}
    return tuple({n: v for n, v in row.items() if n in names} for row in rows_of(value))


def merged(field: Field, old: Value, new: Value) -> Value:
    """Typed lines put over the lines that are there, column by column."""
    key = field.key
    rows: dict[tuple[object, ...], Row] = {_place(key, row): row for row in rows_of(old)}
    for row in rows_of(new):
        rows[_place(key, row)] = {**rows.get(_place(key, row), {}), **row}
    return tuple(rows.values())


def strangers(field: Field, old: Value, new: Value) -> tuple[Row, ...]:
    """Typed lines that are none of those there, where lines can only be filled in."""
    key = field.key
    known = {_place(key, row) for row in rows_of(old)}
    return tuple(row for row in rows_of(new) if _place(key, row) not in known)


def _place(key: tuple[str, ...], row: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(row.get(column) for column in key)
