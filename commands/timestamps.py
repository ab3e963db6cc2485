"""`audit timestamp`: a request carried to a time-stamp authority, its answer kept."""

from __future__ import annotations

from pathlib import Path

import typer

from commands.display import moment
from commands.workspace import Session
from engine.errors import EvidenceError, GuichengError, UsageError
from engine.text import say


def exchange(
    session: Session,
    request: Path | None,
    answer: Path | None,
    asked: Path | None,
    size: int | None,
) -> None:
    """Write a request, or keep the answer to one."""
    if (request is None) == (answer is None):
        raise UsageError(say("--request 与 --answer 须选一样,只能选一样"))
    if answer is None and asked is not None:
        raise UsageError(say("--asked 只与 --answer 同用"))
    if request is not None:
        _write(session, request, size)
    elif answer is not None:
        _keep(session, answer, asked, size)


def _write(session: Session, request: Path, size: int | None) -> None:
    from engine.stamping import ask

    if request.exists():
        raise GuichengError(say("{path} 已存在,不会覆盖", path=request.name))
    covered, data = ask(session.desk(), size)
    request.write_bytes(data)
    told = say(
        "时间戳请求 {file}:{size} 条记录的检查点;请交时间戳机构,"
        "答复用 audit timestamp --answer 收下",
        file=request.name,
        size=covered,
    )
    typer.echo(told.show(session.language), err=True)


def _keep(session: Session, answer: Path, asked: Path | None, size: int | None) -> None:
    from engine.evidence.tokens import LARGEST_ANSWER
    from engine.stamping import keep_answer

    beside = answer.with_suffix(".tsq")
    if asked is None and beside != answer and beside.is_file():
        asked = beside
    with answer.open("rb") as file:
        data = file.read(LARGEST_ANSWER + 1)
    desk = session.desk()
    try:
        kept = keep_answer(desk, data, asked.read_bytes() if asked else None, size)
    except EvidenceError as error:
        raise EvidenceError(say("{file}: {why}", file=answer.name, why=error.text)) from error
    told = say(
        "已收下 {file}:{size} 条记录的检查点盖有 {at} 的时间戳,随证据包导出;"
        "机构的签名用 python -m verifier --tsa 核对",
        file=answer.name,
        size=kept.size,
        at=moment(desk, kept.at),
    )
    typer.echo(told.show(session.language), err=True)
