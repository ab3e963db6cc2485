"""Ed25519 verification (RFC 8032 §5.1.7), strict and without the cofactor, in plain integers.

A signature holds if the encoding of S·B − k·A is R byte for byte, S < L, and the key is a
canonical point that is not of small order. Under such a key one signature fits every text.

Speed comes from tables: every multiple of a point by a digit of base 2^w at each place, so that
a multiplication is additions only. Keys recur, so theirs are kept, and widened once they have
been used often enough to repay it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
D2 = 2 * D % P
ROOT = pow(2, (P - 1) // 4, P)
ORDER_BITS = 253
_NARROW, _WIDE, _BASE = 4, 7, 8
_REPAID = 48  # uses of a key after which the wide table costs less than it saves
_KEPT = 512  # keys whose tables are kept

Extended = tuple[int, int, int, int]
Niels = tuple[int, int, int]  # y + x, y − x, 2dxy of an affine point
Table = list[list[Niels]]


def is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` (64 bytes) is the signature over `data` of the key `public` (32)."""
    if len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    known = _known(public)
    if s >= L or known is None:
        return False
    seed = signature[:32] + public + data
    k = int.from_bytes(hashlib.sha512(seed).digest(), "little") % L
    point = _add_digits(_IDENTITY, _base_table(), _BASE, s)
    return _encode(_add_digits(point, *known.table(), k)) == signature[:32]


def is_sound_key(public: bytes) -> bool:
    """Whether 32 bytes are the canonical encoding of a point that is not of small order."""
    return _known(public) is not None


@dataclass(slots=True)
class _Key:
    """A key negated, with its table; `uses` counts verifications."""

    minus: Extended
    uses: int = 0
    width: int = 0
    rows: Table = field(default_factory=list)

    def table(self) -> tuple[Table, int]:
        self.uses += 1
        wanted = _NARROW if self.uses < _REPAID else _WIDE
        if self.width != wanted:
            self.width, self.rows = wanted, _make_table(self.minus, wanted)
        return self.rows, self.width


_IDENTITY: Extended = (0, 1, 1, 0)
_keys: dict[bytes, _Key | None] = {}
_base: list[Table] = []


def _known(public: bytes) -> _Key | None:
    if public not in _keys:
        if len(_keys) >= _KEPT:
            _keys.clear()
        point = _decode(public)
        if point is not None and _is_small(point):
            point = None
        if point is None:
            _keys[public] = None
        else:
            x, y, z, t = point
            _keys[public] = _Key(minus=(P - x, y, z, P - t))
    return _keys[public]


def _base_table() -> Table:
    if not _base:
        y = 4 * pow(5, -1, P) % P
        point = _decode(y.to_bytes(32, "little"))
        assert point is not None
        _base.append(_make_table(point, _BASE))
    return _base[0]


def _decode(data: bytes) -> Extended | None:
    """RFC 8032 §5.1.3; None for what is not a point, or not its one encoding."""
    if len(data) != 32:
        return None
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * ROOT % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _is_small(point: Extended) -> bool:
    """Whether eight times the point is the identity."""
    for _ in range(3):
        point = _double(point)
    return point[0] == 0 and point[1] == point[2]


def _encode(point: Extended) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _double(point: Extended) -> Extended:
    x, y, z, _ = point
    a, b, c = x * x % P, y * y % P, 2 * z * z % P
    h = a + b
    e = h - (x + y) * (x + y)
    g = a - b
    f = c + g
    e %= P
    return e * f % P, g * h % P, f * g % P, e * h % P


def _add(point: Extended, other: Niels) -> Extended:
    """Extended plus affine (Hisil, Wong, Carter, Dawson 2008, §3.1)."""
    x, y, z, t = point
    plus, minus, scaled = other
    a = (y - x) * minus % P
    b = (y + x) * plus % P
    c = t * scaled % P
    d = z + z
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _make_table(point: Extended, width: int) -> Table:
    """Rows of 1 … 2^(width−1) times 2^(width·row) times the point, in affine form."""
    half = 1 << (width - 1)
    flat: list[Extended] = []
    places = ORDER_BITS // width + 1
    for _ in range(places):
        (one,) = _to_niels([point])
        row = [point]
        for _ in range(half - 1):
            row.append(_add(row[-1], one))
        flat += row
        point = _double(row[-1])
    niels = _to_niels(flat)
    return [niels[start : start + half] for start in range(0, len(niels), half)]


def _to_niels(points: list[Extended]) -> list[Niels]:
    """Affine forms with one inversion for all (Montgomery's trick)."""
    products = [1]
    for _, _, z, _ in points:
        products.append(products[-1] * z % P)
    inverse = pow(products[-1], -1, P)
    found: list[Niels] = []
    for (x, y, z, _), before in zip(reversed(points), reversed(products[:-1]), strict=True):
        own = inverse * before % P
        inverse = inverse * z % P
        x, y = x * own % P, y * own % P
        found.append(((y + x) % P, (y - x) % P, D2 * x % P * y % P))
    found.reverse()
    return found


def _add_digits(point: Extended, table: Table, width: int, scalar: int) -> Extended:
    """The point plus `scalar` times the point the table was made of; scalar < 2^253."""
    x, y, z, t = point
    mask, half, full = (1 << width) - 1, 1 << (width - 1), 1 << width
    for row in table:
        digit = scalar & mask
        scalar >>= width
        if digit > half:
            digit -= full
            scalar += 1
        if digit == 0:
            continue
        if digit > 0:
            plus, minus, scaled = row[digit - 1]
        else:
            minus, plus, scaled = row[-digit - 1]
            scaled = -scaled
        a = (y - x) * minus % P
        b = (y + x) * plus % P
        c = t * scaled % P
        d = z + z
        e, f, g, h = b - a, d - c, d + c, b + a
        x, y, z, t = e * f % P, g * h % P, f * g % P, e * h % P
    return x, y, z, t
