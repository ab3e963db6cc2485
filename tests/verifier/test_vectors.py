"""The verifier runs every vector, by code that shares nothing with the engine's."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.make import tokens
from verifier.canonical import Flaw, canonical, opening, pae, parse
from verifier.certificates import load_anchors, show_name
from verifier.cms import load_token
from verifier.merkle import is_included, is_prefix, leaf, load_path, root
from verifier.notes import load_note, load_trust
from verifier.quick import read_body
from verifier.records import GENESIS, STEP_V1, load_body
from verifier.sm3 import plain_sm3
from verifier.suites import SHA256_ED25519, SUITES, Suite
from verifier.tokens import require_over, require_signed

FOLDER = Path(__file__).parent.parent / "vectors"
Vector = dict[str, Any]
VECTORS = [
    one
    for path in sorted(FOLDER.glob("*.json"))
    if path.stem != "primitives"
    for one in json.loads(path.read_text("utf-8"))
]

GOOD = {
    given.get("suite", SHA256_ED25519.name): tuple(
        bytes.fromhex(given[one]) for one in ("public", "sig", "message")
    )
    for given in (one["input"] for one in VECTORS if one["kind"] == "signature" and one["valid"])
}


def leaves_of(given: Vector) -> list[bytes]:
    if "leaves" in given:
        return [leaf(bytes.fromhex(one), SHA256_ED25519) for one in given["leaves"]]
    return [leaf(bytes([n]), suite_of(given)) for n in range(given["size"])]


def suite_of(given: Vector) -> Suite:
    return SUITES[given.get("suite", SHA256_ED25519.name)]


def head_leaf(told: Vector, stream: str) -> bytes:
    head = told["head"]
    if set(told) - {"stream"} != {"index", "head", "path"} or set(head) != {"seq", "hash"}:
        raise Flaw("", "")
    if type(told["index"]) is not int or type(head["seq"]) is not int or head["seq"] < 0:
        raise Flaw("", "")
    told = {"hash": head["hash"], "seq": head["seq"], "stream": stream}
    return leaf(canonical(told), SHA256_ED25519)


def is_canonical(given: Vector) -> bool:
    data = bytes.fromhex(given["hex"]) if "hex" in given else given["text"].encode()
    value, loose = parse(data), json.loads(given["loose"])
    return canonical(value) == canonical(loose) == data and value == loose


def holds(vector: Vector) -> bool:
    """Whether the verifier takes what a vector holds."""
    given = vector["input"]
    suite = suite_of(given)
    try:
        match vector["kind"]:
            case "root":
                return root(leaves_of(given), suite).hex() == vector["root"]
            case "inclusion":
                one, wanted = bytes.fromhex(given["leaf"]), bytes.fromhex(given["root"])
                path = load_path(given["path"])
                return is_included(one, given["index"], given["size"], path, wanted, suite)
            case "consistency":
                old, new = bytes.fromhex(given["from_root"]), bytes.fromhex(given["to_root"])
                path = load_path(given["path"])
                return is_prefix(given["from"], old, given["to"], new, path, suite)
            case "note":
                trust = load_trust(given["trust"])
                note = load_note(given["note"].encode())
                if note.origin != trust.name or not note.is_signed_by(trust):
                    return False
                return (note.size, note.root.hex()) == (vector["size"], vector["root"])
            case "head":
                told, wanted = given["proof"], bytes.fromhex(given["root"])
                one, path = head_leaf(told, told["stream"]), load_path(told["path"])
                return is_included(one, told["index"], given["size"], path, wanted, suite)
            case "token":
                token = load_token(base64.b64decode(given["token"]))
                require_over(token, given["note"].encode())
                signer = require_signed(token, load_anchors(base64.b64decode(given["tsa"])))
                stamp = token.stamp
                at = stamp.at.strftime("%Y-%m-%dT%H:%M:%SZ")
                found = (at, stamp.accuracy, show_name(signer.subject))
                return found == (vector["at"], vector["accuracy_us"], vector["authority"])
            case "body":
                data = given["text"].encode()
                exact = load_body(data, suite)
                assert read_body(data, suite) in (exact, None)
                return exact.typ in given["text"]
            case "canonical":
                return is_canonical(given)
            case "signature":
                claim = tuple(bytes.fromhex(given[one]) for one in ("public", "sig", "message"))
                alone = suite.is_signed(*claim)
                good = GOOD[suite.name]
                assert suite.which_are_signed([claim, good, claim]) == [alone, True, alone]
                return alone
            case "hash":
                data = bytes.fromhex(given["data"])
                assert plain_sm3(data).hex() == vector["digest"]
                return suite.digest(data) == str(vector["digest"])
    except Flaw:
        return False
    raise AssertionError(vector["kind"])


# that a stream is absent is shown by two neighbours; a bundle's verifier asks no such question
JUDGED = [one for one in VECTORS if one["kind"] != "absent"]


@pytest.mark.parametrize("vector", JUDGED, ids=lambda one: one["name"])
def test_vector(vector: Vector) -> None:
    assert holds(vector) is vector["valid"]


def test_the_tokens_are_made_the_same_again() -> None:
    assert list(tokens()) == [one for one in VECTORS if one["kind"] == "token"]


def test_the_primitives() -> None:
    known = json.loads((FOLDER / "primitives.json").read_text("utf-8"))
    place = canonical([known["origin"], known["stream"]])
    assert SHA256_ED25519.digest(pae(GENESIS, place)) == known["V1"]["genesis"]
    salt = base64.urlsafe_b64encode(bytes.fromhex(known["V2"]["salt"])).rstrip(b"=").decode()
    value = canonical(known["V2"]["value"])
    told = opening(salt, known["V2"]["path"], value)
    assert SHA256_ED25519.digest(told) == known["V2"]["commit"]
    body = known["V3"]["body"].encode()
    assert SHA256_ED25519.digest(body) == known["V3"]["sha256"]
    public = bytes.fromhex(known["keys"]["test1"]["public"])
    sig = bytes.fromhex(known["V4"]["sig"])
    assert SHA256_ED25519.is_signed(public, sig, pae(STEP_V1, body))
    assert not SHA256_ED25519.is_signed(public, sig, pae(STEP_V1, body + b" "))
