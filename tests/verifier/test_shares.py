"""Signatures judged by several processes: the answers of one, whatever happens to the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import verifier.shares
from tests.verifier.sealed import Written
from verifier import chain
from verifier.chain import check_bytes
from verifier.ed25519 import Claim, which_are_signed
from verifier.records import SERVICE
from verifier.shares import Shares, _leave_interrupts, available


def claims(count: int) -> list[Claim]:
    """Of three keys, in turn, over the number of this process; every fifth is of another text."""
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([n + 1]) * 32) for n in range(3)]
    made = []
    for n in range(count):
        key, data = keys[n % 3], b"%d %d" % (os.getpid(), n)
        made.append(
            (key.public_key().public_bytes_raw(), key.sign(data), data + b"x" * (n % 5 == 4))
        )
    return made


def where(several: Sequence[Claim]) -> list[bool]:
    """Whether it was the process that asked which judged."""
    return [os.getpid() == int(data.split()[0]) for _, _, data in several]


def die_elsewhere(several: Sequence[Claim]) -> list[bool]:
    if not all(where(several)):
        os._exit(9)
    return which_are_signed(several)


def are_interrupts_left(several: Sequence[Claim]) -> list[bool]:
    return [signal.getsignal(signal.SIGINT) is signal.SIG_IGN for _ in several]


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 31])
def test_the_answers_are_those_of_one_process_in_the_order_asked(jobs: int, count: int) -> None:
    asked = claims(count)
    with Shares(which_are_signed, jobs) as shares:
        assert shares.judge(asked) == [n % 5 != 4 for n in range(count)]
        assert shares.judge(asked[::-1]) == [n % 5 != 4 for n in range(count)][::-1]


def test_each_takes_as_much_and_a_key_stays_with_one_of_them() -> None:
    asked = claims(30)
    with Shares(where, 3) as shares:
        told = shares.judge(asked)
    mine = {asked[n][0] for n, is_mine in enumerate(told) if is_mine}
    assert (told.count(True), len(mine)) == (10, 1)
    with Shares(where, 1) as shares:
        assert shares.judge(asked) == [True] * 30


@pytest.fixture
def interrupted() -> Iterator[None]:
    """This process heeds Ctrl-C, however the tests were started."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupted")
def test_those_that_wait_leave_an_interrupt_to_the_one_that_asks() -> None:
    with Shares(are_interrupts_left, 2) as shares:
        assert sorted(shares.judge(claims(4))) == [False, False, True, True]
    _leave_interrupts()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_none_is_left_over() -> None:
    with Shares(which_are_signed, 3) as shares:
        shares.judge(claims(9))
        assert multiprocessing.active_children() != []
    assert multiprocessing.active_children() == []


def test_what_another_fails_to_judge_is_judged_here() -> None:
    with Shares(die_elsewhere, 3) as shares:
        for _ in range(2):
            assert shares.judge(claims(31)) == [n % 5 != 4 for n in range(31)]


@pytest.mark.parametrize("why", [OSError, ImportError, NotImplementedError, BrokenProcessPool])
def test_where_no_other_can_be_started_one_judges_all(
    why: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise why

    with Shares(which_are_signed, 2) as shares:
        assert shares._pool is not None
        monkeypatch.setattr(shares._pool, "submit", fail)
        assert shares.judge(claims(9)) == [n % 5 != 4 for n in range(9)]
    monkeypatch.setattr(verifier.shares, "ProcessPoolExecutor", fail)
    with Shares(which_are_signed, 2) as shares:
        assert shares.judge(claims(9)) == [n % 5 != 4 for n in range(9)]


def test_as_many_as_there_are_processors_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for count, wanted in ((3, 3), (8, 8), (9, 8), (64, 8)):
        mine = {0: set(range(count))}.__getitem__  # 0: this process
        monkeypatch.setattr(os, "sched_getaffinity", mine, raising=False)
        assert available() == wanted
    monkeypatch.delattr(os, "sched_getaffinity")
    for told, wanted in ((None, 1), (2, 2), (64, 8)):
        monkeypatch.setattr(os, "cpu_count", lambda told=told: told)
        assert available() == wanted


def test_a_bundle_is_judged_alike_by_one_and_by_several(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []

    class Counted(Shares):
        def __init__(self, judge: Any, jobs: int) -> None:
            started.append(jobs)
            super().__init__(judge, jobs)

    monkeypatch.setattr(chain, "Shares", Counted)
    store = Written()
    for n in range(12):
        changed = {"record": {"sig": b"\1"}} if n in (3, 10) else {}
        store.add(f"case/{n}", signer=("lugong", SERVICE)[n % 2], **changed)
    bundle = store.bundle()
    signed = len(bundle.records)
    wanted = check_bytes(bundle)
    assert [(one.stream, one.code) for one in wanted.findings] == [
        *(("case/3", "E_SIG"), ("case/10", "E_SIG"))
    ]
    monkeypatch.setattr(chain, "WORTH", signed + 1)
    assert check_bytes(bundle, jobs=3) == wanted
    monkeypatch.setattr(chain, "WORTH", signed)
    monkeypatch.setattr(chain, "_TOGETHER", 5)
    assert check_bytes(bundle, jobs=3) == wanted
    assert check_bytes(bundle) == wanted
    assert started == [1, 1, 3, 1]


def test_another_that_says_yes_to_all_would_be_noticed() -> None:
    """The control: what the others answer does count."""
    asked = claims(31)
    with Shares(yes_elsewhere, 2) as shares:
        told = shares.judge(asked)
    assert told != which_are_signed(asked)


def yes_elsewhere(several: Sequence[Claim]) -> list[bool]:
    return which_are_signed(several) if all(where(several)) else [True] * len(several)
