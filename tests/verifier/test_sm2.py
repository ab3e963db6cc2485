"""SM3, SM2 and what a suite is, each by itself: the published examples, and every edge of them."""

from __future__ import annotations

import base64
import hashlib
import random

import pytest

from engine.evidence.checkpoint import dump_vkey
from engine.evidence.signing import FileSigner, dump_public, make_key, raw_public
from engine.evidence.suite import SHA256_ED25519, SM3_SM2, Suite
from tests.vectors.national import G, N, P, identity, national, public, sign, wide
from verifier import sm2, sm3, suites
from verifier.canonical import Flaw
from verifier.curves import Curve, both, to_affine
from verifier.notes import load_trust

VECTORS = list(national())
SIGNATURES = [one for one in VECTORS if one["kind"] == "signature"]
GOOD = next(one["input"] for one in SIGNATURES if one["valid"])


def claim(given: object) -> tuple[bytes, bytes, bytes]:
    assert isinstance(given, dict)
    key, sig, message = (bytes.fromhex(given[one]) for one in ("public", "sig", "message"))
    return key, sig, message


def test_the_hash_without_a_library_is_that_of_the_library() -> None:
    dice = random.Random(3)
    for size in (*range(130), 200, 1000):
        data = dice.randbytes(size)
        assert sm3.plain_sm3(data) == sm3.sm3(data) == hashlib.new("sm3", data).digest(), size


def test_where_python_has_no_sm3_it_is_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm3, "_IS_KNOWN", False)
    monkeypatch.setattr(hashlib, "new", None)
    assert sm3.sm3(b"abc").hex().startswith("66c7f0f462eeedd9")


def test_where_python_has_sm3_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm3, "plain_sm3", None)
    assert sm3.sm3(b"abc").hex().startswith("66c7f0f462eeedd9")


@pytest.mark.parametrize("vector", SIGNATURES, ids=lambda one: one["name"])
def test_a_signature_is_judged_as_published(vector: dict[str, object]) -> None:
    assert sm2.is_signed(*claim(vector["input"])) is vector["valid"]


def test_of_many_each_is_judged_by_itself() -> None:
    claims = [claim(one["input"]) for one in SIGNATURES]
    assert sm2.which_are_signed(claims) == [one["valid"] for one in SIGNATURES]
    assert sm2.which_are_signed([]) == []


def test_a_signature_is_64_bytes() -> None:
    key, sig, message = claim(GOOD)
    r, s = sig[:32], sig[32:]
    for wrong in (r + b"\0" + s, b"\0" + sig, sig + b"\0", sig[:-1], b""):
        assert sm2.is_signed(key, wrong, message) is False


