"""Time-stamp tokens: what real authorities give is taken, and nothing else is."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from engine.evidence.bundle import dump_zip
from tests.verifier.authority import KEYS, Authority, found_authority, openssl
from tests.verifier.ground import Ground, judge
from tests.verifier.stamps import Holder, make_office
from tests.verifier.wrong_tokens import OTHER_NOTE, WRONG, Wrong, good, office
from verifier.__main__ import main
from verifier.bundle import Bundle, read_bundle
from verifier.canonical import Flaw
from verifier.certificates import Certificate, load_anchors, load_certificate
from verifier.cms import load_token
from verifier.files import Files
from verifier.findings import Weight
from verifier.report import NOT_PROVEN, TAMPERED, USAGE, VALID, Report
from verifier.tokens import check_tokens, require_over, require_signed

stamped_by_openssl = pytest.mark.openssl
MORE_LENIENT = {
    "a sha 1 imprint",
    "a time that is none",
    "a fraction with a zero behind",
    "a critical extension in the stamp",
    "bytes behind the end",
    "an indefinite length",
    "a length written longer",
    "without the type of content",
    "another type of content",
    "an algorithm of another kind of key",
    "an algorithm with another hash",
    "an algorithm that is not known",
    "without the certificate between",
    *("expired when it signed", "not yet valid when it signed"),  # it asks what is valid today
    "an authority expired when it signed",
}


def anchors(holder: Holder) -> tuple[Certificate, ...]:
    return load_anchors(holder.pem)


def size_of(ground: Ground) -> int:
    return int(ground.late.split(b"\n")[1])


def with_token(ground: Ground, token: bytes) -> dict[str, bytes]:
    return {**ground.files, f"tokens/{size_of(ground)}.tsr": token}


def judged(ground: Ground, token: bytes, trusted: tuple[Certificate, ...]) -> Report:
    files = with_token(ground, token)
    return judge(files, ground.vkey, (ground.late,), 2, trusted)


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Authority]:
    """One of each kind of key, naming its certificate and hashing in different ways."""
    folder = tmp_path_factory.mktemp("authorities")
    ways = {
        "rsa": {"digest": "sha256", "named_by": "sha1", "chain": "no"},
        "rsa3072": {"digest": "sha512", "named_by": "sha256", "chain": "yes"},
        "p256": {"digest": "sha256", "named_by": "sha256", "chain": "no"},
        "p384": {"digest": "sha384", "named_by": "sha512", "chain": "yes"},
    }
    return {key: found_authority(folder / key, key, **way) for key, way in ways.items()}


# -- real authorities -------------------------------------------------------------------


@stamped_by_openssl
@pytest.mark.parametrize("key", KEYS)
def test_a_real_token_proves_that_the_checkpoint_existed(
    key: str, authorities: dict[str, Authority], ground: Ground
) -> None:
    one = authorities[key]
    response = one.stamp(ground.late)
    report = judged(ground, response, load_anchors(one.root))
    assert (report.exit, report.findings) == (VALID, ())
    (proven,) = report.stamped
    assert proven.size == size_of(ground)
    assert proven.accuracy == 1_500_100
    assert proven.authority == f"C=CN, O=时间戳中心, CN=tsa {key}"
    text = openssl("ts", "-reply", "-in", str(stored(one, response)), "-text").decode()
    at = proven.at.strftime("%b %e %H:%M:%S %Y GMT")
    assert f"Time stamp: {at}" in text


def stored(one: Authority, response: bytes) -> Path:
    place = one.folder / "answer.tsr"
    place.write_bytes(response)
    return place


@stamped_by_openssl
@pytest.mark.parametrize("key", KEYS)
def test_intermediate_and_signer_may_be_trusted_as_well_as_the_root(
    key: str, authorities: dict[str, Authority], ground: Ground
) -> None:
    one = authorities[key]
    response = one.stamp(ground.late)
    for name in ("root", "middle", "tsa"):
        trusted = load_anchors((one.folder / f"{name}.pem").read_bytes())
        assert judged(ground, response, trusted).exit == VALID
    other = next(found for name, found in authorities.items() if name != key)
    assert judged(ground, response, load_anchors(other.root)).exit == NOT_PROVEN
    both = load_anchors(other.root + one.root)
    assert judged(ground, response, both).exit == VALID


@stamped_by_openssl
def test_a_bare_token_is_a_token(authorities: dict[str, Authority], ground: Ground) -> None:
    one = authorities["p256"]
    place = stored(one, one.stamp(ground.late))
    bare = openssl("ts", "-reply", "-in", str(place), "-token_out")
    assert judged(ground, bare, load_anchors(one.root)).exit == VALID


@stamped_by_openssl
def test_a_token_without_certificates_needs_the_signers_given(
    authorities: dict[str, Authority], ground: Ground
) -> None:
    one = authorities["rsa"]
    bare = one.stamp(ground.late, "-sha256")
    assert judged(ground, bare, load_anchors(one.root)).exit == NOT_PROVEN
    signer = load_anchors((one.folder / "tsa.pem").read_bytes())
    assert judged(ground, bare, signer).exit == VALID


@stamped_by_openssl
@pytest.mark.parametrize("key", KEYS)
def test_no_single_bit_can_be_changed_in_what_counts(
    key: str, authorities: dict[str, Authority]
) -> None:
    """Whatever is still taken after a change says the same, and openssl takes it as well."""
    one = authorities[key]
    response, trusted = one.stamp(b"note"), load_anchors(one.root)
    stated = load_token(response).stamp
    dice, taken = random.Random(5), []
    for _ in range(600):
        spoiled = bytearray(response)
        spoiled[dice.randrange(len(spoiled))] ^= 1 << dice.randrange(8)
        try:
            token = load_token(bytes(spoiled))
            require_over(token, b"note")
            require_signed(token, trusted)
        except Flaw:
            continue
        assert token.stamp == stated
        taken.append(bytes(spoiled))
    assert len(taken) < 100
    assert all(one.accepts(b"note", spoiled) for spoiled in taken[:25])


@stamped_by_openssl
@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_what_is_built_here_is_what_authorities_build(kind: str, tmp_path: Path) -> None:
    """So that what is wrong with the wrong ones is only what was made wrong."""
    made = make_office(kind)
    one = Authority(folder=tmp_path)
    (tmp_path / "root.pem").write_bytes(made.root.pem)
    (tmp_path / "middle.pem").write_bytes(made.middle.pem)
    response = made.stamping(b"note").response()
    assert one.accepts(b"note", response)
    require_signed(load_token(response), anchors(made.root))
    assert not one.accepts(b"other", response)


# -- what is wrong ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundle(ground: Ground) -> Bundle:
    return read_bundle(Files(contents=ground.files))


@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: one.name)
def test_a_wrong_token_is_told_by_its_sentence(wrong: Wrong, bundle: Bundle) -> None:
    assert bundle.note is not None
    response, holder = wrong.make(bundle.note)
    stamped = replace(bundle, tokens={bundle.size: response})
    told = check_tokens(stamped, anchors(holder))
    (found,) = told.findings
    assert (found.code, found.level, found.field) == ("E_TOKEN", 2, f"tokens/{bundle.size}.tsr")
    assert (found.zh, found.en) == (wrong.zh, wrong.en)
    assert found.weight is (Weight.GAP if wrong.is_open else Weight.BREAK)
    assert told.proven == ()
    alone = check_tokens(stamped, ())
    assert [one.zh for one in alone.findings] == ([wrong.zh] if wrong.always else [])
    assert alone.unproven == (0 if wrong.always else 1)


def test_there_are_enough_wrong_ones() -> None:
    assert len({one.name for one in WRONG}) == len(WRONG) >= 50


@stamped_by_openssl
def test_openssl_takes_only_those_wrong_ones_that_it_is_known_to(tmp_path: Path) -> None:
    """What is refused here and taken there is stricter on purpose, by RFC 3161, 5652 and 5280."""
    taken = set()
    for wrong in WRONG:
        response, holder = wrong.make(b"note")
        (tmp_path / "root.pem").write_bytes(holder.pem)
        (tmp_path / "middle.pem").write_bytes(office().middle.pem)
        if Authority(folder=tmp_path).accepts(b"note", response):
            taken.add(wrong.name)
    assert taken <= MORE_LENIENT


def test_without_an_authority_only_the_digest_is_compared(ground: Ground) -> None:
    files = with_token(ground, good(ground.late).response())
    report = judge(files, ground.vkey, (ground.late,))
    assert (report.exit, report.stamped) == (VALID, ())
    (limit,) = [one for one in report.limits if "--tsa" in one.zh]
    assert "1" in limit.en
    assert judged(ground, good(OTHER_NOTE).response(), ()).exit == TAMPERED


def test_a_token_for_a_checkpoint_that_is_not_there(ground: Ground) -> None:
    files = {**ground.files, "tokens/3.tsr": good(ground.late).response()}
    report = judge(files, ground.vkey, (ground.late,), 2, anchors(office().root))
    assert [one.en for one in report.findings] == ["not over this checkpoint"]


def test_an_auditor_names_the_authority_and_reads_the_hour(
    ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, note, root = tmp_path / "b.zip", tmp_path / "n.note", tmp_path / "root.pem"
    bundle.write_bytes(dump_zip(with_token(ground, good(ground.late).response())))
    note.write_bytes(ground.late)
    root.write_bytes(office().root.pem)
    words = [str(bundle), "--trust", ground.vkey, "--checkpoint", str(note), "--tsa", str(root)]
    assert main([*words, "--lang", "en"]) == VALID
    size = size_of(ground)
    said = f"the checkpoint of {size} records existed before 2026-10-12T01:30:00Z ± 1.5 s"
    assert f"{said}, by the authority CN=stamps" in capsys.readouterr().out
    assert main(words) == VALID
    told = f"{size} 条记录的检查点在 2026-10-12T01:30:00Z ± 1.5 s 之前已经存在"
    assert f"{told},时间戳机构:CN=stamps" in capsys.readouterr().out
    assert main([*words, "--json"]) == VALID
    assert json.loads(capsys.readouterr().out)["stamped"] == [
        {
            "size": size,
            "at": "2026-10-12T01:30:00Z",
            "accuracy_us": 1_500_000,
            "authority": "CN=stamps",
        }
    ]


BAD_CERTIFICATES = (
    b"",
    b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
    b"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n",
    b"\x30\x80\x00\x00",
    b"x" * (2 << 20),
)


@pytest.mark.parametrize("data", BAD_CERTIFICATES, ids=lambda data: repr(data[:12]))
def test_a_bad_certificate_on_the_command_line_is_usage(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "root.pem"
    place.write_bytes(data)
    assert main([str(tmp_path), "--tsa", str(place)]) == USAGE
    out, err = capsys.readouterr()
    assert (out, len(err.strip().splitlines())) == ("", 1)
    assert main([str(tmp_path), "--tsa", str(tmp_path / "nowhere.pem")]) == USAGE


# -- fuzz -------------------------------------------------------------------------------


def spoiled(data: bytes, dice: random.Random) -> bytes:
    """Octets changed, taken out, put in, or the end cut off."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 5, 40))):
        if not out:
            break
        place = dice.randrange(len(out))
        match dice.randrange(5):
            case 0:
                out[place] = dice.choice((0, 1, 0x7F, 0x80, 0x84, 0xFF, 0x30, 0x31, 0xA0))
            case 1:
                out[place] = dice.randrange(256)
            case 2:
                del out[place : place + dice.choice((1, 1, 3, 50))]
            case 3:
                out[place:place] = dice.randbytes(dice.choice((1, 2, 9)))
            case _:
                other = dice.randrange(len(out))
                out[place : place + 8] = out[other : other + 8]
    return bytes(out)


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_spoiled_tokens_and_certificates_raise_nothing_but_flaws(kind: str) -> None:
    made = make_office(kind)
    response, trusted = made.stamping(b"note").response(), anchors(made.root)
    dice = random.Random(kind)
    taken = 0
    for _ in range(1000):
        try:
            token = load_token(spoiled(response, dice))
            require_signed(token, trusted)
            taken += 1
        except Flaw:
            pass
        try:
            found = load_certificate(spoiled(made.signer.certificate, dice))
            require_signed(load_token(response), (found,))
        except Flaw:
            pass
    assert taken < 100
