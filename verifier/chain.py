"""Level 1: bytes, signatures, chains, commitments, objects and models (evidence-spec.md §12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from verifier.bundle import Bundle, Scope
from verifier.canonical import Flaw, is_hash, is_instant, parse, utf16
from verifier.findings import Finding, Weight
from verifier.memory import without_cycles
from verifier.reading import (
    DEFS,
    ORG,
    Read,
    Sound,
    Target,
    find_publics,
    find_redacted_objects,
    find_targets,
    opens,
    read_records,
)
from verifier.records import RECORD_V2, Body, Place, Record, genesis
from verifier.shares import WORTH, Shares
from verifier.suites import Suite

_AHEAD = timedelta(minutes=5)
_TOGETHER = 4096  # signatures; as many bodies are held a second time


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What level 1 leaves to the others: the sound records of each stream, from its first."""

    findings: tuple[Finding, ...]
    streams: Mapping[str, tuple[Sound, ...]]
    targets: tuple[Target, ...]
    redacted: tuple[tuple[str, int, str], ...]  # stream, seq, path

    @property
    def sound(self) -> list[Sound]:
        """Every sound record in the order of the log."""
        return sorted(
            (one for several in self.streams.values() for one in several),
            key=lambda one: one.index,
        )


@dataclass(slots=True, kw_only=True)
class _Stream:
    """A chain as far as it has been read."""

    prev: str
    seq: int = 0
    received_at: str = ""
    is_broken: bool = False
    sound: list[Sound] = field(default_factory=list)


@without_cycles
def check_bytes(bundle: Bundle, *, signatures: bool = True, jobs: int = 1) -> Judged:
    """Level 1 over a whole bundle, with the signatures in up to `jobs` processes.

    Without `signatures` the chains alone, for measuring.
    """
    found = list(bundle.findings)
    found += check_log(bundle.records, is_whole=bundle.scope.kind == "store")
    records = read_records(bundle)
    signed: list[bool | None] = [True] * len(records)
    if signatures:
        signed = _check_signatures(records, bundle.suite, jobs)
    targets = find_targets(records)
    named = {(one.stream, one.seq, one.path): one for one in targets}
    streams: dict[str, _Stream] = {}
    redacted: list[tuple[str, int, str]] = []
    for one, is_signed in zip(records, signed, strict=True):
        found += _check_record(bundle, one, is_signed, streams, named, redacted)
    known = {(one.place.stream, one.place.seq) for one in records if one.place is not None}
    for stream, seq in bundle.disclosures:
        if (stream, seq) not in known:
            found.append(
                _tell("E_EXTRA", stream, seq, "", "明细不属于任何记录", "it belongs to no record")
            )
    judged = {name: tuple(streams[name].sound) for name in sorted(streams, key=utf16)}
    found += _check_scope(bundle.scope, judged)
    found += _check_objects(bundle, judged, find_redacted_objects(records))
    found += _check_models(bundle, judged)
    return Judged(findings=tuple(found), streams=judged, targets=targets, redacted=tuple(redacted))


def _check_scope(scope: Scope, streams: Mapping[str, tuple[Sound, ...]]) -> Iterator[Finding]:
    """A bundle of one case holds that case, under the number it says."""
    if scope.kind != "case":
        return
    numbers = {one.body.number for one in streams.get(f"case/{scope.case}", ())}
    if not numbers:
        zh, en = "证据包里没有它所说的这一案", "the case it says it is of is not in it"
        yield _tell("E_BUNDLE", "", -1, "bundle.json", zh, en)
    elif scope.number not in numbers:
        zh, en = "所说的案件编号与记录不符", "its case has another number in the records"
        yield _tell("E_BUNDLE", "", -1, "bundle.json", zh, en)


def check_log(records: Iterable[Record], *, is_whole: bool) -> Iterator[Finding]:
    """Indices ascend, in a whole store without a gap. The first break is told."""
    last = -1
    for one in records:
        if one.index <= last or (is_whole and one.index != last + 1):
            yield _tell(
                "E_LOG",
                "",
                -1,
                f"index {one.index}",
                f"日志里第 {last} 条之后是第 {one.index} 条:有缺失、重复或调换",
                f"index {one.index} comes after {last}: missing, repeated or out of order",
            )
            return
        last = one.index


