"""Two suites and no way from one to the other: keys, records and checkpoints of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import EvidenceError
from engine.evidence.canonical import encode_base64
from engine.evidence.checkpoint import check_checkpoint, dump_vkey, load_vkey, make_checkpoint
from engine.evidence.checks import check_chain, check_record
from engine.evidence.heads import heads_root, is_absent, is_head, prove_absent, prove_heads
from engine.evidence.keys import enrol, require_proof
from engine.evidence.log import Frontier, Tree, empty_root, merkle_root
from engine.evidence.record import Body, Head, dump_record, genesis, load_record, seal
from engine.evidence.signing import FileSigner, dump_public, is_signed, load_public, make_key
from engine.evidence.sm2 import SPKI, Sm2PublicKey
from engine.evidence.suite import SHA256_ED25519, SM3_SM2, SUITES, Suite, find_suite
from tests.evidence.conftest import ORIGIN, STREAM
from tests.vectors.national import public, sign

BOTH = pytest.mark.parametrize(
    ("suite", "other"),
    [(SHA256_ED25519, SM3_SM2), (SM3_SM2, SHA256_ED25519)],
    ids=lambda one: one.name,
)
AT = "2026-11-02T01:30:00.250Z"


def signer_of(suite: Suite) -> FileSigner:
    return FileSigner(make_key(suite))


def body_of(body: Body, suite: Suite, signer: FileSigner) -> Body:
    """The same act in a store of a suite."""
    prev = genesis(ORIGIN, STREAM, suite)
    return replace(body, suite=suite.name, key=signer.key_id, prev=prev)


@BOTH
def test_a_record_is_sealed_under_its_own_suite_and_found_right(
    body: Body, suite: Suite, other: Suite
) -> None:
    signer = signer_of(suite)
    record = seal(body_of(body, suite, signer), signer, received_at=AT)
    assert record.suite == suite
    assert check_chain([record], ORIGIN, STREAM, lambda _: signer.public, suite=suite) == ()
    elsewhere = replace(record, suite=other)
    (found,) = check_record(elsewhere, signer.public)
    assert (found.code, found.field, found.text.show("zh")) == (
        "E_BODY",
        "suite",
        "suite:不是本单位的密码套件",
    )
    assert elsewhere.digest != record.digest


@BOTH
def test_no_key_of_the_other_suite_seals_a_record(body: Body, suite: Suite, other: Suite) -> None:
    stranger = signer_of(other)
    with pytest.raises(EvidenceError, match="签名钥匙不属于"):
        seal(body_of(body, suite, stranger), stranger, received_at=AT)


@BOTH
def test_no_key_of_the_other_suite_is_enrolled(suite: Suite, other: Suite) -> None:
    change = enrol(signer_of(other), ORIGIN, "luoping", "file", AT)
    require_proof(change, ORIGIN, other)
    with pytest.raises(EvidenceError, match="公钥不属于"):
        require_proof(change, ORIGIN, suite)


@BOTH
def test_a_public_key_is_read_as_what_it_is(suite: Suite, other: Suite) -> None:
    signer = signer_of(suite)
    shown = dump_public(signer.public)
    assert load_public(shown) == load_public(shown, suite) == signer.public
    with pytest.raises(EvidenceError):
        load_public(shown, other)
    assert is_signed(signer.public, signer.sign(b"x"), b"x")
    assert not is_signed(signer.public, signer.sign(b"x"), b"y")
    assert not is_signed(signer.public, b"", b"x")


@BOTH
def test_trees_and_checkpoints_of_the_suites_have_nothing_in_common(
    suite: Suite, other: Suite
) -> None:
    leaves = [suite.hash(bytes([n])) for n in range(7)]
    root = merkle_root(leaves, suite)
    assert Frontier(suite=suite).after(leaves).root == Tree(leaves, suite).root() == root
    assert root != merkle_root(leaves, other)
    assert empty_root(suite) == Frontier(suite=suite).root == Tree((), suite).root()
    signer = signer_of(suite)
    made = make_checkpoint(ORIGIN, 7, root, signer)
    assert check_checkpoint(made, ORIGIN, leaves, [signer.public], suite) == ()
    (found,) = check_checkpoint(made, ORIGIN, leaves, [signer.public], other)
    assert found.code == "E_CONSISTENCY"
    (found,) = check_checkpoint(made, ORIGIN, leaves, [signer_of(other).public], suite)
    assert found.code == "E_NOTE"
    vkey = dump_vkey(ORIGIN, signer.public)
    assert load_vkey(vkey) == (ORIGIN, signer.public)


@BOTH
def test_heads_are_proven_under_their_own_suite(suite: Suite, other: Suite) -> None:
    heads = {name: Head(seq=n, hash=suite.digest(name.encode())) for n, name in enumerate("abc")}
    root = bytes.fromhex(heads_root(heads, suite))
    (proof,) = prove_heads(heads, ("b",), suite)
    assert is_head(proof, 3, root, suite)
    assert not is_head(proof, 3, root, other)
    near = prove_absent(heads, "bb", suite)
    assert is_absent("bb", near, 3, root, suite)
    assert not is_absent("bb", near, 3, root, other)
    assert is_absent("a", (), 0, empty_root(suite), suite)
    assert not is_absent("a", (), 0, empty_root(suite), other)


def test_what_is_no_key_for_checkpoints_is_refused() -> None:
    vkey = dump_vkey(ORIGIN, signer_of(SM3_SM2).public)
    name, hint, shown = vkey.split("+", 2)
    wrong = (
        f"{name}+00000000+{shown}",
        f"{name}+{hint}+{shown[:-4]}",
        f"{name}+{hint}+{encode_base64(bytes([255]) + bytes(80))}",
        f"{name}+{hint}+{encode_base64(bytes([2]) + bytes(32))}",
        f"{name}+{hint}",
        "",
    )
    for text in wrong:
        with pytest.raises(EvidenceError):
            load_vkey(text)


def test_a_point_off_the_curve_is_no_key() -> None:
    point = public(5)
    assert Sm2PublicKey(point).point == point
    spoilt = (point[:-1] + bytes([point[-1] ^ 1]), point[:-1], point + b"\0", bytes(64))
    for wrong in spoilt:
        with pytest.raises(EvidenceError, match="不是可用的公钥"):
            load_public(encode_base64(SPKI + wrong))


def test_a_signature_made_elsewhere_holds_here() -> None:
    key = Sm2PublicKey(public(5))
    assert is_signed(key, sign(5, 6, b"data"), b"data")
    assert not is_signed(key, sign(5, 6, b"data", b""), b"data")


def test_a_wrong_signature_says_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    """The library behind it does, in words no clerk should see."""
    key = Sm2PublicKey(public(5))
    assert not is_signed(key, sign(6, 7, b"data"), b"data")
    assert capfd.readouterr() == ("", "")


def test_there_is_no_third_suite(body: Body) -> None:
    assert set(SUITES) == {"sha256-ed25519", "sm3-sm2"}
    assert find_suite("sm3-sm2") is SM3_SM2
    with pytest.raises(EvidenceError, match="没有这个密码套件:sm3-rsa"):
        find_suite("sm3-rsa")


def test_a_record_is_read_as_of_its_store(body: Body) -> None:
    signer = signer_of(SM3_SM2)
    record = seal(body_of(body, SM3_SM2, signer), signer, received_at=AT)
    assert load_record(dump_record(record), SM3_SM2) == record
