"""SM2 signatures and the hash SM3 (GB/T 32918.2, GB/T 32905), through GmSSL (evidence-spec.md §2).

The library comes with the extra `sm`: an office that keeps its history in the other suite does
without it. A signature is r ‖ s, 32 bytes each; the signer is identified as 1234567812345678.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

from engine.errors import EvidenceError
from engine.evidence.der import SEQUENCE, element, inside, integer, only
from engine.text import say

SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")  # then x ‖ y
_PKCS8 = (  # RFC 5958 around RFC 5915: the scalar, then the point
    bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420"),
    bytes.fromhex("a14403420004"),
)
_PRIME = 2**256 - 2**224 - 2**96 + 2**64 - 1
_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_SIGNER = b"1234567812345678"


@dataclass(frozen=True, slots=True)
class Sm2PublicKey:
    """A point of the curve: x ‖ y, 32 bytes each. Raises `EvidenceError` for any other bytes."""

    point: bytes

    def __post_init__(self) -> None:
        x, y = _numbers(self.point)
        is_on_curve = (y * y - (x * x - 3) * x - _B) % _PRIME == 0
        if len(self.point) != 64 or x >= _PRIME or y >= _PRIME or not is_on_curve:
            raise EvidenceError(say("不是可用的公钥"))

    def is_signed(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` is this key's over `data`."""
        r, s = _numbers(signature)
        if len(signature) != 64 or not (0 < r < _ORDER and 0 < s < _ORDER):
            return False
        told = element(SEQUENCE, integer(r) + integer(s))
        library = _gmssl()
        with _muted():
            return bool(library.sm2_verify(self.point, data, told, signer_id=_SIGNER))


@dataclass(frozen=True, slots=True)
class Sm2PrivateKey:
    """A number below the order, 32 bytes, and its point."""

    scalar: bytes = field(repr=False)
    point: bytes

    def public_key(self) -> Sm2PublicKey:
        return Sm2PublicKey(self.point)

    def sign(self, data: bytes) -> bytes:
        """r ‖ s over `data`, with a fresh random number of the library's."""
        told = _gmssl().sm2_sign(self.scalar, self.point, data, signer_id=_SIGNER)
        numbers = (int.from_bytes(content, "big") for _, content in inside(only(told, SEQUENCE)))
        return b"".join(number.to_bytes(32, "big") for number in numbers)


def make_sm2_key() -> Sm2PrivateKey:
    """A new private key, from the randomness of the cryptographic library."""
    point, scalar = _gmssl().sm2_key_generate()
    return Sm2PrivateKey(scalar, point)


def dump_sm2_private(private: Sm2PrivateKey) -> bytes:
    """The key as PKCS#8 in DER, as other tools read it."""
    head, middle = _PKCS8
    return head + private.scalar + middle + private.point


def load_sm2_private(data: bytes) -> Sm2PrivateKey:
    """The key of `dump_sm2_private`. Raises `ValueError` for any other bytes."""
    head, middle = _PKCS8
    place = len(head) + 32
    private = Sm2PrivateKey(data[len(head) : place], data[place + len(middle) :])
    if dump_sm2_private(private) != data or len(private.point) != 64:
        raise ValueError
    return private


def sm3(data: bytes) -> bytes:
    """The hash, 32 bytes."""
    digest: bytes = _gmssl().sm3_hash(data)
    return digest


def _gmssl() -> ModuleType:
    """The library. Raises `EvidenceError`, saying how to get it."""
    try:
        return import_module("gmssl_pyx")
    except ImportError:
        raise EvidenceError(say("国密套件需要 gmssl-pyx:请安装 guicheng[sm]")) from None


@contextmanager
def _muted() -> Iterator[None]:
    """The library tells standard error, in its own words, of each signature that does not hold."""
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(nowhere)
        os.close(before)


def _numbers(pair: bytes) -> tuple[int, int]:
    return int.from_bytes(pair[:32], "big"), int.from_bytes(pair[32:], "big")
