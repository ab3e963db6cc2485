"""Whose key is whose: the fold of the stream `keys` (evidence-spec.md §7).

Validity goes by position in that stream, never by the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from verifier.canonical import Flaw, Json, canonical, decode_base64, is_instant, pae
from verifier.consents import Consent, load_consents
from verifier.records import SERVICE
from verifier.suites import Suite

KEY_PROOF = "application/vnd.guicheng.key-proof.v1+json"
CUSTODIES = ("file", "agent", "service")
_FIELDS = {
    "founded": "uid key public custody from proof registrars service_key service_public"
    " service_proof",
    "enrolled": "uid key public custody from proof consents",
    "rotated": "uid old key public custody from proof",
    "revoked": "key reason suspect_since",
    "appointed": "registrars",
}


class NotEntitled(Flaw):
    """The change was not its signer's to make."""


class NotProven(Flaw):
    """Possession of a key brought in is not proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One key's life: valid from position `since` up to, not including, `until`."""

    uid: str
    key: str
    public: bytes  # none where what was enrolled is no key: nothing is signed under it
    custody: str
    since: int
    until: int | None = None
    suspect_since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A key that a change brings in."""

    uid: str
    key: str
    public: str
    custody: str
    since: str
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of the stream `keys`, its fields checked for shape."""

    kind: str
    uid: str = ""
    key: str = ""
    old: str = ""
    suspect_since: str | None = None
    registrars: tuple[str, ...] = ()
    brought: tuple[Brought, ...] = ()
    consents: tuple[Consent, ...] = ()

    @property
    def matter(self) -> Json:
        """What a further registrar consents to."""
        if not self.brought:
            return None
        one = self.brought[0]
        return {
            "act": "enrol",
            "custody": one.custody,
            "from": one.since,
            "key": one.key,
            "public": one.public,
            "uid": one.uid,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """What the stream says up to `seq`."""

    suite: Suite
    seq: int = -1
    enrolments: Mapping[str, Enrolment] = field(default_factory=dict)
    appointments: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def is_valid(self, uid: str, key: str, at: int) -> bool:
        known = self.enrolments.get(key)
        if known is None or known.uid != uid or known.since > at:
            return False
        return known.until is None or at < known.until

    def find(self, uid: str, key: str, at: int) -> bytes | None:
        """A person's public key, if it was a valid one of his."""
        return self.enrolments[key].public if self.is_valid(uid, key, at) else None

    def is_registrar(self, uid: str) -> bool:
        return uid in self.registrars_at(self.seq)

    def registrars_at(self, place: int) -> tuple[str, ...]:
        """Who could enrol and revoke at a place in the stream."""
        return next((who for seq, who in reversed(self.appointments) if seq <= place), ())

    def after(self, change: Change, seq: int) -> KeyState:
        """The state once a change counts. Raises `Flaw` for one that cannot be."""
        if (change.kind == "founded") != (seq == 0):
            raise Flaw("钥匙流须以一条创立记录开头", "the keys begin with one founding")
        known = dict(self.enrolments)
        if change.kind == "rotated":
            old = known.get(change.old)
            if old is None or old.uid != change.uid or old.until is not None:
                raise Flaw("被更换的钥匙当时无效", "the key rotated away was not valid")
            known[old.key] = replace(old, until=seq)
        if change.kind == "revoked":
            ended = known.get(change.key)
            if ended is None:
                raise Flaw("吊销的钥匙没有登记过", "the key revoked was never enrolled")
            suspicions = [one for one in (ended.suspect_since, change.suspect_since) if one]
            known[change.key] = replace(
                ended,
                until=seq if ended.until is None else ended.until,
                suspect_since=min(suspicions, default=None),
            )
        for one in change.brought:
            if (one.uid == SERVICE) != (one.custody == "service"):
                raise Flaw("服务钥匙属于且只属于系统", "the service key is the system's alone")
            if one.key in known:
                raise Flaw("钥匙已经登记过", "the key is enrolled already")
            known[one.key] = Enrolment(
                uid=one.uid,
                key=one.key,
                public=self._public(one),
                custody=one.custody,
                since=seq,
            )
        appointments = self.appointments
        if change.kind in ("founded", "appointed"):
            if not change.registrars:
                raise Flaw("至少须有一名登记人员", "there must be a registrar")
            appointments = (*appointments, (seq, change.registrars))
        return replace(self, seq=seq, enrolments=known, appointments=appointments)

    def _public(self, one: Brought) -> bytes:
        try:
            return self.suite.load_public(one.public, one.key)
        except Flaw:
            return b""

    def require_entitled(self, change: Change, uid: str, key: str) -> None:
        """Raises `NotEntitled` unless `uid`, signing with `key`, may make this change next."""
        if change.kind == "founded":
            allowed = self.seq == -1 and (uid, key) == (change.uid, change.key)
        elif not self.is_valid(uid, key, self.seq):
            allowed = False
        elif change.kind == "rotated":
            allowed = (uid, key) == (change.uid, change.old)
        else:
            known = self.enrolments.get(change.key) if change.kind == "revoked" else None
            allowed = self.is_registrar(uid) or (known is not None and known.uid == uid)
            allowed &= all(self.is_registrar(one.uid) for one in change.consents)
        if not allowed:
            raise NotEntitled(f"{uid} 无权作此钥匙变动", f"{uid} may not make this change")


def require_proofs(change: Change, origin: str, suite: Suite) -> None:
    """Raises `NotProven` unless every key brought in signed its own enrolment."""
    for one in change.brought:
        claim: Json = {
            "custody": one.custody,
            "from": one.since,
            "key": one.key,
            "origin": origin,
            "public": one.public,
            "uid": one.uid,
        }
        try:
            public = suite.load_public(one.public, one.key)
        except Flaw as flaw:
            raise NotProven(flaw.zh, flaw.en) from None
        try:
            proof = decode_base64(one.proof)
        except Flaw:
            proof = b""
        if not suite.is_signed(public, proof, pae(KEY_PROOF, canonical(claim))):
            raise NotProven(f"未能证明 {one.uid} 持有所登记的钥匙", f"{one.uid} did not prove it")


def load_change(value: Json) -> Change:
    """The change in a `KeysChanged` event. Raises `Flaw`."""
    match value:
        case {"event": "KeysChanged", "version": 1, "change": dict(told), **rest} if not rest:
            return _load_change(told)
    raise Flaw("钥匙流里有别的事件", "the stream of keys holds another event")


def _load_change(told: dict[str, Json]) -> Change:
    kind = told.get("change")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise Flaw("无法识别的钥匙变动", "an unknown change of keys")
    if told.keys() != {"change", *_FIELDS[kind].split()}:
        raise Flaw("钥匙变动的字段不全或有多余", "fields of the change are missing or unknown")
    for name, value in told.items():
        if not _fits(name, value):
            raise Flaw(f"钥匙变动的字段 {name} 不成样子", f"the field {name} is ill-formed")
    text = {name: value for name, value in told.items() if isinstance(value, str)}
    brought: list[Brought] = []
    if "public" in text:
        brought.append(_brought(text, text["uid"], "", text["custody"]))
    if "service_public" in text:
        brought.append(_brought(text, SERVICE, "service_", "service"))
    registrars = told.get("registrars")
    return Change(
        kind=kind,
        uid=text.get("uid", ""),
        key=text.get("key", ""),
        old=text.get("old", ""),
        suspect_since=text.get("suspect_since"),
        registrars=tuple(str(one) for one in registrars) if isinstance(registrars, list) else (),
        brought=tuple(brought),
        consents=load_consents(told["consents"]) if "consents" in told else (),
    )


def _brought(text: Mapping[str, str], uid: str, prefix: str, custody: str) -> Brought:
    return Brought(
        uid=uid,
        key=text[prefix + "key"],
        public=text[prefix + "public"],
        custody=custody,
        since=text["from"],
        proof=text[prefix + "proof"],
    )


def _fits(name: str, value: Json) -> bool:
    match name:
        case "registrars":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case "consents":
            return isinstance(value, list)
        case "custody":
            return value in CUSTODIES
        case "from":
            return isinstance(value, str) and is_instant(value)
        case "suspect_since":
            return value is None or (isinstance(value, str) and is_instant(value))
    return isinstance(value, str)
