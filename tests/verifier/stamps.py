"""Time-stamp responses built octet by octet, so that any part can be wrong.

Keys, serials, times and signatures are fixed: the same call gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

STAMPING = "1.3.6.1.5.5.7.3.8"
CODE_SIGNING = "1.3.6.1.5.5.7.3.3"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_V2 = "1.2.840.113549.1.9.16.2.47"
HASHES = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1"}
P, Q = (  # two primes, made once: a key for tests alone
    int(one, 16)
    for one in (
        "d3cabb0de41fc1a815f98b041ed95b877ca1f0cd0e08e01463614193b2f15cfb206e597e210a163bfef736f3"
        "5175718c0f54bb04923856f45e9e7fd1651f1bb8eb8f375951c905854e837cddcf7e6dedb5f7b0e342564a4b"
        "a6d27a9cfa9a52fb3e9ffddb87a9c687adbe6767f65f8ad8b259de210cc9ddfa8c22073a6b26476b",
        "c0b9b9f23694fd2b7c220540478b0affac4e75c586a13b6686bd60587e0bf83ff4d850cb633ab5ed35575ea7"
        "8d2af6bed515d456454c3d6508fdee31ba0d98142dd32eed9bd02128072bcaead6f6359ef8ed53650a5fb40d"
        "4cec78d8bcea3d21cec1796b961f6d7a02519baf144af3bbe8fd49f64e581b3289f783d10bee1e99",
    )
)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def sequence(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    return der(0x31, *sorted(parts))


def number(value: int, tag: int = 0x02) -> bytes:
    return der(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for arc in (first * 40 + second, *rest):
        octets = bytes([arc & 0x7F])
        while arc := arc >> 7:
            octets = bytes([0x80 | arc & 0x7F]) + octets
        out += octets
    return der(0x06, out)


def octets(data: bytes) -> bytes:
    return der(0x04, data)


def bits(data: bytes) -> bytes:
    return der(0x03, b"\x00", data)


def time(text: str) -> bytes:
    return der(0x18, text.encode())


def name(common: str) -> bytes:
    return sequence(set_of(sequence(oid("2.5.4.3"), der(0x0C, common.encode()))))


@cache
def make_key(kind: str, seed: int = 1) -> Key:
    """The fixed key of a kind; of curves there is one for each seed."""
    if kind == "rsa":
        d = pow(65537, -1, (P - 1) * (Q - 1))
        public = rsa.RSAPublicNumbers(65537, P * Q)
        parts = (d % (P - 1), d % (Q - 1), pow(Q, -1, P))
        return rsa.RSAPrivateNumbers(P, Q, d, *parts, public).private_key()
    curve = ec.SECP256R1() if kind == "p256" else ec.SECP384R1()
    return ec.derive_private_key(0x1234567 + seed, curve)


def algorithm(key: Key) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return sequence(oid("1.2.840.113549.1.1.11"), der(0x05))
    return sequence(oid("1.2.840.10045.4.3.2"))


def sign(key: Key, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def extension(dotted: str, value: bytes, *, is_critical: bool = True) -> bytes:
    return sequence(oid(dotted), *([der(0x01, b"\xff")] if is_critical else []), octets(value))


def purposes(*dotted: str, is_critical: bool = True) -> bytes:
    return extension("2.5.29.37", sequence(*map(oid, dotted)), is_critical=is_critical)


def authority(limit: int | None = None) -> bytes:
    """basicConstraints of who may issue certificates."""
    most = [] if limit is None else [number(limit)]
    return extension("2.5.29.19", sequence(der(0x01, b"\xff"), *most))


def usage(first: int) -> bytes:
    return extension("2.5.29.15", der(0x03, bytes([0, first])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a key, and the certificate that says so."""

    name: bytes
    key: Key
    certificate: bytes
    serial: int
    issuer: bytes

    @property
    def pem(self) -> bytes:
        text = base64.encodebytes(self.certificate)
        return b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"


