"""挂起 and 恢复: work rests, every clock stands still, and the time lost is on record."""

from __future__ import annotations

from engine.errors import UsageError
from engine.kernel import events as happened
from engine.kernel.case import WHOLE
from engine.kernel.clocks import resumed_dues
from engine.kernel.command import LIMIT
from engine.kernel.everyday.asking import Asking
from engine.language.calendar import due
from engine.text import say


def suspend(asking: Asking) -> None:
    """Stop the case until a day, with a reason; that day its holder is reminded."""
    asking.require_who((), say("流程规定的人"))
    asking.require_within()
    asking.require_reason()
    draft, until = asking.draft, asking.command.until
    calendar = draft.situation.calendar
    if until is None:
        raise UsageError(say("请用 --until 写明预计恢复的日期"))
    if until <= draft.facts().today:
        asking.no(say("预计恢复日须晚于今天"))
    if asking.rule.span is not None:
        latest = due(draft.at, asking.rule.span, calendar).astimezone(calendar.zone).date()
        if until > latest:
            asking.no(say("最长可挂起到 {latest}", latest=str(latest)), LIMIT)
    if asking.hearing.reasons:
        return
    running = tuple(one.id for one in draft.case.timers if not one.stopped)
    draft.emit(happened.CaseSuspended(until=until, timers=running))
    draft.remind_at(WHOLE, calendar.close(until))


def resume(asking: Asking) -> None:
    """Let the clocks go on: what was measured in working time moves by the time lost."""
    asking.require_who((), say("流程规定的人"))
    draft = asking.draft
    if not draft.case.is_suspended:
        asking.no(say("本案没有挂起"))
        return
    for timer in draft.case.timers:
        if timer.state == WHOLE and timer.kind == "remind":
            draft.emit(happened.TimerCancelled(timer=timer.id))
    since = draft.case.stopped[WHOLE]
    stopped = tuple(
        one for one in draft.case.timers if one.stopped and not draft.is_stopped_elsewhere(one)
    )
    draft.emit(
        happened.CaseResumed(
            timers=tuple(one.id for one in stopped),
            dues=resumed_dues(stopped, since, draft.situation, draft.facts()),
        )
    )
