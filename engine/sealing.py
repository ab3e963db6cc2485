"""Signing a checkpoint: one record that says what stands in the store, then a note over all.

evidence-spec.md §9. What was signed last is kept outside the database; a smaller log, or one that
does not begin with it, is never signed. The root is computed twice: from the digests the store
keeps, leaf by leaf, and from the stored bytes, level by level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from zoneinfo import TZPATH

from engine import scribe
from engine.catalog import DEFS, KEYS, ORG, SYS
from engine.errors import EvidenceError, RolledBack, StoreConflict
from engine.evidence.checkpoint import Checkpoint, load_checkpoint, make_checkpoint
from engine.evidence.disk import alone
from engine.evidence.heads import heads_root
from engine.evidence.log import Frontier, merkle_root
from engine.evidence.memory import Memory, keep_memory, load_memory
from engine.evidence.record import SERVICE, Actor, Head
from engine.evidence.restoration import FIRST, log_number
from engine.evidence.suite import Suite
from engine.filing import ATTEMPTS, Filing
from engine.kernel.office_events import Checkpointed
from engine.restorations import name_at
from engine.scribe import Account
from engine.store.rows import Kept, Moved
from engine.store.store import Store
from engine.text import say

SEAL, CKPT = "检查点", "ckpt"
CODE = "0.1.0"  # the version of this program, as in pyproject.toml


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What the records were made with: editions of zone data, database schema and program."""

    tzdata: str
    schema: str
    code: str


