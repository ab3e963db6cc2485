"""What `roster check` says of people: who is missing when somebody is away, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from commands.files import read_texts
from commands.plaintext import read_utf8
from commands.table import terminal_width, wrap
from commands.workspace import Session
from engine.catalog import draft_process, read_params, read_roster
from engine.desk import Desk
from engine.errors import DefinitionProblems, Problem, UnknownName
from engine.kernel.absences import Bench, Lack, single_absences
from engine.kernel.staffing import Place, Step, in_conflict
from engine.language.definition import ProcessDefinition
from engine.language.params import Params
from engine.language.roster import Organisation, Roster, RosterView
from engine.text import Text, say

WIDEST = 100  # columns of a line of text, however wide the terminal is


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What is to be checked: the drafted roster today, the procedures, the faulty ones."""

    roster: RosterView
    definitions: tuple[ProcessDefinition, ...]
    unread: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every finding, those without anybody absent first, and what had to be left open."""

    drafted: Drafted
    lacks: tuple[Lack, ...]
    free: tuple[tuple[str, tuple[str, ...]], ...]  # process, its roles only a case can tell


def read_drafted(session: Session, process: str | None) -> Drafted:
    """The drafts of the workspace, with what was published of procedures that have no draft.

    Errors: `DefinitionProblems` of the roster file; `UnknownName`.
    """
    folder = session.workspace().folder
    roster = read_roster(read_utf8(folder / "roster.yaml", "roster.yaml"))
    desk = session.desk()
    definitions, unread = _procedures(session, desk)
    if process is not None:
        if process not in definitions:
            raise UnknownName(say("流程"), process, definitions)
        definitions = {process: definitions[process]}
    return Drafted(
        roster=_today(desk, roster), definitions=tuple(definitions.values()), unread=unread
    )


def _today(desk: Desk, roster: Roster) -> RosterView:
    """The draft with the posts that were granted or withdrawn beside the file."""
    return Organisation(roster, desk.catalog.amendments).as_of(desk.clock())


def _procedures(
    session: Session, desk: Desk
) -> tuple[dict[str, ProcessDefinition], tuple[Problem, ...]]:
    texts = read_texts(session.workspace().folder)
    found: dict[str, ProcessDefinition] = {}
    unread: list[Problem] = []
    params: Params | None = None
    try:
        params = read_params(texts.params)
    except DefinitionProblems as error:
        unread += error.problems
    for text, file in texts.processes.values():
        try:
            _, definition = draft_process(text, file, texts.forms, params)
            found[definition.name] = definition
        except DefinitionProblems as error:
            unread += error.problems
    for edition in desk.catalog.processes(desk.day(desk.clock())):
        if edition.name not in found:
            found[edition.name] = desk.catalog.definition(edition.digest)
    return found, tuple(unread)


def report(drafted: Drafted, absent: Sequence[str]) -> Report:
    """What is lacking with these people absent, and with each other one besides.

    Errors: `UnknownName`.
    """
    away = frozenset(drafted.roster.person(name).id for name in absent)
    lacks: list[Lack] = []
    free = []
    for definition in drafted.definitions:
        bench = Bench(definition, drafted.roster)
        lacks += bench.lacks(away)
        lacks += single_absences(bench, drafted.roster, away)
        if roles := bench.free_roles():
            free.append((definition.name, roles))
    order = {person.id: place for place, person in enumerate(drafted.roster.people())}
    lacks.sort(key=lambda one: -1 if one.absent == away else order[min(one.absent)])
    return Report(drafted=drafted, lacks=tuple(lacks), free=tuple(free))


# -- as text -----------------------------------------------------------------------------


def print_report(found: Report, absent: Sequence[str], language: str) -> Iterator[str]:
    """The lines a person reads, grouped by who is away and then by procedure."""
    view = found.drafted.roster
    away = frozenset(view.person(name).id for name in absent)
    heading: tuple[frozenset[str], str] | None = None
    for (who, process), lacks in _grouped(found.lacks):
        if heading is None or heading[0] != who:
            yield ""
            yield _heading(view, who, away).show(language)
        heading = (who, process)
        yield f"  {process}"
        for text in _sentences(view, lacks):
            yield from _indented(text.show(language))
    if found.free:
        yield ""
        roles = tuple(say("{process}:{roles}", process=p, roles=r) for p, r in found.free)
        yield from _indented(
            say("以下角色有了案件才知道是谁,查时按单位任何人都可充任:").show(language), 0
        )
        for one in roles:
            yield from _indented(one.show(language), 2)


def _grouped(lacks: Iterable[Lack]) -> Iterator[tuple[tuple[frozenset[str], str], list[Lack]]]:
    groups: dict[tuple[frozenset[str], str], list[Lack]] = {}
    for one in lacks:
        groups.setdefault((one.absent, one.process), []).append(one)
    yield from groups.items()


def _heading(view: RosterView, who: frozenset[str], away: frozenset[str]) -> Text:
    names = tuple(view.name_of(one) for one in sorted(who))
    if not who:
        return say("人员齐备时也办不成的:")
    if who == away:
        return say("{people} 不在时办不成的:", people=names)
    if away:
        return say("若 {people} 也不在:", people=names)
    return say("若 {people} 不在:", people=names)


def _sentences(view: RosterView, lacks: list[Lack]) -> Iterator[Text]:
    """One sentence for all that lacks the same in the same cases."""
    same: dict[object, list[Lack]] = {}
    for one in lacks:
        key = (what(view, one).show("zh"), one.begun_by, one.departments)
        same.setdefault(key, []).append(one)
    for several in same.values():
        steps = tuple(_step(step) for one in several for step in one.shortage.steps)
        text = say("{steps}:{what}", steps=steps, what=what(view, several[0]))
        where = _cases(view, several[0])
        yield text if where is None else say("{text} —— {cases}", text=text, cases=where)


def _step(step: Step) -> Text:
    if not step.state:
        return say("全案({actions})", actions=step.actions)
    return say("{state}({actions})", state=step.state, actions=step.actions)


def _cases(view: RosterView, lack: Lack) -> Text | None:
    people = tuple(view.name_of(one) for one in lack.begun_by)
    if lack.departments and people:
        return say(
            "{departments} 的案件,及 {people} 发起的", departments=lack.departments, people=people
        )
    if lack.departments:
        return say("{departments} 的案件", departments=lack.departments)
    return say("{people} 发起的案件", people=people) if people else None


def kind(lack: Lack) -> str:
    """nobody, few (fewer than needed), signers (not enough different ones), holder or apart."""
    shortage = lack.shortage
    if shortage.rules:
        return "apart" if len(shortage.steps) > 1 else "holder"
    places = shortage.steps[0].places
    if any(not place.people for place in places):
        return "nobody"
    return "few" if any(len(place.people) < place.need for place in places) else "signers"


def what(view: RosterView, lack: Lack) -> Text:
    """What is lacking, in words."""
    shortage = lack.shortage
    places = tuple(place for step in shortage.steps for place in step.places)
    match kind(lack):
        case "nobody":
            roles = tuple(dict.fromkeys(one.role for one in places if not one.people))
            return say("“{roles}”无人", roles=roles)
        case "few":
            short = next(one for one in places if len(one.people) < one.need)
            return say(
                "“{role}”须 {need} 人,只有 {people}",
                role=short.role,
                need=short.need,
                people=_names(view, (short,)),
            )
        case "signers":
            return say("各位须由不同的人签,只有 {people}", people=_names(view, places))
    pairs = tuple(f"{one.duties[0]}×{one.duties[1]}" for one in shortage.rules)
    rules = tuple(dict.fromkeys(one.rule for one in shortage.rules if one.rule))
    about = (
        say("{pairs}[{rules}]", pairs=pairs, rules=rules) if rules else say("{pairs}", pairs=pairs)
    )
    held = tuple(
        say("“{role}”只有 {people}", role=one.role, people=_names(view, (one,)))
        for one in (in_conflict(shortage) or places)
    )
    if kind(lack) == "holder":
        return say("{held};在册担任不相容职责,{about}", held=held, about=about)
    return say("{held};不得同一人:{about}", held=held, about=about)


def _names(view: RosterView, places: Iterable[Place]) -> tuple[object, ...]:
    if any(place.is_free for place in places):
        return (say("任何人"),)
    found = dict.fromkeys(view.name_of(one) for place in places for one in place.people)
    return tuple(found) or (say("(无人在岗)"),)


def _indented(text: str, indent: int = 4) -> Iterator[str]:
    room = min(terminal_width(), WIDEST) - 1 - indent
    lines = wrap(text, room - 2)
    yield " " * indent + lines[0]
    yield from (" " * (indent + 2) + line for line in lines[1:])


# -- as JSON -----------------------------------------------------------------------------


def report_row(found: Report, absent: Sequence[str], language: str) -> dict[str, object]:
    """The report for programs; its fields are in the reference."""
    view = found.drafted.roster
    return {
        "people": len(view.people()),
        "departments": len(view.departments()),
        "absent": list(absent),
        "findings": [_finding(view, one, language) for one in found.lacks],
        "open_roles": [{"process": name, "roles": list(roles)} for name, roles in found.free],
        "unread": [one.show(language) for one in found.drafted.unread],
    }


def _finding(view: RosterView, lack: Lack, language: str) -> dict[str, object]:
    return {
        "absent": sorted(view.name_of(one) for one in lack.absent),
        "process": lack.process,
        "kind": kind(lack),
        "steps": [
            {
                "state": step.state or None,
                "actions": list(step.actions),
                "places": [_place(view, place) for place in step.places],
                "at": str(step.source),
            }
            for step in lack.shortage.steps
        ],
        "rules": [
            {"rule": one.rule, "apart": list(one.duties), "at": str(one.source)}
            for one in lack.shortage.rules
        ],
        "departments": list(lack.departments),
        "begun_by": [view.name_of(one) for one in lack.begun_by],
        "say": what(view, lack).show(language),
    }


def _place(view: RosterView, place: Place) -> dict[str, object]:
    return {
        "role": place.role,
        "need": place.need,
        "people": None if place.is_free else [view.name_of(one) for one in place.people],
    }
