"""Certificates and their chains: each field, each edge and each fault by itself."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.verifier.stamps import (
    CODE_SIGNING,
    STAMPING,
    Holder,
    algorithm,
    authority,
    bits,
    certify,
    der,
    extension,
    make_key,
    name,
    number,
    octets,
    oid,
    purposes,
    sequence,
    set_of,
    time,
    usage,
)
from verifier.canonical import Flaw
from verifier.certificates import (
    Certificate,
    load_anchors,
    load_certificate,
    require_chain,
    require_in_force,
    require_stamping,
    show_name,
)
from verifier.der import SEQUENCE, load_der
from verifier.signatures import EcKey, Unjudged

AT = datetime(2026, 10, 12, 1, 30, tzinfo=UTC)
KEY = make_key("p256")
SHA = algorithm(KEY)
FALSE, TRUE, NULL = der(0x01, b"\x00"), der(0x01, b"\xff"), der(0x05)
NO_PURPOSE = "the signer's certificate has no purpose of time stamping (extendedKeyUsage)"
NOT_ALONE = "the signer's certificate is not for time stamping alone"
NOT_CRITICAL = "the purpose in the signer's certificate is not marked critical"
MAY_NOT_SIGN = "the key of the signer's certificate may not sign"
NO_CHAIN = "no chain of certificates leads to an authority that was given (--tsa)"
UNKNOWN = "a certificate has a critical extension that this program does not know"


def structure(what: str) -> str:
    return f"the structure of {what} is not as laid down"


def refused(call: Callable[..., object], *given: object) -> tuple[str, bool]:
    """What is said of something that is wrong, and whether it is only left open."""
    with pytest.raises(Flaw) as caught:
        call(*given)
    return caught.value.en, isinstance(caught.value, Unjudged)


INFO = sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), bits(b"key"))
PARTS = {
    "version": der(0xA0, number(2)),
    "serial": number(7),
    "algorithm": SHA,
    "issuer": name("above"),
    "times": sequence(time("20200101000000Z"), time("20400101000000Z")),
    "subject": name("below"),
    "info": INFO,
    "own": b"",
    "more": b"",
}


def written(
    outer: bytes = SHA, behind: bytes = b"", sig: bytes = bits(b"sig"), **parts: bytes
) -> bytes:
    """A certificate with some parts as they are given; nobody has signed it."""
    return sequence(sequence(*(PARTS | parts).values()), outer, sig, behind)


def with_own(*extensions: bytes) -> bytes:
    return written(own=der(0xA3, sequence(*extensions)))


def load(*extensions: bytes) -> Certificate:
    return load_certificate(with_own(*extensions))


# -- reading ----------------------------------------------------------------------------


def test_every_field_is_read() -> None:
    data = with_own(purposes(STAMPING), extension("1.2.3", b"x", is_critical=False))
    made = load_certificate(data)
    assert made.encoded == data
    assert made.signed in data
    assert made.signed == sequence(
        *(PARTS | {"own": made.signed[made.signed.index(b"\xa3") :]}).values()
    )
    assert made.serial == 7
    assert (made.issuer.encoded, made.subject.encoded) == (name("above"), name("below"))
    assert (made.since, made.until) == (
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2040, 1, 1, tzinfo=UTC),
    )
    assert (made.info.encoded, made.algorithm.encoded) == (INFO, SHA)
    assert made.signature == b"sig"
    assert made.extensions == {
        "551d25": (True, sequence(oid(STAMPING))),
        "2a03": (False, b"x"),
    }


def test_what_may_be_left_out_or_written_otherwise() -> None:
    assert load_certificate(written()).extensions == {}
    short = sequence(der(0x17, b"490101000000Z"), time("20500101000000Z"))
    made = load_certificate(written(times=short))
    assert (made.since.year, made.until.year) == (2049, 2050)
    ids = der(0x81, b"\0one") + der(0x82, b"\0other")
    assert load_certificate(written(own=ids)).extensions == {}
    assert load_certificate(written(own=der(0x82, b"\0other"))).extensions == {}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (set_of(), structure("Certificate")),
        (sequence(), structure("Certificate")),
        (written(behind=NULL), structure("Certificate")),
        (written(sig=octets(b"")), structure("Certificate")),
        (written(sig=der(0x03, b"\x01\x02")), "a bit string is not of whole octets"),
        (written(version=b""), "a certificate is not of version 3"),
        (written(version=der(0xA0, number(1))), "a certificate is not of version 3"),
        (written(version=der(0xA0, number(3))), "a certificate is not of version 3"),
        (written(version=der(0xA0, number(2), NULL)), structure("Certificate")),
        (written(version=der(0xA0, octets(b"\2"))), structure("Certificate")),
        (written(outer=sequence(oid("1.2.840.10045.4.3.3"))), structure("Certificate")),
        (written(serial=octets(b"")), structure("TBSCertificate")),
        (written(serial=der(0x02, b"\0\0")), "an integer is not in its shortest form"),
        (written(issuer=NULL), structure("TBSCertificate")),
        (written(subject=NULL), structure("TBSCertificate")),
        (written(info=NULL), structure("TBSCertificate")),
        (written(more=NULL), structure("TBSCertificate")),
        (written(own=der(0x82, b"\0") + der(0x81, b"\0")), structure("TBSCertificate")),
        (written(times=sequence(time("20200101000000Z"))), structure("Validity")),
        (
            written(times=sequence(*[time("20200101000000Z")] * 3)),
            structure("Validity"),
        ),
        (written(times=sequence(number(1), number(2))), structure("Validity")),
        (written(own=der(0xA3, sequence(), NULL)), structure("Extensions")),
        (with_own(NULL), structure("Extensions")),
        (with_own(sequence(NULL)), structure("Extension")),
        (with_own(sequence(oid("1.2.3"), NULL)), structure("Extension")),
        (with_own(sequence(oid("1.2.3"), octets(b""), NULL)), structure("Extension")),
        (with_own(sequence(oid("1.2.3"), FALSE, octets(b""))), structure("Extension")),
        (
            with_own(extension("1.2.3", b"x"), extension("1.2.3", b"x", is_critical=False)),
            structure("Extension"),
        ),
        (written() + b"\0", "bytes follow the end of the encoding"),
    ],
)
def test_a_certificate_with_one_fault_is_refused(data: bytes, said: str) -> None:
    assert refused(load_certificate, data) == (said, False)


def pem(data: bytes) -> bytes:
    text = base64.encodebytes(data)
    return b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"


def test_anchors_are_read_from_pem_and_der() -> None:
    one, other = written(), written(serial=number(8))
    assert [found.encoded for found in load_anchors(one)] == [one]
    assert [found.encoded for found in load_anchors(pem(one))] == [one]
    both = b"the first\n" + pem(one) + b"the second\r\n" + pem(other).replace(b"\n", b"\r\n")
    assert [found.encoded for found in load_anchors(both)] == [one, other]
    text = base64.b64encode(written(serial=number(256)))
    assert text.endswith(b"=")
    for wrong in (text[1:], text + b"AAAA", text[:-1]):
        block = b"-----BEGIN CERTIFICATE-----%b-----END CERTIFICATE-----" % wrong
        said = "the base64 of a certificate is ill-formed"
        assert refused(load_anchors, block) == (said, False)
    assert refused(load_anchors, pem(one) + pem(b"x"))[0] == "the encoding is cut short"
    assert refused(load_anchors, b"")[0] == "the encoding is cut short"


def test_how_large_a_file_of_anchors_may_be() -> None:
    whole = pem(written())
    room = 1 << 20
    assert len(load_anchors(whole.ljust(room))) == 1
    assert refused(load_anchors, whole.ljust(room + 1)) == (
        "the certificate file is too large",
        False,
    )


def said_name(*parts: tuple[str, int, bytes]) -> str:
    made = sequence(*(set_of(sequence(oid(kind), der(tag, text))) for kind, tag, text in parts))
    return show_name(load_der(made, SEQUENCE, "it"))


UTF8, CN = 0x0C, "2.5.4.3"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (CN, "CN"),
        ("2.5.4.5", "serialNumber"),
        ("2.5.4.6", "C"),
        ("2.5.4.7", "L"),
        ("2.5.4.8", "ST"),
        ("2.5.4.10", "O"),
        ("2.5.4.11", "OU"),
        ("2.5.4.42", "55042a"),
    ],
)
def test_an_attribute_of_a_name_is_shown_by_its_short_name(kind: str, shown: str) -> None:
    assert said_name((kind, UTF8, b"x")) == f"{shown}=x"


@pytest.mark.parametrize(
    ("tag", "text", "shown"),
    [
        (UTF8, "时间戳 中心".encode(), "时间戳 中心"),
        (0x13, b"stamps", "stamps"),
        (0x1E, "戳".encode("utf-16-be"), "戳"),
        (0x1C, "戳😀".encode("utf-32-be"), "戳😀"),
        (0x14, "é".encode("latin-1"), "é"),
        (UTF8, b"a\xffb", "a\\xffb"),
        (0x1E, b"\x62", "\ufffd"),
        (0x1C, b"\xff\xff\xff\xff", "\ufffd"),
        (UTF8, b"a\x1b[2Jb\n", "a\\x1b[2Jb\\n"),
        (UTF8, "a\u202eb".encode(), "a\\u202eb"),
    ],
)
def test_a_name_is_shown_whatever_it_holds(tag: int, text: bytes, shown: str) -> None:
    assert said_name((CN, tag, text)) == f"CN={shown}"


def test_a_name_is_one_line_and_not_longer_than_can_be_read() -> None:
    assert said_name((CN, UTF8, b"a"), ("2.5.4.6", UTF8, b"CN")) == "CN=a, C=CN"
    assert said_name((CN, UTF8, b"a" * 297)) == "CN=" + "a" * 297
    assert said_name((CN, UTF8, b"a" * 298)) == "CN=" + "a" * 297
    both = set_of(*(sequence(oid(kind), der(UTF8, b"x")) for kind in (CN, "2.5.4.10")))
    assert show_name(load_der(sequence(both), SEQUENCE, "it")) == "CN=x, O=x"
    for wrong in (sequence(NULL), sequence(set_of(NULL)), sequence(set_of(sequence(NULL)))):
        assert refused(show_name, load_der(wrong, SEQUENCE, "it")) == (structure("Name"), False)
    assert refused(said_name_without_text) == (structure("Name"), False)


def said_name_without_text() -> str:
    return show_name(load_der(sequence(set_of(sequence(oid(CN)))), SEQUENCE, "it"))


def test_the_key_and_its_identifier() -> None:
    held = load_certificate(certify("x", KEY, None).certificate)
    assert isinstance(held.key, EcKey)
    assert held.key.point[0] == KEY.public_key().public_numbers().x  # type: ignore[union-attr]
    assert held.key_id is None
    named = load(extension("2.5.29.14", octets(b"id"), is_critical=False))
    assert named.key_id == b"id"
    wrong = load(extension("2.5.29.14", number(1), is_critical=False))
    assert refused(lambda: wrong.key_id) == (structure("subjectKeyIdentifier"), False)


def test_what_a_key_may_be_used_for() -> None:
    assert load().has_use(0x80)
    both = load(usage(0xC0))
    assert both.has_use(0x80)
    assert both.has_use(0x40)
    assert both.has_use(0x04, 0x40)
    assert not both.has_use(0x04, 0x20)
    for nothing in (b"\0", b"\0\0\x80", b""):
        assert not load(extension("2.5.29.15", der(0x03, nothing))).has_use(0x80)
    assert refused(load(extension("2.5.29.15", octets(b"\0\x80"))).has_use, 0x80) == (
        structure("keyUsage"),
        False,
    )


# -- judging ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "own",
    [
        (purposes(STAMPING),),
        (purposes(STAMPING), usage(0x80)),
        (purposes(STAMPING), usage(0x40)),
        (purposes(STAMPING), usage(0xC4)),
    ],
)
def test_a_certificate_for_time_stamping(own: Sequence[bytes]) -> None:
    require_stamping(load(*own))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ((), NO_PURPOSE),
        ((usage(0x80),), NO_PURPOSE),
        ((extension("2.5.29.37", b""),), NO_PURPOSE),
        ((purposes(),), NOT_ALONE),
        ((purposes(CODE_SIGNING),), NOT_ALONE),
        ((purposes(STAMPING, CODE_SIGNING),), NOT_ALONE),
        ((purposes(STAMPING, STAMPING),), NOT_ALONE),
        ((purposes(STAMPING, is_critical=False),), NOT_CRITICAL),
        *(((purposes(STAMPING), usage(1 << bit)), MAY_NOT_SIGN) for bit in range(6)),
        ((extension("2.5.29.37", set_of(oid(STAMPING))),), structure("extendedKeyUsage")),
        ((extension("2.5.29.37", sequence(NULL)),), structure("extendedKeyUsage")),
    ],
)
def test_a_certificate_that_may_not_stamp(own: Sequence[bytes], said: str) -> None:
    assert refused(require_stamping, load(*own)) == (said, False)


def test_a_certificate_is_in_force_from_its_first_second_to_its_last() -> None:
    made = load_certificate(written())
    second = timedelta(seconds=1)
    for good in (made.since, made.until, made.until + second * 0.5, AT):
        require_in_force(made, good)
    said = ("at the time stamped a certificate was not valid: CN=below", False)
    for wrong in (made.since - second, made.since - second * 0.5, made.until + second):
        assert refused(require_in_force, made, wrong) == said


def held(common: str, by: Holder | None, *own: bytes, seed: int = 1, **more: int) -> Holder:
    """A certificate that is signed, as an authority's unless it is said otherwise."""
    key = make_key("p256", seed)
    return certify(common, key, by, *(own or (authority(),)), **more)  # type: ignore[arg-type]


