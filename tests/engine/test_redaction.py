"""Values destroyed by a signed record, and every way in which that could be abused."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from engine.desk import Receipt, Refused
from engine.errors import UsageError
from engine.evidence.checks import check_disclosures
from engine.evidence.consent import give_consent
from engine.evidence.record import Disclosure, Party
from engine.evidence.redaction import Destroyed, is_redactable, redaction_matter
from engine.kernel.command import Perform
from engine.kernel.office_events import Approver, Redacted, Target
from engine.kernel.vocabulary import dump_event, load_event
from engine.redacting import Hand, redact
from engine.scribe import instant
from engine.store.store import Store
from engine.verifying import redactions_of, verify_store
from tests.engine.test_sealing import Signer

SECRET = "13800001234号绝密事项"


class Shop(Signer):
    """An office with a case whose title field is to be destroyed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        office = self.office
        self.clerk, self.archivist = office.person("林岚"), office.person("吴桐")
        self.head = office.person("韩江")
        made = self.desk.start(
            "会务服务保障", self.clerk, office.signers[self.clerk], {"会议名称": SECRET}
        )
        assert isinstance(made, Receipt)
        assert made.case is not None
        self.case, self.stream, self.seq = made.case, made.stream, made.seq

    def destroy(
        self,
        *paths: str,
        actor: str = "",
        approver: str = "",
        basis: str = "某法第 47 条",
        seconded: str = "",
    ) -> Receipt | Refused:
        who, other = actor or self.archivist, approver or self.head
        return redact(
            self.desk,
            self.case.id,
            self.seq,
            paths or ("form/会议名称",),
            basis,
            Hand(uid=who, signer=self.office.signers[who]),
            Hand(uid=other, signer=self.office.signers[seconded or other]),
        )

    def codes(self) -> list[str]:
        return [one.code for one in verify_store(Store.open(self.path))]

    def has_bytes(self) -> bool:
        found = [one.read_bytes() for one in self.path.parent.glob("office.sqlite3*")]
        return any(SECRET.encode() in one for one in found)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_value_is_destroyed_and_the_history_still_stands(shop: Shop) -> None:
    before = shop.seal().checkpoint
    assert shop.has_bytes()
    answer = shop.destroy()
    assert isinstance(answer, Receipt)
    assert not shop.has_bytes()
    store = Store.open(shop.path)
    assert verify_store(store, before) == ()
    assert store.load_case(shop.case.id).values["会议名称"] is None
    assert shop.desk.case(shop.case.id).values["会议名称"] is None
    assert SECRET not in str(store.derived_tables())
    (said,) = redactions_of(store)
    assert (said.stream, said.by.uid, said.basis) == (shop.stream, shop.archivist, "某法第 47 条")
    assert [(one.seq, one.path) for one in said.targets] == [(shop.seq, "form/会议名称")]
    assert [one.uid for one in said.approvers] == [shop.head]
    record = list(store.records(shop.stream))[-1]
    assert (record.body.typ, record.body.meaning) == ("redact", "responsibility")


def test_everything_is_rebuilt_as_before_and_the_case_goes_on(shop: Shop) -> None:
    shop.destroy()
    store = Store.open(shop.path)
    tables = store.derived_tables()
    store.rebuild()
    assert store.derived_tables() == tables
    answer = shop.desk.perform(
        shop.case.id,
        Perform(action="提交", actor=shop.clerk),
        shop.office.signers[shop.clerk],
    )
    assert isinstance(answer, Receipt | Refused)
    assert shop.codes() == []


def test_another_program_that_remembered_the_case_forgets_the_value(shop: Shop) -> None:
    other = Store.open(shop.path)
    assert other.load_case(shop.case.id).values["会议名称"] == SECRET
    shop.destroy()
    assert other.load_case(shop.case.id).values["会议名称"] is None


