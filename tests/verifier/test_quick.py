"""What is read quickly is read as the exact way reads it, and signatures together as alone."""

from __future__ import annotations

import base64
import binascii
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

import verifier.bundle
import verifier.canonical
import verifier.disclosures
import verifier.ed25519
import verifier.quick
import verifier.reading
from tests.vectors.crafted import craft
from tests.verifier.ground import Ground
from verifier.bundle import read_bundle
from verifier.canonical import Flaw, canonical, parse
from verifier.ed25519 import is_signed, which_are_signed
from verifier.files import Files
from verifier.reading import read_place
from verifier.records import RECORD_V2, Record
from verifier.suites import SHA256_ED25519

SEEDED = 8785
HOSTILE = (
    *(" ", "\\/", "\\u0041", "\\ud800", "\\udfb7", "\\n", "\\t", '\\"', "\\\\", "\\b", "\\"),
    *("\u202e", "\u2066", "\x85", "\x7f", "\0", "\t", "\r", "\u2028", "\ufeff", "\u200d"),
    *("e\u0301", "\u0301", "\uf9e4", "\u212a", "é", "中", "\U00020bb7", "\uff08", "\U0001f600"),
    *("1.0", "1e3", "-0", "01", "NaN", "Infinity", "-", "9007199254740991", "9007199254740992"),
    *("9" * 5000, "[" * 30, "[" * 70 + "]" * 70, '{"a":' * 70 + "1" + "}" * 70),
    *("null", "true", "0", "7", ",", ":", "{", "}", "[", "]", '"', '""', '"a":1,', "[]", "{}"),
    *("A", "Q", "g", "=", "+", "-", "_", "F", "2026-02-30T01:30:00.000Z", "1999", "24:00"),
)
VALUES = ("", 0, -1, 2**53, 1, True, None, [], {}, "x", ["a"], {"seq": 0, "hash": "ab" * 32}, "AB")


@contextmanager
def exactly() -> Iterator[None]:
    """Nothing is read quickly."""
    with (
        patch.object(verifier.canonical, "is_plain", lambda *_: False),
        patch.object(verifier.bundle, "read_record", lambda *_: None),
        patch.object(verifier.disclosures, "read_together", lambda *_: None),
        patch.object(verifier.reading, "read_body", lambda *_: None),
    ):
        yield


def told(call: Callable[..., object], *given: object) -> object:
    """What it comes to, or what is wrong in both languages and where."""
    try:
        return "read", repr(call(*given))  # 1 is not True, nor 0 False
    except Flaw as flaw:
        return "flaw", flaw.zh, flaw.en, flaw.field


def body_of(data: bytes) -> object:
    record = Record(
        index=0, body=data, key="", sig=b"", received_at="", payload_type=RECORD_V2, digest=""
    )
    return read_place(record, SHA256_ED25519)


def records_of(line: bytes) -> object:
    bundle = read_bundle(Files(contents={"records.jsonl": line + b"\n"}))
    return bundle.records, bundle.findings


def disclosures_of(lines: bytes) -> object:
    bundle = read_bundle(Files(contents={"disclosures.jsonl": lines}))
    return bundle.disclosures, bundle.findings


