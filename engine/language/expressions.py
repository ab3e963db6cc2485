"""The one expression language: guards, computed fields, who-rules, amounts and dates.

Text becomes Python's own syntax tree, of which a short list of nodes is allowed; the rest
is refused when the definition is loaded, not when a clerk is waiting. Nothing is ever
compiled or evaluated by Python: this module walks the tree itself, with a step budget,
decimals instead of floats, and no way to reach an attribute that is not declared.
"""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from difflib import get_close_matches
from functools import lru_cache
from typing import Protocol

from engine.errors import GuichengError
from engine.language.types import (
    ANY,
    BOOL,
    DATE,
    DATETIME,
    NOTHING,
    NUMBER,
    PEOPLE,
    TEXT,
    Scope,
    Signature,
    Type,
    fits,
    list_of,
)
from engine.text import Text, say

MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_STEPS = 100_000
MAX_DIGITS = 34

_ARITHMETIC = Context(prec=MAX_DIGITS)
_WIDE = {
    "：": ":",
    "（": "(",
    "）": ")",
    "，": ",",
    "＋": "+",
    "－": "-",
    "＝": "==",
    "＞": ">",
    "＜": "<",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "“": '"',
    "”": '"',
    "‘": '"',
    "’": '"',
    "。": ".",
    "＊": "*",
    "／": "/",
    "．": ".",
    "！": "!",
    "；": ";",
}
_CONSTANTS: Mapping[str, object] = {"是": True, "否": False, "无": None}

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """What is wrong in an expression; `column` counts characters from 1."""

    column: int
    what: Text
    remedy: Text | None = None


class ExpressionError(GuichengError):
    """算式无法计算"""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text and its tree of allowed nodes."""

    text: str
    tree: ast.expr

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


@dataclass(frozen=True, slots=True)
class Because:
    """One part of a condition that is false, with the values that make it so."""

    part: str
    text: Text
    names: Words


class Facts(Protocol):
    """Where an expression's names, attributes and functions get their values."""

    def lookup(self, name: str) -> object: ...

    def attribute(self, value: object, name: str) -> object: ...

    def call(self, name: str, arguments: tuple[object, ...]) -> object: ...


# -- reading ---------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Expression | None, tuple[ExpressionProblem, ...]]:
    """The expression, or None with every problem of its form."""
    problems = list(_wide_characters(text))
    if len(text) > MAX_LENGTH:
        problems.append(
            ExpressionProblem(
                1, say("算式太长({length} 字,至多 {most} 字)", length=len(text), most=MAX_LENGTH)
            )
        )
    if problems:
        return None, tuple(problems)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        return None, (_syntax_problem(text, error),)
    except (ValueError, MemoryError, RecursionError):
        return None, (ExpressionProblem(1, say("算式无法读懂")),)
    problems = list(_forbidden(tree, text.strip(), 0))
    return (None, tuple(problems)) if problems else (Expression(text.strip(), tree), ())


def _wide_characters(text: str) -> Iterator[ExpressionProblem]:
    quoted = False
    for place, character in enumerate(text[:MAX_LENGTH]):
        if character == '"':
            quoted = not quoted
        if quoted:
            continue
        half = _WIDE.get(character)
        if half is None and character.isdigit() and not character.isascii():
            half = str(unicodedata.digit(character, "?"))
        if half is not None:
            yield ExpressionProblem(
                place + 1,
                say("“{wide}”是全角字符", wide=character),
                say("请改成半角“{half}”", half=half),
            )


def _syntax_problem(text: str, error: SyntaxError) -> ExpressionProblem:
    column = error.offset or 1
    single = text.find("=")
    if single > 0 and text[single - 1] not in "<>!=" and text[single + 1 : single + 2] != "=":
        return ExpressionProblem(single + 1, say("“=”不能用来比较"), say("判断相等请写“==”"))
    return ExpressionProblem(
        min(column, len(text) + 1),
        say("算式写法不对"),
        say("请检查括号、引号是否成对,and / or / not 之间是否留空格"),
    )


_ALLOWED = (
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.Compare,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.Eq,
    ast.NotEq,
    ast.In,
    ast.NotIn,
    ast.IfExp,
    ast.List,
    ast.Name,
    ast.Load,
    ast.Attribute,
    ast.Call,
    ast.Constant,
)


