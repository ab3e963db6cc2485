"""A sample of cases that anybody can draw again: same cases, same seed, same list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from engine.desk import Desk, Receipt, Refused
from engine.evidence.signing import Signer
from engine.inspecting import record_reading, refuse_reading
from engine.kernel.command import ROLE, Reason
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
    reasons = []
    if not roster.is_readonly(actor):
        text = say("{person} 不是审计人员,不得抽样", person=roster.name_of(actor))
        reasons.append(Reason(code=ROLE, text=text))
    refused = refuse_reading(desk, SAMPLE, reasons, actor, signer)
    if refused is not None:
        return refused
    since, until = span
    cases = {
        row.number: row
        for row in desk.store.cases(process=process)
        if (since is None or row.opened_at >= since) and (until is None or row.opened_at < until)
    }
    drawn = draw(cases, count, seed)
    asked = {
        "process": process,
        "since": since,
        "until": until,
        "count": count,
        "seed": seed,
        "among": len(cases),
    }
    receipt = record_reading(desk, SAMPLE, asked, drawn, actor, signer)
    return tuple(cases[number] for number in drawn), receipt
