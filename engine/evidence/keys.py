"""Whose key is whose: key ids, possession, and the fold of the `keys` stream.

evidence-spec.md §7. Validity goes by position in the `keys` stream, never by the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from engine.errors import EvidenceError
from engine.evidence.canonical import Json, canonical, decode_base64, encode_base64, is_instant, pae
from engine.evidence.consent import Consent, check_consents, load_consents
from engine.evidence.record import SERVICE
from engine.evidence.signing import (
    PublicKey,
    Signer,
    dump_public,
    is_signed,
    key_id,
    load_public,
)
from engine.evidence.suite import Suite
from engine.text import say

KEY_PROOF = "application/vnd.guicheng.key-proof.v1+json"
CUSTODIES = ("file", "agent", "service")

# -- what happens to keys ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEnrolled:
    """A key becomes a person's. `proof`: base64 signature by the key itself; `consents`: those of
    further registrars, where the post needs more than one.
    """

    uid: str
    key: str
    public: str
    custody: str
    from_: str
    proof: str
    consents: tuple[Consent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysFounded:
    """The first record of `keys`: the first registrar's key, the service key, the registrars."""

    uid: str
    key: str
    public: str
    custody: str
    from_: str
    proof: str
    registrars: tuple[str, ...]
    service_key: str
    service_public: str
    service_proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated:
    """A person's `old` key gives way to `key`; the record is signed by the old one."""

    uid: str
    old: str
    key: str
    public: str
    custody: str
    from_: str
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked:
    """A key ends. What was received from `suspect_since` on is doubtful (time, or None)."""

    key: str
    reason: str
    suspect_since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarsAppointed:
    """Who may enrol and revoke other people's keys from here on."""

    registrars: tuple[str, ...]


KeyChange = KeysFounded | KeyEnrolled | KeyRotated | KeyRevoked | RegistrarsAppointed
_CHANGES: Mapping[str, type[KeyChange]] = {
    "founded": KeysFounded,
    "enrolled": KeyEnrolled,
    "rotated": KeyRotated,
    "revoked": KeyRevoked,
    "appointed": RegistrarsAppointed,
}


Dumped = str | list[str] | list[dict[str, str]] | None


def dump_key_change(change: KeyChange) -> dict[str, Dumped]:
    """The change as JSON; `load_key_change` reads it back."""
    kind = next(name for name, one in _CHANGES.items() if isinstance(change, one))
    told = {name.rstrip("_"): getattr(change, name) for name in _names(type(change))}
    if isinstance(change, KeyEnrolled):
        told["consents"] = [asdict(one) for one in change.consents]
    if isinstance(change, KeysFounded | RegistrarsAppointed):
        told["registrars"] = list(change.registrars)
    return {"change": kind, **told}


def load_key_change(dumped: Mapping[str, object]) -> KeyChange:
    """The change of `dump_key_change`. Raises `EvidenceError` if it is not exactly that."""
    kind = _CHANGES.get(str(dumped.get("change")))
    if kind is None:
        raise EvidenceError(say("无法识别的钥匙变动:{kind}", kind=str(dumped.get("change"))[:40]))
    names = _names(kind)
    if set(dumped) != {"change", *(name.rstrip("_") for name in names)}:
        raise EvidenceError(say("钥匙变动的字段不全或有多余"))
    values: dict[str, object] = {}
    for name in names:
        value = dumped[name.rstrip("_")]
        if isinstance(value, list | tuple) and name == "registrars":
            value = tuple(value)
        if name == "consents":
            value = load_consents(value)
        if not _fits(name, value):
            raise EvidenceError(say("钥匙变动的字段 {field} 不成样子", field=name.rstrip("_")))
        values[name] = value
    return kind(**values)  # type: ignore[arg-type]  # checked just above, field by field


def enrol(signer: Signer, origin: str, uid: str, custody: str, from_: str) -> KeyEnrolled:
    """An enrolment of the signer's key for `uid`, with proof of possession."""
    public = dump_public(signer.public)
    proof = signer.sign(_possession(origin, uid, signer.key_id, public, custody, from_))
    return KeyEnrolled(
        uid=uid,
        key=signer.key_id,
        public=public,
        custody=custody,
        from_=from_,
        proof=encode_base64(proof),
    )


def rotate(old: str, signer: Signer, origin: str, uid: str, custody: str, from_: str) -> KeyRotated:
    """The change from key id `old` to the signer's key, with proof of possession of the new."""
    new = enrol(signer, origin, uid, custody, from_)
    return KeyRotated(
        uid=uid,
        old=old,
        key=new.key,
        public=new.public,
        custody=custody,
        from_=from_,
        proof=new.proof,
    )


