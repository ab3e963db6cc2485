"""Canonical bytes, commitments and the other primitives (evidence-spec.md §1, §2)."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from datetime import datetime
from functools import lru_cache

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]

LARGEST = 2**53 - 1
DEEPEST = 64
SALT_BYTES = 16
_BIDI = "\u202a-\u202e\u2066-\u2069"
_FLAW = re.compile(f"[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f{_BIDI}\ud800-\udfff]")
# What the quick reading leaves to the careful one: every flaw, every escape but those of the quote,
# the backslash, the line feed and the tab, and letters beyond U+FFFF, for which the order of keys
# by code point is not their order by UTF-16. As UTF-8 bytes: controls and the first byte of what is
# beyond U+FFFF; what a flaw of two or three bytes begins with stands in `is_plain`.
_UNUSUAL_BYTES = bytes((*range(0x20), 0x7F, *range(0xF0, 0x100)))
_UNUSUAL = re.compile(f"[\x80-\x9f{_BIDI}]")
_UNUSUAL_ESCAPE = re.compile(rb'\\[^nt"]')
# Letters of blocks in which all are assigned, stand for themselves under NFC and combine with
# nothing: ideographs, their punctuation, full width, and dashes, quotes and dots.
_EVERYDAY = re.compile(
    "[\u4000-\u9fff\u3000-\u3029\u3030-\u303f\uff01-\uff5d\u2010-\u2027\u00b7]*+"
)
_ASCII = bytes(range(0x20, 0x7F))
_NO_BRACKETS = bytes(one for one in range(256) if one not in b'"[]{}')
_SQUARE = bytes.maketrans(b"{}", b"[]")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_HASH = re.compile("[0-9a-f]{64}")
_LONGEST_NUMBER = 17


class Flaw(Exception):
    """Something cannot be read. `zh` and `en` say why, `field` where inside."""

    def __init__(self, zh: str, en: str, field: str = "") -> None:
        super().__init__(en)
        self.zh, self.en, self.field = zh, en, field


def canonical(value: Json) -> bytes:
    """The canonical bytes of a value (RFC 8785, restricted). Raises `Flaw` if it has none."""
    out: list[str] = []
    _write(value, out, DEEPEST)
    return "".join(out).encode()


def parse(data: bytes) -> Json:
    """The value of canonical bytes. Raises `Flaw` for any other spelling."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Flaw("内容不是 UTF-8 文本", "the content is not UTF-8 text") from None
    try:
        value = decode_plain(text)
    except RecursionError:
        raise Flaw("内容嵌套过深", "the content is nested too deeply") from None
    except ValueError:
        raise Flaw("内容不是有效的 JSON", "the content is not valid JSON") from None
    if is_plain(data, text) and is_shallow(data) and write_plain(value) == text:
        return value
    if canonical(value) != data:
        raise Flaw("内容不是规范写法(RFC 8785)", "the content is not canonical (RFC 8785)")
    return value


def is_plain(data: bytes, text: str) -> bool:
    """Whether what `write_plain` writes is the one canonical spelling of a text and its parts.

    `text` is what `data` decodes to. Not so for a text with anything forbidden or unusual in it.
    """
    if b"\\" in data and _UNUSUAL_ESCAPE.search(data.replace(b"\\\\", b"")):
        return False
    if _EVERYDAY.fullmatch(data.translate(None, _ASCII).decode()):
        return True
    if len(data.translate(None, _UNUSUAL_BYTES)) != len(data):
        return False
    has_head = b"\xc2" in data or b"\xe2\x80" in data or b"\xe2\x81" in data
    if has_head and _UNUSUAL.search(text):
        return False
    return unicodedata.is_normalized("NFC", text)


def is_shallow(data: bytes) -> bool:
    """Whether no object or list stands more than 63 deep in valid JSON without spaces.

    Strings are cut out first. Two quotes in a row may be left out, even of two strings: there is
    no bracket between them. Then each round takes away the innermost pairs, one of depth.
    """
    if data.count(b"{") + data.count(b"[") < DEEPEST:
        return True
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = data.translate(None, _NO_BRACKETS).replace(b'""', b"")
    brackets = b"".join(marks.split(b'"')[::2]).translate(_SQUARE)
    for _ in range(DEEPEST - 1):
        brackets = brackets.replace(b"[]", b"")
    return not brackets


