"""Checking a store against itself and against a checkpoint kept elsewhere.

Bytes, chains, signatures, powers and disclosures by the evidence layer; then that every
column copied for querying says what the signed body says, that published texts have their
digest, and that the tables are what the history makes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from engine.books.booking import BookingError
from engine.books.ledger import LedgerError
from engine.catalog import DEFS, KEYS, ORG, SYS
from engine.errors import EvidenceError
from engine.evidence.checkpoint import Checkpoint
from engine.evidence.checks import (
    Finding,
    check_chain,
    check_disclosures,
    check_key_change,
    check_power,
)
from engine.evidence.heads import check_listing
from engine.evidence.keys import KeyState, load_key_change
from engine.evidence.record import SERVICE, Body, Disclosure, Head, Record, load_body
from engine.evidence.redaction import REDACT, Redaction, check_redaction, read_redaction
from engine.kernel.office_events import KeysChanged, Published
from engine.kernel.vocabulary import load_event
from engine.log_checks import Rests, check_heads, check_notes, check_outside, check_tokens
from engine.restorations import check_restorations
from engine.scribe import ATTACHMENT
from engine.store import projections
from engine.store.differences import first_difference
from engine.store.history import NOWHERE, UNREADABLE, counted, open_disclosures, readable
from engine.store.store import Store
from engine.text import Text, say

Tables = Mapping[str, Sequence[tuple[object, ...]]]


def verify_store(
    store: Store, checkpoint: Checkpoint | None = None, listing: Mapping[str, Head] | None = None
) -> tuple[Finding, ...]:
    """Every finding, streams in order; () if nothing is wrong.

    `checkpoint` was kept outside; `listing`, the heads it was kept with, says which stream lost
    what.
    """
    found: list[Finding] = []
    keys, rests = fold_keys(store, found), Rests(store)
    for stream in store.streams():
        found += verify_stream(store, stream, keys, rests)
    found += verify_strays(store)
    found += verify_positions(store)
    for findings, field in ((verify_objects(store), "object"), (_verify_tables(store), "")):
        is_sound = all(one.is_doubt for one in found)
        found += _as_far_as_it_goes(findings, field, is_sound)
    found += _verify_log(store, checkpoint, keys)
    if listing is not None:
        found += _verify_listing(store, listing)
    return tuple(found)


def _as_far_as_it_goes(
    findings: Iterator[Finding], field: str, is_sound: bool
) -> Iterator[Finding]:
    """The findings of a check that reads the events themselves.

    Where the streams are not sound, a forged event may hold anything at all and stop it anywhere:
    that is one more finding, and hides none of the others. In a sound history it is our mistake.
    """
    try:
        yield from findings
    except Exception:
        if is_sound:
            raise
        yield _tell("E_BODY", "", 0, field, say("历史被改过,由它推算的核对到此为止"))


def _tell(code: str, stream: str, seq: int, field: str, text: Text) -> Finding:
    return Finding(code=code, stream=stream, seq=seq, field=field, text=text)


def fold_keys(store: Store, found: list[Finding]) -> KeyState:
    """The key state, and what is wrong with the changes that led to it."""
    state = KeyState()
    opened = disclosures_of(store, KEYS)
    for record, _ in store.raw_records(KEYS):
        try:
            body = load_body(record.body)
            dumped = next(one.value for one in opened[body.seq] if one.path == "event/0")
            event = load_event(dumped) if isinstance(dumped, dict) else None
            if not isinstance(event, KeysChanged):
                raise EvidenceError(say("钥匙流里有别的事件"))
            change = load_key_change(event.change)
            found += check_key_change(body, change, state)
            state = state.after(change, body.seq)
        except (EvidenceError, StopIteration, KeyError) as error:
            text = error.text if isinstance(error, EvidenceError) else say("钥匙变动读不出来")
            found.append(_tell("E_BODY", KEYS, state.seq + 1, "event/0", text))
            break
    return state


def verify_stream(
    store: Store, stream: str, keys: KeyState, rests: Rests, after: int = -1
) -> Iterator[Finding]:
    """Every finding of one stream, or of its records later than `after`, up to which it has been
    verified. What such a record destroyed lies further back: then the whole stream is read.
    """
    rows = list(store.raw_records(stream, after - 1 if after >= 0 else -1))
    before = (after, rows.pop(0)[0]) if after >= 0 and rows else None
    read = [(record, row, find_body(record)) for record, row in rows]
    bodies = {body.seq: body for _, _, body in read if body is not None}
    if before is not None and any(body.typ == REDACT for body in bodies.values()):
        yield from verify_stream(store, stream, keys, rests)
        return
    records = [record for record, _ in rows]
    yield from check_chain(records, store.origin, stream, keys.find_public, before, store.suite)
    shown = store.raw_disclosures(stream, after)
    opened = open_disclosures(shown)
    redactions = tuple(find_redactions(bodies, opened))
    gone = {(one.seq, one.path) for said in redactions for one in said.targets}
    still = {(seq, one.path) for seq, shown in opened.items() for one in shown}
    told = {said.seq for said in redactions}
    for seq, body in bodies.items():
        if body.typ == REDACT and seq not in told:
            yield _tell("E_REDACT", stream, seq, "event/0", say("销毁记录读不出来"))
    for said in redactions:
        yield from check_redaction(said, bodies[said.seq], bodies, still, keys)
    for record, row, found in read:
        if found is None:
            continue  # the chain check has named it
        yield from _verify_copies(record, found, row)
        redacted = {path for seq, path in gone if seq == found.seq}
        yield from check_disclosures(found, opened.get(found.seq, ()), redacted)
        if stream != KEYS:
            yield from check_power(found, record.received_at, keys)
        yield from rests.check(found, counted(row["position"]))
    for seq in opened:
        if seq > after + len(rows):
            yield _tell("E_EXTRA", stream, seq, "", say("明细不属于任何记录"))
    yield from _verify_emptied(stream, shown, bodies, gone)


def _verify_emptied(
    stream: str,
    shown: Iterable[Mapping[str, object]],
    bodies: Mapping[int, Body],
    gone: Collection[tuple[int, str]],
) -> Iterator[Finding]:
    """Disclosures that open nothing: only what was destroyed leaves a row, and an empty one.

    One whose commitment is thereby left unopened has been named as missing.
    """
    for row in shown:
        salt, value, path = row["salt"], row["value"], str(row["path"])
        if isinstance(salt, bytes) and isinstance(value, str):
            continue
        seq = counted(row["seq"])
        body = bodies.get(seq)
        if (seq, path) in gone:
            is_ours = salt is None and value is None
        else:
            is_ours = body is not None and path in body.commits()
        if not is_ours:
            yield _tell("E_EXTRA", stream, seq, path, say("明细不属于这条记录"))


def find_body(record: Record) -> Body | None:
    try:
        return load_body(record.body)
    except EvidenceError:
        return None


def find_redactions(
    bodies: Mapping[int, Body], opened: Mapping[int, Sequence[Disclosure]]
) -> Iterator[Redaction]:
    """What the records of a stream say was destroyed; one that cannot be read says nothing."""
    for seq, body in bodies.items():
        if body.typ == REDACT:
            shown = next((one for one in opened.get(seq, ()) if one.path == "event/0"), None)
            with suppress(EvidenceError):
                yield read_redaction(body, shown.value if shown else None)


def redactions_of(store: Store) -> Iterator[Redaction]:
    """Everything destroyed by a signed record, streams in order."""
    for stream in store.streams():
        bodies = (find_body(record) for record, _ in store.raw_records(stream))
        kept = {body.seq: body for body in bodies if body is not None}
        if any(body.typ == REDACT for body in kept.values()):
            yield from find_redactions(kept, disclosures_of(store, stream))


def _verify_copies(record: Record, body: Body, row: Mapping[str, object]) -> Iterator[Finding]:
    wanted = {
        **projections.copied(body),
        "stream": body.stream,
        "seq": body.seq,
        "digest": record.digest,
    }
    for name, value in wanted.items():
        if row[name] != value:
            yield _tell(
                "E_COPY",
                body.stream,
                body.seq,
                name,
                say(
                    "供查询的“{name}”写着 {found},签名的记录写着 {wanted}",
                    name=name,
                    found=str(row[name]),
                    wanted=str(value),
                ),
            )


def disclosures_of(store: Store, stream: str, after: int = -1) -> dict[int, list[Disclosure]]:
    """The disclosures of a stream by seq; one that cannot be read opens nothing."""
    return open_disclosures(store.raw_disclosures(stream, after))


def verify_strays(store: Store) -> Iterator[Finding]:
    """Disclosures of streams that have no record at all."""
    for stream in store.disclosed_streams() - set(store.streams()):
        yield _tell("E_EXTRA", stream, 0, "", say("明细不属于任何记录"))


def verify_positions(store: Store) -> Iterator[Finding]:
    """The log numbers its records 1, 2, 3 … without a gap, each stream's in its own order."""
    latest: dict[str, int] = {}
    for wanted, place in enumerate(store.positions(), 1):
        position, stream, seq = place
        problem = misplaced(wanted, place)
        if problem is not None:
            yield problem
            if position != wanted:
                return
            continue
        if seq <= latest.get(stream, -1):
            text = say("日志里第 {seq} 条排在第 {found} 条之后", seq=seq, found=latest[stream])
            yield _tell("E_POSITION", stream, seq, "position", text)
        latest[stream] = seq


