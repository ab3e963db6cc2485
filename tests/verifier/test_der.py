"""Single values in DER: one spelling each, at the edges of what is allowed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from verifier.canonical import Flaw
from verifier.der import (
    BITS,
    BOOLEAN,
    GENERAL_TIME,
    INTEGER,
    UTC_TIME,
    Element,
    bits,
    boolean,
    instant,
    integer,
)


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
