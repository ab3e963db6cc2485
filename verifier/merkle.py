"""The tree of RFC 6962 §2.1 and its two proofs. Hashes are 32 bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.canonical import Flaw, Json, is_hash
from verifier.suites import Suite

LONGEST_PATH = 63


def node(left: bytes, right: bytes, suite: Suite) -> bytes:
    return suite.hash(b"\x01" + left + right)


def leaf(data: bytes, suite: Suite) -> bytes:
    return suite.hash(b"\x00" + data)


def roots(leaves: Sequence[bytes], sizes: Iterable[int], suite: Suite) -> dict[int, bytes]:
    """The root over the first n leaves for each n asked for, in one pass; n ≤ number of leaves."""
    wanted = set(sizes)
    found = {0: suite.hash(b"")} if 0 in wanted else {}
    stack: list[bytes] = []  # roots of full subtrees, the largest first
    for count, one in enumerate(leaves, 1):
        rest, place = one, count - 1
        while place & 1:
            rest = node(stack.pop(), rest, suite)
            place >>= 1
        stack.append(rest)
        if count in wanted:
            total = stack[-1]
            for peak in reversed(stack[:-1]):
                total = node(peak, total, suite)
            found[count] = total
    return found


def root(leaves: Sequence[bytes], suite: Suite) -> bytes:
    """The root over all leaves."""
    return roots(leaves, (len(leaves),), suite)[len(leaves)]


def is_included(
    one: bytes, index: int, size: int, path: Sequence[bytes], wanted: bytes, suite: Suite
) -> bool:
    """Whether leaf hash `one` stands at `index` of `size` leaves (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or len(path) > LONGEST_PATH:
        return False
    place, last, total = index, size - 1, one
    for other in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            total = node(other, total, suite)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            total = node(total, other, suite)
        place, last = place >> 1, last >> 1
    return last == 0 and total == wanted


def is_prefix(
    size: int, old: bytes, larger: int, new: bytes, path: Sequence[bytes], suite: Suite
) -> bool:
    """Whether a tree of `size` leaves begins the one of `larger` (RFC 9162 §2.1.4.2)."""
    if not 0 <= size <= larger or len(path) > LONGEST_PATH:
        return False
    if size == 0:
        empty = suite.hash(b"")
        return not path and old == empty and (larger > 0 or new == empty)
    if size == larger:
        return not path and old == new
    rest = list(path)
    if size & (size - 1) == 0:
        rest.insert(0, old)
    if not rest:
        return False
    place, last = size - 1, larger - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = rest[0]
    for other in rest[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node(other, first, suite), node(other, second, suite)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node(second, other, suite)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old and second == new


def load_path(value: Json) -> tuple[bytes, ...]:
    """A list of hex hashes. Raises `Flaw`."""
    if not isinstance(value, list) or len(value) > LONGEST_PATH:
        raise Flaw("证明应为至多 63 个哈希的列表", "a proof is a list of at most 63 hashes")
    path: list[bytes] = []
    for one in value:
        if not isinstance(one, str) or not is_hash(one):
            raise Flaw("证明里有不成样子的哈希", "a hash of the proof is ill-formed")
        path.append(bytes.fromhex(one))
    return tuple(path)
