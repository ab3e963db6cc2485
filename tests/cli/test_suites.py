"""An office kept in the national algorithms, from the command line; OpenSSL is asked as well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands.boundary import main
from engine.evidence.canonical import pae
from engine.evidence.keyring import Keyring, decrypt_key, encrypt_key
from engine.evidence.record import RECORD_V2
from engine.evidence.sm2 import Sm2PrivateKey, make_sm2_key
from engine.store.store import Store
from tests.cli.conftest import Run, judge_bundle
from tests.conftest import ROOT

SUITE = "sm3-sm2"
WORDS = "口令"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office founded in the suite and published."""
    folder = tmp_path_factory.mktemp("national") / "office"
    patch = pytest.MonkeyPatch()
    patch.setenv("GUICHENG_PASSPHRASE", WORDS)
    assert main(["init", str(folder), "--enrol-all", "--suite", SUITE]) == 0
    assert main(["--workspace", str(folder), "--as", "韩江", "publish"]) == 0
    patch.undo()
    return folder


def openssl(folder: Path, *words: str) -> str:
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode()


def test_a_case_goes_on_record_and_both_verifiers_find_it_right(run: Run, tmp_path: Path) -> None:
    note, bundle = tmp_path / "kept.note", tmp_path / "bundle.zip"
    assert run("--as", "林岚", "start", "会务服务保障", "--set", "会议名称=例会")[0] == 0
    assert run("--as", "林岚", "key", "rotate")[0] == 0
    assert run("--as", "卢工", "key", "enrol", "罗平")[0] == 0
    code, _, err = run("--as", "林岚", "start", "没有这样的流程")
    assert code == 2, err
    assert run("audit", "checkpoint", "-o", str(note))[0] == 0
    code, _, err = run("audit", "verify", "--checkpoint", str(note))
    assert (code, "没有改动过" in err) == (0, True)
    assert run("audit", "verify", "--new")[0] == 0
    assert run("audit", "bundle", str(bundle))[0] == 0
    code, told = judge_bundle(tmp_path / "office", bundle, note)
    assert (code, "结论:成立" in told) == (0, True), told


def test_openssl_opens_the_key_and_verifies_what_it_signed(made: Path, tmp_path: Path) -> None:
    """Neither the key file nor the signature is bound to this program or its library."""
    ring = Keyring(made / "keys")
    store = Store.open(made / "guicheng.sqlite3")
    (first, *_) = store.records("org")
    store.close()
    record = first.record
    (tmp_path / "signed").write_bytes(pae(RECORD_V2, record.body))
    halves = [int.from_bytes(record.sig[n : n + 32], "big") for n in (0, 32)]
    wide = [one.to_bytes(one.bit_length() // 8 + 1, "big") for one in halves]
    inside = b"".join(bytes([2, len(one)]) + one for one in wide)
    (tmp_path / "sig").write_bytes(bytes([0x30, len(inside)]) + inside)
    key = ring.path(first.body.actor.uid)
    opened = openssl(
        tmp_path, "pkey", "-in", str(key), "-passin", f"pass:{WORDS}", "-pubout", "-out", "pub.pem"
    )
    assert opened == ""
    asked = ("pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin", "-digest", "sm3")
    said = openssl(
        tmp_path, *asked, "-in", "signed", "-sigfile", "sig", "-pkeyopt", "distid:1234567812345678"
    )
    assert "Verified Successfully" in said
    (tmp_path / "signed").write_bytes(pae(RECORD_V2, record.body + b" "))
    said = openssl(
        tmp_path, *asked, "-in", "signed", "-sigfile", "sig", "-pkeyopt", "distid:1234567812345678"
    )
    assert "Failure" in said


def test_a_key_file_opens_with_its_words_only() -> None:
    key = make_sm2_key()
    pem = encrypt_key(key, WORDS, bytes(32))
    assert decrypt_key(pem, WORDS) == key
    for spoilt, words in ((pem, "别的"), (pem.replace(b"M", b"N", 1), WORDS), (pem[:300], WORDS)):
        with pytest.raises(Exception, match="口令不对"):
            decrypt_key(spoilt, words)
    assert "scalar" not in repr(key)
    assert key.scalar.hex() not in repr(Sm2PrivateKey(key.scalar, key.point))


def test_doctor_says_which_suite_it_is(run: Run) -> None:
    said = [one["say"] for one in json.loads(run("doctor", "--json")[1])]
    assert f"密码套件 {SUITE}" in said


def test_no_agent_keeps_such_a_key(run: Run) -> None:
    code, _, err = run("login", "林岚")
    assert code == 2
    assert "ssh-agent 不认国密钥匙" in err


def test_a_suite_there_is_not_is_named_and_nothing_is_made(run: Run, tmp_path: Path) -> None:
    code, _, err = run("init", str(tmp_path / "another"), "--suite", "sm3-sm9")
    assert code == 2
    assert "是否想写“sm3-sm2”" in err
    assert not (tmp_path / "another").exists()


def test_without_the_library_it_says_what_to_install(tmp_path: Path) -> None:
    """As on a machine where the extra was left out."""
    words = ["init", str(tmp_path / "another"), "--suite", SUITE]
    program = (
        "import sys; sys.modules['gmssl_pyx'] = None\n"
        f"from commands.boundary import main; sys.exit(main({words!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert "guicheng[sm]" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert not (tmp_path / "another").exists()