def read(*several: Holder) -> tuple[Certificate, ...]:
    return tuple(load_certificate(one.certificate) for one in several)


def chained(signer: Holder, others: Sequence[Holder], anchors: Sequence[Holder]) -> None:
    """Judge a chain at the time stamped."""
    require_chain(read(signer)[0], read(*others), read(*anchors), AT)


def line(length: int) -> list[Holder]:
    """A chain of so many, the root first."""
    found: list[Holder] = []
    for n in range(length):
        found.append(held(f"n{n}", found[-1] if found else None, seed=n + 1))
    return found


def test_a_signer_that_is_trusted_itself_needs_no_chain() -> None:
    (_, signer) = line(2)
    chained(signer, (), (signer,))
    with pytest.raises(Unjudged) as caught:
        chained(signer, (), ())
    assert caught.value.zh == "时间戳机构不在所给的(--tsa)之内,没有证书链通到那里"
    assert caught.value.en == NO_CHAIN
    assert refused(chained, signer, (signer,), ()) == (NO_CHAIN, True)


def test_a_chain_is_of_eight_at_most() -> None:
    root, *between, signer = line(8)
    chained(signer, between, (root,))
    chained(signer, between[::-1], (root,))
    root, *between, signer = line(9)
    assert refused(chained, signer, between, (root,)) == (NO_CHAIN, True)
    chained(signer, between, (root, between[0]))


