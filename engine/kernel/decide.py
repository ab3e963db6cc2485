"""May this person do this now? Events and the facts read, or every reason why not."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import CalendarUnknown, UsageError
from engine.kernel import events as happened
from engine.kernel.apart import conflicts
from engine.kernel.auto import run_automatic
from engine.kernel.case import Case, Task
from engine.kernel.command import (
    CALENDAR,
    CONFLICT,
    DELEGATION,
    DONE,
    GUARD,
    LIMIT,
    ROLE,
    Command,
    Decision,
    Option,
    Perform,
    Reason,
    Refusal,
)
from engine.kernel.draft import Draft
from engine.kernel.entries import Impossible, plan_entries
from engine.kernel.facts import CaseFacts
from engine.kernel.hearing import Hearing, check_form, enter, hear, refusal_of, unticked
from engine.kernel.options import find_options, options, require_branch, unfinished
from engine.kernel.paper import check_paper, with_scans
from engine.kernel.situation import Situation
from engine.kernel.work import decide_work
from engine.language.definition import FILL, Action, Arm, Meaning, Required, Rule, Slot, State
from engine.language.explaining import explain
from engine.language.expressions import Expression
from engine.language.rights import fields_in, shown_of, without
from engine.text import say

EXTEND = say("请补上工作日历并发布")


def decide(case: Case, command: Command, situation: Situation, seq: int) -> Decision | Refusal:
    """Judge one command against the case as it stands at `situation.at`.

    `seq` is the place the record will have. Nothing is changed; the answer holds the
    events that `apply` would fold, or every reason against, main one first.
    Errors: `UsageError` for a name the procedure does not know or an unclear branch.
    """
    require_branch(situation.definition, command.branch)
    try:
        if isinstance(command, Perform):
            return _perform(case, command, situation, seq)
        return decide_work(case, command, situation, seq)
    except CalendarUnknown as error:
        reasons: tuple[Reason, ...] = (Reason(code=CALENDAR, text=error.text, remedy=EXTEND),)
    except Impossible as impossible:
        reasons = impossible.reasons
    action = command.action if isinstance(command, Perform) else FILL
    return Refusal(action=action, state=case.configuration[0], reasons=reasons)


# -- performing an action -------------------------------------------------------------


def _perform(case: Case, command: Perform, situation: Situation, seq: int) -> Decision | Refusal:
    found = find_options(situation.definition, case, command.action, command.branch)
    hearing = hear(case, command.actor, command.principal, situation, seq)
    check_paper(hearing, command.paper)
    if not found:
        _say_not_now(hearing, case, command.action)
        return refusal_of(hearing, command.action, case.configuration[0])
    option, slot, task = _chosen(hearing, found, command)
    action, state = option.action, option.state
    _check_person(hearing, action, state, slot, task)
    if action.refuse is not None:
        hearing.no(
            action.refuse,
            say(
                "“{action}”在“{state}”不予办理:{say}",
                action=action.name,
                state=state.path,
                say=action.say or "",
            ),
            source=action.source,
        )
        return refusal_of(hearing, action.name, state.path)
    _enter_values(hearing, command, action, state, slot)
    _check_conditions(hearing, command, action, state)
    target = _target(hearing, action, state)
    if hearing.reasons:
        return refusal_of(hearing, action.name, state.path)
    try:
        return _carry_out(hearing, command, option, slot, task, target)
    except Impossible as impossible:
        hearing.reasons.extend(impossible.reasons)
        return refusal_of(hearing, action.name, state.path)


def _say_not_now(hearing: Hearing, case: Case, name: str) -> None:
    """The action exists, but not here: somebody was first, or it is not its time."""
    roster = hearing.draft.situation.roster
    done = [act for act in case.acts if act.action == name]
    if done and (case.closed_at is not None or not case.is_in(done[-1].state)):
        zone = hearing.draft.situation.calendar.zone
        hearing.no(
            DONE,
            say(
                "“{action}”已由 {person} 于 {at} 办结",
                action=name,
                person=roster.name_of(done[-1].actor),
                at=done[-1].at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            ),
        )
        return
    if case.closed_at is not None:
        hearing.no(DONE, say("本案已办结({state}),不再办理", state=case.configuration[0]))
        return
    possible = dict.fromkeys(
        option.action.name for option in options(hearing.draft.situation.definition, case)
    )
    hearing.no(
        GUARD,
        say(
            "现处“{state}”,没有动作“{action}”;此时可办:{possible}",
            state=case.configuration,
            action=name,
            possible=tuple(possible) or (say("无"),),
        ),
    )


def _chosen(
    hearing: Hearing, found: tuple[Option, ...], command: Perform
) -> tuple[Option, Slot | None, Task | None]:
    """The option this person means: the one that is his, else the first.

    Errors: `UsageError` if several branches offer him the action.
    """
    mine = []
    for option in found:
        slot, task = _place(hearing, option.action, option.state, option.detached_task)
        if slot is not None and hearing.party in hearing.draft.participants(slot):
            mine.append((option, slot, task))
    if len({option.state.path for option, _, _ in mine}) > 1:
        raise UsageError(
            say(
                "“{action}”在 {states} 都可以办,请用 --branch 指明",
                action=command.action,
                states=tuple(option.state.path for option, _, _ in mine),
            )
        )
    if mine:
        return mine[0]
    for option in found:
        slot, task = _place(hearing, option.action, option.state, option.detached_task)
        principal = _principal(hearing, slot)
        if principal is not None:
            hearing.principal = principal
            return (option, *_place(hearing, option.action, option.state, option.detached_task))
    option = found[0]
    return (option, *_place(hearing, option.action, option.state, option.detached_task))


def _principal(hearing: Hearing, slot: Slot | None) -> str | None:
    """The one participant who has delegated to the actor, if he named none himself."""
    if slot is None or hearing.principal is not None:
        return None
    situation = hearing.draft.situation
    people = hearing.draft.participants(slot)
    found = [
        delegation.from_person
        for delegation in situation.roster.delegations_to(hearing.actor)
        if delegation.from_person in people
        and (not delegation.processes or situation.definition.name in delegation.processes)
    ]
    return found[0] if len(found) == 1 else None


def _place(
    hearing: Hearing, action: Action, state: State, detached: str | None
) -> tuple[Slot | None, Task | None]:
    """The slot the action is done in, and the open task that stands for it."""
    if action.by_system and action.who is None:
        return None, None
    if action.who is not None:
        return action.who, None
    tasks = [
        task
        for task in hearing.draft.case.open_tasks
        if task.state == state.path and (detached is None or task.id == detached)
    ]
    mine = [
        task
        for task in tasks
        if hearing.party in hearing.draft.participants(state.slots[task.slot])
    ]
    unsigned = [task for task in mine if hearing.party not in task.signed_by]
    if not unsigned and not action.is_signature:
        for _, slot in hearing.draft.slots(state):
            if hearing.party in hearing.draft.participants(slot):
                return slot, None
    for task in unsigned or mine or tasks:
        return state.slots[task.slot], task
    return (state.slots[0] if state.slots else None), None


# -- who ------------------------------------------------------------------------------


def _check_person(
    hearing: Hearing, action: Action, state: State, slot: Slot | None, task: Task | None
) -> None:
    roster = hearing.draft.situation.roster
    role = slot.role.name if slot else ""
    if hearing.principal is not None:
        _check_delegation(hearing)
    hearing.reasons.extend(conflicts(hearing.draft.facts(), action, role, hearing.people))
    if slot is None:
        hearing.no(ROLE, say("“{action}”由系统办理,不由人办理", action=action.name))
        return
    people = hearing.draft.participants(slot)
    hearing.draft.read[f"who({role})"] = people
    if hearing.party not in people:
        hearing.no(
            ROLE,
            say(
                "{person} 不是“{role}”;应由 {people} 办理",
                person=roster.name_of(hearing.party),
                role=role,
                people=tuple(roster.name_of(one) for one in people) or (say("(无人在岗)"),),
            ),
            source=action.source,
        )
    if task is None:
        return
    if task.claimed_by not in (None, hearing.actor, hearing.principal):
        hearing.no(
            CONFLICT,
            say("已由 {person} 签收,正在办理", person=roster.name_of(task.claimed_by or "")),
        )
    if action.is_signature and hearing.party in hearing.draft.signers(state):
        hearing.no(DONE, say("{person} 已在本环节签过", person=roster.name_of(hearing.party)))


def _check_delegation(hearing: Hearing) -> None:
    situation = hearing.draft.situation
    granted = [
        delegation
        for delegation in situation.roster.delegations_to(hearing.actor)
        if delegation.from_person == hearing.principal
        and (not delegation.processes or situation.definition.name in delegation.processes)
    ]
    if not granted:
        hearing.no(
            DELEGATION,
            say(
                "{person} 此时没有 {principal} 的有效委托",
                person=situation.roster.name_of(hearing.actor),
                principal=situation.roster.name_of(hearing.principal or ""),
            ),
        )


# -- what -----------------------------------------------------------------------------


def _enter_values(
    hearing: Hearing, command: Perform, action: Action, state: State, slot: Slot | None
) -> None:
    """Put what was typed into the draft, and say what is wrong or missing."""
    minutes = slot.role.minutes if slot and slot.role.is_recorded else ()
    editable = (*state.edit, *action.edit, *minutes)
    enter(hearing, command.values, editable)
    if action.set is not None and not action.arms:
        hearing.draft.effect(action.set)
    if action.append is not None:
        _append(hearing, command, action.append)
    if action.reason or _gives_up(hearing, action):
        return  # sending back and giving up do not ask for a finished form
    demanded = (
        *state.require,
        *action.require,
        *(Required(field=name, when=None) for name in minutes),
    )
    facts = hearing.draft.facts()
    required = frozenset(one.field for one in demanded if facts.holds(one.when))
    check_form(hearing, fields_in(editable), required)


def _gives_up(hearing: Hearing, action: Action) -> bool:
    """Whether the action can only end the case without a result."""
    definition = hearing.draft.situation.definition
    targets = [definition.find_state(to) for to in definition.targets(action)]
    return bool(targets) and all(
        state is not None and state.result in ("rejected", "cancelled") for state in targets
    )


def _append(hearing: Hearing, command: Perform, table: str) -> None:
    if command.row is None:
        hearing.no(GUARD, say("请填写“{table}”的一行", table=table))
        return
    hearing.draft.append(table, command.row)


def _check_conditions(hearing: Hearing, command: Perform, action: Action, state: State) -> None:
    facts = hearing.draft.facts()
    if action.reason and not (command.reason and command.reason.strip()):
        hearing.no(GUARD, say("“{action}”必须写明意见", action=action.name), source=action.source)
    if action.when is not None:
        _require(hearing, facts, action.when, GUARD, action.say, None, action)
    for rule in action.need:
        _check_rule(hearing, facts, rule, action)
    hearing.reasons.extend(plan_entries(action.post, facts).reasons)
    goes_on = any(arm.to is not None for arm in action.arms)
    if state.checklist is not None and goes_on and not action.reason and action.home:
        open_items = unticked(hearing.draft, state)
        if open_items:
            hearing.no(
                state.checklist.refuse,
                say("检查单还有 {count} 项未勾:{items}", count=len(open_items), items=open_items),
                source=state.source,
            )
    if action.after is not None and not action.after.signed:
        waiting = unfinished(action.after, state, hearing.draft.case)
        if waiting:
            hearing.no(
                GUARD,
                say(
                    "以下各支尚未完成:{branches}",
                    branches=tuple(path.rpartition("/")[2] for path in waiting),
                ),
                source=action.source,
            )


def _check_rule(hearing: Hearing, facts: CaseFacts, rule: Rule, action: Action) -> None:
    _require(hearing, facts, rule.that, rule.refuse, rule.say, rule.name or rule.cite, action, rule)


def _require(
    hearing: Hearing,
    facts: CaseFacts,
    that: Expression,
    code: str,
    words: str | None,
    name: str | None,
    action: Action,
    rule: Rule | None = None,
) -> None:
    for because in explain(that, facts):
        text = (
            because.text if words is None else say("{words}({why})", words=words, why=because.text)
        )
        hearing.no(code, text, rule=name, source=rule.source if rule else action.source)


def _target(hearing: Hearing, action: Action, state: State) -> Callable[[int], bool]:
    """Which arm the chart may take; refuses when the rounds are used up."""
    beyond = len(action.arms)
    facts = hearing.draft.facts()
    used = hearing.draft.case.rounds(action.id if action.home else action.name)
    over = action.limit is not None and used >= action.limit
    if over and action.beyond is None:
        hearing.no(
            LIMIT,
            say("“{action}”已满 {limit} 次", action=action.name, limit=action.limit),
            source=action.source,
        )

    def passes(arm: int) -> bool:
        if over:
            return arm == beyond
        return arm < beyond and facts.holds(action.arms[arm].when)

    return passes


# -- yes ------------------------------------------------------------------------------


def _carry_out(
    hearing: Hearing,
    command: Perform,
    option: Option,
    slot: Slot | None,
    task: Task | None,
    passes: Callable[[int], bool],
) -> Decision:
    draft, action, state = hearing.draft, option.action, option.state
    meaning = action.meaning if action.meaning is not Meaning.NONE else state.meaning
    if action.reason and meaning is Meaning.APPROVAL:
        meaning = Meaning.REJECTION
    draft.emit(
        happened.Acted(
            system=False,
            state=state.path,
            action=action.name,
            task=task.id if task else None,
            role=slot.role.name if slot else "",
            duties=action.duties,
            meaning=meaning.value,
        )
    )
    signing = action.is_signature
    if signing:
        _note_what_is_seen(draft, state)
    if signing and task is not None and not _sign(hearing, task, state):
        return _decision(hearing, command, option, task, slot, meaning)
    leaves = option.detached_task is not None or _leaves(action, passes)
    if task is not None and leaves and not signing:
        draft.emit(happened.TaskCompleted(task=task.id, by=hearing.party))
    if action.set is not None and action.arms:
        draft.effect(action.set)
    draft.enter(action.post)
    if action.start is not None:
        draft.effect(action.start)
    if option.detached_task is None:
        reopen = _reopened(action, command, state, draft)
        step = draft.situation.chart.step(draft.case.configuration, action, passes)
        if step is not None:
            draft.move(step, action, reopen)
    run_automatic(draft)
    return _decision(hearing, command, option, task, slot, meaning)


def _note_what_is_seen(draft: Draft, state: State) -> None:
    """A signature covers what its signer saw: the fields of `sees`, or every one not hidden."""
    for field in without(draft.situation.definition.form.fields, state.hide):
        if field.name in draft.case.values and (not state.sees or field.name in state.sees):
            value = draft.case.values[field.name]
            draft.read[f"saw({field.name})"] = shown_of(field, value)


def _leaves(action: Action, passes: Callable[[int], bool]) -> bool:
    chosen: Arm | None = next(
        (arm for number, arm in enumerate(action.arms) if passes(number)), None
    )
    return (chosen is not None and chosen.to is not None) or passes(len(action.arms))


def _sign(hearing: Hearing, task: Task, state: State) -> bool:
    """Give one signature. True once the whole sign-off is complete."""
    draft = hearing.draft
    draft.emit(happened.TaskSigned(task=task.id, by=hearing.party))
    now = draft.case.task(task.id)
    if len(now.signed_by) >= now.need:
        draft.emit(happened.TaskCompleted(task=task.id, by=hearing.party))
    if draft.sign_off_is_complete(state):
        draft.emit(happened.SignOffCompleted(state=state.path))
        return True
    if state.order and not any(one.state == state.path for one in draft.case.open_tasks):
        draft.offer(state)
        draft.set_deadline(state)
    return False


def _reopened(action: Action, command: Perform, state: State, draft: Draft) -> tuple[str, ...]:
    """The full paths of the branches to be opened again; () if it is not that kind of move.

    Errors: `UsageError` if the person must choose and named none, or a wrong one.
    """
    if action.reopen is None:
        return ()
    target = next(arm.to for arm in action.arms if arm.to is not None)
    branches = {inner.name: inner.path for inner in draft.situation.definition.state(target).inner}
    names = action.reopen or command.reopen
    wrong = [name for name in names if name.rpartition("/")[2] not in branches]
    if not names or wrong:
        raise UsageError(say("请用 --reopen 指明退回哪一支:{branches}", branches=tuple(branches)))
    return tuple(branches[name.rpartition("/")[2]] for name in names)


def _decision(
    hearing: Hearing,
    command: Perform,
    option: Option,
    task: Task | None,
    slot: Slot | None,
    meaning: Meaning,
) -> Decision:
    role = slot.role if slot else None
    hearing.draft.require_balance()
    return Decision(
        action=option.action.name,
        state=option.state.path,
        task=task.id if task else None,
        events=tuple(hearing.draft.events),
        values=with_scans(hearing.draft.values, command.paper),
        facts=dict(hearing.draft.read),
        meaning=meaning,
        principal=hearing.principal,
        recorded_for=(role.collective or role.outsider) if role else None,
        reason=command.reason,
    )