def certify(
    common: str,
    key: Key,
    by: Holder | None,
    *extensions: bytes,
    since: str = "20200101000000Z",
    until: str = "20400101000000Z",
    serial: int = 7,
    version: int = 2,
) -> Holder:
    """A certificate by somebody, or by its own holder."""
    signer = by.key if by else key
    issuer = by.name if by else name(common)
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signed = sequence(
        der(0xA0, number(version)),
        number(serial),
        algorithm(signer),
        issuer,
        sequence(time(since), time(until)),
        name(common),
        info,
        *([der(0xA3, sequence(*extensions))] if extensions else []),
    )
    whole = sequence(signed, algorithm(signer), bits(sign(signer, signed)))
    return Holder(name=name(common), key=key, certificate=whole, serial=serial, issuer=issuer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamping:
    """Everything a response is made of. What is None is made as it should be."""

    note: bytes
    signer: Holder
    bag: tuple[bytes, ...]
    at: str = "20261012013000Z"
    status: int = 0
    hashed_by: str = "sha256"
    nonce: int | None = 0x5EED
    named: bytes | None = None  # the authority's name in the token
    more: tuple[bytes, ...] = ()  # after it
    imprint: bytes | None = None
    attributes: tuple[bytes, ...] | None = None
    identifier: bytes | None = None  # the hash in ESSCertIDv2
    signature: bytes | None = None
    algorithm: bytes | None = None
    kind: str = TST_INFO
    is_copied: bool = False  # the one SignerInfo stands twice

    def but(self, **changes: object) -> Stamping:
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def info(self) -> bytes:
        digest = self.imprint or hashlib.new(self.hashed_by, self.note).digest()
        return sequence(
            number(1),
            oid("1.2.3.4.1"),
            sequence(sequence(oid(HASHES[self.hashed_by]), der(0x05)), octets(digest)),
            number(42),
            time(self.at),
            sequence(number(1), number(500, 0x80)),
            *([number(self.nonce)] if self.nonce is not None else []),
            *([der(0xA0, der(0xA4, self.named))] if self.named is not None else []),
            *self.more,
        )

    @property
    def own_attributes(self) -> tuple[bytes, ...]:
        digest = hashlib.sha256(self.info).digest()
        found = self.identifier or hashlib.sha256(self.signer.certificate).digest()
        return (
            attribute(CONTENT_TYPE, oid(self.kind)),
            attribute(DIGEST, octets(digest)),
            attribute(SIGNING_V2, sequence(sequence(sequence(octets(found))))),
        )

    def token(self) -> bytes:
        attributes = self.attributes if self.attributes is not None else self.own_attributes
        signed = set_of(*attributes)
        one = sequence(
            number(1),
            sequence(self.signer.issuer, number(self.signer.serial)),
            sequence(oid(HASHES["sha256"]), der(0x05)),
            *([b"\xa0" + signed[1:]] if attributes else []),
            self.algorithm or algorithm(self.signer.key),
            octets(self.signature or sign(self.signer.key, signed)),
        )
        data = sequence(
            number(3),
            set_of(sequence(oid(HASHES["sha256"]), der(0x05))),
            sequence(oid(self.kind), der(0xA0, octets(self.info))),
            *([der(0xA0, *self.bag)] if self.bag else []),
            set_of(*([one, one] if self.is_copied else [one])),
        )
        return sequence(oid("1.2.840.113549.1.7.2"), der(0xA0, data))

    def response(self) -> bytes:
        granted = [self.token()] if self.status < 2 else []
        return sequence(sequence(number(self.status)), *granted)


def attribute(dotted: str, *values: bytes) -> bytes:
    return sequence(oid(dotted), set_of(*values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An authority of three: root, intermediate and signer."""

    root: Holder
    middle: Holder
    signer: Holder

    def stamping(self, note: bytes) -> Stamping:
        bag = (self.signer.certificate, self.middle.certificate)
        return Stamping(note=note, signer=self.signer, bag=bag)


def make_office(
    kind: str, *own: bytes, seed: int = 1, middle: tuple[bytes, ...] | None = None, **dates: str
) -> Office:
    """An authority of one kind of key; `own` are the signer's extensions, `dates` its validity."""
    keys = [make_key(kind, seed + n) for n in range(3)]
    root = certify(f"root {seed}", keys[0], None, authority(), serial=1)
    between = (authority(0), usage(0x04)) if middle is None else middle
    inner = certify(f"middle {seed}", keys[1], root, *between, serial=2)
    own = own or (purposes(STAMPING),)
    signer = certify("stamps", keys[2], inner, *own, serial=3, **dates)  # type: ignore[arg-type]
    return Office(root=root, middle=inner, signer=signer)
