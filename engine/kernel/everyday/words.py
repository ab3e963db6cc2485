"""Words that move nothing: 催办, 抄送, 批注."""

from __future__ import annotations

from engine.errors import UsageError
from engine.kernel import events as happened
from engine.kernel.command import LIMIT
from engine.kernel.everyday.asking import Asking
from engine.language.calendar import due
from engine.language.definition import URGE
from engine.text import say


def urge(asking: Asking) -> None:
    """Remind those who hold the work, not more often than the procedure allows."""
    asking.require_who(asking.involved(), say("立案人和经办过本案的人"))
    asking.require_within()
    draft = asking.draft
    holders = tuple(
        dict.fromkeys(
            person
            for task in draft.case.asked
            if asking.is_named_branch(task.state)
            for person in ((task.claimed_by,) if task.claimed_by else draft.people_of(task))
            if person != asking.party
        )
    )
    if not holders:
        asking.no(say("现在没有别人可催"))
    last = next((act for act in reversed(asking.case.acts) if act.action == URGE), None)
    span = asking.rule.span
    if last is not None and span is not None:
        again = due(last.at, span, draft.situation.calendar)
        if draft.at < again:
            zone = draft.situation.calendar.zone
            asking.no(
                say(
                    "{person} 已于 {at} 催过;{again} 之后可以再催",
                    person=asking.name(last.actor),
                    at=last.at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
                    again=again.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
                ),
                LIMIT,
            )
    if not asking.hearing.reasons:
        words = asking.command.reason or ""
        draft.emit(happened.PeopleTold(people=holders, say=words or URGE))


def copy(asking: Asking) -> None:
    """Let others know; nobody gets the same case twice."""
    asking.require_who(asking.involved(), say("立案人和经办过本案的人"))
    asking.require_within()
    draft, people = asking.draft, asking.command.people
    if not people:
        raise UsageError(say("请用 --to 写明抄送给谁"))
    if asking.rule.to is not None:
        allowed = draft.facts().people(asking.rule.to)
        strangers = tuple(one for one in people if one not in allowed)
        if strangers:
            asking.no(
                say(
                    "不能抄送给 {people};可以抄送给 {allowed}",
                    people=asking.names(strangers),
                    allowed=asking.names(allowed),
                )
            )
    new = tuple(one for one in people if one not in draft.case.copied)
    if not new:
        asking.no(say("已抄送过 {people}", people=asking.names(people)))
    if not asking.hearing.reasons:
        draft.emit(happened.CopySent(people=new))


def comment(asking: Asking) -> None:
    """A remark that stays with the case."""
    asking.require_who(asking.involved(), say("立案人和经办过本案的人"))
    asking.require_within()
    asking.require_reason()
