"""Signatures of time-stamp authorities: RSA PKCS#1 v1.5 (RFC 8017 §8.2.2), ECDSA (FIPS 186-5 §6.4).

Verification only, in plain integers; nothing here is secret, so nothing need be constant in time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from verifier.canonical import Flaw
from verifier.curves import Curve, both, to_affine
from verifier.der import (
    BITS,
    INTEGER,
    NULL,
    OID,
    SEQUENCE,
    Element,
    Parts,
    bits,
    integer,
    load_der,
    malformed,
)

FEWEST_BITS, MOST_BITS = 2048, 8192
_MOST_EXPONENT = 1 << 64
HASHES: Mapping[str, str] = {  # OID content in hex → name in hashlib
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
}
_RSA = "2a864886f70d010101"
_RSA_WITH: Mapping[str, str] = {
    "2a864886f70d01010b": "sha256",
    "2a864886f70d01010c": "sha384",
    "2a864886f70d01010d": "sha512",
}
_EC = "2a8648ce3d0201"
_EC_WITH: Mapping[str, str] = {
    "2a8648ce3d040302": "sha256",
    "2a8648ce3d040303": "sha384",
    "2a8648ce3d040304": "sha512",
}


class Unjudged(Flaw):
    """Not wrong as far as it can be judged, but not proven either."""


CURVES: Mapping[str, Curve] = {  # SP 800-186 §3.2.1
    "2a8648ce3d030107": Curve(
        p=2**256 - 2**224 + 2**192 + 2**96 - 1,
        b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        base=(
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
        ),
    ),
    "2b81040022": Curve(
        p=2**384 - 2**128 - 2**96 + 2**32 - 1,
        b=0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        base=(
            0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
            0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class RsaKey:
    modulus: int
    exponent: int


@dataclass(frozen=True, slots=True)
class EcKey:
    curve: Curve
    point: tuple[int, int]


Key = RsaKey | EcKey


def load_hash(algorithm: Element) -> str:
    """The name of the hash of an AlgorithmIdentifier. Raises `Flaw`, `Unjudged` if unknown."""
    oid, parameters = _algorithm(algorithm)
    if oid not in HASHES:
        raise Unjudged(
            "所用的散列算法,本程序不判断", "it uses a hash algorithm this program does not judge"
        )
    _require_no_parameters(parameters)
    return HASHES[oid]


def load_key(info: Element) -> Key:
    """The key of a SubjectPublicKeyInfo. Raises `Flaw`, `Unjudged` for a kind it does not know."""
    parts = Parts(info, "SubjectPublicKeyInfo")
    oid, parameters = _algorithm(parts.take(SEQUENCE))
    data = bits(parts.take(BITS))
    parts.end()
    if oid == _RSA:
        _require_no_parameters(parameters)
        return _load_rsa(data)
    name = parameters.content.hex() if parameters is not None else ""
    if oid != _EC or parameters is None or parameters.tag != OID or name not in CURVES:
        raise Unjudged(
            "钥匙的种类,本程序不判断", "it uses a kind of key this program does not judge"
        )
    return _load_ec(CURVES[name], data)


def is_signed_by(
    key: Key, algorithm: Element, signature: bytes, data: bytes, hashed_by: str | None = None
) -> bool:
    """Whether a signature over `data` holds under a key.

    `algorithm` is its AlgorithmIdentifier; `hashed_by`, where the hash is also named apart (CMS),
    must agree with it. Raises `Flaw`, `Unjudged` for an algorithm it does not know.
    """
    oid, parameters = _algorithm(algorithm)
    known, foreign = _RSA_WITH, _EC_WITH
    if isinstance(key, EcKey):
        known, foreign = foreign, known
    if oid in foreign:
        raise Flaw("签名算法与钥匙的种类不符", "the signature algorithm is not one of such a key")
    name = known.get(oid)
    if isinstance(key, RsaKey):
        _require_no_parameters(parameters)
        if oid == _RSA:
            name = hashed_by
    elif parameters is not None:
        raise malformed("AlgorithmIdentifier")
    if name is None:
        raise Unjudged(
            "所用的签名算法,本程序不判断",
            "it uses a signature algorithm this program does not judge",
        )
    if hashed_by is not None and name != hashed_by:
        raise Flaw("签名算法与散列算法不一致", "signature and hash algorithm disagree")
    digest = hashlib.new(name, data).digest()
    if isinstance(key, RsaKey):
        return _is_rsa(key, signature, name, digest)
    return _is_ecdsa(key, signature, digest)


def _algorithm(element: Element) -> tuple[str, Element | None]:
    """OID content in hex, and parameters."""
    parts = Parts(element, "AlgorithmIdentifier")
    oid = parts.take(OID).content.hex()
    rest = list(parts.rest())
    if len(rest) > 1:
        raise malformed("AlgorithmIdentifier")
    return oid, rest[0] if rest else None


def _require_no_parameters(parameters: Element | None) -> None:
    if parameters is not None and parameters.encoded != bytes([NULL, 0]):
        raise malformed("AlgorithmIdentifier")


# -- RSA ------------------------------------------------------------------------------


def _load_rsa(data: bytes) -> RsaKey:
    parts = Parts(load_der(data, SEQUENCE, "RSAPublicKey"), "RSAPublicKey")
    modulus, exponent = integer(parts.take(INTEGER)), integer(parts.take(INTEGER))
    parts.end()
    # Above the limit one signature takes seconds; below, it can be forged.
    if not FEWEST_BITS <= modulus.bit_length() <= MOST_BITS or not modulus & 1:
        raise Flaw("RSA 钥匙的长度不在 2048 至 8192 位", "an RSA key is not of 2048 to 8192 bits")
    if not 3 <= exponent < _MOST_EXPONENT or not exponent & 1:
        raise Flaw("RSA 钥匙的指数不对", "the exponent of an RSA key is wrong")
    return RsaKey(modulus, exponent)


def _is_rsa(key: RsaKey, signature: bytes, name: str, digest: bytes) -> bool:
    """Compares with the one padding there is (EMSA-PKCS1-v1_5), so nothing has to be read in it."""
    size = (key.modulus.bit_length() + 7) // 8
    value = int.from_bytes(signature, "big")
    if len(signature) != size or value >= key.modulus:
        return False
    oid = next(oid for oid, known in HASHES.items() if known == name)
    algorithm = bytes.fromhex("300d0609" + oid + "0500")
    info = algorithm + bytes([0x04, len(digest)]) + digest
    wanted = bytes([0x30, len(info)]) + info
    padded = b"\x00\x01" + b"\xff" * (size - len(wanted) - 3) + b"\x00" + wanted
    return pow(value, key.exponent, key.modulus).to_bytes(size, "big") == padded


# -- ECDSA ----------------------------------------------------------------------------


def _load_ec(curve: Curve, data: bytes) -> EcKey:
    width = curve.width
    if len(data) != 1 + 2 * width or data[0] != 4:
        raise Flaw("椭圆曲线钥匙的写法不对", "an elliptic-curve key is ill-formed")
    x = int.from_bytes(data[1 : 1 + width], "big")
    y = int.from_bytes(data[1 + width :], "big")
    if not curve.has((x, y)):
        raise Flaw("椭圆曲线钥匙不在曲线上", "an elliptic-curve key is not on its curve")
    return EcKey(curve, (x, y))


def _is_ecdsa(key: EcKey, signature: bytes, digest: bytes) -> bool:
    curve = key.curve
    try:
        parts = Parts(load_der(signature, SEQUENCE, "ECDSA-Sig-Value"), "ECDSA-Sig-Value")
        r, s = integer(parts.take(INTEGER)), integer(parts.take(INTEGER))
        parts.end()
    except Flaw:
        return False
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    spare = max(0, len(digest) * 8 - curve.n.bit_length())
    z = int.from_bytes(digest, "big") >> spare
    w = pow(s, -1, curve.n)
    found = both(curve, z * w % curve.n, r * w % curve.n, key.point)
    point = to_affine(curve, found)
    return point is not None and point[0] % curve.n == r
