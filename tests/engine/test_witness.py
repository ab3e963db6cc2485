"""A client refuses a store that is not what it saw: put back, cut short, or written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine.witness
from engine.errors import RolledBack
from engine.evidence.checkpoint import make_checkpoint
from engine.evidence.log import merkle_root
from engine.evidence.memory import unseen
from engine.evidence.record import Head
from engine.evidence.signing import FileSigner, make_key
from engine.store.copies import backup
from engine.store.rows import Kept
from engine.witness import Witness
from tests.engine.test_sealing import Signer


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "elsewhere", "office")


@pytest.fixture
def signer(tmp_path: Path, witness: Witness) -> Signer:
    made = Signer(tmp_path)
    made.desk.witness = witness
    return made


def put_back(signer: Signer, copy: Path, witness: Witness) -> None:
    signer.put_back(copy)
    signer.desk.witness = witness


def after(signer: Signer, stream: str) -> Head:
    return list(signer.desk.store.records(stream))[-1].body.after


def test_every_body_names_the_newest_checkpoint_its_client_has_verified(signer: Signer) -> None:
    first = signer.step()
    assert after(signer, first.stream) == unseen(signer.desk.store.origin).head
    made = signer.seal().checkpoint
    assert after(signer, "sys") == unseen(signer.desk.store.origin).head
    second = signer.step()
    assert after(signer, second.stream) == made.head == Head(seq=made.size, hash=made.root)
    again = signer.seal().checkpoint
    assert after(signer, signer.step().stream) == again.head


def test_receipts_of_ones_own_steps_are_kept_outside(signer: Signer, witness: Witness) -> None:
    receipt = signer.step()
    place, digest = list(witness.receipts())[-1]
    assert (place, digest) == (signer.desk.store.last_position(), receipt.digest)


def test_an_older_file_is_refused_though_no_checkpoint_was_ever_made(
    signer: Signer, witness: Witness, tmp_path: Path
) -> None:
    backup(signer.desk.store, tmp_path / "old.sqlite3")
    signer.step()
    put_back(signer, tmp_path / "old.sqlite3", witness)
    records = signer.desk.store.last_position()
    with pytest.raises(RolledBack, match="E_ROLLBACK") as told:
        signer.step()
    assert "没有写入任何记录" in str(told.value)
    assert "No record was written" in told.value.text.show("en")
    assert signer.desk.store.last_position() == records


@pytest.mark.parametrize("small", [4_096, 0])
def test_an_older_file_is_refused_by_who_only_saw_a_checkpoint(
    signer: Signer,
    witness: Witness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small: int,
) -> None:
    monkeypatch.setattr(engine.witness, "SMALL", small)
    backup(signer.desk.store, tmp_path / "old.sqlite3")
    signer.desk.witness = None
    signer.step()
    signer.seal()
    reader = Witness(tmp_path / "elsewhere", "reader")
    reader.require_extension(signer.desk.store, signer.desk.service_keys())
    put_back(signer, tmp_path / "old.sqlite3", reader)
    with pytest.raises(RolledBack, match="退回"):
        signer.step()
    signer.desk.witness = None
    for _ in range(3):
        signer.step()
    signer.desk.witness = reader
    with pytest.raises(RolledBack, match="改写"):
        signer.step()


def test_one_record_written_anew_long_ago_is_noticed(signer: Signer, witness: Witness) -> None:
    signer.seal()
    signer.step()
    signer.forced("UPDATE record SET digest = replace(digest, 'a', 'b') WHERE position = 2")
    with pytest.raises(RolledBack, match="改写"):
        signer.step()


def test_in_a_long_log_a_change_before_the_checkpoint_is_noticed_at_the_next_one(
    signer: Signer, witness: Witness, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine.witness, "SMALL", 0)
    signer.desk.witness = None
    signer.seal()
    signer.desk.witness = witness
    signer.step()
    signer.desk.witness = None
    signer.forced("UPDATE record SET digest = replace(digest, 'a', 'b') WHERE position = 2")
    store = signer.desk.store
    leaves = store.leaves()
    forged = make_checkpoint(store.origin, len(leaves), merkle_root(leaves), signer.office.service)
    store.keep_checkpoint(Kept(size=forged.size, note=forged.note, at="2026-10-12T00:00:00.000Z"))
    with pytest.raises(RolledBack, match="不是上次核验的延续"):
        witness.require_extension(store, signer.desk.service_keys())
    with pytest.raises(RolledBack, match="改写"):
        witness.require_whole(store)


def test_a_checkpoint_in_the_store_by_another_key_is_not_taken(
    signer: Signer, witness: Witness
) -> None:
    store, leaves = signer.desk.store, signer.desk.store.leaves()
    forged = make_checkpoint(store.origin, len(leaves), merkle_root(leaves), FileSigner(make_key()))
    store.keep_checkpoint(Kept(size=forged.size, note=forged.note, at="2026-10-12T00:00:00.000Z"))
    with pytest.raises(RolledBack, match="不可信"):
        signer.step()


def test_a_receipt_cut_short_by_a_crash_is_no_receipt(signer: Signer, witness: Witness) -> None:
    signer.step()
    with (witness.folder / "office.receipts").open("a") as file:
        file.write("99")
    signer.step()


def test_a_control_a_client_that_remembers_nothing_would_write_on(
    signer: Signer, witness: Witness, tmp_path: Path
) -> None:
    backup(signer.desk.store, tmp_path / "old.sqlite3")
    lost = signer.step()
    put_back(signer, tmp_path / "old.sqlite3", Witness(tmp_path / "elsewhere", "forgetful"))
    signer.step()
    with pytest.raises(RolledBack):
        witness.require_whole(signer.desk.store)
    assert lost.digest not in {one.hex() for one in signer.desk.store.leaves()}
