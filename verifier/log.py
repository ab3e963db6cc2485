"""Level 2: the log against its checkpoints, heads and redactions (§8–§10, §12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from verifier.bundle import Bundle, Heads
from verifier.canonical import Flaw, Json, canonical, is_hash, utf16
from verifier.chain import Judged
from verifier.findings import Finding, Weight
from verifier.merkle import is_included, is_prefix, leaf, root, roots
from verifier.notes import Note, Trust, load_note
from verifier.reading import DEFS, KEYS, ORG, SYS, Sound
from verifier.redactions import check_redactions
from verifier.suites import Suite

WHOLE = (ORG, KEYS, DEFS, SYS)  # in every bundle to the end
_STATED = frozenset(["event", "version", "heads", "streams", "records", "tzdata", "schema", "code"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A checkpoint kept outside the bundle: where it was kept, and its bytes."""

    name: str
    content: bytes


def check_log(
    bundle: Bundle, judged: Judged, trust: Trust | None, outside: tuple[Outside, ...]
) -> tuple[Finding, ...]:
    """Level 2 over a whole bundle."""
    found: list[Finding] = []
    newest = _read_note(bundle.note, "checkpoint.note", bundle.origin, trust, found)
    if newest is not None and newest.size != bundle.size:
        found.append(
            _tell("E_NOTE", "checkpoint.note", "检查点的条数与 bundle.json 不符", "sizes disagree")
        )
        newest = None
    lacking: list[Finding] = []
    kept = [
        (one.name, _read_note(one.content, one.name, bundle.origin, trust, lacking))
        for one in outside
    ]
    # A note of his own that the auditor cannot use accuses nobody.
    found += [replace(one, weight=Weight.GAP) for one in lacking]
    older: list[tuple[str, Note | None]] = []
    for size, content in sorted(bundle.older.items()):
        name = f"checkpoints/{size}.note"
        note = _read_note(content, name, bundle.origin, trust, found)
        if note is not None and note.size != size:
            found.append(_tell("E_NOTE", name, "文件名与检查点的条数不符", "it is of another size"))
            note = None
        older.append((name, note))
    if bundle.scope.kind == "store":
        found += _check_roots(bundle, newest, kept, older)
        found += _check_after(bundle, judged)
    else:
        found += _check_inclusion(bundle, newest)
        found += _check_extensions(bundle, newest, kept, older)
    found += _check_heads(bundle, judged, newest)
    found += check_redactions(bundle, judged)
    return tuple(found)


def covered(bundle: Bundle) -> int:
    """How many of the bundle's records its newest checkpoint covers."""
    return sum(1 for one in bundle.records if one.index < bundle.size)


def size_outside(bundle: Bundle, trust: Trust | None, outside: tuple[Outside, ...]) -> int:
    """How many records the newest usable checkpoint kept outside covers; 0 without one."""
    notes = [_read_note(one.content, one.name, bundle.origin, trust, []) for one in outside]
    return max((note.size for note in notes if note is not None), default=0)


def _tell(
    code: str,
    field: str,
    zh: str,
    en: str,
    *,
    stream: str = "",
    seq: int = -1,
    weight: Weight = Weight.BREAK,
) -> Finding:
    return Finding(
        code=code, level=2, stream=stream, seq=seq, field=field, zh=zh, en=en, weight=weight
    )


def _read_note(
    content: bytes | None, name: str, origin: str, trust: Trust | None, found: list[Finding]
) -> Note | None:
    """A checkpoint that may be compared with: well formed, of this store, under the trusted key."""
    if content is None:
        return None
    try:
        note = load_note(content)
    except Flaw as flaw:
        found.append(_tell("E_NOTE", name, flaw.zh, flaw.en))
        return None
    if note.origin != origin:
        found.append(_tell("E_NOTE", name, "检查点属于另一处", "it is of another store"))
        return None
    if trust is not None and not note.is_signed_by(trust):
        found.append(
            _tell(
                "E_NOTE", name, "检查点不是所信任的钥匙签的", "it is not signed by the trusted key"
            )
        )
        return None
    return note


