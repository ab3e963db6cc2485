"""From a decision or a refusal to a sealed record: the body, its commitments, its signature.

Pure apart from the signer. The clock and the randomness come in as arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from engine.evidence.canonical import commitment
from engine.evidence.record import (
    SERVICE,
    Actor,
    Attached,
    Body,
    CaseRef,
    Definition,
    Disclosure,
    Head,
    Move,
    Party,
    TaskRef,
    genesis,
    seal,
)
from engine.evidence.signing import Signer
from engine.evidence.suite import Suite
from engine.kernel.case import Case
from engine.kernel.command import Decision, Reason, Refusal
from engine.kernel.events import CardOpened, CaseOpened, Event, StatesMoved
from engine.kernel.values import Json, dump_value
from engine.kernel.vocabulary import dump_event
from engine.language.forms import Attachment, Value
from engine.language.roster import RosterView
from engine.store.rows import Entry, Stored
from engine.text import say

ATTACHMENT = "attachment"  # the kind under which an attached file is kept
Objects = tuple[tuple[str, bytes], ...]  # (kind, content) of texts and files kept by digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the next record of a stream goes, and what its author had seen."""

    origin: str
    suite: Suite
    stream: str
    head: Head | None
    received: str  # when the record before was received; "" for the first
    org: Head | None
    keys: Head | None
    heads: Mapping[str, Head]
    checkpoint: Head  # size and root of the newest checkpoint the signer has verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The times and chances of one record: read from the clock and the dice by the desk."""

    at: datetime
    happened: datetime
    zone: str
    request: str
    salts: Iterator[bytes]
    nonce: bytes


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as evidence-spec.md asks."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def person(roster: RosterView, uid: str, principal: str | None) -> Actor:
    """The signer as he was: name, post and department on this day."""
    if uid == SERVICE:
        return Actor(uid=SERVICE, name=SERVICE, post="", dept="", for_=None)
    behind = Party(uid=principal, name=roster.name_of(principal)) if principal else None
    return Actor(
        uid=uid,
        name=roster.name_of(uid),
        post=roster.title_of(uid),
        dept=roster.department_of(uid) or "",
        for_=behind,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a record tells, whichever kind it is."""

    typ: str
    act: str
    meaning: str = "none"
    code: str | None = None
    events: tuple[Event, ...] = ()
    facts: Mapping[str, Value] | None = None
    values: Mapping[str, Value] | None = None
    comment: str | None = None
    case: CaseRef | None = None
    task: TaskRef | None = None
    move: Move | None = None
    definition: Definition | None = None
    way: str = "key"
    recorder: Party | None = None
    reasons: tuple[Mapping[str, Json], ...] = ()


def write(
    account: Account,
    actor: Actor,
    place: Place,
    moment: Moment,
    signer: Signer,
    *,
    case: Case | None = None,
    objects: Objects = (),
) -> Entry:
    """Seal one record and make it ready for the store."""
    disclosures: list[Disclosure] = []

    def commit(path: str, value: Json) -> str:
        salt = next(moment.salts)
        disclosures.append(Disclosure(path=path, salt=salt, value=value))
        return commitment(salt, path, value, place.suite)

    events: Sequence[Json] = [dump_event(event) for event in account.events]
    told = [*events, *[dict(reason) for reason in account.reasons]]
    values = account.values or {}
    body = Body(
        typ=account.typ,
        suite=place.suite.name,
        origin=place.origin,
        stream=place.stream,
        seq=place.head.seq + 1 if place.head else 0,
        prev=place.head.hash if place.head else genesis(place.origin, place.stream, place.suite),
        definition=account.definition,
        case=account.case,
        task=account.task,
        move=account.move,
        act=account.act,
        meaning=account.meaning,
        code=account.code,
        actor=actor,
        way=account.way,
        recorder=account.recorder,
        key=signer.key_id,
        org=place.org,
        keys=place.keys,
        heads=dict(place.heads),
        events=tuple(commit(f"event/{n}", one) for n, one in enumerate(told)),
        facts={n: commit(f"fact/{n}", dump_value(v)) for n, v in (account.facts or {}).items()},
        form={n: commit(f"form/{n}", dump_value(v)) for n, v in values.items()},
        att=tuple(
            Attached(
                name=commit(f"att/{n}/name", file.name),
                size=commit(f"att/{n}/size", file.size),
                digest=commit(f"att/{n}/digest", file.digest),
            )
            for n, file in enumerate(attachments(values))
        ),
        comment=commit("comment", account.comment) if account.comment else None,
        time=instant(moment.at),
        happened=instant(moment.happened),
        tz=moment.zone,
        after=place.checkpoint,
        nonce=moment.nonce.hex(),
        req=moment.request,
    )
    record = seal(body, signer, received_at=max(instant(moment.at), place.received))
    return Entry(
        record=record,
        body=body,
        disclosures=tuple(disclosures),
        events=account.events,
        case=case,
        objects=objects,
    )


def openings(entry: Entry, signer: Signer, salts: Iterator[bytes]) -> Iterator[Entry]:
    """The first records of the streams of the cards that a record opens: who signed it signs the
    opening balances too, each in its card's own chain, and they name it as what they rest on.
    """
    body, record = entry.body, entry.record
    cards = (event for event in entry.events if isinstance(event, CardOpened))
    for n, event in enumerate(cards):
        told = Disclosure(path="event/0", salt=next(salts), value=dump_event(event))
        opening = replace(
            body,
            typ="stock",
            stream=event.stream,
            seq=0,
            prev=genesis(body.origin, event.stream, record.suite),
            task=None,
            move=None,
            act=event.kind,
            heads={body.stream: Head(seq=body.seq, hash=record.digest)},
            events=(told.commit(record.suite),),
            facts={},
            form={},
            att=(),
            comment=None,
            nonce=next(salts).hex(),
            req=f"stock:{body.stream}:{body.seq}:{n}",
        )
        yield Entry(
            record=seal(opening, signer, received_at=record.received_at),
            body=opening,
            disclosures=(told,),
            events=(event,),
            case=None,
        )


def attachments(values: Mapping[str, Value]) -> Iterator[Attachment]:
    """The files among a record's values, in order, those in rows included."""
    for value in values.values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Attachment):
                yield part
            elif isinstance(part, Mapping):
                yield from (one for one in part.values() if isinstance(one, Attachment))


