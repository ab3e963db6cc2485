"""The one expression language: guards, computed fields, who-rules, amounts and dates.

Text becomes Python's own syntax tree, of which a short list of nodes is allowed; the rest
is refused when the definition is loaded, not when a clerk is waiting. Nothing is ever
compiled or evaluated by Python: this module walks the tree itself, with a step budget,
decimals instead of floats, and no way to reach an attribute that is not declared.
"""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from engine.errors import GuichengError, Source
from engine.text import Text, say

MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_STEPS = 100_000
MAX_DIGITS = 34

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
# Functions that look at each line of a table, in the scope of the line.
EACH = "each"  # what an element of a plain list is called inside sum, some, only …
ROW_FUNCTIONS = ("sum", "count", "every", "some", "least", "greatest", "unique", "only")
CONSTANTS: Mapping[str, object] = {"是": True, "否": False, "无": None}

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
    """A parsed expression: its text and its tree of allowed nodes.

    `source` is where it begins in a file, and `is_whole` says that it is written there letter by
    letter, on one line, so that places within it can be told.
    """

    text: str
    tree: ast.expr
    source: Source | None = None
    is_whole: bool = False

    def at(self, column: int) -> Source | None:
        """The place of a column, counted from 1, as near as it is known."""
        if self.source is None or not self.is_whole:
            return self.source
        return replace(self.source, column=self.source.column + column - 1)

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
    column = column_of(node, text)
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


def column_of(node: ast.AST, text: str) -> int:
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
            yield node.func.id, arguments, column_of(node, expression.text)
