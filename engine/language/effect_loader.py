"""What actions and states set in motion, as it is written: `{tell: 采购, say: 计划已批}`."""

from __future__ import annotations

from engine.language import keys
from engine.language.amend_loader import is_amendment, read_amend
from engine.language.book_loader import is_book_entry, read_book_entry
from engine.language.booking_loader import is_booking, read_booking
from engine.language.effects import (
    Effect,
    Entry,
    SetFields,
    TellCases,
    TellChildren,
    TellPeople,
)
from engine.language.form_loader import read_expression
from engine.language.parts import read_assignments, read_start, read_take
from engine.language.reader import Cursor, Mapping_, Node
from engine.language.work_loader import is_about_work, read_work
from engine.text import say


def read_entries(cursor: Cursor, node: Node | None) -> tuple[Entry, ...]:
    """The entries an action makes in books and diaries: one, or a list of them."""
    several = (node,) if isinstance(node, Mapping_) else cursor.items(node)
    found = (_read_entry(cursor, one) for one in several)
    return tuple(one for one in found if one is not None)


def _read_entry(cursor: Cursor, node: Node) -> Entry | None:
    if is_booking(node):
        return read_booking(cursor, node)
    if is_amendment(node):
        return read_amend(cursor, node)
    if is_about_work(node):
        return read_work(cursor, node)
    return read_book_entry(cursor, node)


def read_effect(cursor: Cursor, node: Node) -> Effect:
    """An effect of entering a state; an empty one, with its problem, if it is none."""
    kinds = (is_book_entry, is_booking, is_amendment, is_about_work)
    entry = _read_entry(cursor, node) if any(is_one(node) for is_one in kinds) else None
    if entry is not None:
        return entry
    top = cursor.mapping(node, keys.EFFECT)
    if "start" in top:
        return read_start(cursor, node, cursor.text(top.get("start")))
    for whom in ("members", "parent"):
        if whom in top:
            return TellCases(
                whom=whom,
                action=cursor.text(top.get(whom)),
                take=read_take(cursor, top),
                by=read_expression(cursor, top.get("by")),
                source=node.source,
            )
    if "children" in top:
        return TellChildren(
            action=cursor.text(top.get("children")),
            process=cursor.optional(top.get("process")),
            source=node.source,
        )
    if "tell" in top:
        who = read_expression(cursor, top.get("tell"))
        if who is not None:
            return TellPeople(who=who, say=cursor.text(top.get("say")))
    if not any(name in top for name in ("set", "tell")):
        cursor.say(
            node,
            say("不认识的效果"),
            say(
                "可写 set、start、members、parent、children、tell、amend、list_work、"
                "hand_over,或台账、预约的一笔"
            ),
        )
    return SetFields(fields=read_assignments(cursor, top.get("set")))
