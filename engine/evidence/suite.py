"""The suites of hash and signature a store can be kept in (evidence-spec.md §2).

A store has one suite from its first record to its last; nothing is negotiated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.errors import EvidenceError
from engine.evidence.sm2 import sm3
from engine.text import say


@dataclass(frozen=True, slots=True)
class Suite:
    """A hash of 32 bytes, and the signatures that go with it. `name` is what bodies call it."""

    name: str
    hash: Callable[[bytes], bytes] = field(repr=False)

    def digest(self, data: bytes) -> str:
        """The hash as 64 hex digits."""
        return self.hash(data).hex()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


SHA256_ED25519 = Suite("sha256-ed25519", _sha256)
SM3_SM2 = Suite("sm3-sm2", sm3)
SUITES: Mapping[str, Suite] = {one.name: one for one in (SHA256_ED25519, SM3_SM2)}


def find_suite(name: str) -> Suite:
    """The suite of a name. Raises `EvidenceError` for one there is not."""
    if name not in SUITES:
        raise EvidenceError(say("没有这个密码套件:{name}", name=name[:40]))
    return SUITES[name]
