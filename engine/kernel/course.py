"""Off the ordinary way: straight to a state, and straight back to whoever sent the case there."""

from __future__ import annotations

from collections.abc import Callable

from engine.kernel import events as happened
from engine.kernel.draft import Draft
from engine.language.definition import Action, Arm, Kind, State, is_done, is_within


def jump(draft: Draft, to: str, name: str, branches: tuple[str, ...] = ()) -> None:
    """Move the case to a state (engine/language/everyday_loader.py, `landing_states`).

    `branches` are the full paths of those of a parallel state that are opened; () is all.
    """
    action = draft.situation.definition.jump
    if action is None:
        return
    number = next(n for n, arm in enumerate(action.arms) if arm.to == to)
    step = draft.situation.chart.step(draft.case.configuration, action, lambda arm: arm == number)
    if step is not None:
        draft.move(step, action, branches, name=name)


def landing_of(draft: Draft, path: str) -> State | None:
    """The state one jumps to in order to be at `path`."""
    action = draft.situation.definition.jump
    for arm in action.arms if action else ():
        if arm.to is not None and is_within(path, arm.to):
            return draft.situation.definition.state(arm.to)
    return None


def go_back_to(
    draft: Draft, configuration: tuple[str, ...], name: str, *, keep: bool = False
) -> None:
    """Put the case where it was: of a parallel state only the branches then in work.

    With `keep` what was signed there stands and is not asked anew.
    """
    landing = landing_of(draft, configuration[0])
    if landing is None:
        return
    if keep:
        draft.emit(happened.CameBack(kept=tuple(state.path for state in landing.walk())))
    jump(draft, landing.path, name, branches_of(landing, configuration))


def take(
    draft: Draft,
    action: Action,
    path: str,
    passes: Callable[[int], bool],
    reopen: tuple[str, ...] = (),
) -> None:
    """Go where an action leads that is done in the state `path`, if it leads anywhere.

    With `back` that is where the case was before it last came to this state.
    """
    chosen = chosen_arm(action, passes)
    if chosen is not None and chosen.is_back:
        came = next((one for one in reversed(draft.case.moves) if path in one.entered), None)
        if came is not None and came.before:
            go_back_to(draft, came.before, action.name, keep=True)
        return
    step = draft.situation.chart.step(draft.case.configuration, action, passes)
    if step is not None:
        draft.move(step, action, reopen)


def chosen_arm(action: Action, passes: Callable[[int], bool]) -> Arm | None:
    return next((arm for number, arm in enumerate(action.arms) if passes(number)), None)


def branches_of(landing: State, configuration: tuple[str, ...]) -> tuple[str, ...]:
    """The branches of a parallel state that were in work."""
    if landing.kind is not Kind.PARALLEL:
        return ()
    return tuple(
        branch.path
        for branch in landing.inner
        if any(is_within(leaf, branch.path) and not is_done(leaf) for leaf in configuration)
    )


def is_on_detour(draft: Draft, path: str) -> bool:
    """Whether the work of this state is what somebody sent the case back for."""
    detour = draft.case.detour
    return detour is not None and is_within(path, detour.to)


def come_back(draft: Draft, name: str) -> None:
    """Straight back to whoever sent the case away: signatures that stand are not asked anew."""
    if draft.case.detour is not None:
        go_back_to(draft, draft.case.detour.origin, name, keep=True)
