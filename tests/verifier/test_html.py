"""The page that checks bundles: every vector, and the same word as the other verifier.

`GUICHENG_BUNDLES=2000 pytest tests/verifier/test_html.py` asks both of more than the 500 bundles of
an ordinary run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.evidence.bundle import dump_zip
from engine.evidence.canonical import canonical
from engine.evidence.checkpoint import make_checkpoint
from engine.evidence.log import empty_root
from engine.evidence.suite import SHA256_ED25519, SM3_SM2
from engine.scribe import instant
from tests.attacks.forge import take_apart
from tests.attacks.matrix import ATTACKS, Attack
from tests.attacks.test_matrix import grounds
from tests.conftest import ROOT
from tests.verifier.bundles import write
from tests.verifier.chromium import Chromium, chromium
from tests.verifier.ground import ORIGIN, Ground, work
from tests.verifier.ground import judge as ground_judge
from tests.verifier.parts import AT, event

__all__ = ["grounds"]

pytestmark = pytest.mark.browser

PAGE = ROOT / "verifier" / "verify.html"
VECTORS = ROOT / "tests" / "vectors"
EMPTY = empty_root(SHA256_ED25519)
BUNDLES = int(os.environ.get("GUICHENG_BUNDLES", "500"))


@pytest.fixture(scope="module")
def page() -> Iterator[Chromium]:
    with chromium(PAGE) as browser:
        browser.run("globalThis.suiteOf = (v) => SUITES[v.suite ?? 'sha256-ed25519']; 1")
        yield browser


def part(text: str, tag: str) -> str:
    found = re.search(f"<{tag}>(.*)</{tag}>", text, re.DOTALL)
    assert found is not None
    return found[1]


def allowed(content: str) -> str:
    """A script or style as the page's policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def coded(data: bytes) -> str:
    return f'fromBase64("{base64.b64encode(data).decode()}")'


def judge(page: Chromium, data: bytes, vkeys: tuple[str, ...], notes: Mapping[str, bytes]) -> Any:
    """What the page says of a zip: the call its button makes."""
    outside = ",".join(
        f"{{name: {json.dumps(name)}, bytes: {coded(note)}}}" for name, note in notes.items()
    )
    return page.run(f"verifyZip({coded(data)}, {json.dumps(vkeys)}, [{outside}])")


def word(report: Any, level: int = 3) -> tuple[str, str | None]:
    """Verdict and first finding up to a level, a break before a doubt."""
    found = [one for one in report["findings"] if one["level"] <= level]
    breaks = [one for one in found if one["weight"] == "break"]
    is_lacking = level == 1 or report["unproven"] or any(one["weight"] == "open" for one in found)
    verdict = "tampered" if breaks else "not proven" if is_lacking else "valid"
    return verdict, next((one["code"] for one in breaks or found), None)


def disagreements(page: Chromium, folder: Path, told: list[dict[str, Any]]) -> list[str]:
    """Where page and manifest say different things, at any of the three levels."""
    apart = []
    for one in told:
        data, note = (
            (folder / one["bundle"]).read_bytes(),
            (folder / one["checkpoint"]).read_bytes(),
        )
        report = judge(page, data, (one["trust"],), {"note": note})
        for level in (1, 2, 3):
            wanted = one["expected"][str(level)]
            expected = (wanted["verdict"], wanted["first"] and wanted["first"]["code"])
            if word(report, level) != expected:
                apart.append(f"{one['what']}: L{level} {word(report, level)}, not {expected}")
    return apart


