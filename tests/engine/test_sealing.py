"""Signing checkpoints: what is signed, what never is, and that the harness would notice."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

import engine.sealing
from engine.catalog import SYS
from engine.desk import Desk, Receipt
from engine.errors import EvidenceError, RolledBack
from engine.evidence.checkpoint import Checkpoint, check_checkpoint, load_checkpoint
from engine.evidence.heads import heads_root, is_absent, is_head, prove_absent, prove_heads
from engine.evidence.log import Tree, is_extension
from engine.evidence.memory import load_memory, unseen
from engine.evidence.record import Party, Record
from engine.evidence.restoration import Lost, Restoration
from engine.kernel.office_events import Checkpointed
from engine.log_checks import check_announced
from engine.rehearsal.office import Office
from engine.reverifying import verify_new
from engine.sealing import CODE, Sealed, build_of, seal
from engine.store.copies import backup
from engine.store.history import counted
from engine.store.rows import Kept
from engine.store.store import Store
from engine.verifying import verify_store
from tests.conftest import ROOT, Dice, sample_texts
from tests.verifier.stamps import make_office

MIGRATIONS = ROOT / "engine/store/migrations/versions"

AT = datetime.fromisoformat("2026-10-12T08:00:00+08:00")


class Signer:
    """An office on disk and the file beside its service key."""

    def __init__(self, folder: Path) -> None:
        self.path, self.place = folder / "office.sqlite3", folder / "keys" / "SYSTEM.signed"
        store = Store.create(self.path, "sealing.example")
        self.office = Office(sample_texts("会务服务保障"), AT, Dice(), store)
        self.desk = self.office.desk

    def seal(self, place: Path | None = None) -> Sealed:
        return seal(self.desk, place or self.place, build_of(self.desk.store))

    def step(self) -> Receipt:
        who = self.office.person("林岚")
        made = self.desk.start("会务服务保障", who, self.office.signers[who], {})
        assert isinstance(made, Receipt)
        return made

    def put_back(self, copy: Path) -> None:
        """What somebody does who restores an older file under a running office."""
        self.desk.store.close()
        shutil.copyfile(copy, self.path)
        self.desk = Desk(
            Store.open(self.path), self.office.service, self.desk.clock, self.desk.dice
        )

    def forced(self, *statements: str) -> None:
        """Change the history behind the program's back."""
        connection = sqlite3.connect(self.path)
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path)


def regressions(notes: list[Checkpoint], leaves: list[bytes]) -> list[int]:
    """The harness: at which of these checkpoints, in signing order, the log did not go on."""
    tree, found = Tree(leaves), []
    for n, (old, new) in enumerate(pairwise(notes), 1):
        if new.size < old.size or new.size > tree.size:
            found.append(n)
            continue
        path = tree.consistency(old.size, new.size)
        roots = bytes.fromhex(old.root), bytes.fromhex(new.root)
        if not is_extension(old.size, roots[0], new.size, roots[1], path):
            found.append(n)
    return found


def test_a_checkpoint_covers_all_records_and_the_one_that_announces_it(signer: Signer) -> None:
    before = signer.desk.store.heads()
    made = signer.seal()
    (stored,) = signer.desk.store.records(SYS)
    assert made.checkpoint.size == stored.position == signer.desk.store.last_position()
    assert (stored.body.typ, stored.body.way, stored.body.meaning) == ("ckpt", "system", "none")
    (event,) = stored.events
    assert isinstance(event, Checkpointed)
    assert (event.records, event.streams) == (stored.position - 1, len(before))
    assert event.heads == heads_root(made.heads)
    newest = max(path.name[:4] for path in MIGRATIONS.glob("0*.py"))
    assert (event.schema, event.code) == (newest, CODE)
    assert event.tzdata[:3] == "202"
    (opened,) = stored.disclosures
    assert opened.path == "event/0"
    assert set(opened.value or ()) == {  # type: ignore[arg-type]
        *("event", "version", "heads", "streams", "records", "tzdata", "schema", "code")
    }
    assert verify_store(signer.desk.store, made.checkpoint, made.heads) == ()


