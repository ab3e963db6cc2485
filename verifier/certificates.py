"""X.509 certificates of time-stamp authorities and their chains (RFC 5280, RFC 3161 §2.3)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
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
    UTC_TIME,
    Element,
    Parts,
    bits,
    boolean,
    instant,
    integer,
    load_der,
    malformed,
    only,
)
from verifier.findings import one_line
from verifier.signatures import Key, Unjudged, is_signed_by, load_key

LARGEST_FILE = 1 << 20
LONGEST_CHAIN = 8
_MOST_TRIED = 64  # signatures judged for one chain
_KEY_USAGE, _CONSTRAINTS, _PURPOSES, _KEY_ID = "551d0f", "551d13", "551d25", "551d0e"
# A critical extension that is not known must not be passed over (RFC 5280 §4.2).
_KNOWN = (_KEY_USAGE, _CONSTRAINTS, _PURPOSES, "551d20")
_TIME_STAMPING = bytes.fromhex("2b06010505070308")
_SIGNS, _COMMITS, _CERTIFIES = 0x80, 0x40, 0x04  # digitalSignature, nonRepudiation, keyCertSign
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_ATTRIBUTES = {"550403": "CN", "550406": "C", "550407": "L", "550408": "ST", "55040a": "O"}
_ATTRIBUTES |= {"55040b": "OU", "550405": "serialNumber"}
_LONGEST_NAME = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """As read; names are their encodings, `extensions` by OID content: (critical, value)."""

    encoded: bytes
    signed: bytes
    serial: int
    issuer: Element
    subject: Element
    since: datetime
    until: datetime
    info: Element  # SubjectPublicKeyInfo
    algorithm: Element
    signature: bytes
    extensions: Mapping[str, tuple[bool, bytes]]

    @property
    def key(self) -> Key:
        """Raises `Flaw`, `Unjudged`."""
        return load_key(self.info)

    @property
    def key_id(self) -> bytes | None:
        """The subject key identifier, if it names one. Raises `Flaw`."""
        if _KEY_ID not in self.extensions:
            return None
        return load_der(self.extensions[_KEY_ID][1], OCTETS, "subjectKeyIdentifier").content

    def has_use(self, *wanted: int) -> bool:
        """Whether its keyUsage, if it has one, allows one of these. Raises `Flaw`."""
        if _KEY_USAGE not in self.extensions:
            return True
        content = load_der(self.extensions[_KEY_USAGE][1], BITS, "keyUsage").content
        return len(content) > 1 and any(content[1] & one for one in wanted)


# -- reading --------------------------------------------------------------------------


def load_anchors(data: bytes) -> tuple[Certificate, ...]:
    """The certificates of a file, PEM (one or several) or DER. Raises `Flaw`."""
    if len(data) > LARGEST_FILE:
        raise Flaw("证书文件过大", "the certificate file is too large")
    blocks = _PEM.findall(data)
    try:
        encoded = [base64.b64decode(b"".join(one.split()), validate=True) for one in blocks]
    except binascii.Error:
        raise Flaw("证书的 base64 写法不对", "the base64 of a certificate is ill-formed") from None
    return tuple(load_certificate(one) for one in encoded or [data])


def load_certificate(data: bytes) -> Certificate:
    """A certificate in DER. Raises `Flaw`."""
    what = "Certificate"
    whole = Parts(load_der(data, SEQUENCE, what), what)
    signed, algorithm = whole.take(SEQUENCE), whole.take(SEQUENCE)
    signature = bits(whole.take(BITS))
    whole.end()
    parts = Parts(signed, "TBSCertificate")
    version = parts.find(0xA0)
    if version is None or integer(only(version, INTEGER, what)) != 2:
        raise Flaw("证书不是第 3 版", "a certificate is not of version 3")
    serial = integer(parts.take(INTEGER))
    if parts.take(SEQUENCE).encoded != algorithm.encoded:
        raise malformed(what)  # the algorithm stands in it twice (RFC 5280 §4.1.1.2)
    issuer = parts.take(SEQUENCE)
    times = Parts(parts.take(SEQUENCE), "Validity")
    since, until = (instant(times.take(UTC_TIME, GENERAL_TIME)) for _ in range(2))
    times.end()
    subject, info = parts.take(SEQUENCE), parts.take(SEQUENCE)
    parts.find(0x81)
    parts.find(0x82)
    extensions = parts.find(0xA3)
    parts.end()
    return Certificate(
        encoded=data,
        signed=signed.encoded,
        serial=serial,
        issuer=issuer,
        subject=subject,
        since=since,
        until=until,
        info=info,
        algorithm=algorithm,
        signature=signature,
        extensions=_load_extensions(extensions) if extensions is not None else {},
    )


def _load_extensions(wrapped: Element) -> dict[str, tuple[bool, bytes]]:
    found: dict[str, tuple[bool, bytes]] = {}
    for one in Parts(only(wrapped, SEQUENCE, "Extensions"), "Extensions").each(SEQUENCE):
        parts = Parts(one, "Extension")
        oid = parts.take(OID).content.hex()
        flag = parts.find(BOOLEAN)
        is_critical = flag is not None and boolean(flag)
        if oid in found or (flag is not None and not is_critical):
            raise malformed("Extension")  # twice, or a default that is spelled out
        found[oid] = (is_critical, parts.take(OCTETS).content)
        parts.end()
    return found


def show_name(name: Element) -> str:
    """A distinguished name as one line, fit to be printed. Raises `Flaw`."""
    found = []
    for several in Parts(name, "Name").each(SET):
        for one in Parts(several, "Name").each(SEQUENCE):
            parts = Parts(one, "Name")
            oid = parts.take(OID).content.hex()
            found.append(f"{_ATTRIBUTES.get(oid, oid)}={_text(parts.take())}")
    return ", ".join(found)[:_LONGEST_NAME]


def _text(value: Element) -> str:
    coding = {0x1E: "utf-16-be", 0x1C: "utf-32-be", 0x14: "latin-1"}.get(value.tag, "utf-8")
    told = value.content.decode(coding, "backslashreplace" if coding == "utf-8" else "replace")
    return one_line(told)


# -- judging --------------------------------------------------------------------------


def require_stamping(certificate: Certificate) -> None:
    """It may sign time stamps and nothing else (RFC 3161 §2.3). Raises `Flaw`."""
    is_critical, value = certificate.extensions.get(_PURPOSES, (False, b""))
    if not value:
        raise Flaw(
            "签名证书没有时间戳用途(extendedKeyUsage)",
            "the signer's certificate has no purpose of time stamping (extendedKeyUsage)",
        )
    purposes = Parts(load_der(value, SEQUENCE, "extendedKeyUsage"), "extendedKeyUsage").each(OID)
    if [one.content for one in purposes] != [_TIME_STAMPING]:
        raise Flaw(
            "签名证书的用途不是只限时间戳",
            "the signer's certificate is not for time stamping alone",
        )
    if not is_critical:
        raise Flaw(
            "签名证书的时间戳用途没有标为关键",
            "the purpose in the signer's certificate is not marked critical",
        )
    if not certificate.has_use(_SIGNS, _COMMITS):
        raise Flaw("签名证书的钥匙不得用于签名", "the key of the signer's certificate may not sign")


def require_in_force(certificate: Certificate, at: datetime) -> None:
    """It was valid at a moment. Raises `Flaw`."""
    if not certificate.since <= at.replace(microsecond=0) <= certificate.until:
        raise Flaw(
            f"时间戳时刻证书不在有效期内:{show_name(certificate.subject)}",
            f"at the time stamped a certificate was not valid: {show_name(certificate.subject)}",
        )


def require_chain(
    signer: Certificate,
    others: Sequence[Certificate],
    anchors: Sequence[Certificate],
    at: datetime,
) -> None:
    """A chain of certificates, all in force, leads from the signer to one that is trusted.

    `others` come with the token and are trusted by nobody. Raises `Flaw` if every chain that
    leads there breaks a rule, `Unjudged` if none does.
    """
    broken: Flaw | None = None
    for path in _Search((*anchors, *others), {one.encoded for one in anchors}).paths((signer,)):
        try:
            _require_path(path, at)
        except Flaw as flaw:
            broken = broken or flaw
        else:
            return
    raise broken or Unjudged(
        "时间戳机构不在所给的(--tsa)之内,没有证书链通到那里",
        "no chain of certificates leads to an authority that was given (--tsa)",
    )


class _Search:
    """Chains by name and signature; the work has an end whatever the certificates say."""

    def __init__(self, known: Sequence[Certificate], trusted: set[bytes]) -> None:
        self._known, self._trusted = known, trusted
        self._left = _MOST_TRIED

    def paths(self, below: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, ...]]:
        """Every chain that begins so and ends with the first trusted certificate in it."""
        if below[-1].encoded in self._trusted:
            yield below
        elif len(below) < LONGEST_CHAIN:
            for issuer in self._known:
                if self._has_issued(issuer, below):
                    yield from self.paths((*below, issuer))

    def _has_issued(self, issuer: Certificate, below: tuple[Certificate, ...]) -> bool:
        child = below[-1]
        if issuer.subject.encoded != child.issuer.encoded or issuer in below or self._left == 0:
            return False
        self._left -= 1
        try:
            return is_signed_by(issuer.key, child.algorithm, child.signature, child.signed)
        except Flaw:
            return False


def _require_path(path: Sequence[Certificate], at: datetime) -> None:
    """The rules of a chain, signer first. Raises `Flaw`."""
    for below, one in enumerate(path, -1):
        _require_known_extensions(one)
        require_in_force(one, at)
        if below >= 0:
            _require_issuing(one, below)


def _require_issuing(certificate: Certificate, below: int) -> None:
    """It may issue certificates, with so many more between it and the signer. Raises `Flaw`."""
    bad = Flaw(
        f"证书链上的证书不是签发机构:{show_name(certificate.subject)}",
        f"a certificate of the chain is no authority: {show_name(certificate.subject)}",
    )
    if _CONSTRAINTS not in certificate.extensions:
        raise bad
    value = load_der(certificate.extensions[_CONSTRAINTS][1], SEQUENCE, "basicConstraints")
    parts = Parts(value, "basicConstraints")
    flag, limit = parts.find(BOOLEAN), parts.find(INTEGER)
    parts.end()
    if flag is None or not boolean(flag) or not certificate.has_use(_CERTIFIES):
        raise bad
    if limit is not None and integer(limit) < below:
        raise Flaw(
            f"证书链超过了签发机构所限的长度:{show_name(certificate.subject)}",
            f"the chain is longer than its authority allows: {show_name(certificate.subject)}",
        )


def _require_known_extensions(certificate: Certificate) -> None:
    for oid, (is_critical, _) in certificate.extensions.items():
        if is_critical and oid not in _KNOWN:
            raise Flaw(
                "证书有本程序不认识的关键扩展",
                "a certificate has a critical extension that this program does not know",
            )
