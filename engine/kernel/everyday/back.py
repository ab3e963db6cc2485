"""Back the way one came: 退回 to any earlier state, 撤回 of one's own act, 重开."""

from __future__ import annotations

from engine.errors import UnknownName, UsageError
from engine.kernel import events as happened
from engine.kernel.case import Moved, Purpose
from engine.kernel.command import DONE, ROLE
from engine.kernel.course import go_back_to, jump, landing_of
from engine.kernel.everyday.asking import Asking
from engine.language.calendar import due
from engine.language.definition import RETURN, WITHDRAW, Kind, State, is_within
from engine.text import say


def send_back(asking: Asking) -> None:
    """To a state the case has been through, or one branch of a parallel one.

    Then everything after it is done again; or, if the procedure lets it, the case comes
    straight back here once it is mended. Errors: `UsageError` without a target.
    """
    seat = asking.my_seat()
    asking.require_reason()
    asking.require_rounds()
    target = _target(asking)
    if seat is None or target is None:
        return
    if seat.task is not None and seat.task.consigned_by is not None:
        asking.no(say("受委派的事不能退回;请“交回”"))
    landing = landing_of(asking.draft, target.path)
    is_branch = landing is not None and landing.path != target.path
    returns = _returns(asking)
    if asking.hearing.reasons or landing is None:
        return
    draft = asking.draft
    origin = draft.case.configuration
    if is_within(origin[0], landing.path):
        asking.no(say("现在就在“{state}”", state=landing.path))
        return
    returns = returns and not is_branch
    draft.emit(happened.SentBack(to=target.path, origin=origin, returns=returns))
    jump(draft, landing.path, RETURN, (target.path,) if is_branch else ())


def _target(asking: Asking) -> State | None:
    definition, case = asking.draft.situation.definition, asking.draft.case
    wanted = asking.command.state
    if not wanted:
        where = say("请用 --to 写明退回到哪个环节:{states}", states=_earlier(asking))
        if not asking.command.reason:
            where = say("{where};并用 --reason 写明意见", where=where)
        raise UsageError(where)
    known = [one for one in definition.walk() if wanted in (one.path, one.name)]
    if not known:
        raise UnknownName(say("环节"), wanted, [one.path for one in definition.walk()])
    targets = asking.rule.targets
    target = known[0]
    if targets and target.path not in targets:
        asking.no(say("只能退回到 {states}", states=targets))
    elif target.path not in case.entered or target.kind in (Kind.FINAL, Kind.WAIT):
        asking.no(
            say(
                "本案没有经过“{state}”;可退回到 {states}",
                state=target.path,
                states=_earlier(asking) or (say("无"),),
            )
        )
    return target


def _earlier(asking: Asking) -> tuple[str, ...]:
    """The states the case has been through and can be sent back to."""
    definition, case = asking.draft.situation.definition, asking.draft.case
    allowed = asking.rule.targets
    return tuple(
        state.path
        for state in definition.walk()
        if state.path in case.entered
        and state.kind not in (Kind.FINAL, Kind.WAIT)
        and not case.is_in(state.path)
        and (not allowed or state.path in allowed)
    )


def _returns(asking: Asking) -> bool:
    then, wanted = asking.rule.then, asking.command.returns
    if then == "choose":
        if wanted is None:
            raise UsageError(
                say("请写明改好后 --then back(直接回到我这里)还是 --then replay(逐级重走)")
            )
        return wanted
    if wanted is not None and wanted != (then == "back"):
        asking.no(say("本流程退回后只能“{then}”", then=then))
    return then == "back"


