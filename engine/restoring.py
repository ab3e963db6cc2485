"""Going on from a copy after newer records were lost: one registrar signs, another consents.

evidence-spec.md §9.1. The record is written into the copy before anybody works in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from engine.catalog import SYS
from engine.desk import Desk
from engine.errors import EvidenceError, UsageError
from engine.evidence.canonical import find_flaw
from engine.evidence.checkpoint import load_checkpoint, note_problem
from engine.evidence.log import empty_root, merkle_root
from engine.evidence.record import Party
from engine.evidence.restoration import (
    FIRST,
    LAST,
    RESTORE,
    Lost,
    log_number,
    others,
    restoration_matter,
)
from engine.kernel.office_events import Approver, Restored
from engine.receipts import Receipt
from engine.redacting import Hand
from engine.restorations import restorations_of
from engine.scribe import Account
from engine.text import say

GO_ON = "恢复备份"


def go_on(
    desk: Desk,
    notes: Iterable[str],
    reason: str,
    by: Hand,
    second: Hand | None = None,
    newest: int = FIRST,
) -> Receipt:
    """Put on record that this copy goes on, and what is known to have been lost.

    `notes`: the checkpoints known of the store, wherever they were kept; `newest`: the newest log
    known to have been, if only by its number. Errors: `UsageError` for whoever may not sign,
    `EvidenceError` for a note that is not one of this store's.
    """
    flaw = say("请写明缘由") if not reason.strip() else find_flaw(reason, free=False)
    if flaw is not None:
        raise UsageError(flaw)
    _require_registrars(desk, by, second)
    store, leaves = desk.store, desk.store.leaves()
    logs = [FIRST, *(one.log for one in restorations_of(store))]
    none = Lost(log=logs[-1], size=0, root=empty_root(store.suite).hex())
    lost = max((none, *(_read(desk, one) for one in notes)), key=lambda one: (one.log, one.size))
    kept, root = len(leaves), merkle_root(leaves, store.suite).hex()
    log = 1 + max(lost.log, newest, *logs)
    if log > LAST:
        raise UsageError(say("日志的号已用尽(至多 {last}),不能再从备份续办", last=LAST))
    consents: tuple[Approver, ...] = ()
    if second is not None:
        roster = desk.catalog.roster(desk.clock())
        who = Party(uid=second.uid, name=roster.name_of(second.uid))
        matter = restoration_matter(kept, root, log, lost, reason)
        consents = (Approver(**asdict(desk.consent(who, second.signer, matter))),)
    event = Restored(
        kept=kept,
        root=root,
        log=log,
        lost_log=lost.log,
        lost_size=lost.size,
        lost_root=lost.root,
        reason=reason,
        consents=consents,
    )
    account = Account(typ=RESTORE, act=GO_ON, meaning="responsibility", events=(event,))
    return desk.append(SYS, account, (), by.uid, by.signer)


def _require_registrars(desk: Desk, by: Hand, second: Hand | None) -> None:
    roster, keys = desk.catalog.roster(desk.clock()), desk.keys()
    for one in (by, *((second,) if second else ())):
        if not keys.is_registrar(one.uid):
            named = tuple(map(roster.name_of, keys.registrars))
            name = roster.name_of(one.uid)
            raise UsageError(say("{who} 不是登记人员;现有:{known}", who=name, known=named))
        if not keys.is_valid(one.uid, one.signer.key_id):
            raise UsageError(desk.key_problem(one.signer, roster.name_of(one.uid)).text)
    able = others(keys, by.uid, keys.seq)
    if second is None and able:
        named = tuple(map(roster.name_of, able))
        raise UsageError(say("须有另一名登记人员同意(--second):{people}", people=named))
    if second is not None and second.uid == by.uid:
        raise UsageError(say("同意须由另一人签"))


def _read(desk: Desk, note: str) -> Lost:
    made = load_checkpoint(note)
    log = log_number(desk.store.origin, made.origin)
    if log is None:
        raise EvidenceError(say("检查点属于另一处:{origin}", origin=made.origin[:80]))
    problem = note_problem(made, made.origin, desk.service_keys())
    if problem is not None:
        raise EvidenceError(problem)
    return Lost(log=log, size=made.size, root=made.root)
