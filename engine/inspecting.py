"""Reading a case on record: who looked at it, signed by him; who may not is refused.

Those concerned may, and their departments; the auditors, who act nowhere; and whoever holds the
power `read` (roster.yaml). A file that somebody can open is not closed by this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.catalog import SYS
from engine.desk import Desk
from engine.evidence.signing import Signer
from engine.kernel.case import Case
from engine.kernel.command import Reason, Refusal, in_order, no_power
from engine.kernel.office_events import Inspected
from engine.language.forms import Value
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
        reasons.append(no_power(text, tuple(map(roster.name_of, roster.powers(POWER)))))
    refused = refuse_reading(desk, INSPECT, reasons, actor, signer)
    if refused is not None:
        return refused
    return case, record_reading(desk, INSPECT, {"case": case.number}, (case.number,), actor, signer)


def refuse_reading(
    desk: Desk, act: str, reasons: Iterable[Reason], actor: str, signer: Signer
) -> Refused | None:
    """The refusal, on record, for these reasons or for a key that is not the reader's; or None."""
    found = list(reasons)
    if not desk.keys().is_valid(actor, signer.key_id):
        name = desk.catalog.roster(desk.clock()).name_of(actor)
        found.append(desk.key_problem(signer, name))
    if not found:
        return None
    refusal = Refusal(action=act, state="", reasons=in_order(found))
    return desk.refuse_outside(refusal, actor, signer)


def record_reading(
    desk: Desk,
    act: str,
    asked: Mapping[str, Value],
    found: tuple[str, ...],
    actor: str,
    signer: Signer,
) -> Receipt:
    """What was asked for and which cases were shown, signed by whoever reads."""
    account = Account(typ="read", act=act, events=(Inspected(asked=asked, found=found),))
    return desk.append(SYS, account, (), actor, signer)


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
