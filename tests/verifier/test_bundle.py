"""The files of a bundle: numbers are numbers, at every place of its proofs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verifier.sealed import Written
from verifier.bundle import Bundle, HeadProof, Heads, Proofs, read_bundle
from verifier.canonical import canonical
from verifier.files import Files
from verifier.records import Head

HASH = "ab" * 32
STEP = {"from": 1, "to": 2, "path": [HASH]}
HEAD = {"index": 1, "head": {"hash": HASH, "seq": 0}, "path": [HASH]}
HEADS = {"record": 1, "size": 2, "proofs": {"keys": HEAD}}
PATH = (bytes.fromhex(HASH),)


def read(**changes: Any) -> Bundle:
    proofs = {"consistency": [STEP], "heads": HEADS, "inclusion": {"0": [HASH]}} | changes
    files = Written().files(**{"proofs.json": canonical(proofs)})
    return read_bundle(Files(contents=files))


def test_proofs_are_read() -> None:
    made = read()
    assert made.findings == ()
    head = HeadProof(index=1, head=Head(seq=0, hash=HASH), path=PATH)
    heads = Heads(record=1, size=2, proofs={"keys": head})
    assert made.proofs == Proofs(inclusion={0: PATH}, consistency={(1, 2): PATH}, heads=heads)


@pytest.mark.parametrize("wrong", [True, -1, "1", None])
def test_what_is_no_number_is_not_taken_for_one(wrong: Any) -> None:
    head = {"hash": HASH, "seq": wrong}
    for field, changes in (
        *(("consistency", {"consistency": [STEP | {name: wrong}]}) for name in ("from", "to")),
        *(("heads", {"heads": HEADS | {name: wrong}}) for name in ("record", "size")),
        ("heads", {"heads": HEADS | {"proofs": {"keys": HEAD | {"index": wrong}}}}),
        ("heads", {"heads": HEADS | {"proofs": {"keys": HEAD | {"head": head}}}}),
    ):
        made = read(**changes)
        assert [(one.code, one.field) for one in made.findings] == [
            ("E_BUNDLE", f"proofs.json {field}")
        ]
        assert made.proofs == Proofs(inclusion={}, consistency={}, heads=None)