def build_of(store: Store) -> Build:
    """What this program works with now."""
    return Build(tzdata=_zone_edition(), schema=store.revision, code=CODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A signed checkpoint, and the heads of all streams that its record commits to."""

    checkpoint: Checkpoint
    heads: Mapping[str, Head]


def seal(desk: Filing, place: Path, build: Build) -> Sealed:
    """Write a `ckpt` record, sign a checkpoint over it and all before, keep it in the store.

    `place` is the file outside the database that remembers what was signed last. Errors:
    `RolledBack` if the store does not go on from there, `EvidenceError` if its bytes and its
    digests disagree, `StoreConflict` if others write without pause.
    """
    store = desk.store
    with alone(place):
        signed = load_memory(place, store.origin, store.suite)
        leaves = store.leaves()
        require_signable(store, signed, leaves)
        _require_name(store, signed, len(leaves) + 1)
        signed = _sign_announced(desk, place, signed, leaves)
        size, heads = _declare(desk, build)
        leaves = store.leaves(until=size)
        root = require_signable(store, signed, leaves)
        made, _ = _sign(desk, place, signed, leaves, root)
    return Sealed(checkpoint=made, heads=heads)


def _sign(
    desk: Filing, place: Path, signed: Memory, leaves: tuple[bytes, ...], root: bytes
) -> tuple[Checkpoint, Memory]:
    """A note over `leaves`, kept in the store, and what was signed last from now on."""
    store, size = desk.store, len(leaves)
    made = make_checkpoint(_require_name(store, signed, size), size, root, desk.service)
    # Remembered before anybody can have seen it: a crash here forgets no signature.
    grown = signed.grown(leaves[signed.frontier.size :], made.note)
    keep_memory(place, grown)
    store.keep_checkpoint(Kept(size=size, note=made.note, at=scribe.instant(desk.clock())))
    return made, grown


def _sign_announced(desk: Filing, place: Path, signed: Memory, leaves: tuple[bytes, ...]) -> Memory:
    """Sign the note that the last `ckpt` record announced, should the program have stopped between
    the two: every such record but the last has its note in the store.
    """
    places = [
        int(str(row["position"])) for _, row in desk.store.raw_records(SYS) if row["typ"] == CKPT
    ]
    newest = desk.store.newest_checkpoint()
    last = places[-1] if places else 0
    if last < max(signed.frontier.size, 1) or (newest is not None and last <= newest.size):
        return signed
    root = Frontier(suite=desk.store.suite).after(leaves[:last]).root
    return _sign(desk, place, signed, leaves[:last], root)[1]


def require_signable(store: Store, signed: Memory, leaves: tuple[bytes, ...]) -> bytes:
    """The root over `leaves`, if it may be signed after what was signed last.

    Errors: `RolledBack`, `EvidenceError`.
    """
    try:
        signed.require_prefix(leaves)
        newest = store.newest_checkpoint()
        if newest is not None:
            _require_note(newest.note, leaves, store.suite)
    except RolledBack as error:
        raise RolledBack(say("不予签发检查点:{why}", why=error.why)) from error
    root = Frontier(suite=store.suite).after(leaves).root
    stored = [bytes.fromhex(record.digest) for record in store.raw_log()][: len(leaves)]
    if len(stored) != len(leaves) or merkle_root(stored, store.suite) != root:
        raise EvidenceError(say("不予签发检查点:按存储的字节重算,根与摘要不符 [E_ROOT]"))
    return root


def _require_name(store: Store, signed: Memory, size: int) -> str:
    """The name to sign under. Never one of an older log: nothing else keeps its checkpoints and
    those of this one apart. Errors: `EvidenceError`.
    """
    try:
        name = name_at(store, size)
    except EvidenceError as error:
        raise EvidenceError(say("不予签发检查点:{why}", why=error.text)) from error
    known = load_checkpoint(signed.note).origin if signed.note else store.origin
    before = log_number(store.origin, known) or FIRST
    if (log_number(store.origin, name) or FIRST) < before:
        raise RolledBack(say("不予签发检查点:上次签的是第 {log} 号日志,库里没有", log=before))
    return name


def _require_note(note: str, leaves: tuple[bytes, ...], suite: Suite) -> None:
    """The newest note in the store counts too, should the file outside have been lost."""
    known = load_checkpoint(note)
    root = merkle_root(leaves[: known.size], suite).hex()
    if known.size > len(leaves) or root != known.root:
        raise RolledBack(say("库里已有 {size} 条记录的检查点,现在对不上", size=known.size))


def _declare(desk: Filing, build: Build) -> tuple[int, Mapping[str, Head]]:
    """Write the `ckpt` record, if nothing moved since the heads were read; its place."""
    for _ in range(ATTEMPTS):
        desk.refresh()  # the record names the zone of the office as it is by now
        records = desk.store.last_position()
        heads = {
            stream: Head(seq=seq, hash=digest)
            for stream, (seq, digest) in desk.store.heads().items()
        }
        if sum(head.seq + 1 for head in heads.values()) != records:
            raise EvidenceError(say("不予签发检查点:链头与记录数不符 [E_HEADS]"))
        event = Checkpointed(
            heads=heads_root(heads, desk.store.suite),
            streams=len(heads),
            records=records,
            tzdata=build.tzdata,
            schema=build.schema,
            code=build.code,
        )
        at = desk.clock()
        entry = scribe.write(
            Account(typ=CKPT, act=SEAL, events=(event,), way="system"),
            Actor(uid=SERVICE, name=SERVICE, post="", dept="", for_=None),
            desk.place(SYS, {name: heads.get(name) for name in (SYS, ORG, KEYS, DEFS)}),
            desk.moment(at, at, desk.new_id()),
            desk.service,
        )
        try:
            (position,) = desk.file((entry,), {}, size=records)
        except Moved:
            continue
        return position, heads
    raise StoreConflict


def _zone_edition() -> str:
    """The edition of the zone data `zoneinfo` reads: the system's, else that of `tzdata`."""
    for folder in TZPATH:
        listing = Path(folder) / "tzdata.zi"
        if listing.is_file():
            with listing.open(encoding="utf-8") as file:
                return file.readline().removeprefix("# version ").strip()
        if Path(folder).is_dir():
            return "unknown"
    return version("tzdata")