def _forbidden(node: ast.AST, text: str, depth: int) -> Iterator[ExpressionProblem]:
    column = _column(node, text)
    if depth > MAX_DEPTH:
        yield ExpressionProblem(column, say("算式嵌套太深(至多 {most} 层)", most=MAX_DEPTH))
        return
    if not isinstance(node, _ALLOWED):
        yield ExpressionProblem(
            column,
            say("算式里不能用这种写法({kind})", kind=type(node).__name__),
            say("只能用比较、and/or/not、加减乘除、条件式和列出的函数"),
        )
        return
    match node:
        case ast.Attribute() if node.attr.startswith("_"):
            yield ExpressionProblem(column, say("名称不能以下划线开头:{name}", name=node.attr))
        case ast.Name() if node.id.startswith("_"):
            yield ExpressionProblem(column, say("名称不能以下划线开头:{name}", name=node.id))
        case ast.Call():
            if not isinstance(node.func, ast.Name):
                yield ExpressionProblem(column, say("这里不能调用"), say("只能调用列出的函数"))
                return
            if node.keywords:
                yield ExpressionProblem(column, say("函数参数不写名称"))
        case ast.Constant():
            if not isinstance(node.value, str | int | float | bool | None):
                yield ExpressionProblem(column, say("不认识的常量"))
            elif isinstance(node.value, float | int) and not _number_is_plain(node, text):
                yield ExpressionProblem(
                    column, say("数的写法不对"), say("请写成 5000 或 0.5 这样的数")
                )
    for child in ast.iter_child_nodes(node):
        yield from _forbidden(child, text, depth + 1)


def _number_is_plain(node: ast.Constant, text: str) -> bool:
    if isinstance(node.value, bool):
        return True
    written = ast.get_source_segment(text, node) or ""
    digits = written.replace(".", "", 1)
    return digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS


def _column(node: ast.AST, text: str) -> int:
    """The character column of a node; Python counts bytes."""
    offset = getattr(node, "col_offset", 0)
    return len(text.encode()[:offset].decode(errors="ignore")) + 1


def names(expression: Expression) -> frozenset[str]:
    """Every plain name the expression uses, columns of tables included."""
    called = {id(n.func) for n in ast.walk(expression.tree) if isinstance(n, ast.Call)}
    return frozenset(
        node.id
        for node in ast.walk(expression.tree)
        if isinstance(node, ast.Name) and id(node) not in called
    )


def calls(expression: Expression) -> Iterator[tuple[str, tuple[object, ...], int]]:
    """Each function call: its name, its literal arguments (None for others), its column."""
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            arguments = tuple(
                one.value if isinstance(one, ast.Constant) else None for one in node.args
            )
            yield node.func.id, arguments, _column(node, expression.text)


# -- checking --------------------------------------------------------------------------

_ROW_FUNCTIONS = ("sum", "count", "every", "some", "least", "greatest", "unique")
_PLAIN: Mapping[str, Signature] = {
    "len": Signature((ANY,), NUMBER),
    "abs": Signature((NUMBER,), NUMBER),
    "round": Signature((NUMBER, NUMBER), NUMBER, optional=1),
    "ceil": Signature((NUMBER,), NUMBER),
    "floor": Signature((NUMBER,), NUMBER),
    "ceil_to": Signature((NUMBER, NUMBER), NUMBER),
    "date": Signature((DATETIME,), DATE),
    "days": Signature((ANY, ANY), NUMBER),
    "hours": Signature((DATETIME, DATETIME), NUMBER),
    "minutes": Signature((DATETIME, DATETIME), NUMBER),
    "year": Signature((ANY,), NUMBER),
    "month": Signature((ANY,), NUMBER),
    "text": Signature((ANY,), TEXT),
    "contains": Signature((TEXT, TEXT), BOOL),
    "blank": Signature((ANY,), BOOL),
}
FUNCTION_NAMES = (*_ROW_FUNCTIONS, *_PLAIN, "min", "max")


def check(expression: Expression, scope: Scope) -> tuple[Type, tuple[ExpressionProblem, ...]]:
    """The type of an expression in a scope, and every mistake in names and types."""
    checker = _Checker(expression.text, scope)
    found = checker.type_of(expression.tree, scope)
    return found, tuple(checker.problems)


