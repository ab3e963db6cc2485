"""Honest bundles give no finding, the same bytes every time, from a folder and from a zip.

`GUICHENG_WALKS=all pytest tests/verifier/test_honest.py` takes every walk and every example; else
those walks that differ most, beside the two every attack starts from, and one example of each word.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from engine.bundling import collect, write_bundle
from engine.desk import Receipt
from engine.evidence.bundle import Scope, dump_bundle, dump_zip
from engine.redacting import Hand, redact
from engine.rehearsal.player import Player
from tests.conftest import ROOT
from tests.engine.test_language_features import FEATURES
from tests.engine.test_language_features import office as feature_office
from tests.test_walks import WALKS
from tests.verifier.ground import Ground, judge, sign, work
from verifier.__main__ import main

EVERY = os.environ.get("GUICHENG_WALKS") == "all"
CHOSEN = ("A-06", "B-05", "X-03")


@pytest.mark.parametrize("name", [path.stem for path in WALKS if EVERY or path.stem in CHOSEN])
def test_the_walks_of_the_handbook_verify(name: str, tmp_path: Path) -> None:
    ground = work(tmp_path, name)
    report = ground.judge(ground.files)
    assert [one.show("zh") for one in report.findings] == []
    assert report.verdict == "valid"
    cases = ground.office.store.cases()
    for row in {cases[0].id: cases[0], cases[-1].id: cases[-1]}.values():
        part = ground.judge(ground.case_files(row.id))
        assert [one.show("zh") for one in part.findings] == [], row.number
        assert part.verdict == "valid"


@pytest.mark.parametrize("name", FEATURES)
def test_every_word_of_the_language_verifies(name: str) -> None:
    examples = feature_office().definitions[name].examples
    for example in examples if EVERY else examples[:1]:
        office = feature_office()
        Player(office, name).play(example.steps)
        report = judge(dump_bundle(collect(office.store, Scope())), None, ())
        assert [one.show("zh") for one in report.findings] == []


def test_a_period_verifies(ground: Ground) -> None:
    now = ground.office.now
    report = ground.judge(ground.period_files(now - timedelta(days=9), now))
    assert [one.show("zh") for one in report.findings] == []
    assert report.verdict == "valid"
    assert 0 < report.records < ground.judge(ground.files).records


def test_a_period_that_ended_before_the_checkpoint_verifies(ground: Ground) -> None:
    now = ground.office.now
    report = ground.judge(ground.period_files(now - timedelta(days=14), now - timedelta(days=7)))
    assert report.findings == ()
    assert report.exit == 0
    assert 0 < report.records < ground.judge(ground.files).records


def test_what_was_destroyed_leaves_the_rest_valid(tmp_path: Path) -> None:
    ground = work(tmp_path, "A-06", until="2026-11-25 00:00")
    office = ground.office
    row = office.store.cases()[-1]
    stored, path = next(
        (stored, path)
        for stored in office.store.records(f"case/{row.id}")
        for path in stored.body.commits()
        if path.startswith("form/")
    )
    people = (office.person(name) for name in ("吴桐", "韩江"))
    two = (Hand(uid=one, signer=office.signers[one]) for one in people)
    done = redact(office.desk, row.id, stored.seq, (path,), "某法第 47 条", *two)
    assert isinstance(done, Receipt)
    late = sign(office, ground.folder)
    files = dump_bundle(collect(office.store, Scope()))
    report = judge(files, ground.vkey, (ground.early, late))
    assert [one.show("zh") for one in report.findings] == []
    assert report.verdict == "valid"


def test_a_store_without_a_checkpoint_is_not_proven(tmp_path: Path) -> None:
    ground = work(tmp_path, "A-06", until="2026-10-20 00:00")
    files = {name: data for name, data in ground.files.items() if "checkpoint" not in name}
    header = json.loads(files["bundle.json"]) | {"size": 0}
    text = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    report = judge(files | {"bundle.json": text.encode()}, ground.vkey, ())
    assert (report.findings, report.verdict) == ((), "not proven")


def test_without_trust_or_without_a_note_from_outside_the_best_is_not_proven(
    ground: Ground,
) -> None:
    assert judge(ground.files, None, (ground.late,)).verdict == "not proven"
    assert judge(ground.files, ground.vkey, ()).verdict == "not proven"
    assert judge(ground.files, ground.vkey, (ground.early,)).verdict == "valid"


def test_the_same_store_gives_the_same_bytes(ground: Ground) -> None:
    again = dump_bundle(collect(ground.office.store, Scope()))
    assert again == ground.files
    assert dump_zip(again) == dump_zip(dict(reversed(ground.files.items())))


def test_folder_and_zip_are_judged_alike_from_the_command_line(
    ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = collect(ground.office.store, Scope())
    (tmp_path / "late.note").write_bytes(ground.late)
    told = []
    for name in ("bundle", "bundle.zip"):
        write_bundle(content, tmp_path / name)
        words = [str(tmp_path / name), "--trust", ground.vkey, "--json"]
        assert main([*words, "--checkpoint", str(tmp_path / "late.note")]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told[0] == told[1]
    assert told[0]["verdict"] == "valid"


def test_it_runs_as_a_module_without_the_engine(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(dump_zip(ground.files))
    # -S: no site-packages, so nothing but the standard library can be found.
    words = [sys.executable, "-S", "-m", "verifier", str(tmp_path / "b.zip"), "--lang", "en"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    assert "Verdict: not proven" in done.stdout
    assert "exposure window" in done.stdout


def test_the_report_names_the_exposure_window(ground: Ground, tmp_path: Path) -> None:
    late = work(tmp_path, "A-06")
    who = late.office.person("林岚")
    late.office.now += timedelta(days=1)
    late.office.desk.start("办公用品领用", who, late.office.signers[who], {})
    report = late.judge(dump_bundle(collect(late.office.store, Scope())))
    assert report.verdict == "valid"
    assert report.records - report.covered == 1
    assert "有 1 条记录" in report.show("zh")
