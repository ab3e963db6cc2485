"""A sample of cases that anybody can draw again: same cases, same seed, same list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from engine.catalog import SYS
from engine.desk import Desk, Receipt, Refused
from engine.evidence.signing import Signer
from engine.kernel.command import ROLE, Reason, Refusal, in_order
from engine.kernel.events import Inspected
from engine.scribe import Account
from engine.store.rows import CaseRow
from engine.text import say

SAMPLE = "抽样"


def draw(numbers: Iterable[str], count: int, seed: str) -> tuple[str, ...]:
    """`count` of these case numbers, or all if there are no more; in the order of the numbers.

    Drawn are those whose SHA-256(seed ‖ 0x0A ‖ number) are the smallest: whoever has the list
    and the seed gets the same, with any program.
    """

    def lot(number: str) -> bytes:
        return hashlib.sha256(f"{seed}\n{number}".encode()).digest()

    return tuple(sorted(sorted(set(numbers), key=lot)[:count]))


def draw_cases(
    desk: Desk,
    process: str,
    span: tuple[datetime | None, datetime | None],
    count: int,
    seed: str,
    actor: str,
    signer: Signer,
) -> tuple[tuple[CaseRow, ...], Receipt] | Refused:
    """A sample of the cases of a process opened in a span of time (until is not in it).

    Only those may draw who look on and do not act; it is put on record, signed by them.
    """
    roster = desk.catalog.roster(desk.clock())
    name, reasons = roster.name_of(actor), []
    if not roster.is_readonly(actor):
        text = say("{person} 不是审计人员,不得抽样", person=name)
        reasons.append(Reason(code=ROLE, text=text))
    if not desk.keys().is_valid(actor, signer.key_id):
        reasons.append(desk.key_problem(signer, name))
    if reasons:
        refusal = Refusal(action=SAMPLE, state="", reasons=in_order(reasons))
        return desk.refuse_outside(refusal, actor, signer)
    since, until = span
    cases = {
        row.number: row
        for row in desk.store.cases(process=process)
        if (since is None or row.opened_at >= since) and (until is None or row.opened_at < until)
    }
    drawn = draw(cases, count, seed)
    event = Inspected(
        asked={
            "process": process,
            "since": since,
            "until": until,
            "count": count,
            "seed": seed,
            "among": len(cases),
        },
        found=drawn,
    )
    account = Account(typ="read", act=SAMPLE, events=(event,))
    receipt = desk.append(SYS, account, (), actor, signer)
    return tuple(cases[number] for number in drawn), receipt
