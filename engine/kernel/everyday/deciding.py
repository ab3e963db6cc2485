"""Judging an everyday action: allowed here, by this person, within its limits?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.kernel import events as happened
from engine.kernel.auto import run_automatic
from engine.kernel.case import Case
from engine.kernel.command import GUARD, Decision, Everyday, Refusal
from engine.kernel.delegating import check_delegation, check_limit
from engine.kernel.everyday import back, hands, mending, pause, words
from engine.kernel.everyday.asking import Asking
from engine.kernel.hearing import hear, refusal_of
from engine.kernel.signing import review
from engine.kernel.situation import Situation
from engine.language.definition import (
    ADD_SIGNER,
    COMMENT,
    CONSENT,
    CONSIGN,
    COPY,
    CORRECT,
    DECLINE,
    DROP_SIGNER,
    EVERYDAY,
    HAND_BACK,
    REOPEN,
    RESUME,
    RETURN,
    SIGN_AGAIN,
    SUSPEND,
    TRANSFER,
    URGE,
    WITHDRAW,
    EverydayRule,
    Meaning,
)
from engine.text import say

ACTS: Mapping[str, Callable[[Asking], None]] = {
    TRANSFER: hands.transfer,
    CONSIGN: hands.consign,
    HAND_BACK: hands.hand_back,
    ADD_SIGNER: hands.add_signer,
    DROP_SIGNER: hands.drop_signer,
    URGE: words.urge,
    COPY: words.copy,
    COMMENT: words.comment,
    SUSPEND: pause.suspend,
    RESUME: pause.resume,
    RETURN: back.send_back,
    WITHDRAW: back.withdraw,
    CONSENT: back.consent,
    DECLINE: back.decline,
    REOPEN: back.reopen,
    CORRECT: mending.correct,
    SIGN_AGAIN: mending.sign_again,
}
MEANINGS = {
    CONSENT: Meaning.REVIEW,
    CORRECT: Meaning.AUTHORSHIP,
    RETURN: Meaning.REJECTION,
    DECLINE: Meaning.REJECTION,
}
WHILE_SUSPENDED = (RESUME, COMMENT, COPY, URGE)
AFTER_THE_END = (REOPEN, COMMENT, COPY, CORRECT, SIGN_AGAIN)


def decide_everyday(
    case: Case, command: Everyday, situation: Situation, seq: int
) -> Decision | Refusal:
    """Judge an everyday action. Errors: `UsageError` where what was typed is not enough."""
    hearing = hear(case, command.actor, command.principal, situation, seq)
    definition = situation.definition
    here = case.configuration[0]
    rule = definition.allowed(EVERYDAY[command.verb]) if command.verb in EVERYDAY else None
    if command.verb == SIGN_AGAIN:
        rule = _sign_again_rule(situation)
    if rule is None:
        hearing.no(
            GUARD,
            say("流程“{process}”没有开“{action}”", process=definition.name, action=command.verb),
            remedy=say("由流程负责人在 everyday 里写明"),
        )
        return refusal_of(hearing, command.verb, here)
    check_delegation(hearing)
    check_limit(hearing)
    if case.closed_at is not None and command.verb not in AFTER_THE_END:
        hearing.close(case)
        return refusal_of(hearing, command.verb, here)
    if case.is_suspended and command.verb not in WHILE_SUSPENDED:
        hearing.no(GUARD, say("本案已挂起,恢复后再办"))
    return _judged(Asking(hearing=hearing, command=command, rule=rule, case=case))


def _judged(asking: Asking) -> Decision | Refusal:
    hearing, draft, command = asking.hearing, asking.draft, asking.command
    task = asking.my_task()
    state = task.state if task else asking.case.configuration[0]
    meaning = MEANINGS.get(command.verb, Meaning.NONE)
    if command.verb == SIGN_AGAIN and task is not None:
        meaning = draft.situation.definition.state(state).meaning
    draft.emit(
        happened.Acted(
            system=False,
            state=state,
            action=command.verb,
            task=task.id if task else None,
            role="",
            duties=(),
            meaning=meaning.value,
        )
    )
    ACTS[command.verb](asking)
    if hearing.reasons:
        return refusal_of(hearing, command.verb, state)
    run_automatic(draft)
    review(draft)
    draft.require_balance()
    return Decision(
        action=command.verb,
        state=state,
        task=task.id if task else None,
        events=tuple(draft.events),
        values=dict(draft.values),
        facts=dict(draft.read),
        meaning=meaning,
        principal=hearing.principal,
        reason=command.reason,
    )


def _sign_again_rule(situation: Situation) -> EverydayRule:
    """A fallen signature can always be given again: no procedure can switch that off."""
    return EverydayRule(
        word="sign_again",
        within=(),
        who=None,
        to=None,
        limit=None,
        span=None,
        consent=False,
        targets=(),
        then="replay",
        fields=(),
        source=situation.definition.source,
    )
