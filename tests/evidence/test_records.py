"""Bodies, records and chains: whatever is altered is found, and where."""

from __future__ import annotations

import json
import pathlib as files
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.errors import EvidenceError
from engine.evidence.canonical import canonical, pae
from engine.evidence.checks import check_chain, check_disclosures, check_record
from engine.evidence.record import (
    LARGEST_BODY,
    MEANINGS,
    RECORD_V2,
    TYPES,
    WAYS,
    Body,
    Disclosure,
    Head,
    Record,
    dump_body,
    dump_record,
    genesis,
    load_body,
    load_record,
    seal,
)
from engine.evidence.shape import Misshapen
from engine.evidence.signing import FileSigner

Signers = Callable[[int], FileSigner]
Chain = Callable[[int], list[Record]]
Path = tuple[str | int, ...]
AT = "2026-11-02T01:30:00.250Z"


@pytest.fixture
def find_key(signer: Signers) -> Callable[[str], Ed25519PublicKey | None]:
    known = {signer(n).key_id: signer(n).public for n in (1, 2)}
    return known.get


def codes(found: object) -> list[str]:
    assert isinstance(found, tuple)
    return [one.code for one in found]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in inner:
        yield (*path, name)
        if isinstance(part, dict | list):
            yield from places(part, (*path, name))


def at_place(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


OPEN = ("heads", "facts", "form")  # objects whose keys are names, not fields


def fields(dumped: Any) -> list[Path]:
    """Every fixed field of a body, those of objects inside included."""
    return [
        path
        for path in places(dumped)
        if isinstance(path[-1], str) and not (len(path) == 2 and path[0] in OPEN)
    ]


def test_a_body_reads_back_as_written(body: Body) -> None:
    assert load_body(dump_body(body)) == body


def test_a_body_has_exactly_the_fields_of_the_specification(body: Body) -> None:
    page = (files.Path(__file__).parents[2] / "docs" / "evidence-spec.md").read_text("utf-8")
    section = page.partition("## 4 ")[2].partition("\n### 4.1 ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    told = [name for row in rows for name in re.findall("`([a-z]+)`", row)]
    assert sorted(told) == sorted(json.loads(dump_body(body)))


def test_dropping_any_field_makes_a_body_unreadable(body: Body) -> None:
    dumped = json.loads(dump_body(body))
    tried = fields(dumped)
    assert len(tried) > 50
    for path in tried:
        broken = json.loads(dump_body(body))
        del at_place(broken, path[:-1])[path[-1]]
        with pytest.raises(EvidenceError) as caught:
            load_body(canonical(broken))
        assert str(path[-1]) in str(caught.value), path


def test_a_further_field_anywhere_makes_a_body_unreadable(body: Body) -> None:
    dumped = json.loads(dump_body(body))
    objects = [(), *(path for path in places(dumped) if isinstance(at_place(dumped, path), dict))]
    for path in objects:
        broken = json.loads(dump_body(body))
        at_place(broken, path)["more"] = "x"
        with pytest.raises(EvidenceError):
            load_body(canonical(broken))


@pytest.mark.parametrize("wrong", [True, -1, 2**53 - 1, "", "\n", "X", [], {}, [1], {"a": 1}])
def test_no_field_takes_a_value_of_another_kind(body: Body, wrong: object) -> None:
    """Where a value of the wrong kind is taken at all, it is taken as what it is."""
    dumped = json.loads(dump_body(body))
    for path in places(dumped):
        before = at_place(dumped, path)
        if type(before) is type(wrong):
            continue
        broken = json.loads(dump_body(body))
        at_place(broken, path[:-1])[path[-1]] = wrong
        with pytest.raises(EvidenceError):
            load_body(canonical(broken))


def test_a_line_feed_is_refused_in_a_body(body: Body) -> None:
    with pytest.raises(Misshapen, match="act"):
        dump_body(replace(body, act="同意\n"))
    with pytest.raises(Misshapen, match="form"):
        dump_body(replace(body, form={"a\tb": "0" * 64}))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"typ": "other"}, "typ"),
        ({"suite": "sha1-rsa"}, "suite"),
        ({"meaning": "consent"}, "meaning"),
        ({"way": "mail"}, "way"),
        ({"prev": "0" * 63}, "prev"),
        ({"prev": "A" * 64}, "prev"),
        ({"key": ""}, "key"),
        ({"seq": -1}, "seq"),
        ({"time": "2026-11-02T01:30:00Z"}, "time"),
        ({"nonce": "0" * 31}, "nonce"),
        ({"code": "E_ROLE"}, "code"),
        ({"typ": "refusal"}, "code"),
        ({"recorder": None}, "recorder"),
        ({"way": "key"}, "recorder"),
        ({"way": "system", "recorder": None, "meaning": "none"}, "way"),
        ({"typ": "system"}, "meaning"),
        ({"happened": "2026-11-02T01:30:00.001Z"}, "happened"),
        ({"after": Head(seq=0, hash="")}, "after.root"),
        ({"events": ("1",)}, "events.0"),
        ({"stream": ""}, "stream"),
        ({"stream": "case"}, "stream"),
        ({"stream": "case/"}, "stream"),
        ({"heads": {"other": Head(seq=0, hash="0" * 64)}}, "heads"),
    ],
)
def test_a_body_that_breaks_a_rule_can_be_neither_written_nor_signed(
    body: Body, signer: Signers, change: dict[str, Any], field: str
) -> None:
    broken = replace(body, **change)
    with pytest.raises(Misshapen) as caught:
        dump_body(broken)
    assert caught.value.field == field


