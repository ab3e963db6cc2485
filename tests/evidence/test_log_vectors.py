"""The vectors of the log, notes, heads, spellings and signatures; `tests/vectors/make.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EvidenceError
from engine.evidence.canonical import canonical, encode_base64, parse
from engine.evidence.checkpoint import load_checkpoint, load_vkey, note_problem
from engine.evidence.heads import HeadProof, is_absent, is_head, load_head_proof
from engine.evidence.log import is_extension, is_included, leaf_hash, load_path, merkle_root
from engine.evidence.record import load_body
from engine.evidence.signing import is_signed, load_public
from engine.evidence.suite import SHA256_ED25519, SM3_SM2, Suite, find_suite

FOLDER = Path(__file__).parent.parent / "vectors"
Vector = dict[str, Any]
_SPKI = {
    SHA256_ED25519: bytes.fromhex("302a300506032b6570032100"),  # RFC 8410 §4
    SM3_SM2: bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"),
}
FILES = {
    name: json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    for name in (
        "merkle",
        "notes",
        "heads",
        "canonical",
        "bodies",
        "signatures",
        "sm3-sm2",
    )
}
VECTORS = [one for vectors in FILES.values() for one in vectors]


def leaves_of(given: Vector) -> list[bytes]:
    if "leaves" in given:
        return [leaf_hash(bytes.fromhex(one)) for one in given["leaves"]]
    return [leaf_hash(bytes([n]), suite_of(given)) for n in range(given["size"])]


def suite_of(given: Vector) -> Suite:
    return find_suite(given.get("suite", SHA256_ED25519.name))


def proof_of(given: Vector) -> HeadProof:
    told = dict(given)
    return load_head_proof(told.pop("stream"), told)


def is_canonical(given: Vector) -> bool:
    data = bytes.fromhex(given["hex"]) if "hex" in given else given["text"].encode()
    value = parse(data)
    loose = json.loads(given["loose"])
    return canonical(value) == canonical(loose) == data and value == loose


def holds(vector: Vector) -> bool:
    """Whether the engine takes what a vector holds."""
    given = vector["input"]
    suite = suite_of(given)
    try:
        match vector["kind"]:
            case "root":
                return merkle_root(leaves_of(given), suite).hex() == vector["root"]
            case "inclusion":
                leaf, root = bytes.fromhex(given["leaf"]), bytes.fromhex(given["root"])
                path = load_path(given["path"])
                return is_included(leaf, given["index"], given["size"], path, root, suite)
            case "consistency":
                roots = bytes.fromhex(given["from_root"]), bytes.fromhex(given["to_root"])
                path = load_path(given["path"])
                return is_extension(given["from"], roots[0], given["to"], roots[1], path, suite)
            case "note":
                origin, public = load_vkey(given["trust"])
                found = load_checkpoint(given["note"])
                if note_problem(found, origin, (public,)) is not None:
                    return False
                return (found.size, found.root) == (vector["size"], vector["root"])
            case "head":
                root = bytes.fromhex(given["root"])
                return is_head(proof_of(given["proof"]), given["size"], root)
            case "absent":
                near = tuple(proof_of(one) for one in given["neighbours"])
                root = bytes.fromhex(given["root"])
                return is_absent(given["stream"], near, given["size"], root)
            case "body":
                return load_body(given["text"].encode()).suite == suite.name
            case "canonical":
                return is_canonical(given)
            case "signature":
                spki = _SPKI[suite] + bytes.fromhex(given["public"])
                public = load_public(encode_base64(spki), suite)
                sig, message = bytes.fromhex(given["sig"]), bytes.fromhex(given["message"])
                return is_signed(public, sig, message)
            case "hash":
                return suite.digest(bytes.fromhex(given["data"])) == str(vector["digest"])
    except EvidenceError:
        return False
    raise AssertionError(vector["kind"])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["name"])
def test_vector(vector: Vector) -> None:
    assert holds(vector) is vector["valid"]
    assert ("finding" in vector) is not vector["valid"]


def test_there_are_enough_and_no_two_are_called_the_same() -> None:
    proofs = [one for one in FILES["merkle"] if one["kind"] in ("inclusion", "consistency")]
    assert len(VECTORS) >= 300
    assert sum(not one["valid"] for one in proofs) >= 120
    assert len({(one["kind"], one["name"]) for one in VECTORS}) == len(VECTORS)
    how = {one["name"].rpartition(": ")[2] for one in proofs if not one["valid"]}
    assert how >= {"dropped", "duplicated", "truncated", "swapped", "extended", "wrong root"}


def test_there_are_enough_spellings_and_signatures() -> None:
    for name, right, wrong in (("canonical", 40, 40), ("signatures", 15, 40), ("sm3-sm2", 25, 30)):
        valid = [one["valid"] for one in FILES[name]]
        assert sum(valid) >= right
        assert len(valid) - sum(valid) >= wrong


def test_v8_is_among_them_and_agrees_with_the_first_file() -> None:
    first = json.loads((FOLDER / "primitives.json").read_text("utf-8"))["V8"]
    (found,) = [one for one in FILES["merkle"] if one["name"].startswith("V8")]
    assert (found["input"]["leaves"], found["root"]) == (first["leaves"], first["root"])


def test_v9_is_the_published_example() -> None:
    """GB/T 32905 example 1, GB/T 32918.5 annex A."""
    told = {one["name"]: one for one in FILES["sm3-sm2"]}
    digest = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert told["SM3 of V9: abc"]["digest"] == digest
    r = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    s = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    assert told["SM2: V9: GB/T 32918.5, message digest"]["input"]["sig"] == r + s


def test_the_files_are_what_the_maker_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.vectors import make

    monkeypatch.setattr(make, "FOLDER", tmp_path)
    make.main()
    for name in FILES:
        assert (tmp_path / f"{name}.json").read_bytes() == (FOLDER / f"{name}.json").read_bytes()


def test_a_control_every_wrong_vector_fails_for_what_is_wrong_in_it() -> None:
    """Each wrong proof has a right one of the same name: only what was changed spoils it."""
    right = {one["name"] for one in VECTORS if one["valid"]}
    for one in FILES["merkle"]:
        if not one["valid"]:
            assert one["name"].rpartition(": ")[0] in right
