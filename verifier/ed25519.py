"""Ed25519 verification (RFC 8032 §5.1.7), strict and without the cofactor, in plain integers.

A signature holds if the encoding of S·B − k·A is R byte for byte, S < L, and the key is a
canonical point that is not of small order. Under such a key one signature fits every text.

**Many at once.** `which_are_signed` computes S·B − k·A for every signature by itself and compares
each with its own R; what the signatures share is one inversion (Montgomery's trick) and the
tables. So it says of each exactly what would be said of it alone, and `is_signed` is the case of
one. The usual batch verification adds up all equations under random coefficients (Bernstein et
al., "High-speed high-security signatures", 2012, §5). It is not used: a signer who adds a point of
small order to his R, or has one in his key, makes an equation that fails here and is yet made good
in the sum with a chance of up to one half, or by a second such signature (Chalkias, Garillot,
Nikolaenko, "Taming the many EdDSAs", 2020, §3). It agrees with a check without the cofactor only
where every R is known to be of prime order, and to find that out costs more than what it saves.

**Tables.** Every multiple of a point by a digit of base 2^w at each place, so that a
multiplication is additions only; or at every second, fourth or eighth place, the places between
being added up by themselves and doubled into theirs (Lim and Lee, "More flexible exponentiation
with precomputation", 1994): less to make and more to do. Keys recur, so theirs are kept, and are as
large as the number of uses repays. Digits run from −2^(w−1) to 2^(w−1) − 1: a constant added to the
scalar makes them the plain digits of the sum, which `binascii` reads off.

**Reduction.** 2^255 is 19 modulo P, so z and (z mod 2^255) + 19·⌊z / 2^255⌋ are the same number
modulo P, a third of the cost of a division. What stays small enough is told at `_add_up`. Points of
this curve add without exceptions (RFC 8032 §5.1.4: −1 is a square and d is not), so no Z is 0.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import getitem

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
D2 = 2 * D % P
ROOT = pow(2, (P - 1) // 4, P)
_LOW = 2**255 - 1
_KEPT = 256  # keys whose tables are kept
# uses of a point from which a table repays itself: its bits, and how many places share a row
_TABLES = ((650, 8, 1), (300, 6, 1), (60, 6, 2), (8, 4, 4), (0, 4, 8))

Extended = tuple[int, int, int, int]
Niels = tuple[int, int, int]  # y + x, y − x, 2dxy of an affine point
_NOTHING: Extended = (0, 1, 1, 0)
Claim = tuple[bytes, bytes, bytes]  # public key (32 bytes), signature (64), what is signed


@dataclass(frozen=True, slots=True)
class _Width:
    """How a scalar below 2^253 is written in digits of `bits` bits, the first the highest."""

    bits: int
    places: int
    size: int  # bytes of the scalar with the constant added
    alphabet: bytes  # of what `binascii` writes, "" where bytes are digits

    @property
    def constant(self) -> int:
        """2^(bits−1) at every place."""
        return sum(1 << (self.bits * n + self.bits - 1) for n in range(self.places))


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_WIDTHS = {
    4: _Width(4, 64, 32, b"0123456789abcdef"),
    6: _Width(6, 44, 33, _BASE64),
    8: _Width(8, 32, 32, b""),
}
_CONSTANTS = {bits: width.constant for bits, width in _WIDTHS.items()}
_VALUES = {
    bits: bytes.maketrans(width.alphabet, bytes(range(len(width.alphabet))))
    for bits, width in _WIDTHS.items()
}


def is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` (64 bytes) is the signature over `data` of the key `public` (32)."""
    return which_are_signed([(public, signature, data)])[0]


def which_are_signed(claims: Sequence[Claim]) -> list[bool]:
    """Of each claim whether it holds, exactly as `is_signed` says of it alone."""
    found = [False] * len(claims)
    by_key: dict[bytes, list[int]] = {}
    for n, (public, signature, _) in enumerate(claims):
        if len(signature) == 64 and int.from_bytes(signature[32:], "little") < L:
            by_key.setdefault(public, []).append(n)
    base = _base()
    base.expect(sum(map(len, by_key.values())))
    order: list[int] = []
    points: list[Extended] = []
    for public, several in by_key.items():
        key = _known(public)
        if key is None:
            continue
        key.expect(len(several))
        for n in several:
            _, signature, data = claims[n]
            seed = hashlib.sha512(signature[:32] + public)
            seed.update(data)
            k = int.from_bytes(seed.digest(), "little") % L
            s = int.from_bytes(signature[32:], "little")
            order.append(n)
            points.append(_sum((base, s), (key, k)))
    for n, encoded in zip(order, _encode(points), strict=True):
        found[n] = encoded == claims[n][1][:32]
    return found


def is_sound_key(public: bytes) -> bool:
    """Whether 32 bytes are the canonical encoding of a point that is not of small order."""
    return _known(public) is not None