def decided(decision: Decision, typ: str, case: Case, before: Case | None) -> Account:
    """What a decision's record tells."""
    moved = [event for event in decision.events if isinstance(event, StatesMoved)]
    opened = any(isinstance(event, CaseOpened) for event in decision.events)
    return Account(
        typ="open" if opened else typ,
        act=decision.action,
        meaning=decision.meaning.value,
        events=decision.events,
        facts=decision.facts,
        values=decision.values,
        comment=decision.reason,
        case=CaseRef(id=case.id, number=case.number),
        task=TaskRef(id=decision.task or "", node=decision.state),
        move=Move(from_=before.configuration if before else (), to=case.configuration)
        if moved
        else None,
    )


def refused(refusal: Refusal, case: Case | None, language: str = "zh") -> Account:
    """What a refusal's record tells: every reason, with its code and rule."""
    return Account(
        typ="refusal",
        act=refusal.action,
        code=refusal.code,
        facts=refusal.facts,
        case=CaseRef(id=case.id, number=case.number) if case else None,
        task=TaskRef(id="", node=refusal.state) if case else None,
        reasons=tuple(
            {
                "refused": reason.code,
                "rule": reason.rule,
                "say": reason.text.show(language),
                "source": str(reason.source) if reason.source else None,
            }
            for reason in refusal.reasons
        ),
    )


def reasons_of(stored: Stored) -> tuple[Reason, ...]:
    """The reasons a recorded refusal gave, in their order and in the words they were given in."""
    told = (stored.disclosed("event/").get(str(n)) for n in range(len(stored.body.events)))
    return tuple(
        Reason(
            code=str(one["refused"]),
            text=say("{told}", told=str(one["say"])),
            rule=str(one["rule"]) if one.get("rule") else None,
        )
        for one in told
        if isinstance(one, dict) and "refused" in one
    )
