"""Records lost for good: what a restoration may say, and which client goes on after it."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import SYS
from engine.confirming import code_of, confirm
from engine.desk import Desk
from engine.errors import EvidenceError, RolledBack, UsageError
from engine.evidence.checkpoint import load_checkpoint, make_checkpoint
from engine.evidence.log import empty_root, merkle_root
from engine.evidence.memory import unseen
from engine.evidence.record import Party
from engine.evidence.restoration import RESTORE, Lost, restoration_matter
from engine.evidence.signing import FileSigner, make_key
from engine.kernel.office_events import Approver, Restored
from engine.rehearsal.office import Office
from engine.restorations import restorations_of
from engine.restoring import GO_ON, go_on
from engine.reverifying import verify_new
from engine.scribe import Account
from engine.sealing import build_of, seal
from engine.store.store import Store
from engine.verifying import verify_store
from engine.witness import Witness
from tests.conftest import Dice, copied, open_office
from tests.verifier.ground import sign
from tests.verifier.losses import WHY, registrars

ORIGIN = "rehearsal.example"
NONE = empty_root().hex()


def step(office: Office) -> str:
    """Somebody begins something; the digest of its record."""
    values = {"会议名称": "例会"}
    made = office.desk.start("会务服务保障", "linlan", office.signers["linlan"], values)
    return made.digest


def told(desk: Desk, **changes: Any) -> Restored:
    """A restoration as it should be but for what is changed, with the consent of these people."""
    leaves = desk.store.leaves()
    told = {"kept": len(leaves), "root": merkle_root(leaves).hex(), "log": 2, "reason": WHY}
    told |= {"lost_log": 1, "lost_size": 0, "lost_root": NONE, "consents": (), **changes}
    return Restored(**told)


def agreed(office: Office, said: Restored, uid: str) -> Approver:
    lost = Lost(log=said.lost_log, size=said.lost_size, root=said.lost_root)
    matter = restoration_matter(said.kept, said.root, said.log, lost, said.reason)
    given = office.desk.consent(Party(uid=uid, name=uid), office.signers[uid], matter)
    return Approver(**asdict(given))


def record(office: Office, said: Restored, *by: str, uid: str = "lugong", **changes: Any) -> None:
    """Write a restoration past all the questions that are asked before one is signed."""
    made = replace(said, consents=tuple(agreed(office, said, one) for one in by))
    given = {"typ": RESTORE, "act": GO_ON, "meaning": "responsibility", "events": (made,)}
    signer = office.service if uid == "SYSTEM" else office.signers[uid]
    office.desk.append(SYS, Account(**(given | changes)), (), uid, signer)


def tamper(office: Office, change: str) -> None:
    """Change the database itself, past the triggers that hold it still."""
    with office.store.engine.begin() as connection:
        triggers = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        for (name,) in triggers.fetchall():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(change)


def accept(client: Witness, store: Store, code: str) -> tuple[int, ...]:
    return client.accept(store, *confirm(store, code))


def codes(office: Office) -> list[str]:
    return [one.code for one in verify_store(office.store)]


def test_a_store_that_says_what_it_lost_is_whole(office: Office) -> None:
    record(office, told(office.desk), "wutong")
    assert codes(office) == []
    (said,) = restorations_of(office.store)
    assert (said.by.name, said.reason, said.log) == ("卢工", WHY, 2)


WRONG: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({"reason": ""}, ["E_RESTORE"]),
    ({"log": 1}, ["E_RESTORE"]),
    ({"lost_log": 2}, ["E_RESTORE"]),
    ({"lost_log": 0}, ["E_RESTORE"]),
    ({"kept": 1}, ["E_RESTORE"]),
    ({"root": "0" * 64}, ["E_RESTORE"]),
    ({"root": "x"}, ["E_RESTORE"]),
    ({"lost_size": 3}, ["E_RESTORE"]),
    ({"log": 1_000_000_000}, ["E_RESTORE"]),
)


@pytest.mark.parametrize(("changes", "wanted"), WRONG)
def test_what_a_restoration_may_not_say(
    office: Office, changes: dict[str, Any], wanted: list[str]
) -> None:
    record(office, told(office.desk, **changes), "wutong")
    assert codes(office) == wanted


@pytest.mark.parametrize(
    ("by", "uid", "changes", "wanted"),
    [
        ((), "lugong", {}, ["E_POWER"]),
        (("linlan",), "lugong", {}, ["E_POWER"]),
        (("lugong",), "lugong", {}, ["E_POWER"]),
        (("wutong",), "linlan", {}, ["E_POWER"]),
        (("wutong",), "lugong", {"meaning": "approval"}, ["E_RESTORE"]),
        (("wutong",), "SYSTEM", {}, ["E_POWER", "E_RESTORE", "E_POWER"]),
    ],
)
def test_who_may_not_restore(
    office: Office, by: tuple[str, ...], uid: str, changes: dict[str, Any], wanted: list[str]
) -> None:
    record(office, told(office.desk), *by, uid=uid, **changes)
    assert codes(office) == wanted


def test_a_wrong_one_is_found_by_those_who_check_only_what_is_new(office: Office) -> None:
    known = unseen(ORIGIN).grown(office.store.leaves(), "")
    record(office, told(office.desk), "wutong")
    found, _ = verify_new(office.store, known)
    assert found == ()
    record(office, told(office.desk, log=3, lost_log=2, root="0" * 64), "wutong")
    found, now = verify_new(office.store, known)
    assert ([one.code for one in found], now) == (["E_RESTORE"], known)


def test_what_it_may_not_be_signed_over(office: Office) -> None:
    first, second = registrars(office)
    other = make_checkpoint("elsewhere.example", 1, bytes(32), office.service).note
    stranger = make_checkpoint(ORIGIN, 1, bytes(32), FileSigner(make_key())).note
    for note in (other, stranger, "x"):
        with pytest.raises(EvidenceError):
            go_on(office.desk, [note], WHY, first, second)
    for reason in ("", " ", "两\n行"):
        with pytest.raises(UsageError):
            go_on(office.desk, [], reason, first, second)
    first = type(first)(uid=first.uid, signer=FileSigner(make_key()))
    with pytest.raises(UsageError):
        go_on(office.desk, [], WHY, first, second)
    assert restorations_of(office.store) == ()


def test_the_newest_checkpoint_known_is_the_one_that_is_named(
    office: Office, tmp_path: Path
) -> None:
    notes = [sign(office, tmp_path).decode() for _ in range(3)]
    go_on(office.desk, [notes[1], notes[2], notes[0]], WHY, *registrars(office))
    (said,) = restorations_of(office.store)
    newest = load_checkpoint(notes[2])
    assert said.lost == Lost(log=1, size=newest.size, root=newest.root)
    assert codes(office) == []


def test_a_client_goes_on_only_with_the_code_of_what_it_was_told(tmp_path: Path) -> None:
    office = open_office()
    again = open_office()  # the copy: the same founding, without what came after it
    client = Witness(tmp_path / "elsewhere", "client")
    office.desk.witness = client
    step(office)
    sign(office, tmp_path)
    mine = step(office)
    assert client.seen(office.store).frontier.size > 0
    receipt = go_on(again.desk, [], WHY, *registrars(again))
    again.desk.witness = client
    with pytest.raises(RolledBack) as refused:
        step(again)
    assert WHY in refused.value.text.show("zh")
    code = code_of(receipt.digest)
    for wrong in (code[:-1], "", code_of("0" * 64), code_of(mine)):
        with pytest.raises(UsageError):
            accept(client, again.store, wrong)
    with pytest.raises(RolledBack):
        step(again)
    assert len(accept(client, again.store, code)) == 3  # two steps and the checkpoint
    assert client.seen(again.store).frontier.size == again.store.last_position()
    step(again)
    assert (tmp_path / "elsewhere" / "client.lost").read_text("ascii").count("\n") == 3
    client.require_whole(again.store)


def test_a_client_that_saw_less_than_was_kept_compares_it(tmp_path: Path) -> None:
    office, client = open_office(), Witness(tmp_path / "elsewhere", "client")
    office.desk.witness = client
    sign(office, tmp_path)
    step(office)
    office.desk.witness = None
    receipt = go_on(office.desk, [], WHY, *registrars(office))
    assert accept(client, office.store, code_of(receipt.digest)) == ()
    # The same, in a store whose beginning is another.
    other = open_office("2026-10-13 08:00")
    step(other)
    step(other)
    receipt = go_on(other.desk, [], WHY, *registrars(other))
    with pytest.raises(RolledBack):
        accept(client, other.store, code_of(receipt.digest))


def test_a_code_serves_once(tmp_path: Path) -> None:
    """Everybody has it on paper: it must not open the door to a second, silent loss."""
    office, client = open_office(), Witness(tmp_path / "elsewhere", "client")
    office.desk.witness = client
    step(office)
    again = open_office()
    code = code_of(go_on(again.desk, [], WHY, *registrars(again)).digest)
    put_back = copied(again, Dice(1_000_000))
    assert len(accept(client, again.store, code)) == 1
    again.desk.witness = put_back.desk.witness = client
    step(again)
    assert accept(client, again.store, code) == ()
    mine = list(client.receipts())
    with pytest.raises(RolledBack) as refused:
        accept(client, put_back.store, code)
    assert "不能再用" in refused.value.text.show("zh")
    assert list(client.receipts()) == mine
    with pytest.raises(RolledBack) as refused:
        step(put_back)
    assert "accept" not in refused.value.text.show("zh")


def test_whoever_learned_of_the_new_log_by_its_checkpoint_accepts_no_code(tmp_path: Path) -> None:
    office, client = open_office(), Witness(tmp_path / "elsewhere", "client")
    code = code_of(go_on(office.desk, [], WHY, *registrars(office)).digest)
    put_back = copied(office, Dice(1_000_000))
    sign(office, tmp_path)
    client.require_extension(office.store, office.desk.service_keys())
    assert client.log(office.store) == 2
    with pytest.raises(RolledBack):
        accept(client, put_back.store, code)


@pytest.mark.parametrize(
    ("by", "uid", "change", "why"),
    [
        ((), "lugong", "", "须有另一名登记人员同意"),
        (("linlan",), "lugong", "", "linlan 不是登记人员"),
        (("wutong",), "linlan", "", "linlan 不是登记人员"),
        (("wutong",), "lugong", "UPDATE record SET sig = X'00' WHERE typ = 'restore'", "签名"),
        (("wutong",), "lugong", "DELETE FROM disclosure WHERE stream = 'sys'", "缺少"),
        (("wutong",), "lugong", "UPDATE record SET position = 99 WHERE typ = 'restore'", "记录数"),
    ],
)
def test_whose_code_it_is_counts(
    office: Office, by: tuple[str, ...], uid: str, change: str, why: str
) -> None:
    """A code can be told by anybody: two registrars must have signed."""
    record(office, told(office.desk), *by, uid=uid)
    if change:
        tamper(office, change)
    *_, (made, _) = office.store.raw_records(SYS)
    with pytest.raises(RolledBack) as refused:
        confirm(office.store, code_of(made.digest))
    assert why in refused.value.text.show("zh")


def test_the_digest_of_another_record_is_no_code(office: Office, tmp_path: Path) -> None:
    sign(office, tmp_path)
    digest = list(office.store.records(SYS))[-1].record.digest
    with pytest.raises(UsageError):
        confirm(office.store, code_of(digest))


def test_no_checkpoint_is_signed_under_the_name_of_a_log_that_was_lost(
    office: Office, tmp_path: Path
) -> None:
    """Whoever can write the database can hide what a restoration says, or the whole record."""
    place = tmp_path / "SYSTEM.signed"
    go_on(office.desk, [], WHY, *registrars(office))
    seal(office.desk, place, build_of(office.store))
    tamper(office, "UPDATE record SET stream = 'sysx' WHERE typ = 'restore'")
    before = office.store.last_position()
    with pytest.raises(RolledBack):
        seal(office.desk, place, build_of(office.store))
    tamper(office, "UPDATE record SET stream = 'sys' WHERE typ = 'restore'")
    tamper(office, "DELETE FROM disclosure WHERE stream = 'sys' AND seq = 0")
    with pytest.raises(EvidenceError, match="恢复记录读不出来"):
        seal(office.desk, place, build_of(office.store))
    assert office.store.last_position() == before


def test_there_is_a_last_number(office: Office) -> None:
    with pytest.raises(UsageError):
        go_on(office.desk, [], WHY, *registrars(office), newest=999_999_999)
    go_on(office.desk, [], WHY, *registrars(office), newest=999_999_998)
    assert codes(office) == []


def test_a_code_is_of_all_that_stands_before_it(tmp_path: Path) -> None:
    office, client = open_office(), Witness(tmp_path / "elsewhere", "client")
    record(office, told(office.desk, root="0" * 64), "wutong")
    digest = list(office.store.records(SYS))[-1].record.digest
    with pytest.raises(RolledBack):
        accept(client, office.store, code_of(digest))


def test_its_checkpoints_bear_the_name_of_the_new_log(office: Office, tmp_path: Path) -> None:
    early = sign(office, tmp_path).decode()
    go_on(office.desk, [early], WHY, *registrars(office))
    place = tmp_path / "again" / "SYSTEM.signed"
    made = seal(office.desk, place, build_of(office.store)).checkpoint
    assert (load_checkpoint(early).origin, made.origin) == (ORIGIN, f"{ORIGIN}#2")
    for note in (load_checkpoint(early), made):
        assert verify_store(office.store, note) == ()
    for name, size, code in (
        (ORIGIN, made.size, "E_ROLLBACK"),
        (f"{ORIGIN}#2", load_checkpoint(early).size, "E_NOTE"),
        (f"{ORIGIN}#3", made.size, "E_ROLLBACK"),
        ("elsewhere.example", made.size, "E_NOTE"),
    ):
        root = merkle_root(office.store.leaves()[:size])
        (found,) = verify_store(office.store, make_checkpoint(name, size, root, office.service))
        assert found.code == code
    stranger = make_checkpoint(ORIGIN, made.size, bytes(32), FileSigner(make_key()))
    (found,) = verify_store(office.store, stranger)
    assert found.code == "E_NOTE"
