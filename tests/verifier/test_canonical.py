"""What the verifier takes for canonical bytes, quickly or carefully, and why it refuses others."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from verifier.canonical import (
    Flaw,
    canonical,
    decode_base64,
    decode_salt,
    find_flaw,
    is_hash,
    is_instant,
    is_plain,
    is_shallow,
    opening,
    pae,
    parse,
    rewrite,
    utf16,
    write_plain,
)

OUT_OF_RANGE = ("整数超出可用范围", "an integer is out of range")
TOO_DEEP = ("内容嵌套过深", "the content is nested too deeply")
NO_FRACTION = ("记录中不允许小数", "fractions are not allowed in records")
NO_JSON = ("内容不是有效的 JSON", "the content is not valid JSON")
NO_TEXT = ("内容不是 UTF-8 文本", "the content is not UTF-8 text")
NOT_CANONICAL = ("内容不是规范写法(RFC 8785)", "the content is not canonical (RFC 8785)")
NOT_NFC = ("文字不是 NFC 规范形式", "the text is not in Unicode NFC")
BROKEN = ("文字含有换行或制表符", "the text holds a line feed or a tab")


def forbidden(character: str) -> tuple[str, str]:
    code = f"U+{ord(character):04X}"
    return f"文字含有不允许的字符 {code}", f"the text holds the forbidden character {code}"


def refused(data: bytes) -> tuple[str, str]:
    with pytest.raises(Flaw) as caught:
        parse(data)
    assert caught.value.field == ""
    return caught.value.zh, caught.value.en


def nested(depth: int, inner: bytes = b"0", *, is_object: bool = False) -> bytes:
    """A value so many objects or lists deep, and one more."""
    head, tail = (b'{"a":', b"}") if is_object else (b"[", b"]")
    return head * depth + inner + tail * depth


# -- values -----------------------------------------------------------------------------

VALUES: tuple[tuple[bytes, Any], ...] = (
    (b"null", None),
    (b"true", True),
    (b"false", False),
    (b"0", 0),
    (b"-1", -1),
    (b"9007199254740991", 9007199254740991),
    (b"-9007199254740991", -9007199254740991),
    (b'""', ""),
    (b'"x"', "x"),
    (b'"a\\n\\t\\"\\\\b/"', 'a\n\t"\\b/'),
    ('"中文é\u00a0\u2027\u202f\u2065\u206a"'.encode(), "中文é\u00a0\u2027\u202f\u2065\u206a"),
    ('"😀"'.encode(), "😀"),
    (b"[]", []),
    (b"{}", {}),
    (b"[[],{},[1,[2,3]],null]", [[], {}, [1, [2, 3]], None]),
    (b'{"a":{"b":[]},"b":"x","c":1}', {"a": {"b": []}, "b": "x", "c": 1}),
    ('{"\U00020bb7":1,"\uff08":2}'.encode(), {"\uff08": 2, "\U00020bb7": 1}),
    ('["😀",{"a":[true,false,null,-5]}]'.encode(), ["😀", {"a": [True, False, None, -5]}]),
)


@pytest.mark.parametrize(("data", "value"), VALUES, ids=lambda one: repr(one)[:24])
def test_a_value_is_read_and_written(data: bytes, value: Any) -> None:
    found = parse(data)
    assert (found, type(found)) == (value, type(value))
    assert canonical(value) == data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff", NO_TEXT),
        (b'"\xed\xa0\x80"', NO_TEXT),
        (b"", NO_JSON),
        (b"{", NO_JSON),
        (b"01", NO_JSON),
        (b"[1,]", NO_JSON),
        (b'"a', NO_JSON),
        (b'"\t"', NO_JSON),
        (b"1 2", NO_JSON),
        (b"1.0", NO_FRACTION),
        (b"1e3", NO_FRACTION),
        (b"NaN", NO_FRACTION),
        (b"-Infinity", NO_FRACTION),
        (b"9007199254740992", OUT_OF_RANGE),
        (b"-9007199254740992", OUT_OF_RANGE),
        (b"[%b]" % (b"1" * 5000), OUT_OF_RANGE),
        (b"[" * 100_000, TOO_DEEP),
        (b" 1", NOT_CANONICAL),
        (b"1\n", NOT_CANONICAL),
        (b"-0", NOT_CANONICAL),
        (b'{"b":1,"a":2}', NOT_CANONICAL),
        (b'{"a":1,"a":1}', NOT_CANONICAL),
        (b'{"a": 1}', NOT_CANONICAL),
        (b"[1, 2]", NOT_CANONICAL),
        (b'"\\u0041"', NOT_CANONICAL),
        (b'"\\/"', NOT_CANONICAL),
        (b'"\\u4e2d"', NOT_CANONICAL),
        ('{"\uff08":2,"\U00020bb7":1}'.encode(), NOT_CANONICAL),
        ('["😀", 1]'.encode(), NOT_CANONICAL),
        (b'"\\u0000"', forbidden("\0")),
        (b'"\\r"', forbidden("\r")),
        (b'"\x7f"', forbidden("\x7f")),
        ('"\u202e"'.encode(), forbidden("\u202e")),
        (b'"\\ud800"', forbidden("\ud800")),
        ('"e\u0301"'.encode(), NOT_NFC),
        ('{"e\u0301":1}'.encode(), NOT_NFC),
        ('{"\u202e":1}'.encode(), forbidden("\u202e")),
    ],
)
def test_any_other_spelling_is_refused(data: bytes, said: tuple[str, str]) -> None:
    assert refused(data) == said


@pytest.mark.parametrize("inner", [b"0", b"[]", b"{}", b'""', '"😀"'.encode(), b"[[],[]]"])
@pytest.mark.parametrize("is_object", [False, True])
def test_how_deep_values_may_be_nested(inner: bytes, is_object: bool) -> None:
    own = 2 if inner == b"[[],[]]" else 1  # what stands in a list is one deeper
    deepest = nested(64 - own, inner, is_object=is_object)
    assert canonical(parse(deepest)) == deepest
    assert refused(nested(65 - own, inner, is_object=is_object)) == TOO_DEEP


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.5, "a value of a kind not allowed in records"),
        ((1, 2), "a value of a kind not allowed in records"),
        ([b"x"], "a value of a kind not allowed in records"),
        (2**53, OUT_OF_RANGE[1]),
        (-(2**53), OUT_OF_RANGE[1]),
        ({"a": "\r"}, forbidden("\r")[1]),
        ({"\r": "a"}, forbidden("\r")[1]),
        (["\ud800"], forbidden("\ud800")[1]),
    ],
)
def test_what_has_no_canonical_bytes(value: Any, said: str) -> None:
    with pytest.raises(Flaw) as caught:
        canonical(value)
    assert caught.value.en == said


# -- texts ------------------------------------------------------------------------------

FORBIDDEN = (
    *map(chr, (*range(9), *range(0x0B, 0x20), *range(0x7F, 0xA0))),
    *map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xD800, 0xDBFF, 0xDC00, 0xDFFF)),
)
NEIGHBOURS = " ~\xa0\u2029\u202f\u2065\u206a\ud7ff\ue000x中"


def test_which_characters_a_text_may_hold() -> None:
    for one in FORBIDDEN:
        assert find_flaw(f"a{one}中") == find_flaw(one) == forbidden(one)
        assert find_flaw(one, free=False) == forbidden(one)
    for one in NEIGHBOURS:
        assert find_flaw(f"x{one}x中") is find_flaw(one, free=False) is None
    assert find_flaw("") is None
    assert find_flaw("plain text") is None


def test_only_free_text_has_lines() -> None:
    for one in ("\n", "\t", "a\nb", "中\t"):
        assert find_flaw(one) is None
        assert find_flaw(one, free=False) == BROKEN
    assert find_flaw("\n\r", free=False) == forbidden("\r")
    assert find_flaw("e\u0301\n", free=False) == BROKEN


def test_a_text_is_in_nfc() -> None:
    assert find_flaw("é") is None
    assert find_flaw("e\u0301") == find_flaw("e\u0301", free=False) == NOT_NFC
    assert find_flaw("e\u0301\x7f") == forbidden("\x7f")


# -- what is read quickly ---------------------------------------------------------------


def plain(text: str) -> bool:
    return is_plain(text.encode(), text)


def test_which_texts_are_plain() -> None:
    for one in (
        *(
            "",
            "a",
            '{"a":1}',
            "中文",
            "é",
            "é é",
            "x\u00a0x",
            "\u2027x",
            "\u202fx",
            "\u2065x",
            "\u206ax",
        ),
        *('"\\n"', '"\\t"', '"\\""', '"\\\\"', '"\\\\u0041"', '"\\\\\\n"', '"\\\\r"', "~ x"),
        *("\ue000", "\uffff", "\ud7ff"),
    ):
        assert plain(one) is True
    for one in (
        *map(chr, (*range(0x20), *range(0x7F, 0xA0))),
        *map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
        *("\U00010000", "\U0003ffff", "\U00040000", "\U0010ffff"),
        *('"\\r"', '"\\b"', '"\\u0041"', '"\\/"', '"\\\\\\u0041"', '"\\n\\f"'),
        *("e\u0301", "\u0344"),
    ):
        assert plain(one) is plain(f"x{one}x中") is False


def test_no_letter_is_plain_that_is_forbidden_or_that_nfc_would_change() -> None:
    """Every letter of the first plane, alone and behind a Latin, a Korean and a Chinese one."""
    for number in (*range(0xD800), *range(0xE000, 0x10000)):
        for before in ("", "e", "가", "中"):
            text = before + chr(number)
            if plain(text):
                assert find_flaw(text, free=False) is None, hex(number)


def test_every_ideograph_and_its_punctuation_is_plain() -> None:
    several = (range(0x4E00, 0xA000), range(0x3000, 0x3020), range(0xFF01, 0xFF5E))
    for letters in (*several, range(0x2010, 0x2028), (0xB7,)):
        assert plain("".join(map(chr, letters)))
    for letter in ("\u302a", "\u3099", "\ufeff\u0301", "\u2028", "\u00b8", "\uff5f"):
        text = f"中{letter}文"
        assert plain(text) is (find_flaw(text) is None)


LIMIT = 63
BRACKETS = b"[" * 70
SHALLOW = (
    b"0",
    nested(LIMIT),
    nested(LIMIT, is_object=True),
    nested(LIMIT - 1, b"[],[]"),
    b"[%b]" % b",".join([b"[]"] * 100),
    b"[%b]" % b",".join([b'{"a":{}}'] * 100),
    b'["%b"]' % BRACKETS,
    b'["]%b"]' % BRACKETS,
    b'["","%b",""]' % BRACKETS,
    b'["\\"%b"]' % BRACKETS,
    b'["\\\\","%b"]' % BRACKETS,
    b'["\\\\\\"%b","\\\\"]' % BRACKETS,
    b'{"%b":"\\\\\\\\","\\"":"]"}' % BRACKETS,
    b'["%b"]' % (b"{" * 70),
    b'["a","b%b"]' % BRACKETS,
)
DEEP = (
    nested(LIMIT + 1),
    nested(LIMIT + 1, is_object=True),
    nested(32, nested(32, is_object=True)),
    nested(LIMIT, b"[],[]"),
    nested(LIMIT, b'"a",{},"\\""'),
    nested(LIMIT, b'"\\\\",[]'),
    nested(LIMIT, b'"]]]]",{}'),
    nested(200),
)


@pytest.mark.parametrize("data", SHALLOW, ids=lambda data: repr(data[:20]))
def test_what_is_not_deep_is_known_to_be_shallow(data: bytes) -> None:
    assert json.loads(data) is not None
    assert is_shallow(data) is True


@pytest.mark.parametrize("data", DEEP, ids=lambda data: repr(data[-20:]))
def test_what_is_deep_is_never_taken_for_shallow(data: bytes) -> None:
    assert json.loads(data) is not None
    assert is_shallow(data) is False


def test_a_part_of_what_was_read_is_written_as_it_was() -> None:
    value = {"b": [1, True, None], "a": "中\n"}
    assert write_plain(value) == '{"a":"中\\n","b":[1,true,null]}'
    assert rewrite(value) == write_plain(value).encode()


# -- the other primitives ---------------------------------------------------------------


def test_what_is_signed() -> None:
    assert pae("中", b"x y") == "DSSEv1 3 中 3 x y".encode()
    assert pae("", b"") == b"DSSEv1 0  0 "
    assert utf16("a\ud800") == b"\0a\xd8\x00"


def test_a_commitment_is_to_salt_path_and_value() -> None:
    salt = base64.urlsafe_b64encode(bytes(range(16))).rstrip(b"=").decode()
    wanted = f'["{salt}","form/\\"中",{{"a":1}}]'.encode()
    assert opening(salt, 'form/"中', b'{"a":1}') == wanted


@pytest.mark.parametrize(
    ("text", "data"),
    [("", b""), ("AA==", b"\0"), ("AAA=", b"\0\0"), ("+/8=", b"\xfb\xff"), ("AAAA", bytes(3))],
)
def test_base64_has_one_spelling(text: str, data: bytes) -> None:
    assert decode_base64(text) == data
    for wrong in (f"{text} ", f"{text}\n", f"{text}=", f"{text}A", f"{text}中", f"-{text[1:]}"):
        with pytest.raises(Flaw, match="not canonical base64"):
            decode_base64(wrong)


def test_bits_behind_the_end_are_another_spelling() -> None:
    for wrong in ("AB==", "AAB=", "AA", "A===", "AA==AA=="):
        with pytest.raises(Flaw, match="not canonical base64"):
            decode_base64(wrong)


def test_a_salt_has_16_bytes_and_one_spelling() -> None:
    for data in (bytes(16), b"\xff" * 16, b"\xfb\xef\xbe" * 5 + b"\x3e"):
        assert decode_salt(base64.urlsafe_b64encode(data).rstrip(b"=").decode()) == data
    good = "A" * 22
    assert decode_salt(good) == bytes(16)
    for wrong in (
        *("", "A" * 20, "A" * 21, "A" * 23, "A" * 24, "A" * 21 + "B", f"{good}==", f"{good}\n"),
        *("+" + good[1:], "/" + good[1:], "中" + good[1:], " " + good[1:]),
    ):
        with pytest.raises(Flaw, match="a salt is 16 bytes in base64url"):
            decode_salt(wrong)


def test_a_moment_has_three_decimals_and_is_a_day_there_is() -> None:
    good = "2026-10-12T01:30:59.123Z"
    assert is_instant(good)
    assert is_instant("2024-02-29T23:59:59.999Z")
    for wrong in (
        *("", good[:-1], good + "Z", good.lower(), good.replace("T", " "), good + "\n"),
        *(good.replace(".123", ""), good.replace("123", "12"), good.replace("123", "1234")),
        *(good.replace("Z", "+00:00"), "2026-02-29T01:30:59.123Z", "2026-10-12T25:30:59.123Z"),
        *("2026-13-12T01:30:59.123Z", "2026-10-12T01:60:59.123Z", "0000-10-12T01:30:59.123Z"),
        *("26-10-12T01:30:59.123Z", good.replace("2", "２"), good.replace(".", ",")),
    ):
        assert is_instant(wrong) is False


def test_a_digest_is_64_hex_digits() -> None:
    good = "0123456789abcdef" * 4
    assert is_hash(good)
    for wrong in (
        good[1:],
        good + "0",
        good.upper(),
        good[:-1] + "g",
        good + "\n",
        None,
        5,
        [good],
    ):
        assert not is_hash(wrong)