def test_the_version_in_the_record_is_that_of_the_program() -> None:
    assert f'\nversion = "{CODE}"\n' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_record_proves_how_long_a_case_is_and_which_there_is_not(signer: Signer) -> None:
    receipt = signer.step()
    made = signer.seal()
    event = next(signer.desk.store.records(SYS)).events[0]
    assert isinstance(event, Checkpointed)
    root = bytes.fromhex(event.heads)
    (proof,) = prove_heads(made.heads, (receipt.stream,))
    assert proof.head.seq == receipt.seq
    assert is_head(proof, event.streams, root)
    absent = prove_absent(made.heads, "case/none")
    assert is_absent("case/none", absent, event.streams, root)


def test_checkpoints_follow_one_another_and_all_are_kept(signer: Signer) -> None:
    made = []
    for _ in range(5):
        made.append(signer.seal().checkpoint)
        signer.step()
    store = signer.desk.store
    assert regressions(made, list(store.leaves())) == []
    assert [load_checkpoint(one.note) for one in store.checkpoints()] == made
    newest = store.newest_checkpoint()
    assert newest is not None
    assert newest.note == made[-1].note
    for one in made:
        assert check_checkpoint(one, store.origin, store.leaves(), signer.desk.service_keys()) == ()
    assert load_memory(signer.place, store.origin).head == made[-1].head


def test_a_store_put_back_to_an_older_state_is_not_signed(signer: Signer, tmp_path: Path) -> None:
    backup(signer.desk.store, tmp_path / "old.sqlite3")
    signer.step()
    signer.seal()
    signer.put_back(tmp_path / "old.sqlite3")
    records = signer.desk.store.last_position()
    with pytest.raises(RolledBack, match="E_ROLLBACK"):
        signer.seal()
    assert signer.desk.store.last_position() == records
    assert signer.desk.store.checkpoints() == ()


def test_a_store_put_back_and_gone_on_is_not_signed_either(signer: Signer, tmp_path: Path) -> None:
    backup(signer.desk.store, tmp_path / "old.sqlite3")
    signer.step()
    signer.seal()
    signer.put_back(tmp_path / "old.sqlite3")
    for _ in range(4):
        signer.step()
    with pytest.raises(RolledBack, match="改写"):
        signer.seal()


def test_a_digest_changed_in_the_table_is_not_signed(signer: Signer) -> None:
    signer.seal()
    signer.forced("UPDATE record SET digest = replace(digest, substr(digest, 1, 4), 'dead')")
    with pytest.raises(RolledBack):
        signer.seal()


def test_stored_bytes_that_do_not_give_their_digests_are_not_signed(signer: Signer) -> None:
    signer.forced("UPDATE record SET received_at = '2026-10-12T00:00:00.001Z' WHERE position = 3")
    with pytest.raises(EvidenceError, match="E_ROOT"):
        signer.seal()


def newer(store: Store, place: int) -> list[Record]:
    return [one.record for one in store.everything() if one.position > place]


