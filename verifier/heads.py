"""Level 2: the heads of all streams, as `ckpt` records commit to them (§9, §12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.bundle import Bundle, Heads
from verifier.canonical import Json, canonical, is_hash, utf16
from verifier.chain import Judged
from verifier.findings import Finding, Weight, in_log
from verifier.merkle import is_included, leaf, root
from verifier.notes import Note
from verifier.reading import DEFS, KEYS, ORG, SYS, Sound
from verifier.suites import Suite

WHOLE = (ORG, KEYS, DEFS, SYS)  # in every bundle to the end
_STATED = frozenset(["event", "version", "heads", "streams", "records", "tzdata", "schema", "code"])


def check_heads(bundle: Bundle, judged: Judged, newest: Note | None) -> Iterator[Finding]:
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
            yield in_log(
                "E_HEADS",
                "proofs.json",
                "没有链头证明,不能证明各条流是完整的",
                "without heads proofs the streams are not proven complete",
                weight=Weight.GAP,
            )
        return
    event = stated.get(proofs.record)
    if event is None or proofs.record >= bundle.size:
        yield in_log("E_HEADS", "proofs.json", "所指的检查点记录不在", "no such checkpoint record")
        return
    if proofs.record != bundle.size - 1:
        yield in_log(
            "E_HEADS",
            "proofs.json",
            "链头证明属于较早的检查点,之后是否还有记录没有证明",
            "the heads are those of an earlier checkpoint: what came after it is not proven",
            weight=Weight.GAP,
        )
    if event["streams"] != proofs.size:
        yield in_log("E_HEADS", "proofs.json", "流的数目不符", "the number of streams differs")
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
    return in_log("E_HEADS", "event/0", zh, en, stream=one.body.stream, seq=one.body.seq)


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
                yield in_log("E_HEADS", stream, "没有这条流的链头证明", "no proof for this stream")
            continue
        data = leaf(_head_leaf(stream, proof.head.seq, proof.head.hash), suite)
        is_proven = is_included(data, proof.index, proofs.size, proof.path, wanted, suite)
        is_last = bool(last) and (last[-1].body.seq, last[-1].record.digest) == (
            proof.head.seq,
            proof.head.hash,
        )
        goes_on = stream not in whole and bool(last) and last[-1].body.seq < proof.head.seq
        if not is_proven or not (is_last or goes_on):
            yield in_log(
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