@dataclass(slots=True)
class _Point:
    """A point with its table: `rows[place][digit]`, the digit raised to begin at 0; a row for every
    `steps` places, of the lowest of them.
    """

    point: Extended
    uses: int = 0
    bits: int = 0
    steps: int = 0
    rows: list[list[Niels]] = field(default_factory=list)

    def expect(self, uses: int) -> None:
        """Make the table fit for so many more multiplications."""
        self.uses += uses
        fit = next((bits, steps) for least, bits, steps in _TABLES if self.uses >= least)
        if fit != (self.bits, self.steps):
            self.bits, self.steps = fit
            self.rows = _make_rows(self.point, *fit)

    def parts(self, scalar: int) -> Iterator[tuple[int, Iterable[Niels]]]:
        """What has to be added up for `scalar` times the point, each with how often it is then
        to be doubled; scalar < 2^253.
        """
        width = _WIDTHS[self.bits]
        digits = (scalar + _CONSTANTS[self.bits]).to_bytes(width.size, "big")
        if width.bits == 6:
            digits = binascii.b2a_base64(digits, newline=False)
        elif width.bits == 4:
            digits = binascii.hexlify(digits)
        if width.alphabet:
            digits = digits.translate(_VALUES[self.bits])
        for step in range(self.steps):
            of_step = digits[self.steps - 1 - step :: self.steps]
            yield self.bits * step, map(getitem, self.rows, of_step)


def _sum(*terms: tuple[_Point, int]) -> Extended:
    """The sum of points, each times its scalar."""
    due: dict[int, list[Iterable[Niels]]] = {}
    for point, scalar in terms:
        for doublings, parts in point.parts(scalar):
            due.setdefault(doublings, []).append(parts)
    total, above = _NOTHING, max(due)
    for doublings in sorted(due, reverse=True):
        total = _doubled(total, above - doublings)
        total, above = _add_up(chain.from_iterable(due[doublings]), total), doublings
    return total


_keys: dict[bytes, _Point | None] = {}
_bases: list[_Point] = []


def _known(public: bytes) -> _Point | None:
    """The key negated, None for what is no key."""
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
            _keys[public] = _Point((P - x, y, z, P - t))
    return _keys[public]


def _base() -> _Point:
    if not _bases:
        y = 4 * pow(5, -1, P) % P
        point = _decode(y.to_bytes(32, "little"))
        assert point is not None
        _bases.append(_Point(point))
    return _bases[0]


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
    point = _doubled(point, 3)
    return point[0] == 0 and point[1] == point[2]


def _encode(points: list[Extended]) -> list[bytes]:
    """RFC 8032 §5.1.2 of every point."""
    return [(y | (x & 1) << 255).to_bytes(32, "little") for x, y in _to_affine(points)]


def _doubled(point: Extended, times: int) -> Extended:
    """2^times times the point."""
    x, y, z, t = point
    for _ in range(times):
        a, b, c = x * x % P, y * y % P, 2 * z * z % P
        h = a + b
        e = (h - (x + y) * (x + y)) % P
        g = a - b
        f = c + g
        x, y, z, t = e * f % P, g * h % P, f * g % P, e * h
    return x, y, z, t % P


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


def _make_rows(point: Extended, bits: int, steps: int) -> list[list[Niels]]:
    """At each place that has a row, highest first, every digit from the lowest times
    2^(bits·place).
    """
    half = 1 << (bits - 1)
    firsts = [point]
    for _ in range(_WIDTHS[bits].places // steps - 1):
        firsts.append(_doubled(firsts[-1], bits * steps))
    flat: list[Extended] = []
    for first, one in zip(firsts, _to_niels(firsts), strict=True):
        row = [first]
        for _ in range(half - 1):
            row.append(_add(row[-1], one))
        flat += row
    niels = _to_niels(flat)
    rows: list[list[Niels]] = []
    for start in range(0, len(niels), half):
        row_ = niels[start : start + half]
        below = [(minus, plus, P - scaled) for plus, minus, scaled in reversed(row_)]
        rows.append([*below, (1, 1, 0), *row_[:-1]])
    rows.reverse()
    return rows


def _to_niels(points: list[Extended]) -> list[Niels]:
    return [((y + x) % P, (y - x) % P, D2 * x % P * y % P) for x, y in _to_affine(points)]


def _to_affine(points: list[Extended]) -> list[tuple[int, int]]:
    """x and y with one inversion for all (Montgomery's trick)."""
    products = [1]
    for _, _, z, _ in points:
        products.append(products[-1] * z % P)
    inverse = pow(products[-1], -1, P)
    found: list[tuple[int, int]] = []
    for (x, y, z, _), before in zip(reversed(points), reversed(products[:-1]), strict=True):
        own = inverse * before % P
        inverse = inverse * z % P
        found.append((x * own % P, y * own % P))
    found.reverse()
    return found


def _add_up(parts: Iterable[Niels], total: Extended, low: int = _LOW) -> Extended:
    """The sum, as `_add` makes it, of a point and affine points.

    Reduced once, or twice where it would otherwise grow. With |z| < 2^256 and |t| < 2^262 before a
    step: |c| < 2^267, so |f|, |g| < 2^268; |e|, |h| < 2^256 whatever a and b were; so afterwards
    |x|, |y| < 2^274, |t| < 2^262 again, and z, from 2^536, is below 2^256 the second time.
    """
    x, y, z, t = total
    for plus, minus, scaled in parts:
        a = (y - x) * minus
        a = (a & low) + 19 * (a >> 255)
        b = (y + x) * plus
        b = (b & low) + 19 * (b >> 255)
        c = t * scaled
        c = (c & low) + 19 * (c >> 255)
        d = z + z
        e, f, g, h = b - a, d - c, d + c, b + a
        e = (e & low) + 19 * (e >> 255)
        h = (h & low) + 19 * (h >> 255)
        x, y, z, t = e * f, g * h, f * g, e * h
        x = (x & low) + 19 * (x >> 255)
        y = (y & low) + 19 * (y >> 255)
        z = (z & low) + 19 * (z >> 255)
        z = (z & low) + 19 * (z >> 255)
        t = (t & low) + 19 * (t >> 255)
    return x, y, z, t