def test_a_chain_is_of_names_and_signatures() -> None:
    root, middle, signer = line(3)
    chained(signer, (middle,), (root,))
    assert refused(chained, signer, (), (root,)) == (NO_CHAIN, True)
    same_name, other_name = held("n1", root, seed=9), held("another", root, seed=2)
    for wrong in (same_name, other_name):
        assert refused(chained, signer, (wrong,), (root,)) == (NO_CHAIN, True)
        assert refused(chained, signer, (), (wrong,)) == (NO_CHAIN, True)
    chained(signer, (same_name, other_name, middle), (root,))


def strangers(count: int) -> tuple[Certificate, ...]:
    """Certificates of the issuer's name under keys that cannot be judged."""
    info = sequence(sequence(oid("1.3.101.112")), bits(bytes(32)))
    names = {"subject": name("n0"), "info": info}
    return tuple(load_certificate(written(serial=number(n), **names)) for n in range(count))


def test_a_search_among_many_of_one_name_has_an_end() -> None:
    root, signer = read(*line(2))
    require_chain(signer, (), (*strangers(63), root), AT)
    given = (signer, (), (*strangers(64), root), AT)
    assert refused(require_chain, *given) == (NO_CHAIN, True)


def test_a_certificate_stands_in_a_chain_once() -> None:
    """One key under two certificates: round and round it would be many chains."""
    above = held("above", None, seed=50)
    root = certify("root", make_key("p256"), None, authority(0))
    crossed = certify("root", make_key("p256"), above, authority())
    signer = held("stamps", root, seed=2)
    chained(signer, (root, crossed), (above,))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ((usage(0x04),), "a certificate of the chain is no authority: CN=middle"),
        *(
            ((authority(), usage(use)), "a certificate of the chain is no authority: CN=middle")
            for use in (0x80, 0x40, 0x20, 0x10, 0x08, 0x02, 0x01)
        ),
        (
            (extension("2.5.29.19", sequence()),),
            "a certificate of the chain is no authority: CN=middle",
        ),
        (
            (extension("2.5.29.19", sequence(FALSE)),),
            "a certificate of the chain is no authority: CN=middle",
        ),
        (
            (extension("2.5.29.19", sequence(number(0))),),
            "a certificate of the chain is no authority: CN=middle",
        ),
        ((extension("2.5.29.19", set_of(TRUE)),), structure("basicConstraints")),
        ((extension("2.5.29.19", sequence(TRUE, NULL)),), structure("basicConstraints")),
        ((authority(-1),), "the chain is longer than its authority allows: CN=middle"),
        ((authority(), extension("1.2.3", NULL)), UNKNOWN),
        ((authority(), extension("2.5.29.14", octets(b"id"))), UNKNOWN),
    ],
)
def test_who_may_not_certify(own: Sequence[bytes], said: str) -> None:
    root = held("root", None)
    middle = held("middle", root, *own, seed=2)
    signer = held("stamps", middle, seed=3)
    assert refused(chained, signer, (middle,), (root,)) == (said, False)
    assert refused(chained, signer, (), (middle,)) == (said, False)


