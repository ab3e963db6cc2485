"""Work inside a state that moves nothing: claim, release, fill in, tick off."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import UsageError
from engine.kernel import events as happened
from engine.kernel.apart import conflicts
from engine.kernel.auto import run_automatic
from engine.kernel.case import Case, Status, Task
from engine.kernel.command import (
    DONE,
    GUARD,
    ROLE,
    Claim,
    Command,
    Decision,
    Fill,
    Refusal,
    Release,
    TickItems,
)
from engine.kernel.delegating import check_delegation, check_limit
from engine.kernel.hearing import Hearing, check_form, enter, hear, refusal_of, unticked
from engine.kernel.options import states_in_work
from engine.kernel.seats import slot_of
from engine.kernel.signing import review
from engine.kernel.situation import Situation
from engine.kernel.stranding import strands
from engine.language.definition import CLAIM, FILL, RELEASE, TICK, Checklist, State
from engine.text import say

Inside = Callable[[Hearing, Command, State, Task], None]


def decide_work(
    case: Case, command: Fill | TickItems | Claim | Release, situation: Situation, seq: int
) -> Decision | Refusal:
    """Judge what leaves the case where it is. Errors: `UsageError` for an unclear branch."""
    match command:
        case Fill():
            return _work(case, command, situation, seq, FILL, _fill)
        case TickItems():
            return _work(case, command, situation, seq, TICK, _tick)
        case Claim():
            return _work(case, command, situation, seq, CLAIM, _claim)
        case Release():
            return _work(case, command, situation, seq, RELEASE, _release)


def _work(
    case: Case,
    command: Fill | TickItems | Claim | Release,
    situation: Situation,
    seq: int,
    name: str,
    inside: Inside,
) -> Decision | Refusal:
    principal = command.principal if isinstance(command, Fill | TickItems) else None
    hearing = hear(case, command.actor, principal, situation, seq)
    check_delegation(hearing)
    if case.is_suspended:
        hearing.no(GUARD, say("本案已挂起,恢复后再办"))
    tasks = _my_tasks(hearing, command.branch)
    if isinstance(command, TickItems):
        tasks = _with_items(hearing, tasks, command)
    if len({task.state for task in tasks}) > 1:
        raise UsageError(
            say(
                "您在 {states} 都有待办,请用 --branch 指明",
                states=tuple(task.state for task in tasks),
            )
        )
    if not tasks:
        _say_nothing_to_do(hearing, case)
        return refusal_of(hearing, name, case.configuration[0])
    state = situation.definition.state(tasks[0].state)
    inside(hearing, command, state, tasks[0])
    check_limit(hearing)
    if hearing.reasons:
        return refusal_of(hearing, name, state.path)
    run_automatic(hearing.draft)
    review(hearing.draft)
    return Decision(
        action=name,
        state=state.path,
        task=tasks[0].id,
        events=tuple(hearing.draft.events),
        values=dict(hearing.draft.values),
        facts=dict(hearing.draft.read),
        principal=hearing.principal,
    )


def _my_tasks(hearing: Hearing, branch: str | None) -> list[Task]:
    definition = hearing.draft.situation.definition
    return [
        task
        for task in hearing.draft.case.open_tasks
        if (branch is None or branch in (task.state, definition.state(task.state).name))
        and hearing.party in hearing.draft.people_of(task)
    ]


def _with_items(hearing: Hearing, tasks: list[Task], command: TickItems) -> list[Task]:
    """Of several open checklists, the one that has all the lines named."""
    definition = hearing.draft.situation.definition

    def lines(task: Task) -> set[str]:
        checklist = definition.state(task.state).checklist
        return {item.name for item in checklist.items} if checklist else set()

    having = [task for task in tasks if lines(task) and set(command.items) <= lines(task)]
    return having or [task for task in tasks if lines(task)] or tasks


def _say_nothing_to_do(hearing: Hearing, case: Case) -> None:
    roster = hearing.draft.situation.roster
    if case.closed_at is not None:
        hearing.close(case)
        return
    holders = tuple(
        roster.name_of(person)
        for state in states_in_work(hearing.draft.situation.definition, case)
        for task in case.open_tasks
        if task.state == state.path
        for person in hearing.draft.people_of(task)
    )
    hearing.no(
        ROLE,
        say(
            "{person} 在本案没有待办;现由 {people} 办理",
            person=roster.name_of(hearing.party),
            people=tuple(dict.fromkeys(holders)) or (say("系统"),),
        ),
    )


def _claim(hearing: Hearing, command: Command, state: State, task: Task) -> None:
    if task.status is Status.CLAIMED:
        roster = hearing.draft.situation.roster
        holder = roster.name_of(task.claimed_by or "")
        remedy = say("如要由您办理,请 {person} 先“退还”", person=holder)
        hearing.no(DONE, say("已由 {person} 签收", person=holder), remedy=remedy)
        return
    for action in state.actions:
        role = slot_of(state, task).role.name
        hearing.reasons.extend(conflicts(hearing.draft.facts(), action, role, hearing.people))
    if not hearing.reasons:
        draft, role = hearing.draft, slot_of(state, task).role.name
        hearing.reasons.extend(strands(draft, state, role, hearing.people, draft.people_of(task)))
    if not hearing.reasons:
        hearing.draft.emit(happened.TaskClaimed(task=task.id, by=hearing.actor))


def _release(hearing: Hearing, command: Command, state: State, task: Task) -> None:
    if task.claimed_by != hearing.actor:
        hearing.no(GUARD, say("这项待办不在您名下,无可退还"))
        return
    hearing.draft.emit(happened.TaskReleased(task=task.id))


def _fill(hearing: Hearing, command: Command, state: State, task: Task) -> None:
    assert isinstance(command, Fill)
    enter(hearing, command.values, state.edit)
    check_form(hearing, frozenset(command.values), frozenset())


def _tick(hearing: Hearing, command: Command, state: State, task: Task) -> None:
    assert isinstance(command, TickItems)
    open_items = unticked(hearing.draft, state)
    wanted = command.items or open_items
    wrong = tuple(item for item in wanted if item not in open_items)
    if state.checklist is None or wrong:
        hearing.no(
            GUARD,
            say("检查单没有这些待勾的项:{items};待勾:{open}", items=wrong, open=open_items),
            source=state.source,
        )
        return
    _check_order(hearing, state, state.checklist, wanted)
    hearing.draft.emit(happened.ItemsTicked(state=state.path, items=tuple(wanted)))


def _check_order(
    hearing: Hearing, state: State, checklist: Checklist, wanted: tuple[str, ...]
) -> None:
    """Lines that come after others wait for them; some lists are ticked line by line."""
    still_open = unticked(hearing.draft, state)
    if checklist.one_at_a_time and len(wanted) > 1:
        hearing.no(
            GUARD,
            say("检查单须逐项勾选,一次一项;这次写了 {items}", items=wanted),
            source=state.source,
        )
    for item in checklist.items:
        first = tuple(name for name in item.after if name in still_open and name not in wanted)
        if item.name in wanted and first:
            hearing.no(
                GUARD,
                say("“{item}”要等 {first} 先勾", item=item.name, first=first),
                source=state.source,
            )
