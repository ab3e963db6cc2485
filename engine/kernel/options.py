"""What can be asked for in a case as it stands: states in work, actions, gates."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import UnknownName
from engine.kernel.case import Case
from engine.kernel.command import Option
from engine.language.definition import (
    Gate,
    Kind,
    ProcessDefinition,
    State,
    ancestors,
    is_done,
    is_within,
)
from engine.language.forms import Field, Values
from engine.language.rights import shown_of, without
from engine.text import say


def states_in_work(definition: ProcessDefinition, case: Case) -> tuple[State, ...]:
    """The active states, inner before outer, each once; finished branches are not in work."""
    known = {state.path: state for state in definition.walk()}
    paths = dict.fromkeys(
        path
        for leaf in case.configuration
        for path in (ancestors(leaf)[1:] if is_done(leaf) else ancestors(leaf))
    )
    finished = {leaf.rpartition("/")[0] for leaf in case.configuration if is_done(leaf)}
    return tuple(known[path] for path in paths if path in known and path not in finished)


def visible_fields(definition: ProcessDefinition, case: Case) -> tuple[Field, ...]:
    """The fields people are shown while the case is where it is: not all, as in a blind count."""
    hidden = [name for state in states_in_work(definition, case) for name in state.hide]
    return without(definition.form.fields, hidden)


def visible_values(definition: ProcessDefinition, case: Case) -> Values:
    """The values of those fields, tables without the columns that are hidden."""
    return {
        field.name: shown_of(field, case.values[field.name])
        for field in visible_fields(definition, case)
        if field.name in case.values
    }


def options(definition: ProcessDefinition, case: Case) -> Iterator[Option]:
    """Every action somebody could ask for now, those of inner states first."""
    if case.closed_at is None:
        for state in states_in_work(definition, case):
            for action in state.actions:
                yield Option(action=action, state=state, role=None)
        for action in definition.actions:
            source = next((path for path in action.sources if case.is_in(path)), None)
            if source is not None:
                yield Option(action=action, state=definition.state(source), role=None)
    for task in case.open_tasks:
        if task.detached:
            state = definition.state(task.state)
            for action in state.actions:
                yield Option(action=action, state=state, role=None, detached_task=task.id)


def find_options(
    definition: ProcessDefinition, case: Case, name: str, branch: str | None
) -> tuple[Option, ...]:
    """The options of this name, within a branch if one is named.

    Errors: `UnknownName` if the procedure knows no such action or branch at all.
    """
    known = {action.name for action in definition.all_actions()}
    if name not in known:
        raise UnknownName(say("动作"), name, sorted(known))
    return tuple(
        option
        for option in options(definition, case)
        if option.action.name == name and _is_there(option.state.path, branch)
    )


def require_branch(definition: ProcessDefinition, branch: str | None) -> None:
    """Refuse a branch name the procedure does not have."""
    if branch is None:
        return
    names = {state.path for state in definition.walk()} | {s.name for s in definition.walk()}
    if branch not in names:
        raise UnknownName(say("环节"), branch, sorted(names))


def _is_there(path: str, branch: str | None) -> bool:
    return branch is None or any(
        part == branch or part.rpartition("/")[2] == branch for part in ancestors(path)
    )


def _put_to_work(state: State, case: Case) -> tuple[str, ...]:
    """The branches that were opened when the parallel state was last entered."""
    since = case.entered[state.path]
    opened = {path for path, at in case.entered.items() if at >= since}
    return tuple(inner.path for inner in state.inner if inner.path in opened)


def unfinished(gate: Gate, state: State, case: Case) -> tuple[str, ...]:
    """The branches an action still waits for; empty when its gate is open."""
    if gate.signed or state.kind is not Kind.PARALLEL:
        return ()
    open_ones = case.unfinished(state.path)
    if gate.branches:
        return tuple(
            path for path in open_ones if any(is_within(path, name) for name in gate.branches)
        )
    if gate.count is not None:
        in_work = _put_to_work(state, case)
        wanted = min(gate.count, len(in_work))
        return () if len(in_work) - len(set(open_ones)) >= wanted else open_ones
    return open_ones
