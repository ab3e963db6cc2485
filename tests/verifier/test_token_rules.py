"""Tokens under trust: each rule they are held to, at its edges, and what is told of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.verifier.stamps import (
    CONTENT_TYPE,
    DIGEST,
    HASHES,
    SIGNING_V2,
    STAMPING,
    TST_INFO,
    Holder,
    Office,
    Stamping,
    attribute,
    authority,
    certify,
    der,
    extension,
    make_key,
    make_office,
    name,
    number,
    octets,
    oid,
    purposes,
    sequence,
    set_of,
    sign,
)
from verifier.bundle import Bundle, read_bundle
from verifier.canonical import Flaw, canonical
from verifier.certificates import Certificate, load_certificate
from verifier.cms import Token, load_token
from verifier.files import Files
from verifier.findings import Weight
from verifier.signatures import Unjudged
from verifier.tokens import Proven, Tokens, check_tokens, require_over, require_signed

NOTE, NULL = b"note", der(0x05)
OFFICE = make_office("p256")
ROOT = load_certificate(OFFICE.root.certificate)
SIGNING_V1 = "1.2.840.113549.1.9.16.2.12"
SHA512 = "2.16.840.1.101.3.4.2.3"
NOT_OVER = "not over this checkpoint"
ANOTHER = "the signed attributes name another certificate (ESSCertID)"
NOT_NAMED = "the signed attributes name no certificate (signingCertificate)"
ESS = "the structure of ESSCertID is not as laid down"
NO_SIGNER = "the signer's certificate is neither in the token nor given (--tsa)"
NO_CHAIN = "no chain of certificates leads to an authority that was given (--tsa)"


def stamping(note: bytes = NOTE, made: Office = OFFICE) -> Stamping:
    return made.stamping(note)


def judge(made: Stamping, *anchors: Certificate) -> Certificate:
    """Who signed a token, if it holds under what is trusted."""
    return require_signed(load_token(made.response()), anchors or (ROOT,))


def refused(call: Callable[..., object], *given: object) -> tuple[str, bool]:
    """What is said of something that is wrong, and whether it is only left open."""
    with pytest.raises(Flaw) as caught:
        call(*given)
    return caught.value.en, isinstance(caught.value, Unjudged)


def bundle_of(
    tokens: dict[int, bytes], note: bytes | None = NOTE, older: dict[int, bytes] | None = None
) -> Bundle:
    """A bundle of 12 records under a checkpoint, as far as tokens go."""
    told = {"format": "guicheng-bundle", "version": 1, "origin": "o", "scope": {"kind": "store"}}
    told |= {"suite": "sha256-ed25519", "size": 12}
    files = {"bundle.json": canonical(told)}
    files |= {f"tokens/{size}.tsr": data for size, data in tokens.items()}
    files |= {f"checkpoints/{size}.note": data for size, data in (older or {}).items()}
    return read_bundle(Files(contents=files | ({"checkpoint.note": note} if note else {})))


# -- all tokens of a bundle -------------------------------------------------------------


def test_tokens_are_told_in_the_order_of_their_sizes() -> None:
    good, other = stamping().response(), stamping(b"other").response()
    tokens = {12: good, 3: other, 5: good, 4: b"?", 100: good}
    told = check_tokens(bundle_of(tokens, older={3: b"other", 5: b"other"}), (ROOT,))
    assert [one.size for one in told.proven] == [3, 12]
    assert [(one.field, one.en) for one in told.findings] == [
        ("tokens/4.tsr", "the encoding is cut short"),
        ("tokens/5.tsr", NOT_OVER),
        ("tokens/100.tsr", NOT_OVER),
    ]
    assert [(one.code, one.level, one.weight) for one in told.findings] == [
        ("E_TOKEN", 2, Weight.BREAK)
    ] * 3
    assert [one.zh for one in told.findings][1:] == ["时间戳不是盖在这个检查点上"] * 2
    assert told.unproven == 0


def test_without_trust_tokens_are_counted_and_nothing_is_proven() -> None:
    good = stamping().response()
    told = check_tokens(bundle_of({12: good, 3: good, 4: good}, older={3: NOTE}), ())
    assert (told.proven, told.unproven) == ((), 2)
    assert [(one.field, one.en) for one in told.findings] == [("tokens/4.tsr", NOT_OVER)]
    nothing = check_tokens(bundle_of({}), ())
    assert (nothing.findings, nothing.proven, nothing.unproven) == ((), (), 0)
    assert Tokens() == nothing


def test_a_bundle_without_a_checkpoint_has_nothing_to_stamp() -> None:
    told = check_tokens(bundle_of({12: stamping().response()}, None), (ROOT,))
    assert [one.en for one in told.findings] == [NOT_OVER]


def test_what_cannot_be_judged_is_a_gap_and_what_is_wrong_a_break() -> None:
    strange = stamping().but(algorithm=sequence(oid("1.2.156.10197.1.501"))).response()
    spoiled = stamping().but(signature=b"?").response()
    told = check_tokens(bundle_of({12: strange, 3: spoiled}, older={3: NOTE}), (ROOT,))
    assert [(one.field, one.weight) for one in told.findings] == [
        ("tokens/3.tsr", Weight.BREAK),
        ("tokens/12.tsr", Weight.GAP),
    ]
    first, last = told.findings
    assert (first.zh, first.en) == (
        "时间戳机构的签名不成立",
        "the signature of the authority does not verify",
    )
    assert (last.zh, last.en) == (
        "所用的签名算法,本程序不判断",
        "it uses a signature algorithm this program does not judge",
    )
    assert (told.proven, told.unproven) == ((), 0)


def test_a_token_is_over_the_bytes_of_its_note() -> None:
    token = load_token(stamping().response())
    require_over(token, NOTE)
    for wrong in (None, b"", NOTE + b"\n"):
        assert refused(require_over, token, wrong) == (NOT_OVER, False)


# -- what is proven ---------------------------------------------------------------------


def proven(**changes: object) -> Proven:
    at = datetime(2026, 10, 12, 1, 30, tzinfo=UTC)
    made = Proven(size=12, at=at, accuracy=None, authority="CN=stamps")
    return replace(made, **changes)  # type: ignore[arg-type]


def test_what_is_proven_is_what_the_token_says() -> None:
    good = stamping().but(at="20261012013000.25Z").response()
    (found,) = check_tokens(bundle_of({12: good}), (ROOT,)).proven
    at = datetime(2026, 10, 12, 1, 30, 0, 250_000, UTC)
    assert found == proven(at=at, accuracy=1_500_000)


@pytest.mark.parametrize(
    ("made", "moment", "within"),
    [
        (proven(), "2026-10-12T01:30:00Z", ""),
        (proven(accuracy=0), "2026-10-12T01:30:00Z", " ± 0 s"),
        (proven(accuracy=1), "2026-10-12T01:30:00Z", " ± 1e-06 s"),
        (proven(accuracy=1_500_000), "2026-10-12T01:30:00Z", " ± 1.5 s"),
        (
            proven(at=datetime(2026, 10, 12, 1, 30, 0, 250_000, UTC)),
            "2026-10-12T01:30:00.250000Z",
            "",
        ),
    ],
)
def test_it_is_shown_with_how_exact_it_is(made: Proven, moment: str, within: str) -> None:
    assert made.show("en") == (
        f"the checkpoint of 12 records existed before {moment}{within}, by the authority CN=stamps"
    )
    assert made.show("zh") == (
        f"12 条记录的检查点在 {moment}{within} 之前已经存在,时间戳机构:CN=stamps"
    )
    assert made.dump() == {
        "size": 12,
        "at": moment,
        "accuracy_us": made.accuracy,
        "authority": "CN=stamps",
    }


# -- whose certificate ------------------------------------------------------------------


def test_the_signer_is_told() -> None:
    assert judge(stamping()).encoded == OFFICE.signer.certificate
    assert judge(stamping(), *several(OFFICE.middle)).encoded == OFFICE.signer.certificate


def several(*holders: Holder) -> tuple[Certificate, ...]:
    return tuple(load_certificate(one.certificate) for one in holders)


def test_the_signer_is_found_in_the_token_or_among_what_is_trusted() -> None:
    middle = (OFFICE.middle.certificate,)
    assert judge(stamping().but(bag=()), *several(OFFICE.signer)) == several(OFFICE.signer)[0]
    assert refused(judge, stamping().but(bag=middle)) == (NO_SIGNER, True)
    with pytest.raises(Unjudged) as caught:
        judge(stamping().but(bag=()))
    assert caught.value.zh == "签名证书既不在令牌里,也没有给出(--tsa)"
    assert caught.value.en == NO_SIGNER
    assert refused(judge, stamping().but(bag=stamping().bag[:1])) == (NO_CHAIN, True)
    other = Holder(
        name=OFFICE.signer.name,
        key=OFFICE.signer.key,
        certificate=OFFICE.signer.certificate,
        serial=4,
        issuer=OFFICE.signer.issuer,
    )
    assert refused(judge, stamping().but(signer=other)) == (NO_SIGNER, True)
    assert refused(judge, stamping().but(signer=replace(other, serial=3, issuer=name("x")))) == (
        NO_SIGNER,
        True,
    )


def test_a_certificate_that_cannot_be_read_matters_where_the_signers_is_missing() -> None:
    unread = (sequence(), sequence(sequence(), sequence(), der(0x03, b"\x01")))
    assert judge(stamping().but(bag=(*unread, *stamping().bag)))
    for bag, said in (
        (unread, "the structure of Certificate is not as laid down"),
        (unread[::-1], "a bit string is not of whole octets"),
    ):
        assert refused(judge, stamping().but(bag=bag)) == (said, False)


def by_key(made: Stamping, key_id: bytes) -> Token:
    """The token with its signer named by a key: that name is not under the signature."""
    token = load_token(made.response())
    return replace(token, signer=replace(token.signer, issuer=None, serial=0, key_id=key_id))


def test_a_signer_named_by_his_key_is_found_by_it() -> None:
    own = (purposes(STAMPING), extension("2.5.29.14", octets(b"id"), is_critical=False))
    made = make_office("p256", *own)
    found = require_signed(by_key(made.stamping(NOTE), b"id"), (ROOT,))
    assert found.encoded == made.signer.certificate
    assert refused(require_signed, by_key(made.stamping(NOTE), b"di"), (ROOT,)) == (
        NO_SIGNER,
        True,
    )
    assert refused(require_signed, by_key(stamping(), b"id"), (ROOT,)) == (NO_SIGNER, True)


# -- what the attributes say ------------------------------------------------------------


def attributes(
    kind: Sequence[bytes] = (oid(TST_INFO),),
    digest: Sequence[bytes] = (octets(hashlib.sha256(stamping().info).digest()),),
    *named: bytes,
) -> tuple[bytes, ...]:
    last = named or (signed_for(),)
    return (attribute(CONTENT_TYPE, *kind), attribute(DIGEST, *digest), *last)


def digest_of(name_: str = "sha256", holder: Holder = OFFICE.signer) -> bytes:
    return octets(hashlib.new(name_, holder.certificate).digest())


def signed_for(
    *parts: bytes, by: str = SIGNING_V2, more: Sequence[bytes] = (), behind: Sequence[bytes] = ()
) -> bytes:
    """The attribute that binds a certificate, whose identifier has some parts."""
    first = sequence(*(parts or (digest_of(),)))
    return attribute(by, sequence(sequence(first, *more), *behind))


def said_of(*own: bytes) -> tuple[str, bool]:
    return refused(judge, stamping().but(attributes=own))


DIGEST_SAID = "the digest in the signed attributes is not that of the time stamp"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (attributes()[1:], "the signed attributes have no contentType"),
        (attributes([oid(TST_INFO)] * 2), "the signed attributes have no contentType"),
        (
            attributes([oid("1.2.840.113549.1.7.1")]),
            "the signed attributes name another type of content",
        ),
        (
            attributes([octets(oid(TST_INFO)[2:])]),
            "the signed attributes name another type of content",
        ),
        ((attributes()[0], attributes()[2]), "the signed attributes have no messageDigest"),
        (
            attributes(digest=[octets(hashlib.sha256(stamping().info).digest()), octets(b"")]),
            "the signed attributes have no messageDigest",
        ),
        (attributes(digest=[octets(bytes(32))]), DIGEST_SAID),
        (attributes(digest=[octets(hashlib.sha1(stamping().info).digest())]), DIGEST_SAID),
        (
            attributes(digest=[der(0x03, hashlib.sha256(stamping().info).digest())]),
            DIGEST_SAID,
        ),
        (attributes()[:2], NOT_NAMED),
    ],
)
def test_an_attribute_that_is_wrong(own: tuple[bytes, ...], said: str) -> None:
    assert said_of(*own) == (said, False)


def issued(issuer: bytes = OFFICE.signer.issuer, serial: int = 3, *more: bytes) -> bytes:
    return sequence(sequence(der(0xA4, issuer)), number(serial), *more)


@pytest.mark.parametrize(
    "named",
    [
        (signed_for(),),
        (signed_for(sequence(oid(SHA512)), digest_of("sha512")),),
        (signed_for(sequence(oid(HASHES["sha256"]), NULL), digest_of()),),
        (signed_for(digest_of(), issued()),),
        (signed_for(more=[sequence(octets(b"another"))], behind=[sequence()]),),
        (signed_for(digest_of("sha1"), by=SIGNING_V1),),
        (signed_for(digest_of("sha1"), issued(), by=SIGNING_V1),),
        (signed_for(digest_of("sha1"), by=SIGNING_V1), signed_for()),
    ],
)
def test_the_certificate_is_bound_by_either_way_or_both(named: tuple[bytes, ...]) -> None:
    own = (*attributes()[:2], *named)
    assert judge(stamping().but(attributes=own)).encoded == OFFICE.signer.certificate


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ((signed_for(octets(bytes(32))),), ANOTHER),
        ((signed_for(digest_of(holder=OFFICE.middle)),), ANOTHER),
        ((signed_for(digest_of("sha1")),), ANOTHER),
        ((signed_for(by=SIGNING_V1),), ANOTHER),
        ((signed_for(sequence(oid(SHA512)), digest_of()),), ANOTHER),
        ((signed_for(digest_of(), issued(name("another"))),), ANOTHER),
        ((signed_for(digest_of(), issued(serial=4)),), ANOTHER),
        ((signed_for(octets(bytes(32)), issued()),), ANOTHER),
        ((signed_for(octets(b"x"), more=[sequence(digest_of())]),), ANOTHER),
        ((signed_for(digest_of("sha1"), by=SIGNING_V1), signed_for(octets(b""))), ANOTHER),
        ((signed_for(octets(b""), by=SIGNING_V1), signed_for()), ANOTHER),
        ((attribute(SIGNING_V2, NULL),), ESS),
        ((attribute(SIGNING_V2, sequence()),), ESS),
        ((attribute(SIGNING_V2, set_of(sequence(sequence(digest_of())))),), ESS),
        ((attribute(SIGNING_V2, sequence(sequence())),), ESS),
        ((attribute(SIGNING_V2, sequence(sequence(NULL))),), ESS),
        ((signed_for(NULL),), ESS),
        ((signed_for(digest_of(), issued(), NULL),), ESS),
        ((signed_for(digest_of(), NULL),), ESS),
        ((signed_for(sequence(oid(HASHES["sha1"])), digest_of("sha1"), by=SIGNING_V1),), ESS),
        (
            (attribute(SIGNING_V2, *[sequence(sequence(sequence(digest_of())))] * 2),),
            "the signed attributes have no signingCertificateV2",
        ),
        (
            (attribute(SIGNING_V1, *[sequence(sequence(sequence(digest_of("sha1"))))] * 2),),
            "the signed attributes have no signingCertificate",
        ),
        *(
            ((signed_for(digest_of(), one),), "the structure of IssuerSerial is not as laid down")
            for one in (
                sequence(sequence(der(0xA4, OFFICE.signer.issuer))),
                issued(OFFICE.signer.issuer, 3, NULL),
                sequence(sequence(der(0x82, b"tsa.example")), number(3)),
                sequence(sequence(*[der(0xA4, OFFICE.signer.issuer)] * 2), number(3)),
                sequence(sequence(der(0xA4, NULL)), number(3)),
                sequence(NULL, number(3)),
            )
        ),
    ],
)
def test_a_certificate_that_is_not_bound(named: tuple[bytes, ...], said: str) -> None:
    assert said_of(*attributes()[:2], *named) == (said, False)


def test_a_certificate_bound_by_a_hash_that_is_not_judged_is_left_open() -> None:
    named = signed_for(sequence(oid(HASHES["sha1"])), digest_of("sha1"))
    said = ("it uses a hash algorithm this program does not judge", True)
    assert said_of(*attributes()[:2], named) == said


# -- the signature and the authority ----------------------------------------------------


def test_the_signature_is_over_the_attributes() -> None:
    other = sign(OFFICE.signer.key, b"something else")
    said = ("the signature of the authority does not verify", False)
    assert refused(judge, stamping().but(signature=other)) == said
    by_other = sign(make_key("p256", 99), b"")
    assert refused(judge, stamping().but(signature=by_other)) == said
    sha512 = sequence(oid("1.2.840.10045.4.3.4"))
    assert refused(judge, stamping().but(algorithm=sha512)) == (
        "signature and hash algorithm disagree",
        False,
    )


def test_the_authority_named_in_a_stamp_is_who_signed() -> None:
    assert judge(stamping().but(named=OFFICE.signer.name))
    for wrong in (OFFICE.signer.issuer, name("somebody else")):
        assert refused(judge, stamping().but(named=wrong)) == (
            "the authority named in the time stamp is not the one that signed",
            False,
        )


def test_a_signer_who_may_not_stamp_or_whom_nobody_trusts() -> None:
    made = make_office("p256", authority())
    said = "the signer's certificate has no purpose of time stamping (extendedKeyUsage)"
    assert refused(judge, made.stamping(NOTE)) == (said, False)
    stranger = certify("root 1", make_key("p256", 77), None, authority(), serial=1)
    assert refused(judge, stamping(), *several(stranger)) == (NO_CHAIN, True)


def test_the_chain_is_judged_at_the_time_stamped() -> None:
    made = make_office("p256", until="20261012013000Z")
    assert judge(made.stamping(NOTE))
    late = made.stamping(NOTE).but(at="20261012013001Z")
    said = "at the time stamped a certificate was not valid: CN=stamps"
    assert refused(judge, late) == (said, False)
