"""Time-stamp responses as written: CMS SignedData around a TSTInfo (RFC 3161, RFC 5652)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from verifier.canonical import Flaw
from verifier.der import (
    BITS,
    BOOLEAN,
    GENERAL_TIME,
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    Element,
    Parts,
    boolean,
    instant,
    integer,
    load_der,
    malformed,
    only,
)

LARGEST_TOKEN = 1 << 20
TST_INFO = "2a864886f70d0109100104"  # id-ct-TSTInfo (§2.4.2), as OID content in hex
_SIGNED_DATA = "2a864886f70d010702"
_SHA256 = "608648016503040201"
_GRANTED = (0, 1)  # granted, grantedWithMods (§2.4.2)
_MOST_CERTIFICATES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a token states: `imprint` is SHA-256 of what was stamped, `accuracy` in microseconds.

    `authority` is the name in it, if it is a directory name, encoded.
    """

    imprint: bytes
    at: datetime
    accuracy: int | None
    nonce: int | None
    authority: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signed and how. `attributes` by OID content, with their one value or several.

    `signed` are the bytes under the signature; either `issuer` (encoded) with `serial`, or
    `key_id`, names the certificate.
    """

    issuer: bytes | None
    serial: int
    key_id: bytes | None
    hashed_by: Element
    attributes: Mapping[str, tuple[Element, ...]]
    signed: bytes
    algorithm: Element
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as read; nothing in it is trusted yet. `content` is the DER of the TSTInfo."""

    content: bytes
    stamp: Stamp
    signer: Signer
    certificates: tuple[bytes, ...]


def load_token(data: bytes) -> Token:
    """The token in a time-stamp response, or by itself. Raises `Flaw`."""
    if len(data) > LARGEST_TOKEN:
        raise Flaw("时间戳令牌过大", "the time-stamp token is too large")
    whole = load_der(data, SEQUENCE, "TimeStampResp")
    parts = Parts(whole, "TimeStampResp")
    if parts.take(SEQUENCE, OID).tag == OID:
        return _load_content(whole)
    _require_granted(Parts(whole, "TimeStampResp").take(SEQUENCE))
    token = parts.take(SEQUENCE)
    parts.end()
    return _load_content(token)


def _require_granted(element: Element) -> None:
    parts = Parts(element, "PKIStatusInfo")
    status = integer(parts.take(INTEGER))
    parts.find(SEQUENCE)
    parts.find(BITS)
    parts.end()
    if status not in _GRANTED:
        raise Flaw(
            f"时间戳机构没有给出时间戳(状态 {status})",
            f"the authority granted no time stamp (status {status})",
        )


def _load_content(element: Element) -> Token:
    parts = Parts(element, "ContentInfo")
    if parts.take(OID).content.hex() != _SIGNED_DATA:
        raise Flaw("不是签名数据(SignedData)", "it is no SignedData")
    signed = only(parts.take(0xA0), SEQUENCE, "ContentInfo")
    parts.end()
    parts = Parts(signed, "SignedData")
    if integer(parts.take(INTEGER)) not in (3, 4, 5):
        raise malformed("SignedData")
    announced = {_oid(one) for one in Parts(parts.take(SET), "SignedData").each(SEQUENCE)}
    inside = Parts(parts.take(SEQUENCE), "EncapsulatedContentInfo")
    if inside.take(OID).content.hex() != TST_INFO:
        raise Flaw("所签的不是时间戳(TSTInfo)", "what is signed is no time stamp (TSTInfo)")
    content = only(inside.take(0xA0), OCTETS, "EncapsulatedContentInfo").content
    inside.end()
    bag = parts.find(0xA0)
    parts.find(0xA1)
    signers = parts.take(SET)
    parts.end()
    # One signature only, that of the authority (RFC 3161 §2.4.2).
    signer = _load_signer(only(signers, SEQUENCE, "SignerInfos"))
    if _oid(signer.hashed_by) not in announced:
        raise malformed("SignedData")
    return Token(
        content=content,
        stamp=_load_stamp(content),
        signer=signer,
        certificates=_load_bag(bag) if bag is not None else (),
    )


def _oid(algorithm: Element) -> bytes:
    return Parts(algorithm, "AlgorithmIdentifier").take(OID).content


def _load_bag(bag: Element) -> tuple[bytes, ...]:
    """Certificates; other kinds of certificates in the bag are passed over."""
    found = tuple(one.encoded for one in Parts(bag, "certificates").rest() if one.tag == SEQUENCE)
    if len(found) > _MOST_CERTIFICATES:
        raise Flaw("时间戳令牌带的证书过多", "the time-stamp token has too many certificates")
    return found