def found(
    registrar: Signer,
    service: Signer,
    origin: str,
    uid: str,
    custody: str,
    from_: str,
    registrars: tuple[str, ...],
) -> KeysFounded:
    """The first change of all, to be signed by `registrar`; `registrars` include `uid`."""
    first = enrol(registrar, origin, uid, custody, from_)
    system = enrol(service, origin, SERVICE, "service", from_)
    return KeysFounded(
        uid=uid,
        key=first.key,
        public=first.public,
        custody=custody,
        from_=from_,
        proof=first.proof,
        registrars=registrars,
        service_key=system.key,
        service_public=system.public,
        service_proof=system.proof,
    )


def enrolled_by(change: KeyChange) -> tuple[KeyEnrolled, ...]:
    """The keys a change brings in, each as an enrolment."""
    match change:
        case KeyEnrolled():
            return (change,)
        case KeyRotated() | KeysFounded():
            first = KeyEnrolled(
                uid=change.uid,
                key=change.key,
                public=change.public,
                custody=change.custody,
                from_=change.from_,
                proof=change.proof,
            )
            if isinstance(change, KeyRotated):
                return (first,)
            system = KeyEnrolled(
                uid=SERVICE,
                key=change.service_key,
                public=change.service_public,
                custody="service",
                from_=change.from_,
                proof=change.service_proof,
            )
            return (first, system)
        case _:
            return ()


def enrolment_matter(change: KeyEnrolled) -> Json:
    """What a further registrar signs: whose key it is, which, and how it is kept."""
    return {
        "act": "enrol",
        "custody": change.custody,
        "from": change.from_,
        "key": change.key,
        "public": change.public,
        "uid": change.uid,
    }


def require_consents(change: KeyEnrolled, origin: str, signer: str, before: KeyState) -> None:
    """Raise `EvidenceError` unless every consent to an enrolment is a registrar's, and signed."""
    for one in change.consents:
        if not before.is_registrar(one.uid):
            raise EvidenceError(say("{uid} 不是登记人员,其同意不算", uid=one.uid))
    matter = enrolment_matter(change)
    for problem in check_consents(change.consents, origin, matter, signer, before.find_own):
        raise EvidenceError(problem)


def require_proof(change: KeyChange, origin: str, suite: Suite) -> None:
    """Raise `EvidenceError` unless every key brought in is of the suite, and proves that its
    holder has it.
    """
    for one in enrolled_by(change):
        public = load_public(one.public, suite)
        if key_id(public) != one.key:
            raise EvidenceError(say("{uid} 的公钥与钥匙编号不符", uid=one.uid))
        data = _possession(origin, one.uid, one.key, one.public, one.custody, one.from_)
        if not is_signed(public, decode_base64(one.proof), data):
            raise EvidenceError(say("未能证明 {uid} 持有所登记的钥匙", uid=one.uid))


