"""Time-stamp tokens over checkpoints (RFC 3161, RFC 5816): whether they hold, and what they prove.

Trust comes from the command line alone: without an authority's certificate given there only the
digest is compared, and the report says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json
from verifier.certificates import (
    Certificate,
    load_certificate,
    require_chain,
    require_stamping,
    show_name,
)
from verifier.cms import TST_INFO, Signer, Token, load_token
from verifier.der import INTEGER, OCTETS, OID, SEQUENCE, Element, Parts, integer, malformed, only
from verifier.findings import Finding, Weight
from verifier.signatures import Unjudged, is_signed_by, load_hash

_CONTENT_TYPE, _DIGEST = "2a864886f70d010903", "2a864886f70d010904"
_SIGNING_V1, _SIGNING_V2 = "2a864886f70d010910020c", "2a864886f70d010910022f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A checkpoint of `size` records existed before `at`, by an authority that is trusted.

    `accuracy` in microseconds, None if the token names none.
    """

    size: int
    at: datetime
    accuracy: int | None
    authority: str

    def dump(self) -> dict[str, Json]:
        return {
            "size": self.size,
            "at": self._moment,
            "accuracy_us": self.accuracy,
            "authority": self.authority,
        }

    def show(self, language: str) -> str:
        within = "" if self.accuracy is None else f" ± {self.accuracy / 1_000_000:g} s"
        if language == "zh":
            return (
                f"{self.size} 条记录的检查点在 {self._moment}{within} 之前已经存在,"
                f"时间戳机构:{self.authority}"
            )
        return (
            f"the checkpoint of {self.size} records existed before {self._moment}{within},"
            f" by the authority {self.authority}"
        )

    @property
    def _moment(self) -> str:
        kept = "microseconds" if self.at.microsecond else "seconds"
        return self.at.replace(tzinfo=None).isoformat(timespec=kept) + "Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What was made of the tokens of a bundle; `unproven` are those nobody could be asked about."""

    findings: tuple[Finding, ...] = ()
    proven: tuple[Proven, ...] = ()
    unproven: int = 0


def check_tokens(bundle: Bundle, anchors: Sequence[Certificate]) -> Tokens:
    """Each token is over the checkpoint of its size, and by a trusted authority."""
    notes = dict(bundle.older)
    if bundle.note is not None:
        notes[bundle.size] = bundle.note
    found: list[Finding] = []
    proven: list[Proven] = []
    for size, data in sorted(bundle.tokens.items()):
        weight = Weight.BREAK
        try:
            token = load_token(data)
            require_over(token, notes.get(size))
            if anchors:
                proven.append(_prove(size, token, anchors))
            continue
        except Unjudged as flaw:
            weight, zh, en = Weight.GAP, flaw.zh, flaw.en
        except Flaw as flaw:
            zh, en = flaw.zh, flaw.en
        found.append(
            Finding(
                code="E_TOKEN",
                level=2,
                field=f"tokens/{size}.tsr",
                zh=zh,
                en=en,
                weight=weight,
            )
        )
    unproven = 0 if anchors else len(bundle.tokens) - len(found)
    return Tokens(findings=tuple(found), proven=tuple(proven), unproven=unproven)


def require_over(token: Token, note: bytes | None) -> None:
    """It is over these bytes. Raises `Flaw`."""
    if note is None or token.stamp.imprint != hashlib.sha256(note).digest():
        raise Flaw("时间戳不是盖在这个检查点上", "not over this checkpoint")


def _prove(size: int, token: Token, anchors: Sequence[Certificate]) -> Proven:
    signer = require_signed(token, anchors)
    return Proven(
        size=size,
        at=token.stamp.at,
        accuracy=token.stamp.accuracy,
        authority=show_name(signer.subject),
    )


def require_signed(token: Token, anchors: Sequence[Certificate]) -> Certificate:
    """The certificate a token holds under, whose chain ends at an anchor.

    Raises `Flaw` for what breaks a rule, `Unjudged` where that cannot be said.
    """
    others, unread = _load_certificates(token.certificates)
    signer = _find_signer(token.signer, (*others, *anchors), unread)
    hashed_by = load_hash(token.signer.hashed_by)
    _require_attributes(token, hashed_by)
    _require_named(token.signer, signer)
    _require_signature(token.signer, signer, hashed_by)
    _require_authority(token, signer)
    require_stamping(signer)
    require_chain(signer, others, anchors, token.stamp.at)
    return signer


