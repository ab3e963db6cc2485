"""Changes of people as a script writes them: `leave: {from: 2026-12-07, until: 2026-12-09}`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from engine.errors import UsageError
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
from engine.rehearsal.outcome import words
from engine.text import say

AMENDMENTS = ("grant", "withdraw", "delegate", "leave", "qualify", "liaison", "leaver")


def amendment_of(word: str, given: Mapping[str, object], actor: str, on: date) -> Amendment:
    """What a script's word means, said by `actor` on a day; people are ids.

    `end: true` ends what the word begins. Errors: `UsageError` where a part is missing.
    """
    from_ = _day(given.get("from")) or on
    until = _day(given.get("until"))
    person = str(given.get("person", actor))
    ends = str(given.get("end")) == "true"

    def part(name: str) -> str:
        if name not in given:
            raise UsageError(say("“{word}”没有写 {name}", word=word, name=name))
        return str(given[name])

    match word:
        case "grant":
            return PostGranted(post=part("post"), person=person, from_=from_, until=until)
        case "withdraw":
            return PostWithdrawn(post=part("post"), person=person, from_=from_)
        case "delegate" if ends:
            return DelegationEnded(from_person=actor, to_person=part("to"), from_=from_)
        case "delegate":
            return Delegated(
                from_person=actor,
                to_person=part("to"),
                from_=from_,
                until=until or on,
                processes=tuple(words(given.get("processes"))),
                limit=Decimal(str(given["limit"])) if "limit" in given else None,
            )
        case "leave" if ends:
            return LeaveEnded(person=person, from_=from_)
        case "leave":
            return LeaveTaken(person=person, from_=from_, until=until or on)
        case "qualify":
            name, last = part("name"), part("until")
            return QualificationGained(
                person=person, name=name, from_=from_, until=date.fromisoformat(last)
            )
        case "liaison" if ends:
            return LiaisonRemoved(department=part("department"), person=person, from_=from_)
        case "liaison":
            department = part("department")
            return LiaisonNamed(department=department, person=person, from_=from_, until=until)
    successor = str(given["to"]) if "to" in given else None
    return PersonLeft(person=person, from_=from_, successor=successor)


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value is not None else None
