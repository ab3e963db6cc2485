"""Time-stamp tokens (RFC 3161): only which bytes they are over.

Whether the authority's signature holds needs its certificates and is not judged; reports say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from verifier.canonical import Flaw

LARGEST_TOKEN = 1 << 20
_DEEPEST = 24
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # id-ct-TSTInfo, RFC 3161 §2.4.2
_SHA256 = bytes.fromhex("0609608648016503040201")
_OCTETS = 0x04
_CONSTRUCTED = 0x20


def is_over(token: bytes, note: bytes) -> bool:
    """Whether a token's message imprint is the SHA-256 of these bytes. Raises `Flaw`."""
    if len(token) > LARGEST_TOKEN:
        raise Flaw("时间戳令牌过大", "the time-stamp token is too large")
    info = _find_info(token)
    imprint = hashlib.sha256(note).digest()
    # messageImprint ::= SEQUENCE { hashAlgorithm, hashedMessage OCTET STRING } (§2.4.1)
    for inside in _sequences(info, 0):
        parts = list(_elements(inside))
        if len(parts) == 2 and parts[1][0] == _OCTETS and parts[0][1].startswith(_SHA256):
            return parts[1][1] == imprint
    raise Flaw("时间戳令牌没有 SHA-256 摘要", "the time-stamp token has no SHA-256 imprint")


def _find_info(token: bytes) -> bytes:
    """The DER of TSTInfo inside the signed content."""
    for inside in _sequences(token, 0):
        if inside.startswith(_TST_INFO):
            for _, explicit in _elements(inside[len(_TST_INFO) :]):
                for tag, content in _elements(explicit):
                    if tag == _OCTETS:
                        return content
    raise Flaw("不是时间戳令牌", "not a time-stamp token")


def _sequences(data: bytes, depth: int) -> Iterator[bytes]:
    """The contents of every constructed element, outer before inner."""
    if depth > _DEEPEST:
        raise Flaw("时间戳令牌嵌套过深", "the time-stamp token is nested too deeply")
    for tag, content in _elements(data):
        if tag & _CONSTRUCTED:
            yield content
            yield from _sequences(content, depth + 1)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each DER element (X.690 §8.1). Raises `Flaw`."""
    place = 0
    while place < len(data):
        if place + 2 > len(data):
            raise Flaw("时间戳令牌不完整", "the time-stamp token is cut short")
        tag, length = data[place], data[place + 1]
        place += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[place : place + count], "big")
            place += count
            if not 1 <= count <= 4:
                raise Flaw("时间戳令牌不是 DER", "the time-stamp token is not DER")
        if place + length > len(data):
            raise Flaw("时间戳令牌不完整", "the time-stamp token is cut short")
        yield tag, data[place : place + length]
        place += length
