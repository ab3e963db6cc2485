"""Running the tests over mutants: each in a child of its own that stops at the first failure.

A change inside a function is judged in a fork of a process that has read the project, collected the
tests and run them once (`Warm`): only the code of the changed function is exchanged. A change that
takes effect when the module is read is judged in a fork of a process that has read the libraries
but nothing of the project (`Bench`), which then reads the mutant in the place of its module.

Either way those tests are run that go over a changed line, the quickest first; over a line that is
run when the module is read, all that go over any line of it.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import json
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NoReturn

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, mutated
from tests.mutation.tracing import Tracer

LIBRARIES = (
    *("alembic.command", "alembic.config", "cryptography.hazmat.primitives.asymmetric.ed25519"),
    *("hypothesis.stateful", "jinja2", "sqlmodel", "sqlalchemy.dialects.sqlite", "transitions"),
    *("transitions.extensions", "yaml", "zoneinfo", "logging.config", "mako.template"),
)
KILLED, SURVIVED, TIMED_OUT, UNTESTED = "killed", "survived", "timed out", "untested"
PATIENCE = 5.0  # seconds a test may take beyond some times what it took
MEMORY = 4 * 2**30  # bytes
Tell = Callable[[Mutant, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a test goes over, and how long it takes (seconds)."""

    test: str
    took: float
    lines: Mapping[str, frozenset[int]]


def chosen(mutant: Mutant, traces: Sequence[Trace]) -> list[Trace]:
    """The tests to be run over a mutant, the quickest first."""
    wanted = frozenset(range(mutant.first, mutant.last + 1))
    over = [one.lines.get(mutant.path, frozenset()) for one in traces]
    found = [
        one
        for one, lines in zip(traces, over, strict=True)
        if (wanted & lines if mutant.is_inside else lines)
    ]
    if not found and not mutant.is_inside:  # constants alone: there is no line to go over
        found = list(traces)
    return sorted(found, key=lambda one: one.took)


class Bench:
    """A folder with the project, and the tests to be held against mutants of some modules."""

    def __init__(self, root: Path, tests: Sequence[str], folder: Path) -> None:
        self.root, self.tests, self.folder = root, tuple(tests), folder
        for name in LIBRARIES:
            with suppress(ImportError):
                importlib.import_module(name)

    def judge(self, mutants: Sequence[Mutant], until: float, tell: Tell) -> None:
        """Tell of each mutant what became of it, until a moment of the monotonic clock.

        Errors: `AssertionError` if a test fails without a mutant.
        """
        answers, traced = self.folder / "answers.jsonl", self.folder / "traces.json"
        answers.touch()
        warm = Warm(self.root, mutants, until, answers, traced)
        by_key = {one.key: one for one in mutants}
        inside = _fork(lambda: _pytest(self.root, self.tests, [warm]))
        with answers.open(encoding="utf-8") as told:
            is_over = False
            while not is_over:
                time.sleep(0.2)
                is_over = os.waitpid(inside, os.WNOHANG)[0] != 0
                for line in told:
                    key, answer = json.loads(line)
                    tell(by_key[key], answer)
        assert traced.exists(), "a test fails without a mutant"
        traces = load_traces(traced)
        for mutant in mutants:
            if mutant.is_inside:
                continue
            if time.monotonic() > until:
                return
            tell(mutant, self._afresh(mutant, chosen(mutant, traces)))

    def _afresh(self, mutant: Mutant, tests: Sequence[Trace]) -> str:
        if not tests:
            return UNTESTED
        files = tuple(dict.fromkeys(one.test.partition("::")[0] for one in tests))

        def run() -> int:
            sys.meta_path.insert(0, _Finder(self.root, mutant))
            return _pytest(self.root, ("-x", *files), [_Chosen(tests)])

        return _wait(_fork(run), _limit(tests) + 60)


class Warm:
    """A pytest plugin that runs all tests once, with an eye on the lines, and then the mutants."""

    def __init__(
        self, root: Path, mutants: Sequence[Mutant], until: float, answers: Path, traced: Path
    ) -> None:
        self.root, self.until = root, until
        self.paths = {one.path for one in mutants}
        self.mutants = [one for one in mutants if one.is_inside]
        self.answers, self.traced = answers, traced

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # Tests are run past the hook that would heed which warnings they say do not matter.
        warnings.simplefilter("ignore")
        tracer = Tracer(self.root, self.paths)
        items = {item.nodeid: item for item in session.items}
        for item, following in _in_turn(session.items):
            with tracer.watching(item.nodeid):
                reports = runtestprotocol(item, log=False, nextitem=following)
            if any(one.failed for one in reports):
                return True
        tracer.write(self.traced)
        traces = load_traces(self.traced)
        with self.answers.open("a", encoding="utf-8") as out:
            for mutant in self.mutants:
                if time.monotonic() > self.until:
                    break
                answer = self._judge(mutant, chosen(mutant, traces), items)
                out.write(json.dumps([mutant.key, answer], ensure_ascii=False) + "\n")
                out.flush()
        return True

    def _judge(
        self, mutant: Mutant, tests: Sequence[Trace], items: Mapping[str, pytest.Item]
    ) -> str:
        if not tests:
            return UNTESTED

        def run() -> int:
            exchange(self.root, mutant)
            chosen_ones = [items[one.test] for one in tests]
            for one, (item, following) in zip(tests, _in_turn(chosen_ones), strict=True):
                _allow(one)
                reports = runtestprotocol(item, log=False, nextitem=following)
                if any(report.failed for report in reports):
                    return 1
            return 0

        return _wait(_fork(run), _limit(tests))


