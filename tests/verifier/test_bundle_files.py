"""The files of a bundle as data: what each may hold, and where what cannot be read is told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from tests.verifier.bodies import digest
from tests.verifier.parts import AT, ORIGIN, Row
from verifier.bundle import Bundle, HeadProof, Heads, Proofs, Scope, read_bundle
from verifier.canonical import canonical
from verifier.disclosures import Disclosure
from verifier.files import Files
from verifier.findings import Finding
from verifier.records import RECORD_V2, Head, Record
from verifier.suites import SHA256_ED25519, SM3_SM2, SUITES

HEADER: Row = {
    **{"format": "guicheng-bundle", "version": 1, "origin": ORIGIN, "suite": "sha256-ed25519"},
    **{"scope": {"kind": "store"}, "size": 0},
}
NO_PROOFS: Row = {"inclusion": {}, "consistency": [], "heads": None}
EMPTY: Mapping[str, bytes] = {
    "bundle.json": canonical(HEADER),
    "records.jsonl": b"",
    "disclosures.jsonl": b"",
    "proofs.json": canonical(NO_PROOFS),
}
STORE = Scope(kind="store", case="", number="", since="", until="")
HASHES = tuple(bytes.fromhex(digest(n)) for n in (1, 2))
PATH = [digest(1), digest(2)]
LAST = ("最后一行没有换行", "the last line has no line feed")


def read(files: Mapping[str, bytes] | None = None, **changes: Any) -> Bundle:
    """An empty bundle with other files, and with other things in its header."""
    header = {"bundle.json": canonical(HEADER | changes)}
    return read_bundle(Files(contents={**EMPTY, **header, **(files or {})}))


def told(field: str, zh: str, en: str) -> Finding:
    return Finding(code="E_BUNDLE", level=1, field=field, zh=zh, en=en)


# -- which files ------------------------------------------------------------------------


def test_an_empty_bundle_has_nothing_wrong_in_it() -> None:
    assert read() == Bundle(
        origin=ORIGIN,
        suite=SHA256_ED25519,
        scope=STORE,
        size=0,
        records=(),
        disclosures={},
        objects={},
        models={},
        note=None,
        older={},
        tokens={},
        proofs=Proofs(inclusion={}, consistency={}, heads=None),
        tables=None,
        misplaced=(),
        findings=(),
    )


def test_of_a_bundle_without_files_each_is_missing() -> None:
    found = read_bundle(Files(contents={}))
    names = ("bundle.json", "records.jsonl", "disclosures.jsonl", "proofs.json")
    assert found.findings == tuple(told(name, "缺少文件", "the file is missing") for name in names)
    assert (found.origin, found.suite, found.scope, found.size) == ("", SHA256_ED25519, STORE, 0)
    assert found.proofs == Proofs(inclusion={}, consistency={}, heads=None)


def test_what_is_wrong_with_the_files_stands_for_those_that_are_missing() -> None:
    found = read_bundle(Files(contents={}, wrong=(("a", "错", "wrong"), ("", "坏", "bad"))))
    assert found.findings == (told("a", "错", "wrong"), told("", "坏", "bad"))


def test_objects_models_notes_and_tokens_are_known_by_their_names() -> None:
    one, other = digest(1), digest(2)
    found = read(
        {
            **{f"objects/{other}": b"2", f"objects/{one}": b"1", f"models/{one}": b"3"},
            **{"checkpoints/20.note": b"4", "checkpoints/0.note": b"5", "tokens/30.tsr": b"6"},
        }
    )
    assert list(found.objects.items()) == [(one, b"1"), (other, b"2")]
    assert found.models == {one: b"3"}
    assert (found.older, found.tokens) == ({20: b"4", 0: b"5"}, {30: b"6"})
    assert found.findings == ()


def test_there_is_a_checkpoint_where_its_size_is_named() -> None:
    said = told(
        "checkpoint.note", "检查点与 bundle.json 的 size 不符", "size and checkpoint disagree"
    )
    found = read({"checkpoint.note": b"note"}, size=1)
    assert (found.size, found.note, found.findings) == (1, b"note", ())
    assert read({"checkpoint.note": b"note"}).findings == (said,)
    assert read(size=1).findings == (said,)


# -- the header -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "scope"),
    [
        ({"kind": "store"}, STORE),
        (
            {"kind": "case", "case": "7", "number": "2026-7"},
            Scope(kind="case", case="7", number="2026-7", since="", until=""),
        ),
        (
            {"kind": "period", "from": AT, "until": "2026-11-03T00:00:00.000Z"},
            Scope(kind="period", case="", number="", since=AT, until="2026-11-03T00:00:00.000Z"),
        ),
        (
            {"kind": "period", "from": AT, "until": AT},
            Scope(kind="period", case="", number="", since=AT, until=AT),
        ),
    ],
)
def test_a_bundle_is_of_a_store_a_case_or_a_period(row: Row, scope: Scope) -> None:
    found = read(scope=row)
    assert (found.scope, found.findings) == (scope, ())


@pytest.mark.parametrize(
    "scope",
    [
        *({}, {"kind": "other"}, {"kind": None}, {"kind": "store", "case": "7"}),
        *({"kind": "case", "case": "7"}, {"kind": "case", "number": "7"}),
        *({"kind": "case", "case": 7, "number": ""}, {"kind": "case", "case": "", "number": 7}),
        {"kind": "case", "case": "7", "number": "", "more": ""},
        *({"kind": "period", "from": AT}, {"kind": "period", "until": AT}),
        *({"kind": "period", "from": one, "until": AT} for one in (5, "", "2026-11-02")),
        *({"kind": "period", "from": AT, "until": one} for one in (5, "", "2026-11-02")),
        {"kind": "period", "from": AT, "until": AT, "more": AT},
    ],
)
def test_a_scope_that_is_ill_formed_is_told(scope: Row) -> None:
    found = read(scope=scope)
    said = told("bundle.json", "证据包的范围写法不对", "the scope of the bundle is ill-formed")
    assert (found.findings, found.origin, found.scope) == ((said,), "", STORE)


@pytest.mark.parametrize("suite", [SHA256_ED25519, SM3_SM2], ids=lambda one: one.name)
def test_a_store_is_of_a_suite_that_is_known(suite: Any) -> None:
    found = read(suite=suite.name)
    assert (found.suite, found.findings) == (suite, ())
    said = told("bundle.json", "不认识的密码套件", "the suite is unknown")
    assert read(suite=f"{suite.name}x").findings == (said,)
    assert len(SUITES) == 2


def test_a_size_is_a_place_of_the_log() -> None:
    for size in (1, 2**48):
        found = read({"checkpoint.note": b""}, size=size)
        assert (found.size, found.findings) == (size, ())


@pytest.mark.parametrize(
    "data",
    [
        *(canonical(HEADER | {"size": one}) for one in (-1, 2**48 + 1, True, False, "0", None)),
        *(canonical(HEADER | {"version": one}) for one in (2, "1", None)),
        *(canonical(HEADER | {"format": one}) for one in ("other", None)),
        *(canonical(HEADER | {name: 5}) for name in ("origin", "suite", "scope")),
        *(
            canonical(HEADER | {"origin": one})
            for one in ("", "a b", "a+b", "a\u3000b", "a\u200bb")
        ),
        *(
            canonical({name: one for name, one in HEADER.items() if name != gone})
            for gone in HEADER
        ),
        *(canonical(HEADER | {"more": 1}), b"[]", b"null"),
    ],
)
def test_a_header_of_another_format_is_told(data: bytes) -> None:
    zh, en = "不是本格式的证据包说明", "not the header of a bundle of this format"
    assert read({"bundle.json": data}).findings == (told("bundle.json", zh, en),)


def test_a_header_in_another_spelling_is_told() -> None:
    for name in ("bundle.json", "proofs.json"):
        zh, en = "内容不是规范写法(RFC 8785)", "the content is not canonical (RFC 8785)"
        assert read({name: EMPTY[name] + b"\n"}).findings == (told(name, zh, en),)


# -- records ----------------------------------------------------------------------------

SEALED: Row = {"body": "e30=", "key": "中", "sig": "AA==", "srv": {"at": AT, "pt": RECORD_V2}}


def sealed(index: Any = 5, /, **changes: Any) -> bytes:
    return canonical({"index": index, "record": SEALED | changes}) + b"\n"


def records(data: bytes) -> Bundle:
    return read({"records.jsonl": data})


@pytest.mark.parametrize("index", [0, 7, 10**14, 2**48])
@pytest.mark.parametrize("key", ["中", digest(1)])
@pytest.mark.parametrize("suite", [SHA256_ED25519, SM3_SM2], ids=lambda one: one.name)
def test_a_record_is_read_with_its_digest(index: int, key: str, suite: Any) -> None:
    wanted = Record(
        index=index,
        body=b"{}",
        key=key,
        sig=b"\0",
        received_at=AT,
        payload_type=RECORD_V2,
        digest=suite.digest(b"\0" + canonical(SEALED | {"key": key})),
    )
    found = read({"records.jsonl": sealed(index, key=key)}, suite=suite.name)
    assert (found.records, found.findings) == ((wanted,), ())


RANGE = ("日志位置超出范围", "the index is out of range")
FIELDS = ("记录的字段不全或有多余", "fields of the record are missing or unknown")
BASE64 = ("不是规范的 base64", "not canonical base64")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        *((sealed(one), RANGE) for one in (-1, 2**48 + 1)),
        *((sealed(one), FIELDS) for one in (True, "5", None)),
        *((sealed(**{name: 5}), FIELDS) for name in ("body", "key", "sig", "srv", "more")),
        *((sealed(srv={"at": AT, "pt": ""} | {name: 5}), FIELDS) for name in ("at", "pt", "x")),
        *((sealed(srv=one), FIELDS) for one in ({"at": AT}, {"pt": AT})),
        *((sealed(**{name: "AB=="}), BASE64) for name in ("body", "sig")),
        (canonical({"index": 5}) + b"\n", FIELDS),
        (canonical({"index": 5, "record": SEALED, "more": 1}) + b"\n", FIELDS),
        (canonical({"record": SEALED}) + b"\n", FIELDS),
        (b"\n", ("内容不是有效的 JSON", "the content is not valid JSON")),
    ],
)
def test_a_line_that_is_no_record_is_told_and_the_others_are_read(
    data: bytes, said: tuple[str, str]
) -> None:
    found = records(sealed(1) + data + sealed(6))
    assert [one.index for one in found.records] == [1, 6]
    assert found.findings == (told("records.jsonl:2", *said),)


def test_every_line_ends_in_a_line_feed() -> None:
    found = records(sealed(1) + sealed(2)[:-1])
    assert [one.index for one in found.records] == [1]
    assert found.findings == (told("records.jsonl", *LAST),)
    for name in ("disclosures.jsonl", "tables.jsonl"):
        assert read({name: b"{}"}).findings == (told(name, *LAST),)


def test_a_line_of_a_record_has_at_most_128_kib() -> None:
    room = 128 * 1024 + 1 - len(sealed())
    assert len(records(sealed(key="中" + "a" * room)).records) == 1
    found = records(sealed(key="中" + "a" * (room + 1)) + sealed())
    assert [one.key for one in found.records] == ["中"]
    assert found.findings == (told("records.jsonl:1", "这一行过长", "the line is too long"),)


# -- disclosures, tables ----------------------------------------------------------------


def test_disclosures_are_read_of_any_length() -> None:
    salt, value = "A" * 22, "a" * 200_000
    line: Row = {"path": "comment", "salt": salt, "seq": 3, "stream": "case/7", "value": value}
    data = canonical([salt, "comment", value])
    wanted = Disclosure(path="comment", commit=hashlib.sha256(data).hexdigest(), value=value)
    found = read({"disclosures.jsonl": canonical(line) + b"\n{}\n"})
    assert found.disclosures == {("case/7", 3): (wanted,)}
    zh, en = "明细的字段不对", "the fields of the disclosure are wrong"
    assert found.findings == (told("disclosures.jsonl:2", zh, en),)


def rows(*lines: Any) -> bytes:
    return b"".join(canonical(one) + b"\n" for one in lines)


def test_tables_are_read_row_by_row() -> None:
    row: Row = {"a": 1, "b": None, "c": "a" * 200_000}
    good = [{"table": "head", "row": row}, {"table": "act_row", "row": {}}]
    wrong: list[Any] = [
        *({"table": "x"}, {"row": {}}, {"table": 5, "row": {}}, {"table": "x", "row": []}),
        *({"table": "x", "row": {}, "more": 1}, [], None),
    ]
    found = read({"tables.jsonl": rows(good[0], *wrong) + b"{\n" + rows(good[1])})
    assert found.tables == (("head", row), ("act_row", {}))
    zh, en = "派生表的行不成样子", "a row of a table is ill-formed"
    assert found.findings == (
        *(told(f"tables.jsonl:{n}", zh, en) for n in range(2, 9)),
        told("tables.jsonl:9", "内容不是有效的 JSON", "the content is not valid JSON"),
    )


def test_lines_of_tables_ascend() -> None:
    rows = [b"[1]", b"[2]", b"[2]", b"[3]", b"[1]", b"[9]"]
    assert read({"tables.jsonl": b"\n".join(rows) + b"\n"}).misplaced == (3, 5)
    assert read({"tables.jsonl": b"[2]\n[1]"}).misplaced == ()
    assert read({}).misplaced == ()


def test_only_a_store_has_tables() -> None:
    assert read({"tables.jsonl": b""}).tables == ()
    assert read({"tables.jsonl": b""}).findings == ()
    found = read({"tables.jsonl": b""}, scope={"kind": "case", "case": "7", "number": ""})
    zh, en = "只有整库证据包可以带派生表", "only a store bundle has tables"
    assert found.findings == (told("tables.jsonl", zh, en),)


# -- proofs -----------------------------------------------------------------------------


def proofs(**changes: Any) -> Bundle:
    return read({"proofs.json": canonical(NO_PROOFS | changes)})


EXTENSION: Row = {"from": 3, "to": 70, "path": PATH}
HEAD_PROOF: Row = {"index": 4, "head": {"seq": 6, "hash": digest(9)}, "path": PATH}
HEADS: Row = {"record": 69, "size": 2, "proofs": {"keys": HEAD_PROOF}}


def test_proofs_are_read() -> None:
    nothing: Row = {"index": 0, "head": {"seq": 0, "hash": digest(8)}, "path": []}
    found = proofs(
        inclusion={"0": [], "10": PATH, str(2**48): PATH[:1]},
        consistency=[EXTENSION, {"from": 0, "to": 0, "path": []}],
        heads=HEADS | {"proofs": {"keys": HEAD_PROOF, "org": nothing}},
    )
    assert found.findings == ()
    assert found.proofs == Proofs(
        inclusion={0: (), 10: HASHES, 2**48: HASHES[:1]},
        consistency={(3, 70): HASHES, (0, 0): ()},
        heads=Heads(
            record=69,
            size=2,
            proofs={
                "keys": HeadProof(index=4, head=Head(seq=6, hash=digest(9)), path=HASHES),
                "org": HeadProof(index=0, head=Head(seq=0, hash=digest(8)), path=()),
            },
        ),
    )


def unlike(row: Row, *counts: str) -> list[Row]:
    """Rows with a field missing, with one more, and with numbers that are none."""
    found = [{name: one for name, one in row.items() if name != gone} for gone in row]
    wrong = (True, False, -1, "3", None)
    return [*found, row | {"more": 1}, *(row | {name: one} for name in counts for one in wrong)]


INDEX = ("inclusion", "日志位置写法不对", "an index is ill-formed")
STEP = ("consistency", "一致性证明的字段不对", "the fields of a consistency proof are wrong")
TWICE = ("consistency", "同一对大小有两份证明", "two proofs between the same sizes")
OF_HEADS = ("heads", "链头证明的字段不对", "the fields of the heads proofs are wrong")
OF_HEAD = ("heads", "链头证明的字段不对", "the fields of a heads proof are wrong")
NAMELESS = ("", "证明文件的字段不对", "the fields of the proofs are wrong")
LONG = ("", "证明应为至多 63 个哈希的列表", "a proof is a list of at most 63 hashes")
HASH_OF_HEAD: list[Row] = [
    {"seq": 6, "hash": "AB" * 32},
    {"seq": 6, "hash": 5},
    *unlike(HEAD_PROOF["head"], "seq"),
]
WRONG: list[tuple[Row, tuple[str, str, str]]] = [
    *(({"inclusion": {one: []}}, INDEX) for one in ("", "01", "x", "-1", "²", "٣", "1" * 16)),
    ({"inclusion": {str(2**48 + 1): []}}, INDEX),
    ({"consistency": [EXTENSION, EXTENSION | {"path": []}]}, TWICE),
    *(({"consistency": [EXTENSION, one]}, STEP) for one in (*unlike(EXTENSION, "from", "to"), [])),
    *(({"heads": one}, OF_HEADS) for one in (*unlike(HEADS, "record", "size"), [], "", 5)),
    ({"heads": HEADS | {"proofs": []}}, OF_HEADS),
    *(
        ({"heads": HEADS | {"proofs": {"keys": HEAD_PROOF, "org": one}}}, OF_HEAD)
        for one in (
            *(*unlike(HEAD_PROOF, "index"), []),
            *(HEAD_PROOF | {"head": one} for one in (*HASH_OF_HEAD, None)),
        )
    ),
    *(({name: one}, NAMELESS) for name in ("inclusion", "consistency") for one in ("", 5, None)),
    ({"more": 1}, NAMELESS),
    ({"inclusion": {"1": None}}, LONG),
    ({"consistency": [EXTENSION | {"path": None}]}, LONG),
    ({"heads": HEADS | {"proofs": {"keys": HEAD_PROOF | {"path": None}}}}, LONG),
]


@pytest.mark.parametrize(("changes", "said"), WRONG)
def test_proofs_that_are_ill_formed_are_told_and_none_is_taken(
    changes: Row, said: tuple[str, str, str]
) -> None:
    field, zh, en = said
    found = proofs(**{"inclusion": {"1": PATH}} | changes)
    assert found.findings == (told(f"proofs.json {field}".strip(), zh, en),)
    assert found.proofs == Proofs(inclusion={}, consistency={}, heads=None)


def test_proofs_are_an_object_with_all_its_fields() -> None:
    for gone in NO_PROOFS:
        rest = {name: one for name, one in NO_PROOFS.items() if name != gone}
        found = read({"proofs.json": canonical(rest)})
        assert found.findings == (told("proofs.json", *NAMELESS[1:]),)
