"""What the roster itself says no to, whoever asks for the change: a person or a procedure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from engine.kernel.command import AB_ABSENT, DELEGATION, GUARD, Reason
from engine.kernel.elsewhere import Elsewhere
from engine.language.amendments import (
    Amendment,
    Delegated,
    DelegationEnded,
    LeaveEnded,
    LeaveTaken,
    LiaisonNamed,
    LiaisonRemoved,
    PersonLeft,
    PostGranted,
    QualificationGained,
)
from engine.language.roster import RosterView
from engine.text import Text, say


def objections(amendment: Amendment, roster: RosterView) -> tuple[Reason, ...]:
    """Every reason against an amendment, as of the day it is to take effect."""
    return tuple(_objections(amendment, roster.on_day(amendment.from_)))


def in_hand(
    amendment: Amendment, elsewhere: Elsewhere, roster: RosterView, besides: str = ""
) -> tuple[Reason, ...]:
    """Nobody's account is stopped over work that nobody else could then do, the case `besides`
    aside.
    """
    if not isinstance(amendment, PersonLeft):
        return ()
    person = amendment.person
    numbers = tuple(
        dict.fromkeys(
            task.number
            for task in elsewhere.tasks_of(person)
            if task.case != besides and task.is_in_hands_of(person)
        )
    )
    if not numbers:
        return ()
    text = say(
        "{person} 名下还有待办未移交:{numbers}", person=roster.name_of(person), numbers=numbers
    )
    return (_no(text, remedy=say("请先转办或移交")),)


def _objections(amendment: Amendment, roster: RosterView) -> Iterator[Reason]:
    until: date | None = getattr(amendment, "until", None)
    if until is not None and until < amendment.from_:
        yield _no(say("止于 {until},早于起始的 {since}", until=until, since=amendment.from_))
    for person in _people(amendment):
        yield from _gone(person, roster)
    match amendment:
        case LeaveTaken():
            yield from _partner_away(amendment.person, amendment, roster)
        case Delegated():
            yield from _unfit(amendment, roster)
            if amendment.is_whole:
                yield from _partner_away(amendment.from_person, amendment, roster)
        case DelegationEnded():
            yield from _not_delegated(amendment, roster)
        case LeaveEnded():
            if not roster.is_away(amendment.person):
                name = roster.name_of(amendment.person)
                yield _no(say("{person} 在 {on} 不在请假中", person=name, on=roster.on))
        case PersonLeft():
            yield from _unfit_successor(amendment, roster)
        case LiaisonNamed():
            yield from _unfit_liaison(amendment, roster)
        case LiaisonRemoved():
            yield from _last_liaison(amendment, roster)


def _no(text: Text, code: str = GUARD, remedy: Text | None = None) -> Reason:
    return Reason(code=code, text=text, remedy=remedy)


def _people(amendment: Amendment) -> tuple[str, ...]:
    """Those who must still be with the office for it to make sense."""
    match amendment:
        case Delegated():
            return (amendment.from_person, amendment.to_person)
        case PersonLeft(successor=str(successor)):
            return (amendment.person, successor)
        case PostGranted() | LeaveTaken() | LiaisonNamed() | QualificationGained() | PersonLeft():
            return (amendment.person,)
    return ()


def _gone(person: str, roster: RosterView) -> Iterator[Reason]:
    since = roster.left_on(person)
    if since is not None and since <= roster.on:
        yield _no(say("{person} 已于 {on} 离岗", person=roster.name_of(person), on=since))


def _partner_away(
    person: str, wanted: LeaveTaken | Delegated, roster: RosterView
) -> Iterator[Reason]:
    """One of an A/B pair is always there: neither on leave nor with everything left to another."""
    for partner in roster.partners_of(person):
        leaves = (one for one in roster.leaves if one.person == partner)
        left = (one for one in roster.delegations if one.from_person == partner and one.is_whole)
        away: list[LeaveTaken | Delegated] = [*leaves, *left]
        for one in away:
            if one.from_ <= wanted.until and wanted.from_ <= one.until:
                text = say(
                    "{person} 与 {partner} 互为AB岗,{partner} {since} 至 {until} 已外出",
                    person=roster.name_of(person),
                    partner=roster.name_of(partner),
                    since=one.from_,
                    until=one.until,
                )
                remedy = say("AB岗不得同时外出,请错开日期")
                yield _no(text, AB_ABSENT, remedy)
                break


def _unfit(wanted: Delegated, roster: RosterView) -> Iterator[Reason]:
    if wanted.from_person == wanted.to_person:
        yield _no(say("不必委托给自己"), DELEGATION)
    if roster.is_readonly(wanted.to_person):
        name = roster.name_of(wanted.to_person)
        yield _no(say("{person} 的账号只读,不得办理业务", person=name), DELEGATION)
    if wanted.limit is not None and wanted.limit <= 0:
        yield _no(say("委托的限额须大于零"), DELEGATION)


def _unfit_successor(left: PersonLeft, roster: RosterView) -> Iterator[Reason]:
    if left.successor == left.person:
        yield _no(say("离岗人不能接替自己"))
    elif left.successor is not None and roster.is_readonly(left.successor):
        name = roster.name_of(left.successor)
        yield _no(say("{person} 的账号只读,不得办理业务", person=name))


def _not_delegated(ended: DelegationEnded, roster: RosterView) -> Iterator[Reason]:
    pair = (ended.from_person, ended.to_person)
    running = (one for one in roster.delegations if one.until >= ended.from_)
    if not any((one.from_person, one.to_person) == pair for one in running):
        yield _no(
            say(
                "{principal} 没有委托 {person},无可收回",
                principal=roster.name_of(ended.from_person),
                person=roster.name_of(ended.to_person),
            )
        )


def _unfit_liaison(named: LiaisonNamed, roster: RosterView) -> Iterator[Reason]:
    if roster.top_of(named.department) != named.department:
        yield _no(say("“{name}”不是单独报送的部门", name=named.department))
    elif roster.top_of(roster.department_of(named.person)) != named.department:
        yield _no(
            say(
                "{person} 不是“{department}”的人",
                person=roster.name_of(named.person),
                department=named.department,
            )
        )
    elif named.person in roster.liaisons_of(named.department):
        name = roster.name_of(named.person)
        yield _no(
            say("{person} 已是“{department}”的对接人", person=name, department=named.department)
        )


def _last_liaison(removed: LiaisonRemoved, roster: RosterView) -> Iterator[Reason]:
    known = roster.liaisons_of(removed.department)
    name = roster.name_of(removed.person)
    if removed.person not in known:
        yield _no(
            say("{person} 不是“{department}”的对接人", person=name, department=removed.department)
        )
    elif known == (removed.person,):
        yield _no(
            say("“{department}”至少要有一名对接人", department=removed.department),
            remedy=say("请先备案新的对接人"),
        )
