"""Where each stream ended, proved by one leaf; that a stream did not exist, by its neighbours."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from engine.errors import EvidenceError
from engine.evidence.heads import (
    HeadProof,
    check_listing,
    dump_heads,
    heads_root,
    is_absent,
    is_head,
    load_head_proof,
    load_heads,
    prove_absent,
    prove_heads,
)
from engine.evidence.record import Head

STREAMS = ("case/1", "case/2", "case/\U00020bb7", "case/\uff08", "keys", "org")


def digest(stream: str, seq: int) -> str:
    return hashlib.sha256(f"{stream} {seq}".encode()).hexdigest()


HEADS = {stream: Head(seq=n + 1, hash=digest(stream, n + 1)) for n, stream in enumerate(STREAMS)}
ROOT = bytes.fromhex(heads_root(HEADS))
SIZE = len(HEADS)
STORE = {(stream, seq): digest(stream, seq) for stream in STREAMS for seq in range(20)}


def check(store: dict[tuple[str, int], str]) -> list[tuple[str, str, int]]:
    found = check_listing(HEADS, lambda stream, seq: store.get((stream, seq)))
    return [(one.code, one.stream, one.seq) for one in found]


def test_each_stream_is_proved_to_have_ended_where_it_did() -> None:
    for proof in prove_heads(HEADS, STREAMS):
        assert is_head(proof, SIZE, ROOT)
        assert load_head_proof(proof.stream, proof.dump()) == proof
        longer = replace(proof, head=replace(proof.head, seq=proof.head.seq + 1))
        for changed in (
            longer,
            replace(proof, stream="case/3"),
            replace(proof, index=(proof.index + 1) % SIZE),
            replace(proof, path=proof.path[:-1]),
        ):
            assert not is_head(changed, SIZE, ROOT)


@pytest.mark.parametrize("stream", ["aaa", "case/11", "case/\U00020bb8", "case/9", "zzz"])
def test_a_stream_between_neighbours_is_proved_absent(stream: str) -> None:
    neighbours = prove_absent(HEADS, stream)
    assert is_absent(stream, neighbours, SIZE, ROOT)
    assert not is_absent("case/1", neighbours, SIZE, ROOT)
    assert not is_absent(stream, neighbours[1:], SIZE, ROOT)
    assert not is_absent(stream, neighbours[::-1], SIZE, ROOT) or len(neighbours) == 1


def test_streams_that_are_not_neighbours_prove_nothing_absent() -> None:
    apart = prove_heads(HEADS, ("case/1", "keys"))
    assert not is_absent("case/11", apart, SIZE, ROOT)
    assert not is_absent("case/11", prove_heads(HEADS, ("case/1",)), SIZE, ROOT)
    with pytest.raises(EvidenceError):
        prove_absent(HEADS, "keys")
    with pytest.raises(EvidenceError):
        prove_heads(HEADS, ("case/11",))


def test_before_the_first_stream_everything_is_absent() -> None:
    empty = bytes.fromhex(heads_root({}))
    assert is_absent("keys", prove_absent({}, "keys"), 0, empty)
    assert not is_absent("keys", (), SIZE, ROOT)


@pytest.mark.parametrize(
    "value", [None, {}, {"head": {"hash": "0", "seq": 1}, "index": 0, "path": []}]
)
def test_a_head_proof_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(EvidenceError):
        load_head_proof("keys", value)  # type: ignore[arg-type]


def test_a_control_without_the_order_would_call_a_stream_absent_that_exists() -> None:
    def careless(stream: str, neighbours: tuple[HeadProof, ...]) -> bool:
        return all(is_head(one, SIZE, ROOT) and one.stream != stream for one in neighbours)

    apart = prove_heads(HEADS, ("case/1", "keys"))
    assert careless("case/2", apart)
    assert not is_absent("case/2", apart, SIZE, ROOT)


def test_the_listing_is_in_utf16_order() -> None:
    lines = dump_heads(HEADS).splitlines()
    order = [line.rpartition('"stream":"')[2].removesuffix('"}') for line in lines]
    assert order == ["case/1", "case/2", "case/\U00020bb7", "case/\uff08", "keys", "org"]
    assert load_heads(dump_heads(HEADS)) == HEADS


def test_a_store_that_only_grew_agrees() -> None:
    assert check(STORE) == []


def test_a_missing_shortened_or_rewritten_stream_is_named() -> None:
    without = {place: one for place, one in STORE.items() if place[0] != "case/1"}
    assert check(without) == [("E_HEADS", "case/1", 1)]
    shorter = {place: one for place, one in STORE.items() if place[0] != "org" or place[1] < 6}
    assert check(shorter) == [("E_HEADS", "org", 6)]
    assert check(STORE | {("keys", 5): "0" * 64}) == [("E_HEADS", "keys", 5)]
    assert [place for _, *place in check({})] == [[one, n + 1] for n, one in enumerate(STREAMS)]


def test_a_listing_out_of_order_or_repeated_or_cut_is_refused() -> None:
    lines = dump_heads(HEADS).splitlines(keepends=True)
    for broken in (lines[::-1], [lines[0], *lines], [*lines[:-1], lines[-1].rstrip()], ["{}\n"]):
        with pytest.raises(EvidenceError):
            load_heads("".join(broken))
