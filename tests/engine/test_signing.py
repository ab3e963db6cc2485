"""Signatures over what was seen: exactly those fall that cover what somebody changed.

Random corrections of a signed case, against a model that knows nothing of the engine: for
each signer, what he saw when he last signed. Two kernels that err are caught.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping

import pytest

from engine.desk import Receipt, Refused
from engine.kernel import signing
from engine.kernel.case import Case, Standing
from engine.kernel.command import Everyday, Perform
from engine.language.definition import CORRECT, SIGN_AGAIN
from engine.rehearsal.office import Office
from tests.engine.test_language_features import office as features_office

STEPS = int(os.environ.get("GUICHENG_STEPS", "240"))
SEES = {"孙蕾": ("金额", "数量"), "钱进": ("金额", "数量"), "韩江": ("金额", "事由")}
VALUES: Mapping[str, tuple[object, ...]] = {
    "金额": (100, 90, 80),
    "事由": ("甲", "乙"),
    "人数": (2, 3),
    "行": (
        ({"名目": "纸", "数量": 3, "坏": 0},),
        ({"名目": "笔", "数量": 3, "坏": 1},),
        ({"名目": "纸", "数量": 4, "坏": 0},),
        ({"名目": "纸", "数量": 3, "坏": 0}, {"名目": "笔", "数量": 1, "坏": 0}),
    ),
}


def signed_case(office: Office) -> str:
    buyer = office.person("罗平")
    values = {name: several[0] for name, several in VALUES.items() if name != "人数"}
    answer = office.desk.start("签字失效", buyer, office.signers[buyer], values)  # type: ignore[arg-type]
    assert isinstance(answer, Receipt)
    assert answer.case is not None
    for name, action in (("罗平", "送"), ("孙蕾", "同意"), ("钱进", "同意"), ("韩江", "批准")):
        who = office.person(name)
        done = office.desk.perform(
            answer.case.id, Perform(action=action, actor=who), office.signers[who]
        )
        assert isinstance(done, Receipt)
    return answer.case.id


def seen(case: Case, name: str) -> tuple[object, ...]:
    """What the person sees of the case, in the test's own words."""
    quantities = tuple(row["数量"] for row in case.values["行"])  # type: ignore[index, union-attr, call-overload]
    known = {**case.values, "数量": quantities}
    return tuple(known.get(field) for field in SEES[name])


def fallen(office: Office, case: Case) -> set[str]:
    roster = office.desk.catalog.roster(office.now)
    return {roster.name_of(one.person) for one in case.signatures if one.standing is Standing.FELL}


def corrections(seed: int) -> Iterator[tuple[set[str], set[str], int]]:
    """Whose signature has fallen, whose should have, and how many stood all the time."""
    dice, office = random.Random(seed), features_office()
    case_id = signed_case(office)
    buyer = office.person("罗平")
    knew = {name: seen(office.store.load_case(case_id), name) for name in SEES}
    down: set[str] = set()
    for _ in range(STEPS):
        case = office.store.load_case(case_id)
        fields = dice.sample(sorted(VALUES), dice.randint(1, 2))
        values = {name: dice.choice(VALUES[name]) for name in fields}
        if any(case.values.get(name) == value for name, value in values.items()):
            continue
        command = Everyday(verb=CORRECT, actor=buyer, values=values, reason="写错")  # type: ignore[arg-type]
        assert isinstance(office.desk.perform(case_id, command, office.signers[buyer]), Receipt)
        case = office.store.load_case(case_id)
        down |= {name for name in SEES if seen(case, name) != knew[name]}
        yield fallen(office, case), set(down), len(SEES) - len(down)
        closing = office.desk.perform(
            case_id, Perform(action="改价", actor=buyer, reason="试"), office.signers[buyer]
        )
        assert isinstance(closing, Receipt)
        end = office.desk.try_out(case_id, Perform(action="办结", actor=buyer))
        assert (getattr(end, "code", None) == "E_SIGN_VOID") == bool(down)
        for name in sorted(down):
            if dice.random() < 0.6:
                who = office.person(name)
                again = Everyday(verb=SIGN_AGAIN, actor=who)
                answer = office.desk.perform(case_id, again, office.signers[who])
                assert not isinstance(answer, Refused)
                down.discard(name)
                knew[name] = seen(office.store.load_case(case_id), name)
    signatures = office.store.load_case(case_id).signatures
    assert len(signatures) > len(SEES)  # nothing is erased: all that were ever given are there


def test_exactly_the_signatures_fall_that_cover_what_was_changed() -> None:
    stood = fell = 0
    for found, wanted, standing in corrections(7):
        assert found == wanted
        stood, fell = stood + standing, fell + len(wanted)
    assert stood > 40, stood
    assert fell > 40, fell


@pytest.mark.parametrize("erring", ["none falls", "all that cover the field's table fall"])
def test_a_kernel_that_errs_is_caught(erring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative controls: too few fall, and too many."""
    if erring == "none falls":
        monkeypatch.setattr(signing, "_changed", lambda draft, signature: ())
    else:
        monkeypatch.setattr(
            signing,
            "_changed",
            lambda draft, one: tuple(name for name in one.values if name in draft.typed),
        )
    with pytest.raises(AssertionError):
        _compare()


def _compare() -> None:
    for found, wanted, _ in corrections(7):
        assert found == wanted