def _load_signer(element: Element) -> Signer:
    what = "SignerInfo"
    parts = Parts(element, what)
    version = integer(parts.take(INTEGER))
    named = parts.take(SEQUENCE, 0x80)
    if version != (1 if named.tag == SEQUENCE else 3):
        raise malformed(what)
    issuer, serial, key_id = None, 0, None
    if named.tag == SEQUENCE:
        inside = Parts(named, "IssuerAndSerialNumber")
        issuer, serial = inside.take(SEQUENCE).encoded, integer(inside.take(INTEGER))
        inside.end()
    else:
        key_id = named.content
    hashed_by = parts.take(SEQUENCE)
    attributes = parts.find(0xA0)
    if attributes is None:
        raise Flaw("没有签名属性", "it has no signed attributes")
    algorithm, signature = parts.take(SEQUENCE), parts.take(OCTETS).content
    parts.find(0xA1)
    parts.end()
    return Signer(
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        hashed_by=hashed_by,
        attributes=_load_attributes(attributes),
        # Signed as the SET OF they are, not under the tag they are sent with (RFC 5652 §5.4).
        signed=bytes([SET]) + attributes.encoded[1:],
        algorithm=algorithm,
        signature=signature,
    )


def _load_attributes(element: Element) -> dict[str, tuple[Element, ...]]:
    found: dict[str, tuple[Element, ...]] = {}
    encoded = []
    for one in Parts(element, "SignedAttributes").each(SEQUENCE):
        parts = Parts(one, "Attribute")
        oid = parts.take(OID).content.hex()
        values = tuple(Parts(parts.take(SET), "Attribute").rest())
        parts.end()
        if oid in found or not values:
            raise malformed("SignedAttributes")
        found[oid] = values
        encoded.append(one.encoded)
    if encoded != sorted(encoded):
        raise Flaw("签名属性没有按 DER 排序", "the signed attributes are not in the order of DER")
    return found


def _load_stamp(content: bytes) -> Stamp:
    what = "TSTInfo"
    parts = Parts(load_der(content, SEQUENCE, what), what)
    if integer(parts.take(INTEGER)) != 1:
        raise malformed(what)
    parts.take(OID)
    imprint = _load_imprint(parts.take(SEQUENCE))
    integer(parts.take(INTEGER))
    at = instant(parts.take(GENERAL_TIME))
    accuracy, ordering = parts.find(SEQUENCE), parts.find(BOOLEAN)
    nonce, named, extensions = parts.find(INTEGER), parts.find(0xA0), parts.find(0xA1)
    parts.end()
    if ordering is not None and not boolean(ordering):
        raise malformed(what)
    if extensions is not None:
        _require_no_critical(extensions)
    return Stamp(
        imprint=imprint,
        at=at,
        accuracy=_load_accuracy(accuracy) if accuracy is not None else None,
        nonce=integer(nonce) if nonce is not None else None,
        authority=_directory_name(named) if named is not None else None,
    )


def _load_imprint(element: Element) -> bytes:
    parts = Parts(element, "MessageImprint")
    algorithm = Parts(parts.take(SEQUENCE), "AlgorithmIdentifier")
    digest = parts.take(OCTETS).content
    parts.end()
    oid = algorithm.take(OID).content.hex()
    rest = [one.encoded for one in algorithm.rest()]
    if oid != _SHA256 or len(digest) != 32:
        raise Flaw("时间戳令牌没有 SHA-256 摘要", "the time-stamp token has no SHA-256 imprint")
    if rest not in ([], [b"\x05\x00"]):
        raise malformed("AlgorithmIdentifier")
    return digest


def _load_accuracy(element: Element) -> int:
    """Microseconds. Raises `Flaw`."""
    parts = Parts(element, "Accuracy")
    seconds, millis, micros = parts.find(INTEGER), parts.find(0x80), parts.find(0x81)
    parts.end()
    found = 0
    # The seconds are bounded so that they can be shown: a day is no accuracy any more.
    for one, unit, least, most in (
        (seconds, 1_000_000, 0, 86_400),
        (millis, 1_000, 1, 999),
        (micros, 1, 1, 999),
    ):
        if one is not None:
            if not least <= integer(one) <= most:
                raise malformed("Accuracy")
            found += integer(one) * unit
    return found


def _directory_name(wrapped: Element) -> bytes | None:
    """The name in `[0] GeneralName`, if it is `[4] directoryName`."""
    name = Parts(wrapped, "GeneralName").take()
    return only(name, SEQUENCE, "GeneralName").encoded if name.tag == 0xA4 else None


def _require_no_critical(extensions: Element) -> None:
    for one in Parts(extensions, "Extensions").each(SEQUENCE):
        parts = Parts(one, "Extension")
        parts.take(OID)
        flag = parts.find(BOOLEAN)
        parts.take(OCTETS)
        parts.end()
        if flag is not None and boolean(flag):
            raise Flaw(
                "时间戳有本程序不认识的关键扩展",
                "the time stamp has a critical extension that this program does not know",
            )