def spoil(text: str, dice: random.Random) -> str:
    """A text with one to three things changed, mostly something hostile put in."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        at = dice.randrange(len(text) + 1)
        until = min(len(text), at + dice.choice((0, 0, 0, 1, 1, 2, 8)))
        text = text[:at] + dice.choice((*HOSTILE, "")) + text[until:]
    return text


def reshape(value: Any, dice: random.Random) -> None:
    """Somewhere inside, a field gone, new, out of order, or of another kind."""
    while isinstance(value, dict) and value:
        name = dice.choice(list(value))
        if isinstance(value[name], dict | list) and value[name] and dice.random() < 0.6:
            value = value[name]
            continue
        match dice.randrange(5):
            case 0:
                del value[name]
            case 1:
                value[dice.choice(HOSTILE)[:9]] = dice.choice(VALUES)
            case 2:
                value[name] = value.pop(name)
            case 3:
                value[name] = dice.choice(HOSTILE)[:40]
            case _:
                value[name] = dice.choice(VALUES)
        return
    if isinstance(value, list):
        value[dice.randrange(len(value))] = dice.choice((*VALUES, "\n"))


def compact(value: object, dice: random.Random) -> str:
    return json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), sort_keys=dice.random() < 0.7
    )


def disordered(body: bytes) -> Iterator[bytes]:
    """The body with the names of one of its maps the other way round, and with one twice."""
    for field in ("facts", "form", "heads"):
        value = json.loads(body)
        value[field] = dict(reversed(value[field].items()))
        yield json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        name, one = b'"%b":{' % field.encode(), b'"0":"%b",' % (b"ab" * 32)
        yield body.replace(name, name + one + one)


def hostile(line: bytes, dice: random.Random) -> bytes:
    if dice.random() < 0.5:
        return spoil(line.decode(), dice).encode("utf-8", "surrogatepass")
    value = json.loads(line)
    reshape(value, dice)
    return compact(value, dice).encode("utf-8", "surrogatepass")


def corpus(ground: Ground, count: int) -> dict[str, tuple[Callable[..., object], list[bytes]]]:
    """Lines, bodies, disclosures and models of an office, as they are and spoilt."""
    dice = random.Random(SEEDED)
    records = ground.files["records.jsonl"].splitlines()
    opened = ground.files["disclosures.jsonl"].splitlines()
    bodies = [base64.b64decode(json.loads(one)["record"]["body"]) for one in records]
    models = sorted((one for name, one in ground.files.items() if name[:7] == "models/"), key=len)

    def several(lines: list[bytes]) -> list[bytes]:
        return lines + [hostile(dice.choice(lines), dice) for _ in range(count)]

    groups: list[bytes] = []
    for _ in range(count):
        start = dice.randrange(len(opened) - 4)
        group = opened[start : start + 4]
        if dice.random() < 0.2:
            dice.shuffle(group)
        elif dice.random() < 0.9:
            group[dice.randrange(4)] = hostile(dice.choice(group), dice)
        groups.append(b"\n".join(group) + b"\n")
    return {
        "records": (records_of, several(records)),
        "bodies": (
            body_of,
            [*several(bodies), *(one for all_ in bodies for one in disordered(all_))],
        ),
        "disclosures": (disclosures_of, [ground.files["disclosures.jsonl"], *groups]),
        "values": (parse, several(models[:6] + opened[:50])),
    }


Judged = dict[str, list[object]]


def judged(given: dict[str, tuple[Callable[..., object], list[bytes]]]) -> Judged:
    return {kind: [told(call, one) for one in data] for kind, (call, data) in given.items()}


@pytest.fixture(scope="module")
def lines(ground: Ground) -> dict[str, tuple[Callable[..., object], list[bytes]]]:
    return corpus(ground, 1500)


@pytest.fixture(scope="module")
def wanted(lines: dict[str, tuple[Callable[..., object], list[bytes]]]) -> Judged:
    with exactly():
        return judged(lines)


def test_every_line_honest_or_hostile_comes_to_the_same(lines: Any, wanted: Judged) -> None:
    found = judged(lines)
    for kind, answers in found.items():
        assert answers == wanted[kind], kind


def test_honest_lines_are_read_quickly(ground: Ground) -> None:
    """Else nothing above says anything: some of the spoilt lines pass too."""
    records = ground.files["records.jsonl"].splitlines()
    read = [verifier.quick.read_record(one, SHA256_ED25519) for one in records]
    bodies = [verifier.quick.read_body(one.body, SHA256_ED25519) for one in read if one is not None]
    assert len(bodies) == len(records)
    assert None not in bodies
    opened = ground.files["disclosures.jsonl"].splitlines()
    assert verifier.disclosures.read_together(opened, SHA256_ED25519, {})


def as_if_plain(*_: object) -> bool:
    return True


def any_base64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return None


WEAKENED = {
    "plain bodies": (verifier.quick, "is_plain", as_if_plain),
    "plain disclosures": (verifier.disclosures, "is_plain", as_if_plain),
    "plain values": (verifier.canonical, "is_plain", as_if_plain),
    "deep values": (verifier.canonical, "is_shallow", as_if_plain),
    "names in order": (verifier.quick, "_is_ascending", as_if_plain),
    "times": (verifier.quick, "is_instant", as_if_plain),
    "rules across fields": (verifier.quick, "require_rules", lambda *_: None),
    "spelling of base64": (verifier.quick, "_decode", any_base64),
    "order of disclosures": (verifier.disclosures, "sorted", list),
}


@pytest.mark.parametrize("name", WEAKENED)
def test_a_control_a_quick_way_that_looks_less_closely_is_caught(
    name: str, lines: Any, wanted: Judged
) -> None:
    where, what, instead = WEAKENED[name]
    extra = {
        "values": (parse, [b"[" * 64 + b"1" + b"]" * 64]),
        "records": (records_of, [b'{"index":1,"record":%b}' % unpadded()]),
    }
    with exactly():
        right = judged(extra)
    with patch.object(where, what, instead, create=what == "sorted"):
        assert judged(lines) != wanted or judged(extra) != right


def unpadded() -> bytes:
    """A sealed record whose signature has stray bits in its last letter."""
    srv = {"at": "2026-01-01T00:00:00.000Z", "pt": RECORD_V2}
    return canonical({"body": "AA==", "key": "ab" * 32, "sig": "AB==", "srv": srv})  # type: ignore[dict-item]


texts = st.text(max_size=6) | st.sampled_from(HOSTILE)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=600, deadline=None)
@given(values, st.booleans(), st.booleans(), st.integers(0, 2**32))
def test_any_value_in_any_spelling(value: Any, is_ascii: bool, in_order: bool, seed: int) -> None:
    dice = random.Random(seed)
    text = json.dumps(value, ensure_ascii=is_ascii, sort_keys=in_order, separators=(",", ":"))
    for one in (text, spoil(text, dice), '["' + dice.choice(HOSTILE) + '"]'):
        data = one.encode("utf-8", "surrogatepass")
        found = told(parse, data)
        with exactly():
            assert found == told(parse, data)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from('[]{}",\\n:1a'), max_size=60), st.integers(50, 70))
def test_depth_is_counted_outside_strings(letters: list[str], depth: int) -> None:
    inside = json.dumps("".join(letters))
    data = ("[" * depth + inside + f",{inside}]" * depth).encode()
    found = told(parse, data)
    with exactly():
        assert found == told(parse, data)


# -- signatures ----------------------------------------------------------------------


def claims(dice: random.Random, count: int) -> list[tuple[bytes, bytes, bytes]]:
    """Good and broken signatures of a few keys, and such as only their signers can make."""
    keys = [Ed25519PrivateKey.from_private_bytes(dice.randbytes(32)) for _ in range(5)]
    found = []
    for _ in range(count):
        key, message = dice.choice(keys), dice.randbytes(dice.randrange(80))
        public, signature = key.public_key().public_bytes_raw(), bytearray(key.sign(message))
        match dice.randrange(6):
            case 0:
                signature[dice.randrange(64)] ^= 1 << dice.randrange(8)
            case 1:
                public, twisted, _ = craft(message, dice.randrange(8), dice.randrange(8))
                signature = bytearray(twisted)
            case 2:
                public = dice.randbytes(32)
            case 3:
                signature = signature[: dice.randrange(64)]
        found.append((public, bytes(signature), message))
    return found


def test_together_each_is_judged_as_alone() -> None:
    dice = random.Random(SEEDED)
    several = claims(dice, 500)
    alone = [is_signed(*one) for one in several]
    assert min(alone.count(True), alone.count(False)) > 100
    assert which_are_signed(several) == alone
    for _ in range(20):
        some = dice.sample(range(len(several)), dice.randrange(1, 60))
        assert which_are_signed([several[n] for n in some]) == [alone[n] for n in some]
    assert which_are_signed([]) == []


@pytest.mark.parametrize("of_base", [1, 8, 60, 300, 650])
@pytest.mark.parametrize("of_keys", [1, 8, 60, 300, 650])
def test_every_table_gives_the_same_beside_every_other(of_base: int, of_keys: int) -> None:
    dice = random.Random(of_base * of_keys)
    several = claims(dice, 20)
    alone = [is_signed(*one) for one in several]
    for uses, points in (
        (of_base, verifier.ed25519._bases),
        (of_keys, verifier.ed25519._keys.values()),
    ):
        for point in points:
            if point is not None:
                point.uses, point.bits = 0, 0
                point.expect(uses)
    assert which_are_signed(several) == alone
    assert {True, False} == set(alone)


def by_the_sum(several: list[tuple[bytes, bytes, bytes]]) -> list[bool]:
    """The usual batch: all equations at once, each multiplied by the cofactor."""
    from tests.vectors.crafted import BASE, EIGHTH, L, P, add, decode, digest, encode, times

    assert encode(times(8, EIGHTH)) == encode((0, 1))
    verdicts = []
    for public, signature, message in several:
        k = digest(signature[:32], public, message)
        x, y = decode(public)
        left = times(int.from_bytes(signature[32:], "little") % L, BASE)
        left = add(left, times(k, (P - x, y)))
        verdicts.append(times(8, left) == times(8, decode(signature[:32])))
    return verdicts


def test_a_control_the_usual_batch_would_be_caught() -> None:
    twisted = [craft(b"%d" % n, n % 3, n % 5) for n in range(20)]
    several = [(public, sig, b"%d" % n) for n, (public, sig, _) in enumerate(twisted)]
    assert by_the_sum(several) != which_are_signed(several)
