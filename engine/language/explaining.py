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
            yield _part(node, text, _compared(node, text, facts))
        case _:
            yield _part(node, text, _plainly(node, text, facts))


def _compared(node: ast.Compare, text: str, facts: Facts) -> Text:
    """What one side should be to the other, and what they are."""
    right = node.comparators[0]
    told: dict[str, object] = {
        "left": _called(node.left, text),
        "sign": _SIGNS[type(node.ops[0])],
        "is_left": shown(Evaluator(facts).value(node.left)),
        "is_right": shown(Evaluator(facts).value(right)),
    }
    if isinstance(right, ast.Constant):
        return say("{left} 应{sign} {is_right},现为 {is_left}", **told)
    told["right"] = _called(right, text)
    return say("{left} 应{sign} {right},现在分别是 {is_left}、{is_right}", **told)


def _plainly(node: ast.expr, text: str, facts: Facts) -> Text:
    """What a field should be that is not compared with anything."""
    match node:
        case ast.Name():
            return _filled(node, text, facts, wanted=True)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name() as field):
            return _filled(field, text, facts, wanted=False)
        case ast.Call(func=ast.Name(id="blank"), args=[field]):
            return _filled(field, text, facts, wanted=False)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Name(id="blank"), args=[field])):
            return _filled(field, text, facts, wanted=True)
    return say("{part} 不成立", part=_source(node, text))


def _filled(node: ast.expr, text: str, facts: Facts, *, wanted: bool) -> Text:
    part, value = _called(node, text), Evaluator(facts).value(node)
    if isinstance(value, bool):
        return say("{part} 应为“{wanted}”,现为“{found}”", part=part, **_both(value, wanted))
    if wanted:
        return say("{part} 未填", part=part)
    return say("{part} 应留空,现为 {found}", part=part, found=shown(value))


def _both(value: bool, wanted: bool) -> dict[str, object]:
    return {"wanted": shown(wanted), "found": shown(value)}


def _called(node: ast.expr, text: str) -> str | Text:
    """One side of a comparison, in words where there are some for it."""
    match node:
        case ast.Name(id=name):
            return KNOWN.get(name, name)
        case ast.Attribute(value=ast.Name(id="params"), attr=name):
            return name
        case ast.Call(func=ast.Name(id="count"), args=[ast.Name(id=table)]):
            return say("{table}的行数", table=table)
        case ast.Call(func=ast.Name(id="sum"), args=[ast.Name(id=table), ast.Name(id=column)]):
            return say("{table}的{column}合计", table=table, column=column)
    return _source(node, text)


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


KNOWN: Mapping[str, Text] = {
    "initiator": say("立案人"),
    "department": say("立案人的部门"),
    "actor": say("办理人"),
    "today": say("今天"),
}
_SIGNS: Mapping[type[ast.cmpop], Text] = {
    ast.Eq: say("等于"),
    ast.NotEq: say("不等于"),
    ast.Lt: say("小于"),
    ast.LtE: say("不大于"),
    ast.Gt: say("大于"),
    ast.GtE: say("不小于"),
    ast.In: say("属于"),
    ast.NotIn: say("不属于"),
}