def test_who_may_not_is_refused_on_record_and_nothing_is_destroyed(shop: Shop) -> None:
    for actor, approver, code in (
        (shop.clerk, shop.head, "E_ROLE"),
        (shop.archivist, shop.clerk, "E_ROLE"),
        (shop.archivist, shop.archivist, "E_SOD"),
    ):
        answer = shop.destroy(actor=actor, approver=approver)
        assert isinstance(answer, Refused)
        assert answer.refusal.code == code
    answer = shop.destroy(seconded=shop.clerk)
    assert isinstance(answer, Refused)
    assert answer.refusal.code == "E_KEY"
    assert shop.has_bytes()
    assert shop.codes() == []


@pytest.mark.parametrize("path", ["event/0", "form/没有", "fact/who(申请人)", "att/3", "", "x"])
def test_what_is_not_there_or_must_be_kept_is_not_destroyed(shop: Shop, path: str) -> None:
    with pytest.raises(UsageError):
        shop.destroy(path)
    assert shop.codes() == []


def test_nothing_is_destroyed_twice_without_basis_or_in_a_record_that_is_not_there(
    shop: Shop,
) -> None:
    for basis in (" ", "两\n行", "\u202e倒写"):
        with pytest.raises(UsageError):
            shop.destroy(basis=basis)
    shop.seq += 50
    with pytest.raises(UsageError):
        shop.destroy()
    shop.seq -= 50
    shop.destroy()
    with pytest.raises(UsageError, match="早已"):
        shop.destroy()


def test_a_disclosure_that_is_gone_without_a_record_is_missing(shop: Shop) -> None:
    shop.forced(
        f"UPDATE disclosure SET salt = NULL, value = NULL"
        f" WHERE stream = '{shop.stream}' AND path = 'form/会议名称'"
    )
    assert "E_MISSING" in shop.codes()


def test_a_record_that_says_destroyed_while_the_value_is_still_there(shop: Shop) -> None:
    shop.destroy()
    shop.forced(
        f"UPDATE disclosure SET salt = zeroblob(16), value = '\"x\"'"
        f" WHERE stream = '{shop.stream}' AND path = 'form/会议名称'"
    )
    assert "E_REDACT" in shop.codes()


def written(shop: Shop, event: Redacted, *, service: bool = False) -> list[str]:
    """The findings once a redact record nobody should write has been written."""
    from engine import scribe

    look = shop.desk.look(shop.case.id)
    at = shop.desk.clock()
    signer = shop.office.service if service else shop.office.signers[shop.archivist]
    entry = scribe.write(
        scribe.Account(typ="redact", act="销毁", meaning="responsibility", events=(event,)),
        scribe.person(look.situation.roster, shop.archivist, None),
        shop.desk.place(look.stream, look.heads),
        shop.desk.moment(at, at, shop.desk.new_id()),
        signer,
        case=look.case,
    )
    erased = tuple((one.seq, one.path) for one in event.targets)
    shop.desk.file((replace(entry, erased=erased),), {})
    return shop.codes()


def event_for(shop: Shop, **changes: object) -> Redacted:
    body = next(shop.desk.store.records(shop.stream)).body
    path = str(changes.pop("path", "form/会议名称"))
    commit = str(changes.pop("commit", body.commits().get(path, "0" * 64)))
    made = Redacted(
        targets=(Target(seq=int(str(changes.pop("seq", 0))), path=path, commit=commit),),
        objects=(),
        basis="b",
        approvers=(),
    )
    agreed = consented(shop, made, shop.head)
    return replace(made, **{"approvers": (agreed,), **changes})  # type: ignore[arg-type]


def consented(shop: Shop, event: Redacted, uid: str, signer: str = "") -> Approver:
    """Somebody's consent to a redaction, or what another signed in his name."""
    targets = [Destroyed(seq=one.seq, path=one.path, commit=one.commit) for one in event.targets]
    matter = redaction_matter(shop.stream, targets, event.objects, event.basis)
    who, key = Party(uid=uid, name=uid), shop.office.signers[signer or uid]
    at = instant(shop.desk.clock())
    return Approver(**asdict(give_consent(key, who, at, shop.office.store.origin, matter)))


