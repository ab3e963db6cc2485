"""People's work in all the other cases: as lines of a form, or to go to other hands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.kernel.command import GUARD, Reason
from engine.kernel.facts import CaseFacts, plain
from engine.language.effects import HandOver, ListWork, Work
from engine.language.forms import Row
from engine.text import say


def work_lines(entry: ListWork, facts: CaseFacts) -> tuple[Row, ...]:
    """One line for each piece of work that is meant, the oldest first."""
    found: list[Row] = []
    for person in facts.people(entry.of):
        for work in _work_of(entry.which, person, facts):
            line = facts.with_names({"work": work})
            if line.holds(entry.when):
                found.append({name: plain(line.evaluate(value)) for name, value in entry.take})  # type: ignore[misc]
    return tuple(found)


def _work_of(which: Work, person: str, facts: CaseFacts) -> Iterator[Mapping[str, object]]:
    elsewhere, zone = facts.situation.elsewhere, facts.situation.calendar.zone
    if which is Work.DONE:
        for act in elsewhere.acts_for(person):
            yield {
                "number": act.number,
                "process": act.process,
                "state": act.state,
                "action": act.action,
                "actor": act.actor,
                "at": act.at.astimezone(zone),
            }
        return
    for task in elsewhere.tasks_of(person):
        yield {
            "number": task.number,
            "process": task.process,
            "state": task.state,
            "offered": task.offered.astimezone(zone),
            "due": task.due.astimezone(zone) if task.due else None,
            "claimed": task.claimed_by == person,
        }


@dataclass(slots=True, kw_only=True)
class Handed:
    """Which cases are to change hands, as (case, from, to), and the reasons against."""

    moves: list[tuple[str, str, str]] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)


def plan_handover(entry: HandOver, facts: CaseFacts) -> Handed:
    """What an effect would ask of other cases. What they say to it they put on record."""
    handed = Handed()
    for line in facts.lines(entry.each):
        if line.holds(entry.when):
            _plan_line(entry, line, handed)
    return handed


def _plan_line(entry: HandOver, line: CaseFacts, handed: Handed) -> None:
    roster = line.situation.roster
    to = line.people(entry.to)[:1]
    number = plain(line.evaluate(entry.case)) if entry.case is not None else None
    for person in line.people(entry.of):
        wanted = [
            task.case
            for task in line.situation.elsewhere.tasks_of(person)
            if task.case != line.case.id
            and task.is_in_hands_of(person)
            and (entry.case is None or task.number == number)
        ]
        if wanted and (not to or to[0] == person):
            text = say("{person} 的待办没有写明接收人", person=roster.name_of(person))
            handed.reasons.append(Reason(code=GUARD, text=text, source=entry.source))
        elif wanted and (roster.has_left(to[0]) or roster.is_readonly(to[0])):
            text = say("{person} 不能接收待办", person=roster.name_of(to[0]))
            handed.reasons.append(Reason(code=GUARD, text=text, source=entry.source))
        else:
            moves = ((case, person, to[0]) for case in dict.fromkeys(wanted))
            handed.moves += [one for one in moves if one not in handed.moves]