def exchange(root: Path, mutant: Mutant) -> None:
    """Give the functions of a module that has been read the code of its mutant."""
    module = sys.modules[_name(mutant)]
    fresh = ModuleType(module.__name__)
    fresh.__file__ = module.__file__
    source = (root / mutant.path).read_text("utf-8")
    exec(compile(mutated(source, mutant), str(root / mutant.path), "exec"), fresh.__dict__)
    _exchange(module.__dict__, fresh.__dict__, module.__name__)


def _exchange(old: Mapping[str, Any], new: Mapping[str, Any], module: str) -> None:
    for name, made in new.items():
        known = old.get(name)
        if getattr(known, "__module__", module) != module or type(known) is not type(made):
            continue
        if isinstance(made, type):
            _exchange(vars(known), vars(made), module)
            continue
        for one, other in zip(_functions(known), _functions(made), strict=True):
            one.__code__ = other.__code__
            one.__defaults__, one.__kwdefaults__ = other.__defaults__, other.__kwdefaults__
        if hasattr(known, "cache_clear"):
            known.cache_clear()


def _functions(value: object) -> list[FunctionType]:
    """The functions behind a function, a property, or what a decorator made of one."""
    value = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
    value = getattr(value, "__wrapped__", value)
    return [value] if isinstance(value, FunctionType) else []


def _allow(test: Trace) -> None:
    """This child is killed if the test about to run takes far longer than it did."""
    signal.setitimer(signal.ITIMER_REAL, PATIENCE + 3 * test.took)


class _Chosen:
    """A pytest plugin: only the chosen tests, in their order."""

    def __init__(self, tests: Sequence[Trace]) -> None:
        self.order = {one.test: place for place, one in enumerate(tests)}
        self.tests = {one.test: one for one in tests}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        wanted = [one for one in items if one.nodeid in self.order]
        items[:] = sorted(wanted, key=lambda one: self.order[one.nodeid])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        _allow(self.tests[item.nodeid])


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutant when its module is asked for."""

    def __init__(self, root: Path, mutant: Mutant) -> None:
        self.file, self.name = root / mutant.path, _name(mutant)
        self.tree = mutated(self.file.read_text("utf-8"), mutant)

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.file, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.tree, str(self.file), "exec"), module.__dict__)


def load_traces(file: Path) -> list[Trace]:
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return [
        Trace(
            test=test,
            took=one["took"],
            lines={path: frozenset(found) for path, found in one["lines"].items()},
        )
        for test, one in told.items()
    ]


def _name(mutant: Mutant) -> str:
    return mutant.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


class _Nobody:
    """Who comes after the last test: so that what all tests share is kept for more of them."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session

    def listchain(self) -> list[object]:
        return [self.session]


def _in_turn(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, Any]]:
    """Each test with the one that follows it."""
    yield from zip(items, (*items[1:], _Nobody(items[0].session)), strict=True)


def _limit(tests: Iterable[Trace]) -> float:
    return PATIENCE + 10 * sum(one.took for one in tests)


def _pytest(root: Path, words: Sequence[str], plugins: list[object]) -> int:
    os.chdir(root)
    _quicken()
    settings = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler"]
    settings += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # libraries are read already
    return int(pytest.main([*settings, *words], plugins=plugins))


def _quicken() -> None:
    """Examples that fail are neither kept nor made smaller: that they fail is enough."""
    with suppress(ImportError):
        from hypothesis import Phase, settings

        settings.register_profile(
            "mutation", database=None, phases=(Phase.explicit, Phase.generate)
        )
        settings.load_profile("mutation")


def _fork(run: Callable[[], int]) -> int:
    """A child of its own group that runs something, says nothing, and ends with its answer."""
    child = os.fork()
    return child or _be_child(run)


def _be_child(run: Callable[[], int]) -> NoReturn:
    code = 70
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        sink = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(sink, stream)
        code = run()
    finally:
        os._exit(code)


def _wait(child: int, limit: float | None) -> str:
    until = time.monotonic() + limit if limit else None
    pause = 0.002
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED
        if until is not None and time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return TIMED_OUT
        time.sleep(pause)
        pause = min(0.05, pause * 1.2)
