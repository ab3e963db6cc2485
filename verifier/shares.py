"""Signatures judged by several processes at once, each with a share of the keys."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

from verifier.ed25519 import Claim

Judge = Callable[[Sequence[Claim]], list[bool]]
MOST = 8  # processes: beyond, what only one can do takes most of the time
WORTH = 512  # signatures from which another process is worth starting
# What there is no second process from: no right to start one, no memory, no such system call.
_CANNOT = (OSError, ImportError, NotImplementedError, BrokenProcessPool)


def available() -> int:
    """How many processors this process may use, up to `MOST`."""
    if hasattr(os, "sched_getaffinity"):
        return min(MOST, len(os.sched_getaffinity(0)))
    return min(MOST, os.cpu_count() or 1)


class Shares:
    """Judges claims as `judge` would, in up to `jobs` processes while it is entered.

    This process judges a share itself, and whatever another fails to: the answer is the same.
    """

    def __init__(self, judge: Judge, jobs: int) -> None:
        self._judge = judge
        self._others = jobs - 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._others > 0:
            try:
                self._pool = ProcessPoolExecutor(self._others, initializer=_leave_interrupts)
            except _CANNOT:
                self._pool = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def judge(self, claims: Sequence[Claim]) -> list[bool]:
        """Of each claim whether it holds."""
        if self._pool is None or not claims:
            return self._judge(claims)
        # By key, so that the tables of most keys are made in one process only.
        order = sorted(range(len(claims)), key=lambda n: claims[n][0])
        size = -(-len(order) // (self._others + 1))
        places = [order[start : start + size] for start in range(0, len(order), size)]
        mine, *others = [[claims[n] for n in several] for several in places]
        asked = [self._ask(several) for several in others]
        judged = [self._judge(mine)]
        judged += [self._take(one, several) for one, several in zip(asked, others, strict=True)]
        found = [False] * len(claims)
        for several, answers in zip(places, judged, strict=True):
            for n, is_signed in zip(several, answers, strict=True):
                found[n] = is_signed
        return found

    def _ask(self, claims: Sequence[Claim]) -> Future[list[bool]] | None:
        assert self._pool is not None
        try:
            return self._pool.submit(self._judge, claims)
        except _CANNOT:
            return None

    def _take(self, asked: Future[list[bool]] | None, claims: Sequence[Claim]) -> list[bool]:
        try:
            return self._judge(claims) if asked is None else asked.result()
        except _CANNOT:
            return self._judge(claims)


def _leave_interrupts() -> None:
    """Whoever types Ctrl-C stops the process that asks, and that one these."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