@pytest.mark.parametrize(
    "own",
    [
        (authority(0),),
        (authority(1), usage(0x04)),
        (authority(), usage(0x84)),
        (authority(), purposes(STAMPING), extension("2.5.29.32", sequence())),
        (authority(), extension("1.2.3", NULL, is_critical=False)),
    ],
)
def test_who_may_certify(own: Sequence[bytes]) -> None:
    root = held("root", None)
    middle = held("middle", root, *own, seed=2)
    chained(held("stamps", middle, seed=3), (middle,), (root,))


def test_how_long_a_chain_an_authority_allows() -> None:
    said = ("the chain is longer than its authority allows: CN=root", False)
    for limit, most in ((0, 0), (1, 1), (2, 2)):
        root = held("root", None, authority(limit))
        below = [root]
        for n in range(most + 2):
            below.append(held(f"n{n}", below[-1], seed=n + 2))
        chained(below[most + 1], below[1:-2], (root,))
        assert refused(chained, below[-1], below[1:-1], (root,)) == said


def test_of_the_signer_itself_no_authority_is_asked() -> None:
    root = held("root", None)
    chained(held("stamps", root, purposes(STAMPING), seed=2), (), (root,))
    odd = held("stamps", root, extension("1.2.3", NULL), seed=2)
    assert refused(chained, odd, (), (root,)) == (UNKNOWN, False)


