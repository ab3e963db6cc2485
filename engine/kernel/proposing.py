"""What a procedure asks to change among the people, and every reason why it may not.

The roster's own rules (amending.py) are asked before anything happens, so that the action which
would bring the change about is refused; the system carries it out afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.errors import UnknownName
from engine.kernel.amending import in_hand, objections
from engine.kernel.command import GUARD, Reason
from engine.kernel.facts import CaseFacts, plain
from engine.language import keys
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
    PostWithdrawn,
    QualificationGained,
)
from engine.language.effects import Amend, Change
from engine.language.roster import RosterView
from engine.text import say

MADE: Mapping[tuple[Change, bool], type[Amendment]] = {
    (Change.GRANT, False): PostGranted,
    (Change.WITHDRAW, False): PostWithdrawn,
    (Change.DELEGATE, False): Delegated,
    (Change.DELEGATE, True): DelegationEnded,
    (Change.LEAVE, False): LeaveTaken,
    (Change.LEAVE, True): LeaveEnded,
    (Change.QUALIFY, False): QualificationGained,
    (Change.LIAISON, False): LiaisonNamed,
    (Change.LIAISON, True): LiaisonRemoved,
    (Change.LEAVER, False): PersonLeft,
}
PEOPLE = ("person", "to")


@dataclass(slots=True, kw_only=True)
class Asked:
    """What is to change, the roster as it would then be, and reasons against."""

    roster: RosterView
    amendments: list[Amendment] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)


def plan_amendments(entry: Amend, facts: CaseFacts, roster: RosterView) -> Asked:
    """What an effect would change, line by line, each judged after those before it."""
    asked = Asked(roster=roster)
    for line in facts.lines(entry.each):
        if not line.holds(entry.when):
            continue
        for parts in _said(entry, line):
            missing = [name for name in _compulsory(entry) if parts.get(name) is None]
            if missing:
                text = say("人事变更没有写明 {parts}", parts=tuple(missing))
                asked.reasons.append(Reason(code=GUARD, text=text, source=entry.source))
                continue
            amendment = _made(entry, parts)
            asked.reasons += _unknown(amendment, asked.roster, line.situation.processes)
            asked.reasons += objections(amendment, asked.roster)
            elsewhere, here = line.situation.elsewhere, line.case.id
            asked.reasons += in_hand(amendment, elsewhere, asked.roster, here)
            asked.roster = asked.roster.amended(amendment)
            asked.amendments.append(amendment)
    return asked


def _compulsory(entry: Amend) -> tuple[str, ...]:
    known = keys.AMEND_END_ENTRIES if entry.ends else keys.AMEND_ENTRIES
    return known[entry.change.value][1]


def _said(entry: Amend, facts: CaseFacts) -> Iterator[dict[str, object]]:
    """What a line says, once for each person it names."""
    parts = {
        name: plain(facts.evaluate(value)) for name, value in entry.parts if name not in PEOPLE
    }
    named = dict(entry.parts)
    to = facts.people(named["to"])[:1] if "to" in named else ()
    for person in facts.people(named["person"]) or (None,):
        yield {**parts, "person": person, "to": to[0] if to else None}


def _made(entry: Amend, parts: Mapping[str, object]) -> Amendment:
    given = {name: value for name, value in parts.items() if value is not None}
    made: dict[str, object] = {"from_": given.pop("from")}
    if entry.change is Change.DELEGATE:
        made |= {"from_person": given.pop("person"), "to_person": given.pop("to")}
    elif entry.change is Change.LEAVER and "to" in given:
        made["successor"] = given.pop("to")
    limit = given.pop("limit", None)
    if isinstance(limit, int | Decimal):
        made["limit"] = Decimal(limit)
    if "processes" in given:
        several = given.pop("processes")
        names = several if isinstance(several, tuple | list) else (several,)
        made["processes"] = tuple(str(one) for one in names if one)
    return MADE[entry.change, entry.ends](**made, **given)  # type: ignore[arg-type]


def _unknown(
    amendment: Amendment, roster: RosterView, processes: Collection[str]
) -> Iterator[Reason]:
    """A post, or a process left to another, that a form names and nobody knows."""
    if isinstance(amendment, Delegated):
        for name in amendment.processes:
            if name not in processes:
                text = UnknownName(say("流程"), name, processes).text
                yield Reason(code=GUARD, text=text)
    if isinstance(amendment, PostGranted | PostWithdrawn) and amendment.post not in roster.posts():
        yield Reason(code=GUARD, text=say("花名册中没有岗位“{post}”", post=amendment.post))
