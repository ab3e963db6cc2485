from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.errors import EvidenceError
from engine.evidence.checkpoint import (
    Checkpoint,
    check_checkpoint,
    dump_heads,
    leaf_hash,
    load_checkpoint,
    load_heads,
    make_checkpoint,
    merkle_root,
)
from engine.evidence.keys import FileSigner
from engine.evidence.record import Head

Signers = Callable[[int], FileSigner]
AT = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
STREAMS = ("case/1", "case/2", "case/\U00020bb7", "case/\uff08", "keys", "org")


def digest(stream: str, seq: int) -> str:
    return hashlib.sha256(f"{stream} {seq}".encode()).hexdigest()


@pytest.fixture
def heads() -> dict[str, Head]:
    return {stream: Head(seq=n + 1, hash=digest(stream, n + 1)) for n, stream in enumerate(STREAMS)}


@pytest.fixture
def store() -> dict[tuple[str, int], str]:
    """A store that has gone on since the checkpoint."""
    return {(stream, seq): digest(stream, seq) for stream in STREAMS for seq in range(20)}


@pytest.fixture
def checkpoint(heads: dict[str, Head], signer: Signers) -> Checkpoint:
    return make_checkpoint("oa.example/logistics", heads, signer(9), AT)


Store = dict[tuple[str, int], str]


