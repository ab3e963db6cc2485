"""Small parts of process files that several places read: rules, clauses, assignments, starts."""

from __future__ import annotations

from engine.language import keys
from engine.language.definition import Clause, Rule
from engine.language.effects import StartCase, Take
from engine.language.expressions import Expression
from engine.language.form_loader import read_expression
from engine.language.reader import Cursor, Mapping_, Node, Scalar


def read_rule(cursor: Cursor, name: str | None, node: Node) -> Rule | None:
    """A named condition with its refusal code and words."""
    top = cursor.mapping(node, keys.RULE, ("that",))
    that = read_expression(cursor, top.get("that"))
    if that is None:
        return None
    return Rule(
        name=name or cursor.optional(top.get("name")),
        that=that,
        refuse=cursor.text(top.get("refuse"), "E_GUARD"),
        say=cursor.optional(top.get("say")),
        cite=cursor.optional(top.get("cite")),
        source=node.source,
    )


def read_basis(cursor: Cursor, node: Node | None) -> Clause | None:
    """The clause a process or state implements."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        return Clause(document=None, clause=cursor.text(node))
    top = cursor.mapping(node, keys.BASIS, ("clause",))
    return Clause(
        document=cursor.optional(top.get("document")), clause=cursor.text(top.get("clause"))
    )


def read_assignments(cursor: Cursor, node: Node | None) -> tuple[tuple[str, Expression], ...]:
    """`field: expression` pairs, in order."""
    found = []
    for key, value in cursor.entries(node):
        expression = read_expression(cursor, value)
        if expression is not None:
            found.append((key.text, expression))
    return tuple(found)


def read_take(cursor: Cursor, top: Mapping_) -> Take | None:
    """Lines that go from one case to another: `rows`, `into`, `take`."""
    if "into" not in top:
        return None
    return Take(
        rows=cursor.optional(top.get("rows")),
        into=cursor.text(top.get("into")),
        columns=read_assignments(cursor, top.get("take")),
    )


def read_start(cursor: Cursor, node: Node, process: str) -> StartCase:
    """The effect that opens child cases, from a mapping with the keys `START`."""
    top = cursor.mapping(node, {*keys.START, "start"})
    return StartCase(
        process=process,
        each=cursor.optional(top.get("each")),
        by=read_expression(cursor, top.get("by")),
        when=read_expression(cursor, top.get("when")),
        set=read_assignments(cursor, top.get("set")),
        initiator=read_expression(cursor, top.get("initiator")),
        source=node.source,
    )