# -- a whole store: the roots are recomputed -----------------------------------------


def _check_roots(
    bundle: Bundle,
    newest: Note | None,
    kept: list[tuple[str, Note | None]],
    older: list[tuple[str, Note | None]],
) -> Iterator[Finding]:
    leaves = [bytes.fromhex(one.digest) for one in bundle.records]
    notes = [note for _, note in (*kept, *older, ("", newest)) if note is not None]
    known = roots(leaves, {note.size for note in notes if note.size <= len(leaves)}, bundle.suite)
    if newest is not None and known.get(newest.size) != newest.root:
        yield _tell(
            "E_ROOT",
            "checkpoint.note",
            "记录算出的根与检查点不符:有记录被改、被删或被加",
            "the records do not give the root: some were changed, removed or added",
        )
    for name, note in older:
        if note is not None and known.get(note.size) != note.root:
            yield _inconsistent(name)
    for name, note in kept:
        if note is None:
            continue
        if note.size > len(leaves):
            yield _rolled_back(name, note.size, len(leaves))
        elif known[note.size] != note.root:
            yield _inconsistent(name)


def _inconsistent(name: str) -> Finding:
    return _tell(
        "E_CONSISTENCY",
        name,
        "这个检查点不是现有历史的开头:历史被改写过",
        "the history does not begin with this checkpoint: it was rewritten",
    )


def _rolled_back(name: str, size: int, now: int) -> Finding:
    return _tell(
        "E_ROLLBACK",
        name,
        f"检查点时有 {size} 条,现在只有 {now} 条:退回过旧状态",
        f"there were {size} records, now there are {now}: an older state was put back",
    )


