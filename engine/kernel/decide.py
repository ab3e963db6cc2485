"""May this person do this now? Events and the facts read, or every reason why not."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import CalendarUnknown
from engine.kernel.apart import conflicts
from engine.kernel.applying import misplaced_in_rows
from engine.kernel.carrying import carry_out
from engine.kernel.case import Case
from engine.kernel.command import (
    CONFLICT,
    DONE,
    GUARD,
    LIMIT,
    ROLE,
    SIGN_VOID,
    Command,
    Decision,
    Everyday,
    Perform,
    Reason,
    Refusal,
    no_comment,
)
from engine.kernel.delegating import check_delegation, check_limit
from engine.kernel.entries import Impossible, plan_entries
from engine.kernel.everyday.deciding import decide_everyday
from engine.kernel.facts import CaseFacts
from engine.kernel.hearing import Hearing, check_form, enter, hear, refusal_of, unticked
from engine.kernel.nextstep import has_signed, is_done, off_the_calendar
from engine.kernel.options import find_options, options, require_branch, unfinished
from engine.kernel.paper import check_paper
from engine.kernel.seats import Seat, choose_seat
from engine.kernel.signing import is_joint
from engine.kernel.situation import Situation
from engine.kernel.stranding import strands
from engine.kernel.work import decide_work
from engine.language.definition import FILL, Action, Required, Rule, State
from engine.language.explaining import explain
from engine.language.expressions import Expression
from engine.language.rights import fields_in
from engine.text import say


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
        if isinstance(command, Everyday):
            return decide_everyday(case, command, situation, seq)
        return decide_work(case, command, situation, seq)
    except CalendarUnknown as error:
        reasons: tuple[Reason, ...] = (off_the_calendar(error, situation),)
    except Impossible as impossible:
        reasons = impossible.reasons
    action = command.action if isinstance(command, Perform) else FILL
    if isinstance(command, Everyday):
        action = command.verb
    return Refusal(action=action, state=case.configuration[0], reasons=reasons)


# -- performing an action -------------------------------------------------------------


def _perform(case: Case, command: Perform, situation: Situation, seq: int) -> Decision | Refusal:
    found = find_options(situation.definition, case, command.action, command.branch)
    hearing = hear(case, command.actor, command.principal, situation, seq)
    check_paper(hearing, command.paper)
    if not found:
        _say_not_now(hearing, case, command.action)
        return refusal_of(hearing, command.action, case.configuration[0])
    option, seat = choose_seat(hearing, found, command.action)
    action, state = option.action, option.state
    _check_person(hearing, action, state, seat)
    _check_course(hearing, action, seat)
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
            is_final=True,
        )
        return refusal_of(hearing, action.name, state.path)
    _enter_values(hearing, command, action, state, seat)
    check_limit(hearing)
    _check_conditions(hearing, command, action, state)
    target = _target(hearing, action, state)
    if hearing.reasons:
        return refusal_of(hearing, action.name, state.path)
    try:
        return carry_out(hearing, command, option, seat, target)
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
            remedy=is_done(hearing.draft),
        )
        return
    if case.closed_at is not None:
        hearing.close(case)
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


# -- who ------------------------------------------------------------------------------


def _check_person(hearing: Hearing, action: Action, state: State, seat: Seat) -> None:
    roster = hearing.draft.situation.roster
    role, task, people = seat.role, seat.task, seat.people
    check_delegation(hearing)
    hearing.reasons.extend(conflicts(hearing.draft.facts(), action, role, hearing.people))
    if seat.slot is None:
        hearing.no(ROLE, say("“{action}”由系统办理,不由人办理", action=action.name), is_final=True)
        return
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
    if hearing.principal is not None and not action.reason and not hearing.reasons:
        hearing.reasons.extend(strands(hearing.draft, state, role, hearing.people, people))
    signed = hearing.draft.signers(state)
    if state.vote is not None and task is not None:
        signed = frozenset(task.signed_by)  # somebody in two places has a ballot in each
    if is_joint(hearing.draft, action, state) and hearing.party in signed:
        text = say("{person} 已在本环节签过", person=roster.name_of(hearing.party))
        hearing.no(DONE, text, remedy=has_signed(hearing.draft, state.path, hearing.party))
    if task is None:
        return
    if task.claimed_by not in (None, hearing.actor, hearing.principal):
        hearing.no(
            CONFLICT,
            say("已由 {person} 签收,正在办理", person=roster.name_of(task.claimed_by or "")),
        )
    if task.consigned_by is not None:
        hearing.no(
            GUARD,
            say(
                "此事受 {person} 委派,办完请“交回”,由其办理",
                person=roster.name_of(task.consigned_by),
            ),
        )


def _check_course(hearing: Hearing, action: Action, seat: Seat) -> None:
    """Nothing goes on while the case rests, a signature has fallen, or somebody signs before."""
    case, roster = hearing.draft.case, hearing.draft.situation.roster
    if case.is_suspended:
        hearing.no(GUARD, say("本案已挂起,恢复后再办"))
    if not action.moves or action.reason:
        return
    for task in case.to_sign_again():
        hearing.no(
            SIGN_VOID,
            say(
                "{person} 在“{state}”的签字已失效,须先重签",
                person=tuple(roster.name_of(one) for one in task.people),
                state=task.state,
            ),
        )
    for task in case.open_tasks:
        if task.is_before and seat.task is not None and task.beside == seat.task.id:
            hearing.no(
                GUARD,
                say("须待加签人 {person} 先签", person=roster.name_of(task.people[0])),
            )


# -- what -----------------------------------------------------------------------------


def _enter_values(
    hearing: Hearing, command: Perform, action: Action, state: State, seat: Seat
) -> None:
    """Put what was typed into the draft, and say what is wrong or missing."""
    slot = seat.slot
    minutes = slot.role.minutes if slot and slot.role.is_recorded else ()
    editable = (*state.edit, *action.edit, *minutes)
    enter(hearing, command.values, editable)
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
    hearing.draft.typed.add(table)
    hearing.draft.append(table, command.row)
    field = hearing.draft.situation.definition.form.field(table)
    if field is not None:
        hearing.reasons.extend(misplaced_in_rows(hearing.draft, field, (command.row,)))


def _check_conditions(hearing: Hearing, command: Perform, action: Action, state: State) -> None:
    facts = hearing.draft.facts()
    if action.reason and not (command.reason and command.reason.strip()):
        hearing.reasons.append(no_comment(action.name, action.source))
    if action.when is not None:
        _require(hearing, facts, action.when, GUARD, action.say, None, action)
    for rule in action.need:
        _check_rule(hearing, facts, rule, action)
    hearing.reasons.extend(plan_entries(action.post, facts).reasons)
    if state.checklist is not None and action.moves and not action.reason and action.home:
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
            is_final=True,
        )

    def passes(arm: int) -> bool:
        if over:
            return arm == beyond
        return arm < beyond and facts.holds(action.arms[arm].when)

    return passes
