"""What somebody can do next who has been told that this is done, or that it cannot be reckoned."""

from __future__ import annotations

from engine.errors import CalendarUnknown
from engine.kernel.case import Case
from engine.kernel.command import CALENDAR, Reason
from engine.kernel.draft import Draft
from engine.kernel.options import states_in_work
from engine.kernel.situation import Situation
from engine.language.definition import CORRECT, EVERYDAY, REOPEN, ProcessDefinition
from engine.text import Text, say


def after_the_end(definition: ProcessDefinition) -> Text:
    """What is left to do of a closed case, where this procedure allows anything."""
    allowed = tuple(
        action
        for action in (REOPEN, CORRECT)
        if (rule := definition.allowed(EVERYDAY[action])) and (action == REOPEN or rule.within)
    )
    if allowed:
        return say("如要改动,可由有权的人“{actions}”;否则请另行立案", actions=allowed)
    return say("如需再办,请另行立案")


def is_done(draft: Draft) -> Text:
    """Where a case has gone on to, and in whose hands it is."""
    case = draft.case
    if case.closed_at is not None:
        return after_the_end(draft.situation.definition)
    people = _holders(draft, case)
    if people:
        return say(
            "不必再办;现处“{state}”,由 {people} 办理", state=case.configuration, people=people
        )
    return say("不必再办;现处“{state}”", state=case.configuration)


def has_signed(draft: Draft, state: str, person: str) -> Text:
    """Whose signatures are waited for, once one's own is given."""
    open_tasks = (task for task in draft.case.open_tasks if task.state == state)
    found = dict.fromkeys(one for task in open_tasks for one in draft.people_of(task))
    name_of = draft.situation.roster.name_of
    waited = tuple(
        name_of(one) for one in found if one != person and one not in _signed(draft, state)
    )
    if waited:
        return say("您的签字已记下,不必再签;还等 {people}", people=waited)
    return say("您的签字已记下,不必再签")


def off_the_calendar(error: CalendarUnknown, situation: Situation) -> Reason:
    """A deadline beyond the years the work calendar knows: a slip of the pen, or its years."""
    remedy = say("请核对所填的日期;无误则请流程负责人补上工作日历并发布")
    if error.year < situation.at.year:
        remedy = say("{year} 年已经过去,请核对并改正所填的日期", year=str(error.year))
    return Reason(code=CALENDAR, text=error.text, remedy=remedy)


def _holders(draft: Draft, case: Case) -> tuple[str, ...]:
    states = {state.path for state in states_in_work(draft.situation.definition, case)}
    tasks = (task for task in case.open_tasks if task.state in states)
    found = dict.fromkeys(one for task in tasks for one in draft.people_of(task))
    return tuple(draft.situation.roster.name_of(one) for one in found)


def _signed(draft: Draft, state: str) -> frozenset[str]:
    return draft.signers(draft.situation.definition.state(state))
