"""The log over all records of a store: an RFC 6962 Merkle tree, its proofs and their checks.

evidence-spec.md §8. Leaf i is the digest of the record at place i + 1, as 32 bytes. Everything
here is pure: a `Frontier` grows leaf by leaf and keeps only what later roots need, a `Tree`
keeps every node and makes proofs, `is_included` and `is_extension` check them without either.
Hashes are 32 bytes, paths tuples of them; only `dump_path` and `load_path` write hex.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.errors import EvidenceError
from engine.evidence.canonical import Json
from engine.evidence.shape import read_count, read_hash, read_list, read_object
from engine.evidence.suite import SHA256_ED25519, Suite
from engine.text import say

LONGEST_PATH = 63


def leaf_hash(data: bytes, suite: Suite = SHA256_ED25519) -> bytes:
    """H(0x00 ‖ data) (RFC 6962 §2.1)."""
    return suite.hash(b"\x00" + data)


def node_hash(left: bytes, right: bytes, suite: Suite = SHA256_ED25519) -> bytes:
    """H(0x01 ‖ left ‖ right) (RFC 6962 §2.1)."""
    return suite.hash(b"\x01" + left + right)


def empty_root(suite: Suite = SHA256_ED25519) -> bytes:
    """H(""), the root over no leaves (RFC 6962 §2.1)."""
    return suite.hash(b"")


def merkle_root(leaves: Iterable[bytes], suite: Suite = SHA256_ED25519) -> bytes:
    """The Merkle tree hash over leaf hashes (RFC 6962 §2.1); none give H("").

    Level by level: the second way to a root, which shares nothing with `Frontier`.
    """
    level = list(leaves)
    if not level:
        return empty_root(suite)
    # Pairing neighbours and letting an odd last one rise gives the same tree as the recursion.
    while len(level) > 1:
        pairs = [node_hash(*pair, suite) for pair in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """A tree of which only the roots of its full subtrees are kept, the largest first.

    One for each bit set in `size`: at most 53 hashes, whatever the number of records.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()
    suite: Suite = SHA256_ED25519

    def after(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier once these leaf hashes have been added, in order."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            node, rest = leaf, size
            while rest & 1:
                node = node_hash(peaks.pop(), node, self.suite)
                rest >>= 1
            peaks.append(node)
            size += 1
        return Frontier(size=size, peaks=tuple(peaks), suite=self.suite)

    @property
    def root(self) -> bytes:
        """The root of RFC 6962 §2.1 over all leaves added so far."""
        if not self.peaks:
            return empty_root(self.suite)
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root, self.suite)
        return root

    def dump(self) -> dict[str, Json]:
        """`{"peaks": [hex…], "size": n}`."""
        return {"peaks": [one.hex() for one in self.peaks], "size": self.size}


def load_frontier(value: Json, suite: Suite = SHA256_ED25519) -> Frontier:
    """The frontier `dump` wrote. Errors: `Misshapen` naming the field."""
    got = read_object(value, "", "peaks size")
    size = read_count(got["size"], "size")
    peaks = tuple(
        bytes.fromhex(read_hash(one, f"peaks.{n}")) for n, one in read_list(got["peaks"], "peaks")
    )
    if len(peaks) != size.bit_count():
        raise EvidenceError(say("日志边界与条数不符"))
    return Frontier(size=size, peaks=peaks, suite=suite)


