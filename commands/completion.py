"""What the Tab key offers beside commands and options: case numbers and process names."""

from __future__ import annotations

import os

import typer

from commands.workspace import Session, Workspace
from engine.errors import GuichengError
from engine.store.inbox import load_numbers


def find_workspace() -> Workspace | None:
    """The workspace a half-typed line means; None if there is none."""
    folder = os.environ.get("GUICHENG_WORKSPACE") or None
    try:
        return Session(language="zh", folder=folder, person=None).workspace()
    except GuichengError:
        return None


def cases(incomplete: str) -> list[str]:
    """Case numbers that begin so, the newest first."""
    here = find_workspace()
    try:
        numbers = load_numbers(here.store) if here is not None else ()
    except GuichengError:
        return []
    return [one for one in numbers if one.startswith(incomplete)]


def processes(incomplete: str) -> list[str]:
    """Process names that begin so."""
    here = find_workspace()
    names = sorted(path.stem for path in (here.folder / "processes").glob("*.yaml")) if here else []
    return [one for one in names if one.startswith(incomplete)]


CASE = typer.Argument(..., autocompletion=cases)
PROCESS = typer.Argument(..., autocompletion=processes)
