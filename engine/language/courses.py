"""What can be wrong with the course of a procedure: joins, rounds, lists, children of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.errors import Problem
from engine.language.definition import (
    SEPARATOR,
    Action,
    Kind,
    ProcessDefinition,
    State,
    ancestors,
    is_within,
)
from engine.language.effects import StartCase
from engine.text import say


def reachable(definition: ProcessDefinition, targets: Iterable[str]) -> frozenset[str]:
    """The states a case may come to enter once it has entered `targets`, those included."""
    states = {state.path: state for state in definition.walk()}
    entered: set[str] = set()
    waiting = list(targets)
    while waiting:
        path = waiting.pop()
        if path in entered or path not in states:
            continue
        entered.add(path)
        state = states[path]
        waiting += [inner.path for inner in state.inner if state.kind is Kind.PARALLEL]
        waiting += [state.start] if state.start else []
        outer = [states[one] for one in ancestors(path) if one in states]
        for action in (*(a for one in outer for a in one.actions), *case_actions(definition, path)):
            waiting += definition.targets(action)
    return frozenset(entered)


def case_actions(definition: ProcessDefinition, path: str) -> list[Action]:
    """The actions of the whole case that are possible in a state."""
    return [
        action
        for action in definition.actions
        if any(is_within(path, source) for source in action.sources)
    ]


def check_gates(definition: ProcessDefinition) -> Iterator[Problem]:
    states = {state.path: state for state in definition.walk()}
    for action in definition.all_actions():
        gate, home = action.after, states.get(action.home)
        if gate is None:
            continue
        if gate.signed and (home is None or not home.slots):
            yield Problem(
                action.source,
                say("“{action}”写了 after: signed,但本环节无人签署", action=action.name),
                say("请写 sign: …"),
            )
        elif not gate.signed and (home is None or home.kind is not Kind.PARALLEL):
            yield Problem(
                action.source,
                say("after 只能用在并行环节的动作上,等的是这个环节自己的各支"),
                say("请写成同一个 parallel 的各支;要等别的案件,请用 children 或 gather"),
            )
        elif home is not None and not gate.signed:
            yield from _check_branches(action, home)


def _check_branches(action: Action, home: State) -> Iterator[Problem]:
    """A join waits for branches of its own, each once."""
    gate = action.after
    assert gate is not None
    if gate.count is not None and not (1 <= gate.count <= len(home.inner)):
        yield Problem(action.source, say("after: {count} 超出分支数", count=gate.count))
    own = [inner.path for inner in home.inner]
    for place, path in enumerate(gate.branches):
        name = path.rpartition(SEPARATOR)[2]
        if path in gate.branches[:place]:
            yield Problem(
                action.source,
                say(
                    "“{action}”的 after 把“{branch}”写了两遍:一支只办完一次",
                    action=action.name,
                    branch=name,
                ),
                say("要把好几件合成一件,请让每件自成一案,再用 gather 汇总"),
            )
        elif path and path not in own:
            yield Problem(
                action.source,
                say(
                    "“{branch}”不是“{state}”的一支,“{action}”等不到它",
                    branch=name,
                    state=home.path,
                    action=action.name,
                ),
                say("一处只等自己的各支;要一起等的请写进同一个 parallel,支里可以再套 parallel"),
            )


def check_left_branches(definition: ProcessDefinition) -> Iterator[Problem]:
    """Branches left open are done beside the case; it must not come back and open them again."""
    states = {state.path: state for state in definition.walk()}
    for action in definition.all_actions():
        home = states.get(action.home)
        if home is None or home.kind is not Kind.PARALLEL or action.rest != "keep":
            continue
        if home.path in reachable(definition, definition.targets(action)):
            yield Problem(
                action.source,
                say(
                    "“{action}”留着未完的支(rest: keep),以后却又会回到“{state}”,同一支就有两份待办",
                    action=action.name,
                    state=home.path,
                ),
                say("请写 rest: cancel,或一轮一个子案(start),上一轮收齐再开下一轮"),
            )


def check_own_children(definition: ProcessDefinition) -> Iterator[Problem]:
    """A procedure that opens itself must say when it does not."""
    caused = [(effect, state.source) for state in definition.walk() for effect in state.entry]
    caused += [
        (action.start, action.source)
        for action in definition.all_actions()
        if action.start is not None and action.auto and action.when is None
    ]
    for effect, source in caused:
        if isinstance(effect, StartCase) and effect.process == definition.name and not effect.when:
            yield Problem(
                source,
                say("“{process}”一到这里就再立一个“{process}”,没有尽头", process=definition.name),
                say("请写 when: not has_parent(),或由人办的动作来 start"),
            )


def check_checklists(definition: ProcessDefinition) -> Iterator[Problem]:
    """Lines wait for lines of the same list, and not for each other in a circle."""
    for state in definition.walk():
        items = state.checklist.items if state.checklist else ()
        after = {item.name: set(item.after) for item in items}
        for item in items:
            for name in item.after:
                if name not in after:
                    yield Problem(
                        state.source,
                        say("检查单“{item}”要等的“{name}”不在单上", item=item.name, name=name),
                        say("可用:{names}", names=tuple(after)),
                    )
        rest = {name: waits & set(after) for name, waits in after.items()}
        while ready := [name for name, waits in rest.items() if not waits]:
            rest = {name: waits - set(ready) for name, waits in rest.items() if waits}
        if rest:
            yield Problem(
                state.source,
                say("检查单 {items} 互相等待,谁也勾不了", items=tuple(rest)),
                say("请删去其中一个 after"),
            )
