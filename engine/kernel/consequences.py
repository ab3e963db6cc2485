"""What actions and states set in motion, as the events of one record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from engine.kernel import events as happened
from engine.kernel.entries import Impossible, plan_entries
from engine.kernel.facts import plain, rows_to_take, taken
from engine.language.amendments import dump_amendment
from engine.language.definition import Action
from engine.language.effects import (
    Amend,
    BookEntry,
    Effect,
    Entry,
    HandOver,
    ListWork,
    Occupy,
    SetFields,
    StartCase,
    Take,
    TellCases,
    TellChildren,
    TellPeople,
    Vacate,
)
from engine.language.expressions import Expression
from engine.language.forms import Row

if TYPE_CHECKING:
    from engine.kernel.draft import Draft


def follow_up(draft: Draft, action: Action) -> None:
    """What an action brings with it before the case moves. Errors: `Impossible`."""
    if action.set is not None:
        bring_about(draft, action.set)
    _enter(draft, action.post)
    if action.start is not None:
        bring_about(draft, action.start)
    if action.tell is not None:
        bring_about(draft, action.tell)


def bring_about(draft: Draft, effect: Effect) -> None:
    """What one effect comes to. Errors: `Impossible`."""
    match effect:
        case SetFields():
            facts = draft.facts()
            draft.set({name: plain(facts.evaluate(value)) for name, value in effect.fields})
        case StartCase():
            _start(draft, effect)
        case TellCases():
            _tell_cases(draft, effect)
        case TellChildren():
            _tell_children(draft, effect)
        case TellPeople():
            draft.emit(happened.PeopleTold(people=draft.facts().people(effect.who), say=effect.say))
        case BookEntry() | Occupy() | Vacate() | Amend() | ListWork() | HandOver():
            _enter(draft, (effect,))


def _enter(draft: Draft, entries: tuple[Entry, ...]) -> None:
    """Make entries in books and diaries. Errors: `Impossible` with every reason against."""
    if not entries:
        return
    plan = plan_entries(entries, draft.facts())
    if plan.reasons:
        raise Impossible(tuple(plan.reasons))
    for event in plan.events:
        draft.emit(event)
    for case, action in plan.ousted.items():
        _tell_case(draft, case, action)
    for amendment in plan.amendments:
        draft.emit(
            happened.AmendmentRequested(
                request=draft.next_request(),
                amendment=dump_amendment(amendment),
            )
        )
    for case, by, to in plan.handed_over:
        draft.emit(
            happened.HandOverRequested(request=draft.next_request(), case=case, by=by, to=to)
        )
    draft.set(plan.lines)


def _tell_cases(draft: Draft, effect: TellCases) -> None:
    parent = (draft.case.parent,) if draft.case.parent else ()
    several = draft.case.members if effect.whom == "members" else parent
    for place, case in enumerate(several):
        number = draft.case.member_numbers[place] if effect.whom == "members" else ""
        lines = _lines_for(draft, number, effect.take, effect.by) if effect.take else ()
        _tell_case(draft, case, effect.action, effect.take.into if effect.take else None, lines)


def _tell_case(
    draft: Draft, case: str, action: str, into: str | None = None, lines: tuple[Row, ...] = ()
) -> None:
    draft.emit(
        happened.CaseTold(
            request=draft.next_request(),
            case=case,
            action=action,
            into=into,
            lines=lines,
        )
    )


def _tell_children(draft: Draft, effect: TellChildren) -> None:
    for child in draft.case.children:
        if child.result is None and effect.process in (None, child.process):
            draft.emit(
                happened.ChildTold(
                    request=draft.next_request(),
                    child=child.request,
                    action=effect.action,
                )
            )


def _lines_for(draft: Draft, number: str, take: Take, by: Expression | None) -> tuple[Row, ...]:
    """The lines that go to a case: all, or those whose `by` is its number."""
    found: list[Row] = []
    for names in rows_to_take(take, draft.facts()):
        facts = draft.facts(names)
        if by is None or plain(facts.evaluate(by)) == number:
            found.append(taken(take, facts))
    return tuple(found)


def _start(draft: Draft, effect: StartCase) -> None:
    for names in _groups(draft, effect):
        facts = draft.facts(names)
        if not facts.holds(effect.when):
            continue
        initiator = facts.people(effect.initiator)[:1] if effect.initiator else ()
        draft.emit(
            happened.ChildRequested(
                request=draft.next_request(),
                process=effect.process,
                initiator=initiator[0] if initiator else None,
                values={name: plain(facts.evaluate(value)) for name, value in effect.set},
            )
        )


def _groups(draft: Draft, effect: StartCase) -> Iterable[Mapping[str, object]]:
    """The names each child's values are computed with."""
    if effect.each is None:
        return ({},)
    rows = draft.facts().lookup(effect.each)
    several = rows if isinstance(rows, tuple) else ()
    if effect.by is None:
        return tuple({"row": row, "rows": (row,), **row} for row in several)
    groups: dict[object, list[object]] = {}
    for row in several:
        groups.setdefault(plain(draft.facts(row).evaluate(effect.by)), []).append(row)
    return tuple({"key": key, "rows": tuple(found)} for key, found in groups.items())
