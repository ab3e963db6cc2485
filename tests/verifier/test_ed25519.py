"""The verifier's Ed25519 agrees with OpenSSL's, and is as strict as RFC 8032 allows."""

from __future__ import annotations

import random

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.evidence.signing import _SMALL_ORDER
from verifier.ed25519 import L, is_signed, is_sound_key

SEEDED = random.Random(8032)


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