def misplaced(wanted: int, place: tuple[int, str, int]) -> Finding | None:
    """What is wrong with a place in the log by itself: position, stream and seq as stored."""
    position, stream, seq = place
    if position != wanted:
        text = say("日志此处应为第 {wanted} 条,实为第 {found} 条", wanted=wanted, found=position)
        return _tell("E_POSITION", readable(stream), counted(seq), "position", text)
    if not isinstance(stream, str):
        return _tell("E_STREAM", UNREADABLE, counted(seq), "stream", say("记录所属的流读不出来"))
    if not isinstance(seq, int):
        return _tell("E_SEQ", stream, NOWHERE, "seq", say("记录的序号读不出来"))
    return None


def verify_objects(store: Store) -> Iterator[Finding]:
    """Texts and attachments have the digest they are kept under, and the kind records name."""
    kinds: dict[str, str] = {}
    yield from read_kinds(store, kinds)
    yield from check_objects(store, kinds, tuple(redactions_of(store)))


def read_kinds(store: Store, kinds: dict[str, str]) -> Iterator[Finding]:
    """Fill in which kind the records name for each digest; what of them cannot be read."""
    for stream in (ORG, DEFS):
        try:
            for stored in store.records(stream):
                for event in stored.events:
                    if isinstance(event, Published):
                        kinds[event.digest] = event.kind
        except EvidenceError as error:
            yield _tell("E_BODY", stream, 0, "", error.text)
    for stream in store.streams():
        for opened in disclosures_of(store, stream).values():
            kinds |= {
                str(one.value): ATTACHMENT
                for one in opened
                if one.path.startswith("att/") and one.path.endswith("/digest")
            }