def test_every_certificate_of_a_chain_was_in_force() -> None:
    past = {"until": "20250101000000Z"}
    for old in range(3):
        dates = [past if n == old else {} for n in range(3)]
        root = certify("n0", make_key("p256"), None, authority(), **dates[0])
        middle = certify("n1", make_key("p256", 2), root, authority(), **dates[1])
        signer = certify("n2", make_key("p256", 3), middle, authority(), **dates[2])
        said = f"at the time stamped a certificate was not valid: CN=n{old}"
        assert refused(chained, signer, (middle,), (root,)) == (said, False)


def test_one_good_chain_is_enough_and_else_the_first_fault_is_told() -> None:
    root = held("root", None)
    old = certify("middle", make_key("p256", 2), root, authority(), until="20250101000000Z")
    weak = held("middle", root, usage(0x80), seed=2)
    good = held("middle", root, seed=2)
    signer = held("stamps", good, seed=3)
    chained(signer, (old, weak, good), (root,))
    chained(signer, (good, old), (root,))
    no_longer = "at the time stamped a certificate was not valid: CN=middle"
    no_authority = "a certificate of the chain is no authority: CN=middle"
    assert refused(chained, signer, (old, weak), (root,)) == (no_longer, False)
    assert refused(chained, signer, (weak, old), (root,)) == (no_authority, False)
    assert refused(chained, signer, (old,), (weak, root)) == (no_authority, False)
