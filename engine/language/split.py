"""`split`: the lines of a table go different ways at once.

    split: {per: 验收行, 合格: {when: 合格 > 0, start: {process: 入库, set: {入库行: rows}}},
            拒收: {when: 拒收 > 0, to: 退换中}, otherwise: 办结}

Each part takes the lines its condition holds for. A part with `start` opens one child case
with them; the first part with `to` that has a line says where this case goes. It is a short
way of writing what the language has: child cases by group, and an automatic action.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.language import keys
from engine.language.definition import SYSTEM
from engine.language.reader import Cursor, Mapping_, Node, Scalar, Sequence
from engine.text import say

ROUTE, ROUTE_EN = "分流", "split"


@dataclass(frozen=True, slots=True)
class Split:
    """What a split stands for: effects on entry, and the actions of its state."""

    entry: tuple[Node, ...]
    actions: Node


def read_split(cursor: Cursor, node: Node) -> Split:
    """The effects and the action a split is short for."""
    entries = cursor.entries(node)
    top = Mapping_(tuple(one for one in entries if one[0].text in keys.SPLIT), node.source)
    for name in keys.SPLIT:
        if name not in top:
            cursor.say(node, say("缺少“{key}”", key=name), say("请补上“{key}: …”", key=name))
    per = cursor.text(top.get("per"))
    starts: list[Node] = []
    arms: list[Node] = []
    for key, value in entries:
        if key.text in keys.SPLIT:
            continue
        part = cursor.mapping(value, keys.PART, ("when",))
        when = part.get("when")
        if not isinstance(when, Scalar) or not per:
            continue
        start, target = part.get("start"), part.get("to")
        if start is None and target is None:
            what = say("“{name}”这一份没有去处", name=key.text)
            cursor.say(value, what, say("请写 start 或 to"))
        if start is not None:
            starts.append(_start(cursor, start, per, when))
        if target is not None:
            some = Scalar(f"some({per}, {when.text})", False, when.source)
            arms.append(_mapping(value, when=some, to=target))
    last = top.get("otherwise")
    if last is not None:
        arms.append(_mapping(last, otherwise=last))
    word = Scalar(SYSTEM, True, node.source)
    action = _mapping(
        node,
        en=Scalar(ROUTE_EN, True, node.source),
        to=Sequence(tuple(arms), node.source),
        who=word,
        auto=Scalar("true", True, node.source),
    )
    return Split(
        tuple(starts), Mapping_(((Scalar(ROUTE, True, node.source), action),), node.source)
    )


def _start(cursor: Cursor, node: Node, per: str, when: Scalar) -> Node:
    """One child for the lines of a part: grouped by the condition, only where it holds."""
    top = cursor.mapping(node, keys.PART_START, ("process",))
    known = {name: value for name in ("set", "initiator") if (value := top.get(name)) is not None}
    return _mapping(
        node,
        start=top.get("process") or Scalar("", True, node.source),
        each=Scalar(per, True, node.source),
        by=when,
        when=Scalar("key", True, when.source),
        **known,
    )


def _mapping(at: Node, **entries: Node) -> Mapping_:
    return Mapping_(
        tuple((Scalar(name, True, at.source), value) for name, value in entries.items()), at.source
    )
