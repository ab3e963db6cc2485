"""The published vectors, byte for byte."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.evidence.canonical import canonical, commitment, pae, parse
from engine.evidence.checkpoint import dump_vkey, is_note_signed, sign_note
from engine.evidence.checks import check_chain
from engine.evidence.log import leaf_hash, merkle_root
from engine.evidence.record import STEP_V1, Record, dump_record, genesis, load_record
from engine.evidence.signing import FileSigner, key_id

Vectors = dict[str, Any]


def key(vectors: Vectors, name: str) -> FileSigner:
    seed = bytes.fromhex(vectors["keys"][name]["seed"])
    return FileSigner(Ed25519PrivateKey.from_private_bytes(seed))


def records(vectors: Vectors) -> list[Record]:
    """Records 0, 1 and 2 made from the vectors' bodies and seeds."""
    steps = [
        {"key": "test1", "received_at": vectors["V5"]["received_at"], "change": {}},
        *vectors["V6"]["steps"],
    ]
    made: list[Record] = []
    for step in steps:
        who = key(vectors, step["key"])
        prev = made[-1].digest if made else vectors["V1"]["genesis"]
        told = json.loads(vectors["V3"]["body"]) | step["change"]
        body = canonical(told | {"key": who.key_id, "prev": prev})
        sig = who.sign(pae(STEP_V1, body))
        made.append(
            Record(
                body=body,
                key=who.key_id,
                sig=sig,
                received_at=step["received_at"],
                payload_type=STEP_V1,
            )
        )
    return made


def test_keys_are_those_of_rfc_8032(vectors: Vectors) -> None:
    for name, known in vectors["keys"].items():
        assert key(vectors, name).public.public_bytes_raw().hex() == known["public"]


def test_v1_a_stream_begins_at_its_own_place(vectors: Vectors) -> None:
    assert genesis(vectors["origin"], vectors["stream"]) == vectors["V1"]["genesis"]


def test_v2_commitment(vectors: Vectors) -> None:
    v = vectors["V2"]
    assert commitment(bytes.fromhex(v["salt"]), v["path"], v["value"]) == v["commit"]
    assert hashlib.sha256(v["canonical"].encode()).hexdigest() == v["commit"]


def test_v3_body_is_canonical(vectors: Vectors) -> None:
    v = vectors["V3"]
    data = v["body"].encode()
    assert len(data) == v["bytes"]
    assert hashlib.sha256(data).hexdigest() == v["sha256"]
    assert canonical(parse(data)) == data


def test_v4_signature(vectors: Vectors) -> None:
    v = vectors["V4"]
    data = pae(v["payload_type"], vectors["V3"]["body"].encode())
    assert hashlib.sha256(data).hexdigest() == v["pae_sha256"]
    assert key(vectors, "test1").sign(data).hex() == v["sig"]
    assert json.loads(vectors["V3"]["body"])["key"] == key_id(key(vectors, "test1").public)


def test_v5_record_digest_covers_signature_and_receipt(vectors: Vectors) -> None:
    record = records(vectors)[0]
    assert record.sig.hex() == vectors["V4"]["sig"]
    assert record.digest == vectors["V5"]["digest"]
    assert load_record(dump_record(record)) == record


def test_v6_chain_and_root(vectors: Vectors) -> None:
    made = records(vectors)
    assert [one.digest for one in made[1:]] == [one["digest"] for one in vectors["V6"]["steps"]]
    root = merkle_root([bytes.fromhex(one.digest) for one in made])
    assert root.hex() == vectors["V6"]["root"]


def test_v6_chain_is_found_sound(vectors: Vectors) -> None:
    signers = [key(vectors, name).public for name in ("test1", "test2")]
    known = {key_id(public): public for public in signers}
    assert check_chain(records(vectors), vectors["origin"], vectors["stream"], known.get) == ()


def test_v7_signed_note(vectors: Vectors) -> None:
    v, who = vectors["V7"], key(vectors, "test3")
    note = sign_note(v["text"], vectors["origin"], who)
    assert note == f"{v['text']}\n— {vectors['origin']} {v['signature']}\n"
    assert is_note_signed(note, vectors["origin"], who.public)
    assert dump_vkey(vectors["origin"], who.public) == v["vkey"]


def test_v8_root_of_eight_leaves(vectors: Vectors) -> None:
    v = vectors["V8"]
    assert merkle_root([leaf_hash(bytes.fromhex(one)) for one in v["leaves"]]).hex() == v["root"]
