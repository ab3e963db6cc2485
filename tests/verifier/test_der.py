"""Single values in DER: one spelling each, at the edges of what is allowed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from verifier.canonical import Flaw
from verifier.der import (
    BITS,
    BOOLEAN,
    DEEPEST,
    GENERAL_TIME,
    INTEGER,
    NULL,
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    UTC_TIME,
    Element,
    Parts,
    bits,
    boolean,
    instant,
    integer,
    load_der,
    only,
)


def test_the_tags_are_those_of_x_680() -> None:
    named = (BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, UTC_TIME, GENERAL_TIME, SEQUENCE, SET)
    for tag, number in zip(named, (1, 2, 3, 4, 5, 6, 23, 24, 0x30, 0x31), strict=True):
        assert load_der(bytes([number, 0]), tag, "it").content == b""


def test_what_is_inside_a_primitive_is_not_looked_at() -> None:
    for tag in (BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, UTC_TIME, GENERAL_TIME):
        assert load_der(bytes([tag, 1, 0xFF]), tag, "it").content == b"\xff"


def element(tag: int, content: bytes) -> Element:
    return Element(tag, content, bytes([tag, len(content)]) + content)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("00", 0),
        ("7f", 127),
        ("0080", 128),
        ("0100", 256),
        ("80", -128),
        ("ff", -1),
        ("ff7f", -129),
        ("fe80", -384),
    ],
)
def test_an_integer_in_its_shortest_form_is_read(content: str, value: int) -> None:
    assert integer(element(INTEGER, bytes.fromhex(content))) == value


@pytest.mark.parametrize("content", ["", "0000", "007f", "ff80", "ffff"])
def test_an_integer_written_longer_is_refused(content: str) -> None:
    with pytest.raises(Flaw, match="shortest"):
        integer(element(INTEGER, bytes.fromhex(content)))


def test_a_boolean_is_00_or_ff() -> None:
    assert boolean(element(BOOLEAN, b"\xff")) is True
    assert boolean(element(BOOLEAN, b"\x00")) is False
    for content in (b"", b"\x01", b"\xfe", b"\x00\x00", b"\xff\xff"):
        with pytest.raises(Flaw, match="boolean"):
            boolean(element(BOOLEAN, content))


def test_a_bit_string_is_of_whole_octets() -> None:
    assert bits(element(BITS, b"\x00")) == b""
    assert bits(element(BITS, b"\x00\x05")) == b"\x05"
    for content in (b"", b"\x01\x04", b"\x07\x00"):
        with pytest.raises(Flaw, match="whole octets"):
            bits(element(BITS, content))


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        (UTC_TIME, "500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (UTC_TIME, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (UTC_TIME, "991231235959Z", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (GENERAL_TIME, "20261102013000Z", datetime(2026, 11, 2, 1, 30, tzinfo=UTC)),
        (GENERAL_TIME, "20261102013000.5Z", datetime(2026, 11, 2, 1, 30, 0, 500_000, UTC)),
        (GENERAL_TIME, "20261102013000.000001Z", datetime(2026, 11, 2, 1, 30, 0, 1, UTC)),
    ],
)
def test_a_time_is_read(tag: int, text: str, value: datetime) -> None:
    assert instant(element(tag, text.encode())) == value


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (UTC_TIME, "20261102013000Z"),
        (UTC_TIME, "2611020130Z"),
        (UTC_TIME, "261102013000+0800"),
        (UTC_TIME, "261302013000Z"),
        (GENERAL_TIME, "261102013000Z"),
        (GENERAL_TIME, "20261102013000.Z"),
        (GENERAL_TIME, "20261102013000.50Z"),
        (GENERAL_TIME, "20261102013000.0000001Z"),
        (GENERAL_TIME, "20261102013000"),
        (GENERAL_TIME, "20260231013000Z"),
        (INTEGER, "20261102013000Z"),
        (INTEGER, "261102013000Z"),
    ],
)
def test_a_time_spelt_otherwise_is_refused(tag: int, text: str) -> None:
    with pytest.raises(Flaw, match="time"):
        instant(element(tag, text.encode()))


def wrapped(content: bytes, tag: int = SEQUENCE) -> bytes:
    """An element with its length written as DER writes it."""
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, *([size] if size < 0x80 else [0x80 | len(length), *length])]) + content


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535, 65_536])
def test_an_element_of_any_length_is_read(size: int) -> None:
    data = wrapped(bytes(size), OCTETS)
    assert load_der(data, OCTETS, "it") == Element(OCTETS, bytes(size), data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("", "cut short"),
        ("04", "cut short"),
        ("0401", "cut short"),
        ("048180" + "00" * 127, "cut short"),
        ("0482", "cut short"),
        ("048201", "cut short"),
        ("3002 04", "cut short"),
        ("3003 0402 00", "cut short"),
        ("0400 00", "follow the end"),
        ("0480 0000", "indefinite"),
        ("3004 3080 0000", "indefinite"),
        ("0481 7f" + "00" * 127, "shortest"),
        ("0482 0080" + "00" * 128, "shortest"),
        ("0483 000100" + "00" * 256, "shortest"),
        ("0485 0100000000", "too large"),
        ("04ff", "too large"),
        ("1f01", "several octets"),
        ("3f00", "several octets"),
        ("3003 1f01 00", "several octets"),
        ("0500", "not as laid down"),
        ("3000", "not as laid down"),
    ],
)
def test_what_is_not_one_element_in_der_is_refused(data: str, told: str) -> None:
    with pytest.raises(Flaw, match=told):
        load_der(bytes.fromhex(data), OCTETS, "it")


def test_a_length_of_four_octets_is_only_cut_short() -> None:
    with pytest.raises(Flaw, match="cut short"):
        load_der(bytes.fromhex("0484 01000000"), OCTETS, "it")


def nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = wrapped(data)
    return data


def test_how_deep_elements_may_be_nested() -> None:
    assert DEEPEST == 32
    assert load_der(nested(33), SEQUENCE, "it").tag == SEQUENCE
    with pytest.raises(Flaw, match="deeply"):
        load_der(nested(34), SEQUENCE, "it")
    flat = wrapped(wrapped(b"", NULL) * 40)
    assert len(list(Parts(load_der(flat, SEQUENCE, "it"), "it").each(NULL))) == 40


def inside(*parts: bytes) -> Element:
    return load_der(wrapped(b"".join(parts)), SEQUENCE, "it")


def test_parts_are_taken_in_turn() -> None:
    one, other = wrapped(b"\x01", INTEGER), wrapped(b"\x02", OCTETS)
    parts = Parts(inside(one, other, one), "it")
    assert parts.find(OCTETS) is None
    assert parts.take().encoded == one
    found = parts.find(OCTETS)
    assert found is not None
    assert found.encoded == other
    assert parts.take(OCTETS, INTEGER).encoded == one
    assert parts.find(INTEGER) is None
    parts.end()
    with pytest.raises(Flaw, match="structure of it"):
        parts.take()
    assert [part.encoded for part in Parts(inside(one, other), "it").rest()] == [one, other]
    assert [part.encoded for part in Parts(inside(one, one), "it").each(INTEGER)] == [one, one]
    assert list(Parts(inside(), "it").each(INTEGER)) == []
    with pytest.raises(Flaw, match="structure of it"):
        Parts(inside(one), "it").take(OCTETS, NULL)
    with pytest.raises(Flaw, match="structure of it"):
        list(Parts(inside(one, other), "it").each(INTEGER))
    with pytest.raises(Flaw, match="structure of it"):
        Parts(inside(one), "it").end()


def test_the_only_part_is_the_only_one() -> None:
    one = wrapped(b"\x01", INTEGER)
    assert only(inside(one), INTEGER, "it").encoded == one
    for parts in ((), (one, one), (wrapped(b"", OCTETS),)):
        with pytest.raises(Flaw, match="structure of it"):
            only(inside(*parts), INTEGER, "it")
