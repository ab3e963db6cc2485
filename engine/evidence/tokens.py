"""Time-stamp requests and answers (RFC 3161) for checkpoints; evidence-spec.md §9.

A request is written here and an answer is read as far as what it is over. Whether the authority's
signature holds is for the verifier to say, under an authority that its reader trusts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.errors import EvidenceError
from engine.evidence.der import (
    CONSTRUCTED,
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    Element,
    element,
    inside,
    integer,
    only,
)
from engine.text import say

NONCE_BYTES = 8
LARGEST_ANSWER = 1 << 20
_DEEPEST = 32
_SHA256 = bytes.fromhex("608648016503040201")
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_GRANTED = (0, 1)  # granted, grantedWithMods (§2.4.2)


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
    algorithm = element(SEQUENCE, element(OID, _SHA256) + b"\x05\x00")
    imprint = element(SEQUENCE, algorithm + element(OCTETS, hashlib.sha256(note).digest()))
    number = integer(int.from_bytes(nonce, "big"))
    return element(SEQUENCE, integer(1) + imprint + number + b"\x01\x01\xff")


def load_request(data: bytes) -> Request:
    """A request written earlier. Raises `EvidenceError`."""
    bad = EvidenceError(say("不是时间戳请求(.tsq)"))
    try:
        match inside(_whole(data)):
            case [(0x02, b"\x01"), (0x30, imprint), *rest]:
                nonces = [content for tag, content in rest if tag == INTEGER]
                return Request(imprint=_imprint(imprint), nonce=_number(nonces))
    except (EvidenceError, ValueError):
        raise bad from None
    raise bad


def load_answer(data: bytes) -> Answer:
    """What a TimeStampResp, or a token by itself, is over. Raises `EvidenceError`."""
    try:
        whole = _whole(data)
        match inside(whole):
            case [(0x30, status), token]:
                _require_granted(status)
                return _load_token(token)
            case [(0x30, status), *_]:
                _require_granted(status)
            case [(0x06, _), _]:
                return _load_token((SEQUENCE, whole))
    except ValueError:
        raise _odd() from None
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
    match inside(status):
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
            match inside(content):
                case [(0x06, kind), (0xA0, wrapped)] if kind == _SIGNED_DATA:
                    match inside(only(wrapped, SEQUENCE)):
                        case [(0x02, _), (0x31, _), (0x30, said), *_]:
                            return _load_stamp(_stamped(said))
    raise _odd()


def _stamped(content: bytes) -> bytes:
    match inside(content):
        case [(0x06, kind), (0xA0, wrapped)] if kind == _TST_INFO:
            return _whole(only(wrapped, OCTETS))
    raise _odd()


def _load_stamp(info: bytes) -> Answer:
    match inside(info):
        case [(0x02, b"\x01"), (0x06, _), (0x30, imprint), (0x02, _), (0x18, at), *rest]:
            nonces = [content for tag, content in rest if tag == INTEGER]
            return Answer(imprint=_imprint(imprint), nonce=_number(nonces), at=_moment(at))
    raise _odd()


def _imprint(content: bytes) -> bytes:
    match inside(content):
        case [(0x30, algorithm), (0x04, digest)] if len(digest) == 32:
            match inside(algorithm):
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


def _whole(data: bytes) -> bytes:
    """The content of the one SEQUENCE that these bytes are, DER throughout. Raises `ValueError`."""
    if len(data) > LARGEST_ANSWER:
        raise ValueError
    content = only(data, SEQUENCE)
    level = [content]
    for _ in range(_DEEPEST):
        level = [part for one in level for tag, part in inside(one) if tag & CONSTRUCTED]
        if not level:
            return content
    raise ValueError


def _odd() -> EvidenceError:
    return EvidenceError(say("不是时间戳机构的答复(TimeStampResp),或写法不是 DER"))
