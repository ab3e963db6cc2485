"""The one spelling of a value: what is hashed, committed to and signed (evidence-spec.md §1).

RFC 8785 (JCS) without fractions, over text that looks like what it is.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from engine.errors import EvidenceError
from engine.evidence.suite import SHA256_ED25519, Suite
from engine.text import Text, say

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
JsonLike = str | int | bool | None | Sequence["JsonLike"] | Mapping[str, "JsonLike"]

LARGEST = 2**53 - 1
DEEPEST = 64
SALT_BYTES = 16
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_FREE_TEXT = "\n\t"
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Printable ASCII, and letters of blocks in which every one stands for itself under NFC, combines
# with nothing and controls nothing: ideographs, their punctuation, full width, dashes and quotes.
_EVERYDAY = re.compile(
    r"[ -~\u00b7\u2010-\u2027\u3000-\u3029\u3030-\u303f\u4e00-\u9fff\uff01-\uff5d]*"
)
_quoted = json.JSONEncoder(ensure_ascii=False).encode


def canonical(value: JsonLike) -> bytes:
    """The canonical bytes of a value. Raises `EvidenceError` for what has none."""
    out: list[str] = []
    _write(value, out, DEEPEST)
    return "".join(out).encode()


def parse(data: bytes) -> Json:
    """The value of canonical bytes. Raises `EvidenceError` for any other spelling of it."""
    try:
        text = data.decode()
        value: Json = _read(text)
    except UnicodeDecodeError:
        raise EvidenceError(say("内容不是 UTF-8 文本")) from None
    except RecursionError:
        raise EvidenceError(say("内容嵌套过深")) from None
    except ValueError:
        raise EvidenceError(say("内容不是有效的 JSON")) from None
    if not _is_everyday_canonical(text, value) and canonical(value) != data:
        raise EvidenceError(say("内容不是规范写法(RFC 8785)"))
    return value


def _is_everyday_canonical(text: str, value: Json) -> bool:
    """Whether the text of a value is canonical, where that is quickly seen.

    Without a backslash and with letters of the everyday blocks only, a text needs no escape and
    has no flaw, and keys by code point are in the order of UTF-16; with fewer brackets than the
    depth allowed it is not too deep. So the standard library writes it as RFC 8785 does.
    """
    return (
        "\\" not in text
        and text.count("{") + text.count("[") < DEEPEST
        and _EVERYDAY.fullmatch(text) is not None
        and _written(value) == text
    )


def commitment(salt: bytes, path: str, value: JsonLike, suite: Suite = SHA256_ED25519) -> str:
    """A salted commitment to `value` at `path`, 64 hex digits (evidence-spec.md §2).

    `salt` is 16 random bytes, never used twice.
    """
    if len(salt) != SALT_BYTES:
        raise EvidenceError(say("盐应为 {count} 字节", count=SALT_BYTES))
    shown = base64.urlsafe_b64encode(salt).rstrip(b"=").decode()
    return suite.digest(canonical([shown, path, value]))


def encode_base64(data: bytes) -> str:
    """Standard alphabet, padded (RFC 4648 §4)."""
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes:
    """The bytes of `encode_base64`. Raises `EvidenceError` for any other spelling of them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EvidenceError(say("不是有效的 base64")) from None
    if encode_base64(data) != text:
        raise EvidenceError(say("base64 写法不规范"))
    return data


def pae(payload_type: str, body: bytes) -> bytes:
    """What is signed: the pre-authentication encoding of DSSE, which binds the type to the body."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def is_instant(text: str) -> bool:
    """Whether a text is a time as records write it: RFC 3339, UTC, three decimals, `Z`."""
    if not _INSTANT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def utf16(text: str) -> bytes:
    """The sort key of RFC 8785 §3.2.3: UTF-16 code units, not code points."""
    return text.encode("utf-16-be", "surrogatepass")


def find_flaw(text: str, *, free: bool = True) -> Text | None:
    """Why a text cannot be signed, or None. `free` text may hold line feeds and tabs."""
    if _EVERYDAY.fullmatch(text):
        return None
    for letter in text:
        category = unicodedata.category(letter)
        if category == "Cs":
            return say("文字含有不成对的代理字符")
        if (category == "Cc" and not (free and letter in _FREE_TEXT)) or letter in _BIDI:
            return say("文字含有控制字符 {code}", code=f"U+{ord(letter):04X}")
    if not unicodedata.is_normalized("NFC", text):
        return say("文字“{text}”不是 NFC 规范形式", text=text[:40])
    return None


def _write(value: JsonLike, out: list[str], room: int) -> None:
    if room == 0:
        raise EvidenceError(say("内容嵌套过深"))
    if isinstance(value, str):
        out.append(_text(value))
    elif value is None:
        out.append("null")
    elif isinstance(value, bool):
        out.append("true" if value else "false")
    elif isinstance(value, int):
        if abs(value) > LARGEST:
            raise EvidenceError(_too_large(value))
        out.append(str(int(value)))
    elif isinstance(value, Mapping):
        _write_object(value, out, room)
    elif isinstance(value, list | tuple):
        for n, part in enumerate(value):
            out.append("," if n else "[")
            _write(part, out, room - 1)
        out.append("]" if value else "[]")
    else:
        raise EvidenceError(say("不能写入记录的值:{kind}", kind=type(value).__name__))


def _write_object(value: Mapping[str, JsonLike], out: list[str], room: int) -> None:
    try:
        is_ascii = "".join(value).isascii()
    except TypeError:
        raise EvidenceError(say("键应为文字")) from None
    for n, key in enumerate(sorted(value) if is_ascii else sorted(value, key=utf16)):
        out.append("," if n else "{")
        out.append(_key(key))
        out.append(":")
        _write(value[key], out, room - 1)
    out.append("}" if value else "{}")


def _text(text: str) -> str:
    flaw = find_flaw(text)
    if flaw is not None:
        raise EvidenceError(flaw)
    return _quoted(text)


@lru_cache(maxsize=4096)  # the keys of records are nearly always the same few
def _key(text: str) -> str:
    return _text(text)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise EvidenceError(say("同一个键出现两次"))
    return found


def _no_fraction(text: str) -> Json:
    raise EvidenceError(say("记录中不允许小数:{value}", value=text[:40]))


def _integer(digits: str) -> int:
    value = int(digits)
    if abs(value) > LARGEST:
        raise EvidenceError(_too_large(value))
    return value


def _too_large(value: int) -> Text:
    return say("整数超出可用范围:{value}", value=hex(value)[:40])


# Made once: what they cost to make is more than what they cost to use.
_read = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_no_fraction,
    parse_constant=_no_fraction,
).decode
_written = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
