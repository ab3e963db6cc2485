"""Nobody's minute is another's, over thousands of random acts; diaries that err are caught.

`GUICHENG_STEPS=200000 pytest tests/bookings` takes more steps.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from engine.books import booking
from engine.books.booking import BookingError, Occupation, Page, Slot
from engine.kernel import occupying
from engine.kernel.diarykeeping import Diarykeeping
from tests.bookings.diaries import Diaries

STEPS = int(os.environ.get("GUICHENG_STEPS", "8000"))
LENGTH = 60
TAKING = {"占", "改", "暂改", "暂占", "净占", "都占", "都改"}
ALL = tuple(Phase)


def play(part: int, steps: int, phases: tuple[Phase, ...] = ALL) -> Counter[tuple[str, str]]:
    """Take so many random steps and a few more; how often which verb got which answer."""
    machine = type("Part", (Diaries,), {"asked": Counter()})
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
    return machine.asked  # type: ignore[attr-defined]


def test_every_minute_is_had_by_one() -> None:
    asked = play(0, STEPS)
    assert sum(asked.values()) >= STEPS
    for verb in TAKING:
        assert {answer for one, answer in asked if one == verb} >= {"done", "E_CONFLICT"}
    for verb in ("退", "全退", "终"):
        assert {answer for one, answer in asked if one == verb} == {"done", "none"}
    assert asked["占", "ousted"] > STEPS / 200


# -- negative controls: diaries that err, each in one way ------------------------------------


def closed(begins: datetime, ends: datetime, other: Slot) -> bool:
    return begins <= other.ends and other.begins <= ends


def without_buffers(page: Page, slot: Slot, owner: str) -> tuple[Occupation, ...]:
    return first_in_the_way(page, replace(slot, begins=slot.from_, ends=slot.until), owner)


def firm_only(page: Page, slot: Slot, owner: str) -> tuple[Occupation, ...]:
    return tuple(one for one in first_in_the_way(page, slot, owner) if not one.provisional)


def in_its_own_way(page: Page, slot: Slot, owner: str) -> tuple[Occupation, ...]:
    return first_in_the_way(page, slot, "")


def forgets_the_past(one: Occupation, at: datetime) -> tuple[Occupation, ...]:
    return ()


def cut_too_late(one: Occupation, at: datetime) -> tuple[Occupation, ...]:
    return (one,) if one.slot.begins < at else ()


def whole_slot(self: occupying._Taking, thing: str, slot: Slot, line: object) -> Slot | None:
    had = first_had(self, thing, slot, line)  # type: ignore[arg-type]
    return slot if had is not None else None


def silent(self: occupying._Taking) -> occupying.Booked:
    booked = first_run(self)
    booked.ousted.clear()
    return booked


first_in_the_way, first_had, first_run = (
    booking.in_the_way,
    occupying._Taking._had,
    occupying._Taking.run,
)
first_held_by = Diarykeeping.held_by
Patch = Callable[[pytest.MonkeyPatch], None]
ERRING: dict[str, Patch] = {
    "to touch is to overlap": lambda m: m.setattr(booking, "overlaps", closed),
    "ignores the time before and after": lambda m: m.setattr(
        booking, "in_the_way", without_buffers
    ),
    "forgets to give up what was before": lambda m: m.setattr(
        occupying._Taking, "_give_up_before", lambda self, wanted: None
    ),
    "lets others into what is provisional": lambda m: m.setattr(booking, "in_the_way", firm_only),
    "stands in its own way": lambda m: m.setattr(booking, "in_the_way", in_its_own_way),
    "forgets what has passed": lambda m: m.setattr(booking, "_past", forgets_the_past),
    "holds on until the end": lambda m: m.setattr(booking, "_past", cut_too_late),
    "takes the past of those it ousts": lambda m: m.setattr(occupying._Taking, "_had", whole_slot),
    "ousts without a word": lambda m: m.setattr(occupying._Taking, "run", silent),
    "gives up one thing of several": lambda m: m.setattr(
        Diarykeeping, "held_by", lambda *asked: first_held_by(*asked)[:1]
    ),
}


@pytest.mark.parametrize("error", ERRING)
def test_a_diary_that_errs_is_caught(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ERRING[error](monkeypatch)
    with pytest.raises((AssertionError, BookingError)):
        play(0, 8000, (Phase.generate,))
