"""What an operator does: let time pass, rebuild the tables, look the office over."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import date

import typer

from commands.checkpoints import checkpoint_findings
from commands.destruction import returned_values
from commands.display import moment
from commands.notices import notice_findings, read_channels, send_notices
from commands.table import dump
from commands.workspace import Session, witness
from engine.confirming import code_of
from engine.reading.pdf import find_browser, has_chinese_font
from engine.store.store import Store
from engine.text import Text, say
from engine.worker import Worker

app = typer.Typer()


@app.command("tick")
def tick(ctx: typer.Context) -> None:
    """办理到期的定时事项:截止、提醒、升级、定期立案、案件之间的传递;送出通知。"""
    session: Session = ctx.obj
    channels = read_channels(session.workspace())
    desk = session.desk()
    done = Worker(desk).tick()
    typer.echo(
        say(
            "定时 {fired},立案 {opened},传递 {passed}",
            fired=done.fired,
            opened=done.opened,
            passed=done.passed_on,
        ).show(session.language)
    )
    for text in done.stuck:
        typer.echo(say("办不下去:{what}", what=text).show(session.language), err=True)
    is_sent = send_notices(session, desk, channels)
    if done.stuck or not is_sent:
        raise typer.Exit(1)


@app.command("rebuild")
def rebuild(ctx: typer.Context) -> None:
    """由历史重建全部派生表。"""
    session: Session = ctx.obj
    store = Store.open(session.workspace().store)
    store.rebuild()
    typer.echo(say("派生表已由历史重建").show(session.language))


@app.command("doctor")
def doctor(ctx: typer.Context, as_json: bool = typer.Option(False, "--json")) -> None:
    """体检:数据库、钥匙、日历、定时、通知、浏览器与字体。"""
    session: Session = ctx.obj
    desk = session.desk()
    on = desk.day(desk.clock())
    calendar = desk.catalog.calendar(on)
    findings: list[tuple[bool, Text]] = [
        (
            True,
            say(
                "数据库 {origin},SQLite {version}",
                origin=desk.store.origin,
                version=sqlite3.sqlite_version,
            ),
        ),
        (True, say("{count} 条链", count=len(desk.store.heads()))),
        (True, say("密码套件 {suite}", suite=desk.store.suite.name)),
    ]
    end = calendar.known_to
    enough = end >= date(on.year + 1, 12, 31) or (on.month < 11 and end >= date(on.year, 12, 31))
    findings.append((enough, say("工作日历到 {end} 为止", end=end.isoformat())))
    if not enough:
        findings.append((False, say("请补上 {year} 年的工作日历并 publish", year=on.year + 1)))
    last = desk.store.last_tick()
    findings.append(
        (last is not None, say("定时事项:{at}", at=moment(desk, last) or say("从未办理")))
    )
    findings += checkpoint_findings(session)
    findings += (
        (True, say("从备份续办,日志第 {log} 号,恢复码 {code}", log=log, code=code_of(digest)))
        for log, digest in witness(session.workspace()).accepted()
    )
    findings += ((False, text) for text in returned_values(session.workspace(), desk.store))
    findings += notice_findings(session, desk)
    if has_chinese_font() is False:
        findings.append((False, say("没有中文字体:表单打印成 PDF 会缺字")))
    if find_browser() is None:
        findings.append((False, say("没有 Chromium:表单只能存为 HTML")))
    if shutil.which("ssh-agent") is None:
        findings.append((False, say("没有 ssh-agent:login 不可用,每步要问口令")))
    if as_json:
        print(dump([{"good": good, "say": text.show(session.language)} for good, text in findings]))
    for good, text in findings if not as_json else ():
        typer.echo(f"{'✓' if good else '!'} {text.show(session.language)}")
    if not all(good for good, _ in findings):
        raise typer.Exit(1)
