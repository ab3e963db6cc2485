"""A person's work in all cases: as lines of a table, or to another's hands.

`{list_work: done, of: 谁, into: 清单, take: {编号: work.number}}`, `{hand_over: 谁, to: 接替人}`.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.language import keys
from engine.language.effects import HandOver, ListWork, Work
from engine.language.form_loader import read_expression
from engine.language.parts import read_assignments
from engine.language.reader import Cursor, Mapping_, Node

LIST, HAND_OVER = "list_work", "hand_over"
KINDS: Mapping[str, Work | None] = {one.value: one for one in Work}


def is_about_work(node: Node) -> bool:
    return isinstance(node, Mapping_) and any(word in node for word in keys.WORK_ENTRIES)


def read_work(cursor: Cursor, node: Node) -> ListWork | HandOver | None:
    """The effect on people's work a mapping asks for, or None with its problems."""
    assert isinstance(node, Mapping_)
    return _read_list(cursor, node) if LIST in node else _read_hand_over(cursor, node)


def _read_list(cursor: Cursor, node: Mapping_) -> ListWork | None:
    top = _mapping(cursor, node, LIST)
    which = cursor.one_of(top.get(LIST), KINDS, None)
    of = read_expression(cursor, top.get("of"))
    if which is None or of is None:
        return None
    return ListWork(
        which=which,
        of=of,
        into=cursor.text(top.get("into")),
        when=read_expression(cursor, top.get("when")),
        take=read_assignments(cursor, top.get("take")),
        source=node.source,
    )


def _read_hand_over(cursor: Cursor, node: Mapping_) -> HandOver | None:
    top = _mapping(cursor, node, HAND_OVER)
    of = read_expression(cursor, top.get(HAND_OVER))
    to = read_expression(cursor, top.get("to"))
    if of is None or to is None:
        return None
    return HandOver(
        each=cursor.optional(top.get("each")),
        when=read_expression(cursor, top.get("when")),
        of=of,
        to=to,
        case=read_expression(cursor, top.get("case")),
        source=node.source,
    )


def _mapping(cursor: Cursor, node: Mapping_, word: str) -> Mapping_:
    optional, compulsory = keys.WORK_ENTRIES[word]
    return cursor.mapping(node, (word, *optional, *compulsory), (word, *compulsory))
