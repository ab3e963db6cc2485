"""`audit bundle`: evidence that leaves the house, to be checked without this program."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from commands.workspace import Session
from engine.errors import UsageError
from engine.text import say


def write(
    session: Session,
    out: Path,
    case: str | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Write a bundle of the store, a case or a period, and say what is in it."""
    from engine.bundling import case_scope, collect, period_scope, write_bundle
    from engine.evidence.bundle import Scope

    if case is not None and (since is not None or until is not None):
        raise UsageError(say("--case 与 --since/--until 只能选一样"))
    if (since is None) != (until is None):
        raise UsageError(say("期间须有始有终:--since 和 --until"))
    desk = session.desk()
    scope = Scope()
    if case is not None:
        found = desk.case(case)
        scope = case_scope(found.id, found.number)
    elif since is not None and until is not None:
        scope = period_scope(since, until)
    content = collect(desk.store, scope)
    write_bundle(content, out)
    told = say(
        "证据包:{records} 条记录,检查点覆盖 {size} 条;用 python -m verifier {out} 核对",
        records=len(content.lines),
        size=content.covered,
        out=out.name,
    )
    typer.echo(told.show(session.language), err=True)
    if content.covered < len(content.lines):
        warning = say("有记录还没有检查点作证;请先 audit checkpoint")
        typer.echo(warning.show(session.language), err=True)
