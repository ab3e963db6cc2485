"""An office in whose store every table has rows: worked, redacted, sealed, its people changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from engine.desk import Receipt
from engine.evidence.checkpoint import Checkpoint
from engine.evidence.keys import KeyRevoked, rotate
from engine.evidence.signing import FileSigner, make_key
from engine.evidence.suite import SHA256_ED25519, Suite
from engine.kernel.command import Perform
from engine.language.amendments import Delegated, LeaveTaken
from engine.redacting import Hand, redact
from engine.registry import DELEGATE, LEAVE, REVOKE, ROTATE
from engine.rehearsal.office import Office, Texts
from engine.rehearsal.player import Player
from engine.scribe import instant
from engine.sealing import build_of, seal
from engine.store.owed import Owed, Owing
from engine.store.personal import Unsent, configuration_of, keep_unsent, mark_read
from engine.store.store import Store
from tests.conftest import Dice, sample_texts
from tests.engine.test_language_features import FOLDER
from tests.test_walks import walk
from tests.verifier.stamps import make_office

ORIGIN = "flips.example"
SAMPLES = (
    *("期初建账", "入库", "办公用品领用", "库存盘点"),
    *("办公用品需求提报", "办公用品采购计划"),
)
FEATURES = ("预约", "日常动作", "移交")
FORMS = ("试验表", "人事表")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """The office, and a checkpoint over all its records as somebody outside keeps it."""

    office: Office
    kept: Checkpoint

    @property
    def store(self) -> Store:
        return self.office.store


def work(folder: Path, suite: Suite = SHA256_ED25519) -> Worked:
    """The office in memory; `folder` remembers what was signed."""
    story = walk("A-06")
    start = datetime.fromisoformat(f"{story.start}+08:00")
    office = Office(_texts(), start, Dice(), Store.in_memory(ORIGIN, suite))
    player = Player(office)
    first, *rest = story.steps
    for steps in ((first,), walk("A-01").steps[2:5], rest):  # so that a plan has gathered a case
        assert player.play(steps).misses == []
    sealed = folder / "SYSTEM.signed"
    seal(office.desk, sealed, build_of(office.store))
    _everyday(office, player)
    _people(office)
    _destroy(office, player)
    _beside(office, player)
    kept = seal(office.desk, sealed, build_of(office.store)).checkpoint
    stamp = make_office("p256").stamping(kept.note.encode())
    office.store.keep_token(kept.size, stamp.response(), instant(office.now))
    return Worked(office=office, kept=kept)


def _texts() -> Texts:
    def text(name: str) -> tuple[str, str]:
        return (FOLDER / f"{name}.yaml").read_text("utf-8"), f"features/{name}.yaml"

    sample = sample_texts(*SAMPLES)
    return replace(
        sample,
        forms={**sample.forms, **{name: text(name) for name in FORMS}},
        processes={**sample.processes, **{name: text(name) for name in FEATURES}},
    )


def _start(office: Office, process: str, who: str, **values: object) -> str:
    uid = office.person(who)
    made = office.desk.start(process, uid, office.signers[uid], values)  # type: ignore[arg-type]
    assert isinstance(made, Receipt)
    assert made.case is not None
    return made.case.id


def _do(office: Office, case: str, action: str, who: str) -> None:
    uid = office.person(who)
    command = Perform(action=action, actor=uid)
    assert isinstance(office.desk.perform(case, command, office.signers[uid]), Receipt)


def _everyday(office: Office, player: Player) -> None:
    """A room taken, a copy sent, a book standing still, a request that nobody has answered yet."""
    room = {
        "地点": "第二会议室",
        "开始": office.now + timedelta(days=3),
        "结束": office.now + timedelta(days=3, hours=2),
    }
    taken = _start(office, "预约", "罗平", **room)
    _do(office, taken, "占", "罗平")
    _do(office, taken, "报批改期", "罗平")
    case = _start(office, "日常动作", "罗平", 事由="买纸")
    _do(office, case, "送", "罗平")
    player.aliases["日"] = case
    steps = walk("A-06").steps[:1]
    word = {"who": "罗平", "do": "抄送", "to": ["江源", "林岚"], "on": "日"}
    claim = {"who": "许慧", "do": "签收", "on": "日"}
    player.aliases["停"] = _start(office, "日常动作", "罗平", 事由="待报价")
    _do(office, player.aliases["停"], "送", "罗平")
    still = {"who": "韩江", "do": "挂起", "on": "停", "reason": "等报价", "until": "2026-12-11"}
    words = [replace(steps[0], detail=one) for one in (word, claim, still)]
    assert player.play(words).misses == []
    _start(office, "库存盘点", "顾敏", 范围="抽盘")
    people = {"谁": office.person("许慧"), "给谁": office.person("顾敏")}
    _do(office, _start(office, "移交", "林岚", **people), "移交", "林岚")


def _people(office: Office) -> None:
    """Leave, a delegation, a key changed for another and one revoked."""
    first = date(2026, 12, 10)
    luo, han = office.person("罗平"), office.person("韩江")
    leave = LeaveTaken(person=luo, from_=first, until=first + timedelta(days=1))
    given = Delegated(
        from_person=han, to_person=office.person("方宁"), from_=first, until=first, processes=()
    )
    for change, act, who in ((leave, LEAVE, luo), (given, DELEGATE, han)):
        assert isinstance(office.registry.amend(change, who, office.signers[who], act), Receipt)
    mine, new = office.signers[han], FileSigner(make_key(office.store.suite))
    turned = rotate(mine.key_id, new, ORIGIN, han, "file", instant(office.now))
    assert isinstance(office.registry.change_keys(turned, han, mine, ROTATE), Receipt)
    office.signers[han] = new
    lost = KeyRevoked(
        key=office.signers[office.person("孟真")].key_id, reason="遗失", suspect_since=None
    )
    registrar = office.person("卢工")
    answer = office.registry.change_keys(lost, registrar, office.signers[registrar], REVOKE)
    assert isinstance(answer, Receipt)


def _destroy(office: Office, player: Player) -> None:
    """A value of a case that has gone on since."""
    clerk, head = office.person("吴桐"), office.person("韩江")
    case = player.aliases["日"]
    stored = next(
        one
        for one in office.store.records(f"case/{case}")
        if any(path.startswith("form/") for path in one.body.commits())
    )
    path = next(path for path in stored.body.commits() if path.startswith("form/"))
    two = (Hand(uid=one, signer=office.signers[one]) for one in (clerk, head))
    done = redact(office.desk, case, stored.seq, (path,), "某法第 47 条", *two)
    assert isinstance(done, Receipt)


def _beside(office: Office, player: Player) -> None:
    """What belongs to no record: marks of reading, a draft, a notice that did not go."""
    reader, case, at = office.person("江源"), player.aliases["日"], office.now
    assert mark_read(office.store, case, reader, at)
    draft = Unsent(
        process="日常动作",
        case=case,
        action="同意",
        words={"--set": ["批文=1"]},
        configuration=configuration_of(office.store, case),
        at=at,
    )
    keep_unsent(office.store, reader, draft)
    owing = Owing(office.store, "mail")
    owing.begin(1)
    owing.note(2, [Owed.of(2, reader, "asked", "无人应答", at)])