def check(checkpoint: Checkpoint, store: Store, signer: Signers) -> list[tuple[str, str, int]]:
    found = check_checkpoint(
        checkpoint, lambda stream, seq: store.get((stream, seq)), signer(9).public
    )
    return [(one.code, one.stream, one.seq) for one in found]


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1 word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    left, right = recursive_root(leaves[:half]), recursive_root(leaves[half:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_the_root_is_that_of_the_rfc_for_every_size() -> None:
    for size in range(131):
        leaves = [bytes([n]) for n in range(size)]
        assert merkle_root([leaf_hash(one) for one in leaves]) == recursive_root(leaves), size


def test_a_checkpoint_reads_back_from_its_two_texts(
    checkpoint: Checkpoint, heads: dict[str, Head]
) -> None:
    assert load_checkpoint(checkpoint.note, dump_heads(heads)) == checkpoint
    assert checkpoint.note.splitlines()[:5] == [
        "oa.example/logistics",
        "6",
        checkpoint.note.splitlines()[2],
        "records 27",
        "time 2026-11-02T01:30:00.000Z",
    ]
    assert checkpoint.head == Head(seq=6, hash=checkpoint.root)


def test_an_empty_store_has_the_root_bodies_name_before_any_checkpoint(signer: Signers) -> None:
    empty = make_checkpoint("o", {}, signer(9), AT)
    assert empty.root == hashlib.sha256(b"").hexdigest()
    assert load_checkpoint(empty.note, "") == empty


def test_the_listing_is_in_utf16_order(heads: dict[str, Head]) -> None:
    lines = dump_heads(heads).splitlines()
    order = [line.rpartition('"stream":"')[2].removesuffix('"}') for line in lines]
    assert order == ["case/1", "case/2", "case/\U00020bb7", "case/\uff08", "keys", "org"]
    assert load_heads(dump_heads(heads)) == heads


def test_a_store_that_only_grew_agrees(
    checkpoint: Checkpoint, store: Store, signer: Signers
) -> None:
    assert check(checkpoint, store, signer) == []


def test_a_missing_shortened_or_rewritten_stream_is_named(
    checkpoint: Checkpoint, store: Store, signer: Signers
) -> None:
    without = {place: one for place, one in store.items() if place[0] != "case/1"}
    assert check(checkpoint, without, signer) == [("E_GONE", "case/1", 1)]
    shorter = {place: one for place, one in store.items() if place[0] != "org" or place[1] < 6}
    assert check(checkpoint, shorter, signer) == [("E_SHORT", "org", 6)]
    rewritten = store | {("keys", 5): "0" * 64}
    assert check(checkpoint, rewritten, signer) == [("E_HEAD", "keys", 5)]


def test_everything_wrong_is_told_at_once(checkpoint: Checkpoint, signer: Signers) -> None:
    assert [place for _, *place in check(checkpoint, {}, signer)] == [
        [stream, n + 1] for n, stream in enumerate(STREAMS)
    ]


def test_a_note_altered_in_any_byte_is_not_taken(
    checkpoint: Checkpoint, heads: dict[str, Head], store: Store, signer: Signers
) -> None:
    note = checkpoint.note.encode()
    listing = dump_heads(heads)
    for n in range(len(note)):
        broken = note[:n] + bytes([note[n] ^ 1]) + note[n + 1 :]
        try:
            changed = load_checkpoint(broken.decode("utf-8", "replace"), listing)
        except EvidenceError:
            continue
        assert check(changed, store, signer) == [("E_CKPT_SIG", "", 0)], n


def test_a_checkpoint_by_another_key_is_not_taken(
    heads: dict[str, Head], store: Store, signer: Signers
) -> None:
    forged = make_checkpoint("oa.example/logistics", heads, signer(8), AT)
    assert check(forged, store, signer) == [("E_CKPT_SIG", "", 0)]


def test_a_listing_that_is_not_the_signed_one_is_found(
    checkpoint: Checkpoint, heads: dict[str, Head], store: Store, signer: Signers
) -> None:
    fewer = {stream: head for stream, head in heads.items() if stream != "case/1"}
    other = heads | {"case/1": Head(seq=2, hash=digest("case/1", 2))}
    for listing in (fewer, other, {}):
        changed = load_checkpoint(checkpoint.note, dump_heads(listing))
        assert check(changed, store, signer) == [("E_CKPT_ROOT", "", 0)]


def test_without_a_listing_nothing_is_proven(
    checkpoint: Checkpoint, store: Store, signer: Signers
) -> None:
    bare = load_checkpoint(checkpoint.note)
    found = check_checkpoint(bare, lambda stream, seq: store.get((stream, seq)), signer(9).public)
    assert [(one.code, one.is_doubt) for one in found] == [("E_CKPT_LIST", True)]


def test_a_listing_out_of_order_or_repeated_or_cut_is_refused(heads: dict[str, Head]) -> None:
    lines = dump_heads(heads).splitlines(keepends=True)
    for broken in (lines[::-1], [lines[0], *lines], [*lines[:-1], lines[-1].rstrip()], ["{}\n"]):
        with pytest.raises(EvidenceError):
            load_heads("".join(broken))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n6\n", "\n06\n"),
        ("\n6\n", "\n-6\n"),
        ("\n6\n", "\n6.0\n"),
        ("records ", "count "),
        ("time ", "date "),
        ("00.000Z", "00Z"),
        ("\n\n", "\n"),
        ("\nrecords 27", ""),
        ("oa.example/logistics\n6", "\n6"),
    ],
)
def test_a_text_of_another_shape_is_refused(checkpoint: Checkpoint, old: str, new: str) -> None:
    with pytest.raises(EvidenceError):
        load_checkpoint(checkpoint.note.replace(old, new, 1))


@pytest.mark.parametrize("origin", ["", "an office", "a+b", "a\nb"])
def test_an_origin_a_note_cannot_name_is_refused(
    heads: dict[str, Head], signer: Signers, origin: str
) -> None:
    with pytest.raises(EvidenceError):
        make_checkpoint(origin, heads, signer(9), AT)


def test_a_changed_claim_is_measured_against_the_signed_text(
    checkpoint: Checkpoint, heads: dict[str, Head], store: Store, signer: Signers
) -> None:
    fewer = {stream: head for stream, head in heads.items() if stream != "case/1"}
    other = make_checkpoint(checkpoint.origin, fewer, signer(8), AT)
    for claim in (
        replace(checkpoint, origin="elsewhere"),
        replace(checkpoint, records=28),
        replace(checkpoint, time="2026-11-02T01:30:00.001Z"),
        replace(other, note=checkpoint.note),
    ):
        assert check(claim, store, signer) == [("E_CKPT_SIG", "", 0)]
