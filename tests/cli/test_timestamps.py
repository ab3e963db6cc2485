"""A checkpoint is stamped by a real authority, kept, carried in a bundle, and proven there."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import EvidenceError
from engine.evidence.tokens import load_answer, load_request
from tests.cli.conftest import Run
from tests.verifier.authority import Authority, found_authority, openssl
from tests.verifier.stamps import Stamping, make_office
from verifier.__main__ import main as verify

START = ("--as", "林岚", "start", "会务服务保障")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return found_authority(tmp_path_factory.mktemp("tsa") / "p256", "p256")


def note(run: Run) -> bytes:
    code, out, _ = run("audit", "checkpoint")
    assert code == 0
    return out.encode()


def answered(stamped: bytes, **changes: object) -> Stamping:
    return make_office("p256").stamping(stamped).but(**changes)


def kept(folder: Path) -> list[tuple[int, bytes]]:
    with closing(sqlite3.connect(folder / "office/guicheng.sqlite3")) as connection:
        return connection.execute("SELECT size, answer FROM token ORDER BY id").fetchall()


@pytest.mark.openssl
@pytest.mark.parametrize("way", [(), ("--case", "1")])
def test_from_the_request_to_the_proof(
    way: tuple[str, ...],
    run: Run,
    authority: Authority,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*START)[0] == 0
    out = tmp_path / "kept.note"
    assert run("audit", "checkpoint", "-o", str(out))[0] == 0
    size = int(out.read_text("utf-8").split("\n")[1])
    asked, answer = tmp_path / "june.tsq", tmp_path / "june.tsr"
    code, _, err = run("audit", "timestamp", "--request", str(asked))
    assert code == 0
    assert f"{size} 条记录" in err
    text = openssl("ts", "-query", "-in", str(asked), "-text").decode()
    assert "Hash Algorithm: sha256" in text
    assert "Certificate required: yes" in text
    answer.write_bytes(authority.answer(asked))
    code, _, err = run("audit", "timestamp", "--answer", str(answer))
    assert code == 0
    assert f"{size} 条记录的检查点盖有" in err
    bundle = tmp_path / "b.zip"
    assert run("audit", "bundle", str(bundle), *way)[0] == 0
    with zipfile.ZipFile(bundle) as archive:
        assert archive.read(f"tokens/{size}.tsr") == answer.read_bytes()
    root = str(authority.folder / "root.pem")
    words = [str(bundle), "--checkpoint", str(out), "--lang", "en"]
    assert verify(words) == 3  # no key of the office is trusted here
    assert "of 1 time-stamp tokens only the digest was compared" in capsys.readouterr().out
    assert verify([*words, "--tsa", root]) == 3
    told = capsys.readouterr().out
    assert f"the checkpoint of {size} records existed before 20" in told
    assert "by the authority C=CN, O=时间戳中心, CN=tsa p256" in told
    assert "E_" not in told


@pytest.mark.openssl
def test_a_bare_token_is_kept_too(run: Run, authority: Authority, tmp_path: Path) -> None:
    stamped = note(run)
    whole, bare = tmp_path / "whole.tsr", tmp_path / "bare.tsr"
    whole.write_bytes(authority.stamp(stamped))
    openssl("ts", "-reply", "-in", str(whole), "-token_out", "-out", str(bare))
    assert run("audit", "timestamp", "--answer", str(bare))[0] == 0
    assert kept(tmp_path) == [(int(stamped.split(b"\n")[1]), bare.read_bytes())]


def test_an_older_checkpoint_may_be_stamped_and_stamped_again(run: Run, tmp_path: Path) -> None:
    first, second = note(run), note(run)
    size = int(first.split(b"\n")[1])
    assert first != second
    asked = tmp_path / "a.tsq"
    assert run("audit", "timestamp", "--request", str(asked), "--size", str(size))[0] == 0
    wanted = load_request(asked.read_bytes())
    answer = tmp_path / "a.tsr"
    for nonce in (wanted.nonce, wanted.nonce):
        answer.write_bytes(answered(first, nonce=nonce).response())
        assert run("audit", "timestamp", "--answer", str(answer))[0] == 0
    asked.unlink()
    answer.write_bytes(answered(first, at="20261012013001Z").response())
    assert run("audit", "timestamp", "--answer", str(answer))[0] == 0
    assert [one for one, _ in kept(tmp_path)] == [size] * 3
    bundle = tmp_path / "b"
    assert run("audit", "bundle", str(bundle))[0] == 0
    assert [one.name for one in (bundle / "tokens").iterdir()] == [f"{size}.tsr"]
    assert (bundle / f"tokens/{size}.tsr").read_bytes() == answer.read_bytes()


def test_what_is_kept_is_never_changed(run: Run, tmp_path: Path) -> None:
    answer = tmp_path / "a.tsr"
    answer.write_bytes(answered(note(run)).response())
    assert run("audit", "timestamp", "--answer", str(answer))[0] == 0
    with closing(sqlite3.connect(tmp_path / "office/guicheng.sqlite3")) as connection:
        for change in ("UPDATE token SET size = 1", "DELETE FROM token"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(change)


# what the answer is made to be, and the sentence it is refused with in English
REFUSED = (
    ("other", "The time stamp is not over a checkpoint of this store"),
    ("other nonce", "The time stamp is not the answer to this request: the nonces differ"),
    ("no nonce", "The time stamp is not the answer to this request: the nonces differ"),
    ("other request", "The time stamp is not the answer to this request: the digests differ"),
    ("rejected", "The time-stamp authority granted no time stamp (status 2)"),
    ("sha1", "The time stamp is not over a SHA-256 digest"),
    ("cut", "Not the answer of a time-stamp authority (TimeStampResp), or not written as DER"),
    ("behind", "Not the answer of a time-stamp authority (TimeStampResp), or not written as DER"),
    ("ber", "Not the answer of a time-stamp authority (TimeStampResp), or not written as DER"),
    ("empty", "Not the answer of a time-stamp authority (TimeStampResp), or not written as DER"),
    ("no request", "Not a time-stamp request (.tsq)"),
)


def refused(kind: str, stamped: bytes, nonce: int | None, asked: Path) -> bytes:
    good = answered(stamped, nonce=nonce)
    match kind:
        case "other":
            asked.unlink()
            return good.but(note=b"another note").response()
        case "other nonce":
            return good.but(nonce=1).response()
        case "no nonce":
            return good.but(nonce=None).response()
        case "other request":
            return good.but(note=b"another note").response()
        case "rejected":
            return good.but(status=2).response()
        case "sha1":
            return good.but(hashed_by="sha1").response()
        case "cut":
            return good.response()[:-1]
        case "behind":
            return good.response() + b"\0"
        case "ber":
            return b"\x30\x80" + b"\x30\x03\x02\x01\x00" + good.token() + b"\0\0"
        case "no request":
            asked.write_bytes(b"x")
            return good.response()
    return b""


@pytest.mark.parametrize(("kind", "sentence"), REFUSED, ids=lambda one: one)
def test_a_wrong_answer_is_refused_and_not_kept(
    kind: str, sentence: str, run: Run, tmp_path: Path
) -> None:
    stamped = note(run)
    asked, answer = tmp_path / "a.tsq", tmp_path / "a.tsr"
    assert run("audit", "timestamp", "--request", str(asked))[0] == 0
    nonce = load_request(asked.read_bytes()).nonce
    answer.write_bytes(refused(kind, stamped, nonce, asked))
    code, out, err = run("--lang", "en", "audit", "timestamp", "--answer", str(answer))
    assert (code, out) == (1, "")
    assert err.strip().endswith(f"a.tsr: {sentence}")
    assert not re.search("[一-鿿]", err)
    assert run("audit", "timestamp", "--answer", str(answer))[0] == 1
    assert kept(tmp_path) == []


def test_words_that_do_not_go_together_are_usage(run: Run, tmp_path: Path) -> None:
    asked = tmp_path / "a.tsq"
    assert run("audit", "timestamp", "--request", str(asked))[0] == 1  # no checkpoint yet
    note(run)
    here = ("audit", "timestamp")
    for words in (
        (),
        ("--request", str(asked), "--answer", "x"),
        ("--request", str(asked), "--asked", "x"),
        ("--request", str(asked), "--size", "99999"),
    ):
        code, out, err = run(*here, *words)
        assert (code, out) == (2, ""), words
        assert len(err.strip().splitlines()) == 1
    assert run(*here, "--answer", "没有这个文件")[0] in (1, 2)
    assert run(*here, "--request", str(asked))[0] == 0
    assert run(*here, "--request", str(asked))[0] == 1  # it would lose the number of the asking


def test_two_requests_never_bear_the_same_number(run: Run, tmp_path: Path) -> None:
    note(run)
    numbers = set()
    for n in range(4):
        asked = tmp_path / f"{n}.tsq"
        assert run("audit", "timestamp", "--request", str(asked))[0] == 0
        numbers.add(load_request(asked.read_bytes()).nonce)
    assert len(numbers) == 4


def test_a_store_of_before_takes_time_stamps(run: Run, tmp_path: Path) -> None:
    stamped = note(run)
    store = tmp_path / "office/guicheng.sqlite3"
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("DROP TABLE token")
        connection.execute("UPDATE alembic_version SET version_num = '0006'")
        connection.commit()
    answer = tmp_path / "a.tsr"
    answer.write_bytes(answered(stamped).response())
    assert run("audit", "timestamp", "--answer", str(answer))[0] == 0
    assert len(kept(tmp_path)) == 1
    assert run("audit", "verify")[0] == 0


def test_spoiled_answers_end_in_a_sentence() -> None:
    good, dice = answered(b"note").response(), random.Random(3)
    for _ in range(3000):
        spoiled = bytearray(good)
        for _ in range(dice.choice((1, 2, 9))):
            spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
        for read in (load_answer, load_request):
            try:
                read(bytes(spoiled[: dice.randrange(1, len(spoiled) + 1)]))
            except EvidenceError:
                continue


def test_the_backup_holds_the_time_stamps(run: Run, tmp_path: Path) -> None:
    answer, copy = tmp_path / "a.tsr", tmp_path / "copy.sqlite3"
    answer.write_bytes(answered(note(run)).response())
    assert run("audit", "timestamp", "--answer", str(answer))[0] == 0
    assert run("backup", str(copy))[0] == 0
    shutil.copyfile(copy, tmp_path / "office/guicheng.sqlite3")
    assert len(kept(tmp_path)) == 1