@pytest.mark.parametrize(
    "changes",
    [
        {"commit": "0" * 64},
        {"seq": 1},
        {"basis": ""},
        {"approvers": ()},
        {"targets": ()},
        {"path": "event/0"},
        {"basis": "两\n行"},
    ],
    ids=str,
)
def test_a_redaction_that_breaks_a_rule_is_a_finding(
    shop: Shop, changes: dict[str, object]
) -> None:
    assert "E_REDACT" in written(shop, event_for(shop, **changes))


def test_nobody_consents_to_his_own_redaction(shop: Shop) -> None:
    event = event_for(shop)
    alone = consented(shop, event, shop.archivist)
    assert "E_REDACT" in written(shop, replace(event, approvers=(alone,)))


def test_a_consent_is_signed_by_whoever_gave_it_over_that_very_matter(shop: Shop) -> None:
    event = event_for(shop)
    forged = consented(shop, event, shop.head, shop.archivist)
    other = consented(shop, replace(event, basis="另一依据"), shop.head)
    own = replace(forged, key=shop.office.signers[shop.head].key_id)
    found = [
        sum(code == "E_REDACT" for code in written(shop, replace(event, approvers=(wrong,))))
        for wrong in (forged, other, own, replace(other, sig="不是"))
    ]
    assert found == [1, 2, 3, 4]  # each brings one more


def test_a_consent_holds_as_it_was_given(shop: Shop) -> None:
    assert "E_REDACT" not in written(shop, event_for(shop))


def test_the_service_key_may_not_sign_a_redaction(shop: Shop) -> None:
    assert "E_POWER" in written(shop, event_for(shop), service=True)


def test_a_control_that_excuses_every_gap_would_miss_a_stripped_disclosure(shop: Shop) -> None:
    stored = next(shop.desk.store.records(shop.stream))
    stripped = [one for one in stored.disclosures if one.path != "form/会议名称"]
    everything = set(stored.body.commits())
    assert check_disclosures(stored.body, stripped, everything) == ()
    assert [one.code for one in check_disclosures(stored.body, stripped)] == ["E_MISSING"]


def test_the_event_is_written_as_the_specification_says(shop: Shop) -> None:
    event = event_for(shop)
    dumped = dump_event(event)
    assert dumped["targets"] == [
        {"seq": 0, "path": "form/会议名称", "commit": event.targets[0].commit}
    ]
    assert dumped["approvers"] == [asdict(event.approvers[0])]
    assert set(asdict(event.approvers[0])) == {"uid", "name", "key", "at", "sig"}
    assert load_event(dumped) == event


def test_which_paths_may_go() -> None:
    assert [one for one in ("form/a", "comment", "att/0/name", "fact/limit") if is_redactable(one)]
    for path in ("event/0", "fact/who(x)", "fact/post(x)", "", "form", "events/0", "att"):
        assert not is_redactable(path)


def test_an_attachment_goes_whole_unless_another_record_names_it(shop: Shop) -> None:
    content = b"a scan of something"
    digest = hashlib.sha256(content).hexdigest()
    body = next(shop.desk.store.records(shop.stream)).body
    connection = sqlite3.connect(shop.path)
    connection.execute("INSERT INTO object VALUES (?, 'attachment', ?)", (digest, content))
    connection.commit()
    connection.close()
    stored = next(shop.desk.store.records(shop.stream))
    assert shop.desk.store.is_only_in(digest, stored)
    shown = Disclosure(path="att/0/digest", salt=b"\0" * 16, value=digest)
    connection = sqlite3.connect(shop.path)
    connection.execute(
        "INSERT INTO disclosure VALUES (?, ?, ?, ?, ?)",
        ("org", 0, shown.path, shown.salt, f'"{digest}"'),
    )
    connection.commit()
    connection.close()
    assert body.stream == shop.stream
    assert not shop.desk.store.is_only_in(digest, stored)
