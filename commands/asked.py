"""From the words of a `do` to the one command of the kernel that they ask for."""

from __future__ import annotations

from commands.entry import Entered, Entry, Sheet, read_day
from commands.typed import Typed
from engine.errors import UnknownName, UsageError
from engine.kernel.command import (
    Claim,
    Command,
    Everyday,
    Fill,
    Perform,
    Release,
    TickItems,
    is_everyday,
)
from engine.language.definition import (
    CLAIM,
    FILL,
    RELEASE,
    RETURN,
    TICK,
    ProcessDefinition,
)
from engine.language.forms import tidy
from engine.reading.names import BUILT_IN
from engine.text import say, translate

AFTER = "after"
THEN = {"back": True, "replay": False}


def require_known(definition: ProcessDefinition, action: str) -> None:
    """Refuse a word that is no action at all, with the nearest that is. Errors: `UnknownName`."""
    names = [one.name for one in definition.all_actions()]
    names += BUILT_IN
    if action in names:
        return
    if action.isascii():  # what is typed in English is nearest to an English name
        found = {one.name: one.en for one in definition.all_actions()}
        names = [found.get(one) or translate(one, "en") for one in names]
    raise UnknownName(say("动作"), action, names)


def command_of(
    entry: Entry,
    actor: str,
    action: str,
    typed: Typed,
    *,
    entered: Entered,
    sheet: Sheet,
) -> Command:
    """The command somebody asks for. Errors: `UsageError` naming what does not fit together."""
    desk, definition = entry.desk, entry.definition
    roster = desk.catalog.roster(desk.clock())
    principal = roster.person(typed.principal).id if typed.principal else None
    require_known(definition, action)
    everyday = is_everyday(definition, action, typed.to)
    inside = action in (CLAIM, RELEASE, FILL, TICK)
    if sheet.paper is not None and (inside or everyday):
        raise UsageError(say("“{action}”不是签字,不能补录", action=action))
    if (typed.to or typed.until or typed.then or typed.is_after) and not everyday:
        raise UsageError(say("“{action}”不用 --to、--until、--then、--after", action=action))
    branch, values = typed.branch, entered.values
    if action == CLAIM:
        return Claim(actor=actor, branch=branch)
    if action == RELEASE:
        return Release(actor=actor, branch=branch)
    if action == FILL:
        return Fill(actor=actor, values=values, principal=principal, branch=branch)
    if action == TICK:
        return TickItems(actor=actor, items=typed.item, principal=principal, branch=branch)
    reason = tidy(typed.reason) if typed.reason else None
    if everyday:
        if typed.then is not None and typed.then not in THEN:
            raise UnknownName(say("写法"), typed.then, THEN)
        to_state = action == RETURN or not typed.to
        return Everyday(
            verb=action,
            actor=actor,
            principal=principal,
            branch=branch,
            people=() if to_state else tuple(roster.person(one).id for one in typed.to),
            state=typed.to[0] if typed.to else None,
            is_before=typed.is_after is None,
            returns=THEN[typed.then] if typed.then else None,
            until=read_day(typed.until) if typed.until else None,
            values=values,
            reason=reason,
        )
    return Perform(
        action=action,
        actor=sheet.signer,
        principal=principal,
        branch=branch,
        reopen=typed.reopen,
        values=values,
        row=entry.row(action, typed.row),
        reason=reason,
        paper=sheet.paper,
    )
