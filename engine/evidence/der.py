"""Elements of DER (X.690), as far as time stamps, key files and signatures need them: low tags,
lengths up to four octets, one spelling only.
"""

from __future__ import annotations

from collections.abc import Iterator

INTEGER, OCTETS, OID, SEQUENCE = 0x02, 0x04, 0x06, 0x30
CONSTRUCTED = 0x20
_MANY = 0x1F

Element = tuple[int, bytes]  # identifier octet, content


def element(tag: int, content: bytes) -> bytes:
    """An element of less than 256 octets, as all are that are written here."""
    size = len(content)
    return bytes([tag, size] if size < 128 else [tag, 0x81, size]) + content


def integer(number: int) -> bytes:
    """An INTEGER that is not negative."""
    return element(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def only(data: bytes, tag: int) -> bytes:
    """The content of the one element these bytes are. Raises `ValueError`."""
    match inside(data):
        case [(found, content)] if found == tag:
            return content
    raise ValueError


def inside(data: bytes) -> list[Element]:
    """The elements these bytes are. Raises `ValueError` for any other bytes."""
    return list(_elements(data))


def _elements(data: bytes) -> Iterator[Element]:
    place = 0
    while place < len(data):
        head = data[place : place + 2]
        place += 2
        if len(head) < 2 or head[0] & _MANY == _MANY:
            raise ValueError
        length = head[1]
        if length >= 0x80:
            octets = data[place : place + length - 0x80]
            place += len(octets)
            shortest = len(octets) == length - 0x80 and 1 <= len(octets) <= 4 and octets[0] != 0
            length = int.from_bytes(octets, "big")
            if not shortest or length < 0x80:
                raise ValueError
        if place + length > len(data):
            raise ValueError
        yield head[0], data[place : place + length]
        place += length
