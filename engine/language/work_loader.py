"""A person's work as lines: `{list_work: done, of: 谁, into: 清单, take: {编号: work.number}}`."""

from __future__ import annotations

from collections.abc import Mapping

from engine.language import keys
from engine.language.definition import ListWork, Work
from engine.language.form_loader import read_expression
from engine.language.parts import read_assignments
from engine.language.reader import Cursor, Mapping_, Node

WORD = "list_work"
KINDS: Mapping[str, Work | None] = {one.value: one for one in Work}


def is_work_list(node: Node) -> bool:
    return isinstance(node, Mapping_) and WORD in node


def read_work_list(cursor: Cursor, node: Node) -> ListWork | None:
    """The list a mapping asks for, or None with its problems."""
    optional, compulsory = keys.WORK_ENTRIES[WORD]
    top = cursor.mapping(node, (WORD, *optional, *compulsory), (WORD, *compulsory))
    which = cursor.one_of(top.get(WORD), KINDS, None)
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
