"""What takes things of a diary and gives them up: `{occupy: 会议室, what: 地点, from: …}`."""

from __future__ import annotations

from engine.language import keys
from engine.language.diary import read_buffer
from engine.language.effects import Occupy, Vacate
from engine.language.form_loader import read_expression
from engine.language.reader import Cursor, Mapping_, Node
from engine.text import say


def is_booking(node: Node) -> bool:
    return isinstance(node, Mapping_) and any(verb in node for verb in keys.BOOKING_ENTRIES)


def read_booking(cursor: Cursor, node: Node) -> Occupy | Vacate | None:
    """What a mapping takes or gives up, or None with its problems."""
    if isinstance(node, Mapping_) and "occupy" in node:
        return _read_occupy(cursor, node)
    top = cursor.mapping(node, ("vacate", *keys.BOOKING_ENTRIES["vacate"][0]))
    return Vacate(
        diary=cursor.text(top.get("vacate")),
        when=read_expression(cursor, top.get("when")),
        what=read_expression(cursor, top.get("what")),
        of=read_expression(cursor, top.get("of")),
        source=node.source,
    )


def _read_occupy(cursor: Cursor, node: Node) -> Occupy | None:
    optional, compulsory = keys.BOOKING_ENTRIES["occupy"]
    top = cursor.mapping(node, ("occupy", *optional, *compulsory), compulsory)
    what = read_expression(cursor, top.get("what"))
    from_ = read_expression(cursor, top.get("from"))
    until = read_expression(cursor, top.get("until"))
    if ("despite" in top) != ("oust" in top):
        cursor.say(
            node,
            say("despite 和 oust 要一起写"),
            say("如 {{despite: 紧急, oust: 改期待定}}:被占的案件由系统办理“改期待定”"),
        )
    if what is None or from_ is None or until is None:
        return None
    return Occupy(
        diary=cursor.text(top.get("occupy")),
        each=cursor.optional(top.get("each")),
        when=read_expression(cursor, top.get("when")),
        what=what,
        from_=from_,
        until=until,
        before=read_buffer(cursor, top.get("before")),
        after=read_buffer(cursor, top.get("after")),
        fit=read_expression(cursor, top.get("fit")),
        despite=read_expression(cursor, top.get("despite")),
        oust=cursor.optional(top.get("oust")),
        instead=cursor.boolean(top.get("instead")),
        provisional=cursor.boolean(top.get("provisional")),
        source=node.source,
    )
