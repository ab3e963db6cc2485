"""Records with what they disclose, as far as they can be read at all."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verifier.bundle import Bundle, read_bundle
from verifier.canonical import Flaw, Json, canonical
from verifier.files import Files
from verifier.reading import (
    DEFS,
    KEYS,
    ORG,
    SYS,
    Read,
    Sound,
    Target,
    find_publics,
    find_redacted_objects,
    find_targets,
    opens,
    read_place,
    read_records,
)
from verifier.records import RECORD_V2, STEP_V1, Place
from verifier.suites import SHA256_ED25519

HASH, OTHER_HASH = "ab" * 32, "cd" * 32
SALT = "A" * 22
V1 = {"origin": "o", "stream": "case/1", "seq": 1, "prev": HASH, "key": HASH}
BODY: dict[str, Any] = {
    **{"v": 2, "typ": "step", "suite": "sha256-ed25519", "origin": "o", "stream": "case/1"},
    **{"seq": 1, "prev": HASH, "def": None, "case": None, "task": None, "move": None},
    **{"act": "", "meaning": "none", "code": None, "way": "key", "recorder": None},
    **{"key": OTHER_HASH, "org": None, "keys": None, "heads": {}, "events": [HASH], "facts": {}},
    **{"form": {}, "att": [], "comment": None, "time": "2026-10-12T01:30:00.000Z"},
    **{"happened": "2026-10-12T01:30:00.000Z", "tz": "UTC", "nonce": "0" * 32, "req": ""},
    "actor": {"uid": "linlan", "name": "林岚", "post": "", "dept": "", "for": None},
    "after": {"size": 0, "root": HASH},
}


def line(index: int, body: Json, kind: str) -> bytes:
    shown = base64.b64encode(canonical(body)).decode()
    record: Json = {"body": shown, "key": HASH, "sig": "", "srv": {"at": "", "pt": kind}}
    return canonical({"index": index, "record": record})


def read(body: Json, kind: str = RECORD_V2, **disclosed: Json) -> Read:
    """One record as it is read; what it discloses is given with `_` for `/`."""
    opened: list[bytes] = [
        canonical({"path": path, "salt": SALT, "seq": 1, "stream": "case/1", "value": value})
        for path, value in sorted((name.replace("_", "/"), one) for name, one in disclosed.items())
    ]
    (found,) = read_records(bundle([line(0, body, kind)], opened))
    return found


def bundle(records: list[bytes], opened: list[bytes]) -> Bundle:
    files = {"records.jsonl": records, "disclosures.jsonl": opened}
    return read_bundle(
        Files(
            contents={name: b"".join(b"%b\n" % one for one in told) for name, told in files.items()}
        )
    )


# -- one record -------------------------------------------------------------------------


def test_a_record_is_read_with_what_it_discloses() -> None:
    event: Json = {"event": "Noted", "version": 1}
    found = read(BODY, event_0=event, form_x=None)
    assert (found.flaw, found.record.index) == (None, 0)
    assert found.body is not None
    assert found.place is found.body
    assert (found.body.origin, found.body.seq) == ("o", 1)
    assert (found.body.prev, found.body.key) == (HASH, OTHER_HASH)
    assert (found.body.stream, found.body.typ, found.body.events) == ("case/1", "step", 1)
    assert [one.path for one in found.disclosures] == ["event/0", "form/x"]
    assert found.find("event/0") == event
    assert found.find("form/x") is found.find("event/1") is None
    first, last = found.disclosures
    wanted = hashlib.sha256(canonical([SALT, "event/0", event])).hexdigest()
    assert first.commit == wanted
    assert opens(first, wanted)
    assert not opens(last, wanted)


def test_what_is_disclosed_of_another_record_is_not_of_this() -> None:
    found = read(BODY | {"seq": 2}, event_0={})
    assert found.disclosures == ()
    assert read(BODY | {"stream": "case/2"}, event_0={}).disclosures == ()


def test_records_keep_their_order() -> None:
    lines = [line(n, BODY | {"seq": n}, RECORD_V2) for n in (1, 2, 3)]
    found = read_records(bundle(lines, []))
    assert [one.place.seq for one in found if one.place] == [1, 2, 3]


def test_a_record_of_version_1_says_no_more_than_its_place() -> None:
    found = read(V1 | {"more": 1}, STEP_V1, event_0={"a": 1})
    assert found.place == Place(origin="o", stream="case/1", seq=1, prev=HASH, key=HASH)
    assert (found.body, found.flaw) == (None, None)
    assert found.find("event/0") == {"a": 1}


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        *(
            ({**V1, name: wrong}, STEP_V1, "the body does not say where it belongs")
            for name, wrong in (
                *(("origin", 1), ("stream", None), ("seq", "0"), ("prev", []), ("key", {})),
            )
        ),
        ([], STEP_V1, "the body does not say where it belongs"),
        (V1, RECORD_V2, "the field is missing"),
        (BODY | {"typ": "other"}, RECORD_V2, "no such value"),
        (BODY | {"act": "a\nb"}, RECORD_V2, "the text holds a line feed or a tab"),
    ],
)
def test_a_record_that_cannot_be_read_says_why(body: Json, kind: str, said: str) -> None:
    found = read(body, kind, event_0={})
    assert (found.place, found.body, found.disclosures) == (None, None, ())
    assert found.flaw is not None
    assert found.flaw.en == said
    with pytest.raises(Flaw, match=said):
        read_place(found.record, SHA256_ED25519)


def test_an_unusual_body_is_read_as_any_other() -> None:
    found = read(BODY | {"act": '"😀\\'})
    assert found.body is not None
    assert found.body.act == '"😀\\'


# -- a sound record ---------------------------------------------------------------------


def sound(typ: str = "step", count: int = 3, **opened: Json) -> Sound:
    code = "E_NO" if typ == "refusal" else None
    found = read(BODY | {"typ": typ, "code": code, "events": [HASH] * count})
    assert found.body is not None
    told = {name.replace("_", "/"): one for name, one in opened.items()}
    return Sound(record=found.record, body=found.body, opened=told)


def test_events_stand_in_their_order_and_refusals_have_none() -> None:
    one, other = {"event": "A"}, {"event": "B"}
    found = sound(event_1=other, event_0=one, event_3={"event": "C"}, form_x={})
    assert found.index == 0
    assert found.events == (one, other)
    assert sound(event_0="x", event_1=None, event_2=one).events == (one,)
    assert sound("refusal", event_0=one).events == ()


def test_an_event_is_found_by_its_name_in_version_1() -> None:
    good: Json = {"event": "A", "version": 1, "n": 1}
    assert sound(event_0=good).event("A") == good
    assert sound(event_0=good).event("B") is None
    for version in (2, True, "1", None):
        wrong: Json = {"event": "A", "version": version}
        assert sound(event_0=wrong).event("A") is None
        assert sound(event_0=wrong, event_1=good, event_2={**good, "n": 2}).event("A") == good
    assert sound(event_0={"event": "A"}).event("A") is None


# -- over all records -------------------------------------------------------------------


def spelled(seed: int) -> tuple[str, str, bytes]:
    """A key: its id, its spelling, and its 32 bytes."""
    public = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32).public_key()
    data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    shown = base64.b64encode(data).decode()
    return hashlib.sha256(data).hexdigest(), shown, public.public_bytes_raw()


def brings(seed: int, **changes: Json) -> dict[str, Json]:
    """A change that brings in a key."""
    key, public, _ = spelled(seed)
    words = {"change": "rotated", "uid": "x", "old": HASH, "key": key, "public": public}
    words |= {"custody": "file", "from": "2026-10-12T01:30:00.000Z", "proof": ""}
    return {"event": "KeysChanged", "version": 1, "change": {**words, **changes}}


def in_keys(seq: int, event: Json, stream: str = "keys", kind: str = RECORD_V2) -> Read:
    """A record of a stream with one event."""
    body = BODY | {"typ": "system"} if kind == RECORD_V2 else V1
    records = [line(0, body | {"stream": stream, "seq": seq}, kind)]
    opened: Json = {"path": "event/0", "salt": SALT, "seq": seq, "stream": stream, "value": event}
    (found,) = read_records(bundle(records, [canonical(opened)]))
    return found


def test_every_key_the_stream_of_keys_brings_in_is_known() -> None:
    (one, _, first), (other, _, last) = spelled(1), spelled(2)
    records = (
        read({}),
        in_keys(0, brings(1)),
        in_keys(1, {"event": "Noted"}),
        *(in_keys(2, brings(3), stream) for stream in (ORG, DEFS, SYS)),
        in_keys(3, brings(1, key=HASH)),
        in_keys(4, brings(2)),
    )
    assert (KEYS, ORG, DEFS, SYS) == ("keys", "org", "defs", "sys")
    assert find_publics(records, SHA256_ED25519) == {one: first, other: last}
    assert find_publics((), SHA256_ED25519) == {}


def redacts(event: Json, typ: str = "redact") -> Read:
    return read(BODY | {"typ": typ}, event_0=event)


def target(**changes: Json) -> dict[str, Json]:
    return {"seq": 4, "path": "form/x", "commit": HASH, **changes}


def test_what_a_redaction_says_is_destroyed() -> None:
    good = Target(stream="case/1", by=1, seq=4, path="form/x", commit=HASH)
    other = Target(stream="case/1", by=1, seq=5, path="form/y", commit=OTHER_HASH)
    second = target(seq=5, path="form/y", commit=OTHER_HASH)
    wrong: list[Json] = [target(seq="4"), target(path=1), target(commit=None), "x", None]
    event: Json = {"targets": [target(), *wrong, second], "objects": [HASH, 5, OTHER_HASH]}
    records = (read({}), read(V1, STEP_V1, event_0=event), redacts(event), redacts(event, "step"))
    assert find_targets(records) == (good, other)
    assert find_redacted_objects(records) == {HASH, OTHER_HASH}
    more: Json = {"objects": ["ef" * 32], "targets": [target()]}
    assert find_targets((redacts(event), redacts(more))) == (good, other, good)
    assert find_redacted_objects((redacts(event), redacts(more))) == {HASH, OTHER_HASH, "ef" * 32}


@pytest.mark.parametrize(
    "event",
    [None, [], "x", {}, {"targets": {}, "objects": HASH}, {"targets": None, "objects": None}],
)
def test_a_redaction_that_is_ill_formed_names_nothing(event: Json) -> None:
    assert find_targets((redacts(event),)) == ()
    assert find_redacted_objects((redacts(event),)) == frozenset()
    assert find_targets((read(BODY | {"typ": "redact"}),)) == ()
