"""Elliptic curves in plain integers: y² = x³ − 3x + b over a prime field.

For verification only; nothing here is secret, so nothing need be constant in time.
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[int, int, int]  # Jacobian: x = X/Z², y = Y/Z³; Z = 0 at infinity
_INFINITY: Point = (1, 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """y² = x³ − 3x + b over the integers modulo `p`, with a base point of prime order `n`."""

    p: int
    b: int
    n: int
    base: tuple[int, int]

    @property
    def width(self) -> int:
        """Octets of a coordinate."""
        return (self.p.bit_length() + 7) // 8

    def has(self, point: tuple[int, int]) -> bool:
        """Whether a point is on the curve, its coordinates reduced."""
        x, y = point
        return x < self.p and y < self.p and (y * y - (x * x - 3) * x - self.b) % self.p == 0


def to_affine(curve: Curve, point: Point) -> tuple[int, int] | None:
    """A point by its two coordinates; None at infinity."""
    x, y, z = point
    if z == 0:
        return None
    inverse = pow(z, -1, curve.p)
    square = inverse * inverse
    return x * square % curve.p, y * square * inverse % curve.p


def both(curve: Curve, u: int, v: int, point: tuple[int, int]) -> Point:
    """u·G + v·Q, bit by bit of both at once."""
    base, other = (*curve.base, 1), (*point, 1)
    table = (None, base, other, _add(curve.p, base, other))
    found = _INFINITY
    for place in reversed(range(curve.n.bit_length())):
        found = _double(curve.p, found)
        term = table[(u >> place & 1) + 2 * (v >> place & 1)]
        if term is not None:
            found = _add(curve.p, found, term)
    return found


def _double(p: int, point: Point) -> Point:
    """dbl-2001-b of the Explicit-Formulas Database, a = −3."""
    x, y, z = point
    if z == 0:
        return _INFINITY
    delta, gamma = z * z % p, y * y % p
    beta = x * gamma % p
    alpha = 3 * (x - delta) * (x + delta) % p
    x3 = (alpha * alpha - 8 * beta) % p
    z3 = ((y + z) ** 2 - gamma - delta) % p
    return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % p, z3


def _add(p: int, one: Point, other: Point) -> Point:
    """add-1998-cmo-2 of the Explicit-Formulas Database, and the cases it leaves out."""
    if one[2] == 0:
        return other
    if other[2] == 0:
        return one
    (x1, y1, z1), (x2, y2, z2) = one, other
    z1z1, z2z2 = z1 * z1 % p, z2 * z2 % p
    u1, u2 = x1 * z2z2 % p, x2 * z1z1 % p
    s1, s2 = y1 * z2 * z2z2 % p, y2 * z1 * z1z1 % p
    h, r = (u2 - u1) % p, (s2 - s1) % p
    if h == 0:
        return _double(p, one) if r == 0 else _INFINITY
    hh = h * h % p
    hhh, v = h * hh % p, u1 * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - s1 * hhh) % p, h * z1 * z2 % p
