"""Records and bodies in their everyday spelling: which are read at once, and which are left.

What is left is read the exact way, which alone tells what is wrong with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import string
from itertools import product
from typing import Any

import pytest

from tests.verifier.bodies import (
    BARE,
    FULL,
    LATER,
    READ_BARE,
    READ_FULL,
    WRONG,
    changed,
    digest,
    fields,
    without,
)
from tests.verifier.parts import AT, KEY, Row
from verifier.canonical import canonical
from verifier.quick import (
    _BODY,
    _RECORD,
    _bare,
    _decode,
    _or_null,
    _read_commits,
    _several,
    an_object,
    read_body,
    read_record,
)
from verifier.records import RECORD_V2, Body, Record, load_body
from verifier.suites import SHA256_ED25519, SM3_SM2

BIG = 99_999_999_999_999  # 14 digits


def read(row: Row) -> Body | None:
    return read_body(canonical(row), SHA256_ED25519)


def is_read(row: Row) -> bool:
    """Whether a body is read at once; if so, as it is read the exact way."""
    found = read(row)
    return found is not None and found == load_body(canonical(row), SHA256_ED25519)


# -- bodies -----------------------------------------------------------------------------


def test_a_body_is_read_field_by_field() -> None:
    assert read(FULL) == READ_FULL
    assert read(BARE) == READ_BARE


TEXTS = (one for one in WRONG["text"][1] if one != "tz")


@pytest.mark.parametrize("path", [*TEXTS, "facts", "form", "heads", "move.to"])
def test_a_text_holds_what_needs_no_escape(path: str) -> None:
    def row(text: str) -> Row:
        maps = {"facts": digest(1), "form": digest(1)}
        value: Any = {text: maps[path]} if path in maps else text
        value = [text, "x"] if path == "move.to" else value
        if path == "heads":
            value = {f"case/{text}": FULL["org"]}
        elif path == "stream":
            value = f"case/{text}"
        made = changed(FULL, path, "f" * 32 if path == "nonce" else value)
        return made | {"typ": "refusal", "meaning": "none"} if path == "code" else made

    assert all(is_read(row(one)) for one in ("x", "，}]:{[ 中文", "null", "a" * 300))
    assert is_read(row("")) == (path not in ("stream", "heads"))
    if path != "nonce":
        assert not any(is_read(row(one)) for one in ('"', "\\", "\U00020bb7", "\U0001f600"))


@pytest.mark.parametrize("name", ["org", "keys", "defs", "sys", "case/1", "stock/P001", "case//"])
def test_the_names_of_streams_are_read(name: str) -> None:
    assert is_read(FULL | {"stream": name, "typ": "system", "meaning": "none"})
    assert is_read(FULL | {"heads": {name: FULL["org"]}})
    for other in (f"x{name}", "orgs", "case/", "stock/", "Case/1", "key"):
        assert read(FULL | {"stream": other}) is None
        assert read(FULL | {"heads": {other: FULL["org"]}}) is None


@pytest.mark.parametrize(
    "path", ["def", "case", "task", "move", "actor.for", "org", "keys", "comment"]
)
def test_what_may_be_null(path: str) -> None:
    assert is_read(changed(FULL, path, None))
    assert is_read(changed(BARE, path, FULL["actor"]["for"] if "." in path else FULL[path]))


@pytest.mark.parametrize("path", ["events", "att", "move.from", "move.to"])
def test_lists_are_of_any_length(path: str) -> None:
    one: Any = {"events": digest(30), "att": FULL["att"][1]}.get(path, "一")
    assert all(is_read(changed(FULL, path, [one] * count)) for count in (0, 1, 2, 3, 30))


@pytest.mark.parametrize("path", ["facts", "form", "heads"])
def test_maps_are_of_any_length_in_order(path: str) -> None:
    one = FULL["org"] if path == "heads" else digest(30)
    for count in (0, 1, 2, 3, 30):
        assert is_read(changed(FULL, path, {f"case/{n:02}": one for n in range(count)}))
    data = canonical(BARE | {path: {"a": one, "b": one}})
    for wrong in (data.replace(b'"b":', b'"a":'), data.replace(b'"b":', b'"A":')):
        assert wrong != data
        assert read_body(wrong, SHA256_ED25519) is None


@pytest.mark.parametrize("path", WRONG["count"][1])
def test_numbers_have_up_to_14_digits(path: str) -> None:
    for one in (0, 1, 9, 10, BIG):
        assert is_read(changed(FULL, path, one)) == (path != "seq" or one > 0)
    assert read(changed(FULL, path, BIG + 1)) is None
    data = canonical(changed(FULL, path, 7654321))
    for wrong in (b"07654321", b"7654321.0", b"+7654321", b"7e9", b" 7654321"):
        assert read_body(data.replace(b"7654321", wrong), SHA256_ED25519) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [(path, value) for values, paths in WRONG.values() for path in paths for value in values],
)
def test_a_field_of_another_kind_is_left(path: str, value: Any) -> None:
    assert read(changed(FULL, path, value)) is None


@pytest.mark.parametrize("path", WRONG["hash"][1])
def test_a_hash_has_no_letter_but_those_of_hex_digits(path: str) -> None:
    for letter in set(string.ascii_letters + string.punctuation + " 字") - set('abcdef"\\'):
        for wrong in (letter + "0" * 63, "0" * 63 + letter):
            assert read(changed(FULL, path, wrong)) is None, letter


def test_a_body_with_other_fields_is_left() -> None:
    for path in fields(FULL):
        assert read(without(FULL, path)) is None
        above = path.rpartition(".")[0]
        assert read(changed(FULL, f"{above}.more" if above else "more", None)) is None


@pytest.mark.parametrize(
    "changes",
    [
        *({"v": one} for one in (1, 22, True, "2")),
        *({"nonce": one} for one in ("f" * 31, "f" * 33, "F" * 32)),
        *({"happened": LATER}, {"code": "E_NO"}, {"way": "system"}, {"way": "paper"}),
        *({"typ": "refusal"}, {"typ": "system", "meaning": "approval"}),
        *({"time": "2026-02-30T01:30:00.000Z"}, {"happened": "2025-02-30T01:30:00.000Z"}),
    ],
)
def test_a_body_that_breaks_a_rule_is_left(changes: Row) -> None:
    assert read(BARE | changes) is None


def test_a_body_of_another_suite_is_left() -> None:
    data = canonical(BARE | {"suite": "sm3-sm2"})
    assert read_body(data, SHA256_ED25519) is None
    assert read_body(data, SM3_SM2) == READ_BARE


@pytest.mark.parametrize(
    "wrong", [b"e\xcc\x81", b"\xe2\x80\xae", b"\x7f", b"\x00", b"\n", b"\t", b"\xff", b"\\n"]
)
def test_a_text_with_anything_unusual_is_left(wrong: bytes) -> None:
    data = canonical(BARE | {"act": "here"})
    assert read_body(data, SHA256_ED25519) is not None
    assert read_body(data.replace(b"here", wrong), SHA256_ED25519) is None


def test_another_spelling_is_left() -> None:
    data = canonical(FULL)
    for wrong in (data + b"\n", b" " + data, data + data, data.replace(b",", b", "), b"", b"[]"):
        assert read_body(wrong, SHA256_ED25519) is None
    tail = b',"way":"paper"}'
    other = b'{"way":"paper",' + data.removesuffix(tail)[1:] + b"}"
    assert read_body(other, SHA256_ED25519) is None


def test_a_body_has_at_most_64_kib() -> None:
    room = 65536 - len(canonical(BARE))
    assert is_read(BARE | {"act": "a" * room})
    assert read(BARE | {"act": "a" * (room + 1)}) is None


# -- records ----------------------------------------------------------------------------

SEALED: Row = {"body": "e30=", "key": KEY, "sig": "+/8=", "srv": {"at": AT, "pt": RECORD_V2}}


def line(index: Any = 5, /, **changes: Any) -> bytes:
    return canonical({"index": index, "record": SEALED | changes})


def record(data: bytes) -> Record | None:
    return read_record(data, SHA256_ED25519)


def test_a_record_is_read_with_its_digest() -> None:
    wanted = Record(
        index=5,
        body=b"{}",
        key=KEY,
        sig=b"\xfb\xff",
        received_at=AT,
        payload_type=RECORD_V2,
        digest=hashlib.sha256(b"\0" + canonical(SEALED)).hexdigest(),
    )
    assert record(line()) == wanted
    other = read_record(line(), SM3_SM2)
    assert other is not None
    assert other.digest == SM3_SM2.digest(b"\0" + canonical(SEALED))


def test_a_record_is_of_any_place_body_and_signature() -> None:
    for index in (0, 1, 10, BIG):
        found = record(line(index))
        assert found is not None
        assert found.index == index
    for text, data in (("", b""), ("AA==", b"\0"), ("AAAA", b"\0\0\0"), ("+/8=", b"\xfb\xff")):
        found = record(line(body=text, sig=text, srv={"at": "", "pt": ""}))
        assert found is not None
        assert (found.body, found.sig, found.received_at) == (data, data, "")


@pytest.mark.parametrize("name", ["body", "sig"])
@pytest.mark.parametrize("text", ["AB==", "AA=", "AA", "A", "AA==AA==", "A A=", "A-A=", "=", "中"])
def test_base64_in_another_spelling_is_left(name: str, text: str) -> None:
    assert record(line(**{name: text})) is None


def test_a_short_text_is_read_if_it_is_the_one_spelling_of_its_bytes() -> None:
    """Every text of up to five letters of each kind, on its own and at the end of a longer one."""
    for count in range(6):
        for letters in product("AQg/+=-_ \n", repeat=count):
            text = "".join(letters)
            try:
                data = base64.b64decode(text)
                is_right = base64.b64encode(data).decode() == text
            except binascii.Error:
                is_right = False
            for before in ("", "AAAA"):
                assert (_decode(f"{before}{text}".encode()) is not None) is is_right, text


def test_a_record_has_more_events_than_most() -> None:
    for count in (1, 63, 64, 65, 100):
        hashes = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(count)]
        found = _read_commits(",".join(map('"{}"'.format, hashes)), "", "", "", None)
        assert found == {f"event/{n}": one for n, one in enumerate(hashes)}


@pytest.mark.parametrize(
    "data",
    [
        *(line(one) for one in (-1, BIG + 1, "5", True, None)),
        *(line(key=one) for one in ("", "AB" * 32, "ab" * 31, 5, None)),
        *(line(sig=one) for one in (5, None)),
        *(line(body=one) for one in (5, None)),
        *(line(srv={"at": one, "pt": RECORD_V2}) for one in (5, None, "yesterday", '"', "\\")),
        *(line(srv={"at": AT, "pt": one}) for one in (5, None, "APPLICATION", '"', "中")),
        *(line(srv=one) for one in ({}, {"at": AT}, {"at": AT, "pt": "", "x": 1}, None)),
        *(line(more=1), b"", b"[]", line() + b"\n", b" " + line(), line() + line()),
        *(line().replace(b"5", b"05", 1), line().replace(b",", b", "), line()[:-1]),
        *(canonical(SEALED), canonical({"index": 5, "record": SEALED, "x": 1})),
        canonical({"index": 5}),
    ],
)
def test_any_other_line_is_left(data: bytes) -> None:
    assert record(data) is None


# -- patterns ---------------------------------------------------------------------------


def test_the_pattern_of_an_object_has_its_fields_in_order() -> None:
    assert an_object({"b": "1", "a": "(x*)"}) == r'\{"a":(x*),"b":1\}'
    assert an_object({}) == r"\{\}"


def test_what_may_be_null_has_no_group_of_its_own() -> None:
    pattern = re.compile(_or_null('"(x*)"'))
    found = [pattern.fullmatch(one) for one in ("null", '"xx"', "", "xx", "nullnull")]
    assert [one and one.groups() for one in found] == [(None,), ("xx",), None, None, None]


def test_no_group_is_possessive() -> None:
    """Python 3.11.0 to 3.11.4 match one wrongly: a comma with nothing behind it would go by."""
    for pattern in (_BODY.pattern, _RECORD.pattern.decode()):
        assert not re.search(r"\)[*+?]\+", pattern)


def test_several_are_one_group() -> None:
    pattern = re.compile(_several("(x+)(y)", "[", "]"))
    texts = ("[]", "[xy]", "[xy,xxy]", "[xy,xy,xy]", "xy", "[xy,]", "[,xy]", "[xyxy]", "{xy}")
    found = [pattern.fullmatch(one) for one in texts]
    assert [one and one.groups() for one in found[:4]] == [
        *(("",), ("xy",), ("xy,xxy",), ("xy,xy,xy",))
    ]
    assert found[4:] == [None] * 5
    assert _bare("(x+)(y)") == "(?:x+)(?:y)"
