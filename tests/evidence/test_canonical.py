from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EvidenceError
from engine.evidence.canonical import (
    DEEPEST,
    canonical,
    commitment,
    decode_base64,
    encode_base64,
    is_instant,
    pae,
    parse,
)

SALT = bytes(16)


def signable(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


texts = st.text(
    st.characters(
        blacklist_categories=("Cc", "Cs"),
        blacklist_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ),
    max_size=12,
).filter(signable)
whole = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | whole | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_every_value_has_one_spelling_that_reads_back(value: object) -> None:
    data = canonical(value)  # type: ignore[arg-type]
    assert parse(data) == value
    assert json.loads(data) == value


EVERYDAY = (
    b'{"a":[1,-2,true,null,""],"b":{"x":{}}}',
    '["林岚(综合协调科)","同意。——“急”…·","1 ~ 2 <a href=\'/\'>"]'.encode(),
    b"[" + b",".join([b"{}"] * (DEEPEST - 2)) + b"]",
)
SPOILT = ("\u00e9", "e\u0301", "\u202e", "\u200b", "\x7f", "\u302a", "\U00020bb7", "\\n", "\\u4e00")


@pytest.mark.parametrize("data", EVERYDAY)
def test_everyday_texts_are_not_written_letter_by_letter(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = parse(data)
    assert canonical(value) == data
    monkeypatch.setattr("engine.evidence.canonical.canonical", lambda _: b"")
    assert parse(data) == value


@given(
    st.lists(st.sampled_from([*'[]{}:,"\\ 1a中(', *SPOILT, '"a"', "true", "-0", "1.0"]), max_size=9)
)
def test_quickly_or_letter_by_letter_a_text_is_read_the_same(parts: list[str]) -> None:
    text = "".join(parts)
    for data in (text.encode(), json.dumps([text], ensure_ascii=False).encode()):
        quickly = outcome(data)
        with patch("engine.evidence.canonical._is_everyday_canonical", lambda *_: False):
            assert outcome(data) == quickly


def outcome(data: bytes) -> str:
    """What a text is read as, or why it is not."""
    try:
        return repr(parse(data))
    except EvidenceError as error:
        return str(error)


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**40])
def test_a_number_out_of_range_is_named(number: int) -> None:
    said = f"整数超出可用范围:{hex(number)}"
    for attempt in (lambda: parse(b"[%d]" % number), lambda: canonical([number])):
        with pytest.raises(EvidenceError) as caught:
            attempt()
        assert str(caught.value) == said


def test_keys_sort_by_utf16_units_not_by_code_points() -> None:
    wide, rare = "\uff08", "\U00020bb7"
    assert canonical({wide: 1, rare: 2}) == f'{{"{rare}":2,"{wide}":1}}'.encode()


def test_spelling_of_rfc_8785() -> None:
    value = {"b": [True, False, None, -5, 0], "a": 'tab\tline\n"\\/中', "": {}}
    assert canonical(value) == (
        '{"":{},"a":"tab\\tline\\n\\"\\\\/中","b":[true,false,null,-5,0]}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        2**53,
        -(2**53),
        1.5,
        float("nan"),
        "e\u0301",
        "\uf9e4",  # changes under NFC
        "a\u202eb",
        "\u2066x",
        "\x00",
        "\x7f",
        "\x85",
        "\r\n",
        "\ud800",
        {"e\u0301": 1},
        {"\ud800": 1},
        {1: "a"},
        {"a": {1, 2}},
        b"bytes",
        pytest.param(10**5000, id="huge"),
    ],
)
def test_what_cannot_be_signed_is_refused(value: object) -> None:
    with pytest.raises(EvidenceError):
        canonical(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b"[1.0]",
        b"[1e3]",
        b"[1e400]",
        b"[-0]",
        b"[-0.0]",
        b"[01]",
        b"[NaN]",
        b"[Infinity]",
        b"[9007199254740992]",
        pytest.param(b"[" + b"9" * 5000 + b"]", id="huge"),
        b'["\\u4e2d"]',
        b'["\\/"]',
        b'["\\ud800"]',
        b'["\xff"]',
        b'\xef\xbb\xbf["a"]',
        b'["a"]\n',
        b' ["a"]',
        b'["a",]',
        b"[",
        b"",
        '"e\u0301"'.encode(),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="bomb"),
        pytest.param(b"[" * 65 + b"]" * 65, id="deep"),
    ],
)
def test_any_other_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse(data)


@pytest.mark.parametrize(
    ("data", "why"), [(b'{"a":1,"a":2}', "两次"), (b"[1.5]", "小数"), (b"[NaN]", "小数")]
)
def test_why_a_spelling_is_refused_is_said(data: bytes, why: str) -> None:
    with pytest.raises(EvidenceError, match=why):
        parse(data)


def test_the_largest_and_the_smallest_number_can_be_signed() -> None:
    for number in (2**53 - 1, 1 - 2**53):
        assert parse(canonical([number])) == [number]


@pytest.mark.parametrize("around", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_what_is_nested_too_deep_is_refused_and_nothing_else(
    around: Callable[[object], object],
) -> None:
    value: object = 1
    for _ in range(DEEPEST - 1):
        value = around(value)
    assert parse(canonical(value)) == value  # type: ignore[arg-type]
    with pytest.raises(EvidenceError, match="过深"):
        canonical(around(value))  # type: ignore[arg-type]


def test_a_commitment_depends_on_salt_path_and_value() -> None:
    known = commitment(SALT, "数量", "10")
    others = {
        commitment(b"\x01" + SALT[1:], "数量", "10"),
        commitment(SALT, "金额", "10"),
        commitment(SALT, "数量", "11"),
        commitment(SALT, "数量", 10),
        commitment(SALT, "数量", ["10"]),
    }
    assert len(others) == 5
    assert known not in others


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(EvidenceError, match="16"):
        commitment(b"short", "数量", "10")


@pytest.mark.parametrize("text", ["AA", "AA=", "AB==", "A A=", "AA==\n", "_w==", "é"])
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(EvidenceError):
        decode_base64(text)


@given(st.binary(max_size=40))
def test_base64_reads_back(data: bytes) -> None:
    assert decode_base64(encode_base64(data)) == data


def test_pae_separates_type_from_body() -> None:
    assert pae("a b", b"c") == b"DSSEv1 3 a b 1 c"
    assert pae("a", b"b 1 c") != pae("a 5 b", b"c")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("2026-11-02T01:30:00.000Z", True),
        ("2026-02-30T01:30:00.000Z", False),
        ("2026-11-02T25:30:00.000Z", False),
        ("2026-11-02T01:30:00Z", False),
        ("2026-11-02T01:30:00.000+00:00", False),
        ("2026-11-02 01:30:00.000Z", False),
        ("2026-11-02T01:30:00.000Z\n", False),
        ("２026-11-02T01:30:00.000Z", False),
    ],
)
def test_a_time_has_one_spelling(text: str, known: bool) -> None:
    assert is_instant(text) is known