def decode_plain(text: str) -> Json:
    """The value of JSON without fractions. Raises `Flaw`, `ValueError`, `RecursionError`."""
    value: Json = _READ.decode(text)
    return value


def write_plain(value: Json) -> str:
    """The canonical text of a value, if `is_plain` and `is_shallow` hold of it."""
    return _WRITE.encode(value)


def find_flaw(text: str, *, free: bool = True) -> tuple[str, str] | None:
    """Why a text may not be signed, in both languages. `free` text may hold line feeds, tabs."""
    if text.isascii() and text.isprintable():
        return None
    found = _FLAW.search(text)
    if found is None and not free and ("\n" in text or "\t" in text):
        return "文字含有换行或制表符", "the text holds a line feed or a tab"
    if found is not None:
        code = f"U+{ord(found.group()):04X}"
        return f"文字含有不允许的字符 {code}", f"the text holds the forbidden character {code}"
    if not unicodedata.is_normalized("NFC", text):
        return "文字不是 NFC 规范形式", "the text is not in Unicode NFC"
    return None


def utf16(text: str) -> bytes:
    """The sort key of RFC 8785 §3.2.3."""
    return text.encode("utf-16-be", "surrogatepass")


def decode_base64(text: str) -> bytes:
    """Standard alphabet, padded, and no other spelling (RFC 4648 §4). Raises `Flaw`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or base64.b64encode(data).decode() != text:
        raise Flaw("不是规范的 base64", "not canonical base64")
    return data


def decode_salt(text: str) -> bytes:
    """16 bytes in base64url without padding. Raises `Flaw`."""
    bad = Flaw("盐应为 16 字节的 base64url", "a salt is 16 bytes in base64url")
    try:
        data = base64.b64decode(text + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise bad from None
    if len(data) != SALT_BYTES or base64.urlsafe_b64encode(data)[:-2].decode() != text:
        raise bad
    return data


def opening(salt: str, path: str, value: bytes) -> bytes:
    """What a commitment is the hash of (§2): `salt` in base64url, the value in canonical bytes."""
    return b'["%b",%b,%b]' % (salt.encode(), rewrite(path), value)


def rewrite(value: Json) -> bytes:
    """The canonical bytes of a part of what `parse` has read, with plain names."""
    return write_plain(value).encode()


def pae(payload_type: str, body: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


@lru_cache(maxsize=1024)  # most records name one moment three times
def is_instant(text: str) -> bool:
    """RFC 3339 in UTC with three decimals and `Z`."""
    if not _INSTANT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _write(value: Json, out: list[str], room: int) -> None:
    if room == 0:
        raise Flaw("内容嵌套过深", "the content is nested too deeply")
    if value is None:
        out.append("null")
    elif isinstance(value, bool):
        out.append("true" if value else "false")
    elif isinstance(value, int):
        if abs(value) > LARGEST:
            raise Flaw("整数超出可用范围", "an integer is out of range")
        out.append(str(value))
    elif isinstance(value, str):
        out.append(_text(value))
    elif isinstance(value, dict):
        for n, key in enumerate(sorted(value, key=utf16)):
            out.append("," if n else "{")
            out.append(_text(key))
            out.append(":")
            _write(value[key], out, room - 1)
        out.append("}" if value else "{}")
    elif isinstance(value, list):
        for n, part in enumerate(value):
            out.append("," if n else "[")
            _write(part, out, room - 1)
        out.append("]" if value else "[]")
    else:
        raise Flaw("记录中不允许这种值", "a value of a kind not allowed in records")


def _text(text: str) -> str:
    flaw = find_flaw(text)
    if flaw is not None:
        raise Flaw(*flaw)
    return write_plain(text)


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER or abs(int(digits)) > LARGEST:
        raise Flaw("整数超出可用范围", "an integer is out of range")
    return int(digits)


def _no_fraction(_: str) -> Json:
    raise Flaw("记录中不允许小数", "fractions are not allowed in records")


# Made once: what they cost to make is a third of what they cost to use.
_READ = json.JSONDecoder(parse_float=_no_fraction, parse_constant=_no_fraction, parse_int=_integer)
_WRITE = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
)
