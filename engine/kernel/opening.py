"""The first record of a case: what it starts with, and whether this person may start it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.errors import CalendarUnknown
from engine.kernel import events as happened
from engine.kernel.auto import run_automatic
from engine.kernel.case import Stamp
from engine.kernel.command import ROLE, Decision, Paper, Refusal
from engine.kernel.draft import Draft
from engine.kernel.entries import Impossible
from engine.kernel.hearing import Hearing, check_account, check_form, enter, refusal_of
from engine.kernel.nextstep import off_the_calendar
from engine.kernel.paper import check_paper, with_scans
from engine.kernel.situation import Situation
from engine.language.definition import SYSTEM
from engine.language.expressions import Expression
from engine.language.forms import Values
from engine.text import say

OPENED = "立案"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A new case, with the values it starts from."""

    case: str
    number: str
    definition: str
    edition: int
    params: str
    initiator: str
    parent: str | None = None
    request: str | None = None
    period: str | None = None
    values: Values
    paper: Paper | None = None


def open_case(order: Open, situation: Situation, actor: str) -> Decision | Refusal:
    """Open a case and enter its start state, or every reason why this person may not.

    What SYSTEM opens, another case or the calendar has asked for: it is not judged again.
    """
    draft = _begun(order, situation, actor)
    if actor == SYSTEM:
        draft.set(order.values)
    else:
        hearing = Hearing(draft=draft, actor=actor, principal=None)
        draft.set({})
        check_account(hearing)
        check_paper(hearing, order.paper)
        _check_opener(hearing)
        _check_values(hearing, order.values)
        if hearing.reasons:
            return refusal_of(hearing, OPENED, "")
    try:
        _enter(draft)
        decision = draft.decided(OPENED, draft.case.configuration[0])
    except (Impossible, CalendarUnknown) as error:
        if actor == SYSTEM:
            raise  # nobody is there to be told no: the request stays, and is tried again
        reasons = (
            error.reasons
            if isinstance(error, Impossible)
            else (off_the_calendar(error, situation),)
        )
        return Refusal(action=OPENED, state="", reasons=reasons)
    return replace(decision, values=with_scans(decision.values, order.paper))


def would_hold(condition: Expression | None, order: Open, situation: Situation) -> bool:
    """Whether a condition holds of the case as it would be, were SYSTEM to open it."""
    if condition is None:
        return True
    draft = _begun(order, situation, SYSTEM)
    draft.set(order.values)
    _enter(draft)
    return draft.facts().holds(condition)


def _begun(order: Open, situation: Situation, actor: str) -> Draft:
    draft = Draft(None, situation, Stamp(seq=0, at=situation.at, actor=actor))
    draft.emit(
        happened.CaseOpened(
            case=order.case,
            number=order.number,
            process=situation.definition.name,
            definition=order.definition,
            edition=order.edition,
            params=order.params,
            initiator=order.initiator,
            department=situation.roster.department_of(order.initiator),
            parent=order.parent,
            request=order.request,
            period=order.period,
        )
    )
    return draft


def _enter(draft: Draft) -> None:
    """Enter the start state with all that follows from it."""
    draft.move(draft.situation.chart.start(), None)
    draft.set_case_timers()
    run_automatic(draft)


def _check_opener(hearing: Hearing) -> None:
    situation = hearing.draft.situation
    definition, roster = situation.definition, situation.roster
    if definition.is_opened_by_system:
        text = say("“{process}”由别的案件或按期立案,不由人立案", process=definition.name)
        hearing.no(ROLE, text, source=definition.source)
        return
    first = definition.first_states()
    slots = tuple(slot for state in first for slot in state.slots)
    if definition.opened_by is not None:
        slots = (definition.opened_by,)
    people = tuple(one for slot in slots for one in hearing.draft.participants(slot))
    if hearing.actor not in people:
        hearing.no(
            ROLE,
            say(
                "{person} 不能立“{process}”案;应由 {people} 立案",
                person=roster.name_of(hearing.actor),
                process=definition.name,
                people=tuple(roster.name_of(one) for one in people) or (say("(无人在岗)"),),
            ),
            source=definition.source,
        )


def _check_values(hearing: Hearing, values: Values) -> None:
    definition = hearing.draft.situation.definition
    enter(hearing, values, (name for state in definition.first_states() for name in state.edit))
    check_form(hearing, frozenset(values), frozenset())
