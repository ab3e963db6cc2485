"""Every balance is kept, over 40,000 random steps; a ledger that does not keep them is caught.

`GUICHENG_STEPS=1000000 pytest tests/books/test_every_balance.py` takes more.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from engine.books import ledger
from engine.books.ledger import ZERO, Card, Lot, Posting
from engine.kernel import entries
from engine.kernel.entries import _Entering
from engine.kernel.facts import CaseFacts
from engine.language.effects import Verb
from tests.books.ledgers import Ledgers

STEPS = int(os.environ.get("GUICHENG_STEPS", "40000"))
PARTS, LENGTH = 4, 100
ANSWERS = {  # an act of each verb is done, and refused for every reason there can be
    "收": {"done", "nothing to do", "E_STOCK", "E_LIMIT", "E_FROZEN"},
    "发": {"done", "nothing to do", "E_STOCK", "E_FROZEN"},
    "收发": {"done", "nothing to do", "E_STOCK", "E_LIMIT", "E_FROZEN"},
    "退": {"done", "nothing to do", "E_STOCK", "E_FROZEN"},
    "调": {"done", "nothing to do", "E_STOCK", "E_FROZEN"},
    "冲": {"done", "nothing to do", "E_STOCK", "E_FROZEN"},
    "留": {"done", "nothing to do", "E_STOCK"},
    "释": {"done", "nothing to do"},
    "全释": {"done", "nothing to do"},
    "冻": {"done", "E_FROZEN"},
    "解": {"done", "nothing to do"},
    "拣": {"nothing to do", "E_STOCK", "E_FIFO"},
    "任拣": {"nothing to do", "E_STOCK"},
    "列": {"nothing to do"},
}
ALL = tuple(Phase)


def play(part: int, steps: int, phases: tuple[Phase, ...] = ALL) -> Counter[tuple[str, str]]:
    """Take so many random steps and a few more; how often which verb got which answer."""
    machine = type("Part", (Ledgers,), {"asked": Counter()})
    run_state_machine_as_test(
        seed(part)(machine),
        settings=settings(
            max_examples=-(-steps * 21 // 20 // LENGTH),  # the first example is always short
            stateful_step_count=LENGTH,
            deadline=None,
            derandomize=True,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=phases,
        ),
    )
    return machine.asked


def test_every_balance_is_kept() -> None:
    asked: Counter[tuple[str, str]] = Counter()
    for part in range(PARTS):
        asked += play(part, STEPS // PARTS)
    assert sum(asked.values()) >= STEPS
    found = {verb: {answer for one, answer in asked if one == verb} for verb in ANSWERS}
    assert found == ANSWERS


# -- negative controls: ledgers that err, each in one way ------------------------------------


def newest_first(
    card: Card, quantity: Decimal, only: str | None = None
) -> tuple[tuple[Lot, Decimal], ...]:
    turned = replace(card, lots=card.lots[::-1])
    return ledger._spread(turned, (x for x in turned.lots if only in (None, x.id)), quantity)


def posted_below_zero(card: Card, posting: Posting) -> Card:
    lots = [replace(one, quantity=one.quantity + 1000) for one in card.lots]
    after = first_posted(replace(card, lots=tuple(lots)), posting)
    back = [replace(one, quantity=one.quantity - 1000) for one in after.lots[: len(lots)]]
    return replace(after, lots=(*back, *after.lots[len(lots) :]))


def first_issued_first_back(
    postings: Iterable[Posting], item: str, quantity: Decimal
) -> tuple[Posting, ...]:
    before = tuple(postings)
    return tuple(
        replace(one, lot=first.lot, cost=first.cost)
        for one in first_brought_back(before, item, quantity)
        for first in ledger.still_out(before, item)[:1]
    )


def last_approved_first(card: Card, owner: str) -> Decimal:
    left, mine = card.on_hand, ZERO
    for hold in reversed(card.holds):
        given = min(left, hold.quantity)
        left -= given
        mine += given if hold.owner == owner else ZERO
    return mine


def reversed_without_cost(entering: _Entering, facts: CaseFacts) -> None:
    write = entering.write
    entering.write = lambda item, lot, quantity, cost, **more: write(  # type: ignore[method-assign]
        item, lot, quantity, ZERO, **more
    )
    _Entering.reverse(entering, facts)


def held_for_nobody(card: Card, owner: str) -> Decimal:
    return card.on_hand


first_posted, first_brought_back = ledger.posted, ledger.brought_back
Patch = Callable[[pytest.MonkeyPatch], None]
ERRING: dict[str, Patch] = {
    "issues from the newest lot": lambda m: m.setattr(ledger, "first_in_first_out", newest_first),
    "lets a lot go below zero": lambda m: m.setattr(ledger, "posted", posted_below_zero),
    "returns to the wrong lot": lambda m: m.setattr(
        ledger, "brought_back", first_issued_first_back
    ),
    "serves the last approved first": lambda m: m.setattr(Card, "allocated", last_approved_first),
    "forgets the cost of what it reverses": lambda m: m.setitem(
        entries.VERBS,  # type: ignore[arg-type]
        Verb.REVERSE,
        reversed_without_cost,
    ),
    "issues what is held for others": lambda m: m.setattr(Card, "available", held_for_nobody),
    "moves while it is counted": lambda m: m.setattr(_Entering, "_is_frozen", lambda self: False),
    "gives a lot the name of another": lambda m: m.setattr(
        ledger, "next_lot", lambda card: f"L{card.made + 1}"
    ),
}


@pytest.mark.parametrize("error", ERRING)
def test_a_ledger_that_errs_is_caught(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ERRING[error](monkeypatch)
    with pytest.raises(AssertionError):
        play(0, 2000, (Phase.generate,))
