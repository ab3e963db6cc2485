"""The heads of all streams under one root: how many records each has, and that there are no more.

evidence-spec.md §9. A `ckpt` record commits to this root. One proof shows where a stream ended;
two proofs of neighbours show that a stream between them did not exist. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.errors import EvidenceError
from engine.evidence.canonical import Json, canonical, parse, utf16
from engine.evidence.checks import Finding
from engine.evidence.log import Tree, dump_path, is_included, leaf_hash, load_path, merkle_root
from engine.evidence.record import Head
from engine.evidence.shape import read_count, read_hash, read_object, read_text
from engine.evidence.suite import SHA256_ED25519, Suite
from engine.text import say

FindHead = Callable[[str, int], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadProof:
    """That `stream` ended with `head`: leaf `index` of the heads, its inclusion path."""

    stream: str
    head: Head
    index: int
    path: tuple[bytes, ...]

    def dump(self) -> dict[str, Json]:
        """As `proofs.json` writes it under the stream's name: `{"head","index","path"}`."""
        return {
            "head": {"hash": self.head.hash, "seq": self.head.seq},
            "index": self.index,
            "path": dump_path(self.path),
        }


def heads_root(heads: Mapping[str, Head], suite: Suite = SHA256_ED25519) -> str:
    """The Merkle root over the heads of all streams, 64 hex digits."""
    return merkle_root(_leaves(heads, suite), suite).hex()


def prove_heads(
    heads: Mapping[str, Head], streams: tuple[str, ...], suite: Suite = SHA256_ED25519
) -> tuple[HeadProof, ...]:
    """The proofs of these streams, in their order. Errors: `EvidenceError` if one has no head."""
    order = {stream: n for n, stream in enumerate(_ordered(heads))}
    tree = Tree(_leaves(heads, suite), suite)
    for stream in streams:
        if stream not in order:
            raise EvidenceError(say("没有这条流:{stream}", stream=stream[:80]))
    return tuple(
        HeadProof(
            stream=stream,
            head=heads[stream],
            index=order[stream],
            path=tree.inclusion(order[stream]),
        )
        for stream in streams
    )


def prove_absent(
    heads: Mapping[str, Head], stream: str, suite: Suite = SHA256_ED25519
) -> tuple[HeadProof, ...]:
    """The neighbours between which `stream` would stand: two, or one at either end, or none.

    Errors: `EvidenceError` if it is there.
    """
    if stream in heads:
        raise EvidenceError(say("这条流存在:{stream}", stream=stream[:80]))
    order = _ordered(heads)
    place = sum(utf16(one) < utf16(stream) for one in order)
    return prove_heads(heads, tuple(order[max(place - 1, 0) : place + 1]), suite)


def is_head(proof: HeadProof, size: int, root: bytes, suite: Suite = SHA256_ED25519) -> bool:
    """Whether `proof` holds under the root over the heads of `size` streams."""
    leaf = leaf_hash(_line(proof.stream, proof.head), suite)
    return is_included(leaf, proof.index, size, proof.path, root, suite)


def is_absent(
    stream: str,
    neighbours: tuple[HeadProof, ...],
    size: int,
    root: bytes,
    suite: Suite = SHA256_ED25519,
) -> bool:
    """Whether `neighbours` prove that `stream` was not among `size` streams under `root`."""
    if not all(is_head(one, size, root, suite) for one in neighbours):
        return False
    wanted = utf16(stream)
    match neighbours:
        case ():
            return size == 0 and root == merkle_root((), suite)
        case (one,) if one.index == 0 and wanted < utf16(one.stream):
            return True
        case (one,):
            return one.index == size - 1 and utf16(one.stream) < wanted
        case (left, right):
            is_between = utf16(left.stream) < wanted < utf16(right.stream)
            return left.index + 1 == right.index and is_between
    return False


def load_head_proof(stream: str, value: Json) -> HeadProof:
    """The proof `HeadProof.dump` wrote. Errors: `Misshapen` naming the field."""
    got = read_object(value, "", "head index path")
    return HeadProof(
        stream=stream,
        head=_load_head(got["head"]),
        index=read_count(got["index"], "index"),
        path=load_path(got["path"]),
    )


def dump_heads(heads: Mapping[str, Head]) -> str:
    """A listing of heads: one line for each stream, in leaf order."""
    return "".join(_line(stream, heads[stream]).decode() + "\n" for stream in _ordered(heads))


def load_heads(listing: str) -> dict[str, Head]:
    """The heads of a listing. Raises `EvidenceError` unless it is spelled as `dump_heads` does."""
    heads: dict[str, Head] = {}
    for line in listing.split("\n")[:-1]:
        got = read_object(parse(line.encode()), "", "hash seq stream")
        stream = read_text(got.pop("stream"), "stream")
        heads[stream] = _load_head(got)
    if dump_heads(heads) != listing:
        raise EvidenceError(say("链头清单次序不对、有重复或不完整"))
    return heads


def check_listing(heads: Mapping[str, Head], find_head: FindHead) -> tuple[Finding, ...]:
    """Each stream of a listing kept outside that is gone, shorter, or another: `E_HEADS`.

    `find_head(stream, seq)` gives the digest the store has there now, or None.
    """
    found: list[Finding] = []
    for stream in _ordered(heads):
        head = heads[stream]
        now = find_head(stream, head.seq)
        if now == head.hash:
            continue
        if now is not None:
            text = say("这一条已不是检查点时的记录")
        elif find_head(stream, 0) is None:
            text = say("整条流已不存在,检查点时共 {count} 条", count=head.seq + 1)
        else:
            text = say("流变短了:检查点时有第 {seq} 条,现在没有", seq=head.seq)
        found.append(Finding(code="E_HEADS", stream=stream, seq=head.seq, field="", text=text))
    return tuple(found)


def _load_head(value: Json) -> Head:
    got = read_object(value, "head", "hash seq")
    return Head(seq=read_count(got["seq"], "seq"), hash=read_hash(got["hash"], "hash"))


def _ordered(heads: Mapping[str, Head]) -> list[str]:
    return sorted(heads, key=utf16)


def _leaves(heads: Mapping[str, Head], suite: Suite) -> list[bytes]:
    return [leaf_hash(_line(stream, heads[stream]), suite) for stream in _ordered(heads)]


def _line(stream: str, head: Head) -> bytes:
    return canonical({"hash": head.hash, "seq": head.seq, "stream": stream})
