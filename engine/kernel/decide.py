"""May this person do this now? Events and the facts read, or every reason why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from engine.errors import UsageError
from engine.kernel import events as happened
from engine.kernel.apart import conflicts
from engine.kernel.auto import run_automatic
from engine.kernel.case import Case, Stamp, Status, Task
from engine.kernel.command import (
    ATTACHMENT,
    CONFLICT,
    DELEGATION,
    DONE,
    GUARD,
    LIMIT,
    READONLY,
    ROLE,
    Claim,
    Command,
    Decision,
    Fill,
    Option,
    Perform,
    Reason,
    Refusal,
    Release,
    TickItems,
    in_order,
)
from engine.kernel.draft import Draft
from engine.kernel.facts import CaseFacts
from engine.kernel.options import find_options, options, require_branch, states_in_work, unfinished
from engine.kernel.situation import Situation
from engine.language import forms
from engine.language.definition import Action, Arm, Meaning, Required, Rule, Slot, State
from engine.language.expressions import Expression, explain
from engine.language.forms import FieldType, Values
from engine.text import Text, say

CLAIM, RELEASE, FILL, TICK = "签收", "退还", "填写", "勾选"


@dataclass(slots=True, kw_only=True)
class Hearing:
    """One person's request while it is heard: who stands behind it, and what speaks against."""

    draft: Draft
    actor: str
    principal: str | None
    reasons: list[Reason] = field(default_factory=list)

    @property
    def people(self) -> frozenset[str]:
        return frozenset({self.actor} | ({self.principal} if self.principal else set()))

    @property
    def party(self) -> str:
        return self.principal or self.actor

    def no(self, code: str, text: Text, **more: object) -> None:
        self.reasons.append(Reason(code=code, text=text, **more))  # type: ignore[arg-type]


def decide(case: Case, command: Command, situation: Situation, seq: int) -> Decision | Refusal:
    """Judge one command against the case as it stands at `situation.at`.

    `seq` is the place the record will have. Nothing is changed; the answer holds the
    events that `apply` would fold, or every reason against, main one first.
    Errors: `UsageError` for a name the procedure does not know or an unclear branch.
    """
    require_branch(situation.definition, command.branch)
    match command:
        case Perform():
            return _perform(case, command, situation, seq)
        case Fill():
            return _work(case, command, situation, seq, FILL, _fill)
        case TickItems():
            return _work(case, command, situation, seq, TICK, _tick)
        case Claim():
            return _work(case, command, situation, seq, CLAIM, _claim)
        case Release():
            return _work(case, command, situation, seq, RELEASE, _release)


# -- performing an action -------------------------------------------------------------


def _perform(case: Case, command: Perform, situation: Situation, seq: int) -> Decision | Refusal:
    found = find_options(situation.definition, case, command.action, command.branch)
    hearing = _hearing(case, command.actor, command.principal, situation, seq)
    if not found:
        _say_not_now(hearing, case, command.action)
        return _refusal(hearing, command.action, case.configuration[0])
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
        return _refusal(hearing, action.name, state.path)
    _enter_values(hearing, command, action, state, slot)
    _check_conditions(hearing, command, action, state)
    target = _target(hearing, action, state)
    if hearing.reasons:
        return _refusal(hearing, action.name, state.path)
    return _carry_out(hearing, command, option, slot, task, target)


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
    for task in unsigned or mine or tasks:
        return state.slots[task.slot], task
    return (state.slots[0] if state.slots else None), None


def _hearing(
    case: Case, actor: str, principal: str | None, situation: Situation, seq: int
) -> Hearing:
    stamp = Stamp(seq=seq, at=situation.at, actor=actor, principal=principal)
    hearing = Hearing(draft=Draft(case, situation, stamp), actor=actor, principal=principal)
    if situation.roster.is_readonly(actor):
        hearing.no(
            READONLY,
            say("{person} 的账号只读,不得办理业务", person=situation.roster.name_of(actor)),
        )
    return hearing


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
    if hearing.party in hearing.draft.signers(state):
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
    editable = {*state.edit, *action.edit, *minutes}
    _check_editable(hearing, command.values, editable)
    if command.values:
        hearing.draft.set({n: v for n, v in command.values.items() if n in editable})
    elif not hearing.draft.case.configuration:
        hearing.draft.set({})
    if action.set is not None and not action.arms:
        hearing.draft.effect(action.set)
    if action.append is not None:
        _append(hearing, command, action.append)
    if action.reason:
        return  # sending back does not ask for a finished form
    demanded = (
        *state.require,
        *action.require,
        *(Required(field=name, when=None) for name in minutes),
    )
    facts = hearing.draft.facts()
    required = frozenset(one.field for one in demanded if facts.holds(one.when))
    _check_form(hearing, frozenset(editable), required)


def _check_editable(hearing: Hearing, values: Values, editable: set[str]) -> None:
    fixed = tuple(sorted(name for name in values if name not in editable))
    if fixed:
        hearing.no(GUARD, say("这些字段不能在此环节填写:{fields}", fields=fixed))


def _append(hearing: Hearing, command: Perform, table: str) -> None:
    if command.row is None:
        hearing.no(GUARD, say("请填写“{table}”的一行", table=table))
        return
    hearing.draft.append(table, command.row)