@pytest.mark.parametrize(
    ("r", "s", "holds"),
    [
        *((1, 1, True), (1, N - 2, True), (2, N - 1, True), (N - 1, N - 2, True), (5, 1, True)),
        *((0, 1, False), (1, 0, False), (1, N, False), (N, 1, False)),
        *((1, N - 1, False), (N - 1, 1, False)),
    ],
)
def test_numbers_at_the_edge_of_their_range(
    r: int, s: int, holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any r and s are a signature over the e that fits. Nobody knows a message with that hash, so
    the hash is given in its place.
    """
    met = _affine(s + (r + s) * 7)
    assert met is not None
    monkeypatch.setattr(sm2, "sm3", lambda _: wide((r - met[0]) % N))
    assert sm2.is_signed(public(7), wide(r, s), b"") is holds


def test_a_signature_that_meets_nowhere_is_none() -> None:
    t = 5
    s = -t * 7 % N
    assert to_affine(sm2.CURVE, both(sm2.CURVE, s, t, _point(public(7)))) is None
    assert sm2.is_signed(public(7), wide((t - s) % N, s), b"") is False


def _point(key: bytes) -> tuple[int, int]:
    return int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")


def _affine(count: int) -> tuple[int, int] | None:
    count %= N
    return _point(public(count)) if count else None


def test_the_sum_of_two_products_wherever_they_meet() -> None:
    for u, v, secret in ((0, 0, 3), (1, 0, 3), (0, 1, 3), (3, N - 1, 3), (1, 1, 1), (1, 1, N - 1)):
        found = to_affine(sm2.CURVE, both(sm2.CURVE, u, v, _point(public(secret))))
        assert found == _affine(u + v * secret), (u, v, secret)
    dice = random.Random(2)
    for _ in range(6):
        u, v, secret = (dice.randrange(1, N) for _ in range(3))
        found = to_affine(sm2.CURVE, both(sm2.CURVE, u, v, _point(public(secret))))
        assert found == _affine(u + v * secret)


def test_a_key_is_a_reduced_point_of_the_curve() -> None:
    x, y = _point(public(9))
    assert sm2.is_sound_key(wide(x, y))
    assert sm2.is_sound_key(wide(x, P - y))
    assert sm2.is_sound_key(wide(*G))
    for wrong in (wide(x, y + 1), wide(x + 1, y), wide(y, x), wide(x, y)[:-1], wide(x, y) + b"\0"):
        assert not sm2.is_sound_key(wrong)
    assert not sm2.is_sound_key(bytes(64))
    squares = ((n, (n**3 - 3 * n + sm2.CURVE.b) % P) for n in range(1, 99))
    small, square = next((n, one) for n, one in squares if pow(one, (P - 1) // 2, P) == 1)
    height = pow(square, (P + 1) // 4, P)
    assert sm2.is_sound_key(wide(small, height))
    assert not sm2.is_sound_key(wide(small + P, height))
    assert sm2.CURVE.has((small, height))
    assert not sm2.CURVE.has((small, height + P))
    tiny = Curve(p=7, b=0, n=1, base=(0, 0))  # has a point of order 2, unlike those in use
    assert tiny.has((0, 0))
    assert not tiny.has((0, 7))


def test_who_signs_is_part_of_what_is_signed() -> None:
    key, message = public(11), b"x"
    assert sm2.is_signed(key, sign(11, 12, message), message)
    for z in (b"", identity(key, b"1234567812345679"), identity(public(12))):
        assert not sm2.is_signed(key, sign(11, 12, message, z), message)


# -- suites ---------------------------------------------------------------------------


@pytest.mark.parametrize("suite", [SHA256_ED25519, SM3_SM2], ids=lambda one: one.name)
def test_a_suite_is_the_same_to_who_writes_and_to_who_judges(suite: Suite) -> None:
    judge, signer = suites.SUITES[suite.name], FileSigner(make_key(suite))
    bare = raw_public(signer.public)
    assert judge.name == suite.name
    assert judge.digest(b"abc") == suite.digest(b"abc") == judge.hash(b"abc").hex()
    assert judge.load_public(dump_public(signer.public), signer.key_id) == bare
    assert judge.is_sound_key(bare)
    assert judge.is_signed(bare, signer.sign(b"x"), b"x")
    assert not judge.is_signed(bare, signer.sign(b"x"), b"y")
    assert load_trust(dump_vkey("office.example", signer.public)).public == bare


@pytest.mark.parametrize(
    ("suite", "other", "named"),
    [(SHA256_ED25519, SM3_SM2, "Ed25519"), (SM3_SM2, SHA256_ED25519, "SM2")],
    ids=lambda one: getattr(one, "name", one),
)
def test_a_key_is_of_the_suite_sound_and_named_by_its_hash(
    suite: Suite, other: Suite, named: str
) -> None:
    judge = suites.SUITES[suite.name]
    key, stranger = FileSigner(make_key(suite)), FileSigner(make_key(other))
    shown = dump_public(key.public)
    data = base64.b64decode(shown)
    with pytest.raises(Flaw) as caught:
        judge.load_public(shown, stranger.key_id)
    assert (caught.value.en, caught.value.zh) == (
        "the public key does not fit its id",
        "公钥与钥匙编号不符",
    )
    spoilt = (
        dump_public(stranger.public),
        base64.b64encode(data[:-1]).decode(),
        base64.b64encode(data + b"\0").decode(),
        base64.b64encode(data[: -len(raw_public(key.public))] + b"\xff" * 64).decode(),
    )
    for text in spoilt:
        with pytest.raises(Flaw) as caught:
            judge.load_public(text, key.key_id)
        assert (caught.value.en, caught.value.zh) == (
            f"not a usable {named} key",
            f"不是可用的 {named} 公钥",
        )


def test_there_are_two_suites() -> None:
    assert list(suites.SUITES) == ["sha256-ed25519", "sm3-sm2"]
