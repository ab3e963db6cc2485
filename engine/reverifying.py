"""Checking only what has come since the last time: what was verified is remembered outside.

What lies before is taken as it is, but for its last record: a byte changed there is found by a
full run, and so are the tables, which only a full run compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from engine.errors import EvidenceError
from engine.evidence.checks import Finding
from engine.evidence.memory import Memory
from engine.evidence.record import SERVICE, Disclosure
from engine.kernel.office_events import Published
from engine.kernel.vocabulary import load_event
from engine.log_checks import Rests, check_notes
from engine.restorations import check_restorations
from engine.store.store import Store
from engine.text import Text, say
from engine.verifying import disclosures_of, fold_keys, misplaced, verify_stream


def verify_new(store: Store, known: Memory) -> tuple[tuple[Finding, ...], Memory]:
    """The findings in the records that came after those remembered, and what to remember now.

    Errors: `RolledBack` for a store that is shorter than remembered.
    """
    size = known.frontier.size
    known.require_length(store.last_position())
    if size and store.digests_at((size,)).get(size) != known.last:
        text = say("第 {size} 条记录与上次核验时不同:历史被改写过", size=size)
        return (_tell("E_ROLLBACK", "", 0, text),), known
    found: list[Finding] = []
    keys, rests = fold_keys(store, found), Rests(store)
    first: dict[str, int] = {}
    for wanted, place in enumerate(store.positions(size), size + 1):
        problem = misplaced(wanted, place)
        if problem is not None:
            return (*found, problem), known
        _, stream, seq = place
        first.setdefault(stream, seq)
    for stream, seq in sorted(first.items()):
        found += verify_stream(store, stream, keys, rests, seq - 1)
        found += _verify_files(store, disclosures_of(store, stream, seq - 1).values())
    if _is_broken(found):
        return tuple(found), known
    leaves = store.leaves(size)
    found += check_restorations(store, leaves, keys, known.frontier)
    found += check_notes(store, leaves, keys.publics_of(SERVICE), known.frontier)
    return tuple(found), known if _is_broken(found) else known.grown(leaves, known.note)


def _is_broken(found: Iterable[Finding]) -> bool:
    return any(not one.is_doubt for one in found)


def _verify_files(store: Store, opened: Iterable[Iterable[Disclosure]]) -> Iterator[Finding]:
    """The texts and attachments these records name are there, with their digest."""
    for one in chain.from_iterable(opened):
        digest = _file_of(one)
        if digest is None:
            continue
        content = store.find_object(digest)
        if content is None:
            yield _tell("E_OBJECT", "", 0, say("已发布的文本或附件缺失"))
        elif store.suite.digest(content) != digest:
            yield _tell("E_OBJECT", "", 0, say("已发布的文本或附件与其摘要不符"))


def _file_of(one: Disclosure) -> str | None:
    """The digest of the file a disclosure names, if it does."""
    if one.path.startswith("att/") and one.path.endswith("/digest"):
        return str(one.value)
    if one.path.startswith("event/") and isinstance(one.value, dict):
        try:
            event = load_event(one.value)
        except EvidenceError:
            return None
        return event.digest if isinstance(event, Published) else None
    return None


def _tell(code: str, stream: str, seq: int, text: Text) -> Finding:
    return Finding(code=code, stream=stream, seq=seq, field="", text=text)
