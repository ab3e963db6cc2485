"""What was done on paper and is entered afterwards: honest about both times and both people.

The signer is judged by the roster of the day it happened, like any other; the clerk who
enters it must be one the procedure names, and the scan goes with the record.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.kernel.command import ATTACHMENT, GUARD, READONLY, ROLE, Paper
from engine.kernel.hearing import Hearing
from engine.language.forms import Value
from engine.text import say

SCAN = "@scan"  # where the record keeps the scans: no field can be called so


def check_paper(hearing: Hearing, paper: Paper | None) -> None:
    """Say what speaks against entering this act from paper."""
    if paper is None:
        return
    situation, draft = hearing.draft.situation, hearing.draft
    roster = situation.roster
    if roster.is_readonly(paper.recorder):
        text = say("{person} 的账号只读,不得办理业务", person=roster.name_of(paper.recorder))
        hearing.no(READONLY, text)
    allowed = situation.definition.paper
    people = draft.facts().people(allowed) if allowed is not None else ()
    if paper.recorder not in people:
        hearing.no(
            ROLE,
            say(
                "{person} 不能补录本流程的纸质单据;应由 {people} 补录",
                person=roster.name_of(paper.recorder),
                people=tuple(roster.name_of(one) for one in people) or (say("(无人在岗)"),),
            ),
            source=situation.definition.source,
        )
    if not paper.scans:
        hearing.no(ATTACHMENT, say("补录须附纸质原件的扫描件"))
    zone = situation.calendar.zone
    if situation.recorded is not None and situation.at > situation.recorded:
        hearing.no(GUARD, say("发生时间不能晚于现在"))
    if situation.at < draft.case.latest:
        hearing.no(
            GUARD,
            say(
                "发生时间不能早于本案的上一步({at})",
                at=draft.case.latest.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            ),
        )


def with_scans(values: Mapping[str, Value], paper: Paper | None) -> dict[str, Value]:
    """The values of a record, with the scans of the paper it was entered from."""
    return {**values, **({SCAN: paper.scans} if paper else {})}
