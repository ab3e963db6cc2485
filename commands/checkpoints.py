"""`audit checkpoint`: a signed text that leaves the house, on screen, as a file, on paper."""

from __future__ import annotations

from pathlib import Path

import typer

from commands.display import moment
from commands.workspace import Session, signed_memory
from engine.errors import UsageError
from engine.text import Text, say


def export(session: Session, output: Path | None, sheet: Path | None) -> None:
    """Sign a checkpoint; write it to the screen or a file, and to a page with a QR code."""
    from engine.evidence.checkpoint import dump_vkey
    from engine.evidence.heads import dump_heads
    from engine.reading.checkpoints import render_sheet
    from engine.reading.pdf import write_pdf
    from engine.sealing import build_of, seal

    if sheet is not None and sheet.suffix.lower() not in (".html", ".pdf"):
        raise UsageError(say("打印页只能是 .html 或 .pdf:{file}", file=str(sheet)))
    desk = session.desk()
    made = seal(desk, signed_memory(session.workspace()), build_of(desk.store))
    if desk.witness is not None:
        desk.witness.require_extension(desk.store, desk.service_keys())
    note = made.checkpoint.note
    if output is None:
        typer.echo(note, nl=False)
    else:
        output.write_text(note, "utf-8", newline="")
        output.with_suffix(output.suffix + ".heads").write_text(dump_heads(made.heads), "utf-8")
    if sheet is not None:
        vkey = dump_vkey(made.checkpoint.origin, desk.service.public)
        page = render_sheet(made.checkpoint, vkey, moment(desk, desk.clock()), session.language)
        if sheet.suffix.lower() == ".pdf":
            write_pdf(page, sheet)
        else:
            sheet.write_text(page, "utf-8")
    told = say(
        "检查点:{streams} 条链,{records} 条记录,根 {root}",
        streams=len(made.heads),
        records=made.checkpoint.size,
        root=made.checkpoint.root[:16],
    )
    typer.echo(told.show(session.language), err=True)


def checkpoint_findings(session: Session) -> list[tuple[bool, Text]]:
    """For `doctor`: how long ago the last checkpoint left, in workdays; one is the limit."""
    from datetime import datetime

    desk = session.desk()
    newest = desk.store.newest_checkpoint()
    if newest is None:
        return [(False, say("从未导出检查点:整库被替换也无从证明;请 audit checkpoint --sheet"))]
    at, now = datetime.fromisoformat(newest.at), desk.clock()
    calendar = desk.catalog.calendar(desk.day(now))
    since, until = max(desk.day(at), calendar.known_from), min(desk.day(now), calendar.known_to)
    days = calendar.workdays(since, until)
    behind = desk.store.last_position() - newest.size
    told = say(
        "最近的检查点:{at},已过 {days} 个工作日,其后又有 {count} 条记录没有检查点作证",
        at=moment(desk, at),
        days=days,
        count=behind,
    )
    return [(days <= 1 or behind == 0, told)]
