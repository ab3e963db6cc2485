"""Evidence bundles: rows that were read, written as the files of evidence-spec.md §11.

Pure. The same rows give the same bytes, as a folder or as a zip.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.evidence.canonical import Json, JsonLike, canonical, utf16
from engine.evidence.heads import prove_heads
from engine.evidence.log import Tree, dump_path
from engine.evidence.record import Head, Record, dump_record
from engine.evidence.suite import Suite

FORMAT, VERSION = "guicheng-bundle", 1
STORE, CASE, PERIOD = "store", "case", "period"
_EPOCH = (1980, 1, 1, 0, 0, 0)
Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a bundle covers: the store, one case with its family, or a period (times as records
    write them)."""

    kind: str = STORE
    case: str = ""
    number: str = ""
    since: str = ""
    until: str = ""

    def dump(self) -> dict[str, Json]:
        match self.kind:
            case "case":
                return {"kind": CASE, "case": self.case, "number": self.number}
            case "period":
                return {"kind": PERIOD, "from": self.since, "until": self.until}
        return {"kind": STORE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record at its place in the log (from 0), with what its body says of stream and seq."""

    index: int
    stream: str
    seq: int
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One disclosure as stored: `value` is canonical JSON text, `salt` 16 bytes."""

    stream: str
    seq: int
    path: str
    salt: bytes
    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A signed checkpoint: number of records and the note as it was signed."""

    size: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A ckpt record: its index, and the heads of all streams before it, which it commits to."""

    index: int
    heads: Mapping[str, Head]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything a bundle is made of. `digests` are the leaves of the whole log, 64 hex digits
    each, whichever records are chosen; `kept` the checkpoints, oldest first."""

    origin: str
    suite: Suite
    scope: Scope
    lines: Sequence[Line]
    disclosures: Sequence[Opened]
    objects: Mapping[str, bytes]
    models: Mapping[str, bytes]
    digests: Sequence[str]
    kept: Sequence[Kept]
    stated: Stated | None
    tables: Sequence[tuple[str, Mapping[str, JsonLike]]]
    tokens: Mapping[int, bytes]

    @property
    def covered(self) -> int:
        """How many of its records the newest checkpoint covers."""
        size = self.kept[-1].size if self.kept else 0
        return sum(1 for line in self.lines if line.index < size)


def dump_bundle(content: Content) -> dict[str, bytes]:
    """The files of a bundle by name. Errors: `EvidenceError` for a row that has no bytes."""
    newest = content.kept[-1] if content.kept else None
    header: JsonLike = {
        "format": FORMAT,
        "version": VERSION,
        "origin": content.origin,
        "suite": content.suite.name,
        "scope": content.scope.dump(),
        "size": newest.size if newest else 0,
    }
    files = {
        "bundle.json": canonical(header),
        "records.jsonl": b"".join(_record_line(line) for line in content.lines),
        "disclosures.jsonl": b"".join(_opened_line(one) for one in _in_order(content.disclosures)),
        "proofs.json": canonical(_proofs(content, newest)),
    }
    if newest is not None:
        files["checkpoint.note"] = newest.note.encode()
    for kept in content.kept[:-1]:
        files[f"checkpoints/{kept.size}.note"] = kept.note.encode()
    files |= {f"objects/{digest}": data for digest, data in content.objects.items()}
    files |= {f"models/{digest}": data for digest, data in content.models.items()}
    files |= {f"tokens/{size}.tsr": data for size, data in content.tokens.items()}
    if content.scope.kind == STORE:
        rows = (canonical({"table": table, "row": row}) for table, row in content.tables)
        files["tables.jsonl"] = b"".join(row + b"\n" for row in sorted(rows))
    return files


def dump_zip(files: Files) -> bytes:
    """The files as the one zip they make: stored, sorted, without times or extra fields."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=str.encode):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # whatever machine writes it
            archive.writestr(entry, files[name])
    return out.getvalue()


def _record_line(line: Line) -> bytes:
    return b'{"index":%d,"record":%b}\n' % (line.index, dump_record(line.record))


def _in_order(disclosures: Iterable[Opened]) -> list[Opened]:
    return sorted(disclosures, key=lambda one: (utf16(one.stream), one.seq, utf16(one.path)))


def _opened_line(one: Opened) -> bytes:
    salt = base64.urlsafe_b64encode(one.salt).rstrip(b"=").decode()
    line: JsonLike = {
        "path": one.path,
        "salt": salt,
        "seq": one.seq,
        "stream": one.stream,
        "value": one.value,
    }
    return canonical(line) + b"\n"


def _proofs(content: Content, newest: Kept | None) -> JsonLike:
    if content.scope.kind == STORE or newest is None:
        return {"inclusion": {}, "consistency": [], "heads": None}
    leaves = (bytes.fromhex(one) for one in content.digests[: newest.size])
    tree = Tree(leaves, content.suite)
    inclusion = {
        str(line.index): dump_path(tree.inclusion(line.index))
        for line in content.lines
        if line.index < newest.size
    }
    consistency: list[JsonLike] = [
        {
            "from": kept.size,
            "to": newest.size,
            "path": dump_path(tree.consistency(kept.size)),
        }
        for kept in content.kept[:-1]
    ]
    return {"inclusion": inclusion, "consistency": consistency, "heads": _heads(content)}


def _heads(content: Content) -> JsonLike:
    stated = content.stated
    if stated is None:
        return None
    present = {line.stream for line in content.lines}
    streams = tuple(stream for stream in stated.heads if stream in present)
    return {
        "record": stated.index,
        "size": len(stated.heads),
        "proofs": {
            one.stream: one.dump() for one in prove_heads(stated.heads, streams, content.suite)
        },
    }