def test_a_person_as_system_is_refused(body: Body) -> None:
    actor = replace(body.actor, uid="SYSTEM")
    with pytest.raises(Misshapen, match="系统"):
        dump_body(replace(body, actor=actor))


@pytest.mark.parametrize("meaning", ["approval", "rejection", "review"])
def test_the_system_judges_nothing(body: Body, meaning: str) -> None:
    system = replace(
        body, way="system", recorder=None, actor=replace(body.actor, uid="SYSTEM"), meaning=meaning
    )
    with pytest.raises(Misshapen, match="系统不得"):
        dump_body(system)
    told = replace(system, typ="system", seq=1, meaning="none")
    assert load_body(dump_body(told)).typ == "system"


def test_a_body_over_64_kib_is_refused(body: Body) -> None:
    with pytest.raises(EvidenceError, match="65536"):
        dump_body(replace(body, events=("0" * 64,) * 1000))


def test_sealing_needs_the_key_the_body_names(body: Body, signer: Signers) -> None:
    with pytest.raises(EvidenceError, match="钥匙"):
        seal(body, signer(2), received_at=AT)
    with pytest.raises(EvidenceError, match="收到时间"):
        seal(body, signer(1), received_at="yesterday")


def test_a_sound_record_and_chain_have_no_findings(
    chain: Chain, body: Body, signer: Signers, find_key: Any
) -> None:
    assert check_record(seal(body, signer(1), received_at=AT), signer(1).public) == ()
    assert check_chain(chain(5), body.origin, body.stream, find_key) == ()
    assert check_chain([], body.origin, body.stream, find_key) == ()


def test_one_changed_bit_in_any_byte_of_a_record_is_found(
    chain: Chain, body: Body, find_key: Any
) -> None:
    first, second = chain(2)
    data = dump_record(first)
    for n in range(len(data)):
        broken = data[:n] + bytes([data[n] ^ (1 << n % 8)]) + data[n + 1 :]
        try:
            changed = load_record(broken)
        except EvidenceError:
            continue
        assert changed != first
        assert check_chain([changed, second], body.origin, body.stream, find_key), n


