"""Whether a store's own checkpoints, the records that announced them, and the heads that decisions
rest on are still true.

evidence-spec.md §4, §9. What somebody who holds the service key rewrote along with the records is
found only with a checkpoint from outside (`engine/evidence/checkpoint.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.catalog import KEYS, ORG, SYS
from engine.errors import EvidenceError
from engine.evidence.checkpoint import (
    Checkpoint,
    check_checkpoint,
    load_checkpoint,
    note_problem,
)
from engine.evidence.checks import Finding
from engine.evidence.heads import heads_root
from engine.evidence.log import Frontier
from engine.evidence.record import Body, Head
from engine.evidence.restoration import FIRST, Restoration, log_at, log_name, log_number
from engine.evidence.signing import PublicKey
from engine.evidence.tokens import is_over, load_answer
from engine.kernel.office_events import Checkpointed
from engine.restorations import restorations_of
from engine.store.history import counted
from engine.store.store import Store
from engine.text import Text, say

CKPT = "ckpt"


def check_notes(
    store: Store,
    leaves: Sequence[bytes],
    publics: tuple[PublicKey, ...],
    before: Frontier | None = None,
) -> Iterator[Finding]:
    """Every note the store keeps is signed, and covers the records that are there now; with a
    frontier, the notes beyond it, the leaves being those that follow.
    """
    before = before or Frontier(suite=store.suite)
    frontier, restorations = before, restorations_of(store)
    notes = tuple(store.checkpoints())
    yield from check_announced(store, [one.size for one in notes], restorations, before.size)
    for kept in notes:
        if 0 < kept.size <= before.size:
            continue
        try:
            made = load_checkpoint(kept.note)
            name = log_name(store.origin, log_at(restorations, made.size))
            problem = note_problem(made, name, publics)
        except EvidenceError as error:
            problem = error.text
        if problem is not None:
            text = say("库里 {size} 条记录的检查点读不出来:{why}", size=kept.size, why=problem)
            yield _tell("E_NOTE", 0, text)
            continue
        start = frontier.size - before.size
        frontier = frontier.after(leaves[start : max(start, made.size - before.size)])
        covered = frontier.size, frontier.size, frontier.root.hex()
        if (kept.size, made.size, made.root) != covered:
            yield _tell("E_ROOT", 0, say("库里 {size} 条记录的检查点与记录不符", size=kept.size))


def check_announced(
    store: Store, sizes: Sequence[int], restorations: Sequence[Restoration], before: int
) -> Iterator[Finding]:
    """Every `ckpt` record announces a note, which covers it and not the next one (§9).

    The last of a log may be without one: the program may have stopped between the two.
    """
    places = [
        (counted(row["position"]), counted(row["seq"]))
        for _, row in store.raw_records(SYS)
        if row["typ"] == CKPT
    ]
    ends = [*(one.kept for one in restorations), store.last_position()]
    for n, (place, seq) in enumerate(places):
        until = places[n + 1][0] if n + 1 < len(places) else ends[-1] + 1
        if place <= before or any(place <= size < until for size in sizes):
            continue
        yield Finding(
            code="E_NOTE",
            stream=SYS,
            seq=seq,
            field="",
            text=say("这条检查点记录预告的检查点不在库里"),
            is_doubt=any(place <= end < until for end in ends),
        )


def check_outside(
    store: Store, kept: Checkpoint, leaves: Sequence[bytes], publics: tuple[PublicKey, ...]
) -> Iterator[Finding]:
    """What has gone from a store, or changed in it, since a checkpoint kept outside (§9, §9.1)."""
    restorations = restorations_of(store)
    number, now = log_number(store.origin, kept.origin), log_at(restorations, kept.size)
    if number is None or number == now:
        name = log_name(store.origin, now)
        yield from check_checkpoint(kept, name, leaves, publics, store.suite)
        return
    problem = note_problem(kept, kept.origin, publics)
    if problem is not None:
        yield _tell("E_NOTE", 0, problem)
    elif number < now:
        yield _tell("E_ROLLBACK", 0, _lost(kept, number, restorations))
    elif number > max((one.log for one in restorations), default=FIRST):
        text = say("检查点属于第 {log} 号日志,库里没有:库被退回过旧状态", log=number)
        yield _tell("E_ROLLBACK", 0, text)
    else:
        yield _tell("E_NOTE", 0, say("检查点的日志号与条数不符"))


def _lost(kept: Checkpoint, number: int, restorations: Sequence[Restoration]) -> Text:
    """What became of the log a checkpoint belongs to, as the record of its loss has it."""
    said = next(one for one in restorations if one.log > number)
    return say(
        "检查点时有 {size} 条记录,恢复备份时只留下 {kept} 条,其余已丢失;"
        "sys 第 {seq} 条记录({who},{at}):{reason}",
        size=kept.size,
        kept=said.kept,
        seq=said.seq,
        who=said.by.name,
        at=said.at,
        reason=said.reason,
    )


def check_tokens(store: Store) -> Iterator[Finding]:
    """Every time stamp is over the note of its size; whose it is, is for the verifier to say."""
    notes = {kept.size: kept.note for kept in store.checkpoints()}
    for size, answer in store.tokens().items():
        try:
            is_its = is_over(load_answer(answer), notes.get(size, "").encode())
            problem = None if is_its else say("不是盖在这个检查点上的")
        except EvidenceError as error:
            problem = error.text
        if problem is not None:
            text = say("库里 {size} 条记录的检查点上的时间戳不作数:{why}", size=size, why=problem)
            yield _tell("E_TOKEN", 0, text)


def check_heads(store: Store, leaves: Sequence[bytes]) -> Iterator[Finding]:
    """Every `ckpt` record commits to the heads that stood before it."""
    wanted = {stored.position: stored for stored in store.records(SYS)}
    heads: dict[str, Head] = {}
    for leaf, (position, stream, seq) in zip(leaves, store.positions(), strict=False):
        stored = wanted.get(position)
        for event in stored.events if stored else ():
            if isinstance(event, Checkpointed):
                said = event.heads, event.streams, event.records
                if said != (heads_root(heads, store.suite), len(heads), position - 1):
                    text = say("检查点记录写明的链头与当时的记录不符")
                    yield _tell("E_HEADS", seq, text)
        heads[stream] = Head(seq=seq, hash=leaf.hex())


class Rests:
    """Whether what records rest on was the newest of its stream when they were written (§4).

    An older head would let a key that was revoked since, or a post that was withdrawn, still sign.
    Streams are read when a record first names them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places: dict[str, tuple[tuple[int, str], ...]] = {}

    def check(self, body: Body, position: int) -> Iterator[Finding]:
        for stream, head in {ORG: body.org, KEYS: body.keys, **body.heads}.items():
            if stream not in self._places:
                self._places[stream] = self._store.places(stream)
            known = self._places[stream]
            later = head.seq + 1 if head else 0
            if head is not None and not _is_before(known, head, position):
                why = say("所依据的记录不在此前,或已不是那一条")
            elif later < len(known) and known[later][0] < position:
                why = say("所依据的记录当时已不是最新的一条")
            else:
                why = None
            if why is not None:
                yield Finding(
                    code="E_HEADS",
                    stream=body.stream,
                    seq=body.seq,
                    field=f"heads.{stream}",
                    text=why,
                )


def _is_before(known: Sequence[tuple[int, str]], head: Head, position: int) -> bool:
    if head.seq >= len(known):
        return False
    place, digest = known[head.seq]
    return place < position and digest == head.hash


def _tell(code: str, seq: int, text: Text) -> Finding:
    return Finding(code=code, stream=SYS, seq=seq, field="", text=text)
