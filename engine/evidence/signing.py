"""Public keys, their ids, and whoever can sign: Ed25519 (RFC 8032) or SM2 (evidence-spec.md §2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from engine.errors import EvidenceError
from engine.evidence.canonical import decode_base64, encode_base64
from engine.evidence.sm2 import SPKI, Sm2PrivateKey, Sm2PublicKey, make_sm2_key
from engine.evidence.suite import SHA256_ED25519, SM3_SM2, Suite
from engine.text import say

PublicKey = Ed25519PublicKey | Sm2PublicKey
PrivateKey = Ed25519PrivateKey | Sm2PrivateKey

_PRIME = 2**255 - 19
_SMALL_ORDER = frozenset(
    bytes.fromhex(head + middle * 30 + tail)
    for head, middle, tail in (
        ("00", "00", "00"),
        ("00", "00", "80"),
        ("01", "00", "00"),
        ("01", "00", "80"),
        ("ec", "ff", "7f"),
        ("ec", "ff", "ff"),
        ("ed", "ff", "7f"),
        ("ed", "ff", "ff"),
        ("ee", "ff", "7f"),
        ("ee", "ff", "ff"),
    )
) | frozenset(
    bytes.fromhex(shown)
    for shown in (
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)


class Signer(Protocol):
    """Whoever can sign with one key, wherever the private half is kept."""

    @property
    def key_id(self) -> str: ...

    @property
    def public(self) -> PublicKey: ...

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A signer whose private key is in memory, unlocked from its file."""

    private: PrivateKey = field(repr=False)

    @property
    def key_id(self) -> str:
        return key_id(self.public)

    @property
    def public(self) -> PublicKey:
        return self.private.public_key()

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


def make_key(suite: Suite = SHA256_ED25519) -> PrivateKey:
    """A new private key, from the randomness of the cryptographic library."""
    return make_sm2_key() if suite == SM3_SM2 else Ed25519PrivateKey.generate()


def suite_of(public: PublicKey) -> Suite:
    """The suite whose signatures a key makes."""
    return SM3_SM2 if isinstance(public, Sm2PublicKey) else SHA256_ED25519


def key_id(public: PublicKey) -> str:
    """The hash of the SubjectPublicKeyInfo in DER (RFC 8410, RFC 5480), 64 hex digits."""
    return suite_of(public).digest(_spki(public))


def dump_public(public: PublicKey) -> str:
    """The public key as base64 of its SubjectPublicKeyInfo."""
    return encode_base64(_spki(public))


def load_public(text: str, suite: Suite | None = None) -> PublicKey:
    """The public key of `dump_public`, of a suite if one is named. Raises `EvidenceError` for
    anything else.
    """
    data = decode_base64(text)
    public = Sm2PublicKey(data[len(SPKI) :]) if data.startswith(SPKI) else _load_ed25519(data)
    if suite not in (None, suite_of(public)):
        raise EvidenceError(say("公钥不属于本单位的密码套件"))
    return public


def is_signed(public: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is this key's (RFC 8032, GB/T 32918.2) over `data`."""
    if isinstance(public, Sm2PublicKey):
        return public.is_signed(signature, data)
    try:
        public.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def raw_public(public: PublicKey) -> bytes:
    """The bare key: 32 bytes of Ed25519, the 64 of a point of SM2."""
    return public.point if isinstance(public, Sm2PublicKey) else public.public_bytes_raw()


def load_raw_public(raw: bytes, suite: Suite) -> PublicKey | None:
    """The key of `raw_public`; None for bytes that are none of that suite."""
    try:
        if suite == SM3_SM2:
            return Sm2PublicKey(raw)
        return Ed25519PublicKey.from_public_bytes(raw)
    except (EvidenceError, ValueError):
        return None


def _load_ed25519(data: bytes) -> Ed25519PublicKey:
    try:
        public = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise EvidenceError(say("不是可用的公钥")) from None
    if not isinstance(public, Ed25519PublicKey) or _spki(public) != data:
        raise EvidenceError(say("不是 Ed25519 公钥"))
    if int.from_bytes(public.public_bytes_raw(), "little") & (2**255 - 1) >= _PRIME:
        raise EvidenceError(say("公钥的写法不规范"))
    # Under such a key one signature fits every text: its holder could disown whatever he signed.
    if public.public_bytes_raw() in _SMALL_ORDER:
        raise EvidenceError(say("公钥过弱,不能登记"))
    return public


def _spki(public: PublicKey) -> bytes:
    if isinstance(public, Sm2PublicKey):
        return SPKI + public.point
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
