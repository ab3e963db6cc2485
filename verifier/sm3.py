"""The hash SM3 (GB/T 32905-2016): the one of `hashlib`, or in plain integers where it has none."""

from __future__ import annotations

import hashlib

_START = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip
_WORD = 0xFFFFFFFF


def sm3(data: bytes) -> bytes:
    """The hash, 32 bytes."""
    return hashlib.new("sm3", data).digest() if _IS_KNOWN else plain_sm3(data)


def plain_sm3(data: bytes) -> bytes:
    """The same without a library, some hundred times slower (§5)."""
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    state: tuple[int, ...] = _START
    for place in range(0, len(padded), 64):
        state = _compress(state, padded[place : place + 64])
    return b"".join(word.to_bytes(4, "big") for word in state)


def _compress(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    """CF of §5.3.3: the block spread over 68 words, then 64 rounds over eight."""
    words = [int.from_bytes(block[n : n + 4], "big") for n in range(0, 64, 4)]
    for j in range(16, 68):
        x = words[j - 16] ^ words[j - 9] ^ _turn(words[j - 3], 15)
        spread = x ^ _turn(x, 15) ^ _turn(x, 23)
        words.append(spread ^ _turn(words[j - 13], 7) ^ words[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        t = 0x79CC4519 if j < 16 else 0x7A879D8A
        first = _turn((_turn(a, 12) + e + _turn(t, j % 32)) & _WORD, 7)
        second = first ^ _turn(a, 12)
        if j < 16:
            left, right = a ^ b ^ c, e ^ f ^ g
        else:
            left, right = (a & b) | (a & c) | (b & c), (e & f) | (~e & g)
        one = (left + d + second + (words[j] ^ words[j + 4])) & _WORD
        other = (right + h + first + words[j]) & _WORD
        a, b, c, d = one, a, _turn(b, 9), c
        e, f, g, h = other ^ _turn(other, 9) ^ _turn(other, 17), e, _turn(f, 19), g
    return tuple(x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True))


def _turn(word: int, by: int) -> int:
    return (word << by | word >> (32 - by)) & _WORD


_IS_KNOWN = "sm3" in hashlib.algorithms_available
