"""Vectors of signatures (evidence-spec.md §2), honest ones and such as only their signer can make.

Whoever knows a private key can add a point of small order to R, or to his own public key. Such a
signature holds under an equation multiplied by the cofactor and, now and then, also without. The
curve is computed here in affine coordinates, word by word from RFC 8032, not by the verifier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ORDER_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
Point = tuple[int, int]
Vector = dict[str, object]
ZERO: Point = (0, 1)


def add(one: Point, other: Point) -> Point:
    """RFC 8032 §5.1.4 in affine form."""
    (x1, y1), (x2, y2) = one, other
    t = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def times(count: int, point: Point) -> Point:
    found = ZERO
    while count:
        if count & 1:
            found = add(found, point)
        point, count = add(point, point), count >> 1
    return found


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point:
    """RFC 8032 §5.1.3 of what is known to be a point."""
    number = int.from_bytes(data, "little")
    y = number & (2**255 - 1)
    squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if x * x % P != squared:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == squared
    return (x if x & 1 == number >> 255 else P - x), y


BASE = decode(bytes.fromhex("58" + "66" * 31))
EIGHTH = decode(bytes.fromhex(ORDER_8))


def digest(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def scalar(seed: bytes) -> int:
    """The private scalar of RFC 8032 §5.1.5."""
    low = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return low & (2**254 - 8) | 2**254


def craft(message: bytes, key_twist: int, r_twist: int) -> tuple[bytes, bytes, int]:
    """Public key and signature with so many times the point of order 8 added to A and R, and k."""
    a, r = scalar(b"\7" * 32), digest(b"nonce", message)
    public = encode(add(times(a, BASE), times(key_twist, EIGHTH)))
    shown = encode(add(times(r, BASE), times(r_twist, EIGHTH)))
    k = digest(shown, public, message)
    return public, shown + ((r + k * a) % L).to_bytes(32, "little"), k


def found(key_twist: int, r_twist: int, *, holds: bool) -> tuple[bytes, bytes, bytes]:
    """A message for which S·B − k·A is R, or is not, and differs by small order only."""
    for n in range(1000):
        message = b"message %d" % n
        public, signature, k = craft(message, key_twist, r_twist)
        if ((k * key_twist + r_twist) % 8 == 0) is holds:
            return public, signature, message
    raise AssertionError


def signatures() -> Iterator[Vector]:
    def told(name: str, public: bytes, signature: bytes, message: bytes, *, holds: bool) -> Vector:
        given = {"public": public.hex(), "sig": signature.hex(), "message": message.hex()}
        one: Vector = {"name": name, "kind": "signature", "input": given, "valid": holds}
        return one if holds else one | {"finding": "E_SIG"}

    for length in (0, 1, 32, 1000):
        key = Ed25519PrivateKey.from_private_bytes(bytes([length % 251]) * 32)
        public, message = key.public_key().public_bytes_raw(), bytes(length)
        signature = key.sign(message)
        yield told(f"honest, {length} bytes", public, signature, message, holds=True)
        changed = signature[:5] + bytes([signature[5] ^ 1]) + signature[6:]
        yield told(f"R changed, {length} bytes", public, changed, message, holds=False)
        changed = signature[:40] + bytes([signature[40] ^ 1]) + signature[41:]
        yield told(f"S changed, {length} bytes", public, changed, message, holds=False)
        other = message + b"."
        yield told(f"another message, {length} bytes", public, signature, other, holds=False)
        again = int.from_bytes(signature[32:], "little") + L
        larger = signature[:32] + again.to_bytes(32, "little")
        yield told(f"S + L, {length} bytes", public, larger, message, holds=False)
        yield told(f"one byte short, {length} bytes", public, signature[:-1], message, holds=False)
    public, signature, message = found(0, 0, holds=True)
    yield told("made by hand", public, signature, message, holds=True)
    for twist in range(1, 8):
        public, signature, message = found(0, twist, holds=False)
        name = f"{twist} times a point of order 8 added to R"
        yield told(name, public, signature, message, holds=False)
    for twist in range(1, 8):
        public, signature, message = found(twist, 0, holds=True)
        name = f"{twist} times a point of order 8 added to A"
        yield told(f"{name}, k takes it away", public, signature, message, holds=True)
        public, signature, message = found(twist, 0, holds=False)
        yield told(f"{name}, k does not", public, signature, message, holds=False)
    for key_twist, r_twist in ((1, 1), (1, 7), (3, 5), (4, 4), (2, 6)):
        for holds in (True, False):
            public, signature, message = found(key_twist, r_twist, holds=holds)
            name = f"{key_twist} and {r_twist} times added to A and R, {holds}"
            yield told(name, public, signature, message, holds=holds)
    for n in range(8):
        small = encode(times(n, EIGHTH))
        yield told(f"a key of small order, {n}", small, small + bytes(32), b"", holds=False)
    name, zero = "a key spelled with y = P + 1", encode((0, P + 1))
    yield told(name, zero, encode(ZERO) + bytes(32), b"", holds=False)
