"""Laws of the house that no linter knows: the door is a door, and only commands speak."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

SPEAKING = {"print", "input", "exit", "quit", "breakpoint"}
STREAMS = {"stdin", "stdout", "stderr", "exit", "argv"}


def speech(tree: ast.AST) -> Iterator[str]:
    """Where a module prints, reads the keyboard, or ends the process."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in SPEAKING:
                yield f"{node.lineno}: {name}()"
            case ast.Attribute(value=ast.Name(id="sys"), attr=name) if name in STREAMS:
                yield f"{node.lineno}: sys.{name}"
            case ast.ImportFrom(module="sys", names=names):
                yield from (f"{node.lineno}: {one.name}" for one in names if one.name in STREAMS)
            case ast.Raise(
                exc=ast.Name(id="SystemExit") | ast.Call(func=ast.Name(id="SystemExit"))
            ):
                yield f"{node.lineno}: SystemExit"


def test_the_engine_neither_prints_nor_reads_nor_exits() -> None:
    spoken = {
        f"{path.relative_to(ROOT)}:{place}"
        for path in (ROOT / "engine").rglob("*.py")
        for place in speech(ast.parse(path.read_text("utf-8")))
    }
    assert spoken == set()


@pytest.mark.parametrize(
    "text",
    [
        "print('x')",
        "import sys\nsys.exit(1)",
        "from sys import stdin",
        "raise SystemExit",
        "raise SystemExit(2)",
        "def f():\n    return input()",
    ],
)
def test_the_law_catches_who_breaks_it(text: str) -> None:
    assert list(speech(ast.parse(text))) != []


def test_cli_is_only_the_door() -> None:
    tree = ast.parse((ROOT / "cli.py").read_text("utf-8"))
    docstring, *rest = tree.body
    assert isinstance(docstring, ast.Expr)
    *imports, guard = rest
    assert all(isinstance(one, ast.Import | ast.ImportFrom) for one in imports)
    modules = {one.module for one in imports if isinstance(one, ast.ImportFrom)}
    assert modules == {"__future__", "commands.boundary"}
    assert isinstance(guard, ast.If)
    assert ast.unparse(guard) == "if __name__ == '__main__':\n    sys.exit(main())"


def test_no_procedure_has_python_of_its_own() -> None:
    names = {path.stem for path in (ROOT / "processes").glob("*.yaml")}
    spoken = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in [*(ROOT / "engine").rglob("*.py"), *Path(ROOT / "commands").rglob("*.py")]
        if path.name != "demo.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert spoken == []
