"""Moves nobody has to ask for: joins that open and conditions that become true."""

from __future__ import annotations

from engine.errors import GuichengError
from engine.kernel import events as happened
from engine.kernel.command import Option
from engine.kernel.consequences import follow_up
from engine.kernel.course import take
from engine.kernel.draft import AUTO_LIMIT, Draft
from engine.kernel.entries import plan_entries
from engine.kernel.options import options, unfinished
from engine.text import say


def run_automatic(draft: Draft) -> None:
    """Perform automatic actions until none is possible.

    Errors: `GuichengError` after `AUTO_LIMIT` moves: the procedure goes round in circles.
    """
    for _ in range(AUTO_LIMIT):
        option = next((one for one in _automatic(draft)), None)
        if option is None:
            return
        perform(draft, option)
    raise GuichengError(say("流程“{name}”自动流转不止", name=draft.situation.definition.name))


def perform(draft: Draft, option: Option) -> None:
    """Let the system do an action: the act is marked as the system's own."""
    action, state = option.action, option.state
    draft.emit(
        happened.Acted(
            system=True,
            state=state.path,
            action=action.name,
            task=None,
            role="",
            duties=(),
            meaning="none",
        )
    )
    follow_up(draft, action)
    facts = draft.facts()
    take(
        draft,
        action,
        state.path,
        lambda arm: arm < len(action.arms) and facts.holds(action.arms[arm].when),
    )


def is_possible(draft: Draft, option: Option) -> bool:
    """Whether gate, condition and rules of a system action all allow it now."""
    action, state = option.action, option.state
    if action.after is not None and action.after.signed:
        return False
    if action.after is not None and unfinished(action.after, state, draft.case):
        return False
    facts = draft.facts()
    return (
        facts.holds(action.when)
        and all(facts.holds(rule.that) for rule in action.need)
        and not plan_entries(action.post, facts).reasons
    )


def _automatic(draft: Draft) -> tuple[Option, ...]:
    if draft.case.is_suspended or draft.case.to_sign_again():
        return ()
    return tuple(
        option
        for option in options(draft.situation.definition, draft.case)
        if option.action.auto and option.detached_task is None and is_possible(draft, option)
    )
