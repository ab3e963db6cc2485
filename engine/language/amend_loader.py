"""What changes among the people: `{amend: delegate, person: 委托人, to: 受托人, from: 起, …}`."""

from __future__ import annotations

from collections.abc import Mapping

from engine.language import keys
from engine.language.effects import Amend, Change
from engine.language.form_loader import read_expression
from engine.language.reader import Cursor, Mapping_, Node

WORD, ENDS = "amend", "end"
CHANGES: Mapping[str, Change | None] = {one.value: one for one in Change}


def is_amendment(node: Node) -> bool:
    return isinstance(node, Mapping_) and WORD in node


def read_amend(cursor: Cursor, node: Node) -> Amend | None:
    """The change a mapping asks for, or None with its problems."""
    assert isinstance(node, Mapping_)
    word = node.get(WORD)
    change = cursor.one_of(word, CHANGES, None)
    if change is None:
        return None
    ends = cursor.boolean(node.get(ENDS))
    known = keys.AMEND_END_ENTRIES if ends else keys.AMEND_ENTRIES
    last = (ENDS,) if change.value in keys.AMEND_END_ENTRIES else ()
    optional, compulsory = known.get(change.value, keys.AMEND_ENTRIES[change.value])
    top = cursor.mapping(
        node, (WORD, "each", "when", *last, *optional, *compulsory), (WORD, *compulsory)
    )
    parts = [(name, read_expression(cursor, top.get(name))) for name in (*optional, *compulsory)]
    return Amend(
        change=change,
        ends=ends,
        each=cursor.optional(top.get("each")),
        when=read_expression(cursor, top.get("when")),
        parts=tuple((name, value) for name, value in parts if value is not None),
        source=node.source,
    )
