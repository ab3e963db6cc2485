"""Which of a procedure's transitions some played case has gone through."""

from __future__ import annotations

from engine.kernel.events import Acted, StatesMoved
from engine.language.definition import Action, ProcessDefinition, is_within
from engine.store.store import Store

Transition = tuple[str, str, str]  # state, action, target; no target where none is left or entered


def transitions_of(definition: ProcessDefinition) -> frozenset[Transition]:
    """Every way through a procedure; actions it refuses by name lead nowhere."""
    return frozenset(
        (source, action.name, to)
        for action in definition.all_actions()
        if action.refuse is None
        for source in sources_of(action)
        for to in (tuple(definition.targets(action)) or ("",))
    )


def sources_of(action: Action) -> tuple[str, ...]:
    return (action.home,) if action.home else action.sources


def taken(store: Store, definition: ProcessDefinition) -> frozenset[Transition]:
    """The transitions the store's cases of this procedure have gone through."""
    every = transitions_of(definition)
    found: set[Transition] = set()
    for row in store.cases(process=definition.name):
        for stored in store.records(f"case/{row.id}"):
            acted: Acted | None = None
            entered: list[str] = []
            for event in (*stored.events, None):
                if isinstance(event, StatesMoved):
                    entered += event.entered
                elif isinstance(event, Acted) or event is None:
                    found |= {one for one in every if acted and is_one(one, acted, entered)}
                    acted, entered = event, []
    return frozenset(found)


def is_one(transition: Transition, acted: Acted, entered: list[str]) -> bool:
    source, action, to = transition
    return (
        acted.action == action
        and is_within(acted.state, source)
        and (not to or any(is_within(path, to) for path in entered))
    )
