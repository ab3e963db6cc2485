"""DER (X.690 §8, §10, §11), strict: one spelling for each value, and no other is read.

What is read here is hostile. Nothing recurses but a walk that is bounded in depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from verifier.canonical import Flaw

DEEPEST = 32
BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, GENERAL_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31
_CONSTRUCTED, _HIGH = 0x20, 0x1F
_GENERAL = re.compile(rb"[0-9]{14}(\.[0-9]{0,5}[1-9])?Z")
_SHORT = re.compile(rb"[0-9]{12}Z")


@dataclass(frozen=True, slots=True)
class Element:
    """One value: identifier octet, content octets, and both with the length between them."""

    tag: int
    content: bytes
    encoded: bytes


def load_der(data: bytes, tag: int, what: str) -> Element:
    """The one element these bytes are, DER to the innermost. Raises `Flaw`."""
    found = _read(data, 0)
    if len(found.encoded) != len(data):
        raise Flaw("编码之后还有多余的字节", "bytes follow the end of the encoding")
    _require_der(found.content if found.tag & _CONSTRUCTED else b"")
    if found.tag != tag:
        raise malformed(what)
    return found


def malformed(what: str) -> Flaw:
    """What is raised where a structure is not the one its specification names."""
    return Flaw(f"{what} 的结构不合规定", f"the structure of {what} is not as laid down")


class Parts:
    """The elements inside an element, taken one after the other."""

    def __init__(self, inside: Element, what: str) -> None:
        self._what = what
        self._rest = list(_elements(inside.content))
        self._rest.reverse()

    def take(self, *tags: int) -> Element:
        """The next element; if tags are named it must have one of them. Raises `Flaw`."""
        if not self._rest or (tags and self._rest[-1].tag not in tags):
            raise malformed(self._what)
        return self._rest.pop()

    def find(self, tag: int) -> Element | None:
        """The next element if it has this tag."""
        return self._rest.pop() if self._rest and self._rest[-1].tag == tag else None

    def each(self, tag: int) -> Iterator[Element]:
        """All that are left, which must have this tag. Raises `Flaw`."""
        while self._rest:
            yield self.take(tag)

    def rest(self) -> Iterator[Element]:
        """All that are left, whatever they are."""
        while self._rest:
            yield self._rest.pop()

    def end(self) -> None:
        """Nothing may be left. Raises `Flaw`."""
        if self._rest:
            raise malformed(self._what)


def only(inside: Element, tag: int, what: str) -> Element:
    """The single element inside another. Raises `Flaw`."""
    parts = Parts(inside, what)
    found = parts.take(tag)
    parts.end()
    return found


def integer(element: Element) -> int:
    """An integer in its shortest form. Raises `Flaw`."""
    content = element.content
    if not content or (len(content) > 1 and content[0] in (0x00, 0xFF) and _is_padded(content)):
        raise Flaw("整数不是最短写法", "an integer is not in its shortest form")
    return int.from_bytes(content, "big", signed=True)


def boolean(element: Element) -> bool:
    """A boolean, 00 or FF. Raises `Flaw`."""
    if element.content not in (b"\x00", b"\xff"):
        raise Flaw("布尔值不是 00 或 FF", "a boolean is neither 00 nor FF")
    return element.content == b"\xff"


def bits(element: Element) -> bytes:
    """A bit string of whole octets. Raises `Flaw`."""
    if element.content[:1] != b"\x00":
        raise Flaw("位串不是整字节", "a bit string is not of whole octets")
    return element.content[1:]


def instant(element: Element) -> datetime:
    """A GeneralizedTime or UTCTime as DER and RFC 5280 spell it: UTC, seconds. Raises `Flaw`."""
    bad = Flaw("时间写法不合规定", "a time is ill-formed")
    text = element.content
    if element.tag == UTC_TIME and _SHORT.fullmatch(text):
        # Two digits stand for 1950 … 2049 (RFC 5280 §4.1.2.5.1).
        text = (b"19" if text >= b"50" else b"20") + text
    elif element.tag != GENERAL_TIME or not _GENERAL.fullmatch(text):
        raise bad
    whole, _, fraction = text[:-1].decode().partition(".")
    try:
        at = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise bad from None
    return at.replace(microsecond=int(fraction.ljust(6, "0")))


def _is_padded(content: bytes) -> bool:
    return (content[0] == 0xFF) == (content[1] >= 0x80)


def _elements(data: bytes) -> Iterator[Element]:
    place = 0
    while place < len(data):
        found = _read(data, place)
        yield found
        place += len(found.encoded)


def _read(data: bytes, start: int) -> Element:
    """The element that begins at a place. Raises `Flaw`."""
    if start + 2 > len(data):
        raise Flaw("编码不完整", "the encoding is cut short")
    tag, length = data[start], data[start + 1]
    place = start + 2
    if tag & _HIGH == _HIGH:
        raise Flaw("编码用了多字节标签", "the encoding uses a tag of several octets")
    if length == 0x80:
        raise Flaw("编码不是 DER:长度不定", "the encoding is not DER: a length is indefinite")
    if length > 0x80:
        count = length & 0x7F
        if count > 4:
            raise Flaw("编码写的长度过大", "the encoding names a length that is too large")
        octets = data[place : place + count]
        if len(octets) < count:
            raise Flaw("编码不完整", "the encoding is cut short")
        length = int.from_bytes(octets, "big")
        place += count
        if length < 0x80 or octets[0] == 0:
            raise Flaw(
                "编码不是 DER:长度不是最短写法",
                "the encoding is not DER: a length is not in its shortest form",
            )
    if place + length > len(data):
        raise Flaw("编码不完整", "the encoding is cut short")
    end = place + length
    return Element(tag, data[place:end], data[start:end])


def _require_der(data: bytes) -> None:
    """Every element inside is DER, and none too deep. Raises `Flaw`."""
    level = [data]
    for _ in range(DEEPEST):
        level = [
            one.content
            for content in level
            for one in _elements(content)
            if one.tag & _CONSTRUCTED and one.content
        ]
        if not level:
            return
    raise Flaw("编码嵌套过深", "the encoding is nested too deeply")
