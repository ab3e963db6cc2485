"""One command from end to end: the only place where clock, dice, store, rules and kernel meet.

Reading, deciding and signing happen outside any lock; then one short transaction compares
every head that was read and writes. If something moved, it all starts over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from engine import scribe
from engine.catalog import DEFS, KEYS, ORG, ROSTER, Catalog, Edition
from engine.errors import StoreConflict, UnknownName
from engine.evidence.keys import (
    KeyState,
    Signer,
    load_key_change,
)
from engine.evidence.record import Actor, Definition, Head, Party
from engine.kernel import events as happened
from engine.kernel.case import Case, Stamp, apply
from engine.kernel.command import KEY, Command, Decision, Perform, Reason, Refusal
from engine.kernel.decide import decide
from engine.kernel.opening import OPENED, Open, open_case
from engine.kernel.situation import Seen, Situation
from engine.language.definition import ProcessDefinition
from engine.language.forms import Values
from engine.scribe import ATTACHMENT, SERVICE, Account, Moment, Objects, Place
from engine.store.books import StoredShelf
from engine.store.rows import Entry, Moved, Repeated
from engine.store.store import Store
from engine.text import say

ATTEMPTS = 12
UNSEEN = Head(seq=0, hash="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")

Clock = Callable[[], datetime]
Dice = Callable[[int], bytes]


def system_clock() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a person gets back for an act: where it stands in the history, and what follows."""

    case: Case | None
    stream: str
    seq: int
    digest: str
    at: datetime
    action: str
    events: tuple[happened.Event, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal that has been recorded: the reasons, and where it stands in the history."""

    case: Case | None
    refusal: Refusal
    seq: int
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a case: what it is, what bears on it, and the heads it was read under."""

    case: Case
    situation: Situation
    stream: str
    heads: Mapping[str, Head | None]

    @property
    def seq(self) -> int:
        """The place the next record of the case would have."""
        head = self.heads[self.stream]
        return head.seq + 1 if head else 0


class Desk:
    """Where commands are handled. `service` signs what the system itself does."""

    def __init__(
        self, store: Store, service: Signer, clock: Clock = system_clock, dice: Dice = os.urandom
    ) -> None:
        self.store = store
        self.service = service
        self.clock = clock
        self.dice = dice
        self.catalog = Catalog(store)
        self.checkpoint = UNSEEN
        self._keys = KeyState()

    # -- what a clerk asks ----------------------------------------------------------

    def perform(
        self,
        reference: str,
        command: Command,
        signer: Signer,
        *,
        request: str | None = None,
        happened_at: datetime | None = None,
        files: tuple[bytes, ...] = (),
    ) -> Receipt | Refused:
        """Handle one command on a case, signed by `signer`; `files` are attached contents.

        A repeated `request` returns the receipt of the first time. Errors: `UsageError`
        for what does not exist, `StoreConflict` if the case would not stand still.
        """
        case_id = self.require_case(reference)
        wanted = request or self.new_id()
        for _ in range(ATTEMPTS):
            known = self._known(wanted)
            if known is not None:
                return known
            answer = self._attempt(case_id, command, signer, wanted, happened_at, files)
            if answer is not None:
                return answer
        raise StoreConflict

    def try_out(self, reference: str, command: Command) -> Decision | Refusal:
        """What `perform` would decide, without doing or recording anything."""
        look = self.look(self.require_case(reference))
        return decide(look.case, command, look.situation, look.seq)

    def start(
        self,
        process: str,
        actor: str,
        signer: Signer,
        values: Values,
        *,
        request: str | None = None,
        files: tuple[bytes, ...] = (),
        initiator: str | None = None,
    ) -> Receipt | Refused:
        """Open a case on the actor's own initiative, or as SYSTEM on that of `initiator`."""
        wanted = request or self.new_id()
        for _ in range(ATTEMPTS):
            known = self._known(wanted)
            if known is not None:
                return known
            at = self.clock()
            self.refresh()
            edition, definition = self.catalog.process(process, self.day(at))
            order = self._order(edition, definition, initiator or actor, values, at)
            try:
                return self.open(order, at, actor, signer, wanted, files)
            except (Moved, Repeated):
                continue
        raise StoreConflict

    def require_case(self, reference: str) -> str:
        """The id of a case by id, number, or an unambiguous end of its number."""
        found = self.store.find_case(reference)
        if found is None:
            numbers = [row.number for row in self.store.cases()]
            raise UnknownName(say("案件"), reference, numbers)
        return found

    def case(self, reference: str) -> Case:
        return self.store.load_case(self.require_case(reference))

    # -- what is known -----------------------------------------------------------------

    def keys(self) -> KeyState:
        """Whose keys are enrolled, folded from the `keys` stream as far as it has grown."""
        head = self.store.head(KEYS)
        if head is not None and head[0] > self._keys.seq:
            for stored in self.store.records(KEYS, after=self._keys.seq):
                for event in stored.events:
                    if isinstance(event, happened.KeysChanged):
                        self._keys = self._keys.after(load_key_change(event.change), stored.seq)
        return self._keys

    def look(self, case_id: str) -> Look:
        """A case and all that bears on it, with every head as it was before it was read.

        Heads come first: whatever is read after may only be newer, and then the write
        finds that something moved and everything is looked at again.
        """
        stream = f"case/{case_id}"
        relatives = self.store.family(case_id)
        names = (stream, ORG, KEYS, DEFS, *(f"case/{one}" for one in relatives))
        heads = {name: self.head(name) for name in names}
        self.refresh()
        at = self.clock()
        case = self.store.load_case(case_id)
        situation = Situation(
            at=at,
            definition=self.catalog.definition(case.definition),
            chart=self.catalog.chart(case.definition),
            roster=self.catalog.roster(at),
            params=self.catalog.params(case.params),
            calendar=self.catalog.calendar(self.day(at)),
            others=self.store.acts(relatives),
            collector=self._collector(case, at),
            parent=self._seen(case.parent),
            shelf=StoredShelf(self.store),
        )
        return Look(case=case, situation=situation, stream=stream, heads=heads)

    def bare_situation(self, edition: Edition, at: datetime) -> Situation:
        """The situation of a case that is not open yet."""
        return Situation(
            at=at,
            definition=self.catalog.definition(edition.digest),
            chart=self.catalog.chart(edition.digest),
            roster=self.catalog.roster(at),
            params=self.catalog.params(self.catalog.params_in_force(self.day(at)).digest),
            calendar=self.catalog.calendar(self.day(at)),
            shelf=StoredShelf(self.store),
        )

    def collectors(self, case: Case, at: datetime) -> Iterator[str]:
        """The cases that gather, or may gather, this one."""
        for definition in self.catalog.gatherers(case.process, self.day(at)):
            gather = definition.gather
            key = case.values.get(gather.key) if gather else None
            if gather is not None and key is not None:
                for row in self.store.cases(process=definition.name, field=(gather.key, str(key))):
                    yield row.id

    def head(self, stream: str) -> Head | None:
        found = self.store.head(stream)
        return Head(seq=found[0], hash=found[1]) if found else None

    def day(self, at: datetime) -> date:
        """The calendar day of an instant where the office is."""
        return at.astimezone(self.catalog.zone).date()

    def refresh(self) -> None:
        """Read the rules again if a publication or amendment has come since."""
        if self.catalog.heads != (self.store.head(ORG), self.store.head(DEFS)):
            self.catalog = Catalog(self.store)

    def new_id(self) -> str:
        """A fresh 128-bit identifier in hex."""
        return self.dice(16).hex()

    # -- records -------------------------------------------------------------------------

    def place(self, stream: str, heads: Mapping[str, Head | None]) -> Place:
        office = (stream, ORG, KEYS, DEFS)
        return Place(
            origin=self.store.origin,
            stream=stream,
            head=heads.get(stream),
            received=self.store.last_received(stream),
            org=heads.get(ORG),
            keys=heads.get(KEYS),
            heads={n: head for n, head in heads.items() if head is not None and n not in office},
            checkpoint=self.checkpoint,
        )

    def office_heads(self, stream: str) -> dict[str, Head | None]:
        """The heads a record outside any case rests on."""
        return {name: self.head(name) for name in (stream, ORG, KEYS, DEFS)}

    def moment(self, at: datetime, happened_at: datetime, request: str) -> Moment:
        return Moment(
            at=at,
            happened=happened_at,
            zone=str(self.catalog.zone),
            request=request,
            salts=self._salts(),
            nonce=self.dice(16),
        )

    def open(
        self,
        order: Open,
        at: datetime,
        actor: str,
        signer: Signer,
        request: str,
        files: tuple[bytes, ...] = (),
    ) -> Receipt | Refused:
        """Write the first record of a case. Errors: `Moved`, `Repeated` from the store."""
        stream = f"case/{order.case}"
        heads = self.office_heads(stream)
        edition = next(one for one in self.catalog.editions if one.digest == order.definition)
        situation = self.bare_situation(edition, at)
        decision = open_case(order, situation, actor)
        if not self.keys().is_valid(actor, signer.key_id):
            problem = self.key_problem(signer, self.catalog.roster(at).name_of(actor))
            decision = Refusal(action=OPENED, state="", reasons=(problem,))
        if isinstance(decision, Refusal):
            return self.refuse_outside(decision, actor, signer, _pinned(edition))
        case = folded(None, decision, Stamp(seq=0, at=at, actor=actor, values=decision.values))
        account = scribe.decided(decision, "open", case, None)
        if actor == SERVICE:
            account = replace(account, way="system")
        else:
            account = replace(account, meaning="authorship")
        account = replace(account, definition=_pinned(edition))
        entry = scribe.write(
            account,
            scribe.person(self.catalog.roster(at), actor, None),
            self.place(stream, heads),
            self.moment(at, at, request),
            signer,
            case=case,
            objects=_attached(decision, files),
        )
        self.store.commit((entry,), expected(heads), situation.shelf.versions)
        return receipt_of(entry)

    def record(
        self,
        look: Look,
        answer: Decision | Refusal,
        actor: str,
        signer: Signer,
        request: str,
        happened_at: datetime | None = None,
        files: tuple[bytes, ...] = (),
    ) -> Receipt | Refused:
        """Write a decision or a refusal to the case's stream. Errors: `Moved`, `Repeated`."""
        case, situation = look.case, look.situation
        moment = self.moment(situation.at, happened_at or situation.at, request)
        after: Case | None = None
        principal: str | None = None
        if isinstance(answer, Refusal):
            account = scribe.refused(answer, case)
        else:
            principal = answer.principal
            stamp = Stamp(
                seq=look.seq,
                at=moment.happened,
                actor=actor,
                principal=principal,
                values=answer.values,
            )
            after = folded(case, answer, stamp)
            typ = "system" if actor == SERVICE else "step"
            account = scribe.decided(answer, typ, after, case)
        edition = next(one for one in self.catalog.editions if one.digest == case.definition)
        account = replace(account, definition=_pinned(edition))
        if actor == SERVICE:
            account = replace(account, way="system")
        elif isinstance(answer, Decision) and answer.recorded_for:
            recorder = Party(uid=actor, name=situation.roster.name_of(actor))
            account = replace(account, way="paper", recorder=recorder)
        entry = scribe.write(
            account,
            scribe.person(situation.roster, actor, principal),
            self.place(look.stream, look.heads),
            moment,
            signer,
            case=after,
            objects=_attached(answer, files),
        )
        self.store.commit((entry,), expected(look.heads), situation.shelf.versions)
        if isinstance(answer, Refusal):
            return Refused(
                case=case,
                refusal=answer,
                seq=look.seq,
                digest=entry.record.digest,
                at=situation.at,
            )
        return receipt_of(entry)

    def refuse_outside(
        self,
        refusal: Refusal,
        actor: str,
        signer: Signer,
        definition: Definition | None = None,
    ) -> Refused:
        """Record a refusal of something that belongs to no case, in the stream `org`."""
        signs = self.service if any(one.code == KEY for one in refusal.reasons) else signer
        account = replace(scribe.refused(refusal, None), definition=definition)
        receipt = self.append(ORG, account, (), actor, signs)
        return Refused(
            case=None,
            refusal=refusal,
            seq=receipt.seq,
            digest=receipt.digest,
            at=receipt.at,
        )

    def append(
        self,
        stream: str,
        account: Account,
        objects: scribe.Objects,
        actor: str,
        signer: Signer,
    ) -> Receipt:
        """Write one record to a stream outside any case. Errors: `StoreConflict`."""
        if actor == SERVICE:
            account = replace(account, meaning="none", way="system")
        for _ in range(ATTEMPTS):
            heads = self.office_heads(stream)
            self.refresh()
            at = self.clock()
            entry = scribe.write(
                account,
                self._declarant(actor, at),
                self.place(stream, heads),
                self.moment(at, at, self.new_id()),
                signer,
                objects=objects,
            )
            try:
                self.store.commit((entry,), expected(heads))
            except Moved:
                continue
            self.catalog = Catalog(self.store)
            return receipt_of(entry)
        raise StoreConflict

    def _declarant(self, actor: str, at: datetime) -> Actor:
        """The signer of an office record; before the first roster only his id is known."""
        if not self.has_roster or actor == SERVICE:
            return Actor(uid=actor, name=actor, post="", dept="", for_=None)
        return scribe.person(self.catalog.roster(at), actor, None)

    @property
    def has_roster(self) -> bool:
        """Whether a roster has ever been published."""
        return any(one.kind == ROSTER for one in self.catalog.editions)

    # -- inside --------------------------------------------------------------------------

    def _attempt(
        self,
        case_id: str,
        command: Command,
        signer: Signer,
        request: str,
        happened_at: datetime | None,
        files: tuple[bytes, ...],
    ) -> Receipt | Refused | None:
        look = self.look(case_id)
        answer: Decision | Refusal
        signs = signer
        if not self.keys().is_valid(command.actor, signer.key_id):
            problem = self.key_problem(signer, look.situation.roster.name_of(command.actor))
            name = command.action if isinstance(command, Perform) else type(command).__name__
            answer = Refusal(action=name, state=look.case.configuration[0], reasons=(problem,))
            signs = self.service
        else:
            answer = decide(look.case, command, look.situation, look.seq)
        try:
            return self.record(look, answer, command.actor, signs, request, happened_at, files)
        except (Moved, Repeated):
            return None

    def key_problem(self, signer: Signer, name: str) -> Reason:
        """A step is accepted because its signature verifies, not because a name was typed."""
        return Reason(
            code=KEY,
            text=say(
                "签名钥匙 {key} 不是 {person} 登记在册的钥匙",
                key=signer.key_id[:12],
                person=name,
            ),
            remedy=say("请用本人钥匙 login 后再办,或由登记人员为其登记钥匙"),
        )

    def _known(self, request: str) -> Receipt | Refused | None:
        found = self.store.find_request(request)
        if found is None:
            return None
        stored = next(self.store.records(found[0], after=found[1] - 1))
        case = self.store.load_case(stored.body.case.id) if stored.body.case is not None else None
        if stored.body.typ == "refusal":
            node = stored.body.task.node if stored.body.task else ""
            reasons = scribe.reasons_of(stored)
            return Refused(
                case=case,
                refusal=Refusal(action=stored.body.act, state=node, reasons=reasons),
                seq=found[1],
                digest=stored.record.digest,
                at=stored.at,
            )
        return Receipt(
            case=case,
            stream=found[0],
            seq=found[1],
            digest=stored.record.digest,
            at=stored.at,
            action=stored.body.act,
            events=stored.events,
            repeated=True,
        )

    def _order(
        self,
        edition: Edition,
        definition: ProcessDefinition,
        actor: str,
        values: Values,
        at: datetime,
    ) -> Open:
        return Open(
            case=self.new_id(),
            number=self.new_number(definition, at),
            definition=edition.digest,
            edition=edition.edition,
            params=self.catalog.params_in_force(self.day(at)).digest,
            initiator=actor,
            values=values,
        )

    def new_number(self, definition: ProcessDefinition, at: datetime) -> str:
        """The next number of a process: gap-free, taken when the case is opened."""
        on = self.day(at)
        prefix, _, rest = definition.number.partition("{seq:")
        width, _, tail = rest.partition("}")
        shown = prefix.format(year=on.year, month=f"{on.month:02d}")
        return f"{shown}{self.store.next_sequence(shown):0{int(width)}d}{tail}"

    def _seen(self, case_id: str | None) -> Seen | None:
        if case_id is None:
            return None
        case = self.store.load_case(case_id)
        return Seen(case=case.id, number=case.number, reached=frozenset(case.entered))

    def _collector(self, case: Case, at: datetime) -> Seen | None:
        return next((self._seen(found) for found in self.collectors(case, at)), None)

    def _salts(self) -> Iterator[bytes]:
        while True:
            yield self.dice(16)


def folded(case: Case | None, decision: Decision, stamp: Stamp) -> Case:
    """The case after a decision's events."""
    for event in decision.events:
        case = apply(case, event, stamp)
    assert case is not None
    return case


def _attached(answer: Decision | Refusal, files: tuple[bytes, ...]) -> Objects:
    """The contents to keep with a record; nothing is kept of what was refused."""
    return tuple((ATTACHMENT, one) for one in files) if isinstance(answer, Decision) else ()


def _pinned(edition: Edition) -> Definition:
    return Definition(
        name=edition.name, ver=str(edition.edition), src=edition.digest, model=edition.model
    )


def receipt_of(entry: Entry) -> Receipt:
    return Receipt(
        case=entry.case,
        stream=entry.body.stream,
        seq=entry.body.seq,
        digest=entry.record.digest,
        at=datetime.fromisoformat(entry.body.time),
        action=entry.body.act,
        events=entry.events,
    )


def expected(heads: Mapping[str, Head | None]) -> dict[str, int]:
    return {name: head.seq if head else -1 for name, head in heads.items()}