def _check_signatures(records: tuple[Read, ...], suite: Suite, jobs: int) -> list[bool | None]:
    """Of each record whether it is signed, None where its key was never enrolled."""
    publics = find_publics(records, suite)
    known = [n for n, one in enumerate(records) if one.record.key in publics]
    found: list[bool | None] = [None] * len(records)
    with Shares(suite.which_are_signed, jobs if len(known) >= WORTH else 1) as shares:
        for start in range(0, len(known), _TOGETHER):
            several = known[start : start + _TOGETHER]
            sealed = [records[n].record for n in several]
            claims = [(publics[one.key], one.sig, one.signed) for one in sealed]
            for n, is_signed in zip(several, shares.judge(claims), strict=True):
                found[n] = is_signed
    return found


def _tell(
    code: str, stream: str, seq: int, field: str, zh: str, en: str, weight: Weight = Weight.BREAK
) -> Finding:
    return Finding(
        code=code, level=1, stream=stream, seq=seq, field=field, zh=zh, en=en, weight=weight
    )


def _check_record(
    bundle: Bundle,
    one: Read,
    is_signed: bool | None,
    streams: dict[str, _Stream],
    named: Mapping[tuple[str, int, str], Target],
    redacted: list[tuple[str, int, str]],
) -> list[Finding]:
    record, place = one.record, one.place
    if place is None:
        assert one.flaw is not None
        where = f"index {record.index} {one.flaw.field}".rstrip()
        flaw = _tell("E_BODY", "", -1, where, one.flaw.zh, one.flaw.en)
        return [flaw, *_check_seal(record, None, is_signed)]
    chain = streams.get(place.stream)
    if chain is None:
        try:
            chain = streams[place.stream] = _Stream(
                prev=genesis(bundle.origin, place.stream, bundle.suite)
            )
        except Flaw as flaw:
            return [_tell("E_STREAM", "", -1, "stream", flaw.zh, flaw.en)]
    if chain.is_broken:
        return []
    misplaced = _find_misplaced(place, bundle.origin, chain)
    found = _check_seal(record, place, is_signed)
    if misplaced is not None or found:
        chain.is_broken = True
        return found if misplaced is None else [misplaced, *found]
    if record.received_at < chain.received_at:
        found.append(
            _tell(
                "E_CLOCK",
                place.stream,
                place.seq,
                "srv.at",
                "收到时间早于上一条记录",
                "received earlier than the record before",
                Weight.DOUBT,
            )
        )
    if one.body is not None and _is_ahead(one.body.time, record.received_at):
        found.append(
            _tell(
                "E_CLOCK",
                place.stream,
                place.seq,
                "time",
                "签名时间比收到时间晚 5 分钟以上",
                "signed more than 5 minutes after it was received",
                Weight.DOUBT,
            )
        )
    found += _check_opened(one, named, redacted)
    chain.prev, chain.seq = record.digest, chain.seq + 1
    chain.received_at = max(chain.received_at, record.received_at)
    if one.body is not None:
        opened = {each.path: each.value for each in one.disclosures}
        chain.sound.append(Sound(record=record, body=one.body, opened=opened))
    return found


def _is_ahead(signed: str, received: str) -> bool:
    """Whether the signer's clock was far ahead of the store's (§4)."""
    if signed <= received:
        return False
    return datetime.fromisoformat(signed) - datetime.fromisoformat(received) > _AHEAD


def _find_misplaced(place: Place | Body, origin: str, chain: _Stream) -> Finding | None:
    """The first thing that is wrong with where a record stands."""

    def tell(code: str, field: str, zh: str, en: str) -> Finding:
        return _tell(code, place.stream, place.seq, field, zh, en)

    if place.origin != origin:
        return tell("E_ORIGIN", "origin", "记录属于另一处", "it belongs to another store")
    if place.seq != chain.seq:
        return tell(
            "E_SEQ",
            "seq",
            f"此处应为第 {chain.seq} 条:有缺失、重复或调换",
            f"number {chain.seq} belongs here: missing, repeated or out of order",
        )
    if place.prev != chain.prev:
        return tell(
            "E_PREV",
            "prev",
            "上一条记录已不是签名时的那一条",
            "the record before is not the one this was signed after",
        )
    return None


