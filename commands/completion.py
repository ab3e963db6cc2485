"""What the Tab key offers beside commands and options: cases, processes, books, items."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import typer

from commands.workspace import Session, Workspace
from engine.errors import GuichengError
from engine.store.inbox import load_books, load_diaries, load_items, load_numbers


def find_workspace() -> Workspace | None:
    """The workspace a half-typed line means; None if there is none."""
    folder = os.environ.get("GUICHENG_WORKSPACE") or None
    try:
        return Session(language="zh", folder=folder, person=None).workspace()
    except GuichengError:
        return None


def cases(incomplete: str) -> list[str]:
    """Case numbers that begin so, the newest first."""
    return [one for one in _asked(load_numbers) if one.startswith(incomplete)]


def processes(incomplete: str) -> list[str]:
    """Process names that begin so."""
    here = find_workspace()
    names = sorted(path.stem for path in (here.folder / "processes").glob("*.yaml")) if here else []
    return [one for one in names if one.startswith(incomplete)]


def books(incomplete: str) -> list[str]:
    """Books something has been entered in that begin so."""
    return [one for one in _asked(load_books) if one.startswith(incomplete)]


def diaries(incomplete: str) -> list[str]:
    """Diaries something has been entered in that begin so."""
    return [one for one in _asked(load_diaries) if one.startswith(incomplete)]


def items(ctx: typer.Context, incomplete: str) -> list[str]:
    """Items of the book named before that begin so."""
    found = _asked(lambda store: load_items(store, str(ctx.params.get("book"))))
    return [one for one in found if one.startswith(incomplete)]


def _asked(read: Callable[[Path], tuple[str, ...]]) -> tuple[str, ...]:
    """What the workspace's database answers; nothing without one."""
    here = find_workspace()
    try:
        return read(here.store) if here is not None else ()
    except GuichengError:
        return ()


CASE = typer.Argument(..., autocompletion=cases)
PROCESS = typer.Argument(..., autocompletion=processes)
BOOK = typer.Argument(..., autocompletion=books)
SOME_DIARY = typer.Argument(None, autocompletion=diaries)
SOME_BOOK = typer.Argument(None, autocompletion=books)
LEDGER_ITEM = typer.Argument(..., autocompletion=items)
SOME_ITEM = typer.Argument(None, autocompletion=items)
