"""The verifier's proofs over every small tree, where a proof ends, and what is no proof at all."""

from __future__ import annotations

import pytest

from engine.evidence.log import Tree
from verifier.canonical import Flaw, Json
from verifier.merkle import LONGEST_PATH, is_included, is_prefix, leaf, load_path, node, root
from verifier.suites import SHA256_ED25519 as S

LARGEST = 34
LEAVES = [leaf(bytes([n]), S) for n in range(LARGEST)]
TREE = Tree(LEAVES)
OTHER = b"\xab" * 32
EMPTY = S.hash(b"")


def test_every_proof_of_every_small_tree_holds_and_holds_for_no_other_tree() -> None:
    roots = [root(LEAVES[:size], S) for size in range(LARGEST + 1)]
    for larger in range(LARGEST + 1):
        assert roots[larger] == TREE.root(larger)
        for size in range(larger + 1):
            path = TREE.consistency(size, larger)
            assert is_prefix(size, roots[size], larger, roots[larger], path, S) is True
            for wrong in ((*path, OTHER), (OTHER, *path), *([path[:-1]] if path else [])):
                assert is_prefix(size, roots[size], larger, roots[larger], wrong, S) is False
            assert is_prefix(size, OTHER, larger, roots[larger], path, S) is False
            if size:
                assert is_prefix(size, roots[size], larger, OTHER, path, S) is False
        for index in range(larger):
            path = TREE.inclusion(index, larger)
            assert is_included(LEAVES[index], index, larger, path, roots[larger], S)
            assert not is_included(LEAVES[index], index, larger, (*path, OTHER), roots[larger], S)


def test_nothing_begins_with_what_is_longer_and_nothing_is_only_itself() -> None:
    assert not is_prefix(2, root(LEAVES[:2], S), 1, LEAVES[0], (), S)
    assert is_prefix(0, EMPTY, 0, EMPTY, (), S)
    assert not is_prefix(0, EMPTY, 0, OTHER, (), S)
    assert is_prefix(0, EMPTY, 1, LEAVES[0], (), S)
    assert is_prefix(3, root(LEAVES[:3], S), 4, root(LEAVES[:4], S), (), S) is False


def test_a_path_has_as_many_hashes_as_the_highest_tree_needs_and_no_more() -> None:
    assert LONGEST_PATH == 63  # the specification's: `size` is below 2^63
    path = tuple(leaf(bytes([n]), S) for n in range(LONGEST_PATH))
    total = LEAVES[0]
    for one in path:
        total = node(total, one, S)
    size = 2**LONGEST_PATH
    assert is_included(LEAVES[0], 0, size, path, total, S)
    assert is_prefix(1, LEAVES[0], size, total, path, S)
    longer, higher = (*path, OTHER), node(total, OTHER, S)
    assert not is_included(LEAVES[0], 0, 2 * size, longer, higher, S)
    assert not is_prefix(1, LEAVES[0], 2 * size, higher, longer, S)
    assert load_path([one.hex() for one in path]) == path


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({}, "at most 63"),
        ("0" * 64, "at most 63"),
        (["0" * 64] * 64, "at most 63"),
        ([7], "ill-formed"),
        (["0" * 63], "ill-formed"),
        (["A" * 64], "ill-formed"),
    ],
)
def test_what_is_no_path_is_refused(value: Json, why: str) -> None:
    with pytest.raises(Flaw) as caught:
        load_path(value)
    assert why in caught.value.en
