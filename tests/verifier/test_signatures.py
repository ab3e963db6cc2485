"""Keys and signatures of authorities: what holds, and each thing that can be wrong, by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.verifier.stamps import Key as Private
from tests.verifier.stamps import P as PRIME
from tests.verifier.stamps import Q as OTHER_PRIME
from tests.verifier.stamps import bits, der, make_key, number, octets, oid, sequence
from verifier.canonical import Flaw
from verifier.der import SEQUENCE, Element, load_der
from verifier.signatures import (
    CURVES,
    EcKey,
    Key,
    RsaKey,
    Unjudged,
    is_signed_by,
    load_hash,
    load_key,
)

NULL = der(0x05)
DATA = b"what is signed"
MODULUS = PRIME * OTHER_PRIME
SECRET = pow(65537, -1, (PRIME - 1) * (OTHER_PRIME - 1))
RSA, EC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
P256, P384 = "1.2.840.10045.3.1.7", "1.3.132.0.34"
SHA: dict[str, tuple[str, str, str, hashes.HashAlgorithm]] = {  # by itself, with RSA, with ECDSA
    "sha256": (
        *("2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"),
        hashes.SHA256(),
    ),
    "sha384": (
        *("2.16.840.1.101.3.4.2.2", "1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"),
        hashes.SHA384(),
    ),
    "sha512": (
        *("2.16.840.1.101.3.4.2.3", "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"),
        hashes.SHA512(),
    ),
}
NO_HASH = "it uses a hash algorithm this program does not judge"
NO_KEY = "it uses a kind of key this program does not judge"
NO_SIGNATURE = "it uses a signature algorithm this program does not judge"
NO_ALGORITHM = "the structure of AlgorithmIdentifier is not as laid down"
FOREIGN = "the signature algorithm is not one of such a key"


def element(*parts: bytes) -> Element:
    return load_der(sequence(*parts), SEQUENCE, "it")


def algorithm(dotted: str, *parameters: bytes) -> Element:
    return element(oid(dotted), *parameters)


def refused(call: Callable[..., object], *given: object) -> tuple[str, bool]:
    """What is said of something that cannot be judged or is wrong, and whether it is open."""
    with pytest.raises(Flaw) as caught:
        call(*given)
    return caught.value.en, isinstance(caught.value, Unjudged)


def public(private: Private) -> Key:
    key = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return load_key(load_der(key, SEQUENCE, "it"))


def own(secret: int, curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(secret, curve or ec.SECP256R1())


def sign(private: Private, name: str) -> bytes:
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(DATA, padding.PKCS1v15(), SHA[name][3])
    return private.sign(DATA, ec.ECDSA(SHA[name][3], deterministic_signing=True))


# -- hashes and keys --------------------------------------------------------------------


@pytest.mark.parametrize("name", SHA)
def test_a_hash_is_known_with_parameters_or_without(name: str) -> None:
    assert load_hash(algorithm(SHA[name][0])) == name
    assert load_hash(algorithm(SHA[name][0], NULL)) == name


def test_other_hashes_are_left_open_and_wrong_parameters_are_not() -> None:
    known = SHA["sha256"][0]
    assert refused(load_hash, algorithm("1.3.14.3.2.26")) == (NO_HASH, True)
    for wrong in ((b"\x05\x01\x00",), (octets(b""),), (NULL, NULL)):
        assert refused(load_hash, algorithm(known, *wrong)) == (
            NO_ALGORITHM,
            False,
        )


def rsa_info(
    modulus: int = MODULUS, exponent: int = 65537, *more: bytes, parameters: tuple[bytes, ...] = ()
) -> Element:
    key = sequence(number(modulus), number(exponent), *more)
    return element(sequence(oid(RSA), *parameters), bits(key))


def ec_info(point: bytes, *parameters: bytes, kind: str = EC) -> Element:
    return element(sequence(oid(kind), *parameters), bits(point))


def point(secret: int = 5, curve: ec.EllipticCurve | None = None) -> bytes:
    key = own(secret, curve).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@pytest.mark.parametrize("bits_", [2048, 8192])
def test_an_rsa_key_is_read(bits_: int) -> None:
    modulus = (1 << (bits_ - 1)) + 1
    for exponent in (3, 65537, 2**64 - 1):
        assert load_key(rsa_info(modulus, exponent)) == RsaKey(modulus, exponent)
        assert load_key(rsa_info(modulus, exponent, parameters=(NULL,))) == RsaKey(
            modulus, exponent
        )


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (rsa_info((1 << 2046) + 1), "an RSA key is not of 2048 to 8192 bits"),
        (rsa_info((1 << 8192) + 1), "an RSA key is not of 2048 to 8192 bits"),
        (rsa_info(1 << 2047), "an RSA key is not of 2048 to 8192 bits"),
        *(
            (rsa_info(exponent=one), "the exponent of an RSA key is wrong")
            for one in (-65537, 1, 2, 4, 65536, 2**64, 2**64 + 1)
        ),
        (rsa_info(MODULUS, 3, NULL), "the structure of RSAPublicKey is not as laid down"),
        (rsa_info(parameters=(octets(b""),)), NO_ALGORITHM),
        (rsa_info(parameters=(NULL, NULL)), NO_ALGORITHM),
        (
            element(sequence(oid(RSA)), bits(octets(b""))),
            "the structure of RSAPublicKey is not as laid down",
        ),
        (
            element(sequence(oid(RSA)), bits(sequence()), NULL),
            "the structure of SubjectPublicKeyInfo is not as laid down",
        ),
        (
            element(oid(RSA), bits(sequence())),
            "the structure of SubjectPublicKeyInfo is not as laid down",
        ),
        (element(sequence(NULL), bits(sequence())), NO_ALGORITHM),
    ],
)
def test_an_rsa_key_with_one_fault_is_refused(info: Element, said: str) -> None:
    assert refused(load_key, info) == (said, False)


@pytest.mark.parametrize(("name", "curve"), [(P256, ec.SECP256R1()), (P384, ec.SECP384R1())])
def test_a_key_on_a_curve_is_read(name: str, curve: ec.EllipticCurve) -> None:
    key = load_key(ec_info(point(5, curve), oid(name)))
    assert isinstance(key, EcKey)
    numbers = own(5, curve).public_key().public_numbers()
    assert key.point == (numbers.x, numbers.y)
    assert key.curve is CURVES[oid(name)[2:].hex()]
    assert key.curve.width == len(point(5, curve)) // 2


@pytest.mark.parametrize(
    "info",
    [
        ec_info(point(), oid("1.3.132.0.10")),
        ec_info(point()),
        ec_info(point(), octets(oid(P256)[2:])),
        ec_info(point(), oid(P256), kind="1.3.101.112"),
        ec_info(bytes(32), kind="1.3.101.112"),
    ],
    ids=("another curve", "no curve", "no name of a curve", "another kind", "ed25519"),
)
def test_a_key_of_another_kind_is_left_open(info: Element) -> None:
    assert refused(load_key, info) == (NO_KEY, True)


def test_a_key_on_a_curve_with_one_fault_is_refused() -> None:
    x, y = point()[1:33], point()[33:]
    p = next(iter(CURVES.values())).p
    at_zero = pow(next(iter(CURVES.values())).b, (p + 1) // 4, p).to_bytes(32, "big")
    assert load_key(ec_info(b"\x04" + bytes(32) + at_zero, oid(P256)))
    for wrong in (
        *(b"\x04" + x + y + b"\0", b"\x04" + x + y[:-1], b"\x03" + x, b"\x02" + x + y, b""),
        point(5, ec.SECP384R1()),
    ):
        said = refused(load_key, ec_info(wrong, oid(P256)))
        assert said == ("an elliptic-curve key is ill-formed", False)
    for wrong in (
        *(y + x, x + x, bytes(64), b"\xff" * 64),
        p.to_bytes(32, "big") + at_zero,  # the right point, its x written with p added
        bytes(32) + b"\xff" * 32,
    ):
        said = refused(load_key, ec_info(b"\x04" + wrong, oid(P256)))
        assert said == ("an elliptic-curve key is not on its curve", False)
    assert refused(load_key, ec_info(point(), oid(P256), NULL)) == (NO_ALGORITHM, False)


def test_what_is_left_open_is_told_in_chinese_as_well() -> None:
    unknown = algorithm("1.2.3")
    calls: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: load_hash(unknown), "所用的散列算法,本程序不判断"),
        (lambda: load_key(ec_info(b"")), "钥匙的种类,本程序不判断"),
        (lambda: is_signed_by(RsaKey(5, 3), unknown, b"", DATA), "所用的签名算法,本程序不判断"),
    )
    for call, said in calls:
        with pytest.raises(Unjudged) as caught:
            call()
        assert caught.value.zh == said


# -- signatures -------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHA)
@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_a_signature_holds_over_what_was_signed_and_nothing_else(kind: str, name: str) -> None:
    private = make_key(kind)
    key, signature = public(private), sign(private, name)
    used = algorithm(SHA[name][1 if kind == "rsa" else 2])
    assert is_signed_by(key, used, signature, DATA)
    assert is_signed_by(key, used, signature, DATA, name)
    assert is_signed_by(key, used, signature, DATA + b".") is False
    other = RsaKey(MODULUS + 2, 65537) if kind == "rsa" else public(make_key(kind, 2))
    assert not is_signed_by(other, used, signature, DATA)
    wrong = next(one for one in SHA if one != name)
    said = refused(is_signed_by, key, used, signature, DATA, wrong)
    assert said == ("signature and hash algorithm disagree", False)


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_the_algorithm_is_one_of_such_a_key(kind: str) -> None:
    private = make_key(kind)
    key, signature = public(private), sign(private, "sha256")
    named, foreign = (1, 2) if kind == "rsa" else (2, 1)

    def say(*parts: bytes, dotted: str) -> tuple[str, bool]:
        return refused(is_signed_by, key, algorithm(dotted, *parts), signature, DATA)

    for one in SHA.values():
        assert say(dotted=one[foreign]) == (FOREIGN, False)
    for dotted in ("1.2.156.10197.1.501", RSA, EC, SHA["sha256"][0]):
        assert say(dotted=dotted) == (NO_SIGNATURE, True)
    assert say(octets(b""), dotted=SHA["sha256"][named]) == (NO_ALGORITHM, False)
    assert say(NULL, NULL, dotted=SHA["sha256"][named]) == (NO_ALGORITHM, False)


def test_parameters_are_of_rsa_alone() -> None:
    key, signature = public(make_key("rsa")), sign(make_key("rsa"), "sha256")
    assert is_signed_by(key, algorithm(SHA["sha256"][1], NULL), signature, DATA)
    key, signature = public(make_key("p256")), sign(make_key("p256"), "sha256")
    used = algorithm(SHA["sha256"][2], NULL)
    assert refused(is_signed_by, key, used, signature, DATA) == (NO_ALGORITHM, False)


@pytest.mark.parametrize("name", SHA)
def test_plain_rsa_takes_the_hash_that_is_named_apart(name: str) -> None:
    """CMS names the hash apart, and many authorities write no more than `rsaEncryption`."""
    key, signature = public(make_key("rsa")), sign(make_key("rsa"), name)
    assert is_signed_by(key, algorithm(RSA), signature, DATA, name)
    wrong = next(one for one in SHA if one != name)
    assert not is_signed_by(key, algorithm(RSA), signature, DATA, wrong)
    curve = public(make_key("p256"))
    used = algorithm(RSA)
    assert refused(is_signed_by, curve, used, b"", DATA, name) == (NO_SIGNATURE, True)


# -- RSA --------------------------------------------------------------------------------


INFO = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(DATA).digest()
GOOD = b"\x00\x01" + b"\xff" * (256 - 3 - len(INFO)) + b"\x00" + INFO


def is_rsa(padded: bytes, size: int = 256, beyond: int = 0) -> bool:
    """Whether what has this padding is taken for a signature."""
    value = pow(int.from_bytes(padded, "big"), SECRET, MODULUS) + beyond
    used = algorithm(SHA["sha256"][1])
    return is_signed_by(load_key(rsa_info()), used, value.to_bytes(size, "big"), DATA)


def test_there_is_one_padding() -> None:
    assert is_rsa(GOOD)
    bare = bytes.fromhex("302f300b0609608648016503040201") + GOOD[-34:]  # NULL left out
    for wrong in (
        b"\x00\x02" + GOOD[2:],
        GOOD[:2] + b"\xff" * 8 + b"\x00" + INFO + bytes(256 - 11 - len(INFO)),
        b"\x00\x01" + b"\xff" * (256 - 3 - len(bare)) + b"\x00" + bare,
        GOOD[:2] + b"\xfe" + GOOD[3:],
        GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
    ):
        assert len(wrong) == 256
        assert is_rsa(wrong) is False


def test_a_signature_has_one_spelling() -> None:
    assert is_rsa(GOOD, size=257) is False
    assert is_rsa(GOOD, size=257, beyond=MODULUS) is False
    n = next(n for n in range(99) if pow(at(n), SECRET, MODULUS) + MODULUS < 1 << 2048)
    value = pow(at(n), SECRET, MODULUS)
    key, used, data = load_key(rsa_info()), algorithm(SHA["sha256"][1]), b"%d" % n
    assert is_signed_by(key, used, value.to_bytes(256, "big"), data)
    assert not is_signed_by(key, used, (value + MODULUS).to_bytes(256, "big"), data)


def at(n: int) -> int:
    return int.from_bytes(GOOD[:-32] + hashlib.sha256(b"%d" % n).digest(), "big")


# -- ECDSA ------------------------------------------------------------------------------


N = next(iter(CURVES.values())).n
USED = algorithm(SHA["sha256"][2])


def pair(r: int, s: int, *more: bytes) -> bytes:
    return sequence(number(r), number(s), *more)


def holds(signature: bytes, secret: int, data: bytes = DATA) -> bool:
    return is_signed_by(public(own(secret)), USED, signature, data)


@pytest.mark.parametrize("secret", [1, 2, 3, N - 1, N - 2, 0x1234567])
def test_keys_next_to_the_base_point_sign_like_others(secret: int) -> None:
    private = own(secret)
    for n in range(4):
        data = b"%d" % n
        signature = private.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        assert holds(signature, secret, data)
        assert not holds(signature, secret, DATA)
        r, s = decode_dss_signature(signature)
        assert holds(pair(r, N - s), secret, data)  # the other one ECDSA knows
        assert not holds(pair(s, r), secret, data)


def test_what_is_no_pair_of_numbers_below_the_order_is_no_signature() -> None:
    good = sign(own(5), "sha256")
    r, s = decode_dss_signature(good)
    assert holds(good, 5)
    for wrong in (
        *(b"", good[:-1], good + b"\0", octets(good), sequence(number(r))),
        *(pair(r, s, NULL), pair(r + N, s), pair(r, s + N), pair(r - N, s), pair(r, s - N)),
        *(pair(0, s), pair(r, 0), pair(N, s), pair(r, N), pair(0, 0), pair(N, N)),
    ):
        assert holds(wrong, 5) is False


def test_a_sum_at_infinity_is_no_signature() -> None:
    """For every r there is a key under which u·G + v·Q is no point at all."""
    z = int.from_bytes(hashlib.sha256(DATA).digest(), "big")
    for r in (1, 2, 12345):
        assert holds(pair(r, 77), -z * pow(r, -1, N) % N) is False


def test_the_smallest_s_is_as_good_as_others() -> None:
    z = int.from_bytes(hashlib.sha256(DATA).digest(), "big")
    r = own(7).public_key().public_numbers().x
    assert holds(pair(r, 1), (7 - z) * pow(r, -1, N) % N)


def test_a_sum_whose_x_is_beyond_the_order_is_reduced() -> None:
    """With r = s the key that makes a point R the sum is R − (z / r)·G."""
    curve, r = next(iter(CURVES.values())), 3
    x = N + r
    y = pow(x**3 - 3 * x + curve.b, (curve.p + 1) // 4, curve.p)
    z = int.from_bytes(hashlib.sha256(DATA).digest(), "big")
    taken = own(z * pow(r, -1, N) % N).public_key().public_numbers()
    slope = (y + taken.y) * pow(x - taken.x, -1, curve.p)
    at_x = (slope**2 - x - taken.x) % curve.p
    at_y = (slope * (x - at_x) - y) % curve.p
    key = load_key(
        ec_info(b"\x04" + at_x.to_bytes(32, "big") + at_y.to_bytes(32, "big"), oid(P256))
    )
    assert is_signed_by(key, USED, pair(r, r), DATA)
    assert not is_signed_by(key, USED, pair(r, r + 1), DATA)


def test_a_digest_longer_than_the_order_is_cut() -> None:
    """FIPS 186-5 §6.4.2: the leftmost bits count."""
    private = own(5)
    whole = hashlib.sha512(DATA).digest()
    cut = private.sign(whole[:32], ec.ECDSA(Prehashed(hashes.SHA256())))
    assert is_signed_by(public(private), algorithm(SHA["sha512"][2]), cut, DATA)
    end = private.sign(whole[32:], ec.ECDSA(Prehashed(hashes.SHA256())))
    assert not is_signed_by(public(private), algorithm(SHA["sha512"][2]), end, DATA)
