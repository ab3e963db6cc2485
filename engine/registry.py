"""What the office itself decides: rules published, posts granted, keys enrolled.

Each is one signed record in the stream `org`, `defs` or `keys`; what the rules refuse is a
record too, in `org`. Who may do it is written in the roster (`powers`), not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date

from engine import scribe
from engine.catalog import DEFS, KEYS, ORG, PROCESS, ROSTER, Draft, read_roster
from engine.desk import Desk, Receipt, Refused
from engine.errors import EvidenceError
from engine.evidence.keys import (
    KeyChange,
    KeyEnrolled,
    KeysFounded,
    dump_key_change,
    enrolment_matter,
    load_key_change,
    require_consents,
    require_proof,
)
from engine.evidence.record import SERVICE, CaseRef, Party
from engine.evidence.signing import Signer
from engine.kernel import events as happened
from engine.kernel.amending import in_hand, objections
from engine.kernel.command import APART, ROLE, Reason, Refusal, in_order, no_power
from engine.kernel.entries import Impossible
from engine.kernel.office_events import KeysChanged, Published, RosterAmended
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
    dump_amendment,
)
from engine.language.roster import Roster, RosterView
from engine.scribe import Account
from engine.store.elsewhere import StoredElsewhere
from engine.store.rows import Repeated
from engine.text import Text, say

TYPES = {ORG: "org", DEFS: "def", KEYS: "key"}
PUBLISH, FOUND, ENROL, REVOKE = "发布", "创立", "登记钥匙", "吊销钥匙"
ROTATE, APPOINT, TWO = "更换钥匙", "任命登记人员", "two_registrars"
GRANT, WITHDRAW, DELEGATE, LEAVE = "授予岗位", "撤回岗位", "委托", "请假"
CALL_BACK, BACK, QUALIFY = "收回委托", "销假", "登记资格"
NAME_LIAISON, REMOVE_LIAISON, STOP = "备案对接人", "撤销对接人", "停用账号"
ACTS: Mapping[type[Amendment], str] = {
    PostGranted: GRANT,
    PostWithdrawn: WITHDRAW,
    Delegated: DELEGATE,
    DelegationEnded: CALL_BACK,
    LeaveTaken: LEAVE,
    LeaveEnded: BACK,
    QualificationGained: QUALIFY,
    LiaisonNamed: NAME_LIAISON,
    LiaisonRemoved: REMOVE_LIAISON,
    PersonLeft: STOP,
}


class Registry:
    """The office's own acts, at one desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._names: dict[str, str] = {}  # of a roster not yet in force

    def publish(
        self, drafts: tuple[Draft, ...], actor: str, signer: Signer, effective: date
    ) -> tuple[Receipt, ...] | Refused:
        """Bring texts into force by signed records, one each; an unchanged text is left alone.

        Before there is a roster in force, the one about to be published says who may.
        """
        drafted = next((one for one in drafts if one.kind == ROSTER), None)
        if not self.desk.has_roster and drafted is not None:
            first = read_roster(drafted.content.decode())
            allowed = holders(first, "publish")
            self._names = {one.id: one.name for one in first.people}
        else:
            allowed = self.desk.catalog.roster(self.desk.clock()).powers("publish")
        reasons = self._objections(actor, signer, allowed, say("无权发布"))
        if reasons:
            return self.desk.refuse_outside(_no(PUBLISH, reasons), actor, signer)
        receipts, suite = [], self.desk.store.suite
        for draft in drafts:
            before = [
                one
                for one in self.desk.catalog.editions
                if (one.kind, one.name) == (draft.kind, draft.name)
            ]
            digest = suite.digest(draft.content)
            if before and before[-1].digest == digest:
                continue
            event = Published(
                kind=draft.kind,
                name=draft.name,
                edition=len(before) + 1,
                digest=digest,
                model=suite.digest(draft.model),
                effective=effective,
            )
            stream = DEFS if draft.kind == PROCESS else ORG
            text = ((draft.kind, draft.content),)
            receipts.append(self._declare(stream, PUBLISH, event, actor, signer, text))
        return tuple(receipts)

    def amend(
        self, amendment: Amendment, actor: str, signer: Signer, act: str
    ) -> Receipt | Refused:
        """Change who is who: one's own leave and delegation, a head's liaisons; for the rest
        the power `grant`. What the roster itself says no to is refused too.
        """
        roster = self.desk.catalog.roster(self.desk.clock())
        allowed, why = _entitled(amendment, roster)
        reasons = in_order(
            [
                *self._objections(actor, signer, allowed, why),
                *objections(amendment, roster),
                *in_hand(amendment, StoredElsewhere(self.desk.store), roster),
            ]
        )
        if reasons:
            return self.desk.refuse_outside(_no(act, reasons), actor, signer)
        event = RosterAmended(amendment=dump_amendment(amendment))
        return self._declare(ORG, act, event, actor, signer)

    def carry_out(self, amendment: Amendment, case: CaseRef, request: str) -> None:
        """Change who is who because a case says so, once; the record names the case.

        Errors: `Impossible`, where the roster has come to say no to it since.
        """
        roster = self.desk.catalog.roster(self.desk.clock())
        reasons = (
            *objections(amendment, roster),
            *in_hand(amendment, StoredElsewhere(self.desk.store), roster),
        )
        if reasons:
            raise Impossible(reasons)
        event = RosterAmended(amendment=dump_amendment(amendment))
        account = Account(typ=TYPES[ORG], act=ACTS[type(amendment)], events=(event,), case=case)
        with suppress(Repeated):
            self.desk.append(ORG, account, (), SERVICE, self.desk.service, request)

    def change_keys(
        self, change: KeyChange, actor: str, signer: Signer, act: str
    ) -> Receipt | Refused:
        """Enrol, rotate or revoke a key.

        The key of somebody whose post is under dual control (`powers: {two_registrars: …}`)
        needs another registrar's consent. Errors: `EvidenceError` if possession is not proven, or
        the founding is not sound.
        """
        require_proof(change, self.desk.store.origin, self.desk.store.suite)
        event = KeysChanged(change=dump_key_change(change))
        load_key_change(event.change)  # what could not be read again is not signed
        try:
            self.desk.keys().require_entitled(change, actor, signer.key_id)
            if isinstance(change, KeyEnrolled):
                require_consents(change, self.desk.store.origin, actor, self.desk.keys())
        except EvidenceError as error:
            if isinstance(change, KeysFounded):
                raise
            reason = Reason(code=ROLE, text=self._by_name(error.text))
            return self.desk.refuse_outside(_no(act, (reason,)), actor, signer)
        if isinstance(change, KeyEnrolled) and not self._is_vouched(change):
            return self.desk.refuse_outside(_no(act, (self._second(actor),)), actor, signer)
        return self._declare(KEYS, act, event, actor, signer)

    def consent_to(self, change: KeyEnrolled, registrar: str, signer: Signer) -> KeyEnrolled:
        """The enrolment with one more registrar's consent."""
        who = Party(uid=registrar, name=self._name(registrar))
        given = self.desk.consent(who, signer, enrolment_matter(change))
        return replace(change, consents=(*change.consents, given))

    def _is_vouched(self, change: KeyEnrolled) -> bool:
        """Whether enough registrars stand for a key: two, where its owner's post asks for it."""
        if not self.desk.has_roster:
            return True
        guarded = self.desk.catalog.roster(self.desk.clock()).powers(TWO)
        return change.uid not in guarded or bool(change.consents)

    def _second(self, actor: str) -> Reason:
        others = [one for one in self.desk.keys().registrars if one != actor]
        return Reason(
            code=APART,
            text=say("这一岗位的钥匙须由两名登记人员登记"),
            remedy=say(
                "请另一名登记人员同意:{people}",
                people=tuple(map(self._name, others)) or say("(没有别的登记人员)"),
            ),
        )

    def _objections(
        self, actor: str, signer: Signer, allowed: tuple[str, ...], why: Text
    ) -> tuple[Reason, ...]:
        reasons = []
        if actor not in allowed:
            text = say("{person} {why}", person=self._name(actor), why=why)
            reasons.append(no_power(text, tuple(map(self._name, allowed))))
        if not self.desk.keys().is_valid(actor, signer.key_id):
            reasons.append(self.desk.key_problem(signer, self._name(actor)))
        return tuple(reasons)

    def _declare(
        self,
        stream: str,
        act: str,
        event: happened.Event,
        actor: str,
        signer: Signer,
        objects: scribe.Objects = (),
    ) -> Receipt:
        account = Account(typ=TYPES[stream], act=act, meaning="responsibility", events=(event,))
        return self.desk.append(stream, account, objects, actor, signer)

    def _by_name(self, text: Text) -> Text:
        """What the evidence layer says of a person by id, by his name."""
        named = {n: self._name(str(value)) for n, value in text.fields.items() if n == "uid"}
        return replace(text, fields={**text.fields, **named})

    def _name(self, uid: str) -> str:
        if not self.desk.has_roster:
            return self._names.get(uid, uid)
        return self.desk.catalog.roster(self.desk.clock()).name_of(uid)


def holders(roster: Roster, power: str) -> tuple[str, ...]:
    """Those who hold a power by a drafted roster, in the order of its posts."""
    posts = roster.powers.get(power, ())
    held = (one.person for post in posts for one in roster.holdings if one.post == post)
    return tuple(dict.fromkeys(held))


def _entitled(amendment: Amendment, roster: RosterView) -> tuple[tuple[str, ...], Text]:
    """Who may ask for an amendment, and the words for whoever may not."""
    granters = roster.powers("grant")
    match amendment:
        case Delegated() | DelegationEnded():
            return (amendment.from_person,), say("只能委托自己的办理权")
        case LeaveTaken() | LeaveEnded():
            return (amendment.person, *granters), say("不能替他人请假")
        case LiaisonNamed() | LiaisonRemoved():
            heads = roster.head_of(amendment.department)
            return (*heads, *granters), say("不能替别的部门备案对接人")
        case QualificationGained():
            return granters, say("无权登记资格")
        case PersonLeft():
            return granters, say("无权停用账号")
    return granters, say("无权授予岗位")


def _no(act: str, reasons: tuple[Reason, ...]) -> Refusal:
    return Refusal(action=act, state="", reasons=reasons)