def _check_form(hearing: Hearing, editable: frozenset[str], required: frozenset[str]) -> None:
    form = hearing.draft.situation.definition.form
    problems = forms.check_submission(
        form,
        hearing.draft.case.values,
        editable,
        required,
        hearing.draft.evaluate,
    )
    for problem in problems:
        name = problem.path.split("[")[0]
        found = form.field(name)
        missing = found is not None and found.type is FieldType.ATTACHMENT
        hearing.no(
            ATTACHMENT if missing else GUARD,
            say("{field}:{text}", field=problem.path, text=problem.text),
            source=found.source if found else None,
        )


def _check_conditions(hearing: Hearing, command: Perform, action: Action, state: State) -> None:
    facts = hearing.draft.facts()
    if action.reason and not (command.reason and command.reason.strip()):
        hearing.no(GUARD, say("“{action}”必须写明意见", action=action.name), source=action.source)
    if action.when is not None:
        _require(hearing, facts, action.when, GUARD, action.say, None, action)
    for rule in action.need:
        _check_rule(hearing, facts, rule, action)
    if state.checklist is not None and action.arms and not action.reason and action.home:
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


def unticked(draft: Draft, state: State) -> tuple[str, ...]:
    """The checklist lines of a state that apply and nobody has ticked."""
    if state.checklist is None:
        return ()
    facts = draft.facts()
    ticked = draft.case.ticked.get(state.path, ())
    return tuple(
        item.name
        for item in state.checklist.items
        if item.name not in ticked and facts.holds(item.when)
    )


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
    signing = action.after is not None and action.after.signed
    if signing and task is not None and not _sign(hearing, task, state):
        return _decision(hearing, command, option, task, slot, meaning)
    leaves = option.detached_task is not None or _leaves(action, passes)
    if task is not None and leaves and not signing:
        draft.emit(happened.TaskCompleted(task=task.id, by=hearing.party))
    if action.set is not None and action.arms:
        draft.effect(action.set)
    if action.start is not None:
        draft.effect(action.start)
    if option.detached_task is None:
        reopen = _reopened(action, command, state, draft)
        step = draft.situation.chart.step(draft.case.configuration, action, passes)
        if step is not None:
            draft.move(step, action, reopen)
    run_automatic(draft)
    return _decision(hearing, command, option, task, slot, meaning)


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
    return Decision(
        action=option.action.name,
        state=option.state.path,
        task=task.id if task else None,
        events=tuple(hearing.draft.events),
        values=dict(hearing.draft.values),
        facts=dict(hearing.draft.read),
        meaning=meaning,
        principal=hearing.principal,
        recorded_for=(role.collective or role.outsider) if role else None,
        reason=command.reason,
    )


def _refusal(hearing: Hearing, action: str, state: str) -> Refusal:
    return Refusal(
        action=action,
        state=state,
        reasons=in_order(hearing.reasons),
        facts=dict(hearing.draft.read),
    )


# -- work inside a state: claim, release, fill, tick ------------------------------------

Inside = Callable[[Hearing, Command, State, Task], None]


def _work(
    case: Case,
    command: Fill | TickItems | Claim | Release,
    situation: Situation,
    seq: int,
    name: str,
    inside: Inside,
) -> Decision | Refusal:
    principal = command.principal if isinstance(command, Fill | TickItems) else None
    hearing = _hearing(case, command.actor, principal, situation, seq)
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
        return _refusal(hearing, name, case.configuration[0])
    state = situation.definition.state(tasks[0].state)
    inside(hearing, command, state, tasks[0])
    if hearing.reasons:
        return _refusal(hearing, name, state.path)
    run_automatic(hearing.draft)
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
        and hearing.party
        in hearing.draft.participants(definition.state(task.state).slots[task.slot])
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
        hearing.no(DONE, say("本案已办结({state}),不再办理", state=case.configuration[0]))
        return
    holders = tuple(
        roster.name_of(person)
        for state in states_in_work(hearing.draft.situation.definition, case)
        for slot in state.slots
        for person in hearing.draft.participants(slot)
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
        hearing.no(DONE, say("已由 {person} 签收", person=roster.name_of(task.claimed_by or "")))
        return
    for action in state.actions:
        role = state.slots[task.slot].role.name
        hearing.reasons.extend(conflicts(hearing.draft.facts(), action, role, hearing.people))
    if not hearing.reasons:
        hearing.draft.emit(happened.TaskClaimed(task=task.id, by=hearing.actor))


def _release(hearing: Hearing, command: Command, state: State, task: Task) -> None:
    if task.claimed_by != hearing.actor:
        hearing.no(GUARD, say("这项待办不在您名下,无可退还"))
        return
    hearing.draft.emit(happened.TaskReleased(task=task.id))


def _fill(hearing: Hearing, command: Command, state: State, task: Task) -> None:
    assert isinstance(command, Fill)
    _check_editable(hearing, command.values, set(state.edit))
    hearing.draft.set({n: v for n, v in command.values.items() if n in state.edit})
    _check_form(hearing, frozenset(command.values), frozenset())


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
    hearing.draft.emit(happened.ItemsTicked(state=state.path, items=tuple(wanted)))


def why(case: Case, command: Command, situation: Situation, seq: int) -> tuple[Reason, ...]:
    """Every reason against a command, without doing anything; empty if it may be done."""
    answer = decide(case, command, replace(situation), seq)
    return answer.reasons if isinstance(answer, Refusal) else ()