class _Checker:
    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.problems: list[ExpressionProblem] = []

    def say(self, node: ast.AST, what: Text, remedy: Text | None = None) -> Type:
        self.problems.append(ExpressionProblem(_column(node, self.text), what, remedy))
        return ANY

    def unknown(self, node: ast.AST, kind: Text, name: str, known: object) -> Type:
        close = get_close_matches(name, list(known), n=1, cutoff=0.4)  # type: ignore[call-overload]
        remedy = say("是否想写“{name}”?", name=close[0]) if close else None
        return self.say(node, say("没有这个{kind}:“{name}”", kind=kind, name=name), remedy)

    def type_of(self, node: ast.expr, scope: Scope) -> Type:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                name = unicodedata.normalize("NFKC", node.id)
                if name in scope.names:
                    return scope.names[name]
                if name in _CONSTANTS:
                    return NOTHING if _CONSTANTS[name] is None else BOOL
                return self.unknown(node, say("名称"), node.id, scope.names)
            case ast.Attribute():
                return self._attribute(node, self.type_of(node.value, scope), scope)
            case ast.BoolOp():
                for part in node.values:
                    self._want(part, self.type_of(part, scope), BOOL)
                return BOOL
            case ast.UnaryOp():
                wanted = BOOL if isinstance(node.op, ast.Not) else NUMBER
                self._want(node.operand, self.type_of(node.operand, scope), wanted)
                return wanted
            case ast.BinOp():
                return self._arithmetic(node, scope)
            case ast.Compare():
                return self._compare(node, scope)
            case ast.IfExp():
                self._want(node.test, self.type_of(node.test, scope), BOOL)
                yes, no = self.type_of(node.body, scope), self.type_of(node.orelse, scope)
                if not (fits(yes, no) or fits(no, yes)):
                    self.say(node, say("两种结果类型不同:{yes} 与 {no}", yes=yes, no=no))
                return no if yes.name in ("nothing", "person") else yes
            case ast.List():
                found = [self.type_of(part, scope) for part in node.elts]
                return list_of(found[0] if found else ANY)
            case ast.Call():
                return self._call(node, scope)
        return self.say(node, say("不认识的写法"))

    def _constant(self, node: ast.Constant) -> Type:
        match node.value:
            case bool():
                return BOOL
            case None:
                return NOTHING
            case str():
                return TEXT
        return NUMBER

    def _want(self, node: ast.AST, found: Type, wanted: Type) -> None:
        if not fits(found, wanted):
            self.say(node, say("这里要{wanted},却是{found}", wanted=wanted, found=found))

    def _attribute(self, node: ast.Attribute, of: Type, scope: Scope) -> Type:
        if of.name == "any":
            return ANY
        known = of.fields or scope.attributes.get(of.name, {})
        if of.name == "people":
            known = scope.attributes.get("person", {})
        if node.attr not in known:
            return self.unknown(node, say("属性"), node.attr, known)
        return list_of(known[node.attr]) if of.name == "rows" else known[node.attr]

    def _arithmetic(self, node: ast.BinOp, scope: Scope) -> Type:
        left, right = self.type_of(node.left, scope), self.type_of(node.right, scope)
        if isinstance(node.op, ast.Add):
            for one in (PEOPLE, TEXT):
                if fits(left, one) and fits(right, one) and left.name != "any":
                    return one
            if left.name == "list" and right.name == "list":
                return left
        self._want(node.left, left, NUMBER)
        self._want(node.right, right, NUMBER)
        return NUMBER

    def _compare(self, node: ast.Compare, scope: Scope) -> Type:
        left, left_type = node.left, self.type_of(node.left, scope)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            right_type = self.type_of(right, scope)
            if isinstance(operator, ast.In | ast.NotIn):
                inside = right_type.element or (TEXT if right_type.name == "text" else ANY)
                if right_type.name not in ("list", "people", "text", "any"):
                    self.say(right, say("in 右边要列表,却是{found}", found=right_type))
                elif right_type.name != "people" and not fits(left_type, inside):
                    self.say(left, say("{left}不会在{right}里", left=left_type, right=right_type))
            elif not (fits(left_type, right_type) or fits(right_type, left_type)):
                if not {left_type.name, right_type.name} <= {"list", "rows", "people", "nothing"}:
                    self.say(
                        node,
                        say("{left}不能与{right}比较", left=left_type, right=right_type),
                        say("文字请加半角引号,数不要加引号"),
                    )
            elif isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                for one in (left_type, right_type):
                    if one.name not in ("number", "date", "datetime", "any", "nothing", "text"):
                        self.say(node, say("{type}不分大小", type=one))
            left, left_type = right, right_type
        return BOOL

    def _call(self, node: ast.Call, scope: Scope) -> Type:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in _ROW_FUNCTIONS:
            return self._row_call(node, name, scope)
        if name in ("min", "max"):
            found = [self.type_of(one, scope) for one in node.args]
            if len(found) < 2:
                return self.say(node, say("{name} 至少要两个数", name=name))
            return found[0]
        signature = _PLAIN.get(name) or scope.functions.get(name)
        if signature is None:
            return self.unknown(node, say("函数"), name, [*FUNCTION_NAMES, *scope.functions])
        most = len(signature.parameters)
        if not most - signature.optional <= len(node.args) <= most:
            return self.say(
                node,
                say(
                    "{name} 要 {most} 个参数,给了 {given} 个",
                    name=name,
                    most=most,
                    given=len(node.args),
                ),
            )
        for argument, wanted in zip(node.args, signature.parameters, strict=False):
            self._want(argument, self.type_of(argument, scope), wanted)
        return signature.returns

    def _row_call(self, node: ast.Call, name: str, scope: Scope) -> Type:
        least = 1 if name == "count" else 2
        most = 3 if name == "sum" else 2
        if not least <= len(node.args) <= most:
            return self.say(node, say("{name} 的参数个数不对", name=name))
        table = self.type_of(node.args[0], scope)
        if table.name not in ("rows", "any"):
            return self.say(node.args[0], say("{name} 的第一个参数要明细表", name=name))
        inner = scope.with_names(table.fields)
        if table.name == "any":
            return BOOL if name in ("every", "some") else ANY
        found = [self.type_of(one, inner) for one in node.args[1:]]
        condition = 1 if name in ("sum",) else 0
        if name in ("count", "every", "some", "sum") and len(found) > condition:
            self._want(node.args[1 + condition], found[condition], BOOL)
        if name in ("every", "some"):
            return BOOL
        if name in ("sum", "count"):
            return NUMBER
        return list_of(found[0]) if name == "unique" else found[0]


