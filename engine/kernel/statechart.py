"""Configurations and the moves between them; the only importer of `transitions`.

The library owns exit and entry order and the choice of the first passing arm. It gets
no model, no callbacks with effects and no text from YAML to resolve: conditions are
closures over an arm number, recorders only write down what was left and entered.
A shared machine keeps its scope on itself, so each thread needs a chart of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from transitions.extensions.nesting import HierarchicalMachine, NestedState

from engine.errors import GuichengError
from engine.language.definition import (
    DONE,
    SEPARATOR,
    Action,
    Kind,
    ProcessDefinition,
    State,
    ancestors,
    is_within,
)
from engine.text import say

BEFORE_START = "·"


class Incoherent(GuichengError):
    """流程状态自相矛盾"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move: what was left (inner first), entered (outer first), and where it ends."""

    arm: int
    exited: tuple[str, ...]
    entered: tuple[str, ...]
    configuration: tuple[str, ...]


class _Slashed(NestedState):
    separator = SEPARATOR


class _Machine(HierarchicalMachine):
    state_cls = _Slashed


@dataclass(slots=True)
class _Cursor:
    """What the library moves: thrown away after every step, so nothing is half done."""

    state: Any
    passes: Callable[[int], bool]
    arm: int = -1
    exited: list[str] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)