# -- the fold ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One key's life: valid from position `since` up to, not including, `until`."""

    uid: str
    key: str
    public: str
    custody: str
    since: int
    until: int | None = None
    suspect_since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """What the `keys` stream says up to `seq`: pure, rebuilt by folding its changes."""

    seq: int = -1
    enrolments: Mapping[str, Enrolment] = field(default_factory=dict)
    appointments: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def after(self, change: KeyChange, seq: int) -> KeyState:
        """The state once the change at `seq` counts. Raises `EvidenceError` for nonsense."""
        if seq <= self.seq:
            raise EvidenceError(say("钥匙变动的次序不对:{seq}", seq=seq))
        if isinstance(change, KeysFounded) != (seq == 0):
            raise EvidenceError(say("钥匙流须以且只能以一条创立记录开头"))
        known = dict(self.enrolments)
        appointments = self.appointments
        if isinstance(change, KeyRotated):
            old = known.get(change.old)
            if old is None or old.uid != change.uid or old.until is not None:
                raise EvidenceError(say("被更换的钥匙不是 {uid} 的有效钥匙", uid=change.uid))
            known[old.key] = replace(old, until=seq)
        if isinstance(change, KeyRevoked):
            known[change.key] = self._revoked(change, seq)
        for one in enrolled_by(change):
            if (one.uid == SERVICE) != (one.custody == "service"):
                raise EvidenceError(say("服务钥匙属于且只属于系统"))
            if one.key in known:
                raise EvidenceError(say("钥匙 {key} 已经登记过", key=one.key[:12]))
            known[one.key] = Enrolment(
                uid=one.uid, key=one.key, public=one.public, custody=one.custody, since=seq
            )
        if isinstance(change, KeysFounded | RegistrarsAppointed):
            if not change.registrars:
                raise EvidenceError(say("至少须有一名登记人员"))
            appointments = (*appointments, (seq, change.registrars))
        return KeyState(seq=seq, enrolments=known, appointments=appointments)

    def _revoked(self, change: KeyRevoked, seq: int) -> Enrolment:
        known = self.enrolments.get(change.key)
        if known is None:
            raise EvidenceError(say("没有登记过钥匙 {key}", key=change.key[:12]))
        # A key already ended may still turn out to have been stolen: the earlier suspicion holds.
        suspicions = [one for one in (known.suspect_since, change.suspect_since) if one]
        return replace(
            known,
            until=seq if known.until is None else known.until,
            suspect_since=min(suspicions, default=None),
        )

    def find(self, key: str) -> Enrolment | None:
        return self.enrolments.get(key)

    def find_public(self, key: str) -> PublicKey | None:
        """The public key of a key id ever enrolled, valid or not."""
        known = self.enrolments.get(key)
        return load_public(known.public) if known else None

    def find_own(self, uid: str, key: str, at: int | None = None) -> PublicKey | None:
        """A person's public key, if it was a valid one of his at a position (default: the last)."""
        is_his = uid != SERVICE and self.is_valid(uid, key, at)
        return self.find_public(key) if is_his else None

    def publics_of(self, uid: str) -> tuple[PublicKey, ...]:
        """Every public key somebody has had, revoked ones too: what was signed then stands."""
        known = (self.find_public(one.key) for one in self.keys_of(uid))
        return tuple(one for one in known if one is not None)

    def is_valid(self, uid: str, key: str, at: int | None = None) -> bool:
        """Whether `key` was this person's and in force at position `at` (default: the last)."""
        known = self.enrolments.get(key)
        place = self.seq if at is None else at
        if known is None or known.uid != uid or known.since > place:
            return False
        return known.until is None or place < known.until

    def is_doubtful(self, key: str, received_at: str) -> bool:
        """Whether a record received then falls under a suspicion raised when the key ended."""
        known = self.enrolments.get(key)
        suspect = known.suspect_since if known else None
        return suspect is not None and received_at >= suspect

    def is_registrar(self, uid: str, at: int | None = None) -> bool:
        return uid in self.registrars_at(self.seq if at is None else at)

    def registrars_at(self, place: int) -> tuple[str, ...]:
        """Who could enrol and revoke at a position."""
        return next((who for seq, who in reversed(self.appointments) if seq <= place), ())

    @property
    def registrars(self) -> tuple[str, ...]:
        """Who may enrol and revoke now."""
        return self.registrars_at(self.seq)

    def keys_of(self, uid: str) -> tuple[Enrolment, ...]:
        """Every key this person has had, oldest first."""
        return tuple(one for one in self.enrolments.values() if one.uid == uid)

    def require_entitled(self, change: KeyChange, uid: str, key: str) -> None:
        """Raise `EvidenceError` unless `uid`, signing with `key`, may make this change next."""
        if isinstance(change, KeysFounded):
            if self.seq != -1 or (uid, key) != (change.uid, change.key):
                raise EvidenceError(say("创立记录须由所登记的第一名登记人员签名"))
            return
        if not self.is_valid(uid, key):
            raise EvidenceError(say("签名钥匙不是 {uid} 的有效钥匙", uid=uid))
        if isinstance(change, KeyRotated):
            allowed = (uid, key) == (change.uid, change.old)
        else:
            known = self.find(change.key) if isinstance(change, KeyRevoked) else None
            allowed = self.is_registrar(uid) or (known is not None and known.uid == uid)
        if not allowed:
            raise EvidenceError(say("{uid} 无权作此钥匙变动", uid=uid))


def _possession(origin: str, uid: str, key: str, public: str, custody: str, from_: str) -> bytes:
    claim = {
        "origin": origin,
        "uid": uid,
        "key": key,
        "public": public,
        "custody": custody,
        "from": from_,
    }
    return pae(KEY_PROOF, canonical(claim))


def _names(kind: type[KeyChange]) -> tuple[str, ...]:
    return tuple(kind.__dataclass_fields__)


def _fits(name: str, value: object) -> bool:
    match name:
        case "registrars":
            return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
        case "consents":
            return isinstance(value, tuple)
        case "custody":
            return value in CUSTODIES
        case "from_":
            return isinstance(value, str) and is_instant(value)
        case "suspect_since":
            return value is None or (isinstance(value, str) and is_instant(value))
        case _:
            return isinstance(value, str)
