"""Excel and CSV: sheets to be filled in, taken in when they are, and given out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from commands.clerk import BRANCH, FOR, REQUEST
from commands.drafts import PARAMS_FILE, ROSTER_FILE, write_whole
from commands.intake import Asked, fill_case, open_case, replace_roster, replace_table
from commands.subjects import (
    WHAT,
    Book,
    Opened,
    Procedure,
    RosterDraft,
    Subject,
    TableDraft,
    find_subject,
)
from commands.workspace import Session
from engine.errors import UsageError
from engine.reading.sheets.books import book_page
from engine.reading.sheets.cells import LARGEST, SheetProblems, nearest
from engine.reading.sheets.files import CSV, read_sheets, require_kind, write_sheets
from engine.reading.sheets.forms import blank_form, case_pages
from engine.reading.sheets.matching import Given
from engine.reading.sheets.pages import Page
from engine.reading.sheets.rosters import roster_pages
from engine.reading.sheets.tables import table_page
from engine.store.lines import read_lines
from engine.text import say

app = typer.Typer()
OUTPUT = typer.Option(..., "-o", "--output", help="写入文件:.xlsx 或 .csv")
SHEET = typer.Option(None, "--sheet", help="只要这一张表;CSV 只装一张")
FORCE = typer.Option(False, "--force", help="覆盖已有的文件")
FILE = typer.Argument(..., help="文件:.xlsx、.xls、.ods 或 .csv")
DRY = typer.Option(False, "--dry-run", help="只看会怎样,不导入")


@app.command("template")
def template(
    ctx: typer.Context,
    what: str = WHAT,
    output: Path = OUTPUT,
    sheet: str = SHEET,
    force: bool = FORCE,
) -> None:
    """做一份待填的表:一个流程立案要填的、一张基础数据表,或花名册。"""
    require_kind(output.name)
    subject = find_subject(ctx.obj, what, (Procedure, TableDraft, RosterDraft))
    _write(ctx.obj, subject, _pages(ctx.obj, subject, is_blank=True), sheet, output, force)


@app.command("export")
def export(
    ctx: typer.Context,
    what: str = WHAT,
    output: Path = OUTPUT,
    sheet: str = SHEET,
    force: bool = FORCE,
) -> None:
    """导出一个案件、一张基础数据表、花名册,或一本台账的全部流水。"""
    require_kind(output.name)
    subject = find_subject(ctx.obj, what, (Opened, TableDraft, RosterDraft, Book))
    _write(ctx.obj, subject, _pages(ctx.obj, subject, is_blank=False), sheet, output, force)


@app.command("import")
def take_in(
    ctx: typer.Context,
    what: str = WHAT,
    file: Path = FILE,
    sheet: str = SHEET,
    branch: str = BRANCH,
    principal: str = FOR,
    request: str = REQUEST,
    dry_run: bool = DRY,
) -> None:
    """导入填好的表:立案、填入案件,或改写基础数据表、花名册的草稿;有一处不对就都不导入。"""
    session: Session = ctx.obj
    asked = Asked(branch=branch, principal=principal, request=request, dry_run=dry_run)
    given = Given(
        file=file.name,
        sheets=read_sheets(_content(file), file.name),
        only=sheet,
        language=session.language,
    )
    try:
        match find_subject(session, what, (Procedure, Opened, TableDraft, RosterDraft)):
            case Procedure() as into:
                open_case(session, into, given, asked)
            case Opened() as into:
                fill_case(session, into, given, asked)
            case TableDraft() as into:
                replace_table(session, into, given, asked)
            case RosterDraft() as into:
                replace_roster(session, into, given, asked)
    except SheetProblems as error:
        for one in error.problems:
            typer.echo(one.show(session.language), err=True)
        raise


def _content(file: Path) -> bytes:
    """What a file holds; of one that is too large, enough to see that it is."""
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)


def _pages(session: Session, subject: Subject, *, is_blank: bool) -> Sequence[Page]:
    """A subject as sheets, to be filled in or as it is."""
    language = session.language
    match subject:
        case Procedure(definition=definition, known=known):
            return blank_form(definition, known, language)
        case Opened(definition=definition, case=case, known=known):
            return case_pages(definition, case, known, language)
        case TableDraft(table=table, known=known):
            return (table_page(table, known, language, is_blank=is_blank),)
        case RosterDraft(roster=roster, known=known):
            return roster_pages(roster, known, language, is_blank=is_blank)
        case Book(shelf=shelf, name=name):
            items = shelf.table(name)
            item = items.name if items is not None else None
            lines = read_lines(shelf.desk.store, name)
            return (book_page(shelf.title(name), item, lines, language),)


def _write(
    session: Session,
    subject: Subject,
    pages: Sequence[Page],
    only: str | None,
    output: Path,
    is_forced: bool,
) -> None:
    """Write the pages, or the one that is asked for; tell which, and out of which draft."""
    kind, names = require_kind(output.name), tuple(one.name for one in pages)
    if not pages:
        raise UsageError(say("立案时没有要填的字段,不用做表"))
    chosen = [one for one in pages if only is None or one.name.casefold() == only.casefold()]
    if not chosen:
        hint = nearest(only or "", names)
        raise UsageError(say("没有“{name}”这张表 — {hint}", name=only, hint=hint))
    if kind == CSV and len(chosen) > 1:
        raise UsageError(
            say("CSV 只装一张表,请用 --sheet 写明要哪张:{names};或写成 .xlsx", names=names)
        )
    if output.exists() and not is_forced:
        raise UsageError(say("{file} 已存在,没有覆盖(要覆盖请加 --force)", file=str(output)))
    write_whole(output, write_sheets(chosen, kind, session.language))
    told = tuple(
        say("{table}({count} 行)", table=one.name, count=len(one.rows)) if one.rows else one.name
        for one in chosen
    )
    typer.echo(say("已写入 {file}:{parts}", file=str(output), parts=told).show(session.language))
    drafts = {RosterDraft: ROSTER_FILE, TableDraft: PARAMS_FILE}
    if type(subject) in drafts:
        draft = drafts[type(subject)]
        typer.echo(say("取自草稿 {file}", file=draft).show(session.language), err=True)
