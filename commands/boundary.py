"""One boundary for every command line and every error: no traceback for what a person typed."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commands.everywhere import EVERYWHERE, hoist, language
from commands.workspace import Session
from engine.errors import DefinitionProblems, GuichengError
from engine.text import LANGUAGES, say

if TYPE_CHECKING:
    from commands.inbox import Wanted

TROUBLE = {
    errno.ENOENT: say("没有这个文件或文件夹"),
    errno.EACCES: say("没有读写的权限"),
    errno.EPERM: say("没有读写的权限"),
    errno.EROFS: say("磁盘是只读的"),
    errno.EISDIR: say("这是文件夹,不是文件"),
    errno.ENOTDIR: say("这是文件,不是文件夹"),
    errno.EEXIST: say("已经存在"),
    errno.ENOSPC: say("磁盘已满"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    0 done · 1 a problem or an error · 2 usage · 3 refused by the rules.
    """
    sys.argv[1:] = hoist(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return _run(sys.argv[1:])
    except DefinitionProblems as error:
        for problem in error.problems:
            print(problem.show(language()), file=sys.stderr)
        print(error.text.show(language()), file=sys.stderr)
        return error.exit_code
    except GuichengError as error:
        print(error.text.show(language()), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:
        why = TROUBLE.get(error.errno or 0, say("{told}", told=error.strerror or str(error)))
        told = say("{file}:{why}", file=error.filename or "", why=why)
        print(told.show(language()), file=sys.stderr)
        return 1


def _run(words: Sequence[str]) -> int:
    quick = Quick.read(words)
    if quick is not None:
        from commands.inbox import print_todo

        print_todo(quick.session, quick.wanted)
        return 0
    return _run_parsed()


def _run_parsed() -> int:
    """Every other command line: Typer reads it."""
    import typer

    from commands.app import build
    from commands.help import usage_sentence

    try:
        name = "cli.py" if sys.argv[0].endswith("cli.py") else "guicheng"
        code = build()(standalone_mode=False, prog_name=name)
        return code if isinstance(code, int) else 0
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        return 130
    except Exception as error:
        # Typer carries its own copy of Click; its usage errors share no public name.
        if not hasattr(error, "format_message") or not hasattr(error, "exit_code"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
        else:
            print(usage_sentence(error).show(language()), file=sys.stderr)
        return int(error.exit_code)


@dataclass(frozen=True, slots=True)
class Quick:
    """`todo` with its plain options: what a clerk types most goes past Typer,
    which would import Pydantic to read one flag (its own import and Typer's are two thirds
    of such a process; `bench/todo.py`)."""

    session: Session
    wanted: Wanted

    @staticmethod
    def read(words: Sequence[str]) -> Quick | None:
        """The quick command line, or None if it has to be parsed in earnest."""
        options = {name: "" for name in EVERYWHERE}
        rest = list(words)
        while rest and rest[0] in options and len(rest) > 1:
            options[rest[0]] = rest[1]
            rest = rest[2:]
        if rest[:1] != ["todo"] or options["--lang"] not in ("", *LANGUAGES):
            return None
        from commands.inbox import Wanted

        wanted = Wanted.read(rest[1:])
        if wanted is None:
            return None
        session = Session(
            language=language(),
            folder=options["--workspace"] or os.environ.get("GUICHENG_WORKSPACE") or None,
            person=options["--as"] or os.environ.get("GUICHENG_AS") or None,
        )
        return Quick(session, wanted)
