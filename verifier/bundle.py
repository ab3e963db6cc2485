"""A bundle's files as data (evidence-spec.md §11). What cannot be read is told as `E_BUNDLE`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise

from verifier.canonical import (
    Flaw,
    Json,
    decode_base64,
    is_hash,
    is_instant,
    parse,
)
from verifier.disclosures import Disclosure, Tell, load_disclosures
from verifier.files import Files
from verifier.findings import Finding
from verifier.memory import without_cycles
from verifier.merkle import load_path
from verifier.notes import is_name
from verifier.quick import read_record
from verifier.records import Head, Record
from verifier.suites import SHA256_ED25519, SUITES, Suite

LONGEST_LINE = 128 * 1024
LARGEST_INDEX = 2**48
_INDEX = re.compile("0|[1-9][0-9]{0,14}")
_NAMES = ("bundle.json", "records.jsonl", "disclosures.jsonl", "proofs.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is in the bundle: `kind` store, case or period; "" where it does not apply."""

    kind: str
    case: str = ""
    number: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadProof:
    index: int
    head: Head
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """Proofs for heads of streams against the `heads` root of the ckpt record at `record`."""

    record: int
    size: int
    proofs: Mapping[str, HeadProof]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    inclusion: Mapping[int, tuple[bytes, ...]]
    consistency: Mapping[tuple[int, int], tuple[bytes, ...]]
    heads: Heads | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Everything in a bundle that could be read, and what could not."""

    origin: str
    suite: Suite
    scope: Scope
    size: int
    records: tuple[Record, ...]
    disclosures: Mapping[tuple[str, int], tuple[Disclosure, ...]]
    objects: Mapping[str, bytes]
    models: Mapping[str, bytes]
    note: bytes | None
    older: Mapping[int, bytes]
    tokens: Mapping[int, bytes]
    proofs: Proofs
    tables: tuple[tuple[str, Json], ...] | None
    misplaced: tuple[int, ...]  # lines of tables.jsonl that do not come after the one before
    findings: tuple[Finding, ...]


@without_cycles
def read_bundle(files: Files) -> Bundle:
    """The bundle in some files. Never raises for bad content."""
    found: list[Finding] = []

    def tell(field: str, zh: str, en: str) -> None:
        found.append(Finding(code="E_BUNDLE", level=1, field=field, zh=zh, en=en))

    for name, zh, en in files.wrong:
        tell(name, zh, en)
    got = files.contents
    for name in _NAMES:
        if name not in got and not files.wrong:
            tell(name, "缺少文件", "the file is missing")
    origin, suite, scope, size = "", SHA256_ED25519, Scope(kind="store"), 0
    if "bundle.json" in got:
        try:
            origin, suite, scope, size = _load_header(parse(got["bundle.json"]))
        except Flaw as flaw:
            tell("bundle.json", flaw.zh, flaw.en)
    records = tuple(_load_records(got.get("records.jsonl", b""), suite, tell))
    opened = _lines(got.get("disclosures.jsonl", b""), "disclosures.jsonl", tell)
    disclosures = load_disclosures(opened, suite, tell)
    proofs = Proofs(inclusion={}, consistency={}, heads=None)
    if "proofs.json" in got:
        try:
            proofs = _load_proofs(parse(got["proofs.json"]))
        except Flaw as flaw:
            tell(f"proofs.json {flaw.field}".strip(), flaw.zh, flaw.en)
    if ("checkpoint.note" in got) != (size > 0):
        tell("checkpoint.note", "检查点与 bundle.json 的 size 不符", "size and checkpoint disagree")
    tables, rows = None, list(_lines(got.get("tables.jsonl", b""), "tables.jsonl", tell))
    if "tables.jsonl" in got:
        tables = tuple(_load_tables(rows, tell))
        if scope.kind != "store":
            tell("tables.jsonl", "只有整库证据包可以带派生表", "only a store bundle has tables")
    return Bundle(
        origin=origin,
        suite=suite,
        scope=scope,
        size=size,
        records=records,
        disclosures=disclosures,
        objects=_under(got, "objects/"),
        models=_under(got, "models/"),
        note=got.get("checkpoint.note"),
        older={int(name[:-5]): data for name, data in _under(got, "checkpoints/").items()},
        tokens={int(name[:-4]): data for name, data in _under(got, "tokens/").items()},
        proofs=proofs,
        tables=tables,
        misplaced=tuple(n for n, two in enumerate(pairwise(rows), 2) if two[0] >= two[1]),
        findings=tuple(found),
    )


def _under(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    return {
        name.removeprefix(folder): data
        for name, data in sorted(files.items())
        if name.startswith(folder)
    }


def _load_header(value: Json) -> tuple[str, Suite, Scope, int]:
    match value:
        case {
            "format": "guicheng-bundle",
            "version": 1,
            "origin": str(origin),
            "suite": str(suite),
            "scope": dict(scope),
            "size": int(size),
            **rest,
        } if not rest and is_name(origin) and _are_counts(size) and size <= LARGEST_INDEX:
            if suite not in SUITES:
                raise Flaw("不认识的密码套件", "the suite is unknown")
            return origin, SUITES[suite], _load_scope(scope), size
    raise Flaw("不是本格式的证据包说明", "not the header of a bundle of this format")


def _load_scope(scope: dict[str, Json]) -> Scope:
    match scope:
        case {"kind": "store"} if len(scope) == 1:
            return Scope(kind="store")
        case {"kind": "case", "case": str(case), "number": str(number)} if len(scope) == 3 and case:
            return Scope(kind="case", case=case, number=number)
        case {"kind": "period", "from": str(since), "until": str(until)} if (
            len(scope) == 3 and is_instant(since) and is_instant(until) and since <= until
        ):
            return Scope(kind="period", since=since, until=until)
    raise Flaw("证据包的范围写法不对", "the scope of the bundle is ill-formed")


def _lines(data: bytes, name: str, tell: Tell) -> Iterator[bytes]:
    """Every line that ends, in turn. A last one without its line feed is told first."""
    if data and not data.endswith(b"\n"):
        tell(name, "最后一行没有换行", "the last line has no line feed")
    for line in BytesIO(data):
        if line.endswith(b"\n"):
            yield line[:-1]


def _load_records(data: bytes, suite: Suite, tell: Tell) -> Iterator[Record]:
    for number, line in enumerate(_lines(data, "records.jsonl", tell), 1):
        try:
            if len(line) > LONGEST_LINE:
                raise Flaw("这一行过长", "the line is too long")
            yield read_record(line, suite) or _load_record(line, suite)
        except Flaw as flaw:
            tell(f"records.jsonl:{number}", flaw.zh, flaw.en)


def _load_record(line: bytes, suite: Suite) -> Record:
    match parse(line):
        case {
            "index": int(index),
            "record": {
                "body": str(body),
                "key": str(key),
                "sig": str(sig),
                "srv": {"at": str(at), "pt": str(kind), **late},
                **more,
            },
            **others,
        } if not late and not more and not others and type(index) is int:
            if not 0 <= index <= LARGEST_INDEX:
                raise Flaw("日志位置超出范围", "the index is out of range")
            # The line is canonical, so the record's own canonical bytes stand in it as they are.
            start = len(b'{"index":%d,"record":' % index)
            return Record(
                index=index,
                body=decode_base64(body),
                key=key,
                sig=decode_base64(sig),
                received_at=at,
                payload_type=kind,
                digest=suite.digest(b"\x00" + line[start:-1]),
            )
    raise Flaw("记录的字段不全或有多余", "fields of the record are missing or unknown")


def _load_proofs(value: Json) -> Proofs:
    match value:
        case {
            "inclusion": dict(inclusion),
            "consistency": list(consistency),
            "heads": heads,
            **rest,
        } if not rest:
            return Proofs(
                inclusion={_index(name): load_path(path) for name, path in inclusion.items()},
                consistency=_load_extensions(consistency),
                heads=_load_heads(heads),
            )
    raise Flaw("证明文件的字段不对", "the fields of the proofs are wrong")


def _index(name: str) -> int:
    if not _INDEX.fullmatch(name) or int(name) > LARGEST_INDEX:
        raise Flaw("日志位置写法不对", "an index is ill-formed", "inclusion")
    return int(name)


def _are_counts(*values: int) -> bool:
    return all(type(one) is int and one >= 0 for one in values)


def _load_extensions(several: list[Json]) -> dict[tuple[int, int], tuple[bytes, ...]]:
    found = dict(map(_load_extension, several))
    if len(found) < len(several):
        raise Flaw("同一对大小有两份证明", "two proofs between the same sizes", "consistency")
    return found


def _load_extension(value: Json) -> tuple[tuple[int, int], tuple[bytes, ...]]:
    match value:
        case {
            "from": int(start),
            "to": int(end),
            "path": path,
            **rest,
        } if not rest and _are_counts(start, end):
            return (start, end), load_path(path)
    raise Flaw("一致性证明的字段不对", "the fields of a consistency proof are wrong", "consistency")


def _load_heads(value: Json) -> Heads | None:
    match value:
        case None:
            return None
        case {
            "record": int(record),
            "size": int(size),
            "proofs": dict(proofs),
            **rest,
        } if not rest and _are_counts(record, size):
            return Heads(
                record=record,
                size=size,
                proofs={stream: _load_head_proof(one) for stream, one in proofs.items()},
            )
    raise Flaw("链头证明的字段不对", "the fields of the heads proofs are wrong", "heads")


def _load_head_proof(value: Json) -> HeadProof:
    match value:
        case {
            "index": int(index),
            "head": {"hash": str(digest), "seq": int(seq), **more},
            "path": path,
            **rest,
        } if not more and not rest and is_hash(digest) and _are_counts(index, seq):
            head = Head(seq=seq, hash=digest)
            return HeadProof(index=index, head=head, path=load_path(path))
    raise Flaw("链头证明的字段不对", "the fields of a heads proof are wrong", "heads")


def _load_tables(rows: list[bytes], tell: Tell) -> Iterator[tuple[str, Json]]:
    for number, line in enumerate(rows, 1):
        try:
            yield _load_row(parse(line))
        except Flaw as flaw:
            tell(f"tables.jsonl:{number}", flaw.zh, flaw.en)


def _load_row(value: Json) -> tuple[str, Json]:
    match value:
        case {"table": str(table), "row": dict(row), **rest} if not rest:
            return table, row
    raise Flaw("派生表的行不成样子", "a row of a table is ill-formed")
