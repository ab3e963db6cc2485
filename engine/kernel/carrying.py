"""Doing what has been found to be allowed: the act, its signature, and all that follows."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import UsageError
from engine.kernel import events as happened
from engine.kernel.auto import run_automatic
from engine.kernel.command import Decision, Option, Perform
from engine.kernel.consequences import follow_up
from engine.kernel.course import chosen_arm, come_back, is_on_detour, take
from engine.kernel.draft import Draft
from engine.kernel.hearing import Hearing
from engine.kernel.paper import with_scans
from engine.kernel.seats import Seat
from engine.kernel.signing import is_joint, note_what_is_seen, review, sign, uphold
from engine.language.definition import Action, Meaning, State
from engine.text import say


def carry_out(
    hearing: Hearing,
    command: Perform,
    option: Option,
    seat: Seat,
    passes: Callable[[int], bool],
) -> Decision:
    """The decision an allowed action comes to. Errors: `Impossible` where a book says no."""
    draft, action, state, task = hearing.draft, option.action, option.state, seat.task
    meaning = action.meaning if action.meaning is not Meaning.NONE else state.meaning
    if action.reason and meaning is Meaning.APPROVAL:
        meaning = Meaning.REJECTION
    draft.emit(
        happened.Acted(
            system=False,
            state=state.path,
            action=action.name,
            task=task.id if task else None,
            role=seat.role,
            duties=action.duties,
            meaning=meaning.value,
        )
    )
    leaves = option.detached_task is not None or _leaves(action, passes)
    signing = is_joint(draft, action, state) and (action.is_signature or leaves)
    if signing or (task is not None and leaves and meaning is not Meaning.NONE):
        note_what_is_seen(draft, state, seat, action)
    if signing and task is not None and not sign(hearing, task, state):
        return _decision(hearing, command, option, seat, meaning)
    if task is not None and leaves and not signing:
        draft.emit(happened.TaskCompleted(task=task.id, by=hearing.party))
    follow_up(draft, action)
    uphold(draft, action.stand)
    if option.detached_task is None:
        _move(draft, action, command, state, passes, leaves)
    run_automatic(draft)
    return _decision(hearing, command, option, seat, meaning)


def _move(
    draft: Draft,
    action: Action,
    command: Perform,
    state: State,
    passes: Callable[[int], bool],
    leaves: bool,
) -> None:
    if leaves and not action.reason and is_on_detour(draft, state.path):
        come_back(draft, action.name)
        return
    take(draft, action, state.path, passes, _reopened(action, command, state, draft))


def _leaves(action: Action, passes: Callable[[int], bool]) -> bool:
    chosen = chosen_arm(action, passes)
    return (chosen is not None and chosen.moves) or passes(len(action.arms))


def _reopened(action: Action, command: Perform, state: State, draft: Draft) -> tuple[str, ...]:
    """The full paths of the branches to be opened again; () if it is not that kind of move.

    Errors: `UsageError` if the person must choose and named none, or a wrong one.
    """
    if action.reopen is None:
        return ()
    target = next(arm.to for arm in action.arms if arm.to is not None)
    branches = {inner.name: inner.path for inner in draft.situation.definition.state(target).inner}
    names = action.reopen or command.reopen
    wrong = [name for name in names if name.rpartition("/")[2] not in branches]
    if not names or wrong:
        raise UsageError(say("请用 --reopen 指明退回哪一支:{branches}", branches=tuple(branches)))
    return tuple(branches[name.rpartition("/")[2]] for name in names)


def _decision(
    hearing: Hearing,
    command: Perform,
    option: Option,
    seat: Seat,
    meaning: Meaning,
) -> Decision:
    role = seat.slot.role if seat.slot else None
    review(hearing.draft)
    hearing.draft.require_balance()
    return Decision(
        action=option.action.name,
        state=option.state.path,
        task=seat.task.id if seat.task else None,
        events=tuple(hearing.draft.events),
        values=with_scans(hearing.draft.values, command.paper),
        facts=dict(hearing.draft.read),
        meaning=meaning,
        principal=hearing.principal,
        recorded_for=(role.collective or role.outsider) if role else None,
        reason=command.reason,
    )
