"""People's work in all cases as lines of a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.kernel.facts import CaseFacts, plain
from engine.language.definition import ListWork, Work
from engine.language.forms import Row


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
