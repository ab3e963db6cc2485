"""The log's tree, its proofs, and that a proof changed in any way proves nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from engine.errors import EvidenceError
from engine.evidence.canonical import Json
from engine.evidence.log import (
    LONGEST_PATH,
    Frontier,
    Tree,
    dump_path,
    empty_root,
    is_extension,
    is_included,
    leaf_hash,
    load_frontier,
    load_path,
    merkle_root,
    node_hash,
)
from engine.evidence.shape import Misshapen

LARGEST = 130
LEAVES = [leaf_hash(bytes([n])) for n in range(LARGEST)]
TREE = Tree(LEAVES)
OTHER = b"\xab" * 32
Path = tuple[bytes, ...]


def recursive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 §2.1 word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    left, right = recursive_root(leaves[:half]), recursive_root(leaves[half:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def spoiled(path: Path) -> dict[str, Path]:
    """The same path in every way that must not do."""
    found = {"extended": (*path, OTHER), "extended first": (OTHER, *path)}
    if path:
        found |= {
            "truncated": path[:-1],
            "truncated first": path[1:],
            "duplicated": (*path, path[-1]),
            "duplicated first": (path[0], *path),
            "one bit": (bytes([path[0][0] ^ 1]) + path[0][1:], *path[1:]),
        }
    if len(path) > 2:
        found["dropped"] = path[:1] + path[2:]
    if len(path) > 1:
        found["swapped"] = (path[1], path[0], *path[2:])
    return found


def test_three_ways_to_a_root_agree_for_every_size() -> None:
    frontier = Frontier()
    for size in range(LARGEST + 1):
        wanted = recursive_root(LEAVES[:size])
        assert merkle_root(LEAVES[:size]) == TREE.root(size) == frontier.root == wanted, size
        assert Frontier().after(LEAVES[:size]) == frontier
        if size < LARGEST:
            frontier = frontier.after([LEAVES[size]])


def test_a_frontier_reads_back_and_grows_on() -> None:
    for size in (0, 1, 2, 3, 64, 65, 127):
        kept = load_frontier(Frontier().after(LEAVES[:size]).dump())
        assert kept.after(LEAVES[size:]).root == TREE.root()


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"size": 1},
        {"size": -1, "peaks": []},
        {"size": True, "peaks": [OTHER.hex()]},
        {"size": 3, "peaks": [OTHER.hex()]},
        {"size": 1, "peaks": [OTHER.hex().upper()]},
        {"size": 1, "peaks": [OTHER.hex()], "more": 1},
    ],
)
def test_a_frontier_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(EvidenceError):
        load_frontier(value)  # type: ignore[arg-type]


def test_every_leaf_of_every_tree_is_included_and_nowhere_else() -> None:
    for size in range(1, 70):
        root = TREE.root(size)
        for index in range(size):
            path = TREE.inclusion(index, size)
            assert is_included(LEAVES[index], index, size, path, root)
            assert not is_included(OTHER, index, size, path, root)
            assert not is_included(LEAVES[index], index, size, path, OTHER)
            for other in {index - 1, index + 1, size} - {index}:
                assert not is_included(LEAVES[index], other, size, path, root)


def test_every_tree_extends_every_earlier_one() -> None:
    for new in range(70):
        for old in range(new + 1):
            path = TREE.consistency(old, new)
            assert is_extension(old, TREE.root(old), new, TREE.root(new), path), (old, new)
            assert not is_extension(old, OTHER, new, TREE.root(new), path)
            if old:
                assert not is_extension(old, TREE.root(old), new, OTHER, path)


def test_a_spoiled_inclusion_proof_proves_nothing() -> None:
    for size in (1, 2, 3, 7, 8, 9, 64, 65, 130):
        for index in {0, size // 2, size - 1}:
            for how, path in spoiled(TREE.inclusion(index, size)).items():
                assert not is_included(LEAVES[index], index, size, path, TREE.root(size)), how


def test_a_spoiled_consistency_proof_proves_nothing() -> None:
    for old, new in ((0, 5), (1, 2), (3, 7), (4, 8), (6, 8), (8, 8), (64, 130), (127, 130)):
        for how, path in spoiled(TREE.consistency(old, new)).items():
            assert not is_extension(old, TREE.root(old), new, TREE.root(new), path), how


def test_a_history_changed_before_the_old_size_is_never_an_extension() -> None:
    for old, new in ((5, 9), (8, 16), (64, 65)):
        changed = Tree([OTHER, *LEAVES[1:new]])
        path = changed.consistency(old, new)
        assert not is_extension(old, TREE.root(old), new, changed.root(), path)
        assert is_extension(old, changed.root(old), new, changed.root(), path)


def test_no_smaller_tree_and_no_negative_size_is_an_extension() -> None:
    assert not is_extension(8, TREE.root(8), 7, TREE.root(7), TREE.consistency(7, 8))
    assert not is_extension(-1, empty_root(), 7, TREE.root(7), ())
    assert not is_extension(0, TREE.root(1), 7, TREE.root(7), ())
    assert not is_extension(0, empty_root(), 0, TREE.root(1), ())
    assert not is_included(LEAVES[0], -1, 1, (), TREE.root(1))
    assert not is_included(LEAVES[0], 0, 0, (), empty_root())


def test_what_is_not_there_has_no_proof() -> None:
    for index, size in ((-1, 8), (8, 8), (0, 0), (0, 131)):
        with pytest.raises(EvidenceError):
            TREE.inclusion(index, size)
    for old, new in ((-1, 8), (9, 8), (3, 131)):
        with pytest.raises(EvidenceError):
            TREE.consistency(old, new)


def test_paths_are_hex_and_no_longer_than_63() -> None:
    path = TREE.inclusion(5)
    assert load_path(dump_path(path)) == path
    for value in (None, "00", ["00"], [OTHER.hex().upper()], [OTHER.hex()] * (LONGEST_PATH + 1)):
        with pytest.raises(EvidenceError):
            load_path(value)  # type: ignore[arg-type]
    assert not is_included(LEAVES[0], 0, 2**63, (OTHER,) * (LONGEST_PATH + 1), OTHER)


def test_a_check_that_forgets_the_length_of_the_path_would_be_caught() -> None:
    """The control: the same walk without its end condition takes a node for a leaf."""

    def careless(leaf: bytes, index: int, path: Path, root: bytes) -> bool:
        got = leaf
        for one in path:
            got = hashlib.sha256(b"\x01" + (one + got if index & 1 else got + one)).digest()
            index >>= 1
        return got == root

    root, path = TREE.root(8), TREE.inclusion(0, 8)
    inner = hashlib.sha256(b"\x01" + LEAVES[0] + path[0]).digest()
    assert careless(inner, 0, path[1:], root)
    assert not is_included(inner, 0, 8, path[1:], root)


def test_a_path_has_as_many_hashes_as_the_highest_tree_needs_and_no_more() -> None:
    assert LONGEST_PATH == 63
    path = tuple(leaf_hash(bytes([n])) for n in range(LONGEST_PATH))
    root = LEAVES[0]
    for one in path:
        root = node_hash(root, one)
    size = 2**LONGEST_PATH
    assert is_included(LEAVES[0], 0, size, path, root)
    assert is_extension(1, LEAVES[0], size, root, path)
    longer = (*path, OTHER)
    assert not is_included(LEAVES[0], 0, 2 * size, longer, node_hash(root, OTHER))
    assert not is_extension(1, LEAVES[0], 2 * size, node_hash(root, OTHER), longer)
    assert load_path(dump_path(path)) == path
    with pytest.raises(EvidenceError):
        load_path(dump_path(longer))


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (7, ""),
        ({"peaks": [], "size": "1"}, "size"),
        ({"peaks": 7, "size": 1}, "peaks"),
        ({"peaks": ["0" * 64, 7], "size": 3}, "peaks.1"),
    ],
)
def test_what_is_wrong_with_a_frontier_is_named(value: Json, field: str) -> None:
    with pytest.raises(Misshapen) as caught:
        load_frontier(value)
    assert caught.value.field == field


def test_what_is_wrong_with_a_path_is_named() -> None:
    with pytest.raises(Misshapen) as caught:
        load_path(["0" * 64, "0" * 63], "proof")
    assert caught.value.field == "proof.1"
    with pytest.raises(Misshapen) as caught:
        load_path(7)
    assert caught.value.field == "path"
