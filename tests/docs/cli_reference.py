"""The reference of the command line, made from the help the program shows.

python -m tests.docs.cli_reference     rewrites the generated half of docs/cli*.md
"""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from commands.app import COMMANDS
from commands.boundary import main
from tests.conftest import ROOT

MARK = "<!-- what follows is made from the program's own help -->\n"
PAGES = {"en": ROOT / "docs/cli.md", "zh": ROOT / "docs/cli.zh-CN.md"}
GROUPS = {
    "drafts": ("show", "add", "submit", "drop"),
    "phrases": ("add", "drop"),
    "key": ("list", "enrol", "rotate", "appoint", "revoke"),
    "roster": ("show", "check", "grant", "withdraw", "leave", "qualify", "liaison", "leaver"),
    "ledger": ("show", "card", "as-of", "plot"),
    "audit": (
        *("query", "inspect", "sample", "verify"),
        *("checkpoint", "timestamp", "bundle", "redact"),
    ),
}


def shown(language: str, *words: str) -> str:
    """The help page of one command."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        assert main(["--lang", language, *words, "--help"]) == 0
    return out.getvalue().strip()


def reference(language: str) -> str:
    """Every command's help page under a heading of its own."""
    parts = []
    for name in COMMANDS:
        for words in ((name,), *((name, inner) for inner in GROUPS.get(name, ()))):
            parts.append(f"## {' '.join(words)}\n\n```\n{shown(language, *words)}\n```\n")
    return "\n".join(parts)


def write(language: str, path: Path) -> None:
    kept = path.read_text("utf-8").partition(MARK)[0]
    path.write_text(f"{kept}{MARK}\n{reference(language)}", "utf-8")


if __name__ == "__main__":
    for language, path in PAGES.items():
        write(language, path)
