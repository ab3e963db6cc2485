"""The type of an expression, and every mistake in its names and types, before anybody uses it."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterable, Mapping

from engine.language.expressions import (
    CONSTANTS,
    EACH,
    ROW_FUNCTIONS,
    Expression,
    ExpressionProblem,
    column_of,
)
from engine.language.types import (
    ANY,
    BOOL,
    DATE,
    DATETIME,
    NOTHING,
    NUMBER,
    PEOPLE,
    PERSON,
    TEXT,
    Scope,
    Signature,
    Type,
    fits,
    list_of,
    record,
)
from engine.meant import meant
from engine.text import Text, say

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
PICKED = ("first", "last")
FUNCTION_NAMES = (*ROW_FUNCTIONS, *_PLAIN, *PICKED, "min", "max")


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
        self.problems.append(ExpressionProblem(column_of(node, self.text), what, remedy))
        return ANY

    def unknown(self, node: ast.AST, kind: Text, name: str, known: Iterable[str]) -> Type:
        close = meant(name, known)
        remedy = say("是否想写“{name}”?", name=close) if close else None
        return self.say(node, say("没有这个{kind}:“{name}”", kind=kind, name=name), remedy)

    def type_of(self, node: ast.expr, scope: Scope) -> Type:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                name = unicodedata.normalize("NFKC", node.id)
                if name in scope.names:
                    return scope.names[name]
                if name in CONSTANTS:
                    return NOTHING if CONSTANTS[name] is None else BOOL
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
                return list_of(found[0]) if found else ANY
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
        if name in ROW_FUNCTIONS:
            return self._row_call(node, name, scope)
        if name in ("min", "max"):
            found = [self.type_of(one, scope) for one in node.args]
            if len(found) < 2:
                return self.say(node, say("{name} 至少要两个数", name=name))
            return found[0]
        if name in PICKED:
            return self._picked(node, name, scope)
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
        return self._listed(node, scope) if name == "listed" else signature.returns

    def _listed(self, node: ast.Call, scope: Scope) -> Type:
        """The rows of a reference table, which has to be named outright."""
        named = node.args[0]
        if not isinstance(named, ast.Constant):
            return self.say(named, say("listed 要直接写出基础数据表的名称"))
        if scope.tables is None:
            return ANY
        found = scope.tables.get(str(named.value))
        return found or self.unknown(named, say("基础数据表"), str(named.value), scope.tables)

    def _picked(self, node: ast.Call, name: str, scope: Scope) -> Type:
        """One of a list or a table: a row has its columns as attributes."""
        if len(node.args) != 1:
            return self.say(node, say("{name} 的参数个数不对", name=name))
        found = self.type_of(node.args[0], scope)
        if found.name not in ("rows", "list", "people", "any"):
            return self.say(node.args[0], say("{name} 的第一个参数要明细表或列表", name=name))
        if found.name == "rows":
            return record(found.fields)
        return PERSON if found.name == "people" else found.element or ANY

    def _row_call(self, node: ast.Call, name: str, scope: Scope) -> Type:
        least = 1 if name == "count" else 2
        most = 3 if name == "sum" else 2
        if not least <= len(node.args) <= most:
            return self.say(node, say("{name} 的参数个数不对", name=name))
        table = self.type_of(node.args[0], scope)
        if table.name not in ("rows", "list", "people", "any"):
            return self.say(node.args[0], say("{name} 的第一个参数要明细表或列表", name=name))
        element = table.element or (PERSON if table.name == "people" else ANY)
        inner = scope.with_names(table.fields if table.name == "rows" else {EACH: element})
        if name == "only":
            self._want(node.args[1], self.type_of(node.args[1], inner), BOOL)
            return table
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
