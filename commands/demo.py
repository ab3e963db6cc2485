"""`demo`: the sample office plays both procedures on a fresh file, then tries to cheat."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from datetime import datetime
from pathlib import Path

import typer

from commands.display import history_table
from commands.files import read_texts
from commands.table import emit
from commands.workspace import Session
from engine.desk import Receipt
from engine.evidence.checkpoint import make_checkpoint
from engine.evidence.log import merkle_root
from engine.evidence.signing import FileSigner, make_key
from engine.kernel.command import Perform
from engine.rehearsal.office import Office
from engine.rehearsal.outcome import Miss
from engine.rehearsal.player import Player
from engine.rehearsal.walk import load_walk
from engine.sample import sample_folder, sample_walks
from engine.store.copies import backup
from engine.store.store import Store
from engine.text import Text, say
from engine.verifying import verify_store

app = typer.Typer()
PLAYED = {
    "A-01": say("办公用品与耗材:提报、汇总、审批、采购、验收、入库、付款"),
    "B-01": say("会务服务保障:申请、审批、方案、筹备、联检、会中、会后、归档"),
}
START = "2026-10-12T08:00:00+08:00"


@app.callback()
def commands() -> None:
    """Commands of this module."""


@app.command("demo")
def demo(
    ctx: typer.Context,
    folder: Path = typer.Option(None, "--folder", help="数据写在哪里;默认临时目录"),
) -> None:
    """用样例单位把两个流程从头走到归档,再试一试作假。"""
    session: Session = ctx.obj
    here = folder or Path(tempfile.mkdtemp(prefix="guicheng-demo-"))
    here.mkdir(parents=True, exist_ok=True)

    def tell(text: Text) -> None:
        typer.echo(text.show(session.language))

    tell(
        say(
            "一、建立样例单位:江州市发展研究局,29 人,每人一把钥匙,数据在 {folder}", folder=str(here)
        )
    )
    misses: list[Miss] = []
    for number, name in zip((say("二"), say("三")), PLAYED, strict=True):
        steps = load_walk(sample_walks() / f"{name}.yaml").steps
        tell(say("{n}、{name}({count} 步)", n=number, name=PLAYED[name], count=len(steps)))
        office = sample_office(here / f"{name}.sqlite3")
        player = Player(office)
        with typer.progressbar(steps, label=f"  {name}") as bar:
            for step in bar:
                player.play([step])
        misses += player.played.misses
    for miss in misses:
        typer.echo(miss.show(session.language), err=True)
    tell(say("四、一个案件的办理记录"))
    case = office.store.load_case(player.aliases["M"])
    emit(*history_table(office.desk, case, session.language), False, note="comment")
    page = here / "form.html"
    from engine.reading.printing import render

    page.write_text(
        render(office.store, office.desk.catalog, case, None, office.now, session.language), "utf-8"
    )
    tell(say("五、打印出的表单:{file}", file=str(page)))
    tell(say("六、用别人的钥匙冒名办理"))
    wrong_key(office, session.language)
    tell(say("七、签发全部记录的检查点,再篡改一份副本"))
    tampered = cheat(office, here, session.language)
    if misses or not tampered:
        raise typer.Exit(1)
    tell(say("完成。数据库、表单、检查点都在 {folder}", folder=str(here)))


def sample_office(path: Path) -> Office:
    """The sample office on a fresh file. Errors: `StoreError` if the file is there already."""
    store = Store.create(path, "demo.example/guicheng")
    return Office(read_texts(sample_folder()), datetime.fromisoformat(START), os.urandom, store)  # noqa: TID251


def wrong_key(office: Office, language: str) -> None:
    """Somebody signs in another's name with a key of his own making."""
    started = office.desk.start(
        "会务服务保障",
        office.person("林岚"),
        office.signers[office.person("林岚")],
        {},
    )
    if not isinstance(started, Receipt) or started.case is None:
        return
    forged = FileSigner(make_key())
    answer = office.desk.perform(
        started.case.id, Perform(action="提交", actor=office.person("林岚")), forged
    )
    if not isinstance(answer, Receipt):
        reason = answer.refusal.reasons[0]
        typer.echo(f"  [{reason.code}] {reason.text.show(language)}")


def cheat(office: Office, here: Path, language: str) -> bool:
    """Export a checkpoint, change one byte in a copy, and see whether it is caught."""
    leaves = office.store.leaves()
    made = make_checkpoint(office.store.origin, len(leaves), merkle_root(leaves), office.service)
    (here / "checkpoint.txt").write_text(made.note, "utf-8")
    typer.echo("  " + made.note.replace("\n", "\n  ").strip())
    copy = here / "copy.sqlite3"
    backup(office.store, copy)
    connection = sqlite3.connect(copy)
    connection.execute("DROP TRIGGER record_no_delete")
    heads = office.store.heads()
    stream = next(name for name in heads if name.startswith("case/"))
    connection.execute(
        "DELETE FROM record WHERE stream = ? AND seq = ?", (stream, heads[stream][0])
    )
    connection.commit()
    connection.close()
    honest = verify_store(office.store, made)
    found = verify_store(Store.open(copy), made)
    typer.echo(say("  原库:{count} 处不符", count=len(honest)).show(language))
    typer.echo(say("  副本(删去最后一条记录):{count} 处不符", count=len(found)).show(language))
    for finding in {one.code: one for one in reversed(found)}.values():
        typer.echo(f"    {finding.show(language)}")
    return not honest and bool(found)