def withdraw(asking: Asking) -> None:
    """Take back one's own last act: freely while nobody has acted since, else with consent."""
    asking.require_within()
    asking.require_reason()
    move = _last_move(asking)
    if move is None:
        asking.no(say("本案还没有可撤回的步骤"))
        return
    if move.actor != asking.hearing.actor:
        asking.no(
            say("最近一步由 {person} 办理,只有本人能撤回", person=asking.name(move.actor)), ROLE
        )
        return
    if asking.draft.case.withdrawal is not None:
        remedy = say("请等对方“同意撤回”或“不同意撤回”")
        asking.no(say("已请求撤回,正等对方同意"), DONE, remedy=remedy)
        return
    since = _acted_since(asking, move)
    if since and not asking.rule.consent:
        text = say("{people} 已经办理,不能撤回", people=asking.names(since))
        asking.no(text, DONE, remedy=say("可请现在的办理人退回"))
    if asking.hearing.reasons:
        return
    if not since:
        go_back_to(asking.draft, move.before, WITHDRAW)
        return
    asking.draft.emit(happened.WithdrawalAsked(by=asking.party, to=move.before))
    for person in since:
        asking.draft.ask(
            Purpose.CONSENT,
            state=asking.draft.case.configuration[0],
            slot=0,
            role=WITHDRAW,
            people=(person,),
        )


def _last_move(asking: Asking) -> Moved | None:
    """The first move of the last record in which a person has moved the case."""
    moves = [one for one in asking.draft.case.moves if one.before]
    last = next((one for one in reversed(moves) if asking.draft.is_person(one.actor)), None)
    return next((one for one in moves if last and one.seq == last.seq), None)


def _acted_since(asking: Asking, move: Moved) -> tuple[str, ...]:
    """Everybody else who has acted, signed or entered something since the move."""
    case = asking.draft.case
    acted = (act for act in case.acts if act.seq > move.seq)
    people = (person for act in acted for person in sorted(act.people))
    claimed = (one.claimed_by for one in case.open_tasks if one.claimed_by)
    found = dict.fromkeys((*people, *claimed))
    return tuple(one for one in found if asking.draft.is_person(one) and one != asking.party)


def consent(asking: Asking) -> None:
    """One of those asked agrees to the withdrawal; it happens when all have."""
    task = asking.my_question(Purpose.CONSENT)
    withdrawal = asking.draft.case.withdrawal
    if task is None or withdrawal is None:
        asking.no(say("没有请 {person} 同意的撤回", person=asking.name(asking.party)), ROLE)
        return
    draft = asking.draft
    draft.emit(happened.TaskCompleted(task=task.id, by=asking.party))
    if not any(one.purpose is Purpose.CONSENT for one in draft.case.asked):
        go_back_to(draft, withdrawal.to, WITHDRAW)


def decline(asking: Asking) -> None:
    """One of those asked does not agree: everything stays as it is."""
    task = asking.my_question(Purpose.CONSENT)
    asking.require_reason()
    if task is None:
        asking.no(say("没有请 {person} 同意的撤回", person=asking.name(asking.party)), ROLE)
    if asking.hearing.reasons:
        return
    draft = asking.draft
    for one in draft.case.asked:
        if one.purpose is Purpose.CONSENT:
            draft.emit(happened.TaskCancelled(task=one.id, why=asking.command.verb))
    draft.emit(happened.WithdrawalEnded(why=asking.command.verb))


def reopen(asking: Asking) -> None:
    """Open a closed case again at a state the procedure names; what was done stays done."""
    asking.require_who((), say("流程规定的人"))
    asking.require_reason()
    draft = asking.draft
    case, calendar = draft.case, draft.situation.calendar
    if case.closed_at is None:
        asking.no(say("本案没有办结,不必重开"))
        return
    asking.require_within()
    if case.parent is not None:
        asking.no(say("父案已据本案的结果办理;请在父案另开子案"))
    if asking.rule.span is not None and draft.at > due(case.closed_at, asking.rule.span, calendar):
        asking.no(say("办结已久,过了可以重开的期限"))
    target = asking.rule.targets[0]
    wanted = asking.command.state
    if wanted is not None and wanted not in asking.rule.targets:
        asking.no(say("只能重开到 {states}", states=asking.rule.targets))
    elif wanted is not None:
        target = wanted
    if asking.hearing.reasons:
        return
    draft.emit(happened.CaseReopened(state=target))
    jump(draft, target, asking.command.verb)
