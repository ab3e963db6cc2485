"""Small mistakes in a module, one at a time: what a test that means something must notice.

mutmut and cosmic-ray were looked at first. mutmut 3 changes nothing at module level and nothing in
a decorated function, which leaves out the patterns, limits, sets of types and properties that are
half of these modules, and knows no "only the lines changed"; cosmic-ray starts an interpreter for
every mutant. So the changes are made here, on the syntax tree.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.Pow: ast.Mult,
}
# Left alone: types and decorators, which a type checker holds; texts for people, which the tests
# of translations hold.
UNREAD = frozenset(("annotation", "returns", "decorator_list", "type_comment", "type_params"))
SAYING = frozenset(("say", "Text", "Flaw"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: in which function of which file, over which lines, from what to what."""

    path: str
    place: str
    first: int
    last: int
    was: str
    now: str
    nth: int  # of the equal changes in this place
    is_inside: bool  # a function's body, which is not run when the module is read

    @property
    def key(self) -> str:
        """A name that does not change when lines move."""
        again = f" ({self.nth})" if self.nth else ""
        return f"{self.path} {self.place}: {self.was} → {self.now}{again}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """Where a node hangs in its tree."""

    parent: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


Site = tuple[_Slot, ast.AST, ast.AST, str, int, int]  # slot, was, now, place, first and last line


def mutants(source: str, path: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its text."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    tree = ast.parse(source)
    bodies = [
        (one.body[0].lineno, one.body[-1].end_lineno or 0)
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef)
    ]
    for _, was, now, place, first, last in _sites(tree):
        told = place, _spell(was), _spell(now)
        found.append(
            Mutant(
                path=path,
                place=place,
                first=first,
                last=last,
                was=told[1],
                now=told[2],
                nth=seen[told],
                is_inside=any(one <= first and last <= other for one, other in bodies),
            )
        )
        seen[told] += 1
    return found


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The syntax tree of a module with one change made. Errors: `KeyError`."""
    tree = ast.parse(source)
    nth = mutant.nth
    for slot, was, now, place, _, _ in _sites(tree):
        if (place, _spell(was), _spell(now)) == (mutant.place, mutant.was, mutant.now):
            if nth == 0:
                slot.put(ast.copy_location(now, was))
                return ast.fix_missing_locations(tree)
            nth -= 1
    raise KeyError(mutant.key)


def _spell(node: ast.AST) -> str:
    """A node in one short line."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 120 else f"{text[:117]}…"


def _sites(tree: ast.Module) -> Iterator[Site]:
    for slot, node, place, line in list(_walk(tree, "module", 1)):
        first = getattr(node, "lineno", line)
        for now in _changes(node, slot):
            last = getattr(node, "end_lineno", first)
            if isinstance(node, ast.If | ast.While):
                yield (
                    _Slot(parent=node, field="test", index=None),
                    node.test,
                    now,
                    place,
                    (node.test.lineno),
                    node.test.end_lineno or first,
                )
            else:
                yield slot, node, now, place, first, last


def _walk(node: ast.AST, place: str, line: int) -> Iterator[tuple[_Slot, ast.AST, str, int]]:
    for field, value in ast.iter_fields(node):
        if field in UNREAD:
            continue
        for index, one in enumerate(value) if isinstance(value, list) else ((None, value),):
            if not isinstance(one, ast.AST) or _is_passed_over(one):
                continue
            inside = place
            if isinstance(one, ast.FunctionDef | ast.ClassDef):
                inside = one.name if place == "module" else f"{place}.{one.name}"
            here = getattr(one, "lineno", line)
            yield _Slot(parent=node, field=field, index=index), one, inside, here
            yield from _walk(one, inside, here)


def _is_passed_over(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Call(func=ast.Name(id=name)) if name in SAYING:
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("__"):
            return True
    return False


def _changes(node: ast.AST, slot: _Slot) -> Iterator[ast.AST]:
    """What may stand here instead; for `if` and `while`, what their test may be instead."""
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp() | ast.BinOp() if type(node.op) in SWAPPED:
            yield _with(node, op=SWAPPED[type(node.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.UnaryOp(op=ast.USub()):
            yield node.operand
        case ast.Constant():
            yield from _constants(node)
        case ast.If() | ast.While():
            yield from _negated(node.test)
        case ast.IfExp():
            yield _with(node, body=node.orelse, orelse=node.body)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield ast.Return(value=ast.Constant(value=None))
        case ast.Expr() | ast.Raise() | ast.AugAssign():
            yield ast.Pass()
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
    if slot.field in ("ifs", "guard") and isinstance(node, ast.expr):
        yield from _negated(node)


def _compared(node: ast.Compare) -> Iterator[ast.AST]:
    for place, op in enumerate(node.ops):
        ops = [SWAPPED[type(op)]() if n == place else one for n, one in enumerate(node.ops)]
        yield _with(node, ops=ops)


def _negated(test: ast.expr) -> Iterator[ast.AST]:
    """The contrary of a test, unless another change says the same."""
    is_told = isinstance(test, ast.UnaryOp) or (
        isinstance(test, ast.Compare)
        and len(test.ops) == 1
        and not isinstance(test.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    )
    if not is_told:
        yield ast.UnaryOp(op=ast.Not(), operand=copy.deepcopy(test))


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    match node.value:
        case bool(value):
            yield ast.Constant(value=not value)
        case int(value):
            yield ast.Constant(value=value + 1)
        case str(value):
            yield ast.Constant(value=f"{value}x")
        case bytes(value):
            yield ast.Constant(value=value + b"x")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _with(node: ast.AST, **changes: object) -> ast.AST:
    made: ast.AST = copy.deepcopy(node)
    for name, value in changes.items():
        setattr(made, name, value)
    return made
