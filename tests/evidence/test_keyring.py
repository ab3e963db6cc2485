from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import EvidenceError, KeyLocked
from engine.evidence.keyring import Keyring, decrypt_key, encrypt_key
from engine.evidence.signing import FileSigner, is_signed

Signers = Callable[[int], FileSigner]
SALT = bytes(range(32))
WORDS = "三月 的雨 ほ"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


def test_a_kept_key_signs_after_unlocking(keyring: Keyring, signer: Signers) -> None:
    path = keyring.write("luoping", signer(1).private, WORDS, SALT, again=False)
    unlocked = keyring.unlock("luoping", WORDS)
    assert unlocked.key_id == signer(1).key_id
    assert is_signed(signer(1).public, unlocked.sign(b"data"), b"data")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keyring.folder.stat().st_mode) == 0o700
    assert list(keyring.uids()) == ["luoping"]
    assert sorted(one.name for one in keyring.folder.iterdir()) == ["luoping.key", "luoping.pub"]


def test_the_public_half_is_known_without_the_passphrase(keyring: Keyring, signer: Signers) -> None:
    assert keyring.find_public("luoping") is None
    keyring.write("luoping", signer(1).private, WORDS, SALT, again=False)
    public = keyring.find_public("luoping")
    assert public is not None
    assert is_signed(public, signer(1).sign(b"x"), b"x")


def test_a_wrong_passphrase_says_so_in_a_sentence(keyring: Keyring, signer: Signers) -> None:
    keyring.write("luoping", signer(1).private, WORDS, SALT, again=False)
    for wrong in (WORDS + " ", "", "三月"):
        with pytest.raises(EvidenceError, match="口令不对"):
            keyring.unlock("luoping", wrong)


def test_a_passphrase_opens_however_it_was_composed(signer: Signers) -> None:
    pem = encrypt_key(signer(1).private, "caf\u00e9", SALT)
    assert FileSigner(decrypt_key(pem, "cafe\u0301")).key_id == signer(1).key_id


def test_a_key_is_not_replaced_unless_asked(keyring: Keyring, signer: Signers) -> None:
    keyring.write("luoping", signer(1).private, WORDS, SALT, again=False)
    with pytest.raises(EvidenceError, match="已经存在"):
        keyring.write("luoping", signer(2).private, WORDS, SALT, again=False)
    assert keyring.unlock("luoping", WORDS).key_id == signer(1).key_id
    keyring.write("luoping", signer(2).private, WORDS, SALT, again=True)
    assert keyring.unlock("luoping", WORDS).key_id == signer(2).key_id


def test_a_missing_key_is_locked(keyring: Keyring) -> None:
    with pytest.raises(KeyLocked, match="luoping"):
        keyring.unlock("luoping", WORDS)


def test_a_key_others_can_read_is_refused(keyring: Keyring, signer: Signers) -> None:
    path = keyring.write("luoping", signer(1).private, WORDS, SALT, again=False)
    path.chmod(0o640)
    with pytest.raises(EvidenceError, match="他人可读"):
        keyring.unlock("luoping", WORDS)


@pytest.mark.parametrize("uid", ["", "../luoping", "a/b", ".hidden", "罗平", "a\n", "a" * 65])
def test_a_name_that_is_no_file_name_is_refused(keyring: Keyring, uid: str) -> None:
    with pytest.raises(EvidenceError, match="文件名"):
        keyring.path(uid)


def test_the_file_holds_neither_key_nor_passphrase_in_the_clear(signer: Signers) -> None:
    pem = encrypt_key(signer(1).private, WORDS, SALT)
    assert signer(1).private.private_bytes_raw() not in pem
    with pytest.raises(EvidenceError, match="口令不能为空"):
        encrypt_key(signer(1).private, "", SALT)
    with pytest.raises(EvidenceError, match="32"):
        encrypt_key(signer(1).private, WORDS, bytes(16))


def test_a_damaged_or_plain_file_is_refused(signer: Signers) -> None:
    pem = encrypt_key(signer(1).private, WORDS, SALT)
    for broken in (b"", b"plain text", pem[:-60], pem.replace(b"ENCRYPTED ", b"")):
        with pytest.raises(EvidenceError):
            decrypt_key(broken, WORDS)


def test_openssl_opens_the_file(tmp_path: Path, signer: Signers) -> None:
    program = shutil.which("openssl")
    assert program, "this test needs the openssl program"
    path = tmp_path / "one.key"
    path.write_bytes(encrypt_key(signer(1).private, "abc", SALT))
    shown = subprocess.run(
        [program, "pkey", "-in", str(path), "-passin", "pass:abc", "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    ).stdout
    assert shown.endswith(signer(1).public.public_bytes_raw())