def _load_certificates(bag: Sequence[bytes]) -> tuple[list[Certificate], Flaw | None]:
    """Those that can be read, and why the first other one cannot: it need not be the signer's."""
    found: list[Certificate] = []
    unread: Flaw | None = None
    for one in bag:
        try:
            found.append(load_certificate(one))
        except Flaw as flaw:
            unread = unread or flaw
    return found, unread


def _find_signer(named: Signer, known: Sequence[Certificate], unread: Flaw | None) -> Certificate:
    for one in known:
        if named.key_id is not None:
            is_it = one.key_id == named.key_id
        else:
            is_it = (one.issuer.encoded, one.serial) == (named.issuer, named.serial)
        if is_it:
            return one
    raise unread or Unjudged(
        "签名证书既不在令牌里,也没有给出(--tsa)",
        "the signer's certificate is neither in the token nor given (--tsa)",
    )


def _require_attributes(token: Token, hashed_by: str) -> None:
    """The signature is over this content, as a time stamp (RFC 5652 §11.1, §11.2)."""
    kind = _one(token.signer, _CONTENT_TYPE, "contentType")
    if kind.tag != OID or kind.content.hex() != TST_INFO:
        raise Flaw(
            "签名属性所写的内容种类不是时间戳",
            "the signed attributes name another type of content",
        )
    digest = _one(token.signer, _DIGEST, "messageDigest")
    if digest.tag != OCTETS or digest.content != hashlib.new(hashed_by, token.content).digest():
        raise Flaw(
            "签名属性所写的摘要不是这个时间戳的",
            "the digest in the signed attributes is not that of the time stamp",
        )


def _one(signer: Signer, oid: str, name: str) -> Element:
    values = signer.attributes.get(oid, ())
    if len(values) != 1:
        raise Flaw(f"签名属性没有 {name}", f"the signed attributes have no {name}")
    return values[0]


def _require_named(signer: Signer, certificate: Certificate) -> None:
    """The signed attributes bind the certificate (RFC 5816 §2.2.1), by one way or both."""
    if _SIGNING_V1 not in signer.attributes and _SIGNING_V2 not in signer.attributes:
        raise Flaw(
            "签名属性没有写明签名证书(signingCertificate)",
            "the signed attributes name no certificate (signingCertificate)",
        )
    for oid, name in ((_SIGNING_V1, "signingCertificate"), (_SIGNING_V2, "signingCertificateV2")):
        if oid in signer.attributes:
            _require_identifier(_one(signer, oid, name), oid == _SIGNING_V2, certificate)


def _require_identifier(value: Element, is_v2: bool, certificate: Certificate) -> None:
    what = "ESSCertID"
    if value.tag != SEQUENCE:
        raise malformed(what)
    whole = Parts(value, what)
    first = Parts(whole.take(SEQUENCE), what).take(SEQUENCE)
    parts = Parts(first, what)
    hashed_by = "sha1"  # the only one of version 1 (RFC 2634 §5.4.1)
    if is_v2:
        algorithm = parts.find(SEQUENCE)
        hashed_by = load_hash(algorithm) if algorithm is not None else "sha256"
    digest = parts.take(OCTETS).content
    issued = parts.find(SEQUENCE)
    parts.end()
    is_it = digest == hashlib.new(hashed_by, certificate.encoded).digest()
    if issued is not None:
        inside = Parts(issued, "IssuerSerial")
        names, serial = inside.take(SEQUENCE), integer(inside.take(INTEGER))
        inside.end()
        issuer = only(only(names, 0xA4, "IssuerSerial"), SEQUENCE, "IssuerSerial")
        is_it = is_it and (issuer.encoded, serial) == (
            certificate.issuer.encoded,
            certificate.serial,
        )
    if not is_it:
        raise Flaw(
            "签名属性写明的是另一张证书(ESSCertID)",
            "the signed attributes name another certificate (ESSCertID)",
        )


def _require_signature(signer: Signer, certificate: Certificate, hashed_by: str) -> None:
    key = certificate.key
    if not is_signed_by(key, signer.algorithm, signer.signature, signer.signed, hashed_by):
        raise Flaw("时间戳机构的签名不成立", "the signature of the authority does not verify")


def _require_authority(token: Token, certificate: Certificate) -> None:
    """A name in the token is that of who signed it (RFC 3161 §2.4.2)."""
    if token.stamp.authority not in (None, certificate.subject.encoded):
        raise Flaw(
            "时间戳所写的机构不是签名的机构",
            "the authority named in the time stamp is not the one that signed",
        )