def test_a_control_a_signer_that_trusts_the_digests_signs_changed_bytes_and_is_caught(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = list(signer.desk.store.raw_log())
    signer.forced("UPDATE record SET received_at = '2026-10-12T00:00:00.001Z' WHERE position = 3")
    with monkeypatch.context() as patch:
        patch.setattr(Store, "raw_log", lambda store: [*honest, *newer(store, len(honest))])
        made = signer.seal().checkpoint
    leaves = [bytes.fromhex(one.digest) for one in signer.desk.store.raw_log()]
    found = check_checkpoint(made, "sealing.example", leaves, signer.desk.service_keys())
    assert [one.code for one in found] == ["E_CONSISTENCY"]


def test_heads_that_leave_records_out_are_not_signed(signer: Signer) -> None:
    signer.forced("DELETE FROM head WHERE stream = 'defs'")
    with pytest.raises(EvidenceError, match="E_HEADS"):
        signer.seal()


def test_without_its_file_the_notes_in_the_store_still_bind(signer: Signer) -> None:
    signer.seal()
    signer.place.unlink()
    assert signer.seal().checkpoint.size == signer.desk.store.last_position()
    signer.place.unlink()
    signer.forced("DELETE FROM record WHERE position = (SELECT max(position) FROM record)")
    with pytest.raises(RolledBack):
        signer.seal()


def test_a_control_a_signer_without_memory_signs_a_smaller_tree_and_is_caught(
    signer: Signer, tmp_path: Path
) -> None:
    backup(signer.desk.store, tmp_path / "old.sqlite3")
    signer.step()
    first = signer.seal().checkpoint
    leaves = list(signer.desk.store.leaves())
    signer.put_back(tmp_path / "old.sqlite3")
    forgetful = signer.seal(tmp_path / "another.signed").checkpoint
    assert forgetful.size < first.size
    assert regressions([first, forgetful], leaves) == [1]
    signer.put_back(tmp_path / "old.sqlite3")
    for _ in range(4):
        signer.step()
    longer = signer.seal(tmp_path / "a third.signed").checkpoint
    assert longer.size > first.size
    assert regressions([first, longer], list(signer.desk.store.leaves())) == [1]


def test_a_crash_after_remembering_forgets_no_signature(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "keep_checkpoint", lambda *_: (_ for _ in ()).throw(OSError("cut")))
        with pytest.raises(OSError, match="cut"):
            signer.seal()
    lost = load_checkpoint(load_memory(signer.place, signer.desk.store.origin).note)
    next_one = signer.seal().checkpoint
    assert regressions([lost, next_one], list(signer.desk.store.leaves())) == []


def test_what_a_crash_left_without_a_note_is_a_doubt_and_gets_it_with_the_next(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it stopped: with the note remembered outside, or only announced."""
    signer.seal()
    for broken in ("keep_checkpoint", "make_checkpoint"):
        with monkeypatch.context() as patch:
            where = Store if broken == "keep_checkpoint" else engine.sealing
            patch.setattr(where, broken, lambda *_: (_ for _ in ()).throw(OSError("cut")))
            with pytest.raises(OSError, match="cut"):
                signer.seal()
        (told,) = verify_store(signer.desk.store)
        assert (told.code, told.stream, told.is_doubt) == ("E_NOTE", SYS, True)
        announced = signer.desk.store.last_position()
        signer.step()
        signer.seal()
        assert verify_store(signer.desk.store) == ()
        assert announced in {one.size for one in signer.desk.store.checkpoints()}


def announced(signer: Signer) -> list[tuple[int, bool]]:
    """Which records announce a note that is not there, and whether that is a doubt."""
    found = verify_store(signer.desk.store)
    assert {(one.code, one.stream) for one in found} <= {("E_NOTE", SYS)}
    return [(one.seq, one.is_doubt) for one in found]


def test_notes_that_were_announced_and_are_gone_are_told(signer: Signer) -> None:
    sizes = []
    for _ in range(3):
        sizes.append(signer.seal().checkpoint.size)
        signer.step()
    assert announced(signer) == []
    signer.forced(f"DELETE FROM checkpoint WHERE size = {sizes[1]}")
    assert announced(signer) == [(1, False)]
    signer.forced("DELETE FROM checkpoint")
    assert announced(signer) == [(0, False), (1, False), (2, True)]
    signer.seal()
    assert announced(signer) == [(0, False), (1, False)]


def test_of_what_is_new_only_the_notes_announced_there_are_asked_for(signer: Signer) -> None:
    first = signer.seal()
    store = signer.desk.store
    _, known = verify_new(store, unseen(store.origin, store.suite))
    assert known.frontier.size == first.checkpoint.size
    signer.seal()
    signer.seal()
    signer.forced("DELETE FROM checkpoint")
    found, _ = verify_new(store, known)
    assert [(one.code, one.seq, one.is_doubt) for one in found] == [
        ("E_NOTE", 1, False),
        ("E_NOTE", 2, True),
    ]


GONE_ON = Restoration(
    seq=0,
    by=Party(uid="x", name="x"),
    at="",
    kept=0,
    root="",
    log=2,
    lost=Lost(log=1, size=0, root=""),
    reason="x",
)


def test_a_copy_taken_between_a_record_and_its_note_may_lack_it_for_good(signer: Signer) -> None:
    store = signer.desk.store
    signer.seal()
    signer.step()
    signer.seal()
    signer.step()
    signer.seal()
    kept = [counted(row["position"]) for _, row in store.raw_records(SYS)]
    signer.forced(f"DELETE FROM checkpoint WHERE size = {kept[1]}")
    rows = list(check_announced(store, [kept[0], kept[2]], [], 0))
    assert [(one.seq, one.is_doubt) for one in rows] == [(1, False)]
    for end, is_doubt in ((kept[1] - 1, False), (kept[1], True), (kept[2] - 1, True)):
        ended = replace(GONE_ON, kept=end)
        rows = list(check_announced(store, [kept[0], kept[2]], [ended], 0))
        assert [(one.seq, one.is_doubt) for one in rows] == [(1, is_doubt)]
    ended = replace(GONE_ON, kept=kept[2])
    rows = list(check_announced(store, [kept[0], kept[2]], [ended], 0))
    assert [(one.seq, one.is_doubt) for one in rows] == [(1, False)]


def test_a_record_written_while_the_heads_are_read_is_not_left_out(signer: Signer) -> None:
    calm = signer.desk
    pending = [True]

    def clock() -> datetime:
        if pending.pop() if pending else False:
            who = signer.office.person("林岚")
            calm.start("会务服务保障", who, signer.office.signers[who], {})
        return AT

    made = seal(
        Desk(calm.store, signer.office.service, clock, calm.dice),
        signer.place,
        build_of(calm.store),
    )
    assert pending == []
    assert sum(head.seq + 1 for head in made.heads.values()) == made.checkpoint.size - 1
    assert verify_store(calm.store, made.checkpoint, made.heads) == ()


def test_two_who_sign_at_once_sign_one_after_the_other(signer: Signer) -> None:
    made: list[Checkpoint] = []
    start = threading.Barrier(4)

    def work() -> None:
        desk = Desk(Store.open(signer.path), signer.office.service)
        start.wait()
        for _ in range(3):
            made.append(seal(desk, signer.place, build_of(desk.store)).checkpoint)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({one.size for one in made}) == 12
    ordered = sorted(made, key=lambda one: one.size)
    assert regressions(ordered, list(signer.desk.store.leaves())) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"frontier":1}', b"[]"])
def test_a_damaged_file_beside_the_key_is_named(signer: Signer, content: bytes) -> None:
    signer.place.parent.mkdir(parents=True, exist_ok=True)
    signer.place.write_bytes(content)
    with pytest.raises(EvidenceError, match=r"SYSTEM\.signed"):
        signer.seal()


def test_a_file_of_another_store_is_not_taken(signer: Signer, tmp_path: Path) -> None:
    signer.seal()
    text = signer.place.read_text("utf-8").replace("sealing.example", "another.example")
    signer.place.write_text(text, "utf-8")
    with pytest.raises(RolledBack, match=r"another\.example"):
        signer.seal()


def codes(signer: Signer) -> set[str]:
    return {one.code for one in verify_store(Store.open(signer.path))}


def test_a_note_in_the_store_that_was_changed_is_a_finding(signer: Signer) -> None:
    signer.seal()
    signer.step()
    second = signer.seal().checkpoint
    assert codes(signer) == set()
    signer.forced(f"UPDATE checkpoint SET note = replace(note, '{second.size}', '1')")
    assert codes(signer) == {"E_NOTE"}


def test_a_time_stamp_over_anything_but_its_note_is_a_finding(signer: Signer) -> None:
    first, second = signer.seal().checkpoint, signer.seal().checkpoint
    stamping = make_office("p256").stamping(first.note.encode())
    signer.desk.store.keep_token(first.size, stamping.response(), "2026-11-02T00:00:00.000Z")
    assert codes(signer) == set()
    for answer, size in (
        (stamping.response(), second.size),
        (stamping.but(imprint=b"\0" * 32).response(), first.size),
        (stamping.response()[:-1], first.size),
    ):
        signer.desk.store.keep_token(size, answer, "2026-11-02T00:00:00.000Z")
        assert codes(signer) == {"E_TOKEN"}, size
        signer.forced("DELETE FROM token WHERE id > 1")


def test_a_note_signed_over_other_records_is_a_finding(signer: Signer, tmp_path: Path) -> None:
    backup(signer.desk.store, tmp_path / "old.sqlite3")
    signer.step()
    signer.step()
    other = signer.seal().checkpoint
    signer.put_back(tmp_path / "old.sqlite3")
    for _ in range(5):
        signer.step()
    at = "2026-10-12T00:00:00.000Z"
    signer.desk.store.keep_checkpoint(Kept(size=other.size, note=other.note, at=at))
    assert codes(signer) == {"E_ROOT"}


def test_a_record_that_announced_other_heads_is_a_finding(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("engine.sealing.heads_root", lambda *_: "0" * 64)
        signer.seal()
    assert codes(signer) == {"E_HEADS"}
