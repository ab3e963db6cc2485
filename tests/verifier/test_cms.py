"""Time-stamp responses as written: each part that is read, each edge, each fault by itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from tests.verifier.stamps import (
    HASHES,
    TST_INFO,
    attribute,
    bits,
    der,
    extension,
    name,
    number,
    octets,
    oid,
    sequence,
    set_of,
    time,
)
from verifier.canonical import Flaw
from verifier.cms import Stamp, load_token

SHA = sequence(oid(HASHES["sha256"]), der(0x05))
OTHER_SHA = sequence(oid("2.16.840.1.101.3.4.2.3"))
SIGNED_DATA, PLAIN = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
DIGEST = hashlib.sha256(b"note").digest()
IMPRINT = sequence(SHA, octets(DIGEST))
ISSUER = name("above")
FALSE, TRUE, NULL = der(0x01, b"\x00"), der(0x01, b"\xff"), der(0x05)
ATTRIBUTES = (attribute("1.2.3", NULL), attribute("1.2.4", number(1), number(2)))
INFO = {
    "version": number(1),
    "policy": oid("1.2.3.4.1"),
    "imprint": IMPRINT,
    "serial": number(42),
    "at": time("20261012013000.5Z"),
    "accuracy": b"",
    "ordering": b"",
    "nonce": b"",
    "named": b"",
    "extensions": b"",
    "more": b"",
}
SIGNER = {
    "version": number(1),
    "named": sequence(ISSUER, number(7)),
    "hashed_by": SHA,
    "attributes": der(0xA0, *ATTRIBUTES),
    "algorithm": sequence(oid("1.2.840.10045.4.3.2")),
    "signature": octets(b"signature"),
    "unsigned": b"",
    "more": b"",
}
DATA = {
    "version": number(3),
    "announced": set_of(SHA),
    "content": sequence(oid(TST_INFO), der(0xA0, octets(sequence(*INFO.values())))),
    "bag": b"",
    "revoked": b"",
    "signers": set_of(sequence(*SIGNER.values())),
    "more": b"",
}
TOO_LARGE = "the time-stamp token is too large"


def structure(what: str) -> str:
    return f"the structure of {what} is not as laid down"


def wrapped(data: bytes, *more: bytes, kind: str = SIGNED_DATA) -> bytes:
    return sequence(oid(kind), der(0xA0, data), *more)


def token(**parts: bytes) -> bytes:
    """A token by itself, with some parts of its SignedData as they are given."""
    return wrapped(sequence(*(DATA | parts).values()))


def signed_by(**parts: bytes) -> bytes:
    return token(signers=set_of(sequence(*(SIGNER | parts).values())))


def stamping(**parts: bytes) -> bytes:
    info = octets(sequence(*(INFO | parts).values()))
    return token(content=sequence(oid(TST_INFO), der(0xA0, info)))


def stamp_of(**parts: bytes) -> Stamp:
    return load_token(stamping(**parts)).stamp


def refused(data: bytes) -> str:
    with pytest.raises(Flaw) as caught:
        load_token(data)
    return caught.value.en


# -- what is read -----------------------------------------------------------------------


def test_every_part_is_read() -> None:
    made = load_token(token(bag=der(0xA0, sequence(b""), sequence(NULL))))
    assert made.content == sequence(*INFO.values())
    assert made.certificates == (sequence(), sequence(NULL))
    assert made.stamp == Stamp(
        imprint=DIGEST,
        at=datetime(2026, 10, 12, 1, 30, 0, 500_000, UTC),
        accuracy=None,
        nonce=None,
        authority=None,
    )
    signer = made.signer
    assert (signer.issuer, signer.serial, signer.key_id) == (ISSUER, 7, None)
    assert signer.hashed_by.encoded == SHA
    assert {key: [one.encoded for one in told] for key, told in signer.attributes.items()} == {
        "2a03": [NULL],
        "2a04": [number(1), number(2)],
    }
    assert signer.signed == set_of(*ATTRIBUTES)
    assert signer.algorithm.encoded == SIGNER["algorithm"]
    assert signer.signature == b"signature"


def test_a_signer_may_be_named_by_his_key() -> None:
    signer = load_token(signed_by(version=number(3), named=der(0x80, b"id"))).signer
    assert (signer.issuer, signer.serial, signer.key_id) == (None, 0, b"id")


def same(data: bytes) -> bool:
    """Whether it says what the plain token says."""
    made = load_token(data)
    return (made.content, made.signer) == (load_token(token()).content, load_token(token()).signer)


@pytest.mark.parametrize(
    "status",
    [
        (number(0),),
        (number(1),),
        (number(1), sequence(der(0x0C, b"well"))),
        (number(0), bits(b"\x01")),
        (number(0), sequence(), bits(b"\x01")),
    ],
)
def test_a_token_that_was_granted_is_taken(status: tuple[bytes, ...]) -> None:
    assert same(sequence(sequence(*status), token()))


@pytest.mark.parametrize("status", [-1, 2, 3, 5])
def test_a_token_that_was_not_granted_is_none(status: int) -> None:
    said = f"the authority granted no time stamp (status {status})"
    assert refused(sequence(sequence(number(status)))) == said
    assert refused(sequence(sequence(number(status)), token())) == said


@pytest.mark.parametrize(
    "data",
    [
        *(token(version=number(one)) for one in (3, 4, 5)),
        token(revoked=der(0xA1, NULL)),
        token(bag=der(0xA0)),
        token(announced=set_of(OTHER_SHA, SHA)),
        signed_by(unsigned=der(0xA1, NULL)),
    ],
)
def test_what_may_stand_in_it_as_well(data: bytes) -> None:
    made = load_token(data)
    assert made.content == load_token(token()).content
    assert made.certificates == ()


def test_how_large_a_token_may_be() -> None:
    room = (1 << 20) - len(signed_by(unsigned=der(0xA1, octets(bytes(1 << 19))))) + (1 << 19)
    largest = signed_by(unsigned=der(0xA1, octets(bytes(room))))
    assert len(largest) == 1 << 20
    assert load_token(largest).stamp.imprint == DIGEST
    assert refused(signed_by(unsigned=der(0xA1, octets(bytes(room + 1))))) == TOO_LARGE


def test_how_many_certificates_a_token_may_bring() -> None:
    others = [der(0xA1, NULL)] * 8  # attribute certificates are passed over
    made = load_token(token(bag=der(0xA0, *others, *[sequence()] * 32)))
    assert made.certificates == (sequence(),) * 32
    said = refused(token(bag=der(0xA0, *[sequence()] * 33)))
    assert said == "the time-stamp token has too many certificates"


@pytest.mark.parametrize(
    ("parts", "micros"),
    [
        ((), 0),
        ((number(0),), 0),
        ((number(1),), 1_000_000),
        ((number(86_400),), 86_400_000_000),
        ((number(1, 0x80),), 1_000),
        ((number(999, 0x80),), 999_000),
        ((number(1, 0x81),), 1),
        ((number(999, 0x81),), 999),
        ((number(2), number(3, 0x80), number(4, 0x81)), 2_003_004),
    ],
)
def test_how_exact_the_time_is(parts: tuple[bytes, ...], micros: int) -> None:
    assert stamp_of(accuracy=sequence(*parts)).accuracy == micros


@pytest.mark.parametrize(
    "parts",
    [
        (number(-1),),
        (number(86_401),),
        (number(0, 0x80),),
        (number(1000, 0x80),),
        (number(0, 0x81),),
        (number(1000, 0x81),),
        (number(1, 0x81), number(1, 0x80)),
        (number(1), NULL),
    ],
)
def test_an_accuracy_that_is_none(parts: tuple[bytes, ...]) -> None:
    assert refused(stamping(accuracy=sequence(*parts))) == structure("Accuracy")


def test_what_a_stamp_may_state_as_well() -> None:
    assert stamp_of(nonce=number(0x5EED)).nonce == 0x5EED
    assert stamp_of(nonce=number(0)).nonce == 0
    named = der(0xA0, der(0xA4, ISSUER))
    assert stamp_of(named=named).authority == ISSUER
    assert stamp_of(named=der(0xA0, der(0x82, b"tsa.example"))).authority is None
    assert stamp_of(ordering=TRUE, nonce=number(1), named=named).nonce == 1
    harmless = der(0xA1, extension("1.2.3", b"", is_critical=False))
    assert stamp_of(extensions=harmless) == stamp_of()
    bare = sequence(sequence(oid(HASHES["sha256"])), octets(DIGEST))
    assert stamp_of(imprint=bare) == stamp_of()


# -- what is wrong ----------------------------------------------------------------------

NO_IMPRINT = "the time-stamp token has no SHA-256 imprint"
CRITICAL = "the time stamp has a critical extension that this program does not know"
LONGER = "an integer is not in its shortest form"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (sequence(), structure("TimeStampResp")),
        (set_of(number(1)), structure("TimeStampResp")),
        (sequence(NULL), structure("TimeStampResp")),
        (sequence(sequence(number(0))), structure("TimeStampResp")),
        (sequence(sequence(number(0)), NULL), structure("TimeStampResp")),
        (sequence(sequence(number(0)), token(), NULL), structure("TimeStampResp")),
        (sequence(sequence(NULL), token()), structure("PKIStatusInfo")),
        (sequence(sequence(number(0), NULL), token()), structure("PKIStatusInfo")),
        (sequence(sequence(number(2), NULL), token()), structure("PKIStatusInfo")),
        (
            sequence(sequence(number(0), bits(b""), sequence()), token()),
            structure("PKIStatusInfo"),
        ),
        (sequence(sequence(der(0x02, b"\0\0")), token()), LONGER),
        (sequence(sequence(number(0)), sequence()), structure("ContentInfo")),
        (wrapped(sequence(), kind=PLAIN), "it is no SignedData"),
        (sequence(oid(SIGNED_DATA)), structure("ContentInfo")),
        (wrapped(NULL), structure("ContentInfo")),
        (wrapped(sequence(*DATA.values()), NULL), structure("ContentInfo")),
        (sequence(oid(SIGNED_DATA), der(0xA0, sequence(), NULL)), structure("ContentInfo")),
        (token(version=NULL), structure("SignedData")),
        (token(version=number(2)), structure("SignedData")),
        (token(version=number(6)), structure("SignedData")),
        (token(announced=sequence(SHA)), structure("SignedData")),
        (token(announced=set_of(NULL)), structure("SignedData")),
        (token(announced=set_of(sequence(NULL))), structure("AlgorithmIdentifier")),
        (token(announced=set_of()), structure("SignedData")),
        (token(announced=set_of(OTHER_SHA)), structure("SignedData")),
        (token(content=NULL), structure("SignedData")),
        (token(content=sequence(NULL)), structure("EncapsulatedContentInfo")),
        (token(content=sequence(oid(TST_INFO))), structure("EncapsulatedContentInfo")),
        (
            token(content=sequence(oid(PLAIN), der(0xA0, octets(b"")))),
            "what is signed is no time stamp (TSTInfo)",
        ),
        (
            token(content=sequence(oid(TST_INFO), der(0xA0, NULL))),
            structure("EncapsulatedContentInfo"),
        ),
        (
            token(content=sequence(oid(TST_INFO), der(0xA0, octets(b"")), NULL)),
            structure("EncapsulatedContentInfo"),
        ),
        (token(signers=NULL), structure("SignedData")),
        (token(more=NULL), structure("SignedData")),
        (token(signers=set_of()), structure("SignerInfos")),
        (token(signers=set_of(NULL)), structure("SignerInfos")),
        (
            token(signers=set_of(*[sequence(*SIGNER.values())] * 2)),
            structure("SignerInfos"),
        ),
        (token() + b"\0", "bytes follow the end of the encoding"),
    ],
)
def test_a_response_with_one_fault_is_refused(data: bytes, said: str) -> None:
    assert refused(data) == said


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"version": NULL}, structure("SignerInfo")),
        ({"version": number(2)}, structure("SignerInfo")),
        ({"version": number(3)}, structure("SignerInfo")),
        ({"named": der(0x80, b"id")}, structure("SignerInfo")),
        ({"version": number(4), "named": der(0x80, b"id")}, structure("SignerInfo")),
        ({"named": der(0x81, b"id")}, structure("SignerInfo")),
        ({"named": sequence(ISSUER)}, structure("IssuerAndSerialNumber")),
        ({"named": sequence(NULL, number(7))}, structure("IssuerAndSerialNumber")),
        ({"named": sequence(ISSUER, number(7), NULL)}, structure("IssuerAndSerialNumber")),
        ({"hashed_by": NULL}, structure("SignerInfo")),
        ({"hashed_by": sequence(NULL)}, structure("AlgorithmIdentifier")),
        ({"hashed_by": OTHER_SHA}, structure("SignedData")),
        ({"attributes": b""}, "it has no signed attributes"),
        ({"attributes": der(0xA0, NULL)}, structure("SignedAttributes")),
        ({"attributes": der(0xA0, sequence(NULL))}, structure("Attribute")),
        ({"attributes": der(0xA0, sequence(oid("1.2.3"), NULL))}, structure("Attribute")),
        (
            {"attributes": der(0xA0, sequence(oid("1.2.3"), set_of(NULL), NULL))},
            structure("Attribute"),
        ),
        ({"attributes": der(0xA0, attribute("1.2.3"))}, structure("SignedAttributes")),
        (
            {"attributes": der(0xA0, attribute("1.2.3", NULL), attribute("1.2.3", TRUE))},
            structure("SignedAttributes"),
        ),
        (
            {"attributes": der(0xA0, *ATTRIBUTES[::-1])},
            "the signed attributes are not in the order of DER",
        ),
        ({"algorithm": NULL}, structure("SignerInfo")),
        ({"signature": bits(b"")}, structure("SignerInfo")),
        ({"more": NULL}, structure("SignerInfo")),
    ],
)
def test_a_signer_with_one_fault_is_refused(parts: dict[str, bytes], said: str) -> None:
    assert refused(signed_by(**parts)) == said


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"version": NULL}, structure("TSTInfo")),
        ({"version": number(2)}, structure("TSTInfo")),
        ({"policy": NULL}, structure("TSTInfo")),
        ({"imprint": NULL}, structure("TSTInfo")),
        ({"imprint": sequence(NULL)}, structure("MessageImprint")),
        ({"imprint": sequence(SHA, NULL)}, structure("MessageImprint")),
        ({"imprint": sequence(SHA, octets(DIGEST), NULL)}, structure("MessageImprint")),
        ({"imprint": sequence(SHA, octets(DIGEST[1:]))}, NO_IMPRINT),
        ({"imprint": sequence(SHA, octets(DIGEST + b"\0"))}, NO_IMPRINT),
        ({"imprint": sequence(OTHER_SHA, octets(DIGEST))}, NO_IMPRINT),
        (
            {"imprint": sequence(sequence(NULL), octets(DIGEST))},
            structure("AlgorithmIdentifier"),
        ),
        (
            {"imprint": sequence(sequence(oid(HASHES["sha256"]), TRUE), octets(DIGEST))},
            structure("AlgorithmIdentifier"),
        ),
        (
            {"imprint": sequence(sequence(oid(HASHES["sha256"]), NULL, NULL), octets(DIGEST))},
            structure("AlgorithmIdentifier"),
        ),
        ({"serial": octets(b"")}, structure("TSTInfo")),
        ({"serial": der(0x02, b"\0\0")}, LONGER),
        ({"at": der(0x17, b"261012013000Z")}, structure("TSTInfo")),
        ({"at": time("20261312013000Z")}, "a time is ill-formed"),
        ({"ordering": FALSE}, structure("TSTInfo")),
        ({"ordering": der(0x01, b"\1")}, "a boolean is neither 00 nor FF"),
        ({"nonce": der(0x02, b"\0\0")}, LONGER),
        ({"named": der(0xA0)}, structure("GeneralName")),
        ({"named": der(0xA0, der(0xA4))}, structure("GeneralName")),
        ({"named": der(0xA0, der(0xA4, ISSUER, ISSUER))}, structure("GeneralName")),
        ({"extensions": der(0xA1, NULL)}, structure("Extensions")),
        ({"extensions": der(0xA1, sequence(NULL))}, structure("Extension")),
        ({"extensions": der(0xA1, sequence(oid("1.2.3")))}, structure("Extension")),
        (
            {"extensions": der(0xA1, sequence(oid("1.2.3"), octets(b""), NULL))},
            structure("Extension"),
        ),
        ({"extensions": der(0xA1, extension("1.2.3", b""))}, CRITICAL),
        (
            {
                "extensions": der(
                    0xA1,
                    extension("1.2.3", b"", is_critical=False),
                    extension("1.2.4", b""),
                )
            },
            CRITICAL,
        ),
        ({"more": NULL}, structure("TSTInfo")),
    ],
)
def test_a_stamp_with_one_fault_is_refused(parts: dict[str, bytes], said: str) -> None:
    assert refused(stamping(**parts)) == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the encoding is cut short"),
        (set_of(), structure("TSTInfo")),
        (sequence(*INFO.values()) + b"\0", "bytes follow the end of the encoding"),
    ],
)
def test_what_is_signed_has_to_be_a_stamp(content: bytes, said: str) -> None:
    inside = sequence(oid(TST_INFO), der(0xA0, octets(content)))
    assert refused(token(content=inside)) == said