# -- evaluating ------------------------------------------------------------------------


def evaluate(expression: Expression, facts: Facts) -> object:
    """The value of an expression. Errors: `ExpressionError` with a plain sentence.

    A field nobody filled is None: arithmetic with it is None, an order comparison with it
    is false, and nothing raises for want of a value.
    """
    return _Evaluator(facts).value(expression.tree)


class _Evaluator:
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
                return _CONSTANTS[name] if name in _CONSTANTS else self.facts.lookup(name)
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
        if name in _ROW_FUNCTIONS:
            return self._row_call(name, node.args)
        arguments = tuple(self.value(one) for one in node.args)
        if name in _CALLED:
            return _CALLED[name](*arguments)
        return self.facts.call(name, arguments)

    def _row_call(self, name: str, arguments: list[ast.expr]) -> object:
        table = self.value(arguments[0])
        several = (
            [row for row in table if isinstance(row, Mapping)]
            if isinstance(table, tuple | list)
            else []
        )
        inner = [_Evaluator(_InRow(self.facts, row), self.budget) for row in several]
        if name == "every":
            return all(one.value(arguments[1]) for one in inner)
        if name == "some":
            return any(one.value(arguments[1]) for one in inner)
        if name == "count":
            if len(arguments) == 1:
                return len(inner)
            return sum(1 for one in inner if one.value(arguments[1]))
        kept = [one for one in inner if len(arguments) < 3 or one.value(arguments[2])]
        found = [one.value(arguments[1]) for one in kept]
        if name == "unique":
            return tuple(dict.fromkeys(found))
        numbers = [one for one in found if isinstance(one, int | Decimal)]
        if name == "sum":
            total: object = 0
            for one in numbers:
                total = _arithmetic(ast.Add(), total, one)
            return total
        ordered = [one for one in found if one is not None]
        if not ordered:
            return None
        return min(ordered) if name == "least" else max(ordered)  # type: ignore[type-var]


class _InRow:
    """Facts inside a row: its columns come first, and `row` is the outer row."""

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
    "text": lambda value: shown(value, quoted=False),
    "contains": lambda text, part: bool(text and part and part in text),
    "blank": lambda value: value is None or value == "" or value == (),
    "min": lambda *values: _extreme(min, *values),
    "max": lambda *values: _extreme(max, *values),
}


# -- explaining ------------------------------------------------------------------------


def explain(expression: Expression, facts: Facts) -> tuple[Because, ...]:
    """Which parts of a false condition are false, with the real values; () if it is true."""
    return tuple(_because(expression.tree, expression.text, facts))


def _because(node: ast.expr, text: str, facts: Facts) -> Iterator[Because]:
    if _Evaluator(facts).value(node):
        return
    match node:
        case ast.BoolOp():
            for part in node.values:
                yield from _because(part, text, facts)
        case ast.Call(func=ast.Name(id="every")):
            yield from _every(node, text, facts)
        case ast.Compare() if len(node.ops) == 1:
            left, right = (_Evaluator(facts).value(one) for one in (node.left, node.comparators[0]))
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
    table = _Evaluator(facts).value(node.args[0])
    several = table if isinstance(table, tuple) else ()
    for number, row in enumerate(several, 1):
        inner = _InRow(facts, row)
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
