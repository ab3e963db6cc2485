"""Disclosures line by line and many at once: what they open, and what is told where they do not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import pytest

from tests.verifier.parts import Row
from verifier.canonical import canonical
from verifier.disclosures import TOGETHER, Disclosure, load_disclosures, read_together
from verifier.suites import SHA256_ED25519, SM3_SM2

SALT = "AbCdEfGhIjKlMnOpQr-_5w"
FIRST: Row = {"path": "event/0", "salt": SALT, "seq": 3, "stream": "case/1", "value": {"a": 1}}
NAMELESS = ("明细的字段不对", "the fields of the disclosure are wrong")
DISORDER = ("明细没有按次序排列", "disclosures are not in order")
WRONG = b"{}"
Told = list[tuple[str, str, str]]
Found = dict[tuple[str, int], tuple[Disclosure, ...]]


def line(**changes: Any) -> bytes:
    return canonical(FIRST | changes)


def load(lines: Iterable[bytes]) -> tuple[Found, Told]:
    """What lines come to, and what is told of them by their number."""
    told: Told = []

    def tell(place: str, zh: str, en: str) -> None:
        name, number = place.split(":")
        assert name == "disclosures.jsonl"
        told.append((number, zh, en))

    return load_disclosures(list(lines), SHA256_ED25519, tell), told


def together(*lines: bytes) -> list[tuple[str, int, Disclosure]] | None:
    return read_together(lines, SHA256_ED25519, {})


def opened(path: str, value: Any) -> Disclosure:
    commit = hashlib.sha256(canonical([SALT, path, value])).hexdigest()
    return Disclosure(path=path, commit=commit, value=value)


def test_lines_are_read_by_stream_and_place() -> None:
    lines = [
        line(path="comment", value="一"),
        line(),
        line(seq=10, value=[]),
        line(stream="keys", seq=0, value=None),
    ]
    several: Found = {
        ("case/1", 3): (opened("comment", "一"), opened("event/0", {"a": 1})),
        ("case/1", 10): (opened("event/0", []),),
        ("keys", 0): (opened("event/0", None),),
    }
    assert load(lines) == (several, [])
    assert load([*lines, WRONG]) == (several, [("5", *NAMELESS)])
    assert load([]) == ({}, [])
    assert together(*lines) == [
        (*place, one) for place, disclosures in several.items() for one in disclosures
    ]


def test_a_commitment_is_of_the_suite_of_the_store() -> None:
    wanted = SM3_SM2.digest(canonical([SALT, "event/0", {"a": 1}]))
    for lines in ([line()], [WRONG, line()]):
        found = load_disclosures(lines, SM3_SM2, lambda *_: None)
        assert found["case/1", 3][0].commit == wanted


VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**53 - 1, "", "null", "，]}", "a" * 300, [], {}, [[]], [{}]),
    *([1, "a", None], {"": {}}, {"a": {"b": [1]}, "b": 2}, {"value": 1}, '"', "\\", "a\nb\t"),
)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_of_any_kind_alone_and_together(value: Any) -> None:
    one, other = line(value=value), line(path="form/x", value=value)
    wanted: Found = {("case/1", 3): (opened("event/0", value), opened("form/x", value))}
    assert load([one, other]) == (wanted, [])
    assert load([one, other, WRONG]) == (wanted, [("3", *NAMELESS)])
    assert together(one, other) is not None
    assert together(one) == [("case/1", 3, opened("event/0", value))]


@pytest.mark.parametrize("name", ["path", "stream"])
@pytest.mark.parametrize("text", ["", '"', "\\", "\U0001f600", "乙/丙", "a\nb"])
def test_names_are_any_texts(name: str, text: str) -> None:
    found, told = load([line(**{name: text})])
    path, stream = (text, "case/1") if name == "path" else ("event/0", text)
    assert (found, told) == ({(stream, 3): (opened(path, {"a": 1}),)}, [])


@pytest.mark.parametrize(
    "data",
    [
        *(b"{}", b"[]", b"null", line(more=1), line(seq=-1), line(seq=True), line(seq="3")),
        *(line(seq=None), line(path=5), line(salt=5), line(stream=None)),
        *(canonical({name: one for name, one in FIRST.items() if name != gone}) for gone in FIRST),
    ],
)
def test_a_line_with_other_fields_is_told(data: bytes) -> None:
    assert load([line(), data, line()]) == (
        {("case/1", 3): (opened("event/0", {"a": 1}),) * 2},
        [("2", *NAMELESS)],
    )
    assert together(line(), data) is None


@pytest.mark.parametrize(
    "salt", ["", SALT[:-1], SALT + "A", SALT[:-1] + "x", SALT.replace("-", "+"), f"{SALT}=="]
)
def test_a_salt_has_one_spelling(salt: str) -> None:
    said = ("盐应为 16 字节的 base64url", "a salt is 16 bytes in base64url")
    assert load([line(salt=salt)]) == ({}, [("1", *said)])
    assert together(line(salt=salt)) is None


@pytest.mark.parametrize("last", "AQgw")
def test_a_salt_ends_in_one_of_four_letters(last: str) -> None:
    assert together(line(salt=SALT[:-1] + last)) is not None


SPOILT = {
    b'{"b":1,"a":2}': "the content is not canonical (RFC 8785)",
    b'{"a":1,"a":2}': "the content is not canonical (RFC 8785)",
    b"[1, 2]": "the content is not canonical (RFC 8785)",
    b"-0": "the content is not canonical (RFC 8785)",
    b"1,2": "the content is not valid JSON",
    b"[1": "the content is not valid JSON",
    b"1]": "the content is not valid JSON",
    b"": "the content is not valid JSON",
    b"x": "the content is not valid JSON",
    b"1.5": "fractions are not allowed in records",
    b"9007199254740992": "an integer is out of range",
    b'"\xff"': "the content is not UTF-8 text",
    b'"e\xcc\x81"': "the text is not in Unicode NFC",
    b'"\xe2\x80\xae"': "the text holds the forbidden character U+202E",
    b'"\\u0000"': "the text holds the forbidden character U+0000",
    b"[" * 63 + b"]" * 63: "",
    b"[" * 64 + b"]" * 64: "the content is nested too deeply",
    b"[" * 100_000: "the content is nested too deeply",
}


@pytest.mark.parametrize("spelled", SPOILT, ids=lambda one: str(one[:20]))
def test_a_value_in_another_spelling_is_told(spelled: bytes) -> None:
    data = line().replace(b'{"a":1}', spelled)
    said = SPOILT[spelled]
    assert [en for _, _, en in load([line(), data])[1]] == [said] * bool(said)
    assert together(line(), data) is None


def test_how_deep_a_value_is_nested() -> None:
    for depth in (1, 61, 62):
        assert together(line().replace(b'{"a":1}', b"[" * depth + b"]" * depth)) is not None


def test_what_is_read_together_does_not_run_into_one_another() -> None:
    spelled = (b"[1", b"2],9,9", b"3")
    lines = [line(seq=n).replace(b'{"a":1}', one) for n, one in enumerate(spelled)]
    found, told = load(lines)
    assert found == {("case/1", 2): (opened("event/0", 3),)}
    assert [place for place, _, _ in told] == ["1", "2"]


def test_lines_without_a_pattern_between_others_are_read_by_themselves() -> None:
    assert together(line(), b"", line()) is None
    assert together(line() + b"x") is None
    assert together(b"x" + line()) is None


# -- order ------------------------------------------------------------------------------

# By UTF-16, what is beyond U+FFFF stands before U+FF08; by code point behind it.
PAIRS: tuple[tuple[Row, Row], ...] = (
    ({"path": "event/0"}, {"path": "event/1"}),
    ({"path": "event/10"}, {"path": "event/2"}),
    ({"seq": 9}, {"seq": 10}),
    ({"seq": 9, "path": "b"}, {"seq": 10, "path": "a"}),
    ({"stream": "case/1"}, {"stream": "keys"}),
    ({"stream": "a", "seq": 9}, {"stream": "b", "seq": 1}),
    ({"path": "\U0001f600"}, {"path": "\uff08"}),
    ({"stream": "\U0001f600"}, {"stream": "\uff08"}),
)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_lines_stand_in_order(first: Row, second: Row) -> None:
    one, other = line(**first), line(**second)
    for right in ([one, other], [one, one, other, other]):
        assert load(right)[1] == []
        assert load([*right, WRONG])[1] == [(str(len(right) + 1), *NAMELESS)]
    found, told = load([other, one, other])
    assert told == [("2", *DISORDER)]
    assert sum(map(len, found.values())) == 3
    assert together(other, one) is None


def test_values_that_recur_are_read_once_and_stay_what_they_are() -> None:
    """Some are of one value for Python and of two spellings, or of one spelling in part."""
    several = [True, 1, "1", [1], [True], {"a": 1}, {"a": True}, '{"a":1}', None, "null"]
    values = several * (2 * TOGETHER // len(several)) + several[::-1]
    lines = [line(seq=n, value=value) for n, value in enumerate(values)]
    for spoilt in ([], [WRONG]):
        found, told = load([*lines, *spoilt])
        assert len(told) == len(spoilt)
        for n, value in enumerate(values):
            assert found["case/1", n] == (opened("event/0", value),)
            assert canonical(found["case/1", n][0].value) == canonical(value)


def test_what_is_known_is_not_read_again() -> None:
    known = {'{"a":1}': "kept"}
    (first, other) = read_together([line(), line(seq=4, value=[2])], SHA256_ED25519, known) or ()
    assert (first[2].value, other[2].value) == ("kept", [2])
    assert known == {'{"a":1}': "kept", "[2]": [2]}


def test_what_cannot_be_read_has_no_place_in_the_order() -> None:
    lines = [line(seq=5), WRONG, line(seq=4), line(seq=4), line(seq=5)]
    assert load(lines)[1] == [("2", *NAMELESS), ("3", *DISORDER)]


def test_the_order_goes_on_from_those_read_together_before() -> None:
    many = [line(seq=5)] * TOGETHER
    assert load([*many, line(seq=5), line(seq=6)])[1] == []
    low = str(TOGETHER + 1)
    assert load([*many, line(seq=4), line(seq=4)])[1] == [(low, *DISORDER)]
    assert load([*many, line(seq=4), WRONG])[1][0] == (low, *DISORDER)
    found, told = load([*many, *[WRONG] * TOGETHER, line(seq=4)])
    assert told[-1] == (str(2 * TOGETHER + 1), *DISORDER)
    assert len(told) == TOGETHER + 1
    assert (len(found["case/1", 5]), len(found["case/1", 4])) == (TOGETHER, 1)
