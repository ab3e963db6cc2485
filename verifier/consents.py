"""Consent: a second person's signature over what the first put on record (evidence-spec.md §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from verifier.canonical import Flaw, Json, canonical, decode_base64, is_instant, pae
from verifier.records import SERVICE
from verifier.suites import Suite

CONSENT = "application/vnd.guicheng.consent.v1+json"
FindOwn = Callable[[str, str], bytes | None]  # uid, key id → the public key, if valid there


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Who agreed, with which key, when; `sig` in base64."""

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


def consent_problem(
    consents: Iterable[Consent],
    origin: str,
    matter: Json,
    signer: str,
    find: FindOwn,
    suite: Suite,
) -> Flaw | None:
    """The first thing wrong with the consents to a matter that `signer` put on record."""
    seen = {signer}
    for one in consents:
        if one.uid in seen:
            return Flaw("同意须由另一人签", "a consent must be another person's")
        seen.add(one.uid)
        public = None if one.uid == SERVICE else find(one.uid, one.key)
        if public is None:
            return Flaw("同意所用的钥匙当时无效", "the key of the consent was not valid there")
        said = one.statement(origin, matter, suite)
        if not suite.is_signed(public, _signature(one), said):
            return Flaw("同意的签名不成立", "the consent is not signed")
    return None


def load_consents(value: Json) -> tuple[Consent, ...]:
    """Consents as an event holds them. Raises `Flaw`."""
    found = []
    for one in value if isinstance(value, list) else [None]:
        match one:
            case {
                "uid": str(uid),
                "name": str(name),
                "key": str(key),
                "at": str(at),
                "sig": str(sig),
                **rest,
            } if not rest and is_instant(at):
                found.append(Consent(uid=uid, name=name, key=key, at=at, sig=sig))
            case _:
                raise Flaw("同意的写法不对", "a consent is ill-formed")
    return tuple(found)


def _signature(consent: Consent) -> bytes:
    try:
        return decode_base64(consent.sig)
    except Flaw:
        return b""
