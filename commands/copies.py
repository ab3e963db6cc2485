"""Copies of the store: taken, put back, and gone on from where newer records were lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from commands.auditor import read_note
from commands.destruction import returned_values
from commands.workspace import Session, Workspace, signed_memory, witness
from engine.confirming import code_of, confirm
from engine.errors import RolledBack, UsageError
from engine.evidence.disk import alone
from engine.evidence.memory import keep_memory, load_memory
from engine.redacting import Hand
from engine.restoring import go_on
from engine.sealing import build_of, seal
from engine.store.copies import backup, restore
from engine.store.store import Store
from engine.text import Text, say

if TYPE_CHECKING:
    from engine.desk import Desk

app = typer.Typer()


@app.command("backup")
def backup_command(ctx: typer.Context, file: Path) -> None:
    """备份数据库(办理中也可备份);不覆盖已有文件。"""
    session: Session = ctx.obj
    backup(Store.open(session.workspace().store), file)
    typer.echo(say("已备份到 {file}", file=str(file)).show(session.language))


@app.command("restore")
def restore_command(
    ctx: typer.Context,
    file: Path,
    lost: str = typer.Option(
        None, "--lost", help="缘由:更新的记录确已丢失,由登记人员签名记明,从这份备份续办"
    ),
    second: str = typer.Option(None, "--second", help="同意续办的另一名登记人员"),
    notes: list[Path] = typer.Option(
        [], "--checkpoint", help="丢失前导出过的检查点文件,可重复;本机记得的不必写"
    ),
) -> None:
    """从备份恢复;现有数据库须先移走。恢复后请用外部检查点 audit verify。"""
    session: Session = ctx.obj
    here = session.workspace()
    if lost is None and (second is not None or notes):
        raise UsageError(say("--second 和 --checkpoint 只与 --lost 同用"))
    if file.is_file():
        with closing(Store.open(file)) as copy:
            if copy.origin != here.origin:
                told = say("备份属于另一处:{origin};请用本处的备份", origin=copy.origin)
                raise UsageError(told)
    if lost is not None:
        _go_on(session, here, file, lost, second, notes)
        return
    restore(file, here.store)
    typer.echo(say("已从 {file} 恢复", file=str(file)).show(session.language))
    store = Store.open(here.store)
    for text in returned_values(here, store):
        typer.echo(text.show(session.language), err=True)
    try:
        load_memory(signed_memory(here), store.origin, store.suite).require_prefix(store.leaves())
        witness(here).require_whole(store)
    except RolledBack as error:
        told = say(
            "{why}。备份以后的记录不在其中,这里不再办理,也不再签发检查点。请找更新的备份;确已丢失的,"
            "移走此库,由登记人员 restore {file} --lost 缘由",
            why=error.why,
            file=str(file),
        )
        raise RolledBack(told) from error


@app.command("accept")
def accept(
    ctx: typer.Context,
    code: list[str] = typer.Argument(..., help="登记人员当面或书面告知的恢复码"),
) -> None:
    """承认一次备份恢复:本机所记中已丢失的放到一边,接着办理。"""
    session: Session = ctx.obj
    here = session.workspace()
    store = Store.open(here.store)
    lost = witness(here).accept(store, *confirm(store, "".join(code)))
    for text in (say("已承认恢复;本机接着办理"), *_mine(lost)):
        typer.echo(text.show(session.language))


def _go_on(
    session: Session,
    here: Workspace,
    file: Path,
    reason: str,
    second: str | None,
    notes: list[Path],
) -> None:
    """Sign the loss into a copy beside the store, then put that copy in its place."""
    if here.store.exists():
        raise UsageError(say("{path} 已存在,不会覆盖;请先移走", path=here.store.name))
    with TemporaryDirectory(prefix="restoring-", dir=here.folder) as folder:
        draft = Path(folder) / here.store.name
        restore(file, draft)
        desk = session.desk_over(draft)
        desk.witness = None  # it would refuse what is to be put on record here
        roster = desk.catalog.roster(desk.clock())
        people = [roster.person(name).id for name in (session.name(), second) if name]
        hands = [Hand(uid=uid, signer=session.signer(uid)) for uid in people]
        known = (*_remembered(here, desk), *map(read_note, notes))
        second_hand = hands[1] if len(hands) > 1 else None
        newest = witness(here).log(desk.store)
        receipt = go_on(desk, known, reason, hands[0], second_hand, newest)
        desk.store.close()
        restore(draft, here.store)
    _begin_again(session, here, code_of(receipt.digest))


def _remembered(here: Workspace, desk: Desk) -> Iterator[str]:
    """The checkpoints this machine remembers of the store."""
    origin, suite = desk.store.origin, desk.store.suite
    seen = (load_memory(signed_memory(here), origin, suite), witness(here).seen(desk.store))
    yield from (one.note for one in seen if one.note)
    newest = desk.store.newest_checkpoint()
    if newest is not None:
        yield newest.note


def _begin_again(session: Session, here: Workspace, code: str) -> None:
    """What this machine remembers gives way to the new log; its first checkpoint is signed."""
    store = Store.open(here.store)
    said, fresh = confirm(store, code)
    place = signed_memory(here)
    with alone(place):
        # The newest checkpoint known stays: should this end here, the next try must name it.
        note = load_memory(place, store.origin, store.suite).note
        keep_memory(place, replace(fresh, note=note))
    lost = witness(here).accept(store, said, fresh)
    desk = session.desk()
    made = seal(desk, place, build_of(store))
    told = [
        say(
            "已从备份续办:保留 {kept} 条记录;丢失前所知的检查点有 {size} 条",
            kept=said.kept,
            size=said.lost.size,
        ),
        say("恢复码 {code}:请当面或书面告知每位办理人,由其在自己的电脑上 accept", code=code),
        say(
            "检查点从此名为 {name};请 audit checkpoint --sheet 导出,交旧检查点的保管人",
            name=made.checkpoint.origin,
        ),
    ]
    for text in (*told, *_mine(lost), *returned_values(here, store)):
        typer.echo(text.show(session.language))


def _mine(lost: tuple[int, ...]) -> tuple[Text, ...]:
    """Which of his own steps a client has lost, if any."""
    if not lost:
        return ()
    text = say(
        "您经手的 {count} 步已丢失(原第 {places} 条记录),请查对后重办",
        count=len(lost),
        places=tuple(map(str, lost)),
    )
    return (text,)
