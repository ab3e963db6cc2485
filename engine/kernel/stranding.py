"""Whether work given to a person now would leave a later step of the case to nobody.

Asked where work is taken or handed on, never of the act itself: then it would be too late,
and the work has to be done. What counts is whether each later state can still be left, by
somebody who is there, without breaking a rule of incompatible duties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from engine.errors import GuichengError
from engine.kernel.apart import against
from engine.kernel.command import STRAND, Reason
from engine.kernel.draft import Draft
from engine.kernel.facts import CaseFacts
from engine.kernel.staffing import Place, Shortage, Step, Work, staff
from engine.kernel.steps import step_of
from engine.language.definition import (
    Action,
    Kind,
    ProcessDefinition,
    Slot,
    State,
    ancestors,
    is_done,
)
from engine.language.expressions import Expression
from engine.text import say


class Going:
    """What is known of a case under way. Whom an empty field would name is not known yet."""

    def __init__(self, facts: CaseFacts) -> None:
        self._facts = facts

    def people(self, expression: Expression) -> tuple[str, ...] | None:
        try:
            return self._facts.people(expression) or None
        except GuichengError:
            return None

    def number(self, expression: Expression, several: int) -> int | None:
        try:
            found = self._facts.with_names({"n": several}).evaluate(expression)
        except GuichengError:
            return None
        return found if isinstance(found, int) else None

    def applies(self, slot: Slot) -> bool:
        try:
            return self._facts.holds(slot.when)
        except GuichengError:
            return False


def strands(
    draft: Draft, state: State, role: str, people: frozenset[str], others: Iterable[str]
) -> tuple[Reason, ...]:
    """Why the work of a state should not be given to `people`, who would all stand behind it.

    Only if one of `others` could do it now without stranding anything.
    """
    definition = draft.situation.definition
    ruled = {name for rule in definition.apart for name in rule.duties}
    forward = [one for one in state.actions if _goes_on(definition, one)]
    names = frozenset({role, *(duty for one in forward for duty in one.duties)})
    if not names & ruled:
        return ()
    facts = draft.facts()
    later = tuple(_later(draft, state, facts))
    shortage = _shortage(draft, state, role, names, people, later)
    if shortage is None or not shortage.rules:
        return ()
    free = tuple(
        one
        for one in dict.fromkeys(others)
        if frozenset({one}) != people
        and _is_there(draft, one)
        and not against(facts, names, frozenset({one}))
        and _shortage(draft, state, role, names, frozenset({one}), later) is None
    )
    return (_reason(draft, state, shortage, people, free),) if free else ()


def _shortage(
    draft: Draft,
    state: State,
    role: str,
    names: frozenset[str],
    people: frozenset[str],
    later: tuple[Step, ...],
) -> Shortage | None:
    """What could not be staffed any more once these people had done the work of the state."""
    now = Step(
        state=state.path,
        actions=(),
        places=(Place(role=role, names=names, people=tuple(sorted(people)), need=len(people)),),
        enough=1,
        source=state.source,
    )
    found = staff(Work(steps=(now, *later), rules=draft.situation.definition.apart))
    return found if isinstance(found, Shortage) else None


def _is_there(draft: Draft, person: str) -> bool:
    roster = draft.situation.roster
    return not roster.is_readonly(person) and not roster.is_away(person)


def _later(draft: Draft, state: State, facts: CaseFacts) -> Iterator[Step]:
    """The states the case may still come to, each as one step: somebody takes it further."""
    definition = draft.situation.definition
    known = Going(facts)
    for one in _ahead(definition, state, draft.case.configuration):
        steps = [
            step
            for action in one.actions
            if _goes_on(definition, action)
            and (step := step_of(definition, action, draft.situation.roster, known)) is not None
        ]
        if not steps:
            continue
        single = [step for step in steps if not step.is_joint]
        chosen = steps[0]
        if single:
            places = tuple(dict.fromkeys(place for step in single for place in step.places))
            chosen = replace(single[0], places=places, enough=1)
        yield replace(chosen, places=tuple(_able(draft, facts, place) for place in chosen.places))


def _able(draft: Draft, facts: CaseFacts, place: Place) -> Place:
    """The place without those who are away or have done the other half already."""
    return replace(
        place,
        people=tuple(
            one
            for one in place.people
            if _is_there(draft, one) and not against(facts, place.names, frozenset({one}))
        ),
    )


def _goes_on(definition: ProcessDefinition, action: Action) -> bool:
    """Whether an action takes the case further, not back and not to an end without result."""
    targets = [definition.find_state(one) for one in definition.targets(action)]
    return (
        action.refuse is None
        and not action.reason
        and bool(targets)
        and not all(one is not None and one.result in ("rejected", "cancelled") for one in targets)
    )


def _ahead(
    definition: ProcessDefinition, state: State, configuration: tuple[str, ...]
) -> tuple[State, ...]:
    """The states further on, and those beside this one that are still in work."""
    found: dict[str, State] = {}
    waiting = [path for path in configuration if path != state.path and not is_done(path)]
    passed = {state.path: state}
    front = [state.path]
    while front or waiting:
        if not front:
            front.append(waiting.pop())
        path = front.pop()
        for outer in ancestors(path):
            one = definition.find_state(outer)
            if one is None or outer in found:
                continue
            found[outer] = one
            for action in one.actions:
                if _goes_on(definition, action):
                    front += _entered(definition, definition.targets(action))
    return tuple(one for one in found.values() if one.path not in passed)


def _entered(definition: ProcessDefinition, targets: Iterable[str]) -> list[str]:
    """What is entered with these states: starts of compound ones, branches of parallel ones."""
    found: list[str] = []
    front = list(targets)
    while front:
        path = front.pop()
        state = definition.find_state(path)
        if state is None:
            continue
        found.append(path)
        if state.kind is Kind.PARALLEL:
            front += [one.path for one in state.inner]
        elif state.start:
            front.append(state.start)
    return found


def _reason(
    draft: Draft, state: State, shortage: Shortage, people: frozenset[str], free: tuple[str, ...]
) -> Reason:
    name = draft.situation.roster.name_of
    rule = shortage.rules[0]
    later = tuple(step.state for step in shortage.steps if step.state != state.path)
    return Reason(
        code=STRAND,
        rule=rule.rule,
        source=rule.source,
        text=say(
            "{people} 办了“{state}”,后面的 {later} 就无人可办:"
            "不相容职责“{one}×{other}”不得由同一人办理",
            people=tuple(name(one) for one in sorted(people)),
            state=state.path,
            later=later,
            one=rule.duties[0],
            other=rule.duties[1],
        ),
        remedy=say("请由 {people} 办理", people=tuple(name(one) for one in free)),
    )
