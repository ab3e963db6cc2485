"""Level 2: the log against its checkpoints, heads and redactions (§8–§10, §12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from verifier.bundle import Bundle
from verifier.chain import Judged
from verifier.findings import Finding, Weight, in_log
from verifier.heads import check_heads
from verifier.logs import Logs, Named, Outside
from verifier.merkle import is_included, is_prefix, roots
from verifier.notes import Note, Trust
from verifier.redactions import check_redactions
from verifier.restorations import log_at, read_restorations


def check_log(
    bundle: Bundle, judged: Judged, trust: Trust | None, outside: tuple[Outside, ...]
) -> tuple[Finding, ...]:
    """Level 2 over a whole bundle."""
    found: list[Finding] = []
    restorations = read_restorations(judged, found)
    logs = Logs(origin=bundle.origin, trust=trust, restorations=restorations)
    newest = logs.read(bundle.note, "checkpoint.note", found)
    if newest is not None and newest.size != bundle.size:
        told = "检查点的条数与 bundle.json 不符", "sizes disagree"
        found.append(in_log("E_NOTE", "checkpoint.note", *told))
        newest = None
    kept, lost = logs.sort(outside, found)
    older = list(_read_older(bundle, logs, found))
    if bundle.scope.kind == "store":
        own = [("", newest)] if newest is not None else []
        known = _known_roots(bundle, logs, (*older, *kept, *own))
        found += _check_newest(newest, known)
        found += _check_stated(logs, known)
        found += (_unlike(name) for name, note in older if known.get(note.size) != note.root)
        compare = partial(_against_roots, known, len(bundle.records))
    else:
        found += _check_inclusion(bundle, newest)
        compare = partial(_against_proof, bundle, newest)
        for name, note in older:
            found += compare(name, note)
    proven: list[Note] = []
    for name, note in kept:
        unlike = tuple(compare(name, note))
        found += unlike
        if not unlike and (bundle.scope.kind == "store" or newest is not None):
            proven.append(note)
    found += logs.judge_lost(lost, proven)
    if bundle.scope.kind == "store":
        found += _check_after(bundle, judged)
    found += check_heads(bundle, judged, newest)
    found += check_redactions(bundle, judged)
    return tuple(found)


def covered(bundle: Bundle) -> int:
    """How many of the bundle's records its newest checkpoint covers."""
    return sum(1 for one in bundle.records if one.index < bundle.size)


def size_outside(
    bundle: Bundle, judged: Judged, trust: Trust | None, outside: tuple[Outside, ...]
) -> int:
    """How many records the newest usable checkpoint kept outside covers; 0 without one."""
    logs = Logs(origin=bundle.origin, trust=trust, restorations=read_restorations(judged, []))
    return max((note.size for _, note in logs.sort(outside, [])[0]), default=0)


def _read_older(bundle: Bundle, logs: Logs, found: list[Finding]) -> Iterator[Named]:
    """The older checkpoints a bundle brings along, the smallest first."""
    for size, content in sorted(bundle.older.items()):
        name = f"checkpoints/{size}.note"
        note = logs.read(content, name, found)
        if note is not None and note.size != size:
            told = "文件名与检查点的条数不符", "it is of another size"
            found.append(in_log("E_NOTE", name, *told))
        elif note is not None:
            yield name, note


def _unlike(name: str) -> Finding:
    return in_log(
        "E_CONSISTENCY",
        name,
        "这个检查点不是现有历史的开头:历史被改写过",
        "the history does not begin with this checkpoint: it was rewritten",
    )


def _rolled_back(name: str, size: int, now: int) -> Finding:
    return in_log(
        "E_ROLLBACK",
        name,
        f"检查点时有 {size} 条,现在只有 {now} 条:退回过旧状态",
        f"there were {size} records, now there are {now}: an older state was put back",
    )


# -- a whole store: the roots are recomputed -----------------------------------------


