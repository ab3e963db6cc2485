"""Acting in another's name: only on a delegation in force, for this process, never onward."""

from __future__ import annotations

from engine.kernel.command import DELEGATION
from engine.kernel.hearing import Hearing
from engine.text import say


def check_delegation(hearing: Hearing) -> None:
    """The actor may stand in for the principal he names."""
    situation = hearing.draft.situation
    granted = [
        delegation
        for delegation in situation.roster.delegations_to(hearing.actor)
        if delegation.from_person == hearing.principal
        and (not delegation.processes or situation.definition.name in delegation.processes)
    ]
    if not granted:
        hearing.no(
            DELEGATION,
            say(
                "{person} 此时没有 {principal} 的有效委托",
                person=situation.roster.name_of(hearing.actor),
                principal=situation.roster.name_of(hearing.principal or ""),
            ),
        )
