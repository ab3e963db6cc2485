"""Entries in books: `{issue: 库存, each: 拣批, item: 物品, lot: 批次, quantity: 数量}`."""

from __future__ import annotations

from engine.language import keys
from engine.language.effects import BookEntry, Verb
from engine.language.form_loader import read_expression
from engine.language.parts import read_assignments
from engine.language.reader import Cursor, Mapping_, Node
from engine.text import say

REVERSAL = "红冲"  # what a reversal is called in the book, unless its owner says otherwise


def is_book_entry(node: Node) -> bool:
    return isinstance(node, Mapping_) and any(verb.value in node for verb in Verb)


def read_book_entry(cursor: Cursor, node: Node) -> BookEntry | None:
    """The entry a mapping writes, or None with its problems."""
    verbs = [verb for verb in Verb if isinstance(node, Mapping_) and verb.value in node]
    if len(verbs) != 1:
        what = say("台账的一笔要写一个动词")
        cursor.say(node, what, say("可写 {verbs}", verbs=tuple(keys.BOOK_ENTRIES)))
        return None
    verb = verbs[0]
    optional, compulsory = keys.BOOK_ENTRIES[verb.value]
    top = cursor.mapping(node, (verb.value, *optional, *compulsory), compulsory)
    return BookEntry(
        verb=verb,
        book=cursor.text(top.get(verb.value)),
        each=cursor.optional(top.get("each")),
        when=read_expression(cursor, top.get("when")),
        item=read_expression(cursor, top.get("item")),
        quantity=read_expression(cursor, top.get("quantity")),
        cost=read_expression(cursor, top.get("cost")),
        lot=read_expression(cursor, top.get("lot")),
        kind=cursor.text(top.get("kind"), REVERSAL if verb is Verb.REVERSE else verb.value),
        holder=read_expression(cursor, top.get("holder")),
        keep=read_assignments(cursor, top.get("keep")),
        of=read_expression(cursor, top.get("of")),
        despite=read_expression(cursor, top.get("despite")),
        is_any_lot=cursor.one_of(top.get("order"), {"fifo": False, "any": True}, False),
        is_per_item=cursor.one_of(top.get("per"), {"lot": False, "item": True}, False),
        into=cursor.optional(top.get("into")),
        take=read_assignments(cursor, top.get("take")),
        source=node.source,
    )
