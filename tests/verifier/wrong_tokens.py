"""Tokens that must not be taken: what is wrong, and the sentence it is told by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from tests.verifier.stamps import (
    CODE_SIGNING,
    CONTENT_TYPE,
    DIGEST,
    SIGNING_V2,
    STAMPING,
    Holder,
    Office,
    Stamping,
    attribute,
    authority,
    bits,
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
    usage,
)

Make = Callable[[bytes], tuple[bytes, Holder]]
OTHER_NOTE = b"another note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """`make` gives, for a note, a response and the certificate that is trusted.

    `is_open`: the token is not proven rather than broken. `always`: told without trust as well.
    """

    name: str
    make: Make
    zh: str
    en: str
    is_open: bool = False
    always: bool = False


WRONG: list[Wrong] = []


def wrong(
    zh: str, en: str, *, is_open: bool = False, always: bool = False
) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        title = make.__name__.replace("_", " ")
        WRONG.append(Wrong(name=title, make=make, zh=zh, en=en, is_open=is_open, always=always))
        return make

    return register


@cache
def office(kind: str = "p256", *own: bytes, seed: int = 1) -> Office:
    return make_office(kind, *own, seed=seed)


def good(note: bytes, kind: str = "p256") -> Stamping:
    return office(kind).stamping(note)


def of(made: Office, note: bytes) -> tuple[bytes, Holder]:
    return made.stamping(note).response(), made.root


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


def flipped(data: bytes, part: bytes) -> bytes:
    """One bit changed in the middle of a part, which stands in the data once."""
    place = len(part) // 2
    return replaced(data, part, part[:place] + bytes([part[place] ^ 1]) + part[place + 1 :])


# -- what is stamped --------------------------------------------------------------------


@wrong("时间戳不是盖在这个检查点上", "not over this checkpoint", always=True)
def over_another_note(_: bytes) -> tuple[bytes, Holder]:
    return good(OTHER_NOTE).response(), office().root


@wrong("时间戳令牌没有 SHA-256 摘要", "the time-stamp token has no SHA-256 imprint", always=True)
def a_sha_1_imprint(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(hashed_by="sha1").response(), office().root


@wrong("时间戳不是盖在这个检查点上", "not over this checkpoint", always=True)
def a_bit_flipped_in_the_imprint(note: bytes) -> tuple[bytes, Holder]:
    made = good(note).response()
    return flipped(made, hashlib.sha256(note).digest()), office().root


@wrong(
    "签名属性所写的摘要不是这个时间戳的",
    "the digest in the signed attributes is not that of the time stamp",
)
def another_time_written_in(note: bytes) -> tuple[bytes, Holder]:
    made = good(note).response()
    return replaced(made, b"20261012013000Z", b"20251012013000Z"), office().root


@wrong("时间写法不合规定", "a time is ill-formed", always=True)
def a_time_that_is_none(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(at="20261312013000Z").response(), office().root


@wrong("时间写法不合规定", "a time is ill-formed", always=True)
def a_fraction_with_a_zero_behind(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(at="20261012013000.50Z").response(), office().root


@wrong(
    "时间戳有本程序不认识的关键扩展",
    "the time stamp has a critical extension that this program does not know",
    always=True,
)
def a_critical_extension_in_the_stamp(note: bytes) -> tuple[bytes, Holder]:
    more = (der(0xA1, extension("1.2.3.4", b"")),)
    return good(note).but(more=more).response(), office().root


@wrong(
    "时间戳所写的机构不是签名的机构",
    "the authority named in the time stamp is not the one that signed",
)
def in_another_authoritys_name(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(named=name("somebody else")).response(), office().root


# -- the response and its encoding ------------------------------------------------------


@wrong(
    "时间戳机构没有给出时间戳(状态 2)",
    "the authority granted no time stamp (status 2)",
    always=True,
)
def a_rejection(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(status=2).response(), office().root


@wrong(
    "时间戳机构没有给出时间戳(状态 3)",
    "the authority granted no time stamp (status 3)",
    always=True,
)
def a_waiting_that_brings_a_token(note: bytes) -> tuple[bytes, Holder]:
    return sequence(sequence(number(3)), good(note).token()), office().root


@wrong(
    "TimeStampResp 的结构不合规定",
    "the structure of TimeStampResp is not as laid down",
    always=True,
)
def granted_without_a_token(_: bytes) -> tuple[bytes, Holder]:
    return sequence(sequence(number(0))), office().root


@wrong("编码之后还有多余的字节", "bytes follow the end of the encoding", always=True)
def bytes_behind_the_end(note: bytes) -> tuple[bytes, Holder]:
    return good(note).response() + b"\x00", office().root


@wrong("编码不完整", "the encoding is cut short", always=True)
def cut_short(note: bytes) -> tuple[bytes, Holder]:
    return good(note).response()[:-1], office().root


@wrong("编码不是 DER:长度不定", "the encoding is not DER: a length is indefinite", always=True)
def an_indefinite_length(note: bytes) -> tuple[bytes, Holder]:
    token = good(note).token()
    return b"\x30\x80" + sequence(number(0)) + token + b"\x00\x00", office().root


@wrong(
    "编码不是 DER:长度不是最短写法",
    "the encoding is not DER: a length is not in its shortest form",
    always=True,
)
def a_length_written_longer(note: bytes) -> tuple[bytes, Holder]:
    return sequence(b"\x30\x81\x03" + number(0), good(note).token()), office().root


@wrong("编码写的长度过大", "the encoding names a length that is too large", always=True)
def a_length_of_many_octets(_: bytes) -> tuple[bytes, Holder]:
    return b"\x30\xff" + b"\xff" * 127, office().root


@wrong("编码不完整", "the encoding is cut short", always=True)
def a_length_of_four_thousand_million(_: bytes) -> tuple[bytes, Holder]:
    return b"\x30\x84\xff\xff\xff\xff", office().root


@wrong("编码嵌套过深", "the encoding is nested too deeply", always=True)
def nested_without_end(_: bytes) -> tuple[bytes, Holder]:
    made = b""
    for _n in range(3000):
        made = der(0x30, made)
    return made, office().root


@wrong("时间戳令牌过大", "the time-stamp token is too large", always=True)
def larger_than_any_token(_: bytes) -> tuple[bytes, Holder]:
    return der(0x30, bytes(1 << 20)), office().root


@wrong("整数不是最短写法", "an integer is not in its shortest form", always=True)
def an_integer_written_longer(note: bytes) -> tuple[bytes, Holder]:
    return sequence(sequence(der(0x02, b"\0\0")), good(note).token()), office().root


@wrong("所签的不是时间戳(TSTInfo)", "what is signed is no time stamp (TSTInfo)", always=True)
def signed_data_of_another_kind(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(kind="1.2.840.113549.1.7.1").response(), office().root


@wrong(
    "SignerInfos 的结构不合规定", "the structure of SignerInfos is not as laid down", always=True
)
def two_signers(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(is_copied=True).response(), office().root


# -- what is signed ---------------------------------------------------------------------


@wrong("没有签名属性", "it has no signed attributes", always=True)
def without_attributes(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(attributes=()).response(), office().root


@wrong("签名属性没有 contentType", "the signed attributes have no contentType")
def without_the_type_of_content(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    return made.but(attributes=made.own_attributes[1:]).response(), office().root


@wrong("签名属性所写的内容种类不是时间戳", "the signed attributes name another type of content")
def another_type_of_content(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    first = attribute(CONTENT_TYPE, oid("1.2.840.113549.1.7.1"))
    return made.but(attributes=(first, *made.own_attributes[1:])).response(), office().root


@wrong("签名属性没有 messageDigest", "the signed attributes have no messageDigest")
def without_the_digest(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    first, _, last = made.own_attributes
    return made.but(attributes=(first, last)).response(), office().root


@wrong("签名属性没有 messageDigest", "the signed attributes have no messageDigest")
def two_digests_in_one_attribute(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    first, _, last = made.own_attributes
    right = octets(hashlib.sha256(made.info).digest())
    both = attribute(DIGEST, right, octets(bytes(32)))
    return made.but(attributes=(first, both, last)).response(), office().root


@wrong(
    "签名属性没有写明签名证书(signingCertificate)",
    "the signed attributes name no certificate (signingCertificate)",
)
def without_the_signers_certificate(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    return made.but(attributes=made.own_attributes[:2]).response(), office().root


@wrong(
    "签名属性写明的是另一张证书(ESSCertID)",
    "the signed attributes name another certificate (ESSCertID)",
)
def with_another_certificates_hash(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(identifier=hashlib.sha256(b"x").digest()).response(), office().root


@wrong(
    "签名属性写明的是另一张证书(ESSCertID)",
    "the signed attributes name another certificate (ESSCertID)",
)
def with_another_issuer_in_the_identifier(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    found = octets(hashlib.sha256(made.signer.certificate).digest())
    issuer = sequence(sequence(der(0xA4, name("somebody else"))), number(made.signer.serial))
    last = attribute(SIGNING_V2, sequence(sequence(sequence(found, issuer))))
    return made.but(attributes=(*made.own_attributes[:2], last)).response(), office().root


@wrong("时间戳机构的签名不成立", "the signature of the authority does not verify")
def a_bit_flipped_in_the_signature(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    signature = sign(made.signer.key, set_of(*made.own_attributes))
    return flipped(made.response(), signature[-32:]), office().root


@wrong("时间戳机构的签名不成立", "the signature of the authority does not verify")
def a_bit_flipped_in_an_rsa_signature(note: bytes) -> tuple[bytes, Holder]:
    made = good(note, "rsa")
    signature = sign(made.signer.key, set_of(*made.own_attributes))
    return flipped(made.response(), signature), office("rsa").root


@wrong("时间戳机构的签名不成立", "the signature of the authority does not verify")
def a_signature_by_another_key(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    signature = sign(make_key("p256", 99), set_of(*made.own_attributes))
    return made.but(signature=signature).response(), office().root


@wrong("时间戳机构的签名不成立", "the signature of the authority does not verify")
def a_signature_of_zeros(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(signature=sequence(number(0), number(0))).response(), office().root


@wrong("签名属性没有按 DER 排序", "the signed attributes are not in the order of DER", always=True)
def attributes_in_another_order(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    ordered = sorted(made.own_attributes)
    other = b"".join(reversed(ordered))
    return replaced(made.response(), b"".join(ordered), other), office().root


@wrong("签名算法与钥匙的种类不符", "the signature algorithm is not one of such a key")
def an_algorithm_of_another_kind_of_key(note: bytes) -> tuple[bytes, Holder]:
    other = sequence(oid("1.2.840.113549.1.1.11"), der(0x05))
    return good(note).but(algorithm=other).response(), office().root


@wrong("签名算法与散列算法不一致", "signature and hash algorithm disagree")
def an_algorithm_with_another_hash(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(algorithm=sequence(oid("1.2.840.10045.4.3.3"))).response(), office().root


@wrong(
    "所用的签名算法,本程序不判断",
    "it uses a signature algorithm this program does not judge",
    is_open=True,
)
def an_algorithm_that_is_not_known(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(algorithm=sequence(oid("1.2.156.10197.1.501"))).response(), office().root


# -- the certificate and its chain ------------------------------------------------------


@wrong(
    "签名证书没有时间戳用途(extendedKeyUsage)",
    "the signer's certificate has no purpose of time stamping (extendedKeyUsage)",
)
def a_signer_without_the_purpose(note: bytes) -> tuple[bytes, Holder]:
    return of(office("p256", usage(0x80)), note)


@wrong("签名证书的用途不是只限时间戳", "the signer's certificate is not for time stamping alone")
def a_signer_for_something_else(note: bytes) -> tuple[bytes, Holder]:
    return of(office("p256", purposes(CODE_SIGNING)), note)


@wrong("签名证书的用途不是只限时间戳", "the signer's certificate is not for time stamping alone")
def a_signer_for_something_else_too(note: bytes) -> tuple[bytes, Holder]:
    return of(office("p256", purposes(STAMPING, CODE_SIGNING)), note)


@wrong(
    "签名证书的时间戳用途没有标为关键",
    "the purpose in the signer's certificate is not marked critical",
)
def a_purpose_that_is_not_critical(note: bytes) -> tuple[bytes, Holder]:
    return of(office("p256", purposes(STAMPING, is_critical=False)), note)


@wrong("签名证书的钥匙不得用于签名", "the key of the signer's certificate may not sign")
def a_key_that_may_not_sign(note: bytes) -> tuple[bytes, Holder]:
    return of(office("p256", purposes(STAMPING), usage(0x20)), note)


@wrong(
    "证书有本程序不认识的关键扩展",
    "a certificate has a critical extension that this program does not know",
)
def a_critical_extension_in_the_certificate(note: bytes) -> tuple[bytes, Holder]:
    return of(office("p256", purposes(STAMPING), extension("1.2.3.4", b"\x05\x00")), note)


@wrong(
    "时间戳时刻证书不在有效期内:CN=stamps",
    "at the time stamped a certificate was not valid: CN=stamps",
)
def expired_when_it_signed(note: bytes) -> tuple[bytes, Holder]:
    return of(make_office("p256", until="20261012012959Z"), note)


@wrong(
    "时间戳时刻证书不在有效期内:CN=stamps",
    "at the time stamped a certificate was not valid: CN=stamps",
)
def not_yet_valid_when_it_signed(note: bytes) -> tuple[bytes, Holder]:
    return of(make_office("p256", since="20261012013001Z"), note)


@wrong(
    "时间戳时刻证书不在有效期内:CN=middle",
    "at the time stamped a certificate was not valid: CN=middle",
)
def an_authority_expired_when_it_signed(note: bytes) -> tuple[bytes, Holder]:
    return of(chain(authority(), until="20250101000000Z"), note)


@wrong(
    "证书链上的证书不是签发机构:CN=middle",
    "a certificate of the chain is no authority: CN=middle",
)
def certified_by_who_may_not_certify(note: bytes) -> tuple[bytes, Holder]:
    return of(chain(purposes(STAMPING)), note)


@wrong(
    "证书链上的证书不是签发机构:CN=middle",
    "a certificate of the chain is no authority: CN=middle",
)
def certified_with_a_key_for_something_else(note: bytes) -> tuple[bytes, Holder]:
    return of(chain(authority(), usage(0x80)), note)


@wrong(
    "证书链超过了签发机构所限的长度:CN=root",
    "the chain is longer than its authority allows: CN=root",
)
def a_chain_longer_than_allowed(note: bytes) -> tuple[bytes, Holder]:
    return of(chain(authority(), limit=0), note)


def chain(*between: bytes, limit: int | None = None, **dates: str) -> Office:
    """An authority whose intermediate is as it is said to be."""
    keys = [make_key("p256", 20 + n) for n in range(3)]
    root = certify("root", keys[0], None, authority(limit), serial=1)
    middle = certify("middle", keys[1], root, *between, serial=2, **dates)  # type: ignore[arg-type]
    signer = certify("stamps", keys[2], middle, purposes(STAMPING), serial=3)
    return Office(root=root, middle=middle, signer=signer)


@wrong(
    "时间戳机构不在所给的(--tsa)之内,没有证书链通到那里",
    "no chain of certificates leads to an authority that was given (--tsa)",
    is_open=True,
)
def under_another_root(note: bytes) -> tuple[bytes, Holder]:
    return good(note).response(), office("p256", seed=50).root


@wrong(
    "时间戳机构不在所给的(--tsa)之内,没有证书链通到那里",
    "no chain of certificates leads to an authority that was given (--tsa)",
    is_open=True,
)
def under_a_root_of_the_same_name(note: bytes) -> tuple[bytes, Holder]:
    own = certify("root 1", make_key("p256", 77), None, authority(), serial=1)
    return good(note).response(), own


@wrong(
    "时间戳机构不在所给的(--tsa)之内,没有证书链通到那里",
    "no chain of certificates leads to an authority that was given (--tsa)",
    is_open=True,
)
def without_the_certificate_between(note: bytes) -> tuple[bytes, Holder]:
    made = good(note)
    return made.but(bag=made.bag[:1]).response(), office().root


@wrong(
    "签名证书既不在令牌里,也没有给出(--tsa)",
    "the signer's certificate is neither in the token nor given (--tsa)",
    is_open=True,
)
def without_the_signers_own_certificate(note: bytes) -> tuple[bytes, Holder]:
    return good(note).but(bag=()).response(), office().root


@wrong("椭圆曲线钥匙不在曲线上", "an elliptic-curve key is not on its curve")
def a_key_off_its_curve(note: bytes) -> tuple[bytes, Holder]:
    made = office().signer
    point = certify("x", made.key, None).certificate  # any certificate of the same key
    start = point.index(b"\x00\x04") + 2
    key = point[start : start + 64]
    spoiled = flipped(made.certificate, key)
    holder = Holder(
        name=made.name, key=made.key, certificate=spoiled, serial=made.serial, issuer=made.issuer
    )
    stamping = Stamping(note=note, signer=holder, bag=(spoiled, office().middle.certificate))
    return stamping.response(), office().root


@wrong("RSA 钥匙的长度不在 2048 至 8192 位", "an RSA key is not of 2048 to 8192 bits")
def a_short_key(note: bytes) -> tuple[bytes, Holder]:
    made = office("rsa").signer
    info = sequence(
        sequence(oid("1.2.840.113549.1.1.1"), der(0x05)),
        bits(sequence(number((1 << 1023) + 1), number(65537))),
    )
    whole = made.certificate
    start = whole.index(bytes.fromhex("30820122300d06092a864886f70d01010105"))
    short = recut(whole, whole[start : start + 0x126], info)
    holder = Holder(name=made.name, key=made.key, certificate=short, serial=3, issuer=made.issuer)
    stamping = Stamping(note=note, signer=holder, bag=(short, office("rsa").middle.certificate))
    return stamping.response(), office("rsa").root


def recut(whole: bytes, old: bytes, new: bytes) -> bytes:
    """A certificate with another part in its signed half; the signature over it is left."""
    signed_end = 8 + int.from_bytes(whole[6:8], "big")
    signed = sequence(replaced(whole[8:signed_end], old, new))
    return sequence(signed, whole[signed_end:])
