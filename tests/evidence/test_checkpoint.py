from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.errors import EvidenceError
from engine.evidence.checkpoint import (
    Checkpoint,
    check_checkpoint,
    dump_vkey,
    is_note_signed,
    load_checkpoint,
    load_vkey,
    make_checkpoint,
    sign_note,
    split_note,
)
from engine.evidence.log import empty_root, leaf_hash, merkle_root
from engine.evidence.record import Head
from engine.evidence.signing import FileSigner

Signers = Callable[[int], FileSigner]
ORIGIN = "oa.example/logistics"
LEAVES = [leaf_hash(bytes([n])) for n in range(40)]
SIZE = 27


@pytest.fixture
def checkpoint(signer: Signers) -> Checkpoint:
    return make_checkpoint(ORIGIN, SIZE, merkle_root(LEAVES[:SIZE]), signer(9))


def check(checkpoint: Checkpoint, leaves: list[bytes], signer: Signers) -> list[str]:
    found = check_checkpoint(checkpoint, ORIGIN, leaves, (signer(7).public, signer(9).public))
    return [one.code for one in found]


def test_a_checkpoint_is_three_lines_and_reads_back(checkpoint: Checkpoint) -> None:
    assert load_checkpoint(checkpoint.note) == checkpoint
    text, signatures = split_note(checkpoint.note)
    assert text.split("\n")[:2] == [ORIGIN, "27"]
    assert text.count("\n") == 3
    assert [name for name, _ in signatures] == [ORIGIN]
    assert checkpoint.head == Head(seq=27, hash=checkpoint.root)


def test_an_empty_store_has_the_root_bodies_name_before_any_checkpoint(signer: Signers) -> None:
    empty = make_checkpoint(ORIGIN, 0, empty_root(), signer(9))
    assert empty.root == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert check(empty, LEAVES, signer) == []


def test_a_log_that_only_grew_agrees(checkpoint: Checkpoint, signer: Signers) -> None:
    for count in (SIZE, SIZE + 1, len(LEAVES)):
        assert check(checkpoint, LEAVES[:count], signer) == []


def test_a_shorter_or_changed_log_is_named(checkpoint: Checkpoint, signer: Signers) -> None:
    assert check(checkpoint, LEAVES[: SIZE - 1], signer) == ["E_ROLLBACK"]
    assert check(checkpoint, [], signer) == ["E_ROLLBACK"]
    for place in range(SIZE):
        changed = [*LEAVES[:place], leaf_hash(b"other"), *LEAVES[place + 1 :]]
        assert check(checkpoint, changed, signer) == ["E_CONSISTENCY"]
        assert check(checkpoint, LEAVES[:place] + LEAVES[place + 1 :], signer) == ["E_CONSISTENCY"]


def test_a_note_altered_in_any_byte_is_not_taken(checkpoint: Checkpoint, signer: Signers) -> None:
    note = checkpoint.note.encode()
    for n in range(len(note)):
        for bit in (1, 32):
            broken = note[:n] + bytes([note[n] ^ bit]) + note[n + 1 :]
            try:
                changed = load_checkpoint(broken.decode("utf-8", "replace"))
            except EvidenceError:
                continue
            assert check(changed, LEAVES, signer) == ["E_NOTE"], (n, bit)


def test_a_checkpoint_by_another_key_or_of_another_store_is_not_taken(
    checkpoint: Checkpoint, signer: Signers
) -> None:
    root = merkle_root(LEAVES[:SIZE])
    assert check(make_checkpoint(ORIGIN, SIZE, root, signer(8)), LEAVES, signer) == ["E_NOTE"]
    other = make_checkpoint("elsewhere.example", SIZE, root, signer(9))
    assert check(other, LEAVES, signer) == ["E_NOTE"]
    for claim in (replace(checkpoint, size=26), replace(checkpoint, root="0" * 64)):
        assert check(claim, LEAVES, signer) == ["E_NOTE"]


def test_sixteen_witnesses_may_cosign_and_strangers_are_ignored(
    checkpoint: Checkpoint, signer: Signers
) -> None:
    text, _ = split_note(checkpoint.note)
    lines = [sign_note(text, f"w{n}.example", signer(n)).split("\n\n")[1] for n in range(1, 18)]
    cosigned = load_checkpoint("".join([checkpoint.note, *lines]))
    assert (cosigned.size, cosigned.root) == (checkpoint.size, checkpoint.root)
    assert check(cosigned, LEAVES, signer) == []
    for n in range(1, 18):
        assert is_note_signed(cosigned.note, f"w{n}.example", signer(n).public)
    witnesses_only = text + "\n" + "".join(lines)
    assert check(load_checkpoint(witnesses_only), LEAVES, signer) == ["E_NOTE"]


def test_a_second_signature_of_the_same_key_that_fails_spoils_the_note(
    checkpoint: Checkpoint, signer: Signers
) -> None:
    other = make_checkpoint(ORIGIN, 26, merkle_root(LEAVES[:26]), signer(9))
    both = checkpoint.note + other.note.split("\n\n")[1]
    assert not is_note_signed(both, ORIGIN, signer(9).public)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n27\n", "\n027\n"),
        ("\n27\n", "\n-27\n"),
        ("\n27\n", "\n+27\n"),
        ("\n27\n", "\n27.0\n"),
        ("\n27\n", "\n２７\n"),
        ("\n27\n", "\n27\nrecords 27\n"),
        ("\n27\n", "\n"),
        ("\n\n", "\n"),
        ("\n\n", "\n\n\n"),
        ("\n\n", "\r\n\r\n"),
        (ORIGIN + "\n27", "\n27"),
        ("\u2014", "-"),
        ("\u2014 ", "\u2014  "),
    ],
)
def test_a_text_of_another_shape_is_refused(checkpoint: Checkpoint, old: str, new: str) -> None:
    with pytest.raises(EvidenceError):
        load_checkpoint(checkpoint.note.replace(old, new, 1))


@pytest.mark.parametrize("note", ["", "\n", "\n\n", "a\n1\nb\n", "\n\n\n", "a\n\n", "a\n\n\n"])
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(EvidenceError):
        load_checkpoint(note)


@pytest.mark.parametrize("origin", ["", "an office", "a+b", "a\nb", "a\u3000b", "a\x00b"])
def test_an_origin_a_note_cannot_name_is_refused(signer: Signers, origin: str) -> None:
    with pytest.raises(EvidenceError):
        make_checkpoint(origin, 0, empty_root(), signer(9))


def test_a_vkey_reads_back_even_with_a_plus_in_its_base64(signer: Signers) -> None:
    shown = [dump_vkey(ORIGIN, signer(n).public) for n in range(1, 60)]
    assert any("+" in one.split("+", 2)[2] for one in shown)
    for n, vkey in enumerate(shown, 1):
        name, public = load_vkey(vkey)
        assert (name, public) == (ORIGIN, signer(n).public)


@pytest.mark.parametrize("vkey", ["", "a", "a+b", "a+00000000+AAAA", "a b+19ab1562+Afxx"])
def test_what_is_no_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(EvidenceError):
        load_vkey(vkey)


def test_a_control_that_does_not_look_at_the_signature_would_take_a_forged_note(
    checkpoint: Checkpoint, signer: Signers
) -> None:
    changed = [leaf_hash(b"other"), *LEAVES[1:]]
    forged = make_checkpoint(ORIGIN, SIZE, merkle_root(changed[:SIZE]), signer(8))
    assert merkle_root(changed[: forged.size]).hex() == forged.root  # all a careless check asks
    assert check(forged, changed, signer) == ["E_NOTE"]