class Tree:
    """All full subtrees over some leaf hashes: any root, inclusion or consistency proof of them.

    Costs one hash for each leaf to build and about log² n for each proof.
    """

    __slots__ = ("_levels", "_suite", "size")

    def __init__(self, leaves: Iterable[bytes], suite: Suite = SHA256_ED25519) -> None:
        level = list(leaves)
        self._suite = suite
        self.size = len(level)
        self._levels = [level]
        while len(level) > 1:
            level = [node_hash(*pair, suite) for pair in zip(level[::2], level[1::2], strict=False)]
            self._levels.append(level)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves (all, if None)."""
        wanted = self._within(self.size if size is None else size)
        return self._hash(0, wanted) if wanted else empty_root(self._suite)

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """PATH(index, D[0:size]) of RFC 6962 §2.1.1, from the leaf upward."""
        low, high = 0, self._within(self.size if size is None else size)
        if not 0 <= index < high:
            raise EvidenceError(say("日志里没有第 {index} 个叶子", index=index))
        path: list[bytes] = []
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._hash(middle, high))
                high = middle
            else:
                path.append(self._hash(low, middle))
                low = middle
        return tuple(reversed(path))

    def consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """PROOF(old, D[0:new]) of RFC 6962 §2.1.2; empty if `old` is 0 or `new`."""
        low, high = 0, self._within(self.size if new is None else new)
        if not 0 <= old <= high:
            raise EvidenceError(say("日志没有第 {size} 条以前的样子", size=old))
        if old in (0, high):
            return ()
        path: list[bytes] = []
        is_whole = True  # whether the old tree is all of the left side so far, its root known
        while high != old:
            middle = low + _split(high - low)
            if old <= middle:
                path.append(self._hash(middle, high))
                high = middle
            else:
                path.append(self._hash(low, middle))
                low, is_whole = middle, False
        if not is_whole:
            path.append(self._hash(low, high))
        return tuple(reversed(path))

    def _within(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise EvidenceError(say("日志没有第 {size} 条以前的样子", size=size))
        return size

    def _hash(self, low: int, high: int) -> bytes:
        """The tree hash over leaves low … high − 1; `low` is where a subtree begins."""
        count = high - low
        if count & (count - 1) == 0:
            depth = count.bit_length() - 1
            return self._levels[depth][low >> depth]
        middle = low + _split(count)
        return node_hash(self._hash(low, middle), self._hash(middle, high), self._suite)


def is_included(
    leaf: bytes,
    index: int,
    size: int,
    path: Sequence[bytes],
    root: bytes,
    suite: Suite = SHA256_ED25519,
) -> bool:
    """Whether `path` proves `leaf` to be leaf `index` of the tree of `size` leaves with `root`.

    RFC 9162 §2.1.3.2 (the tree and path of RFC 6962 §2.1.1). A path too long or too short,
    and an index outside the tree, prove nothing.
    """
    if not 0 <= index < size or len(path) > LONGEST_PATH:
        return False
    place, last, got = index, size - 1, leaf
    for one in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            got = node_hash(one, got, suite)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            got = node_hash(got, one, suite)
        place, last = place >> 1, last >> 1
    return last == 0 and got == root


def is_extension(
    old: int,
    old_root: bytes,
    new: int,
    new_root: bytes,
    path: Sequence[bytes],
    suite: Suite = SHA256_ED25519,
) -> bool:
    """Whether `path` proves that the tree of `new` leaves begins with the tree of `old` leaves.

    RFC 9162 §2.1.4.2 (the proof of RFC 6962 §2.1.2). The path is empty, and only then, if `old` is
    0 (whose root is H("")) or equals `new` (and the roots are equal).
    """
    if not 0 <= old <= new or len(path) > LONGEST_PATH:
        return False
    if old == 0:
        none = empty_root(suite)
        return not path and old_root == none and (new > 0 or new_root == none)
    if old == new:
        return not path and old_root == new_root
    rest = iter(path)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    # A full old tree is a node of the new one and is left out of the path: its root is known.
    first = old_root if place == 0 else next(rest, None)
    return first is not None and _meets(first, rest, place, last, old_root, new_root, suite)


def _meets(
    first: bytes,
    rest: Iterator[bytes],
    place: int,
    last: int,
    old_root: bytes,
    new_root: bytes,
    suite: Suite,
) -> bool:
    was = now = first
    for one in rest:
        if last == 0:
            return False
        if place & 1 or place == last:
            was, now = node_hash(one, was, suite), node_hash(one, now, suite)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node_hash(now, one, suite)
        place, last = place >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def dump_path(path: Iterable[bytes]) -> list[Json]:
    """A path as bundles write it: hex, 64 digits each."""
    return [one.hex() for one in path]


def load_path(value: Json, field: str = "path") -> tuple[bytes, ...]:
    """A path of at most 63 hashes in lowercase hex. Errors: `Misshapen` naming the field."""
    got = read_list(value, field)
    if len(got) > LONGEST_PATH:
        raise EvidenceError(say("证明过长:{count} 个哈希", count=len(got)))
    return tuple(bytes.fromhex(read_hash(one, f"{field}.{n}")) for n, one in got)


def _split(count: int) -> int:
    """The largest power of two below `count` (2 or more)."""
    return 1 << ((count - 1).bit_length() - 1)
