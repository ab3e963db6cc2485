"""Every column of the store by name, and those that are deliberately outside the evidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.store.tables import PROJECTIONS

HISTORY = ("record", "disclosure", "object", "head")
DERIVED = frozenset(str(table.__tablename__) for table in PROJECTIONS) - {"head"}

_READING = "personal: who looked when at what was copied to him follows from no record"
_DRAFT = "personal: what somebody has typed and not sent is nobody's act"
_NOTICE = "delivery: which notice a channel still owes; what was sent can be sent again"
_STAMP = "an outside authority's answer: beyond what it is over, judged by whoever trusts it"
OUTSIDE: Mapping[str, str] = {
    **{f"read_row.{name}": _READING for name in ("case_id", "person", "at")},
    **{f"unsent_row.{name}": _DRAFT for name in ("person", "n", "process", "case_id", "action")},
    **{f"unsent_row.{name}": _DRAFT for name in ("words", "configuration", "at")},
    **{f"owed_row.{name}": _NOTICE for name in ("channel", "position", "person", "kind")},
    **{f"owed_row.{name}": _NOTICE for name in ("tries", "why", "at")},
    **{f"token.{name}": _STAMP for name in ("id", "size", "answer", "at")},
    "checkpoint.at": "when the note was kept; the signed time is that of the `ckpt` record in it",
    "alembic_version.version_num": "which edition the tables are of: judged when they are opened",
}
# Of the table `meta` one row is evidence, and every record names it; the rest are the worker's
# marks of how far it has come, which it makes anew.
ONLY: Mapping[str, str] = {"meta": "key = 'origin'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as the database declares it. `is_place`: it is the number of the row itself."""

    table: str
    name: str
    kind: str
    is_nullable: bool
    is_place: bool

    @property
    def path(self) -> str:
        return f"{self.table}.{self.name}"


def columns(connection: sqlite3.Connection) -> Iterator[Column]:
    """Every column of every table."""
    wanted = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in connection.execute(wanted).fetchall():
        told = connection.execute(f"PRAGMA table_info({table})").fetchall()
        keys = [one for one in told if one[5]]
        for _, name, kind, is_required, _, place in told:
            yield Column(
                table=table,
                name=name,
                kind=kind,
                is_nullable=not is_required and not place,
                is_place=keys == [one for one in told if one[1] == name] and kind == "INTEGER",
            )
