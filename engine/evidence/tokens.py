"""Time-stamp requests and answers (RFC 3161) for checkpoints; evidence-spec.md §9.

A request is written here and an answer is read as far as what it is over. Whether the authority's
signature holds is for the verifier to say, under an authority that its reader trusts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.errors import EvidenceError
from engine.text import say

NONCE_BYTES = 8
LARGEST_ANSWER = 1 << 20
_DEEPEST = 32
_INTEGER, _OCTETS, _OID, _SEQUENCE = 0x02, 0x04, 0x06, 0x30
_CONSTRUCTED, _MANY = 0x20, 0x1F
_SHA256 = bytes.fromhex("608648016503040201")
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_GRANTED = (0, 1)  # granted, grantedWithMods (§2.4.2)

Element = tuple[int, bytes]  # identifier octet, content


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked: SHA-256 of the bytes to be stamped, and the number that names the asking."""

    imprint: bytes
    nonce: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an authority says it stamped, when (UTC), and the number of the asking, if it says."""

    imprint: bytes
    nonce: int | None
    at: datetime


def dump_request(note: bytes, nonce: bytes) -> bytes:
    """A TimeStampReq (§2.4.1) over the bytes of a note, asking for the certificate as well."""
    algorithm = _der(_SEQUENCE, _der(_OID, _SHA256) + b"\x05\x00")
    imprint = _der(_SEQUENCE, algorithm + _der(_OCTETS, hashlib.sha256(note).digest()))
    value = int.from_bytes(nonce, "big")
    number = _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
    return _der(_SEQUENCE, b"\x02\x01\x01" + imprint + number + b"\x01\x01\xff")


def load_request(data: bytes) -> Request:
    """A request written earlier. Raises `EvidenceError`."""
    bad = EvidenceError(say("不是时间戳请求(.tsq)"))
    try:
        match _inside(_whole(data)):
            case [(0x02, b"\x01"), (0x30, imprint), *rest]:
                nonces = [content for tag, content in rest if tag == _INTEGER]
                return Request(imprint=_imprint(imprint), nonce=_number(nonces))
    except EvidenceError:
        raise bad from None
    raise bad


def load_answer(data: bytes) -> Answer:
    """What a TimeStampResp, or a token by itself, is over. Raises `EvidenceError`."""
    match _inside(_whole(data)):
        case [(0x30, status), *token]:
            _require_granted(status)
            if len(token) != 1:
                raise _odd()
            return _load_token(token[0])
        case [(0x06, _), _]:
            return _load_token((_SEQUENCE, _whole(data)))
    raise _odd()


def is_over(answer: Answer, note: bytes) -> bool:
    """Whether what was stamped is the bytes of this note."""
    return answer.imprint == hashlib.sha256(note).digest()


def require_answered(answer: Answer, request: Request) -> None:
    """An answer is to this request and to no other. Raises `EvidenceError`."""
    if answer.imprint != request.imprint:
        raise EvidenceError(say("时间戳不是对这份请求的答复:摘要不同"))
    if request.nonce is not None and answer.nonce != request.nonce:
        raise EvidenceError(say("时间戳不是对这份请求的答复:随机数不同"))


def _require_granted(status: bytes) -> None:
    match _inside(status):
        case [(0x02, value), *_] if value:
            number = int.from_bytes(value, "big", signed=True)
            if number in _GRANTED:
                return
            raise EvidenceError(say("时间戳机构没有给出时间戳(状态 {number})", number=number))
    raise _odd()


def _load_token(token: Element) -> Answer:
    """ContentInfo → SignedData → EncapsulatedContentInfo → TSTInfo (RFC 5652 §5)."""
    match token:
        case (0x30, content):
            match _inside(content):
                case [(0x06, kind), (0xA0, wrapped)] if kind == _SIGNED_DATA:
                    match _inside(_only(wrapped, _SEQUENCE)):
                        case [(0x02, _), (0x31, _), (0x30, inside), *_]:
                            return _load_stamp(_stamped(inside))
    raise _odd()


def _stamped(inside: bytes) -> bytes:
    match _inside(inside):
        case [(0x06, kind), (0xA0, wrapped)] if kind == _TST_INFO:
            return _whole(_only(wrapped, _OCTETS))
    raise _odd()


def _load_stamp(info: bytes) -> Answer:
    match _inside(info):
        case [(0x02, b"\x01"), (0x06, _), (0x30, imprint), (0x02, _), (0x18, at), *rest]:
            nonces = [content for tag, content in rest if tag == _INTEGER]
            return Answer(imprint=_imprint(imprint), nonce=_number(nonces), at=_moment(at))
    raise _odd()


def _imprint(content: bytes) -> bytes:
    match _inside(content):
        case [(0x30, algorithm), (0x04, digest)] if len(digest) == 32:
            match _inside(algorithm):
                case [(0x06, kind), *_] if kind == _SHA256:
                    return digest
    raise EvidenceError(say("时间戳用的不是 SHA-256 摘要"))


def _number(found: list[bytes]) -> int | None:
    return int.from_bytes(found[0], "big", signed=True) if found else None


def _moment(text: bytes) -> datetime:
    try:
        whole = text.decode("ascii").removesuffix("Z").partition(".")[0]
        return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise _odd() from None


def _odd() -> EvidenceError:
    return EvidenceError(say("不是时间戳机构的答复(TimeStampResp),或写法不是 DER"))


# -- DER: one spelling only, for so it is kept and handed on -----------------------------


def _der(tag: int, content: bytes) -> bytes:
    """An element of less than 128 octets, as all of a request are."""
    return bytes([tag, len(content)]) + content


def _whole(data: bytes) -> bytes:
    """The content of the one SEQUENCE that these bytes are, DER throughout."""
    if len(data) > LARGEST_ANSWER:
        raise _odd()
    content = _only(data, _SEQUENCE)
    level = [content]
    for _ in range(_DEEPEST):
        level = [inside for one in level for tag, inside in _elements(one) if tag & _CONSTRUCTED]
        if not level:
            return content
    raise _odd()


def _only(data: bytes, tag: int) -> bytes:
    match _inside(data):
        case [(found, content)] if found == tag:
            return content
    raise _odd()


def _inside(data: bytes) -> list[Element]:
    return list(_elements(data))


def _elements(data: bytes) -> Iterator[Element]:
    place = 0
    while place < len(data):
        head = data[place : place + 2]
        place += 2
        if len(head) < 2 or head[0] & _MANY == _MANY:
            raise _odd()
        length = head[1]
        if length >= 0x80:
            octets = data[place : place + length - 0x80]
            place += len(octets)
            shortest = len(octets) == length - 0x80 and 1 <= len(octets) <= 4 and octets[0] != 0
            length = int.from_bytes(octets, "big")
            if not shortest or length < 0x80:
                raise _odd()
        if place + length > len(data):
            raise _odd()
        yield head[0], data[place : place + length]
        place += length
