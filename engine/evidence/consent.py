"""Consent: a second person's signature over what the first is about to put on record.

evidence-spec.md §7. Two sign where one alone could do harm: values destroyed, a key enrolled for
somebody who decides. A consent binds the store, the person, his key, and the whole matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from engine.errors import EvidenceError
from engine.evidence.canonical import (
    Json,
    canonical,
    decode_base64,
    encode_base64,
    is_instant,
    pae,
)
from engine.evidence.record import Party
from engine.evidence.signing import PublicKey, Signer, is_signed, suite_of
from engine.evidence.suite import Suite
from engine.text import Text, say

CONSENT = "application/vnd.guicheng.consent.v1+json"
# uid, key id → the public key, if it was a valid one of his there
FindOwn = Callable[[str, str], PublicKey | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Who agreed, with which key, when (RFC 3339, UTC); `sig` in base64."""

    uid: str
    name: str
    key: str
    at: str
    sig: str

    def statement(self, origin: str, matter: Json, suite: Suite) -> bytes:
        """The bytes that are signed."""
        claim: Json = {
            "at": self.at,
            "key": self.key,
            "name": self.name,
            "origin": origin,
            "uid": self.uid,
            "what": suite.digest(canonical(matter)),
        }
        return pae(CONSENT, canonical(claim))


def give_consent(signer: Signer, who: Party, at: str, origin: str, matter: Json) -> Consent:
    """The signer's consent to a matter, given at an instant."""
    bare = Consent(uid=who.uid, name=who.name, key=signer.key_id, at=at, sig="")
    told = bare.statement(origin, matter, suite_of(signer.public))
    return replace(bare, sig=encode_base64(signer.sign(told)))


def check_consents(
    consents: Sequence[Consent], origin: str, matter: Json, signer: str, find: FindOwn
) -> Iterator[Text]:
    """What is wrong with the consents to a matter that `signer` puts on record."""
    seen = {signer}
    for one in consents:
        if one.uid in seen:
            yield say("同意须由另一人签")
        seen.add(one.uid)
        public = find(one.uid, one.key)
        if public is None:
            yield say("同意所用的钥匙不是 {uid} 当时有效的钥匙", uid=one.uid)
        elif not _is_given(one, public, origin, matter):
            yield say("{uid} 的同意签名不成立", uid=one.uid)


def load_consents(value: object) -> tuple[Consent, ...] | None:
    """Consents as an event holds them; None if they are ill-formed."""
    names = {one.name for one in fields(Consent)}
    found = []
    for one in value if isinstance(value, list | tuple) else (None,):
        if not isinstance(one, Mapping) or set(one) != names:
            return None
        if not all(isinstance(text, str) for text in one.values()) or not is_instant(one["at"]):
            return None
        found.append(Consent(**one))
    return tuple(found)


def _is_given(consent: Consent, public: PublicKey, origin: str, matter: Json) -> bool:
    try:
        signature = decode_base64(consent.sig)
    except EvidenceError:
        return False
    return is_signed(public, signature, consent.statement(origin, matter, suite_of(public)))
