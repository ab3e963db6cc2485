"""Vectors of the suite `sm3-sm2` (evidence-spec.md §2): hashes, signatures, trees, notes.

The curve is computed here in affine coordinates, word by word from GB/T 32918.2, by neither of the
libraries judged; signatures are made with numbers k that anybody can make again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence

P = 2**256 - 2**224 - 2**96 + 2**64 - 1
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
SUITE = "sm3-sm2"
ORIGIN = "oa.example/logistics"
SIGNER = b"1234567812345678"
KIND = b"\xffguicheng-sm2-sm3"
PUBLISHED = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8  # GB/T 32918.5
PUBLISHED_K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
Point = tuple[int, int] | None
Vector = dict[str, object]


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def add(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2:
        if (y1 + y2) % P == 0:
            return None
        slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(count: int, point: Point) -> Point:
    found: Point = None
    while count:
        if count & 1:
            found = add(found, point)
        point, count = add(point, point), count >> 1
    return found


def wide(*numbers: int) -> bytes:
    return b"".join(one.to_bytes(32, "big") for one in numbers)


def public(secret: int) -> bytes:
    point = times(secret, G)
    assert point is not None
    return wide(*point)


def identity(key: bytes, signer: bytes = SIGNER) -> bytes:
    """Z of GB/T 32918.2 §5.5."""
    return sm3((8 * len(signer)).to_bytes(2, "big") + signer + wide(A, B, *G) + key)


def sign(secret: int, k: int, data: bytes, z: bytes | None = None) -> bytes:
    """r ‖ s of GB/T 32918.2 §6.1 with a number `k`."""
    e = int.from_bytes(sm3((identity(public(secret)) if z is None else z) + data), "big")
    point = times(k, G)
    assert point is not None
    r = (e + point[0]) % N
    return wide(r, (k - r * secret) * pow(1 + secret, -1, N) % N)


def national() -> Iterator[Vector]:
    yield from hashes()
    yield from signatures()
    yield from trees()
    yield from notes()


def hashes() -> Iterator[Vector]:
    told = {"V9: abc": b"abc", "GB/T 32905 example 2": b"abcd" * 16, "nothing": b""}
    told |= {f"{n} bytes": bytes(range(n)) for n in (1, 55, 56, 63, 64, 65, 119, 120, 128, 250)}
    for name, data in told.items():
        yield {
            "name": f"SM3 of {name}",
            "kind": "hash",
            "input": {"suite": SUITE, "data": data.hex()},
            "digest": sm3(data).hex(),
            "valid": True,
        }


def signatures() -> Iterator[Vector]:
    key, message = public(PUBLISHED), b"message digest"
    good = sign(PUBLISHED, PUBLISHED_K, message)
    r, s = int.from_bytes(good[:32], "big"), int.from_bytes(good[32:], "big")
    secrets = {n: int.from_bytes(sm3(bytes([n])), "big") % (N - 2) + 1 for n in range(1, 5)}
    right = {"V9: GB/T 32918.5, message digest": (key, good, message)}
    for n, secret in secrets.items():
        text = b"x" * (n * 37 - 37)
        right[f"key {n}"] = (public(secret), sign(secret, secret >> 3, text), text)
    yield from _told(right, valid=True)
    x, y = key[:32], key[32:]
    large = next(n for n in range(1, 99) if _lifted(n) is not None)
    other = sign(PUBLISHED, PUBLISHED_K, message, identity(key, b"guicheng"))
    changed = {
        "another message": (key, good, b"message digesT"),
        "a message longer by a byte": (key, good, message + b"\x00"),
        "another key": (public(secrets[1]), good, message),
        "the key mirrored": (x + wide(P - int.from_bytes(y, "big")), good, message),
        "without the signer's identity": (
            key,
            sign(PUBLISHED, PUBLISHED_K, message, b""),
            message,
        ),
        "as another signer": (key, other, message),
        "r and s exchanged": (key, good[32:] + good[:32], message),
        "s negated": (key, wide(r, N - s), message),
        "r negated": (key, wide(N - r, s), message),
        "r is 0": (key, wide(0, s), message),
        "s is 0": (key, wide(r, 0), message),
        "both are 0": (key, bytes(64), message),
        "r + s is the order": (key, wide(r, N - r), message),
        "r is the order": (key, wide(N, s), message),
        "s is the order": (key, wide(r, N), message),
        "s beyond 2^256": (key, good[:32] + b"\xff" * 32, message),
        "one bit of r": (key, wide(r ^ 1, s), message),
        "one bit of s": (key, wide(r, s ^ 1), message),
        "a byte short": (key, good[:-1], message),
        "a byte more": (key, good + b"\x00", message),
        "nothing": (key, b"", message),
        "in DER": (key, _der(r, s), message),
        "a key off the curve": (x + wide(int.from_bytes(y, "big") ^ 1), good, message),
        "a key of zeros": (bytes(64), good, message),
        "a key with its mark 04": (b"\x04" + key, good, message),
        "a key compressed": (x, good, message),
        "a key whose x is not reduced": (wide(large + P, _lifted(large) or 0), good, message),
    }
    yield from _told(changed, valid=False)


def _lifted(x: int) -> int | None:
    """A y over this x, if there is one and x + p still fits 32 bytes."""
    square = (x**3 + A * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    return y if y * y % P == square else None


def _der(r: int, s: int) -> bytes:
    numbers = [n.to_bytes(n.bit_length() // 8 + 1, "big") for n in (r, s)]
    inside = b"".join(bytes([2, len(one)]) + one for one in numbers)
    return bytes([0x30, len(inside)]) + inside


def _told(cases: dict[str, tuple[bytes, bytes, bytes]], *, valid: bool) -> Iterator[Vector]:
    for name, (key, sig, message) in cases.items():
        yield {
            "name": f"SM2: {name}",
            "kind": "signature",
            "input": {
                "suite": SUITE,
                "public": key.hex(),
                "sig": sig.hex(),
                "message": message.hex(),
            },
            "valid": valid,
        } | ({} if valid else {"finding": "E_SIG"})


# -- trees and notes ------------------------------------------------------------------


def leaf(data: bytes) -> bytes:
    return sm3(b"\x00" + data)


def node(left: bytes, right: bytes) -> bytes:
    return sm3(b"\x01" + left + right)


LEAVES = [leaf(bytes([n])) for n in range(8)]


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1 with SM3."""
    if not leaves:
        return sm3(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root(leaves[:k]), root(leaves[k:]))


