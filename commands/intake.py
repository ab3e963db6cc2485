"""What was filled in, taken in: a new case, values for an open one, or a draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import typer

from commands.clerk import follow
from commands.display import conclude, print_reasons
from commands.drafts import PARAMS_FILE, ROSTER_FILE, Rewrite, Tally
from commands.subjects import Opened, Procedure, RosterDraft, TableDraft
from commands.workspace import Session
from engine.catalog import read_params, read_roster
from engine.desk import Desk, Receipt
from engine.errors import GuichengError
from engine.kernel.command import Decision, Fill, Refusal
from engine.language.definition import FILL
from engine.language.forms import Form, Values, rows_of
from engine.language.redraft import redraft_entries, redraft_rows
from engine.reading.names import Names, named
from engine.reading.sheets.cells import COLON
from engine.reading.sheets.forms import changes, grids_of, read_form, rights_of
from engine.reading.sheets.matching import Given
from engine.reading.sheets.rosters import is_told, read_roster_sheets
from engine.reading.sheets.tables import read_table
from engine.text import say, show, translate
from engine.worker import Worker

OPENED = "立案"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came with a file on the command line."""

    branch: str | None
    principal: str | None
    request: str | None
    dry_run: bool


def open_case(session: Session, into: Procedure, given: Given, asked: Asked) -> None:
    """Start a case with what a file holds, exactly as `start` does."""
    desk, definition = into.desk, into.definition
    grids = grids_of(definition, definition.form.fields, rights_of(definition, None))
    values = read_form(given, grids, into.known, None)
    actor = _actor(session, desk)
    _tell(session, given, definition.form, values)
    name = translate(OPENED, session.language)
    if asked.dry_run:
        process = Names(definition, session.language).process()
        _dry(desk.try_start(definition.name, actor, values), process, name, session.language)
        return
    Worker(desk).tick()
    signer = session.signer(actor)
    answer = desk.start(definition.name, actor, signer, values, request=asked.request)
    if isinstance(answer, Receipt) and answer.case is not None:
        follow(desk, answer.case.id, session.language)
    conclude(desk, answer, name, session.language)


def fill_case(session: Session, into: Opened, given: Given, asked: Asked) -> None:
    """Fill what a file changes into an open case, exactly as `do CASE 填写` does."""
    desk, definition, case = into.desk, into.definition, into.case
    grids = grids_of(definition, definition.form.fields, rights_of(definition, case))
    read = read_form(given, grids, into.known, case.number)
    values = changes(definition, case, read)
    actor = _actor(session, desk)
    roster = desk.catalog.roster(desk.clock())
    principal = roster.person(asked.principal).id if asked.principal else None
    if not values:
        typer.echo(say("与案件里的内容相同,没有要填的").show(session.language))
        return
    _tell(session, given, definition.form, values)
    command = Fill(actor=actor, values=values, principal=principal, branch=asked.branch)
    name = translate(FILL, session.language)
    if asked.dry_run:
        _dry(desk.try_out(case.id, command), case.number, name, session.language)
        return
    Worker(desk).tick()
    answer = desk.perform(case.id, command, session.signer(actor), request=asked.request)
    follow(desk, case.id, session.language)
    conclude(desk, answer, name, session.language)


def replace_table(session: Session, into: TableDraft, given: Given, asked: Asked) -> None:
    """Put the rows of a file in place of a table's in the draft params.yaml."""
    table = into.table
    rows = read_table(given, table, into.known)
    text = redraft_rows(into.text, table, rows)
    wanted = {str(row[table.key]): row for row in rows}
    changed = [key for key, row in wanted.items() if key in table.rows and table.rows[key] != row]
    tally = Tally.of(table.name, list(table.rows), list(wanted), len(changed))
    rewrite = Rewrite(folder=into.folder, name=PARAMS_FILE, before=into.text, after=text)
    rewrite.check(session.language)
    _require_same(dict(read_params(text).tables[table.name].rows) == wanted, PARAMS_FILE)
    _replace(session, rewrite, [tally], asked)


def replace_roster(session: Session, into: RosterDraft, given: Given, asked: Asked) -> None:
    """Put the people, departments and posts of a file in place of those in roster.yaml."""
    parts = read_roster_sheets(given, into.roster, into.known)
    text = into.text
    for part in parts:
        text = redraft_entries(text, part.block, part.wanted)
    rewrite = Rewrite(folder=into.folder, name=ROSTER_FILE, before=into.text, after=text)
    rewrite.check(session.language)
    _require_same(is_told(read_roster(text), parts), ROSTER_FILE)
    tallies = [
        Tally.of(
            translate(part.title, session.language),
            part.before,
            [one.key for one in part.wanted],
            sum(one.spelt is not None and one.key in part.before for one in part.wanted),
        )
        for part in parts
    ]
    _replace(session, rewrite, tallies, asked)


def _replace(session: Session, rewrite: Rewrite, tallies: Iterable[Tally], asked: Asked) -> None:
    for one in tallies:
        typer.echo(one.show(session.language))
    if rewrite.before == rewrite.after:
        typer.echo(say("没有变化,未写入").show(session.language))
    elif asked.dry_run:
        rewrite.show(session.language)
        typer.echo(say("未写入(--dry-run)").show(session.language))
    else:
        kept = rewrite.write()
        typer.echo(
            say(
                "已写入 {file},原文件留作 {kept};publish 之后才生效",
                file=rewrite.name,
                kept=kept.name,
            ).show(session.language)
        )


def _require_same(is_same: bool, file: str) -> None:
    """Nothing is written that would not read back as it was meant."""
    if not is_same:
        raise GuichengError(say("{file} 的写法不能自动改写,请手工修改", file=file))


def _actor(session: Session, desk: Desk) -> str:
    return desk.catalog.roster(desk.clock()).person(session.name()).id


def _tell(session: Session, given: Given, form: Form, values: Values) -> None:
    """How much of a file is taken in; to stderr, for the result is what comes of it."""
    lines = [one for one in form.fields if one.columns and one.name in values]
    single = len(values) - len(lines)
    parts = [say("{count} 个字段", count=single)] if single else []
    for one in lines:
        name, count = named(one.name, one.en, session.language), len(rows_of(values[one.name]))
        parts.append(say("{table} {count} 行", table=name, count=count))
    told = COLON[session.language] + show(tuple(parts), session.language)
    typer.echo(f"{given.file}{told}", err=True)


def _dry(answer: Decision | Refusal, number: str, action: str, language: str) -> None:
    if isinstance(answer, Refusal):
        print_reasons(number, action, answer.reasons, language)
        raise typer.Exit(3)
    typer.echo(say("{number} 可以办理「{action}」", number=number, action=action).show(language))
