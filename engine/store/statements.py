"""The statements made most often, each built once: rows that have given values in some columns.

Building a statement costs SQLAlchemy several times what SQLite spends on carrying it out; and one
over the mapped class, twice what one over its table does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Delete,
    Insert,
    Row,
    Select,
    bindparam,
    delete,
    insert,
    select,
)
from sqlmodel import SQLModel

from engine.store.tables import columns, table_of

Kind = type[SQLModel]


def add(connection: Connection, kind: Kind, /, **row: object) -> CursorResult[Any]:
    """Write a row, given by its columns."""
    return connection.execute(_insert(kind), row)


def add_all(connection: Connection, kind: Kind, rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows with the same columns each; none if there are none."""
    wanted = [dict(row) for row in rows]
    if wanted:
        connection.execute(_insert(kind), wanted)


def remove(connection: Connection, kind: Kind, /, **key: object) -> None:
    """Delete the rows with these values."""
    connection.execute(_delete(kind, tuple(key)), key)


def find(connection: Connection, kind: Kind, /, **key: object) -> Row[Any] | None:
    """A row with these values, or None."""
    return connection.execute(_select(kind, tuple(key), ()), key).first()


def find_all(
    connection: Connection, kind: Kind, by: tuple[str, ...], /, **key: object
) -> Sequence[Row[Any]]:
    """Every row with these values, in the order of some columns."""
    return connection.execute(_select(kind, tuple(key), by), key).all()


@cache
def _insert(kind: Kind) -> Insert:
    return insert(table_of(kind))


@cache
def _delete(kind: Kind, names: tuple[str, ...]) -> Delete:
    return delete(table_of(kind)).where(*_equal(kind, names))


@cache
def _select(kind: Kind, names: tuple[str, ...], by: tuple[str, ...]) -> Select[Any]:
    order = (columns(kind)[name] for name in by)
    return select(table_of(kind)).where(*_equal(kind, names)).order_by(*order)


def _equal(kind: Kind, names: tuple[str, ...]) -> Iterable[ColumnElement[bool]]:
    return (columns(kind)[name] == bindparam(name) for name in names)
