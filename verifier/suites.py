"""The suites of hash and signature a store can be kept in (evidence-spec.md §2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from verifier import ed25519, sm2
from verifier.canonical import Flaw, decode_base64
from verifier.sm3 import sm3

Claim = tuple[bytes, bytes, bytes]  # bare public key, signature, what is signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A hash of 32 bytes, and the signatures that go with it.

    `spki` stands before the bare key in a SubjectPublicKeyInfo, `kind` before it in a vkey; `key`
    is what such a key is called.
    """

    name: str
    hash: Callable[[bytes], bytes]
    which_are_signed: Callable[[Sequence[Claim]], list[bool]]
    is_sound_key: Callable[[bytes], bool]
    spki: bytes
    kind: bytes
    key: str

    def digest(self, data: bytes) -> str:
        """The hash as 64 lowercase hex digits."""
        return self.hash(data).hex()

    def is_signed(self, public: bytes, signature: bytes, data: bytes) -> bool:
        return self.which_are_signed([(public, signature, data)])[0]

    def load_public(self, text: str, key: str) -> bytes:
        """The bare public key whose id is `key`. Raises `Flaw`."""
        data = decode_base64(text)
        bare = data[len(self.spki) :]
        if not data.startswith(self.spki) or not self.is_sound_key(bare):
            raise Flaw(f"不是可用的 {self.key} 公钥", f"not a usable {self.key} key")
        if self.digest(data) != key:
            raise Flaw("公钥与钥匙编号不符", "the public key does not fit its id")
        return bare


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


SHA256_ED25519 = Suite(
    name="sha256-ed25519",
    hash=_sha256,
    which_are_signed=ed25519.which_are_signed,
    is_sound_key=ed25519.is_sound_key,
    spki=bytes.fromhex("302a300506032b6570032100"),  # RFC 8410 §4
    kind=b"\x01",
    key="Ed25519",
)
SM3_SM2 = Suite(
    name="sm3-sm2",
    hash=sm3,
    which_are_signed=sm2.which_are_signed,
    is_sound_key=sm2.is_sound_key,
    spki=bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"),  # GB/T 35276
    kind=b"\xffguicheng-sm2-sm3",
    key="SM2",
)
SUITES: Mapping[str, Suite] = {one.name: one for one in (SHA256_ED25519, SM3_SM2)}