def _check_seal(
    record: Record, place: Place | Body | None, is_signed: bool | None
) -> list[Finding]:
    """Payload type, key, signature (see `_check_signatures`) and time of receipt."""
    stream, seq = (place.stream, place.seq) if place else ("", -1)

    found: list[Finding] = []

    def tell(code: str, field: str, zh: str, en: str) -> None:
        where = field if place else f"index {record.index} {field}"
        found.append(_tell(code, stream, seq, where, zh, en))

    if record.payload_type != RECORD_V2:
        tell("E_TYPE", "srv.pt", "不认识的记录类型", "an unknown payload type")
    if place is not None and place.key != record.key:
        tell("E_KEY", "key", "记录的钥匙与正文写明的不同", "the body names another key")
    if is_signed is None:
        tell("E_KEY", "key", "没有这把钥匙的公钥", "the key was never enrolled")
    elif not is_signed:
        tell(
            "E_SIG",
            "sig",
            "签名不成立:正文或签名被改动过",
            "the signature does not verify: body or signature was changed",
        )
    if not is_instant(record.received_at):
        tell("E_RECEIVED", "srv.at", "收到时间写法不对", "the time of receipt is ill-formed")
    return found


def _check_opened(
    one: Read,
    named: Mapping[tuple[str, int, str], Target],
    redacted: list[tuple[str, int, str]],
) -> Iterator[Finding]:
    """Each commitment is opened once, or said to be redacted; nothing else is there."""
    assert one.place is not None
    stream, seq = one.place.stream, one.place.seq
    commits = one.body.commits if one.body is not None else {}
    given = {each.path: each.commit for each in one.disclosures}
    if given == commits and len(given) == len(one.disclosures):
        return
    seen: set[str] = set()
    for each in one.disclosures:
        path = each.path
        if path in seen:
            yield _tell("E_TWICE", stream, seq, path, "同一承诺有两份明细", "it is opened twice")
        elif path not in commits:
            yield _tell("E_EXTRA", stream, seq, path, "没有承诺过的明细", "it was not committed to")
        elif not opens(each, commits[path]):
            yield _tell(
                "E_COMMIT",
                stream,
                seq,
                path,
                "明细与签名时的承诺不符",
                "the value is not the one committed to",
            )
        seen.add(path)
    for path in commits:
        if path in seen:
            continue
        target = named.get((stream, seq, path))
        if target is not None and target.by > seq:
            redacted.append((stream, seq, path))
        else:
            yield _tell(
                "E_MISSING",
                stream,
                seq,
                path,
                "签名时承诺的内容缺少明细,也没有涂销记录",
                "what was committed to is missing, and no redaction names it",
            )


def _check_objects(
    bundle: Bundle, streams: Mapping[str, tuple[Sound, ...]], destroyed: frozenset[str]
) -> Iterator[Finding]:
    wanted = set(_named_objects(streams))
    for digest, content in bundle.objects.items():
        if bundle.suite.digest(content) != digest:
            yield _tell("E_OBJECT", "", -1, digest, "文本或附件与其摘要不符", "changed content")
        elif digest not in wanted:
            yield _tell("E_OBJECT", "", -1, digest, "没有记录提到它", "no record names it")
    for digest in sorted(wanted - bundle.objects.keys() - destroyed):
        yield _tell("E_OBJECT", "", -1, digest, "已发布的文本或附件缺失", "it is missing")


def _named_objects(streams: Mapping[str, tuple[Sound, ...]]) -> Iterator[str]:
    for stream, sound in streams.items():
        for one in sound:
            if one.body.definition is not None:
                yield one.body.definition.src
            if stream in (ORG, DEFS):
                event = one.event("Published")
                digest = event.get("digest") if event else None
                if isinstance(digest, str) and is_hash(digest):
                    yield digest
            for path, value in one.opened.items():
                is_digest = path.startswith("att/") and path.endswith("/digest")
                if is_digest and isinstance(value, str):
                    yield value


def _check_models(bundle: Bundle, streams: Mapping[str, tuple[Sound, ...]]) -> Iterator[Finding]:
    named = {
        model
        for stream in (ORG, DEFS)
        for one in streams.get(stream, ())
        if (event := one.event("Published")) is not None
        and isinstance(model := event.get("model"), str)
    }
    for digest, content in bundle.models.items():
        if bundle.suite.digest(content) != digest:
            yield _tell("E_MODEL", "", -1, digest, "模型与其摘要不符", "the model was changed")
            continue
        try:
            parse(content)
        except Flaw as flaw:
            yield _tell("E_MODEL", "", -1, digest, flaw.zh, flaw.en)
        if digest not in named:
            yield _tell("E_MODEL", "", -1, digest, "没有记录提到这个模型", "no record names it")
    for digest in sorted(named - bundle.models.keys()):
        yield _tell("E_MODEL", "", -1, digest, "模型缺失", "it is missing", weight=Weight.GAP)
