"""A bundle's records with what they disclose, before anything about them is believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json, parse
from verifier.disclosures import Disclosure
from verifier.keys import load_change
from verifier.quick import read_body
from verifier.records import RECORD_V2, Body, Place, Record, load_body
from verifier.suites import Suite

KEYS, ORG, DEFS, SYS = "keys", "org", "defs", "sys"


class Read(NamedTuple):
    """One record: where it says it belongs, or why it cannot be read."""

    record: Record
    place: Place | Body | None
    body: Body | None
    flaw: Flaw | None
    disclosures: tuple[Disclosure, ...]

    def find(self, path: str) -> Json:
        """The value disclosed at a path, None where there is none."""
        return next((one.value for one in self.disclosures if one.path == path), None)


@dataclass(slots=True, kw_only=True)  # not frozen, as `Record` is not
class Sound:
    """A record that has passed level 1, with what it opens."""

    record: Record
    body: Body
    opened: Mapping[str, Json]

    @property
    def index(self) -> int:
        return self.record.index

    @property
    def events(self) -> tuple[dict[str, Json], ...]:
        """Its events in order; () for a refusal, whose `events` are reasons."""
        if self.body.typ == "refusal":
            return ()
        found = (self.opened.get(f"event/{n}") for n in range(self.body.events))
        return tuple(one for one in found if isinstance(one, dict))

    def event(self, name: str) -> dict[str, Json] | None:
        """The first event of a name, in version 1."""
        for one in self.events:
            version = one.get("version")
            if one.get("event") == name and version == 1 and version is not True:
                return one
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a redact record says is destroyed."""

    stream: str
    by: int
    seq: int
    path: str
    commit: str


def read_records(bundle: Bundle) -> tuple[Read, ...]:
    """Every record of a bundle, each body parsed once."""
    return tuple(_read(bundle, record) for record in bundle.records)


def _read(bundle: Bundle, record: Record) -> Read:
    try:
        place, body = read_place(record, bundle.suite)
    except Flaw as flaw:
        return Read(record=record, place=None, body=None, flaw=flaw, disclosures=())
    opened = bundle.disclosures.get((place.stream, place.seq), ())
    return Read(record, place, body, None, opened)


def read_place(record: Record, suite: Suite) -> tuple[Place | Body, Body | None]:
    """Where a record belongs, and its body if it is of version 2. Raises `Flaw`."""
    if record.payload_type == RECORD_V2:
        body = read_body(record.body, suite) or load_body(record.body, suite)
        return body, body
    match parse(record.body):
        case {
            "origin": str(origin),
            "stream": str(stream),
            "seq": int(seq),
            "prev": str(prev),
            "key": str(key),
        }:
            return Place(origin=origin, stream=stream, seq=seq, prev=prev, key=key), None
    raise Flaw("记录正文没有写明位置", "the body does not say where it belongs")


def find_publics(records: tuple[Read, ...], suite: Suite) -> dict[str, bytes]:
    """Every public key the stream `keys` ever brought in, by key id."""
    found: dict[str, bytes] = {}
    for one in records:
        if one.place is None or one.place.stream != KEYS:
            continue
        try:
            for brought in load_change(one.find("event/0")).brought:
                found.setdefault(brought.key, suite.load_public(brought.public, brought.key))
        except Flaw:
            continue  # level 3 says what is wrong with the change
    return found


def find_targets(records: tuple[Read, ...]) -> tuple[Target, ...]:
    """What the redact records of a bundle name, as far as they can be read."""
    return tuple(target for one, body in _redacting(records) for target in _targets(one, body))


def _redacting(records: tuple[Read, ...]) -> list[tuple[Read, Body]]:
    """The records that say something is destroyed, and their bodies."""
    return [(one, one.body) for one in records if one.body is not None and one.body.typ == "redact"]


def _targets(one: Read, body: Body) -> Iterator[Target]:
    event = one.find("event/0")
    targets = event.get("targets") if isinstance(event, dict) else None
    for target in targets if isinstance(targets, list) else ():
        match target:
            case {"seq": int(seq), "path": str(path), "commit": str(commit)}:
                yield Target(stream=body.stream, by=body.seq, seq=seq, path=path, commit=commit)


def find_redacted_objects(records: tuple[Read, ...]) -> frozenset[str]:
    """The digests of objects that redact records say are destroyed."""
    found: set[str] = set()
    for one, _ in _redacting(records):
        event = one.find("event/0")
        objects = event.get("objects") if isinstance(event, dict) else None
        if isinstance(objects, list):
            found |= {digest for digest in objects if isinstance(digest, str)}
    return frozenset(found)


def opens(one: Disclosure, commit: str) -> bool:
    """Whether a disclosure is what was committed to."""
    return one.commit == commit
