"""The command line of the verifier: what it asks for, what it prints, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE

import pytest

import verifier.__main__
from engine.evidence.checkpoint import dump_vkey
from tests.conftest import ROOT
from tests.verifier.parts import ORIGIN
from tests.verifier.sealed import Written
from tests.verifier.staff import KEYS
from tests.verifier.wrong_tokens import good, office
from verifier.__main__ import main
from verifier.notes import LARGEST_NOTE
from verifier.records import SERVICE

Run = Callable[..., tuple[int, str, str]]
VKEY = dump_vkey(ORIGIN, KEYS[SERVICE].public)
TRUST = ("--trust", VKEY)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A bundle in a folder, a note and a certificate beside it, and the program run there."""
    store = Written()
    files = store.files(1)
    for name, data in (files | {"tokens/1.tsr": good(store.note(1)).response()}).items():
        place = tmp_path / "bundle" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a.note").write_bytes(store.note(1))
    (tmp_path / "kept" / "b.note").write_bytes(b"x")
    (tmp_path / "root.pem").write_bytes(office().root.pem)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")

    def call(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        return (code, *capsys.readouterr())

    return call


def test_a_valid_bundle(run: Run) -> None:
    code, out, err = run("bundle", *TRUST, "--checkpoint", "kept/a.note")
    assert (code, err) == (0, "")
    first, *_, last = out.splitlines()
    assert first == "结论:成立(1 条记录,检查点覆盖 1 条;sha256-ed25519)"
    assert last.startswith("- 录入的内容是否属实")
    english = run("bundle", *TRUST, "--checkpoint", "kept/a.note", "--lang", "en")
    assert english[1].startswith(
        "Verdict: valid (1 records, 1 under the checkpoint; sha256-ed25519)\n"
    )


def test_a_key_may_have_blanks_around_it(run: Run) -> None:
    assert run("bundle", "--trust", f" {TRUST[1]}\n", "--checkpoint", "kept/a.note")[0] == 0


def test_whoever_reads_no_further_sees_no_error(run: Run) -> None:
    """As `… | head -1` does."""
    words = [sys.executable, "-m", "verifier", "bundle", *TRUST]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(words, env=env, stdout=PIPE, stderr=PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == b""
    assert program.returncode == 3


def test_what_is_not_given_is_not_proven(run: Run) -> None:
    assert run("bundle")[0] == 3
    assert run("bundle", *TRUST)[0] == 3
    assert run("bundle", "--checkpoint", "kept/a.note")[0] == 3


def test_every_checkpoint_is_compared_and_named_without_its_folder(run: Run) -> None:
    words = ("--checkpoint", "kept/b.note", "--checkpoint", "kept/a.note", "--lang", "en")
    code, out, _ = run("bundle", *TRUST, *words)
    assert code == 3
    assert out.splitlines()[0] == ("b.note [E_NOTE] L2: a checkpoint is three lines and signatures")


def test_the_report_for_programs(run: Run) -> None:
    code, out, _ = run("bundle", *TRUST, "--checkpoint", "kept/a.note", "--json")
    report = json.loads(out)
    assert (code, report["verdict"], report["exit"], report["level"]) == (0, "valid", 0, 5)
    assert out == json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def test_levels_and_authorities_can_be_asked_for(run: Run) -> None:
    def report(*words: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(run("bundle", "--json", *words)[1])
        return found

    for level in range(1, 6):
        assert report("--level", str(level))["level"] == level
    assert report()["stamped"] == []
    for words in (("root.pem",), ("root.pem", "--tsa", "root.pem")):
        (stamped,) = report("--tsa", *words)["stamped"]  # type: ignore[misc]
        assert (stamped["size"], stamped["authority"]) == (1, "CN=stamps")


def test_a_report_says_the_same_of_any_number_of_processors(run: Run) -> None:
    told = run("bundle", "--jobs", "1")
    assert told[0] == 3
    assert told == run("bundle", "--jobs", "2") == run("bundle", "--jobs", "8") == run("bundle")
    for wrong in ("0", "9", "x"):
        assert run("bundle", "--jobs", wrong)[0] == 2


def test_whoever_stops_it_is_told_that_there_is_no_verdict(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("verify", "load_files"):
        monkeypatch.setattr(verifier.__main__, name, stop)
        assert run("bundle") == (130, "", "已中断,没有结论\n")
        assert run("bundle", "--lang", "en") == (130, "", "stopped; no verdict\n")


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (("nowhere",), "没有证据包 nowhere", "there is no bundle nowhere"),
        (
            ("bundle", "--trust", "x"),
            "信任钥匙应写作“来源+8 位十六进制+base64”,且三者相符",
            "a trusted key is written origin+hint+key, and the three must agree",
        ),
        (
            ("bundle", "--checkpoint", "nowhere"),
            "nowhere: 读不出来 (No such file or directory)",
            "nowhere: cannot be read (No such file or directory)",
        ),
        (
            ("bundle", "--tsa", "kept"),
            "kept: 读不出来 (Is a directory)",
            "kept: cannot be read (Is a directory)",
        ),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    words: tuple[str, ...], zh: str, en: str, run: Run
) -> None:
    assert run(*words) == (2, "", f"{zh}\n")
    assert run(*words, "--lang", "en") == (2, "", f"{en}\n")


@pytest.mark.parametrize(
    "words",
    [
        (),
        *(("bundle", "--level", level) for level in ("0", "6", "x")),
        ("bundle", "--lang", "fr"),
        ("bundle", "more"),
        ("bundle", "--other"),
    ],
)
def test_wrong_words_are_usage(words: tuple[str, ...], run: Run) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("usage: verifier ")


def test_the_words_are_explained(run: Run) -> None:
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    lines = [" ".join(one.split()) for one in out.splitlines() if one]
    assert lines[0] == (
        "usage: verifier [-h] [--trust VKEY] [--checkpoint NOTE] [--tsa CERT]"
        " [--level {1,2,3,4,5}] [--jobs N] [--json] [--lang {zh,en}] BUNDLE"
    )
    for told in (
        "核对证据包 · checks an evidence bundle (docs/evidence-spec.md §11, §12)",
        "BUNDLE 文件夹或 zip · folder or zip",
        "--trust VKEY 所信任的系统钥匙 · the trusted service key",
        "--checkpoint NOTE 留存在外的检查点,可多次 · a checkpoint kept outside, repeatable",
        "--tsa CERT 所信任的时间戳机构证书(PEM 或 DER),可多次"
        " · a trusted time-stamp authority's certificate, PEM or DER, repeatable",
        "--level {1,2,3,4,5} 1…5",
        "--jobs N 核对签名至多用几个处理器,1…8 · processors for signatures, at most",
        "0 成立 valid · 1 被篡改 tampered · 2 用法 usage · 3 未能证明 not proven",
    ):
        assert told in lines


def test_a_file_is_read_no_further_than_a_note_may_be_long(run: Run, tmp_path: Path) -> None:
    note = (tmp_path / "kept" / "a.note").read_bytes()
    room = LARGEST_NOTE - len(note) - len("\u2014  AAAAAAA=\n".encode())
    longest = note + f"\u2014 {'x' * room} AAAAAAA=\n".encode()
    assert len(longest) == LARGEST_NOTE
    place = tmp_path / "long.note"
    place.write_bytes(longest)
    assert run("bundle", *TRUST, "--checkpoint", "long.note")[0] == 0
    place.write_bytes(longest + b"x")
    assert run("bundle", *TRUST, "--checkpoint", "long.note")[0] == 3