def test_every_field_of_a_record_counts_in_its_digest(chain: Chain) -> None:
    record = chain(1)[0]
    changed = [
        replace(record, body=record.body + b" "),
        replace(record, key="0" * 64),
        replace(record, sig=bytes(64)),
        replace(record, received_at=AT.replace("250", "251")),
        replace(record, payload_type="x"),
    ]
    assert len({record.digest, *(one.digest for one in changed)}) == 6


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"sig": bytes(64)}, "E_SIG", "sig"),
        ({"sig": b""}, "E_SIG", "sig"),
        ({"key": "0" * 64}, "E_KEY", "key"),
        ({"received_at": "soon"}, "E_RECEIVED", "srv.at"),
        ({"payload_type": "text/plain"}, "E_TYPE", "srv.pt"),
    ],
)
def test_an_altered_record_is_named(
    chain: Chain, signer: Signers, change: dict[str, Any], code: str, field: str
) -> None:
    found = check_record(replace(chain(1)[0], **change), signer(1).public)
    assert (code, field) in [(one.code, one.field) for one in found]


def test_a_signature_swapped_between_records_is_found(
    chain: Chain, body: Body, find_key: Any
) -> None:
    records = chain(4)
    records[0], records[2] = (
        replace(records[0], sig=records[2].sig),
        replace(records[2], sig=records[0].sig),
    )
    found = check_chain(records, body.origin, body.stream, find_key)
    assert [(one.code, one.seq) for one in found] == [("E_SIG", 0)]


def test_another_valid_signature_of_the_same_body_breaks_the_chain(
    chain: Chain, body: Body, signer: Signers, find_key: Any
) -> None:
    records = chain(3)
    data = dump_body(replace(load_body(records[0].body), nonce="1" * 32))
    records[0] = replace(records[0], body=data, sig=signer(1).sign(pae(RECORD_V2, data)))
    found = check_chain(records, body.origin, body.stream, find_key)
    assert [(one.code, one.seq, one.field) for one in found] == [("E_PREV", 1, "prev")]


def test_a_changed_time_of_receipt_breaks_the_chain(
    chain: Chain, body: Body, find_key: Any
) -> None:
    records = chain(3)
    records[1] = replace(records[1], received_at="2026-11-02T01:30:01.249Z")
    found = check_chain(records, body.origin, body.stream, find_key)
    assert [(one.code, one.seq) for one in found] == [("E_PREV", 2)]


@pytest.mark.parametrize(
    ("order", "seq"),
    [((1, 2, 3), 0), ((0, 2, 3), 1), ((0, 2, 1, 3), 1), ((0, 1, 1, 2), 2), ((0, 0), 1)],
)
def test_removed_reordered_and_repeated_records_are_found(
    chain: Chain, body: Body, find_key: Any, order: tuple[int, ...], seq: int
) -> None:
    records = chain(4)
    found = check_chain([records[n] for n in order], body.origin, body.stream, find_key)
    assert [(one.code, one.stream, one.seq) for one in found] == [("E_SEQ", body.stream, seq)]


def test_a_record_moved_to_another_stream_or_store_is_found(
    chain: Chain, body: Body, find_key: Any
) -> None:
    assert codes(check_chain(chain(2), body.origin, "case/2", find_key)) == ["E_STREAM"]
    assert codes(check_chain(chain(2), "elsewhere", body.stream, find_key)) == ["E_ORIGIN"]


def test_a_first_record_with_another_genesis_is_found(
    body: Body, signer: Signers, find_key: Any
) -> None:
    wrong = replace(body, prev=genesis(body.origin, "case/2"))
    record = seal(wrong, signer(1), received_at=AT)
    assert codes(check_chain([record], body.origin, body.stream, find_key)) == ["E_PREV"]


def test_an_unknown_key_and_a_wrong_key_are_found(chain: Chain, signer: Signers) -> None:
    record = chain(1)[0]
    assert codes(check_record(record, None)) == ["E_KEY"]
    assert codes(check_record(record, signer(2).public)) == ["E_KEY"]


