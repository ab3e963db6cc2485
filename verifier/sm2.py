"""SM2 signatures (GB/T 32918.2-2016), judged in plain integers (evidence-spec.md §2)."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.curves import Curve, both, to_affine
from verifier.sm3 import sm3

Claim = tuple[bytes, bytes, bytes]  # public key (x ‖ y), signature (r ‖ s), what is signed
CURVE = Curve(  # GB/T 32918.5-2017
    p=2**256 - 2**224 - 2**96 + 2**64 - 1,
    b=0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    n=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    base=(
        0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
        0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
    ),
)
_SIGNER = b"1234567812345678"
_WIDTH = 32


def which_are_signed(claims: Sequence[Claim]) -> list[bool]:
    """Of each claim whether it holds."""
    return [is_signed(*one) for one in claims]


def is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether r ‖ s is a signature over `data` by the key of this point (§6.1 and §7.1)."""
    if len(signature) != 2 * _WIDTH or not is_sound_key(public):
        return False
    r, s = _pair(signature)
    t = (r + s) % CURVE.n
    if not (0 < r < CURVE.n and 0 < s < CURVE.n) or t == 0:
        return False
    point = to_affine(CURVE, both(CURVE, s, t, _pair(public)))
    if point is None:
        return False
    e = int.from_bytes(sm3(_identity(public) + data), "big")
    return (e + point[0]) % CURVE.n == r


def is_sound_key(public: bytes) -> bool:
    """Whether these 64 bytes are a point of the curve, which has no others than of prime order."""
    return len(public) == 2 * _WIDTH and CURVE.has(_pair(public))


def _identity(public: bytes) -> bytes:
    """Z of §5.5: who signs, on which curve, with which key."""
    numbers = (CURVE.p - 3, CURVE.b, *CURVE.base)
    told = b"".join(one.to_bytes(_WIDTH, "big") for one in numbers)
    return sm3((8 * len(_SIGNER)).to_bytes(2, "big") + _SIGNER + told + public)


def _pair(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[:_WIDTH], "big"), int.from_bytes(data[_WIDTH:], "big")
