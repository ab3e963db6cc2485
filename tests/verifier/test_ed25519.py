"""The verifier's Ed25519 agrees with OpenSSL's, and is as strict as RFC 8032 allows."""

from __future__ import annotations

import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import verifier.ed25519
from engine.evidence.signing import _SMALL_ORDER
from verifier.ed25519 import Claim, D, L, P, is_signed, is_sound_key, which_are_signed

SEEDED = random.Random(8032)


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key and no table is known from another test."""
    monkeypatch.setattr(verifier.ed25519, "_keys", {})
    monkeypatch.setattr(verifier.ed25519, "_bases", [])


def openssl(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def test_it_agrees_with_openssl_on_good_and_on_broken_signatures() -> None:
    keys = [Ed25519PrivateKey.from_private_bytes(SEEDED.randbytes(32)) for _ in range(4)]
    seen = {True: 0, False: 0}
    for n in range(600):
        key = keys[n % 4]
        public, data = key.public_key().public_bytes_raw(), SEEDED.randbytes(n % 90)
        signature = bytearray(key.sign(data))
        if n % 3:
            signature[SEEDED.randrange(64)] ^= 1 << SEEDED.randrange(8)
        wanted = openssl(public, bytes(signature), data)
        assert is_signed(public, bytes(signature), data) is wanted
        seen[wanted] += 1
    assert min(seen.values()) > 100


def test_a_second_spelling_of_a_signature_is_refused() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"x")
    s = int.from_bytes(signature[32:], "little") + L
    assert is_signed(public, signature, b"x")
    assert not is_signed(public, signature[:32] + s.to_bytes(32, "little"), b"x")
    assert not is_signed(public, signature[:-1], b"x")


def test_weak_and_ill_spelled_keys_are_refused() -> None:
    assert not any(is_sound_key(one) for one in _SMALL_ORDER)
    assert not is_sound_key(b"\xff" * 32)
    assert not is_sound_key(b"\x02" * 31)
    assert not is_sound_key((2**255 - 19 + 9).to_bytes(32, "little"))


def test_the_keys_of_rfc_8032() -> None:
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert is_signed(public, signature, b"")


def test_half_of_all_numbers_are_a_point() -> None:
    """x² = (y² − 1) / (dy² + 1) has two solutions or none; either sign spells one of the two."""
    seen = {True: 0, False: 0}
    for y in (*range(2, 50), *range(P - 50, P - 1)):
        squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        is_point = pow(squared, (P - 1) // 2, P) == 1
        for sign in (0, 1):
            assert is_sound_key((y | sign << 255).to_bytes(32, "little")) is is_point
        seen[is_point] += 1
    assert min(seen.values()) > 20


def test_no_key_is_written_with_p_added() -> None:
    for y in range(19):
        assert not is_sound_key((P + y).to_bytes(32, "little"))
    assert any(is_sound_key(y.to_bytes(32, "little")) for y in range(19))


def claims(count: int, *, seed: int = 1) -> list[Claim]:
    """So many signatures of one key."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    public = key.public_key().public_bytes_raw()
    return [(public, key.sign(b"%d" % n), b"%d" % n) for n in range(count)]


def table_of(public: bytes) -> tuple[int, int]:
    known = verifier.ed25519._keys[public]
    assert known is not None
    return known.bits, known.steps


@pytest.mark.parametrize(
    ("uses", "table"),
    [
        *((1, (4, 8)), (7, (4, 8)), (8, (4, 4)), (59, (4, 4)), (60, (6, 2)), (299, (6, 2))),
        *((300, (6, 1)), (649, (6, 1)), (650, (8, 1))),
    ],
)
def test_a_table_is_as_large_as_its_uses_repay(uses: int, table: tuple[int, int]) -> None:
    several = claims(uses)
    spoiled = [(public, signature, data + b".") for public, signature, data in several]
    assert which_are_signed(several) == [True] * uses
    (base,) = verifier.ed25519._bases
    assert table_of(several[0][0]) == (base.bits, base.steps) == table
    bits, steps = table
    rows = {4: 64, 6: 44, 8: 32}[bits] // steps
    assert [len(row) for row in base.rows] == [1 << bits] * rows
    assert not any(which_are_signed(spoiled[:20]))


def test_uses_add_up_whoever_asks() -> None:
    one, other = claims(30), claims(30, seed=2)
    assert all(which_are_signed(one + other))
    assert [table_of(several[0][0]) for several in (one, other)] == [(4, 4), (4, 4)]
    assert verifier.ed25519._bases[0].bits == 6
    assert all(which_are_signed(one))
    assert [table_of(several[0][0]) for several in (one, other)] == [(6, 2), (4, 4)]


def test_a_table_that_fits_is_kept() -> None:
    several = claims(8)
    assert all(which_are_signed(several[:7]))
    known = verifier.ed25519._keys[several[0][0]]
    assert known is not None
    first = known.rows
    known.uses = 0
    assert all(which_are_signed(several[:7]))
    assert known.rows is first
    assert all(which_are_signed(several))
    assert known.rows is not first


def test_so_many_keys_are_kept_and_no_more() -> None:
    keys = [bytes([n]) for n in range(256)]  # what is no key is kept as well
    assert not any(is_sound_key(one) for one in keys)
    assert list(verifier.ed25519._keys) == keys
    assert not is_sound_key(b"one more")
    assert list(verifier.ed25519._keys) == [b"one more"]


def test_scalars_are_written_in_digits_that_begin_below_zero() -> None:
    """What is added to a scalar is half of what a digit can be, at every place."""
    for bits, places in ((4, 64), (6, 44), (8, 32)):
        constant = verifier.ed25519._WIDTHS[bits].constant
        assert f"{constant:b}" == ("1" + "0" * (bits - 1)) * places


def test_claims_are_judged_each_by_itself() -> None:
    (public, signature, data), *_ = claims(1)
    assert which_are_signed([]) == []
    wrong: list[Claim] = [
        (b"", signature, data),
        (bytes(32), signature, data),
        (public, b"", data),
        (public, signature[:32] + L.to_bytes(32, "little"), data),
        (public, signature[:32] + b"\xff" * 32, data),
    ]
    for one in wrong:
        assert which_are_signed([one, (public, signature, data), one]) == [False, True, False]
    assert which_are_signed([*wrong, (public, signature, data)]) == [False] * 5 + [True]
