"""Acting in another's name: only on a delegation in force, for this process, never onward.

Whoever was delegated to may act beside his principal, and the first of them has done it. He
may not where he started the case himself, nor beyond the amount he was given; what is apart
from the principal's duties is apart from him too (apart.py).
"""

from __future__ import annotations

from decimal import Decimal

from engine.kernel.command import DELEGATION
from engine.kernel.hearing import Hearing
from engine.language.amendments import Delegated
from engine.text import say


def check_delegation(hearing: Hearing) -> None:
    """The actor may stand in for the principal he names, if he names one."""
    if hearing.principal is None:
        return
    roster, case = hearing.draft.situation.roster, hearing.draft.case
    person, principal = roster.name_of(hearing.actor), roster.name_of(hearing.principal)
    if not _granted(hearing):
        hearing.no(
            DELEGATION,
            say("{person} 此时没有 {principal} 的有效委托", person=person, principal=principal),
        )
    elif hearing.actor == case.initiator:
        hearing.no(
            DELEGATION,
            say(
                "{person} 是本案的申请人,不得代 {principal} 办理本案",
                person=person,
                principal=principal,
            ),
            remedy=say("由 {principal} 本人办理", principal=principal),
        )


def check_limit(hearing: Hearing) -> None:
    """What the case is worth, as filled in by now, is within what was delegated."""
    situation = hearing.draft.situation
    granted, worth = _granted(hearing), situation.definition.amount
    limits = [one.limit for one in granted if one.limit is not None]
    if worth is None or not limits or len(limits) < len(granted):
        return
    amount, limit = hearing.draft.facts().evaluate(worth), max(limits)
    principal = situation.roster.name_of(hearing.principal or "")
    remedy = say("由 {principal} 本人办理", principal=principal)
    if not isinstance(amount, int | Decimal):
        text = say("金额还没有填,看不出是否超过 {principal} 委托的限额", principal=principal)
        hearing.no(DELEGATION, text, remedy=remedy)
        return
    hearing.draft.read["amount"] = amount
    if amount > limit:
        text = say(
            "金额 {amount} > {limit},超过 {principal} 委托的限额",
            amount=amount,
            limit=limit,
            principal=principal,
        )
        hearing.no(DELEGATION, text, remedy=remedy)


def _granted(hearing: Hearing) -> tuple[Delegated, ...]:
    """What the principal has delegated to the actor himself, for this process, in force now."""
    situation = hearing.draft.situation
    return tuple(
        one
        for one in situation.roster.delegations_to(hearing.actor)
        if one.from_person == hearing.principal and one.covers(situation.definition.name)
    )