def _check_after(bundle: Bundle, judged: Judged) -> Iterator[Finding]:
    """What each signer had verified before is a beginning of this log."""
    leaves = [bytes.fromhex(one.digest) for one in bundle.records]
    sound = judged.sound
    sizes = {one.body.after.seq for one in sound if one.body.after.seq <= one.index}
    known = roots(leaves, sizes, bundle.suite)
    for one in sound:
        after = one.body.after
        if after.seq > one.index or known[after.seq].hex() != after.hash:
            yield _tell(
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
            yield _tell(
                "E_ROOT",
                f"index {one.index}",
                "没有证明这条记录在检查点之内",
                "this record is not proven to be under the checkpoint",
            )


def _check_extensions(
    bundle: Bundle,
    newest: Note | None,
    kept: list[tuple[str, Note | None]],
    older: list[tuple[str, Note | None]],
) -> Iterator[Finding]:
    for name, note in (*older, *kept):
        if note is None or newest is None:
            continue
        if note.size > newest.size:
            yield _rolled_back(name, note.size, newest.size)
            continue
        path = bundle.proofs.consistency.get((note.size, newest.size))
        if path is None and note.size in (0, newest.size):
            path = ()
        if path is None:
            yield _tell(
                "E_CONSISTENCY",
                name,
                "证据包没有与这个检查点的一致性证明,无法核对",
                "the bundle has no consistency proof for this checkpoint",
                weight=Weight.GAP,
            )
        elif not is_prefix(note.size, note.root, newest.size, newest.root, path, bundle.suite):
            yield _inconsistent(name)


# -- heads ----------------------------------------------------------------------------


def _check_heads(bundle: Bundle, judged: Judged, newest: Note | None) -> Iterator[Finding]:
    """Every ckpt record of a whole store is recomputed; of a part, the heads are proven."""
    stated: dict[int, dict[str, Json]] = {}
    for one in judged.sound:
        if one.body.typ == "ckpt":
            event = _announcement(one)
            if event is None:
                yield _unlike(one, "检查点记录的内容不合规定", "it is not written as laid down")
            else:
                stated[one.index] = event
    if bundle.scope.kind == "store":
        yield from _check_stated(judged, stated, bundle.suite)
        return
    proofs = bundle.proofs.heads
    if proofs is None:
        if newest is not None:
            yield _tell(
                "E_HEADS",
                "proofs.json",
                "没有链头证明,不能证明各条流是完整的",
                "without heads proofs the streams are not proven complete",
                weight=Weight.GAP,
            )
        return
    event = stated.get(proofs.record)
    if event is None or proofs.record >= bundle.size:
        yield _tell("E_HEADS", "proofs.json", "所指的检查点记录不在", "no such checkpoint record")
        return
    if proofs.record != bundle.size - 1:
        yield _tell(
            "E_HEADS",
            "proofs.json",
            "链头证明属于较早的检查点,之后是否还有记录没有证明",
            "the heads are those of an earlier checkpoint: what came after it is not proven",
            weight=Weight.GAP,
        )
    if event["streams"] != proofs.size:
        yield _tell("E_HEADS", "proofs.json", "流的数目不符", "the number of streams differs")
        return
    whole = frozenset(WHOLE if bundle.scope.kind == "period" else judged.streams)
    wanted = bytes.fromhex(str(event["heads"]))
    yield from _check_proven(judged, proofs, proofs.record, wanted, whole, bundle.suite)


def _announcement(one: Sound) -> dict[str, Json] | None:
    """The event of a ckpt record, None where anything about it is not as §9 has it."""
    event = one.event("Checkpointed")
    place = (one.body.stream, one.body.way, one.body.events)
    if event is None or place != (SYS, "system", 1) or event.keys() != _STATED:
        return None
    is_right = (
        is_hash(event["heads"])
        and all(type(event[name]) is int for name in ("streams", "records"))
        and all(isinstance(event[name], str) for name in ("tzdata", "schema", "code"))
    )
    return event if is_right else None


def _unlike(one: Sound, zh: str, en: str) -> Finding:
    return _tell("E_HEADS", "event/0", zh, en, stream=one.body.stream, seq=one.body.seq)


def _check_proven(
    judged: Judged,
    proofs: Heads,
    before: int,
    wanted: bytes,
    whole: frozenset[str],
    suite: Suite,
) -> Iterator[Finding]:
    """`whole` are the streams the bundle promises to the end; others may go on outside it."""
    for stream, sound in judged.streams.items():
        last = [one for one in sound if one.index < before]
        proof = proofs.proofs.get(stream)
        if proof is None:
            if last:
                yield _tell("E_HEADS", stream, "没有这条流的链头证明", "no proof for this stream")
            continue
        data = leaf(_head_leaf(stream, proof.head.seq, proof.head.hash), suite)
        is_proven = is_included(data, proof.index, proofs.size, proof.path, wanted, suite)
        is_last = bool(last) and (last[-1].body.seq, last[-1].record.digest) == (
            proof.head.seq,
            proof.head.hash,
        )
        goes_on = stream not in whole and bool(last) and last[-1].body.seq < proof.head.seq
        if not is_proven or not (is_last or goes_on):
            yield _tell(
                "E_HEADS",
                stream,
                "这条流在检查点时不止于此,或证明不成立",
                "at the checkpoint the stream did not end here, or the proof fails",
            )


def _check_stated(
    judged: Judged, stated: Mapping[int, Mapping[str, Json]], suite: Suite
) -> Iterator[Finding]:
    """What each ckpt record says of the streams is what stood before it."""
    heads: dict[str, tuple[int, str]] = {}
    for one in judged.sound:
        event = stated.get(one.index)
        if event is not None:
            told = (event["heads"], event["streams"], event["records"])
            if told != (heads_root(heads, suite), len(heads), one.index):
                yield _unlike(
                    one,
                    "检查点记录所述的链头与此前的记录不符",
                    "the heads it states are not those of the records before it",
                )
        heads[one.body.stream] = (one.body.seq, one.record.digest)


def heads_root(heads: Mapping[str, tuple[int, str]], suite: Suite) -> str:
    """The root over the heads of streams (§9), 64 hex digits."""
    streams = sorted(heads, key=utf16)
    leaves = [leaf(_head_leaf(stream, *heads[stream]), suite) for stream in streams]
    return root(leaves, suite).hex()


def _head_leaf(stream: str, seq: int, digest: str) -> bytes:
    value: Json = {"hash": digest, "seq": seq, "stream": stream}
    return canonical(value)
