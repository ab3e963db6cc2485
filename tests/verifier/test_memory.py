"""The collector of cycles rests while a bundle is read, and is then as it was before."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from verifier.memory import without_cycles


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.enable()


def divided(by: int, *, of: int = 6) -> tuple[int, bool]:
    """A part, and whether the collector is at work."""
    return of // by, gc.isenabled()


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_rests_meanwhile(is_enabled: bool) -> None:
    divide = without_cycles(divided)
    if not is_enabled:
        gc.disable()
    assert divide(2, of=8) == (4, False)
    assert divide(2) == (3, False)
    assert gc.isenabled() is is_enabled
    with pytest.raises(ZeroDivisionError):
        divide(0)
    assert gc.isenabled() is is_enabled
    assert divide.__name__ == "divided"
