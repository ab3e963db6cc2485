"""The ground for a second verifier: repeatable, and judged alike when read back from the zip."""

from __future__ import annotations

import json
from pathlib import Path

from tests.verifier.bundles import LEVELS, write
from verifier.files import load_files
from verifier.logs import Outside
from verifier.notes import load_trust
from verifier.verifying import verify


def test_the_manifest_is_what_the_verifier_says_of_the_zips(tmp_path: Path) -> None:
    told = write(tmp_path, 24, 12)
    assert json.loads((tmp_path / "manifest.json").read_text("utf-8"))["bundles"] == told
    verdicts = {one["expected"]["2"]["verdict"] for one in told}
    assert verdicts == {"valid", "tampered", "not proven"}
    for one in told:
        note = (tmp_path / one["checkpoint"]).read_bytes()
        outside = (Outside(name="note", content=note),)
        files = load_files(tmp_path / one["bundle"])
        for level in LEVELS:
            report = verify(files, load_trust(one["trust"]), outside, level)
            wanted = one["expected"][str(level)]
            assert report.verdict == wanted["verdict"], one["what"]
            first = report.first
            assert (first and first.code) == (wanted["first"] and wanted["first"]["code"])