def check_objects(
    store: Store, kinds: Mapping[str, str], redactions: Iterable[Redaction]
) -> Iterator[Finding]:
    """Whether exactly the objects that records name and none has destroyed are there, unchanged."""
    kept = {digest: kind for digest, kind, _ in store.objects()}
    for digest, kind, content in store.objects():
        if store.suite.digest(content) != digest:
            yield _tell("E_OBJECT", "", 0, digest[:12], say("已发布的文本或附件与其摘要不符"))
        elif kinds.get(digest) != kind:
            yield _tell("E_OBJECT", "", 0, digest[:12], say("文本或附件的种类与记录不符"))
    for said in redactions:
        for digest in kept.keys() & set(said.objects):
            text = say("写明已销毁,文件却还在:{digest}", digest=digest[:12])
            yield _tell("E_REDACT", said.stream, said.seq, "objects", text)
    for digest in kinds:
        if digest not in kept:
            yield _tell("E_OBJECT", "", 0, digest[:12], say("已发布的文本或附件缺失"))


def _verify_tables(store: Store) -> Iterator[Finding]:
    """Rebuild the tables beside the stored ones and name each that differs."""
    try:
        rebuilt = store.rebuilt_tables()
    except EvidenceError as error:
        yield _tell("E_BODY", "", 0, "", error.text)
        return
    except LedgerError as error:
        text = say("历史有缺,台账重建不出来:{why}", why=error.text)
        yield _tell("E_TABLE", "", 0, "posting", text)
        return
    except BookingError as error:
        text = say("历史有缺,预约重建不出来:{why}", why=error.text)
        yield _tell("E_TABLE", "", 0, "occupation", text)
        return
    yield from compare_tables(store.derived_tables(), rebuilt)


def compare_tables(stored: Tables, rebuilt: Tables) -> Iterator[Finding]:
    """Each stored table that is not what the history makes of it."""
    for name, rows in stored.items():
        if rows != rebuilt[name]:
            wrong = first_difference(name, rows, rebuilt[name])
            text = say("派生表“{name}”与历史不符:{wrong}", name=name, wrong=wrong)
            yield _tell("E_TABLE", "", 0, name, text)


def _verify_log(store: Store, kept: Checkpoint | None, keys: KeyState) -> Iterator[Finding]:
    """The store's own checkpoints, and one kept outside."""
    leaves = [bytes.fromhex(record.digest) for record in store.raw_log()]
    publics = keys.publics_of(SERVICE)
    yield from check_restorations(store, leaves, keys)
    yield from check_notes(store, leaves, publics)
    yield from check_tokens(store)
    try:
        yield from check_heads(store, leaves)
    except EvidenceError as error:
        yield _tell("E_BODY", SYS, 0, "", error.text)
    if kept is not None:
        yield from check_outside(store, kept, leaves, publics)


def _verify_listing(store: Store, listing: Mapping[str, Head]) -> tuple[Finding, ...]:
    """What of the streams listed beside the checkpoint is no longer there."""
    digests = {
        (stream, place): record.digest
        for stream in listing
        for place, (record, _) in enumerate(store.raw_records(stream))
    }
    return check_listing(listing, lambda stream, seq: digests.get((stream, seq)))
