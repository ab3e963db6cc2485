"""Ed25519 (RFC 8032): public keys, their ids, and whoever can sign (evidence-spec.md §2)."""

from __future__ import annotations

import hashlib
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
from engine.text import say

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
    def public(self) -> Ed25519PublicKey: ...

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A signer whose private key is in memory, unlocked from its file."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def key_id(self) -> str:
        return key_id(self.public)

    @property
    def public(self) -> Ed25519PublicKey:
        return self.private.public_key()

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


def make_key() -> Ed25519PrivateKey:
    """A new private key, from the randomness of the cryptographic library."""
    return Ed25519PrivateKey.generate()


def key_id(public: Ed25519PublicKey) -> str:
    """SHA-256 of the SubjectPublicKeyInfo in DER (RFC 8410), 64 hex digits."""
    return hashlib.sha256(_spki(public)).hexdigest()


def dump_public(public: Ed25519PublicKey) -> str:
    """The public key as base64 of its SubjectPublicKeyInfo."""
    return encode_base64(_spki(public))


def load_public(text: str) -> Ed25519PublicKey:
    """The public key of `dump_public`. Raises `EvidenceError` for anything else."""
    data = decode_base64(text)
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


def is_signed(public: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is this key's Ed25519 signature (RFC 8032) over `data`."""
    try:
        public.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _spki(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