def test_a_key_exchanged_in_the_record_is_found(
    chain: Chain, body: Body, signer: Signers, find_key: Any
) -> None:
    record = chain(1)[0]
    sig = signer(2).sign(pae(RECORD_V2, record.body))
    changed = replace(record, key=signer(2).key_id, sig=sig)
    assert codes(check_chain([changed], body.origin, body.stream, find_key)) == ["E_KEY"]


def test_a_signature_for_another_payload_type_does_not_hold(chain: Chain, signer: Signers) -> None:
    record = chain(1)[0]
    sig = signer(1).sign(pae("application/other", record.body))
    assert codes(check_record(replace(record, sig=sig), signer(1).public)) == ["E_SIG"]


def test_a_signed_body_that_breaks_a_rule_is_found_with_its_field(
    body: Body, signer: Signers
) -> None:
    dumped = json.loads(dump_body(body)) | {"typ": "system"}
    data = canonical(dumped)
    record = Record(
        body=data,
        key=signer(1).key_id,
        sig=signer(1).sign(pae(RECORD_V2, data)),
        received_at=AT,
    )
    found = check_record(record, signer(1).public, body.stream, 4)
    assert [(one.code, one.stream, one.seq, one.field) for one in found] == [
        ("E_BODY", body.stream, 4, "meaning")
    ]
    assert "系统不得代人批准" in str(found[0])


def test_a_clock_that_went_back_is_a_doubt_and_the_chain_goes_on(
    chain: Chain, body: Body, signer: Signers, find_key: Any
) -> None:
    records = chain(2)
    last = seal(
        replace(body, typ="step", seq=2, prev=records[-1].digest),
        signer(1),
        received_at="2026-11-02T01:29:00.000Z",
    )
    found = check_chain([*records, last], body.origin, body.stream, find_key)
    assert [(one.code, one.seq, one.is_doubt) for one in found] == [("E_CLOCK", 2, True)]


@pytest.mark.parametrize(
    ("received_at", "is_told"),
    [("2026-11-02T01:25:00.000Z", False), ("2026-11-02T01:24:59.999Z", True)],
)
def test_a_clock_more_than_five_minutes_ahead_is_a_doubt(
    body: Body, signer: Signers, find_key: Any, received_at: str, is_told: bool
) -> None:
    one = seal(body, signer(1), received_at=received_at)
    found = check_chain([one], body.origin, body.stream, find_key)
    told = [(one.code, one.seq, one.field, one.is_doubt) for one in found]
    assert told == ([("E_CLOCK", 0, "time", True)] if is_told else [])


@pytest.mark.parametrize(
    "change",
    [
        *({"typ": "step"}, {"typ": "system", "meaning": "none"}, {"seq": 1}, {"stream": "org"}),
        *({"typ": typ, "seq": 1} for typ in ("org", "key", "def", "ckpt", "restore")),
        *({"typ": "step", "stream": stream} for stream in ("org", "sys", "stock/x")),
        {"typ": "org", "stream": "keys"},
    ],
)
def test_no_record_stands_where_its_type_does_not(body: Body, change: dict[str, Any]) -> None:
    with pytest.raises(Misshapen, match="这种记录不在") as caught:
        dump_body(replace(body, **change))
    assert caught.value.field == "typ"


@pytest.mark.parametrize("zone", ["", "北京", "UTC+08:00", "Asia/Shanghai "])
def test_a_zone_has_a_name(body: Body, zone: str) -> None:
    with pytest.raises(Misshapen, match="时区") as caught:
        dump_body(replace(body, tz=zone))
    assert caught.value.field == "tz"


def test_a_record_reads_back_only_from_its_own_bytes(chain: Chain) -> None:
    told = json.loads(dump_record(chain(1)[0]))
    assert load_record(canonical(told)) == chain(1)[0]
    for name in told:
        with pytest.raises(EvidenceError):
            load_record(canonical({key: part for key, part in told.items() if key != name}))
    for broken in (told | {"more": 1}, told | {"srv": told["srv"] | {"more": 1}}):
        with pytest.raises(EvidenceError):
            load_record(canonical(broken))


