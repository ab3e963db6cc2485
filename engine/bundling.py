"""From a store to an evidence bundle: which rows belong in it, read for `evidence/bundle.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from engine.catalog import (
    DEFS,
    KEYS,
    ORG,
    PARAMS,
    SYS,
    Catalog,
    Edition,
    read_bundle,
    read_calendar,
    read_params,
    read_roster,
)
from engine.errors import GuichengError
from engine.evidence.bundle import (
    CASE,
    STORE,
    Content,
    Kept,
    Line,
    Opened,
    Scope,
    Stated,
    dump_bundle,
    dump_zip,
)
from engine.evidence.canonical import JsonLike, canonical, parse
from engine.evidence.record import Head
from engine.language.dump import dump_definition
from engine.language.params import Params
from engine.scribe import instant
from engine.store.projections import PROJECTIONS
from engine.store.store import Store
from engine.store.tables import columns
from engine.text import say

WHOLE = (ORG, KEYS, DEFS, SYS)  # the streams that every bundle has from end to end


def case_scope(case_id: str, number: str) -> Scope:
    """One case, with its family."""
    return Scope(kind=CASE, case=case_id, number=number)


def period_scope(since: datetime, until: datetime) -> Scope:
    """What was received between two aware instants, both included."""
    return Scope(kind="period", since=instant(since), until=instant(until))


def collect(store: Store, scope: Scope) -> Content:
    """The rows of a bundle. Errors: `EvidenceError` for a disclosure that cannot be read."""
    lines = tuple(_lines(store, scope))
    seqs: dict[str, int] = {}
    for line in lines:
        seqs[line.stream] = max(line.seq, seqs.get(line.stream, -1))
    disclosures = tuple(
        one for stream in seqs for one in _opened(store, stream) if one.seq <= seqs[stream]
    )
    kept = tuple(Kept(size=one.size, note=one.note) for one in store.checkpoints())
    digests = tuple(one.hex() for one in store.leaves())
    return Content(
        origin=store.origin,
        suite=store.suite,
        scope=scope,
        lines=lines,
        disclosures=disclosures,
        objects=_objects(store, disclosures, scope),
        models=dict(_models(store)),
        digests=digests,
        kept=kept,
        stated=_stated(store, kept, digests),
        tables=tuple(_tables(store)) if scope.kind == STORE else (),
        tokens=store.tokens(),
    )


def write_bundle(content: Content, out: Path) -> int:
    """Write a zip if the name ends so, else a folder. The number of files.

    Errors: `GuichengError` if something is already there.
    """
    if out.exists():
        raise GuichengError(say("{path} 已存在,不会覆盖", path=out.name))
    files = dump_bundle(content)
    if out.suffix == ".zip":
        out.write_bytes(dump_zip(files))
        return len(files)
    for name, data in files.items():
        place = out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return len(files)


def _lines(store: Store, scope: Scope) -> Iterator[Line]:
    """The records of a scope in the order of the log."""
    found = [line for stream in _streams(store, scope) for line in _stream(store, stream, scope)]
    return iter(sorted(found, key=lambda line: line.index))


def _streams(store: Store, scope: Scope) -> tuple[str, ...]:
    if scope.kind != CASE:
        return store.streams()
    family = (scope.case, *store.family(scope.case))
    wanted = {*WHOLE, *(f"case/{one}" for one in family), *store.opened_by(family)}
    return tuple(stream for stream in store.streams() if stream in wanted)


def _stream(store: Store, stream: str, scope: Scope) -> list[Line]:
    found = [
        Line(
            index=int(str(row["position"])) - 1,
            stream=stream,
            seq=int(str(row["seq"])),
            record=record,
        )
        for record, row in store.raw_records(stream)
    ]
    if scope.kind != "period" or stream in WHOLE:
        return found
    inside = [
        place
        for place, line in enumerate(found)
        if scope.since <= line.record.received_at <= scope.until
    ]
    return found[: inside[-1] + 1] if inside else []


def _opened(store: Store, stream: str) -> Iterator[Opened]:
    """What is disclosed of a stream; what was redacted has no salt and no value."""
    for row in store.raw_disclosures(stream):
        salt, value = row["salt"], row["value"]
        if isinstance(salt, bytes) and isinstance(value, str):
            yield Opened(
                stream=stream,
                seq=int(str(row["seq"])),
                path=str(row["path"]),
                salt=salt,
                value=parse(value.encode()),
            )


def _objects(store: Store, opened: Iterable[Opened], scope: Scope) -> dict[str, bytes]:
    """All texts and attachments; of a part of the store, those its records name."""
    kept = {digest: content for digest, _, content in store.objects()}
    if scope.kind == STORE:
        return kept
    named = {edition.digest for edition in Catalog(store).editions}
    named |= {
        str(one.value)
        for one in opened
        if one.path.startswith("att/") and one.path.endswith("/digest")
    }
    return {digest: content for digest, content in kept.items() if digest in named}


def _models(store: Store) -> Iterator[tuple[str, bytes]]:
    """What was understood of each published text, where this version still reads it the same."""
    catalog = Catalog(store)
    texts = {digest: content for digest, _, content in store.objects()}
    params = [
        read_params(texts[one.digest].decode())
        for one in catalog.editions
        if one.kind == PARAMS and one.digest in texts
    ]
    for edition in catalog.editions:
        if edition.digest not in texts:
            continue
        for model in _readings(edition, texts[edition.digest], params):
            if store.suite.digest(model) == edition.model:
                yield edition.model, model
                break


def _readings(edition: Edition, text: bytes, params: list[Params]) -> Iterator[bytes]:
    """The ways a text may have been understood: a procedure, by the parameters of its day."""
    try:
        match edition.kind:
            case "roster":
                yield canonical(dump_definition(read_roster(text.decode())))
            case "params":
                yield canonical(dump_definition(read_params(text.decode())))
            case "calendar":
                calendar = read_calendar(text.decode())
                yield canonical(calendar.name)
                yield canonical(dump_definition(calendar))
            case "process":
                for known in (*reversed(params), None):
                    bundle = json.loads(text)
                    yield canonical(dump_definition(read_bundle(bundle, known)))
    except GuichengError:
        return  # this version reads it no more; the text itself is in the bundle


def _stated(store: Store, kept: tuple[Kept, ...], digests: tuple[str, ...]) -> Stated | None:
    """The last ckpt record the newest checkpoint covers, and the heads before it."""
    if not kept:
        return None
    last: int | None = None
    for _, row in store.raw_records(SYS):
        index = int(str(row["position"])) - 1
        if row["typ"] == "ckpt" and index < kept[-1].size:
            last = index
    if last is None:
        return None
    heads: dict[str, Head] = {}
    for position, stream, seq in store.positions():
        if position <= last:
            heads[stream] = Head(seq=seq, hash=digests[position - 1])
    return Stated(index=last, heads=heads)


def _tables(store: Store) -> Iterator[tuple[str, Mapping[str, JsonLike]]]:
    names = {str(table.__tablename__): tuple(columns(table).keys()) for table in PROJECTIONS}
    for table, rows in store.derived_tables().items():
        for row in rows:
            yield table, dict(zip(names[table], row, strict=True))  # type: ignore[arg-type]
