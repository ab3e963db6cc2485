"""The verifier's proofs over every small tree, where a proof ends, and what is no proof at all."""

from __future__ import annotations

import pytest

from engine.evidence.log import Tree
from verifier.canonical import Flaw, Json
from verifier.merkle import EMPTY, LONGEST_PATH, is_included, is_prefix, leaf, load_path, node, root

LARGEST = 34
LEAVES = [leaf(bytes([n])) for n in range(LARGEST)]
TREE = Tree(LEAVES)
OTHER = b"\xab" * 32


def test_every_proof_of_every_small_tree_holds_and_holds_for_no_other_tree() -> None:
    roots = [root(LEAVES[:size]) for size in range(LARGEST + 1)]
    for larger in range(LARGEST + 1):
        assert roots[larger] == TREE.root(larger)
        for size in range(larger + 1):
            path = TREE.consistency(size, larger)
            assert is_prefix(size, roots[size], larger, roots[larger], path) is True
            for wrong in ((*path, OTHER), (OTHER, *path), *([path[:-1]] if path else [])):
                assert is_prefix(size, roots[size], larger, roots[larger], wrong) is False
            assert is_prefix(size, OTHER, larger, roots[larger], path) is False
            if size:
                assert is_prefix(size, roots[size], larger, OTHER, path) is False
        for index in range(larger):
            path = TREE.inclusion(index, larger)
            assert is_included(LEAVES[index], index, larger, path, roots[larger])
            assert not is_included(LEAVES[index], index, larger, (*path, OTHER), roots[larger])


def test_nothing_begins_with_what_is_longer_and_nothing_is_only_itself() -> None:
    assert not is_prefix(2, root(LEAVES[:2]), 1, LEAVES[0], ())
    assert is_prefix(0, EMPTY, 0, EMPTY, ())
    assert not is_prefix(0, EMPTY, 0, OTHER, ())
    assert is_prefix(0, EMPTY, 1, LEAVES[0], ())
    assert is_prefix(3, root(LEAVES[:3]), 4, root(LEAVES[:4]), ()) is False


def test_a_path_has_as_many_hashes_as_the_highest_tree_needs_and_no_more() -> None:
    assert LONGEST_PATH == 63  # the specification's: `size` is below 2^63
    path = tuple(leaf(bytes([n])) for n in range(LONGEST_PATH))
    total = LEAVES[0]
    for one in path:
        total = node(total, one)
    size = 2**LONGEST_PATH
    assert is_included(LEAVES[0], 0, size, path, total)
    assert is_prefix(1, LEAVES[0], size, total, path)
    longer, higher = (*path, OTHER), node(total, OTHER)
    assert not is_included(LEAVES[0], 0, 2 * size, longer, higher)
    assert not is_prefix(1, LEAVES[0], 2 * size, higher, longer)
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
