"""The value of an expression: a walk over its tree, with a step budget and decimals."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from engine.language.expressions import (
    CONSTANTS,
    EACH,
    MAX_DIGITS,
    MAX_STEPS,
    ROW_FUNCTIONS,
    Expression,
    ExpressionError,
    Facts,
)
from engine.text import Text, say

_ARITHMETIC = Context(prec=MAX_DIGITS)


def evaluate(expression: Expression, facts: Facts) -> object:
    """The value of an expression. Errors: `ExpressionError` with a plain sentence.

    A field nobody filled is None: arithmetic with it is None, an order comparison with it
    is false, and nothing raises for want of a value.
    """
    return Evaluator(facts).value(expression.tree)


class Evaluator:
    def __init__(self, facts: Facts, budget: list[int] | None = None) -> None:
        self.facts = facts
        self.budget = budget if budget is not None else [MAX_STEPS]

    def value(self, node: ast.expr) -> object:
        self.budget[0] -= 1
        if self.budget[0] < 0:
            raise ExpressionError(say("算式计算步数超过 {most}", most=MAX_STEPS))
        match node:
            case ast.Constant():
                return Decimal(str(node.value)) if isinstance(node.value, float) else node.value
            case ast.Name():
                name = unicodedata.normalize("NFKC", node.id)
                return CONSTANTS[name] if name in CONSTANTS else self.facts.lookup(name)
            case ast.Attribute():
                return self._attribute(self.value(node.value), node.attr)
            case ast.BoolOp():
                if isinstance(node.op, ast.And):
                    return all(self.value(part) for part in node.values)
                return any(self.value(part) for part in node.values)
            case ast.UnaryOp():
                found = self.value(node.operand)
                if isinstance(node.op, ast.Not):
                    return not found
                return None if found is None else _arithmetic(ast.Sub(), 0, found)
            case ast.BinOp():
                return _arithmetic(node.op, self.value(node.left), self.value(node.right))
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp():
                return self.value(node.body if self.value(node.test) else node.orelse)
            case ast.List():
                return tuple(self.value(part) for part in node.elts)
            case ast.Call():
                return self._call(node)
        raise ExpressionError(say("不认识的写法"))

    def _attribute(self, value: object, name: str) -> object:
        if isinstance(value, tuple):
            return tuple(self._attribute(one, name) for one in value)
        if isinstance(value, Mapping):
            return value.get(name)
        return None if value is None else self.facts.attribute(value, name)

    def _compare(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for operator, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node)
            if not _compared(operator, left, right):
                return False
            left = right
        return True

    def _call(self, node: ast.Call) -> object:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ROW_FUNCTIONS:
            return self._row_call(name, node.args)
        arguments = tuple(self.value(one) for one in node.args)
        if name in _CALLED:
            return _CALLED[name](*arguments)
        return self.facts.call(name, arguments)

    def _row_call(self, name: str, arguments: list[ast.expr]) -> object:
        table = self.value(arguments[0])
        found = table if isinstance(table, tuple | list) else ()
        several = [one for one in found if one is not None]
        inner = [Evaluator(InRow(self.facts, names_in(one)), self.budget) for one in several]
        if name == "every":
            return all(one.value(arguments[1]) for one in inner)
        if name == "only":
            return tuple(
                row for row, one in zip(several, inner, strict=True) if one.value(arguments[1])
            )
        if name == "some":
            return any(one.value(arguments[1]) for one in inner)
        if name == "count":
            if len(arguments) == 1:
                return len(inner)
            return sum(1 for one in inner if one.value(arguments[1]))
        kept = [one for one in inner if len(arguments) < 3 or one.value(arguments[2])]
        values = [one.value(arguments[1]) for one in kept]
        if name == "unique":
            return tuple(dict.fromkeys(values))
        numbers = [one for one in values if isinstance(one, int | Decimal)]
        if name == "sum":
            total: object = 0
            for one in numbers:
                total = _arithmetic(ast.Add(), total, one)
            return total
        ordered = [one for one in values if one is not None]
        if not ordered:
            return None
        return min(ordered) if name == "least" else max(ordered)  # type: ignore[type-var]


def names_in(element: object) -> Mapping[str, object]:
    """What is known in a line of a table, or of one element of a plain list."""
    return element if isinstance(element, Mapping) else {EACH: element}


class InRow:
    """Facts inside a row, or an element of a list: its names come first; `row` is the outer row."""

    def __init__(self, facts: Facts, row: Mapping[str, object]) -> None:
        self._facts = facts
        self._row = row

    def lookup(self, name: str) -> object:
        return self._row[name] if name in self._row else self._facts.lookup(name)

    def attribute(self, value: object, name: str) -> object:
        return self._facts.attribute(value, name)

    def call(self, name: str, arguments: tuple[object, ...]) -> object:
        return self._facts.call(name, arguments)


def _arithmetic(operator: ast.operator, left: object, right: object) -> object:
    if left is None or right is None:
        if isinstance(operator, ast.Add) and isinstance(left or right, tuple):
            return left or right
        return None
    if isinstance(operator, ast.Add):
        if isinstance(left, tuple) or isinstance(right, tuple):
            return tuple(dict.fromkeys((*_several(left), *_several(right))))
        if isinstance(left, str) and isinstance(right, str):
            if len(left) + len(right) > 100_000:
                raise ExpressionError(say("文字太长"))
            return left + right
    if not isinstance(left, int | Decimal) or not isinstance(right, int | Decimal):
        raise ExpressionError(
            say("不能计算:{left} 与 {right}", left=shown(left), right=shown(right))
        )
    try:
        return _calculated(operator, Decimal(left), Decimal(right))
    except (InvalidOperation, ZeroDivisionError) as error:
        if right == 0:
            raise ExpressionError(say("除数为零")) from error
        raise ExpressionError(say("数太大,无法计算")) from error


def _calculated(operator: ast.operator, left: Decimal, right: Decimal) -> int | Decimal:
    match operator:
        case ast.Add():
            found = _ARITHMETIC.add(left, right)
        case ast.Sub():
            found = _ARITHMETIC.subtract(left, right)
        case ast.Mult():
            found = _ARITHMETIC.multiply(left, right)
        case ast.Div():
            found = _ARITHMETIC.divide(left, right)
        case ast.FloorDiv():
            found = (_ARITHMETIC.divide(left, right)).to_integral_value(rounding="ROUND_FLOOR")
        case _:
            found = left - right * (left / right).to_integral_value(rounding="ROUND_FLOOR")
    whole = found == found.to_integral_value() and abs(found) < 10**18
    return int(found) if whole else found


def _compared(operator: ast.cmpop, left: object, right: object) -> bool:
    match operator:
        case ast.Eq():
            return _same(left, right)
        case ast.NotEq():
            return not _same(left, right)
        case ast.In():
            return left is not None and right is not None and left in right  # type: ignore[operator]
        case ast.NotIn():
            return right is None or left not in right  # type: ignore[operator]
    if left is None or right is None:
        return False
    try:
        match operator:
            case ast.Lt():
                return bool(left < right)  # type: ignore[operator]
            case ast.LtE():
                return bool(left <= right)  # type: ignore[operator]
            case ast.Gt():
                return bool(left > right)  # type: ignore[operator]
            case _:
                return bool(left >= right)  # type: ignore[operator]
    except TypeError as error:
        raise ExpressionError(
            say("不能比较:{left} 与 {right}", left=shown(left), right=shown(right))
        ) from error


def _same(left: object, right: object) -> bool:
    """Equality; one person is equal to a list that holds just him, and empty is empty."""
    if isinstance(left, tuple) and not isinstance(right, tuple):
        return left == ((right,) if right is not None else ())
    if isinstance(right, tuple) and not isinstance(left, tuple):
        return right == ((left,) if left is not None else ())
    return left == right


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _nth(value: object, place: int) -> object:
    """The first or last of a list or table; nothing of an empty one."""
    several = value if isinstance(value, tuple) else () if value is None else (value,)
    return several[place] if several else None


def _day(value: object) -> date | None:
    return (
        value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None
    )


def _days(start: object, end: object) -> int | None:
    one, other = _day(start), _day(end)
    return None if one is None or other is None else (other - one).days


def _seconds(start: object, end: object, unit: int) -> Decimal | None:
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return None
    return Decimal(int((end - start).total_seconds())) / unit


def _rounded(value: object, digits: object = 0) -> object:
    if not isinstance(value, int | Decimal) or not isinstance(digits, int):
        return None
    found = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return int(found) if digits <= 0 else found


def _whole(value: object, rounding: str) -> int | None:
    if not isinstance(value, int | Decimal):
        return None
    return int(Decimal(value).to_integral_value(rounding=rounding))


def _ceil_to(value: object, multiple: object) -> object:
    if not isinstance(value, int | Decimal) or not isinstance(multiple, int | Decimal):
        return None
    if multiple <= 0:
        raise ExpressionError(say("取整的倍数须大于零"))
    times = _whole(Decimal(value) / Decimal(multiple), "ROUND_CEILING") or 0
    return _arithmetic(ast.Mult(), times, multiple)


def _extreme(choose: Callable[..., object], *values: object) -> object:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


_CALLED: Mapping[str, Callable[..., object]] = {
    "len": lambda value: 0 if value is None else len(value),
    "abs": lambda value: None if value is None else abs(value),
    "round": _rounded,
    "ceil": lambda value: _whole(value, "ROUND_CEILING"),
    "floor": lambda value: _whole(value, "ROUND_FLOOR"),
    "ceil_to": _ceil_to,
    "date": _day,
    "days": _days,
    "hours": lambda start, end: _seconds(start, end, 3600),
    "minutes": lambda start, end: _seconds(start, end, 60),
    "year": lambda value: value.year if isinstance(value, date) else None,
    "month": lambda value: value.month if isinstance(value, date) else None,
    "text": lambda value: str(shown(value, quoted=False)),  # a field holds no `Text`
    "contains": lambda text, part: bool(text and part and part in text),
    "blank": lambda value: value is None or value == "" or value == (),
    "first": lambda value: _nth(value, 0),
    "last": lambda value: _nth(value, -1),
    "min": lambda *values: _extreme(min, *values),
    "max": lambda *values: _extreme(max, *values),
}


def shown(value: object, *, quoted: bool = True) -> str | Text:
    """A value as a person reads it."""
    match value:
        case None:
            return say("未填")
        case bool():
            return say("是") if value else say("否")
        case int():
            return f"{value:,}"
        case Decimal():
            return f"{value:,f}"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case str():
            return f"“{value}”" if quoted else value
        case tuple():
            return say("[{parts}]", parts=tuple(shown(one, quoted=False) for one in value))
        case Mapping():
            return say("一行")
    return str(value)
