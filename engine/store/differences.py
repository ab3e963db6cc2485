"""How a table that was tampered with differs from what its history makes of it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.store.tables import PROJECTIONS, columns
from engine.text import Text, say


def first_difference(
    name: str, found: Iterable[tuple[object, ...]], wanted: Iterable[tuple[object, ...]]
) -> Text:
    """The first row that differs: which columns, what the table says, what the history says."""
    table = next(one for one in PROJECTIONS if one.__tablename__ == name)
    names = [one.name for one in columns(table)]
    keys = [place for place, one in enumerate(columns(table)) if one.primary_key]
    one, other = set(found), set(wanted)
    row = min(one ^ other, key=str)
    key = [row[place] for place in keys]
    shown = tuple(f"{names[place]}={row[place]}" for place in keys)

    def same(rows: set[tuple[object, ...]]) -> tuple[object, ...] | None:
        return next((row for row in rows if [row[place] for place in keys] == key), None)

    stored, right = same(one - other), same(other - one)
    if stored is None:
        return say("少了 {row} 这一行", row=shown)
    if right is None:
        return say("多了 {row} 这一行", row=shown)
    return say(
        "{row}:{columns}",
        row=shown,
        columns=tuple(
            say("{name} 表里 {stored},历史 {right}", name=name, stored=str(x), right=str(y))
            for name, x, y in zip(names, stored, right, strict=True)
            if x != y
        ),
    )
