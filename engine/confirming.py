"""A restoration that somebody was told of, found by its code and looked at before he goes on.

evidence-spec.md §9.1.
"""

from __future__ import annotations

from engine.catalog import KEYS, SYS
from engine.errors import RolledBack, UsageError
from engine.evidence.checks import Finding
from engine.evidence.memory import Memory, unseen
from engine.evidence.restoration import Restoration
from engine.log_checks import Rests
from engine.restorations import check_restorations, restorations_of
from engine.store.store import Store
from engine.text import say
from engine.verifying import fold_keys, verify_stream

CODE = 20  # hex digits


def confirm(store: Store, code: str) -> tuple[Restoration, Memory]:
    """The restoration whose record has this code, and the log as it stood with that record.

    The code is the beginning of the record's digest, and so binds all that went before it: who
    may restore, too. That such people did sign is looked at nevertheless, for a code can be told
    by anybody.

    Errors: `UsageError` if the store has no such record; `RolledBack` if the record is not signed
    as it must be, or does not stand behind the history it names.
    """
    wanted = code.replace("-", "").replace(" ", "").lower()
    for record, row in store.raw_records(SYS):
        if len(wanted) < CODE or not record.digest.startswith(wanted):
            continue
        _require_signed(store)
        said = next((one for one in restorations_of(store) if one.seq == row["seq"]), None)
        if said is None:
            continue
        made = unseen(store.origin, store.suite).grown(store.leaves(until=said.kept + 1), "")
        if made.last != record.digest:
            raise RolledBack(say("恢复记录与此前的历史不符"))
        return said, made
    raise UsageError(say("这里没有恢复码为 {code} 的恢复记录", code=code))


def code_of(digest: str) -> str:
    """The code of a restoration, by the digest of its record: five groups of four digits."""
    return "-".join(digest[n : n + 4] for n in range(0, CODE, 4))


def _require_signed(store: Store) -> None:
    """The restorations, what else the office itself did, and the keys it did it with, are whole."""
    found: list[Finding] = []
    keys, rests = fold_keys(store, found), Rests(store)
    for stream in (KEYS, SYS):
        found += verify_stream(store, stream, keys, rests)
    found += check_restorations(store, store.leaves(), keys)
    for one in found:
        if not one.is_doubt:
            raise RolledBack(
                say(
                    "恢复不可信({stream} 第 {seq} 条):{why}。请当面问登记人员,不要承认",
                    stream=one.stream,
                    seq=one.seq,
                    why=one.text,
                )
            )