def trees() -> Iterator[Vector]:
    for size in range(9):
        yield {
            "name": f"SM3 root over {size} leaves",
            "kind": "root",
            "input": {"suite": SUITE, "size": size, "leaf": "H(0x00 || one byte n)"},
            "root": root(LEAVES[:size]).hex(),
            "valid": True,
        }
    path = [root(LEAVES[4:7]), node(LEAVES[0], LEAVES[1]), LEAVES[3]][::-1]
    included = {
        "suite": SUITE,
        "leaf": LEAVES[2].hex(),
        "index": 2,
        "size": 7,
        "path": [one.hex() for one in path],
        "root": root(LEAVES[:7]).hex(),
    }
    grown = {
        "suite": SUITE,
        "from": 4,
        "from_root": root(LEAVES[:4]).hex(),
        "to": 7,
        "to_root": root(LEAVES[:7]).hex(),
        "path": [root(LEAVES[4:7]).hex()],
    }
    for name, kind, given, finding in (
        ("SM3 leaf 2 of 7", "inclusion", included, "E_ROOT"),
        ("SM3 4 to 7", "consistency", grown, "E_CONSISTENCY"),
    ):
        yield {"name": name, "kind": kind, "input": given, "valid": True}
        yield {
            "name": f"{name}: under the other suite",
            "kind": kind,
            "input": given | {"suite": "sha256-ed25519"},
            "valid": False,
            "finding": finding,
        }


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def notes() -> Iterator[Vector]:
    secret = PUBLISHED >> 1
    key = public(secret)
    hint = hashlib.sha256(ORIGIN.encode() + b"\n" + KIND + key).digest()[:4]
    text = f"{ORIGIN}\n8\n{b64(root(LEAVES))}\n"
    signature = sign(secret, PUBLISHED_K >> 1, text.encode())

    def written(signature: bytes, said: str = text) -> str:
        return f"{said}\n\u2014 {ORIGIN} {b64(hint + signature)}\n"

    def vkey(kind: bytes, bare: bytes) -> str:
        made = hashlib.sha256(ORIGIN.encode() + b"\n" + kind + bare).digest()[:4]
        return f"{ORIGIN}+{made.hex()}+{b64(kind + bare)}"

    trust = vkey(KIND, key)
    yield {
        "name": "SM2: a checkpoint over 8 records",
        "kind": "note",
        "input": {"note": written(signature), "trust": trust},
        "size": 8,
        "root": root(LEAVES).hex(),
        "valid": True,
    }
    wrong = {
        "another size": (written(signature, text.replace("\n8\n", "\n7\n")), trust),
        "a byte short": (written(signature[:-1]), trust),
        "another signature": (written(sign(secret, PUBLISHED_K >> 2, b"x")), trust),
        "without the signer's identity": (
            written(sign(secret, PUBLISHED_K >> 1, text.encode(), b"")),
            trust,
        ),
    }
    for name, (note, given) in wrong.items():
        yield {
            "name": f"SM2: {name}",
            "kind": "note",
            "input": {"note": note, "trust": given},
            "valid": False,
            "finding": "E_NOTE",
        }
