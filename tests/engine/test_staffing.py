"""Staffing: equal to trying everything, in small offices made by chance.

The reference below knows nothing of the search: it writes down every way to fill every place,
and looks at each whole way only when it is complete.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, combinations_with_replacement, product
from math import prod

import pytest

from engine.errors import Source
from engine.kernel import decide, staffing, work
from engine.kernel.command import Claim, Refusal
from engine.kernel.everyday import asking
from engine.kernel.staffing import Place, Shortage, Staffing, Step, Work, staff
from engine.language.definition import Apart
from engine.rehearsal.player import Player
from tests.engine.test_language_features import office as office_of_features

PEOPLE = ("甲", "乙", "丙", "丁", "戊", "己")
DUTIES = ("采购", "验收", "保管", "记账")
NOWHERE = Source("", 0, 0)
OFFICES = 600
WAYS = 6_000  # the most ways tried for one office

Way = tuple[tuple[str, ...] | None, ...]  # for each place: who is in it, or nobody


def office(number: int) -> Work:
    """The small office with this number: up to six steps and six people."""
    dice = random.Random(number)
    while True:
        found = _thrown(dice)
        if prod(1 + len(p.people) ** p.need for s in found.steps for p in s.places) <= WAYS:
            return found


def _thrown(dice: random.Random) -> Work:
    people = PEOPLE[: dice.randint(1, 6)]
    return Work(
        steps=tuple(_step(dice, place, people) for place in range(dice.randint(1, 6))),
        rules=tuple(
            Apart(
                rule=f"D{place}",
                duties=tuple(dice.sample(DUTIES, 2)),
                within="case",
                source=NOWHERE,
            )  # type: ignore[arg-type]
            for place in range(dice.randint(0, 3))
        ),
        holders={
            duty: tuple(dice.sample(people, dice.randint(0, min(2, len(people)))))
            for duty in DUTIES
            if dice.random() < 0.2
        },
    )


def _step(dice: random.Random, number: int, people: tuple[str, ...]) -> Step:
    places = tuple(
        Place(
            role=f"角色{number}{place}",
            names=frozenset(dice.sample(DUTIES, dice.choice((0, 1, 1, 2)))),
            people=tuple(
                dice.sample(people, dice.randint(0 if dice.random() < 0.1 else 1, len(people)))
            ),
            need=dice.choice((1, 1, 1, 2, 3)),
            is_conditional=dice.random() < 0.3,
        )
        for place in range(dice.choice((1, 1, 2)))
    )
    return Step(
        state=f"环节{number}",
        actions=("办",),
        places=places,
        enough=dice.randint(1, len(places)),
        source=NOWHERE,
        is_joint=dice.random() < 0.6,
    )


# -- the reference: every way, looked at as a whole ------------------------------------


def every_way(work: Work) -> Iterator[Way]:
    places = [place for step in work.steps for place in step.places]
    yield from product(*([None, *product(one.people, repeat=one.need)] for one in places))


def is_lawful(work: Work, way: Way) -> bool:
    filled: list[tuple[int, Step, Place, tuple[str, ...]]] = []
    left = list(way)
    for number, step in enumerate(work.steps):
        mine = [(number, step, place, who) for place in step.places if (who := left.pop(0))]
        if len(mine) < step.enough:
            return False
        filled += mine
    for _, _, place, who in filled:
        if len(set(who)) != place.need:
            return False
        for rule in work.rules:
            one, other = rule.duties
            if one in place.names and set(who) & set(work.holders.get(other, ())):
                return False
            if other in place.names and set(who) & set(work.holders.get(one, ())):
                return False
    for (n, step, p, who), (m, _, q, others) in combinations(filled, 2):
        if not set(who) & set(others):
            continue
        if n == m and step.is_joint and not (p.is_conditional and q.is_conditional):
            return False
        for rule in work.rules:
            one, other = rule.duties
            if (one in p.names and other in q.names) or (other in p.names and one in q.names):
                return False
    return True


def can_be_staffed(work: Work) -> bool:
    return any(is_lawful(work, way) for way in every_way(work))


def way_of(work: Work, found: Staffing) -> Way:
    """A staffing as the reference writes it."""
    given = {id(step): {id(place): who for place, who in filled} for step, filled in found.given}
    return tuple(given[id(step)].get(id(place)) for step in work.steps for place in step.places)


def disagreements(numbers: range) -> list[int]:
    """The offices where the search and the reference differ."""
    return [
        number
        for number in numbers
        if (isinstance(staff(work := office(number)), Staffing)) != can_be_staffed(work)
    ]


def test_the_search_agrees_with_trying_everything() -> None:
    assert disagreements(range(OFFICES)) == []


def test_the_offices_are_of_both_kinds() -> None:
    kinds = [isinstance(staff(office(number)), Staffing) for number in range(OFFICES)]
    assert OFFICES / 5 < sum(kinds) < OFFICES * 4 / 5


def test_a_staffing_found_breaks_no_rule() -> None:
    for number in range(OFFICES):
        work = office(number)
        found = staff(work)
        if isinstance(found, Staffing):
            assert is_lawful(work, way_of(work, found)), number


def test_nothing_in_a_shortage_is_superfluous() -> None:
    for number in range(OFFICES):
        work = office(number)
        found = staff(work)
        if not isinstance(found, Shortage):
            continue
        core = replace(work, steps=found.steps, rules=found.rules)
        assert not can_be_staffed(core), number
        for step in found.steps:
            fewer = tuple(one for one in found.steps if one is not step)
            assert can_be_staffed(replace(core, steps=fewer)), number
        for rule in found.rules:
            fewer_rules = tuple(one for one in found.rules if one is not rule)
            assert can_be_staffed(replace(core, rules=fewer_rules)), number


BROKEN: dict[str, tuple[str, Callable[..., object]]] = {
    "ignores what must be apart": ("are_apart", lambda rules, one, other: False),
    "ignores standing holders": ("able_in", lambda work, place: place.people),
    "one person in two of n places": ("sets_of", combinations_with_replacement),
    "one person in two places of a sign-off": ("differ", lambda work, step, filling: True),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_search_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    part, broken = BROKEN[name]
    monkeypatch.setattr(staffing, part, broken)
    assert disagreements(range(OFFICES))


# -- at run time -----------------------------------------------------------------------


def misses_of_the_example() -> list[str]:
    """What does not come true of the procedure where the last person for a step is kept free."""
    examples = office_of_features().definitions["留人"].examples
    return [
        miss.show()
        for example in examples
        for miss in Player(office_of_features(), "留人").play(example.steps).misses
    ]


def test_taking_work_that_strands_a_later_step_is_refused() -> None:
    assert misses_of_the_example() == []


def test_an_engine_that_lets_it_be_taken_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "strands", lambda *asked: ())
    assert misses_of_the_example()


def test_an_engine_that_lets_it_be_handed_on_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "strands", lambda *asked: ())
    assert misses_of_the_example()


def test_an_engine_that_lets_a_delegate_do_it_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "strands", lambda *asked: ())
    assert misses_of_the_example()


def test_the_refusal_names_the_step_the_rule_and_who_could_do_it() -> None:
    played = office_of_features()
    case = Player(played, "留人")
    case.play(played.definitions["留人"].examples[0].steps[:2])
    answer = played.desk.try_out(case.case_of("甲").id, Claim(actor=played.person("顾敏")))
    assert isinstance(answer, Refusal)
    (reason,) = answer.reasons
    assert (reason.code, reason.rule, reason.is_curable) == ("E_STRAND", "D1", True)
    assert "复核" in reason.text.show("zh")
    assert reason.remedy is not None
    assert reason.remedy.show("zh") == "请由 许慧 办理"
