"""Level 2: a redact record is sound itself, and what it names is gone (evidence-spec.md §10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json, find_flaw, is_hash
from verifier.chain import Judged
from verifier.consents import load_consents
from verifier.findings import Finding
from verifier.reading import Sound

_FIELDS = frozenset(("event", "version", "targets", "objects", "basis", "approvers"))


def check_redactions(bundle: Bundle, judged: Judged) -> Iterator[Finding]:
    """Every redact record of a bundle."""
    for stream, sound in judged.streams.items():
        for one in sound:
            if one.body.typ == "redact":
                yield from _check_redaction(bundle, judged, stream, one)


def _tell(one: Sound, field: str, zh: str, en: str) -> Finding:
    return Finding(
        code="E_REDACT",
        level=2,
        stream=one.body.stream,
        seq=one.body.seq,
        field=field,
        zh=zh,
        en=en,
    )


def _check_redaction(bundle: Bundle, judged: Judged, stream: str, one: Sound) -> Iterator[Finding]:
    def tell(field: str, zh: str, en: str) -> Finding:
        return _tell(one, field, zh, en)

    if one.body.meaning != "responsibility" or one.body.way == "system":
        yield tell("meaning", "涂销须由人以责任签名", "a person must take responsibility for it")
    event = one.event("Redacted")
    if event is not None and not _is_consented(event, one.body.signer):
        yield tell(
            "event/0", "涂销须有依据,并有另一人同意", "no basis, or no other person consented"
        )
    told = event if event is not None and event.keys() == _FIELDS else {}
    targets, objects = told.get("targets"), told.get("objects")
    if one.body.events != 1 or not isinstance(targets, list) or not isinstance(objects, list):
        yield tell("event/0", "涂销记录须有且只有一个涂销事件", "it must have one Redacted event")
        return
    for target in targets:
        match target:
            case {"seq": int(seq), "path": str(path), "commit": str(commit), **rest} if (
                not rest and not isinstance(seq, bool)
            ):
                yield from _check_target(judged, stream, one, seq, path, commit)
            case _:
                yield tell("event/0", "涂销的目标写法不对", "a target is ill-formed")
    for digest in objects:
        if not is_hash(digest):
            yield tell("event/0", "涂销的附件写法不对", "an object is ill-formed")
        elif digest in bundle.objects:
            yield tell("event/0", "写明涂销的附件仍在", "an object said to be destroyed is there")


def _is_consented(event: Mapping[str, Json], signer: str) -> bool:
    """Whether there is a basis, and somebody else than the signer who approved."""
    basis = event.get("basis")
    try:
        uids = [one.uid for one in load_consents(event.get("approvers"))]
    except Flaw:
        return False
    if not isinstance(basis, str) or basis == "" or find_flaw(basis, free=False) is not None:
        return False
    return bool(uids) and signer not in uids


def _check_target(
    judged: Judged, stream: str, one: Sound, seq: int, path: str, commit: str
) -> Iterator[Finding]:
    def tell(zh: str, en: str) -> Finding:
        return _tell(one, f"{seq} {path}", zh, en)

    sound = judged.streams[stream]
    if not 0 <= seq < one.body.seq or seq >= len(sound):
        yield tell("涂销的目标不在此前", "the target is not an earlier record")
        return
    aimed = sound[seq]
    if aimed.body.commits.get(path) != commit:
        yield tell("涂销的目标与记录的承诺不符", "the target is not what the record committed to")
    elif path.startswith(("event/", "fact/who(", "fact/post(")):
        yield tell("事件和“谁可以办”不得涂销", "events, who(…) and post(…) may not be redacted")
    elif path in aimed.opened:
        yield tell("写明涂销的明细仍在", "a value said to be destroyed is there")