def test_the_page_asks_nothing_of_any_network_and_runs_only_its_own_script() -> None:
    text = PAGE.read_text("utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].split("; ") == [
        "default-src 'none'",
        f"script-src {allowed(part(text, 'script'))}",
        f"style-src {allowed(part(text, 'style'))}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not re.search(r"https?:|\son\w+=|\sstyle=|\ssrc=|\shref=|innerHTML", text)


def test_the_browser_had_nothing_to_complain_of(page: Chromium) -> None:
    page.run("1")
    assert page.told("Log.entryAdded") == page.told("Runtime.exceptionThrown") == []


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


ASKED = {
    "inclusion": "isIncluded(suiteOf(v), fromHex(v.leaf), v.index, v.size, v.path,"
    " fromHex(v.root))",
    "consistency": "isPrefix(suiteOf(v), v.from, fromHex(v.from_root), v.to,"
    " fromHex(v.to_root), v.path)",
    "head": "isHeadProven(suiteOf(v), fromHex(v.root), v.size, v.proof.stream, v.proof)",
    "root": "Promise.all((v.leaves?.map(fromHex) ?? Array.from({length: v.size},"
    " (_, n) => Uint8Array.of(n))).map((one) => leafHash(suiteOf(v), one)))"
    ".then((leaves) => treeRoot(suiteOf(v), leaves)).then(toHex)",
    "note": "(async () => { const trusted = [await readVkey(v.trust)]; try {"
    " const note = readNote(utf8.encode(v.note));"
    " return await isTrusted(note, trusted, note.origin) && [note.size, toHex(note.root)]; }"
    " catch { return false; } })()",
    "canonical": "(() => { try {"
    " const text = v.hex ? strictUtf8.decode(fromHex(v.hex)) : v.text;"
    " const value = parseCanonical(text);"
    " return canonical(value) === text && canonical(JSON.parse(v.loose)) === text; }"
    " catch { return false; } })()",
    "body": "(() => { try {"
    " return faultsOfBody(suiteOf(v), parseCanonical(v.text, true)).length === 0;"
    " } catch { return false; } })()",
    "hash": "suiteOf(v).hex(fromHex(v.data))",
    "signature": "suiteOf(v).isSigned(fromHex(v.public), fromHex(v.message), fromHex(v.sig))",
}


FILES = ("merkle", "notes", "heads", "canonical", "bodies", "signatures", "sm3-sm2")


@pytest.mark.parametrize("name", FILES)
def test_every_vector(page: Chromium, name: str) -> None:
    vectors = [one for one in load(name) if one["kind"] in ASKED]
    cases = ",".join(
        f"async () => {{ const v = {json.dumps(one['input'])}; return {ASKED[one['kind']]}; }}"
        for one in vectors
    )
    said = page.run(f"Promise.all([{cases}].map((ask) => ask()))")
    for one, answer in zip(vectors, said, strict=True):
        match one["kind"]:
            case "root":
                wanted: object = one["root"]
            case "hash":
                wanted = one["digest"]
            case "note" if one["valid"]:
                wanted = [one["size"], one["root"]]
            case _:
                wanted = one["valid"]
        assert answer == wanted, one["name"]


def test_every_signature_without_the_browsers_own(page: Chromium) -> None:
    page.run("signatures.native = false")
    test_every_vector(page, "signatures")
    page.run("signatures.native = null")


def test_the_primitives(page: Chromium) -> None:
    v = load("primitives")
    place = f"{json.dumps(v['origin'])}, {json.dumps(v['stream'])}"
    assert page.run(f"genesis(suiteOf({{}}), {place})") == v["V1"]["genesis"]
    salted = json.dumps(
        [
            base64.urlsafe_b64encode(bytes([1] * 16)).decode().rstrip("="),
            v["V2"]["path"],
            v["V2"]["value"],
        ]
    )
    assert page.run(f"canonical({salted})") == v["V2"]["canonical"]
    body = json.dumps(v["V3"]["body"])
    assert (
        page.run(f"hashHex(utf8.encode(canonical(parseCanonical({body}, true))))")
        == v["V3"]["sha256"]
    )
    pae = f"preAuthentication({json.dumps(v['V4']['payload_type'])}, utf8.encode({body}))"
    assert page.run(f"hashHex({pae})") == v["V4"]["pae_sha256"]
    key, sig = v["keys"]["test1"]["public"], v["V4"]["sig"]
    for native in ("true", "false"):
        page.run(f"signatures.native = {native}")
        assert page.run(f"isSignedEd25519(fromHex('{key}'), {pae}, fromHex('{sig}'))") is True
        assert (
            page.run(f"isSignedEd25519(fromHex('{key}'), {pae}, fromHex('{sig[:-2]}07'))") is False
        )
    page.run("signatures.native = null")


REFUSED = [
    '{"a":1,"a":2}', '{"b":1,"a":2}', "[1.0]", "[1e2]", "[-0]", "[9007199254740992]", "[1e400]",
    '["\\ud800"]', '["\\u0000"]', '["\u202e"]', '["e\u0301"]', '["\uf9e4"]', '["\\u0061"]', "[ ]",
    '["\u0085"]', "\ufeff[]", "[" * 65 + "]" * 65, '{"\uff08":1,"\U00020bb7":2}', "NaN", "",
]  # fmt: skip


def test_only_canonical_text_is_read(page: Chromium) -> None:
    for text in REFUSED:
        asked = f"try {{ parseCanonical({json.dumps(text)}); true }} catch {{ false }}"
        assert page.run(asked) is False, text
    for text in (
        '{"\U00020bb7":2,"\uff08":1}',
        "[" * 64 + "]" * 64,
        '["a\\nb\\t"]',
        "[-9007199254740991]",
        '{"__proto__":1}',
    ):
        assert page.run(f"canonical(parseCanonical({json.dumps(text)}))") == text


def test_no_key_and_no_signature_that_fits_more_than_one_message(page: Chromium) -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    v = load("primitives")
    key, sig = v["keys"]["test1"]["public"], bytes.fromhex(v["V4"]["sig"])
    larger = sig[:32] + (int.from_bytes(sig[32:], "little") + order).to_bytes(32, "little")
    kind, body = json.dumps(v["V4"]["payload_type"]), json.dumps(v["V3"]["body"])
    pae = f"preAuthentication({kind}, utf8.encode({body}))"
    small = [
        "00" * 32, "01" + "00" * 31, "00" * 31 + "80", "01" + "00" * 30 + "80",
        "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f", "ec" + "ff" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ]  # fmt: skip
    for native in ("true", "false"):
        page.run(f"signatures.native = {native}")
        assert page.run(f"isSignedEd25519(fromHex('{key}'), {pae}, {coded(larger)})") is False
        for one in small:
            signature = f"fromHex('{one}' + '{'00' * 32}')"
            assert (
                page.run(f"isSignedEd25519(fromHex('{one}'), new Uint8Array(), {signature})")
                is False
            )
    page.run("signatures.native = null")


def test_an_auditor_chooses_files_and_reads_the_verdict(
    page: Chromium, ground: Ground, tmp_path: Path
) -> None:
    bundle, note = tmp_path / "证据.zip", tmp_path / "六月.note"
    bundle.write_bytes(dump_zip(dict(ground.files)))
    note.write_bytes(ground.early)
    page.choose("#bundle", bundle)
    page.choose("#notes", note)
    page.run("document.querySelector('[data-language=\"en\"]').click()")
    page.run(f"byId('vkeys').value = {json.dumps(ground.vkey + chr(10))}")
    page.run(f"byId('pasted').value = {json.dumps(ground.late.decode().strip())}")
    page.run("check()")
    shown = page.run("byId('result').innerText")
    assert "Valid" in shown
    assert "证据.zip" in shown
    assert "证据成立" not in shown
    page.run("document.querySelector('[data-language=\"zh-CN\"]').click()")
    assert "证据成立" in page.run("byId('result').innerText")
    page.run("byId('vkeys').value = 'nobody+00000000+AAAA'")
    page.run("check()")
    assert "不是公钥" in page.run("byId('problem').innerText")


def test_without_native_signatures_it_says_the_same(page: Chromium, ground: Ground) -> None:
    data, notes = dump_zip(dict(ground.files)), {"late": ground.late}
    page.run("signatures.native = false")
    by_hand = judge(page, data, (ground.vkey,), notes)
    page.run("signatures.native = null")
    assert by_hand == judge(page, data, (ground.vkey,), notes)
    assert by_hand["verdict"] == "valid"


def test_trust_comes_only_from_outside(page: Chromium, ground: Ground) -> None:
    data = dump_zip(dict(ground.files))
    assert word(judge(page, data, (), {"late": ground.late})) == ("not proven", None)
    assert word(judge(page, data, (ground.vkey,), {})) == ("not proven", None)


def node(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def root_and_path(leaves: list[bytes], index: int | None) -> tuple[bytes, list[str]]:
    """RFC 6962 as it is written: the root, and the path of one leaf of it."""
    if len(leaves) == 1:
        return leaves[0], []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    is_left = index is not None and index < split
    left, path = root_and_path(leaves[:split], index if is_left else None)
    right, other = root_and_path(
        leaves[split:], None if index is None or is_left else index - split
    )
    whole = [*path, right.hex()] if is_left else [*other, left.hex()]
    return node(b"\1" + left + right), [] if index is None else whole


def lines(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


def body(line: Any) -> Any:
    return json.loads(base64.b64decode(line["record"]["body"]))


def cut_under_older_heads(ground: Ground, files: dict[str, bytes]) -> dict[str, bytes]:
    """A case bundle without its end, its heads proven under the checkpoint before the last."""
    records = lines(ground.files["records.jsonl"])
    until = next(one["index"] for one in records if body(one)["typ"] == "ckpt")
    heads = {
        told["stream"]: {"hash": node(b"\0" + canonical(one["record"])).hex(), "seq": told["seq"]}
        for one, told in ((one, body(one)) for one in records[:until])
    }
    names = sorted(heads, key=lambda name: name.encode("utf-16-be"))
    leaves = [node(b"\0" + canonical({**heads[name], "stream": name})) for name in names]
    kept = [one for one in lines(files["records.jsonl"]) if one["index"] <= until]
    places = {(body(one)["stream"], body(one)["seq"]) for one in kept}
    proofs = json.loads(files["proofs.json"])
    proofs["heads"] = {
        "record": until,
        "size": len(names),
        "proofs": {
            name: {
                "index": at,
                "head": heads[name],
                "path": root_and_path(leaves, at)[1],
            }
            for at, name in enumerate(names)
            if name in {stream for stream, _ in places}
        },
    }
    opened = [
        one for one in lines(files["disclosures.jsonl"]) if (one["stream"], one["seq"]) in places
    ]
    made = {
        "proofs.json": canonical(proofs),
        "records.jsonl": b"".join(canonical(one) + b"\n" for one in kept),
        "disclosures.jsonl": b"".join(canonical(one) + b"\n" for one in opened),
    }
    named = made["disclosures.jsonl"].decode()
    is_left_out = {name for name in files if name[:8] == "objects/" and name[8:] not in named}
    return {name: data for name, data in (files | made).items() if name not in is_left_out}


def test_heads_older_than_the_checkpoint_prove_no_end(page: Chromium, ground: Ground) -> None:
    streams = Counter(body(one)["stream"] for one in lines(ground.files["records.jsonl"]))
    longest = max((one for one in streams if one.startswith("case/")), key=lambda one: streams[one])
    whole = ground.case_files(longest.removeprefix("case/"))
    cut = cut_under_older_heads(ground, whole)
    assert len(lines(cut["records.jsonl"])) < len(lines(whole["records.jsonl"]))
    notes = {"late": ground.late}
    assert word(judge(page, dump_zip(whole), (ground.vkey,), notes)) == ("valid", None)
    said = word(judge(page, dump_zip(cut), (ground.vkey,), notes))
    assert said == ("not proven", "E_HEADS")
    report = ground.judge(cut, 3)
    assert (report.exit, report.findings[0].code) == (3, "E_HEADS")


CONTROLS = {
    "E_SIG": ("  if (!point || sig.length !== 64", "  return true;\n  if (!point"),
    "E_OBJECT": ("if ((await bundle.about.suite.hex(bytes)) !== hash)", "if (false)"),
    "E_COMMIT": (
        "else if (!(await fitsCommit(bundle.about.suite, first, commit)))",
        "else if (false)",
    ),
}


def weakened(old: str, new: str, folder: Path) -> Path:
    """The page with one check taken out."""
    text = PAGE.read_text("utf-8")
    assert text.count(old) == 1
    script = part(text, "script")
    weak = script.replace(old, new)
    page = folder / "weak.html"
    page.write_text(text.replace(script, weak).replace(allowed(script), allowed(weak)), "utf-8")
    return page


def test_both_verifiers_say_the_same_and_a_weaker_page_does_not(
    page: Chromium, tmp_path: Path
) -> None:
    told = write(tmp_path, BUNDLES, 1000)
    assert disagreements(page, tmp_path, told) == []
    for code, check in CONTROLS.items():
        found = [one for one in told if (one["expected"]["1"]["first"] or {}).get("code") == code]
        assert len(found) > 2, code
        with chromium(weakened(*check, tmp_path)) as weak:
            assert disagreements(weak, tmp_path, found), code


# The call that is taken out of the page, and an attack that then goes by.
OF_THE_ROSTER = {
    'checkSignerOnRoster(entry, office, tell("E_ROSTER"));': "sign_under_a_post_one_does_not_hold",
    'checkFactsOnRoster(bundle, entry, office, tell("E_ROSTER"));': "say_that_the_roster_said_so",
    'checkTwo(bundle, entry, office, tell("E_POWER"));': "redact_without_the_power",
    'checkOfficeAct(bundle, entry, offices, office, day, tell("E_POWER"));': (
        "publish_without_the_power"
    ),
    'checkSystemAct(bundle, entry, tell("E_POWER"));': "let_the_system_amend_the_roster",
    "checkOffice(bundle, entry, offices, report);": "say_that_one_was_delegated_to",
    "checkZone(entry, offices, report);": "name_another_zone",
}


def forged(attack: Attack, ground: Ground) -> tuple[bytes, tuple[str, ...], dict[str, bytes]]:
    """What the page is asked of an attack."""
    files = attack.forge(ground).dump()
    notes = attack.notes(ground, files.get("checkpoint.note", b""))
    return dump_zip(files), (ground.vkey,), notes


def said_without(
    check: str, attack: Attack, ground: Ground, folder: Path
) -> tuple[str, str | None]:
    """What the page says of an attack with one of its checks taken out."""
    instead = ";" if check.endswith(";") else "else if (false)"
    with chromium(weakened(check, instead, folder)) as weak:
        return word(judge(weak, *forged(attack, ground)))


def test_the_page_asks_the_roster_of_the_day(
    page: Chromium, grounds: dict[str, Ground], tmp_path: Path
) -> None:
    attacks = {one.name: one for one in ATTACKS if one.code in ("E_ROSTER", "E_POWER")}
    assert set(OF_THE_ROSTER.values()) < set(attacks)
    for name, one in attacks.items():
        said = word(judge(page, *forged(one, grounds[one.ground])))
        assert said == ("tampered", one.code), name
        first = one.judged(grounds[one.ground], 3).first
        assert first is not None
        assert first.code == one.code, name
    for check, name in OF_THE_ROSTER.items():
        one = attacks[name]
        assert said_without(check, one, grounds[one.ground], tmp_path) == ("valid", None), name


# The call that is taken out of the page, and an attack that then goes by.
OF_OPENINGS = {
    "checkStock(bundle, entry, report);": "open_a_card_without_a_case",
    "checkOpener(bundle, entry, report);": "take_an_opening_balance_away",
    "else if (bondOf(asked.body) !== bondOf(body))": "let_another_sign_the_opening",
}


def test_the_page_judges_opening_balances(
    page: Chromium, grounds: dict[str, Ground], tmp_path: Path
) -> None:
    attacks = {one.name: one for one in ATTACKS if one.code == "E_OPENING"}
    seen: Counter[str | None] = Counter()
    for name, one in attacks.items():
        report = one.judged(grounds[one.ground], 3)
        code = report.first.code if report.first else None
        assert word(judge(page, *forged(one, grounds[one.ground]))) == (report.verdict, code), name
        seen[code] += 1
    assert seen == {"E_OPENING": len(attacks) - 1, None: 1}  # the sums are for level 4
    for check, name in OF_OPENINGS.items():
        one = attacks[name]
        assert said_without(check, one, grounds[one.ground], tmp_path) == ("valid", None), name


# The call that is taken out of the page, and an attack on a log that was lost that then goes by.
OF_LOST_LOGS = {
    "await checkStatedRoots(bundle, restorations, report);": "say_that_something_else_was_kept",
    "tellLost(bundle, note, name, restorations, fitting, report);": "own_to_less_than_was_lost",
    "await checkRestorer(bundle, keys, one, report);": "restore_alone",
}


def test_the_page_reads_of_a_log_that_was_lost(
    page: Chromium, grounds: dict[str, Ground], tmp_path: Path
) -> None:
    ground = grounds["loss"]
    named = {"early": ground.early, "lost": ground.lost, "late": ground.late}
    whole, part = ground.files, ground.case_files(ground.office.store.cases()[0].id)
    for told, wanted in (
        (("early", "late"), ("valid", None)),
        (("late",), ("valid", None)),
        (("early", "lost"), ("not proven", "E_ROLLBACK")),
        (("lost",), ("tampered", "E_ROLLBACK")),
    ):
        notes = {one: named[one] for one in told}
        for files in (whole, part):
            report = ground_judge(files, ground.vkey, tuple(notes.values()), 3)
            assert (report.verdict, report.first and report.first.code) == wanted, told
            said = judge(page, dump_zip(dict(files)), (ground.vkey,), notes)
            assert word(said) == wanted, told
    # A note over nothing at all is how every log begins, and needs no proof.
    for root, wanted in ((EMPTY, ("valid", None)), (bytes(32), ("tampered", "E_CONSISTENCY"))):
        empty = make_checkpoint(ORIGIN, 0, root, ground.office.service).note.encode()
        for files in (whole, part):
            report = ground_judge(files, ground.vkey, (empty,), 3)
            assert (report.verdict, report.first and report.first.code) == wanted
            assert word(judge(page, dump_zip(dict(files)), (ground.vkey,), {"n": empty})) == wanted
    (told_of,) = said["restored"]
    assert told_of[2:] == ["卢工", "磁盘损坏"]
    attacks = {one.name: one for one in ATTACKS if one.ground == "loss"}
    for name, one in attacks.items():
        assert word(judge(page, *forged(one, ground))) == ("tampered", one.code), name
    for check, name in OF_LOST_LOGS.items():
        assert said_without(check, attacks[name], ground, tmp_path)[0] != "tampered", name


def odd_proofs(**changes: Any) -> Callable[[Ground], dict[str, bytes]]:
    def spoil(ground: Ground) -> dict[str, bytes]:
        proofs = json.loads(ground.files["proofs.json"]) | changes
        return {**ground.files, "proofs.json": canonical(proofs)}

    return spoil


def odd_header(**changes: Any) -> Callable[[Ground], dict[str, bytes]]:
    def spoil(ground: Ground) -> dict[str, bytes]:
        header = json.loads(ground.files["bundle.json"]) | changes
        return {**ground.files, "bundle.json": canonical(header)}

    return spoil


def misnamed(ground: Ground) -> dict[str, bytes]:
    """With the older note under the name of another size."""
    (name,) = (one for one in ground.files if one.startswith("checkpoints/"))
    files = {one: data for one, data in ground.files.items() if one != name}
    return {**files, "checkpoints/1.note": ground.files[name]}


def odd_record(**changes: Any) -> Callable[[Ground], dict[str, bytes]]:
    """With a last record that is signed, chained and under the checkpoint, as a forger can."""

    def spoil(ground: Ground) -> dict[str, bytes]:
        forge = take_apart(ground, ground.office.signers, service=True)
        like = forge.all(lambda body: body["stream"].startswith("case/"))[-1]
        signer = forge.signers[like.key]
        forge.append(like, changes, [], signer)
        forge.rewrite()
        return forge.dump()

    return spoil


def odd_case(**changes: Any) -> Callable[[Ground], dict[str, bytes]]:
    def spoil(ground: Ground) -> dict[str, bytes]:
        files = ground.case_files(ground.office.store.cases()[0].id)
        header = json.loads(files["bundle.json"])
        scope = {**header["scope"], **changes}
        return {**files, "bundle.json": canonical(header | {"scope": scope})}

    return spoil


def without(
    files: dict[str, bytes], is_gone: Callable[[str], bool], *, tidy: bool = True
) -> dict[str, bytes]:
    """A bundle of a part with some streams taken out, proofs and all; tidied, also the texts and
    attachments that only they named.
    """
    files = dict(files)
    kept = [one for one in lines(files["records.jsonl"]) if not is_gone(body(one)["stream"])]
    opened = [one for one in lines(files["disclosures.jsonl"]) if not is_gone(one["stream"])]
    proofs = json.loads(files["proofs.json"])
    there = {str(one["index"]) for one in kept}
    heads = proofs["heads"]["proofs"]
    proofs["inclusion"] = {n: one for n, one in proofs["inclusion"].items() if n in there}
    proofs["heads"]["proofs"] = {n: one for n, one in heads.items() if not is_gone(n)}
    files["proofs.json"] = canonical(proofs)
    files["records.jsonl"] = b"".join(canonical(one) + b"\n" for one in kept)
    files["disclosures.jsonl"] = b"".join(canonical(one) + b"\n" for one in opened)
    named = files["disclosures.jsonl"].decode() if tidy else ""
    return {n: one for n, one in files.items() if not tidy or n[:8] != "objects/" or n[8:] in named}


def without_its_case(ground: Ground) -> dict[str, bytes]:
    """A bundle of one case with all that is of cases taken out."""
    files = ground.case_files(ground.office.store.cases()[0].id)
    return without(files, lambda stream: stream[:5] == "case/")


def without_definitions(ground: Ground) -> dict[str, bytes]:
    """A bundle of one case, its texts and models all there, without what published them."""
    files = ground.case_files(ground.office.store.cases()[0].id)
    return without(files, lambda stream: stream == "defs", tidy=False)


def called_a_store(ground: Ground) -> dict[str, bytes]:
    """A bundle of one case that says it is the whole store."""
    files = ground.case_files(ground.office.store.cases()[0].id)
    header = json.loads(files["bundle.json"])
    return {**files, "bundle.json": canonical(header | {"scope": {"kind": "store"}})}


def with_witness(name: str) -> Callable[[Ground], dict[str, bytes]]:
    def spoil(ground: Ground) -> dict[str, bytes]:
        note = ground.files["checkpoint.note"] + f"\u2014 {name} AAAAAAA=\n".encode()
        return {**ground.files, "checkpoint.note": note}

    return spoil


def with_more_heads(ground: Ground) -> dict[str, bytes]:
    """A bundle of one case that proves the head of a stream it does not hold."""
    cases = ground.office.store.cases()
    first = dict(ground.case_files(cases[0].id))
    other = json.loads(ground.case_files(cases[-1].id)["proofs.json"])["heads"]["proofs"]
    proofs = json.loads(first["proofs.json"])
    assert other.keys() - proofs["heads"]["proofs"].keys()
    proofs["heads"]["proofs"] = other | proofs["heads"]["proofs"]
    return {**first, "proofs.json": canonical(proofs)}


LATER: Any = {"from": "2026-12-01T00:00:00.000Z", "until": AT}
TWICE = [{"from": 1, "to": 2, "path": [end * 64]} for end in "01"]
ODD = {
    "two proofs between two sizes": (odd_proofs(consistency=TWICE), "E_BUNDLE"),
    "a place of 16 digits": (odd_proofs(inclusion={"1" * 16: []}), "E_BUNDLE"),
    "a place beyond the last": (odd_proofs(inclusion={str(2**48 + 1): []}), "E_BUNDLE"),
    "the last place": (odd_proofs(inclusion={str(2**48): []}), None),
    "another size than the note's": (odd_header(size=7), "E_NOTE"),
    "an older note under another's name": (misnamed, "E_NOTE"),
    "a size beyond the last": (odd_header(size=2**48 + 1), "E_BUNDLE"),
    "an origin in two words": (odd_header(origin="a b"), "E_BUNDLE"),
    "an origin with a plus": (odd_header(origin="a+b"), "E_BUNDLE"),
    "an origin with a hidden letter": (odd_header(origin="a\u200bb"), "E_BUNDLE"),
    "an origin with a wide space": (odd_header(origin="a\u3000b"), "E_BUNDLE"),
    "a stream of no kind": (odd_record(stream="other"), "E_BODY"),
    "a stream of nothing": (odd_record(stream="case/"), "E_BODY"),
    "a stream with a long dash": (
        odd_record(stream="stock/一\u2028二", typ="stock"),
        None,
    ),
    "a step in a stock": (odd_record(stream="stock/一", typ="step"), "E_BODY"),
    "a step where a case begins": (odd_record(stream="case/new", typ="step"), "E_BODY"),
    "a case opened in the middle": (odd_record(typ="open"), "E_BODY"),
    "office data among the keys": (odd_record(stream="keys", typ="org"), "E_BODY"),
    "a definition in a case": (odd_record(typ="def"), "E_BODY"),
    "a zone of no name": (odd_record(tz="UTC+08:00"), "E_BODY"),
    "a zone of some name": (odd_record(tz="Etc/GMT-8"), None),
    "a bundle without definitions": (without_definitions, "E_OBJECT"),
    "a bundle of one case called the store": (called_a_store, "E_LOG"),
    "a head of no stream": (odd_record(heads={"x": {"seq": 0, "hash": "0" * 64}}), "E_BODY"),
    "an origin of its own": (odd_record(origin="a b"), "E_ORIGIN"),
    "a bundle without its case": (without_its_case, "E_BUNDLE"),
    "a bundle of another case": (odd_case(case="nosuch"), "E_BUNDLE"),
    "a bundle of another number": (odd_case(number="HY-2099-999999"), "E_BUNDLE"),
    "a bundle of no case": (odd_case(case=""), "E_BUNDLE"),
    "a period that ends before it begins": (
        odd_header(scope={"kind": "period", **LATER}),
        "E_BUNDLE",
    ),
    "no tables": (
        lambda ground: {n: one for n, one in ground.files.items() if n != "tables.jsonl"},
        None,
    ),
    "a head of another case": (with_more_heads, None),
    "a witness": (with_witness("見證"), None),
    "a witness in a new letter": (with_witness("\U00031350"), None),
    "a witness with a hidden letter": (with_witness("w\u200bx"), "E_NOTE"),
    "a witness with a wide space": (with_witness("w\u3000x"), "E_NOTE"),
    "a witness with a plus": (with_witness("a+b"), "E_NOTE"),
}


@pytest.mark.parametrize("name", ODD)
def test_of_what_only_a_forger_writes_both_say_the_same(
    page: Chromium, ground: Ground, name: str
) -> None:
    spoil, code = ODD[name]
    files = spoil(ground)
    first = ground.judge(files, 2).first
    assert (first and first.code) == code
    notes = {"early": ground.early, "late": ground.late}
    assert word(judge(page, dump_zip(files), (ground.vkey,), notes), 2)[1] == code


def test_a_relative_left_out_of_a_bundle_is_a_gap_to_both(page: Chromium, tmp_path: Path) -> None:
    ground = work(tmp_path / "ground", "A-01")
    ((gathers, member), *_) = ground.office.store.derived_tables("member")["member"]
    files, relative = ground.case_files(str(gathers)), f"case/{member}"
    notes = {"early": ground.early, "late": ground.late}
    assert word(judge(page, dump_zip(files), (ground.vkey,), notes)) == ("valid", None)
    left = without(files, lambda stream: stream == relative)
    report = ground.judge(left, 3)
    assert report.first is not None
    assert (report.verdict, report.first.code) == ("not proven", "E_BUNDLE")
    assert word(judge(page, dump_zip(left), (ground.vkey,), notes)) == ("not proven", "E_BUNDLE")
    with chromium(weakened("  checkFamily(bundle, report);", "", tmp_path)) as weak:
        assert word(judge(weak, dump_zip(left), (ground.vkey,), notes)) == ("valid", None)


@pytest.mark.parametrize(("ahead", "code"), [("00:04:59", None), ("00:05:01", "E_CLOCK")])
def test_a_clock_that_was_ahead_is_a_doubt_to_both(
    page: Chromium, ground: Ground, ahead: str, code: str | None
) -> None:
    forge = take_apart(ground, ground.office.signers, service=True)
    last = forge.entries[-1]
    last.at = forge.entries[-2].at
    time = datetime.fromisoformat(last.at) + timedelta(
        **dict(zip(("hours", "minutes", "seconds"), map(int, ahead.split(":")), strict=True))
    )
    last.body["time"] = last.body["happened"] = instant(time)
    forge.rewrite()
    files = forge.dump()
    own = {"own": files["checkpoint.note"]}
    clocks = [one.code for one in ground.judge(files, 1).findings]
    assert clocks == ([code] if code else [])
    report = judge(page, dump_zip(files), (ground.vkey,), own)
    assert [one["code"] for one in report["findings"] if one["level"] == 1] == clocks
    assert all(one["weight"] == "doubt" for one in report["findings"] if one["level"] == 1)


def test_what_was_received_before_the_latest_before_it_is_a_doubt_to_both(
    page: Chromium, ground: Ground
) -> None:
    forge = take_apart(ground, ground.office.signers, service=True)
    stream = next(one.body["stream"] for one in forge.entries if one.body["seq"] == 4)
    late, *others = [one for one in forge.entries if one.body["stream"] == stream]
    late.at = instant(datetime.fromisoformat(late.at) + timedelta(days=400))
    forge.rewrite()
    files = forge.dump()
    wanted = [("E_CLOCK", one.body["seq"], "doubt") for one in others]
    found = ground.judge(files, 1).findings
    assert [(one.code, one.seq, one.weight.name.lower()) for one in found] == wanted
    report = judge(page, dump_zip(files), (ground.vkey,), {"own": files["checkpoint.note"]})
    told = [one for one in report["findings"] if one["level"] == 1]
    assert [(one["code"], one["seq"], one["weight"]) for one in told] == wanted


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("if (!isAtHome(body))", "a step in a stock"),
        ("if (!isAtHome(body))", "office data among the keys"),
    ],
)
def test_without_its_rule_the_page_lets_a_record_stand_anywhere(
    ground: Ground, tmp_path: Path, check: str, name: str
) -> None:
    spoil, code = ODD[name]
    notes = {"early": ground.early, "late": ground.late}
    with chromium(weakened(check, "if (false)", tmp_path)) as weak:
        said = word(judge(weak, dump_zip(spoil(ground)), (ground.vkey,), notes), 1)
    assert said[1] != code


@pytest.mark.parametrize(("approver", "told"), [("wutong", []), ("linlan", ["E_REDACT"])])
def test_of_a_redaction_from_a_paper_the_clerk_is_the_one_who_signs(
    page: Chromium, approver: str, told: list[str]
) -> None:
    """As in the other verifier: none of those who consent is the signer."""
    consent = {"uid": approver, "name": "x", "key": "x", "at": AT, "sig": ""}
    made = event("Redacted", targets=[], objects=[], basis="x", approvers=[consent])
    body = {"way": "paper", "meaning": "responsibility", "events": ["x"]}
    body |= {"actor": {"uid": "wutong"}, "recorder": {"uid": "linlan"}}
    records = json.dumps([{"entry": {"stream": "case/1", "seq": 1, "body": body}, "event": made}])
    asked = (
        f"checkRedactions({{redactRecords: {records}}}, {{tell: (_, code) => found.push(code)}})"
    )
    assert page.run(f"(() => {{ const found = []; {asked}; return found; }})()") == told


def test_a_history_in_the_other_suite_is_judged_the_same(page: Chromium, tmp_path: Path) -> None:
    ground = work(tmp_path / "ground", "B-01", suite=SM3_SM2)
    whole = {"early": ground.early, "late": ground.late}
    assert word(judge(page, dump_zip(dict(ground.files)), (ground.vkey,), whole)) == ("valid", None)
    for name in OF_THE_OTHER_SUITE:
        (attack,) = [one for one in ATTACKS if one.name == name]
        said = word(judge(page, *forged(attack, ground)))
        assert said == ("tampered", attack.code), name


# A check of each kind that hashes or verifies something.
OF_THE_OTHER_SUITE = (
    "edit_a_form_value",
    "write_a_step_in_somebodys_name",
    "edit_the_text_of_a_procedure",
    "delete_a_whole_case",
    "show_two_auditors_two_stores",
    "state_false_heads",
    "bring_a_key_along",
    "enrol_a_key_one_does_not_have",
    "enrol_a_key_of_the_other_suite",
    "redact_with_a_consent_one_signed_oneself",
    "appoint_somebody_in_the_model_of_the_roster",
)
