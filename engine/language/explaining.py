"""Why a condition does not hold: the parts that are false, with the real values."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from engine.language.evaluating import Evaluator, InRow, names_in, shown
from engine.language.expressions import (
    Because,
    Expression,
    ExpressionError,
    Facts,
)
from engine.text import Text, say


def explain(expression: Expression, facts: Facts) -> tuple[Because, ...]:
    """Which parts of a false condition are false, with the real values; () if it is true."""
    return tuple(_because(expression.tree, expression.text, facts))


def _because(node: ast.expr, text: str, facts: Facts) -> Iterator[Because]:
    try:
        if Evaluator(facts).value(node):
            return
    except ExpressionError as error:  # a part that `and` or `or` had no need to look at
        yield _part(node, text, error.text)
        return
    match node:
        case ast.BoolOp():
            for part in node.values:
                yield from _because(part, text, facts)
        case ast.Call(func=ast.Name(id="every")):
            yield from _every(node, text, facts)
        case ast.Compare() if len(node.ops) == 1:
            left, right = (Evaluator(facts).value(one) for one in (node.left, node.comparators[0]))
            values = say(
                "{left} {sign} {right}",
                left=shown(left),
                sign=_SIGNS[type(node.ops[0])],
                right=shown(right),
            )
            yield _part(
                node, text, say("{part}:{values} 不成立", part=_source(node, text), values=values)
            )
        case _:
            yield _part(node, text, say("{part} 不成立", part=_source(node, text)))


def _every(node: ast.Call, text: str, facts: Facts) -> Iterator[Because]:
    table = Evaluator(facts).value(node.args[0])
    several = table if isinstance(table, tuple | list) else ()
    for number, row in enumerate(several, 1):
        inner = InRow(facts, names_in(row))
        for because in _because(node.args[1], text, inner):
            yield Because(
                because.part,
                say(
                    "{table}第 {number} 行 {why}",
                    table=_source(node.args[0], text),
                    number=number,
                    why=because.text,
                ),
                because.names,
            )


def _part(node: ast.expr, text: str, sentence: Text) -> Because:
    used = tuple(dict.fromkeys(one.id for one in ast.walk(node) if isinstance(one, ast.Name)))
    return Because(_source(node, text), sentence, used)


def _source(node: ast.AST, text: str) -> str:
    return ast.get_source_segment(text, node) or text


_SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