class Statechart:
    """The moves of one definition."""

    def __init__(self, definition: ProcessDefinition) -> None:
        self._order = [state.path for state in definition.walk()]
        self._states = {state.path: state for state in definition.walk()}
        self._leaves = _leaves(definition.states, branch=False)
        self._machine = _Machine(
            model=None,
            states=[BEFORE_START, *(self._declared(state, "") for state in definition.states)],
            initial=BEFORE_START,
            auto_transitions=False,
            send_event=True,
            ignore_invalid_triggers=True,
        )
        self._add("start", [BEFORE_START], definition.start, 0)
        for action in definition.all_actions():
            self._add_action(action)
        if definition.jump is not None:
            self._add_action(definition.jump)
        for state in definition.walk():
            if state.kind is Kind.PARALLEL:
                for branch in state.inner:
                    self._add(f"{branch.path}!", [branch.path], _finished(branch.path), 0)

    def start(self) -> Step:
        """The move into the start state."""
        step = self._trigger("start", (BEFORE_START,), lambda arm: True)
        if step is None:
            raise Incoherent(say("起始环节无法进入"))
        return step

    def step(
        self, configuration: Iterable[str], action: Action, passes: Callable[[int], bool]
    ) -> Step | None:
        """The move of the first arm that passes; None if the action moves nothing.

        `passes` is asked with arm numbers, in order, until one answers True.
        Errors: `Incoherent` where the outcome is not a legal configuration.
        """
        return self._trigger(action.id, tuple(configuration), passes)

    def finish(self, configuration: Iterable[str], branch: str) -> Step | None:
        """The move of one branch of a parallel state to its finished end."""
        return self._trigger(f"{branch}!", tuple(configuration), lambda arm: True)

    def problems(self, configuration: Iterable[str]) -> str | None:
        """Why this is not a configuration, or None if it is one.

        A configuration holds exactly one leaf of every active region, in written order.
        """
        leaves = tuple(configuration)
        unknown = [leaf for leaf in leaves if leaf not in self._leaves]
        if unknown or not leaves:
            return str(say("不是叶子环节:{leaves}", leaves=tuple(unknown)))
        tops = {leaf.split(SEPARATOR)[0] for leaf in leaves}
        if len(tops) != 1:
            return str(say("同时处在互斥的环节:{leaves}", leaves=leaves))
        return self._region_problem(tops.pop(), leaves)

    def _region_problem(self, path: str, leaves: tuple[str, ...]) -> str | None:
        state = self._states.get(path)
        inside = tuple(leaf for leaf in leaves if is_within(leaf, path))
        if state is None or inside == (path,):
            return None if len(inside) == 1 else str(say("环节重复:{path}", path=path))
        if state.kind is Kind.PARALLEL:
            for branch in state.inner:
                if not any(is_within(leaf, branch.path) for leaf in inside):
                    return str(say("并行环节缺一支:{path}", path=branch.path))
                problem = self._region_problem(branch.path, inside)
                if problem:
                    return problem
            return None
        depth = path.count(SEPARATOR) + 2
        children = {SEPARATOR.join(leaf.split(SEPARATOR)[:depth]) for leaf in inside}
        if len(children) != 1:
            return str(say("同时处在互斥的环节:{leaves}", leaves=inside))
        return self._region_problem(children.pop(), inside)

    def _declared(self, state: State, parent: str) -> dict[str, Any]:
        branch = bool(parent) and self._states[parent].kind is Kind.PARALLEL
        inner = [self._declared(child, state.path) for child in state.inner]
        declared: dict[str, Any] = {
            "name": state.name,
            "on_enter": partial(_record, "entered", state.path),
            "on_exit": partial(_record, "exited", state.path),
        }
        if state.kind is Kind.PARALLEL:
            declared["parallel"] = inner
            return declared
        if branch:
            path = _finished(state.path)
            inner.append(
                {
                    "name": DONE,
                    "on_enter": partial(_record, "entered", path),
                    "on_exit": partial(_record, "exited", path),
                }
            )
        if inner:
            declared["children"] = inner
        if state.start:
            declared["initial"] = state.start.rpartition(SEPARATOR)[2]
        return declared

    def _add_action(self, action: Action) -> None:
        sources = [action.home] if action.home else list(action.sources)
        for number, arm in enumerate(action.arms):
            if arm.to is not None:
                self._add(action.id, sources, arm.to, number)
        if action.beyond is not None:
            self._add(action.id, sources, action.beyond, len(action.arms))

    def _add(self, trigger: str, sources: list[str], to: str, arm: int) -> None:
        for source in sources:
            self._machine.add_transition(
                trigger, source, to, conditions=partial(_passes, arm), before=partial(_took, arm)
            )

    def _trigger(
        self, trigger: str, configuration: tuple[str, ...], passes: Callable[[int], bool]
    ) -> Step | None:
        if trigger not in self._machine.events:
            return None
        at: Any = configuration[0] if len(configuration) == 1 else list(configuration)
        cursor = _Cursor(state=at, passes=passes)
        if not self._machine.trigger_event(cursor, trigger) or cursor.arm < 0:
            return None
        reached = self._in_order(_flat(cursor.state))
        problem = self.problems(reached)
        if problem:
            raise Incoherent(say("动作“{trigger}”之后{problem}", trigger=trigger, problem=problem))
        return Step(
            arm=cursor.arm,
            exited=tuple(path for path in cursor.exited if path != BEFORE_START),
            entered=tuple(cursor.entered),
            configuration=reached,
        )

    def _in_order(self, leaves: Iterable[str]) -> tuple[str, ...]:
        def written(leaf: str) -> int:
            return max(self._order.index(path) for path in ancestors(leaf) if path in self._states)

        return tuple(sorted(leaves, key=written))


def _record(list_name: str, path: str, event: Any) -> None:
    getattr(event.model, list_name).append(path)


def _passes(arm: int, event: Any) -> bool:
    return bool(event.model.passes(arm))


def _took(arm: int, event: Any) -> None:
    event.model.arm = arm


def _finished(branch: str) -> str:
    return f"{branch}{SEPARATOR}{DONE}"


def _leaves(states: Iterable[State], *, branch: bool) -> frozenset[str]:
    found: set[str] = set()
    for state in states:
        if state.inner:
            found |= _leaves(state.inner, branch=state.kind is Kind.PARALLEL)
        else:
            found.add(state.path)
        if branch:
            found.add(_finished(state.path))
    return frozenset(found)


def _flat(state: Any) -> list[str]:
    if isinstance(state, str):
        return [state]
    return [leaf for part in state for leaf in _flat(part)]
