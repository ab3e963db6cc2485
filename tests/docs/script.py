"""Documents that run: their files are written, their commands executed, their output compared.

In a document, `<!-- file: PATH -->` before a block makes it a file, `<!-- append: PATH -->`
adds to one, `<!-- replace: PATH | old | new -->` mends one; in a `console` block `$ …` is a
command, the lines after it are looked for in its output in order, `…` standing for anything.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Run = Callable[..., tuple[int, str, str]]
BLOCK = re.compile(r"(?:<!-- (\w+): (.*?) -->\n)?```(\w*)\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block, with the mark before it, if it has one."""

    mark: str
    target: str
    kind: str
    text: str


def blocks(document: str) -> Iterator[Block]:
    for found in BLOCK.finditer(document):
        yield Block(found[1] or "", found[2] or "", found[3], found[4])


@dataclass(slots=True)
class Script:
    """Plays a document in a folder."""

    folder: Path
    run: Run
    setenv: Callable[[str, str], None]
    chdir: Callable[[Path], None]
    commands: int = 0

    def play(self, document: str) -> None:
        for block in blocks(document):
            match block.mark:
                case "file":
                    self._path(block.target).write_text(block.text, "utf-8")
                case "append":
                    path = self._path(block.target)
                    path.write_text(path.read_text("utf-8") + block.text, "utf-8")
                case "replace":
                    name, old, new = (part.strip() for part in block.target.split(" | "))
                    path = self._path(name)
                    assert path.read_text("utf-8").count(old) == 1, old
                    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
                    assert block.text.strip() in path.read_text("utf-8")
            if block.kind == "console":
                self._console(block.text)

    def _path(self, name: str) -> Path:
        return self.folder / name

    def _console(self, text: str) -> None:
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            line, _, wanted = part.partition("\n")
            self._line(shlex.split(line), wanted.splitlines())

    def _line(self, words: list[str], wanted: list[str]) -> None:
        self.commands += 1
        match words:
            case ["export", setting]:
                self.setenv(*setting.split("=", 1))
            case ["cd", folder]:
                self.folder = self.folder / folder
                self.chdir(self.folder)
            case ["guicheng", *rest] | ["python3", "cli.py", *rest]:
                code, out, err = self.run(*rest)
                shown = out + err
                if not wanted:
                    assert code == 0, shown
                compare(wanted, shown, " ".join(words))
            case _:
                raise AssertionError(words)


def compare(wanted: list[str], shown: str, command: str) -> None:
    """Every line of the document stands in the output, in its order."""
    rest = iter(shown.splitlines())
    for line in wanted:
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("…")) + "$")
        assert any(pattern.match(one) for one in rest), f"{command}\n{line}\n---\n{shown}"
