"""What a word means that is to be filled in, taken in or given out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import typer

from commands.bookshelf import Bookshelf
from commands.completion import books, cases, processes
from commands.drafts import PARAMS_FILE, ROSTER_FILE, read_draft
from commands.entry import known_names
from commands.workspace import Session
from engine.catalog import read_params, read_roster
from engine.desk import Desk
from engine.errors import UnknownName
from engine.kernel.case import Case
from engine.language.definition import ProcessDefinition
from engine.language.params import Table
from engine.language.roster import Roster
from engine.reading.sheets.grids import Known, is_word
from engine.text import say

ROSTER = "花名册"  # what the roster is called on a command line


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """A process in force, to start a case of."""

    desk: Desk
    definition: ProcessDefinition
    known: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case there is."""

    desk: Desk
    definition: ProcessDefinition
    case: Case
    known: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDraft:
    """A reference table of the draft params.yaml, whose text is as it stands."""

    folder: Path
    text: str
    table: Table
    known: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterDraft:
    """The draft roster.yaml, whose text is as it stands."""

    folder: Path
    text: str
    roster: Roster
    known: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book of the office."""

    shelf: Bookshelf
    name: str


Subject = Procedure | Opened | TableDraft | RosterDraft | Book


def whats(incomplete: str) -> list[str]:
    """What can be asked for by name, that begins so; for the Tab key."""
    known = (*processes(incomplete), *cases(incomplete), *books(incomplete), ROSTER)
    return [one for one in known if one.startswith(incomplete)]


WHAT = typer.Argument(..., autocompletion=whats, help="流程、案号、基础数据表、台账或“花名册”")


def find_subject(session: Session, word: str, kinds: Sequence[type[Subject]]) -> Subject:
    """What a word means, of the kinds asked about; a procedure before a case, before a table.

    Errors: `UnknownName`; `DefinitionProblems` if a draft cannot be read.
    """
    if RosterDraft in kinds and is_word(word, ROSTER):
        return _roster(session)
    desk = session.desk()
    names = [ROSTER]
    if Procedure in kinds:
        editions = desk.catalog.processes(desk.day(desk.clock()))
        names += [one.name for one in editions]
        if word in names:
            return _procedure(desk, word)
    if Opened in kinds and desk.find_case(word) is not None:
        return _opened(desk, word)
    if TableDraft in kinds:
        folder = session.workspace().folder
        text = read_draft(folder, PARAMS_FILE)
        tables = read_params(text).tables
        if word in tables:
            return TableDraft(folder=folder, text=text, table=tables[word], known=NOBODY)
        names += tables
    if Book in kinds:
        shelf = Bookshelf(desk, session.language)
        english = {one.en: one.name for one in shelf.params.books.values() if one.en}
        if word in shelf.names or word in english:
            return Book(shelf=shelf, name=shelf.find(word))
        names += [*shelf.names, *english]
    raise UnknownName(say("名称"), word, names)


NOBODY = Known(zone=UTC, find_person=lambda _: None)  # reference data names neither people nor days


def _roster(session: Session) -> RosterDraft:
    folder = session.workspace().folder
    text = read_draft(folder, ROSTER_FILE)
    roster = read_roster(text)
    known = Known(
        zone=roster.zone,
        find_person=lambda _: None,
        people={one.id: one.name for one in roster.people},
        departments=tuple(one.name for one in roster.departments),
        is_closed=False,
    )
    return RosterDraft(folder=folder, text=text, roster=roster, known=known)


def _procedure(desk: Desk, name: str) -> Procedure:
    on = desk.day(desk.clock())
    known = known_names(desk, desk.catalog.params_in_force(on).digest)
    definition = desk.catalog.process(name, on)[1]
    return Procedure(desk=desk, definition=definition, known=known)


def _opened(desk: Desk, reference: str) -> Opened:
    case = desk.case(reference)
    definition = desk.catalog.definition(case.definition)
    known = known_names(desk, case.params)
    return Opened(desk=desk, definition=definition, case=case, known=known)
