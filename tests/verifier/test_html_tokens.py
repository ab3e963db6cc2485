"""The page judges time stamps as the command does: taken, refused, or left open."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.evidence.bundle import dump_zip
from tests.verifier.authority import KEYS, found_authority
from tests.verifier.chromium import Chromium, chromium
from tests.verifier.ground import Ground
from tests.verifier.stamps import make_office
from tests.verifier.test_html import PAGE, VECTORS, coded, weakened
from tests.verifier.test_tokens import size_of, spoiled, with_token
from tests.verifier.wrong_tokens import WRONG, good, office
from verifier.canonical import Flaw
from verifier.certificates import load_anchors
from verifier.cms import load_token
from verifier.signatures import Unjudged
from verifier.tokens import require_over, require_signed

pytestmark = pytest.mark.browser

NOTE = b"note"
# For each response: the verdict with an authority and without one.
ASK = """Promise.all([{pairs}].map(async ([token, root]) => Promise.all([root, null].map(
  async (one) => {{ try {{
    const told = await judgeToken(fromBase64(token), fromBase64("bm90ZQ=="),
      one ? readAuthorities(fromBase64(one)) : []);
    return told === null ? "digest" : `${{told.at}} ${{told.accuracy}} ${{told.authority}}`;
  }} catch (problem) {{
    if (!(problem instanceof Untaken)) throw problem;
    return problem.weight;
  }} }}))))"""


@pytest.fixture(scope="module")
def page() -> Iterator[Chromium]:
    with chromium(PAGE) as browser:
        yield browser


def asked(page: Chromium, pairs: list[tuple[bytes, bytes]]) -> list[list[str]]:
    text = ",".join(json.dumps([base64.b64encode(one).decode() for one in pair]) for pair in pairs)
    return list(page.run(ASK.format(pairs=text)))


def told(response: bytes, root: bytes) -> list[str]:
    """What the command says of the same."""
    found = []
    for anchors in (load_anchors(root), ()):
        try:
            token = load_token(response)
            require_over(token, NOTE)
            if not anchors:
                found.append("digest")
                continue
            require_signed(token, anchors)
            found.append("proven")
        except Unjudged:
            found.append("open")
        except Flaw:
            found.append("break")
    return found


def same(said: list[str], wanted: list[str]) -> bool:
    return ["proven" if one[:1] == "2" else one for one in said] == wanted


@pytest.mark.openssl
def test_real_tokens_of_every_kind_of_key(page: Chromium, tmp_path: Path) -> None:
    for key in KEYS:
        one = found_authority(tmp_path / key, key, digest="sha384", named_by="sha1")
        said = asked(page, [(one.stamp(NOTE), one.root)])[0]
        assert said[0].endswith(f"Z 1500100 C=CN, O=时间戳中心, CN=tsa {key}")
        assert said[1] == "digest"


def test_every_wrong_token_gets_the_same_word(page: Chromium) -> None:
    pairs = [(response, holder.pem) for response, holder in (one.make(NOTE) for one in WRONG)]
    for wrong, pair, said in zip(WRONG, pairs, asked(page, pairs), strict=True):
        assert said == told(*pair), wrong.name
        assert said[0] == ("open" if wrong.is_open else "break")


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_spoiled_tokens_get_the_same_word(kind: str, page: Chromium) -> None:
    made = make_office(kind)
    response, dice = made.stamping(NOTE).response(), random.Random(f"page {kind}")
    pairs = []
    for _ in range(400):
        one = bytearray(response)
        one[dice.randrange(len(one))] ^= 1 << dice.randrange(8)
        pairs.append((bytes(one), made.root.pem))
        pairs.append((spoiled(response, dice), made.root.pem))
    apart = [
        (pair[0].hex(), said, told(*pair))
        for pair, said in zip(pairs, asked(page, pairs), strict=True)
        if not same(said, told(*pair))
    ]
    assert apart == []


def test_a_spoiled_certificate_on_the_page_is_usage(page: Chromium) -> None:
    for data in (b"", b"x", b"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n"):
        said = page.run(
            f"(() => {{ try {{ readAuthorities({coded(data)}); return 0; }}"
            " catch (problem) { return problem instanceof Usage; } })()"
        )
        assert said is True


def shown(page: Chromium, ground: Ground, token: bytes, authorities: str) -> Any:
    data = dump_zip(with_token(ground, token))
    notes = f'[{{name: "n", bytes: {coded(ground.late)}}}]'
    return page.run(
        f"verifyZip({coded(data)}, {json.dumps([ground.vkey])}, {notes}, {authorities})"
    )


def test_an_auditor_chooses_the_authority_and_reads_the_hour(
    page: Chromium, ground: Ground, tmp_path: Path
) -> None:
    bundle, note, root = tmp_path / "b.zip", tmp_path / "n.note", tmp_path / "root.pem"
    bundle.write_bytes(dump_zip(with_token(ground, good(ground.late).response())))
    note.write_bytes(ground.late)
    root.write_bytes(office().root.pem)
    page.choose("#bundle", bundle)
    page.choose("#notes", note)
    page.run("document.querySelector('[data-language=\"en\"]').click()")
    page.run(f"byId('vkeys').value = {json.dumps(ground.vkey)}")
    page.run("check()")
    text = page.run("byId('result').innerText")
    assert "Of 1 time stamps only the digest was compared" in text
    assert "Valid" in text
    page.choose("#authorities", root)
    page.run("check()")
    text = page.run("byId('result').innerText")
    said = (
        f"The checkpoint of {size_of(ground)} records existed before 2026-10-12T01:30:00Z ± 1.5 s"
    )
    assert f"{said}, by the authority CN=stamps" in text
    assert "only the digest" not in text
    assert "root.pem" in text


def test_the_verdict_follows_the_token(page: Chromium, ground: Ground) -> None:
    token = good(ground.late).response()
    right, other = (coded(one.root.pem) for one in (office(), office("p256", seed=50)))
    for authorities, verdict in (
        ("[]", "valid"),
        (f"[{right}]", "valid"),
        (f"[{other}]", "not proven"),
    ):
        assert shown(page, ground, token, authorities)["verdict"] == verdict
    wrong = shown(page, ground, good(b"other").response(), "[]")
    assert (wrong["verdict"], wrong["findings"][0]["code"]) == ("tampered", "E_TOKEN")


def test_a_page_without_the_check_takes_a_forged_signature(tmp_path: Path) -> None:
    wrong = next(one for one in WRONG if one.name == "a bit flipped in the signature")
    response, holder = wrong.make(NOTE)
    check = "if (!(await isStampedBy(certificate.key, signer.algorithm,"
    without = "if (false && !(await isStampedBy(certificate.key, signer.algorithm,"
    with chromium(weakened(check, without, tmp_path)) as weak:
        assert asked(weak, [(response, holder.pem)])[0][0].startswith("2026-10-12")


def test_every_vector_of_tokens(page: Chromium) -> None:
    vectors = json.loads((VECTORS / "tokens.json").read_text("utf-8"))
    given = json.dumps([one["input"] for one in vectors])
    said = page.run(
        f"Promise.all({given}.map(async ({{note, token, tsa}}) => {{ try {{"
        " return await judgeToken(fromBase64(token), utf8.encode(note),"
        " readAuthorities(fromBase64(tsa))); } catch (problem) {"
        " if (!(problem instanceof Untaken)) throw problem; return problem.weight; } }))"
    )
    for one, answer in zip(vectors, said, strict=True):
        wanted: object = "open" if one.get("open") else "break"
        if one["valid"]:
            wanted = {
                "at": one["at"],
                "accuracy": one["accuracy_us"],
                "authority": one["authority"],
            }
        assert answer == wanted, one["name"]
