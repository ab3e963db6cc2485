"""Reading a case on record: who looked at it, signed by him; who may not is refused.

Those concerned may, and their departments; the auditors, who act nowhere; and whoever holds the
power `read` (roster.yaml). A file that somebody can open is not closed by this.
"""

from __future__ import annotations

from engine.catalog import SYS
from engine.desk import Desk
from engine.evidence.signing import Signer
from engine.kernel.case import Case
from engine.kernel.command import ROLE, Reason, Refusal, in_order
from engine.kernel.events import Inspected
from engine.language.roster import RosterView
from engine.receipts import Receipt, Refused
from engine.scribe import Account
from engine.text import say

POWER = "read"
INSPECT = "查阅"


def inspect_case(
    desk: Desk, reference: str, actor: str, signer: Signer
) -> tuple[Case, Receipt] | Refused:
    """A case by number or id, for somebody to read; the record says who asked for which.

    Errors: `UsageError` for a case that is not there.
    """
    case = desk.case(reference)
    roster = desk.catalog.roster(desk.clock())
    reasons = []
    if not may_read(roster, case, actor):
        text = say(
            "{person} 无权查阅 {number}:不是经办人,也不是本部门的案件",
            person=roster.name_of(actor),
            number=case.number,
        )
        able = tuple(roster.name_of(one) for one in roster.powers(POWER))
        remedy = say("应由 {people} 办理", people=able or say("(无人在岗)"))
        reasons.append(Reason(code=ROLE, text=text, remedy=remedy))
    if not desk.keys().is_valid(actor, signer.key_id):
        reasons.append(desk.key_problem(signer, roster.name_of(actor)))
    if reasons:
        refusal = Refusal(action=INSPECT, state="", reasons=in_order(reasons))
        return desk.refuse_outside(refusal, actor, signer)
    event = Inspected(asked={"case": case.number}, found=(case.number,))
    account = Account(typ="read", act=INSPECT, events=(event,))
    return case, desk.append(SYS, account, (), actor, signer)


def may_read(roster: RosterView, case: Case, person: str) -> bool:
    """Whether somebody is concerned by a case, or may read those of others."""
    if roster.is_readonly(person) or person in roster.powers(POWER):
        return True
    own = roster.department_of(person)
    if own is not None and own == (case.department or roster.department_of(case.initiator)):
        return True
    asked = {one for task in case.tasks for one in task.people}
    acted = {one for act in case.acts for one in act.people}
    return person in {case.initiator, *case.copied, *asked, *acted}
