"""Which sentences of the source a person may see: the extraction method `babel.cfg` names.

Every string with a Chinese character in it counts, whoever it is handed to, so that a
sentence cannot be forgotten by being passed along a new way; so does one that joins its parts
without a space, which English puts there. Docstrings do not count, save
those a person reads: of a command (its help) and of an error (its default sentence).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import IO

IDEOGRAPH = re.compile("[一-鿿]")
JOINED = re.compile(r"\}[:;(\[]\{")
Message = tuple[int, None, str, list[str]]


def extract(
    fileobj: IO[bytes], keywords: object, comment_tags: object, options: object
) -> list[Message]:
    """Babel's extraction interface: (line, function, message, comments) for each sentence."""
    tree = ast.parse(fileobj.read())
    return [(line, None, text, []) for line, text in sentences(tree)]


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    silent = {id(node) for node in documentation(tree)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
            and (IDEOGRAPH.search(node.value) or JOINED.search(node.value))
        ):
            yield node.lineno, node.value


def documentation(tree: ast.Module) -> Iterator[ast.Constant]:
    """The docstrings only a programmer reads."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) or not node.body:
            continue
        first = node.body[0]
        is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        if is_docstring and not is_read_by_people(node):
            yield first.value


def is_read_by_people(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return any("command" in ast.unparse(one) for one in node.decorator_list)
    return isinstance(node, ast.ClassDef) and any(
        "Error" in ast.unparse(base) for base in node.bases
    )
