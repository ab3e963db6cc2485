"""Page and command say the same of forged offices, in every finding about the roster."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import verifier.powers
from engine.evidence.bundle import dump_zip
from tests.attacks.forge import Forge
from tests.conftest import sample_texts
from tests.verifier.chromium import Chromium, chromium
from tests.verifier.ground import Ground, judge, work
from tests.verifier.rosters import Forgery, forge_keys, forge_office
from tests.verifier.test_html import PAGE, word
from tests.verifier.test_html import judge as ask
from verifier.report import Report
from verifier.roster import UNASKED, Office

pytestmark = pytest.mark.browser

OFFICES = 25


@pytest.fixture(scope="module")
def page() -> Iterator[Chromium]:
    with chromium(PAGE) as browser:
        yield browser


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    texts = sample_texts("期初建账", "入库", "办公用品领用", "会务服务保障")
    return work(tmp_path_factory.mktemp("small"), "A-06", texts)


def judged(forge: Forge, ground: Ground) -> Report:
    files = forge.dump()
    return judge(files, ground.vkey, (files["checkpoint.note"],), 3)


def answer(forge: Forge, ground: Ground, dice: random.Random) -> int:
    """Most facts as the command would have them; how many."""
    wanted: dict[tuple[str, int, str], Any] = {}

    def learn(one: Any, office: Office, on: Any) -> tuple[()]:
        for path in one.opened:
            asked = verifier.powers._ASKED.fullmatch(path.removeprefix("fact/"))
            if not path.startswith("fact/") or (asked and asked[1] == "who"):
                continue
            name = path.removeprefix("fact/")
            found = (
                office.answer(asked[1], asked[2], on)
                if asked
                else verifier.powers._attribute(name, office)
            )
            if found != UNASKED:
                wanted[one.body.stream, one.body.seq, name] = found
        return ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verifier.powers, "_check_facts", learn)
        judged(forge, ground)
    count = 0
    for entry in forge.entries:
        for name in list(entry.body["facts"]):
            if (*entry.place, name) in wanted and dice.random() < 0.9:
                forge.set_fact(entry, name, wanted[(*entry.place, name)])
                count += 1
    forge.rewrite()
    return count


def about(code: str, stream: str | None, seq: int | None, field: str) -> tuple[object, ...]:
    """A finding as far as both must agree: a missing power may be told of another field."""
    return code, stream, seq, field if code == "E_ROSTER" else ""


def agreed(page: Chromium, small: Ground, forge: Forge) -> Report:
    """What the command says of a forged office, once the page has said the same."""
    files = forge.dump()
    report = judged(forge, small)
    said = ask(page, dump_zip(files), (small.vkey,), {"own": files["checkpoint.note"]})
    first = report.first.code if report.first else None
    assert word(said) == (report.verdict, first)
    codes = ("E_ROSTER", "E_POWER")
    ours = Counter(
        about(one["code"], one["stream"], one["seq"], one["field"])
        for one in said["findings"]
        if one["level"] == 3 and one["code"] in codes
    )
    theirs = Counter(
        about(one.code, one.stream, one.seq, one.field)
        for one in report.findings
        if one.level == 3 and one.code in codes
    )
    assert ours == theirs
    return report


def test_page_and_command_tell_the_same_of_forged_offices(page: Chromium, small: Ground) -> None:
    told: Counter[str] = Counter()
    answered = 0
    for n in range(OFFICES):
        dice = random.Random(n)
        forge = forge_office(small, dice)
        answered += answer(forge, small, dice)
        report = agreed(page, small, forge)
        told.update({one.code for one in report.findings if one.level == 3})
    assert answered > 10 * OFFICES
    assert min(told[code] for code in ("E_ROSTER", "E_POWER", "E_MODEL")) > 5


def test_page_and_command_take_no_department_for_one_with_an_empty_name(
    page: Chromium, small: Ground
) -> None:
    made = Forgery(small, random.Random(0))
    first, *_ = made.model["people"]
    heads = {"head": made.people[1], "leader": made.people[2], "liaisons": [], "size": 1}
    made.model["departments"].append({"name": "", "part_of": None, **heads})
    made.model["deputies"][""] = made.people[1:3]
    first["department"] = None
    made.publish_model(made.model)
    made.act([])
    facts = (f"superior_of({first['id']})", "superior_of(nobody)", "deputies_of(没有)", "head_of()")
    for name in facts:
        made.forge.set_fact(made.forge.entries[-1], name, heads["head"])
    made.forge.rewrite()
    told = {one.field for one in agreed(page, small, made.forge).findings}
    assert told >= {f"fact/{name}" for name in facts}
    answer(made.forge, small, random.Random(2))
    told = {one.field for one in agreed(page, small, made.forge).findings}
    assert told.isdisjoint({f"fact/{name}" for name in facts})


def test_page_and_command_say_the_same_of_forged_keys(page: Chromium, small: Ground) -> None:
    told: Counter[str | None] = Counter()
    for n in range(2 * OFFICES):
        forge = forge_keys(small, random.Random(n))
        files = forge.dump()
        report = judged(forge, small)
        said = ask(page, dump_zip(files), (small.vkey,), {"own": files["checkpoint.note"]})
        first = report.first.code if report.first else None
        assert word(said) == (report.verdict, first), n
        told[first] += 1
    assert {None, "E_POWER", "E_BODY", "E_PROOF", "E_KEY"} <= set(told)
