"""A bundle is hostile input: a finding or a sentence about usage, never a traceback."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.evidence.bundle import dump_zip
from engine.evidence.canonical import canonical
from tests.attacks.forge import Forge, Row, take_apart
from tests.attacks.matrix import people, step
from tests.verifier.ground import Ground, judge
from verifier.__main__ import main
from verifier.files import load_files

EPOCH = (1980, 1, 1, 0, 0, 0)


def zipped(*files: tuple[str, bytes], **more: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", more.get("kind", zipfile.ZIP_STORED)) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, more.get("kind"))
    return out.getvalue()


def codes(path: Path) -> set[str]:
    files = load_files(path)
    return {one.code for one in judge(files.contents, None, ()).findings} | {
        "E_BUNDLE" for _ in files.wrong
    }


@pytest.mark.parametrize(
    "data",
    [
        zipped(("../bundle.json", b"{}")),
        zipped(("/etc/passwd", b"{}")),
        zipped(("bundle.json", b"{}"), ("a\\b", b"")),
        zipped(("records.jsonl", b""), ("bundle.json", b"{}")),
        zipped(("bundle.json", b"0" * 10_000_000), kind=zipfile.ZIP_DEFLATED),
        zipped(("bundle.json", b"{}")) + b"behind",
        b"before" + zipped(("bundle.json", b"{}")),
        b"PK\x05\x06" + b"\0" * 18,
        b"PK",
        b"",
        b"\0" * 5000,
    ],
    ids=lambda data: repr(data[:40]),
)
def test_a_hostile_zip_is_a_finding(data: bytes, tmp_path: Path) -> None:
    place = tmp_path / "b.zip"
    place.write_bytes(data)
    assert "E_BUNDLE" in codes(place)
    assert main([str(place)]) == 1


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_in_a_zip_is_a_finding(tmp_path: Path) -> None:
    place = tmp_path / "b.zip"
    place.write_bytes(zipped(("bundle.json", b"{}"), ("bundle.json", b"{}")))
    assert main([str(place)]) == 1


def test_links_and_strangers_in_a_folder_are_findings(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "bundle.json").symlink_to("/etc/passwd")
    (tmp_path / "objects").symlink_to("/etc")
    (tmp_path / "notes.txt").write_text("x")
    wrong = {name for name, _, _ in load_files(tmp_path).wrong}
    assert wrong == {"bundle.json", "notes.txt", "objects"}


DEEP = b"[" * 100_000 + b"]" * 100_000
ODD = (
    DEEP,
    b'{"a":' * 70 + b"1" + b"}" * 70,
    b"1" * 5000,
    b'{"index":1e9}',
    b'{"index":-1,"record":{}}',
    b'{"index":true}',
    b"null",
    b"[]",
    b'"\\ud800"',
    b"\xff\xfe",
    b"NaN",
    b"\n\n\n",
    b'{"inclusion":{"01":[]},"consistency":[],"heads":null}',
    b'{"consistency":[{"from":-5,"path":[],"to":1}],"heads":null,"inclusion":{}}',
    b'{"consistency":[],"heads":{"proofs":{},"record":-1,"size":0},"inclusion":{}}',
)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd[:24]))
def test_odd_content_in_any_file_is_a_finding(odd: bytes, ground: Ground) -> None:
    for name in ("bundle.json", "records.jsonl", "disclosures.jsonl", "checkpoint.note"):
        for line in (odd, odd + b"\n"):
            report = judge({**ground.files, name: line}, ground.vkey, (ground.late,))
            assert report.exit == 1, (name, report.show("zh"))
    judge({**ground.files, "tables.jsonl": odd + b"\n"}, ground.vkey, (ground.late,))
    judge({**ground.files, "proofs.json": odd}, ground.vkey, (ground.late,))


def test_models_that_are_no_models_are_findings_or_gaps(ground: Ground) -> None:
    dice = random.Random(4)
    models = [name for name in ground.files if name.startswith("models/")]
    for odd in (b"null", b"[]", b"{}", b'{"states":[{}]}', canonical({"people": 1})):
        name = dice.choice(models)
        assert judge({**ground.files, name: odd}, ground.vkey, (ground.late,)).exit == 1


def publish(forge: Forge, ground: Ground, changes: Row, zone: str = "Asia/Shanghai") -> None:
    """韩江 publishes the roster once more, with other fields or in another time zone."""
    like = forge.all(lambda body: body["stream"] == "org")[-1]
    first = forge.events(forge.find(lambda body: body["stream"] == "org"))[0]
    model = canonical(json.loads(forge.files[f"models/{first['model']}"]) | {"zone": zone})
    event = first | {"edition": 2, "model": forge.place("models", model)} | changes
    actor = {"actor": people(forge, "hanjiang")}
    forge.append(like, actor, [event], ground.office.signers["hanjiang"])


def name_who_is_nobody(forge: Forge, _: Ground) -> None:
    forge.set_fact(step(forge, "LY-", "签领"), "who(资产管理员)", [{}])


def act_at_the_end_of_time(forge: Forge, ground: Ground) -> None:
    entry = step(forge, "LY-", "签领")
    entry.body["time"] = entry.body["happened"] = "9999-12-31T23:59:59.999Z"
    entry.body["actor"]["post"] = "局长"


@pytest.mark.parametrize(
    ("run", "verdict", "code"),
    [
        (name_who_is_nobody, "tampered", "E_ROSTER"),
        (act_at_the_end_of_time, "tampered", "E_ROSTER"),
        (lambda forge, ground: publish(forge, ground, {"model": 5}), "not proven", "E_MODEL"),
        (lambda forge, ground: publish(forge, ground, {}, "America"), "not proven", "E_MODEL"),
        (lambda forge, ground: publish(forge, ground, {}, "+08:00"), "not proven", "E_MODEL"),
    ],
)
def test_what_no_roster_could_be_asked_stops_nothing(
    run: Callable[[Forge, Ground], None], verdict: str, code: str, ground: Ground
) -> None:
    forge = take_apart(ground, ground.office.signers, service=True)
    run(forge, ground)
    forge.rewrite()
    files = forge.dump()
    report = judge(files, ground.vkey, (files["checkpoint.note"],), 3)
    assert report.first is not None
    assert (report.verdict, report.first.code) == (verdict, code), report.show("en")


def test_without_its_models_the_course_is_not_proven(ground: Ground) -> None:
    bare = {name: data for name, data in ground.files.items() if not name.startswith("models/")}
    report = judge(bare, ground.vkey, (ground.late,))
    assert report.verdict == "not proven"
    assert {one.code for one in report.findings} == {"E_MODEL"}


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nowhere"],
        ["."],
        [".", "--level", "9"],
        [".", "--trust", "x"],
        [".", "--trust", "a+b+c"],
        [".", "--checkpoint", "nowhere"],
        [".", "--lang", "fr"],
    ],
    ids=" ".join,
)
def test_bad_words_are_usage(words: list[str], tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    assert main(words) == (1 if words == ["."] else 2)


def test_a_cut_zip_never_stops_the_verifier(ground: Ground, tmp_path: Path) -> None:
    data, dice = dump_zip(ground.files), random.Random(7)
    place = tmp_path / "b.zip"
    for _ in range(60):
        spoiled = bytearray(data[: dice.randrange(len(data))])
        for _ in range(20):
            if spoiled:
                spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
        place.write_bytes(bytes(spoiled))
        assert main([str(place)]) == 1
