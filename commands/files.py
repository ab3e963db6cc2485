"""The files of an office on disk: reading them all, checking them all."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from commands.plaintext import read_utf8
from engine.catalog import (
    CALENDAR,
    PARAMS,
    ROSTER,
    Draft,
    draft_process,
    dump_model,
    read_calendar,
    read_params,
    read_roster,
)
from engine.errors import DefinitionProblems, Problem, UnknownName
from engine.language.definition import ProcessDefinition
from engine.language.params import Params
from engine.language.reader import Cursor
from engine.language.roster import Person, Roster
from engine.language.scope import process_scope
from engine.language.typing import named_of_roster
from engine.rehearsal.naming import check_names
from engine.rehearsal.office import Texts
from engine.text import say


@dataclass(frozen=True, slots=True)
class Sound:
    """What `check` found in order: drafts ready to publish, and the definitions read."""

    drafts: tuple[Draft, ...]
    definitions: tuple[ProcessDefinition, ...]
    zone: tzinfo  # where the office is, by the calendar that is about to be published


def read_texts(folder: Path, only: tuple[Path, ...] = ()) -> Texts:
    """The office's files. Errors: `DefinitionProblems` for one that is not text."""

    def text(path: Path) -> str:
        shown = path.relative_to(folder) if path.is_relative_to(folder) else path
        return read_utf8(path, str(shown))

    calendars = sorted((folder / "calendar").glob("*.yaml"))
    forms = {
        path.stem: (text(path), f"forms/{path.name}")
        for path in sorted((folder / "forms").glob("*.yaml"))
    }
    wanted = [path.absolute() for path in only]
    processes = {
        path.stem: (text(path), f"processes/{path.name}")
        for path in sorted((folder / "processes").glob("*.yaml"))
        if not wanted or path.absolute() in wanted
    }
    processes |= {
        path.stem: (text(path), str(path)) for path in only if not _is_of_office(path, folder)
    }
    return Texts(
        roster=text(folder / "roster.yaml"),
        params=text(folder / "params.yaml"),
        calendar=text(calendars[0]) if calendars else "",
        forms=forms,
        processes=processes,
    )


def _is_of_office(path: Path, folder: Path) -> bool:
    """Whether a file is one the office has in its place; any other is read as a procedure."""
    path, folder = path.resolve(), folder.resolve()
    if path.parent == folder:
        return path.name in ("roster.yaml", "params.yaml")
    inside = (folder / one for one in ("processes", "forms", "calendar"))
    return path.parent in inside and path.suffix == ".yaml"


def check_texts(texts: Texts, is_settled: Callable[[Draft], bool] = lambda _: False) -> Sound:
    """Read everything. Errors: `DefinitionProblems` with every problem of every file.

    What a settled text names in its examples is not asked: it was there when that was published,
    and nobody has to change it when somebody leaves.
    """
    problems: list[Problem] = []
    drafts: list[Draft] = []
    roster, params, zone = None, None, None
    try:
        roster = read_roster(texts.roster)
        drafts.append(_plain(ROSTER, texts.roster, roster))
    except DefinitionProblems as error:
        problems += error.problems
    try:
        params = read_params(texts.params)
        drafts.append(_plain(PARAMS, texts.params, params))
    except DefinitionProblems as error:
        problems += error.problems
    try:
        calendar = read_calendar(texts.calendar)
        drafts.append(_plain(CALENDAR, texts.calendar, calendar))
        zone = calendar.zone
    except DefinitionProblems as error:
        problems += error.problems
    definitions, settled = [], set()
    for text, file in texts.processes.values():
        try:
            draft, definition = draft_process(text, file, texts.forms, params)
        except DefinitionProblems as error:
            problems += error.problems
            continue
        drafts.append(draft)
        definitions.append(definition)
        if is_settled(draft):
            settled.add(definition.name)
    unread = set(texts.processes) - {one.name for one in definitions}
    problems += _check_references(definitions, unread)
    problems += check_names(definitions, roster, unread, settled)
    if roster is not None:
        problems += _check_roster_names(definitions, roster, params)
    if problems or zone is None:
        raise DefinitionProblems({str(one): one for one in problems}.values())
    return Sound(tuple(drafts), tuple(definitions), zone)


def drafted_person(folder: Path, name: str) -> Person:
    """Somebody by name or id, as the roster on disk has him. Errors: `UnknownName`."""
    people = read_roster(read_utf8(folder / "roster.yaml", "roster.yaml")).people
    for one in people:
        if name in (one.id, one.name):
            return one
    raise UnknownName(say("人员"), name, [one.name for one in people])


def _plain(kind: str, text: str, model: object) -> Draft:
    return Draft(kind=kind, name=kind, content=text.encode(), model=dump_model(model))


def _check_roster_names(
    definitions: list[ProcessDefinition], roster: Roster, params: Params | None
) -> list[Problem]:
    """Posts, groups and departments must be in the roster; whether anybody holds a post today is
    for `roster check`.
    """
    cursor = Cursor([])
    posts = {held.post for held in roster.holdings}
    departments = {one.name for one in roster.departments}
    for definition in definitions:
        scope = process_scope(definition.form, definition.roles, params)
        for one in named_of_roster(definition, scope):
            match one.function:
                case "post" | "has_post":
                    kind, known = say("岗位"), posts
                case "group":
                    kind, known = say("小组"), set(roster.groups)
                case "deputies_of":
                    kind, known = say("岗位或部门"), posts | departments
                case _:
                    kind, known = say("部门"), departments
            if one.name not in known:
                cursor.unknown(one.source, kind, one.name, known)
    return cursor.problems


def _check_references(
    definitions: list[ProcessDefinition], unread: Collection[str]
) -> list[Problem]:
    """Processes named by others must be among those checked together, if several are; those with
    mistakes of their own, `unread`, are called like their files.
    """
    names = {one.name for one in definitions} | set(unread)
    if len(names) < 2:
        return []
    found = []
    for definition in definitions:
        named = [(child.process, child.source) for child in definition.children]
        if definition.gather is not None:
            named.append((definition.gather.process, definition.gather.source))
        for name, source in named:
            if name not in names:
                found.append(Problem(source, say("没有这个流程:“{name}”", name=name)))
    return found
