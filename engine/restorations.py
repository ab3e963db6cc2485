"""Which logs a store has been through: its restorations, read and checked.

evidence-spec.md §9.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from engine.catalog import SYS
from engine.errors import EvidenceError
from engine.evidence.checks import Finding, check_disclosures
from engine.evidence.keys import KeyState
from engine.evidence.log import Frontier
from engine.evidence.record import Body, load_body
from engine.evidence.restoration import (
    RESTORE,
    Restoration,
    check_restoration,
    log_at,
    log_name,
    read_restoration,
)
from engine.store.history import counted, open_disclosures
from engine.store.store import Store
from engine.text import Text, say

_MARK = b'"typ":"restore"'  # as canonical bytes have it


def restorations_of(store: Store) -> tuple[Restoration, ...]:
    """The restorations a store tells of, oldest first; one that cannot be read is left out."""
    found = []
    for _, body in _bodies(store):
        with suppress(EvidenceError):
            found.append(_read(store, body))
    return tuple(found)


def name_at(store: Store, size: int) -> str:
    """The name under which a checkpoint over the first `size` records of a store is signed.

    Errors: `EvidenceError` if that cannot be told, because a restoration cannot be read.
    """
    read = [_read(store, body) for _, body in _bodies(store)]
    return log_name(store.origin, log_at(read, size))


def check_restorations(
    store: Store, leaves: Sequence[bytes], keys: KeyState, start: Frontier | None = None
) -> Iterator[Finding]:
    """What is wrong with the restorations of a store; `leaves` are those after `start`."""
    start = start or Frontier(suite=store.suite)
    before: list[Restoration] = []
    for position, body in _bodies(store):
        try:
            said = _read(store, body)
        except EvidenceError as error:
            yield _tell(body, error.text)
            continue
        yield from check_restoration(said, body, before, keys)
        if position > start.size and not _is_so(said, before, position - 1, start, leaves):
            yield _tell(body, say("恢复记录写明的记录数或根与此前的记录不符"))
        before.append(said)


def _is_so(
    said: Restoration,
    before: Sequence[Restoration],
    kept: int,
    start: Frontier,
    leaves: Sequence[bytes],
) -> bool:
    """Whether the records before a restoration are as many, with the roots, as it states."""
    stated = [(said.kept, said.root)]
    if said.lost.size <= kept and said.lost.log == log_at(before, said.lost.size):
        stated.append((said.lost.size, said.lost.root))
    return said.kept == kept and all(
        start.after(leaves[: size - start.size]).root.hex() == root
        for size, root in stated
        if size >= start.size
    )


def _bodies(store: Store) -> Iterator[tuple[int, Body]]:
    """The records of `typ` `restore`, each with its place in the log."""
    for record, row in store.raw_records(SYS):
        if _MARK in record.body:
            with suppress(EvidenceError):
                body = load_body(record.body)
                if body.typ == RESTORE:
                    yield counted(row["position"]), body


def _read(store: Store, body: Body) -> Restoration:
    """What a record of `typ` `restore` says. Errors: `EvidenceError`, also for what it never said:
    whoever can write the database can put anything beside a record.
    """
    try:
        shown = open_disclosures(store.raw_disclosures(SYS, body.seq - 1)).get(body.seq, ())
        if check_disclosures(body, shown):
            raise EvidenceError(say("内容与签名时不同"))
        event = next((one.value for one in shown if one.path == "event/0"), None)
        return read_restoration(body, event)
    except EvidenceError as error:
        raise EvidenceError(say("恢复记录读不出来:{why}", why=error.text)) from error


def _tell(body: Body, text: Text) -> Finding:
    return Finding(code="E_RESTORE", stream=SYS, seq=body.seq, field="event/0", text=text)
