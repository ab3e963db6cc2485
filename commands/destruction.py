"""`audit redact`: values destroyed for good, and what of them an older copy brought back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from commands.display import stop
from commands.workspace import Session, Workspace
from engine.destroyed import remembered, returned
from engine.receipts import Refused
from engine.redacting import DESTROY, Hand, find_targets, redact
from engine.store.store import Store
from engine.text import Text, say


def destroy(
    session: Session,
    case: str,
    seq: int,
    paths: list[str],
    basis: str,
    approver: str,
    *,
    dry_run: bool,
) -> None:
    """Destroy values of a record, or only tell which."""
    desk = session.desk()
    roster = desk.catalog.roster(desk.clock())
    other = roster.person(approver).id
    targets = find_targets(desk, case, seq, paths)
    if dry_run:
        for one in targets:
            told = say("将销毁 第 {seq} 条 {path}", seq=one.seq, path=one.path)
            typer.echo(told.show(session.language))
        return
    actor = roster.person(session.name()).id
    by, second = (Hand(uid=uid, signer=session.signer(uid)) for uid in (actor, other))
    stream = f"case/{desk.require_case(case)}"
    with remembered(destroyed_memory(session.workspace()), stream, targets) as forget:
        answer = redact(desk, case, seq, paths, basis, by, second)
        if isinstance(answer, Refused):
            forget()
    if isinstance(answer, Refused):
        stop(answer, DESTROY, session.language)
    told = say("已销毁(第 {seq} 条记录,{digest})", seq=answer.seq, digest=answer.digest[:12])
    typer.echo(told.show(session.language))


def destroyed_memory(here: Workspace) -> Path:
    """The file beside the service key that remembers what was destroyed."""
    return here.keys / "SYSTEM.destroyed"


def returned_values(here: Workspace, store: Store) -> Iterator[Text]:
    """Each value that was destroyed once and is back, with what to do."""
    for stored, path in returned(destroyed_memory(here), store):
        yield say(
            "销毁过的内容又在库里:{case} 第 {seq} 条 {path};请再 audit redact",
            case=stored.body.case.number if stored.body.case else stored.stream,
            seq=stored.seq,
            path=path,
        )
