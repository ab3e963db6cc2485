"""Files of text that people write and name."""

from __future__ import annotations

from pathlib import Path

from engine.errors import DefinitionProblems, Problem, Source
from engine.text import say


def read_utf8(path: Path, shown: str | None = None) -> str:
    """The text of a file, told of as `shown`. Errors: `DefinitionProblems` if it is not UTF-8."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        source = Source(shown or str(path))
        problem = Problem(source, say("文件不是 UTF-8 文本"), say("请另存为 UTF-8"))
        raise DefinitionProblems([problem]) from error