def test_every_commitment_opened_once_has_no_findings(
    body: Body, disclosures: tuple[Disclosure, ...]
) -> None:
    assert check_disclosures(body, disclosures) == ()


def test_each_missing_or_altered_or_repeated_disclosure_is_named(
    body: Body, disclosures: tuple[Disclosure, ...]
) -> None:
    for n, one in enumerate(disclosures):
        others = (*disclosures[:n], *disclosures[n + 1 :])

        def told(*given: Disclosure) -> list[tuple[str, str]]:
            return [(found.code, found.field) for found in check_disclosures(body, given)]

        assert told(*others) == [("E_MISSING", one.path)]
        assert told(*others, replace(one, value="别的")) == [("E_COMMIT", one.path)]
        assert told(*others, replace(one, salt=bytes([255]) * 16)) == [("E_COMMIT", one.path)]
        assert told(*others, replace(one, salt=b"")) == [("E_COMMIT", one.path)]
        assert told(*disclosures, one) == [("E_TWICE", one.path)]


def test_a_disclosure_that_belongs_to_nothing_is_named(
    body: Body, disclosures: tuple[Disclosure, ...]
) -> None:
    stray = Disclosure(path="form/金额", salt=bytes(16), value="1")
    found = check_disclosures(body, (*disclosures, stray))
    assert [(one.code, one.field) for one in found] == [("E_EXTRA", "form/金额")]


def test_disclosures_cannot_change_places(body: Body, disclosures: tuple[Disclosure, ...]) -> None:
    shown = {one.path: one for one in disclosures}
    shown["event/0"], shown["event/1"] = (
        replace(shown["event/1"], path="event/0"),
        replace(shown["event/0"], path="event/1"),
    )
    assert codes(check_disclosures(body, shown.values())) == ["E_COMMIT", "E_COMMIT"]


def test_whatever_is_misshapen_is_named_by_its_place(body: Body) -> None:
    dumped = json.loads(dump_body(body))
    for path in places(dumped):
        value = json.loads(json.dumps(dumped))
        before = at_place(value, path)
        at_place(value, path[:-1])[path[-1]] = "x" if isinstance(before, int) else 7
        with pytest.raises(Misshapen) as caught:
            load_body(canonical(value))
        # A place in a list of states is that of the list; every other has a name of its own.
        told = path[:2] if path[0] == "move" else path
        assert caught.value.field == ".".join(map(str, told))


@pytest.mark.parametrize("value", [[], "x", None, 7])
def test_what_is_no_body_at_all_is_misshapen_as_a_whole(value: Any) -> None:
    with pytest.raises(Misshapen) as caught:
        load_body(canonical(value))
    assert caught.value.field == ""


def test_a_body_has_so_many_bytes_and_no_more(body: Body) -> None:
    room = LARGEST_BODY - len(dump_body(body))
    full = replace(body, act=body.act + "a" * room)
    data = dump_body(full)
    assert len(data) == LARGEST_BODY
    assert load_body(data) == full
    with pytest.raises(Misshapen) as caught:
        dump_body(replace(full, act=f"{full.act}a"))
    assert caught.value.field == ""
    with pytest.raises(Misshapen):
        load_body(data.replace(b"aaaa", b"aaaaa", 1))


def test_what_happens_at_the_time_of_writing_is_in_order(body: Body) -> None:
    now = replace(body, happened=body.time)
    assert load_body(dump_body(now)) == now


def test_the_words_of_a_body_are_those_of_the_specification(body: Body) -> None:
    assert RECORD_V2 == "application/vnd.guicheng.record.v2+json"
    dumped = json.loads(dump_body(body))
    assert (dumped["v"], dumped["suite"]) == (2, "sha256-ed25519")
    types = "open step stock refusal system org key def read ckpt restore redact"
    assert set(types.split()) == TYPES
    meanings = "approval rejection review authorship responsibility receipt custody witness none"
    assert set(meanings.split()) == MEANINGS
    assert {"key", "paper", "system"} == WAYS
