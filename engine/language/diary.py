"""Diaries in params.yaml: `会议室: {en: Rooms, item: 会议室, before: 60 minutes}`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from engine.language.calendar import Unit, parse_span
from engine.language.reader import Cursor, Node
from engine.text import Text, say

DIARY_KEYS = ("en", "item", "before", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """How things of one kind are booked.

    `item` is the reference table they come from (None: any text, as people are); `before` and
    `after` are how long a thing is taken around the time it is used.
    """

    name: str
    en: str | None
    item: str | None
    before: timedelta
    after: timedelta


def read_diary(cursor: Cursor, name: str, node: Node, tables: Iterable[str]) -> Diary:
    """One diary; its table must be among those of the file."""
    top = cursor.mapping(node, DIARY_KEYS)
    item, known = top.get("item"), tuple(tables)
    table = cursor.optional(item)
    if item is not None and table not in known:
        cursor.unknown(item.source, say("基础数据表"), table or "", known)
    return Diary(
        name=name,
        en=cursor.optional(top.get("en")),
        item=table,
        before=read_buffer(cursor, top.get("before")) or timedelta(),
        after=read_buffer(cursor, top.get("after")) or timedelta(),
    )


def read_buffer(cursor: Cursor, node: Node | None) -> timedelta | None:
    """A time by the clock, in minutes or hours: `60 minutes`; None if nothing is written."""
    if node is None:
        return None
    text = cursor.text(node)
    span = parse_span(text)
    if isinstance(span, Text) or span.unit not in (Unit.MINUTES, Unit.HOURS):
        cursor.say(node, say("“{text}”不是分钟或小时数", text=text[:20]), say("如 60 minutes"))
        return None
    minutes = span.count * (60 if span.unit is Unit.HOURS else 1)
    return timedelta(seconds=int(minutes * 60))