def _known_roots(bundle: Bundle, logs: Logs, notes: Iterable[Named]) -> dict[int, bytes]:
    """The roots over as many records as something in or outside the bundle speaks of."""
    leaves = [bytes.fromhex(one.digest) for one in bundle.records]
    sizes = {note.size for _, note in notes}
    sizes |= {size for one in logs.restorations for size in (one.kept, one.lost_size)}
    return roots(leaves, {size for size in sizes if size <= len(leaves)}, bundle.suite)


def _check_newest(newest: Note | None, known: Mapping[int, bytes]) -> Iterator[Finding]:
    if newest is not None and known.get(newest.size) != newest.root:
        yield in_log(
            "E_ROOT",
            "checkpoint.note",
            "记录算出的根与检查点不符:有记录被改、被删或被加",
            "the records do not give the root: some were changed, removed or added",
        )


def _check_stated(logs: Logs, known: Mapping[int, bytes]) -> Iterator[Finding]:
    """The roots a restoration states are those of the records before it."""
    for n, one in enumerate(logs.restorations):
        # With records missing, which level 1 tells, there may be fewer than it kept.
        is_right = _gives(known, one.kept, one.root)
        if (
            one.lost_size <= one.kept
            and log_at(logs.restorations[:n], one.lost_size) == one.lost_log
        ):
            is_right &= _gives(known, one.lost_size, one.lost_root)
        if not is_right:
            yield in_log(
                "E_RESTORE",
                "event/0",
                "恢复记录写明的根与此前的记录不符",
                "the roots it states are not those of the records before it",
                stream=one.record.body.stream,
                seq=one.record.body.seq,
            )


def _gives(known: Mapping[int, bytes], size: int, root: str) -> bool:
    return size in known and known[size].hex() == root


def _against_roots(
    known: Mapping[int, bytes], count: int, name: str, note: Note
) -> Iterator[Finding]:
    if note.size > count:
        yield _rolled_back(name, note.size, count)
    elif known[note.size] != note.root:
        yield _unlike(name)


def _check_after(bundle: Bundle, judged: Judged) -> Iterator[Finding]:
    """What each signer had verified before is a beginning of this log."""
    leaves = [bytes.fromhex(one.digest) for one in bundle.records]
    sound = judged.sound
    sizes = {one.body.after.seq for one in sound if one.body.after.seq <= one.index}
    known = roots(leaves, sizes, bundle.suite)
    for one in sound:
        after = one.body.after
        if after.seq > one.index or not _gives(known, after.seq, after.hash):
            yield in_log(
                "E_CONSISTENCY",
                "after",
                "签名人当时核对过的检查点不是现有历史的开头",
                "the checkpoint its signer had verified is no beginning of this history",
                stream=one.body.stream,
                seq=one.body.seq,
            )


# -- a part of a store: proofs --------------------------------------------------------


def _check_inclusion(bundle: Bundle, newest: Note | None) -> Iterator[Finding]:
    for one in bundle.records:
        if one.index >= bundle.size or newest is None:
            continue
        path = bundle.proofs.inclusion.get(one.index)
        digest = bytes.fromhex(one.digest)
        if path is None or not is_included(
            digest, one.index, newest.size, path, newest.root, bundle.suite
        ):
            yield in_log(
                "E_ROOT",
                f"index {one.index}",
                "没有证明这条记录在检查点之内",
                "this record is not proven to be under the checkpoint",
            )


def _against_proof(bundle: Bundle, newest: Note | None, name: str, note: Note) -> Iterator[Finding]:
    if newest is None:
        return
    if note.size > newest.size:
        yield _rolled_back(name, note.size, newest.size)
        return
    path = bundle.proofs.consistency.get((note.size, newest.size))
    if path is None and note.size in (0, newest.size):
        path = ()
    if path is None:
        yield in_log(
            "E_CONSISTENCY",
            name,
            "证据包没有与这个检查点的一致性证明,无法核对",
            "the bundle has no consistency proof for this checkpoint",
            weight=Weight.GAP,
        )
    elif not is_prefix(note.size, note.root, newest.size, newest.root, path, bundle.suite):
        yield _unlike(name)
