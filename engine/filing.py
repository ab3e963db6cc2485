"""Writing records: from a decision or a refusal to a sealed record in the store.

Whatever is decided at the desk, by the registry or by the system is written here, in one
way: the heads that were seen, the body, the signature, one short transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType

from engine import scribe
from engine.catalog import DEFS, KEYS, ORG, ROSTER, RULES, Catalog, Edition
from engine.errors import StoreConflict
from engine.evidence.canonical import Json
from engine.evidence.consent import Consent, give_consent
from engine.evidence.keys import KeyState, load_key_change
from engine.evidence.memory import unseen
from engine.evidence.record import SERVICE, Actor, Definition, Head, Party
from engine.evidence.signing import PublicKey, Signer
from engine.kernel.apply import apply
from engine.kernel.case import Case, Stamp
from engine.kernel.command import KEY, Decision, Paper, Reason, Refusal
from engine.kernel.elsewhere import Seen
from engine.kernel.office_events import KeysChanged
from engine.kernel.opening import OPENED, Open, open_case
from engine.kernel.situation import Situation
from engine.receipts import Look, Receipt, Refused
from engine.scribe import ATTACHMENT, Account, Moment, Objects, Place
from engine.store.bookings import StoredDiaries
from engine.store.books import StoredShelf
from engine.store.elsewhere import StoredElsewhere
from engine.store.rows import Entry, Moved
from engine.store.store import Store
from engine.text import say
from engine.witness import Witness

ATTEMPTS = 12

Clock = Callable[[], datetime]
Dice = Callable[[int], bytes]


class Filing:
    """Writes the records of one office. `service` signs what the system itself does."""

    def __init__(self, store: Store, service: Signer, clock: Clock, dice: Dice) -> None:
        self.store = store
        self.service = service
        self.clock = clock
        self.dice = dice
        self.catalog = Catalog(store)
        self.witness: Witness | None = None  # what this client remembers, if it remembers
        self._keys = KeyState()

    # -- what is known -----------------------------------------------------------------

    @cached_property
    def origin(self) -> str:
        """Whose records these are; an office keeps its name for good."""
        return self.store.origin

    def keys(self) -> KeyState:
        """Whose keys are enrolled, folded from the `keys` stream as far as it has grown."""
        head = self.store.head(KEYS)
        if head is not None and head[0] > self._keys.seq:
            for stored in self.store.records(KEYS, after=self._keys.seq):
                for event in stored.events:
                    if isinstance(event, KeysChanged):
                        self._keys = self._keys.after(load_key_change(event.change), stored.seq)
        return self._keys

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
            diaries=StoredDiaries(self.store),
            elsewhere=StoredElsewhere(self.store),
            processes=self.catalog.process_names(self.day(at)),
        )

    def heads(self, *streams: str) -> dict[str, Head | None]:
        """Where streams end at this moment; None for one that is empty."""
        found = self.store.heads(*streams)
        return {
            name: Head(seq=found[name][0], hash=found[name][1]) if name in found else None
            for name in streams
        }

    def day(self, at: datetime) -> date:
        """The calendar day of an instant where the office is."""
        return at.astimezone(self.catalog.zone).date()

    def refresh(self) -> None:
        """Read the rules again if a publication or amendment has come since."""
        if self.catalog.heads != self.store.heads(*RULES):
            self.catalog = self.catalog.renewed()

    def new_id(self) -> str:
        """A fresh 128-bit identifier in hex."""
        return self.dice(16).hex()

    @property
    def has_roster(self) -> bool:
        """Whether a roster has ever been published."""
        return any(one.kind == ROSTER for one in self.catalog.editions)

    # -- records -------------------------------------------------------------------------

    def open(
        self,
        order: Open,
        at: datetime,
        actor: str,
        signer: Signer,
        request: str,
        files: tuple[bytes, ...] = (),
    ) -> Receipt | Refused:
        """Write the first record of a case, as of `at`. Errors: `Moved`, `Repeated`."""
        stream = f"case/{order.case}"
        heads = self.office_heads(stream)
        edition = next(one for one in self.catalog.editions if one.digest == order.definition)
        recorded = self.clock() if order.paper else at
        situation = replace(self.bare_situation(edition, at), recorded=recorded)
        decision = open_case(order, situation, actor)
        writer = order.paper.recorder if order.paper else actor
        if not self.keys().is_valid(writer, signer.key_id):
            problem = self.key_problem(signer, self.catalog.roster(at).name_of(writer))
            decision = Refusal(action=OPENED, state="", reasons=(problem,))
        if isinstance(decision, Refusal):
            return self.refuse_outside(decision, writer, signer, _pinned(edition))
        case = folded(None, decision, Stamp(seq=0, at=at, actor=actor, values=decision.values))
        account = scribe.decided(decision, "open", case, None)
        if actor == SERVICE:
            account = replace(account, way="system")
        else:
            account = replace(account, meaning="authorship")
        account = replace(account, definition=_pinned(edition))
        if order.paper is not None:
            account = replace(account, way="paper", recorder=self._clerk(writer, situation))
        entry = scribe.write(
            account,
            scribe.person(situation.roster, actor, None),
            self.place(stream, heads),
            self.moment(recorded, at, request),
            signer,
            case=case,
            objects=_attached(decision, files),
        )
        self._commit(entry, heads, situation, signer)
        return receipt_of(entry)

    def record(
        self,
        look: Look,
        answer: Decision | Refusal,
        actor: str,
        signer: Signer,
        request: str,
        paper: Paper | None = None,
        files: tuple[bytes, ...] = (),
    ) -> Receipt | Refused:
        """Write a decision or a refusal to the case's stream. Errors: `Moved`, `Repeated`."""
        case, situation = look.case, look.situation
        recorded = situation.recorded or situation.at
        moment = self.moment(recorded, min(situation.at, recorded), request)
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
        elif paper is not None or (isinstance(answer, Decision) and answer.recorded_for):
            recorder = self._clerk(paper.recorder if paper else actor, situation)
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
        self._commit(entry, look.heads, situation, signer)
        if isinstance(answer, Refusal):
            return Refused(
                case=case,
                refusal=answer,
                seq=look.seq,
                digest=entry.record.digest,
                at=situation.at,
            )
        return receipt_of(entry)

    def _commit(
        self, entry: Entry, heads: Mapping[str, Head | None], situation: Situation, signer: Signer
    ) -> None:
        """Write a record and the openings of cards it brings, if all that was read to decide it is
        still so. Errors: `Moved`.
        """
        entries = (entry, *scribe.openings(entry, signer, self._salts()))
        read = situation.shelf.versions, situation.diaries.versions, situation.elsewhere.seen
        self.file(entries, expected(heads), *read)

    def file(
        self,
        entries: Sequence[Entry],
        expect: Mapping[str, int],
        cards: Mapping[tuple[str, str], int] = MappingProxyType({}),
        pages: Mapping[tuple[str, str], int] = MappingProxyType({}),
        seen: Seen = MappingProxyType({}),
        size: int | None = None,
    ) -> tuple[int, ...]:
        """Write records together (`Store.commit`) and keep their receipts. Errors: `Moved`,
        `Repeated`.
        """
        places = self.store.commit(entries, expect, cards, pages, seen, size)
        if self.witness is not None:
            digests = (one.record.digest for one in entries)
            self.witness.keep(zip(places, digests, strict=True))
        return places

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
        request: str | None = None,
    ) -> Receipt:
        """Write one record to a stream outside any case; a request id is used up by it.

        Errors: `StoreConflict`; `Repeated` where the request was carried out before.
        """
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
                self.moment(at, at, request or self.new_id()),
                signer,
                objects=objects,
            )
            try:
                self.file((entry,), expected(heads))
            except Moved:
                continue
            self.catalog = self.catalog.renewed()
            return receipt_of(entry)
        raise StoreConflict

    # -- what a record rests on ------------------------------------------------------------

    def place(self, stream: str, heads: Mapping[str, Head | None]) -> Place:
        office = (stream, ORG, KEYS, DEFS)
        return Place(
            origin=self.origin,
            suite=self.store.suite,
            stream=stream,
            head=heads.get(stream),
            received=self.store.last_received(stream),
            org=heads.get(ORG),
            keys=heads.get(KEYS),
            heads={n: head for n, head in heads.items() if head is not None and n not in office},
            checkpoint=self._seen_checkpoint(),
        )

    def service_keys(self) -> tuple[PublicKey, ...]:
        """Every public key the service has had, by which its checkpoints are verified."""
        return self.keys().publics_of(SERVICE)

    def _seen_checkpoint(self) -> Head:
        """The newest checkpoint this client has verified. Errors: `RolledBack`."""
        if self.witness is None:
            return unseen(self.origin, self.store.suite).head
        return self.witness.require_extension(self.store, self.service_keys())

    def office_heads(self, stream: str) -> dict[str, Head | None]:
        """The heads a record outside any case rests on."""
        return self.heads(stream, ORG, KEYS, DEFS)

    def moment(self, at: datetime, happened_at: datetime, request: str) -> Moment:
        return Moment(
            at=at,
            happened=happened_at,
            zone=str(self.catalog.zone),
            request=request,
            salts=self._salts(),
            nonce=self.dice(16),
        )

    def consent(self, who: Party, signer: Signer, matter: Json) -> Consent:
        """A second person's consent, given now, to what the first will put on record."""
        return give_consent(signer, who, scribe.instant(self.clock()), self.origin, matter)

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

    def _declarant(self, actor: str, at: datetime) -> Actor:
        """The signer of an office record; before the first roster only his id is known."""
        if not self.has_roster or actor == SERVICE:
            return Actor(uid=actor, name=actor, post="", dept="", for_=None)
        return scribe.person(self.catalog.roster(at), actor, None)

    def _clerk(self, uid: str, situation: Situation) -> Party:
        """Who entered what was done on paper."""
        return Party(uid=uid, name=situation.roster.name_of(uid))

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
