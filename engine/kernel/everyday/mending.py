"""更正 and 重签: put right by a new version, signed again by exactly those it touches."""

from __future__ import annotations

from engine.errors import UsageError
from engine.kernel import events as happened
from engine.kernel.case import Purpose
from engine.kernel.command import ROLE
from engine.kernel.everyday.asking import Asking
from engine.kernel.hearing import check_form, enter
from engine.kernel.signing import give
from engine.language.definition import SIGN_AGAIN
from engine.language.rights import fields_in
from engine.text import say


def correct(asking: Asking) -> None:
    """Fields get their right values, in red: the old ones and their signatures stay on record."""
    asking.require_who((), say("流程规定的人"))
    asking.require_within()
    asking.require_reason()
    draft, values = asking.draft, asking.command.values
    if not values:
        raise UsageError(say("请用 --set 写明更正哪个字段"))
    if draft.case.closed_at is not None and not asking.rule.within:
        asking.no(say("本案已办结;须在规程里写明办结后可以更正"))
    same = tuple(name for name, value in values.items() if draft.case.values.get(name) == value)
    if same:
        asking.no(say("这些字段本来就是这个值:{fields}", fields=same))
    changed = tuple(name for name in values if name not in same)
    allowed = fields_in(asking.rule.fields)
    strangers = tuple(name for name in values if name not in allowed)
    if strangers:
        asking.no(say("只能更正 {fields}", fields=asking.rule.fields))
    if asking.hearing.reasons:
        return
    for name in changed:
        draft.read[f"was({name})"] = draft.case.values.get(name)
    draft.emit(happened.Corrected(fields=changed))
    enter(asking.hearing, values, asking.rule.fields)
    check_form(asking.hearing, frozenset(changed), frozenset())


def sign_again(asking: Asking) -> None:
    """The signer of a fallen signature has looked at what changed and signs it as it is now."""
    task = asking.my_question(Purpose.SIGN_AGAIN)
    if task is None:
        asking.no(say("没有请 {person} 重签的", person=asking.name(asking.party)), ROLE)
        return
    draft = asking.draft
    state = draft.situation.definition.state(task.state)
    draft.emit(happened.TaskSigned(task=task.id, by=asking.party))
    draft.emit(happened.TaskCompleted(task=task.id, by=asking.party))
    give(draft, state, draft.case.task(task.id), SIGN_AGAIN)
    assert task.signature is not None
    draft.emit(happened.SignaturesSetAside(signatures=(task.signature,)))
