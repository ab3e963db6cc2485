"""Records as level 1 leaves them, and what levels 3 to 5 judge them by, made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from verifier.bundle import Bundle, Proofs, Scope
from verifier.canonical import canonical
from verifier.chain import Judged
from verifier.findings import Finding
from verifier.reading import Sound
from verifier.records import SERVICE, Actor, Body, Definition, Head, Move, Party, Record
from verifier.suites import SHA256_ED25519

Row = dict[str, Any]
ORIGIN, AT = "office.example", "2026-11-02T01:30:00.000Z"
sha256 = SHA256_ED25519.digest
KEY = sha256(b"a key")
SYSTEM = Actor(uid=SERVICE, name="系统", post="", dept="", principal=None)


def actor(uid: str, principal: str | None = None, **changes: str) -> Actor:
    """Somebody, perhaps for somebody else."""
    party = Party(uid=principal, name=principal) if principal else None
    return Actor(uid=uid, name=uid, post="", dept="", principal=party)._replace(**changes)


def move(before: Iterable[str], after: Iterable[str]) -> Move:
    return Move(before=tuple(before), after=tuple(after))


def definition(name: str, src: str, model: str) -> Definition:
    return Definition(name=name, ver="1", src=src, model=model)


def event(name: str, /, **fields: Any) -> Row:
    return {"event": name, "version": 1, **fields}


def day(text: str) -> Row:
    """A day as events hold it."""
    return {"$": "date", "is": text}


def instant(text: str) -> Row:
    return {"$": "datetime", "is": text}


def head(one: Sound) -> Head:
    """A record as another one names it."""
    return Head(seq=one.body.seq, hash=one.record.digest)


class Log:
    """Sound records in the order in which they are added."""

    def __init__(self) -> None:
        self.streams: dict[str, tuple[Sound, ...]] = {}

    def add(
        self,
        stream: str,
        *events: Any,
        facts: Row | None = None,
        received_at: str = AT,
        **changes: Any,
    ) -> Sound:
        """One more record of a stream, by `linlan` unless it is said otherwise."""
        known = self.streams.get(stream, ())
        body = Body(
            typ="step",
            origin=ORIGIN,
            stream=stream,
            seq=len(known),
            prev="",
            definition=None,
            case=stream.partition("/")[2] or None,
            number="2026-1",
            task="",
            node="",
            move=None,
            act="",
            meaning="none",
            actor=actor("linlan"),
            way="key",
            recorder=None,
            key=KEY,
            org=None,
            keys=None,
            heads={},
            events=len(events),
            commits={},
            time=AT,
            happened=AT,
            zone="UTC" if changes.get("org") is None else "Asia/Shanghai",
            after=Head(seq=0, hash=""),
            request="",
        )
        record = Record(
            index=sum(map(len, self.streams.values())),
            body=b"",
            key=KEY,
            sig=b"",
            received_at=received_at,
            payload_type="",
            digest=sha256(f"{stream} {len(known)}".encode()),
        )
        opened = {f"event/{n}": one for n, one in enumerate(events)}
        opened |= {f"fact/{name}": value for name, value in (facts or {}).items()}
        made = Sound(record=record, body=body._replace(**changes), opened=opened)
        self.streams[stream] = (*known, made)
        return made

    @property
    def judged(self) -> Judged:
        return Judged(findings=(), streams=self.streams, targets=(), redacted=())


def by_digest(*models: bytes) -> dict[str, bytes]:
    return {sha256(one): one for one in models}


def bundle(
    models: Mapping[str, bytes] | None = None,
    scope: str = "store",
    tables: Iterable[tuple[str, Any]] | None = None,
    misplaced: tuple[int, ...] = (),
) -> Bundle:
    """A bundle with some models, or with derived tables."""
    return Bundle(
        origin=ORIGIN,
        suite=SHA256_ED25519,
        scope=Scope(kind=scope),
        size=0,
        records=(),
        disclosures={},
        objects={},
        models=models or {},
        note=None,
        older={},
        tokens={},
        proofs=Proofs(inclusion={}, consistency={}, heads=None),
        tables=None if tables is None else tuple(tables),
        misplaced=misplaced,
        findings=(),
    )


def roster(**changes: Any) -> Row:
    """The model of a small roster: an office that a principal leads, and a laboratory of it."""
    people = (
        *(("lugong", "陆工", "校长", None), ("hanjiang", "韩江", "", "办公室")),
        *(("linlan", "林岚", "", "办公室"), ("wutong", "吴桐", "研究员", "实验室")),
    )
    departments = (("办公室", "hanjiang", "lugong", None), ("实验室", "wutong", None, "办公室"))
    holdings = (
        *(("校领导", "lugong"), ("办公室主任", "hanjiang"), ("文书", "linlan")),
        ("文书", "wutong"),
    )
    return {
        "zone": "Asia/Shanghai",
        "people": [
            {"id": one, "name": name, "title": title, "department": department}
            for one, name, title, department in people
        ],
        "departments": [
            {"name": name, "head": one, "leader": leader, "part_of": within}
            | {"liaisons": ["linlan"], "size": 3}
            for name, one, leader, within in departments
        ],
        "holdings": [
            {"post": post, "person": one, "from_": None, "until": None} for post, one in holdings
        ],
        "readonly": [],
        "groups": {"评价组": ["wutong", "linlan"]},
        "powers": {"chief": ["校领导"], "publish": ["办公室主任"], "grant": ["办公室主任"]},
        "deputies": {},
        **changes,
    }


def published(model: bytes, /, edition: Any = 1, since: str = "2026-01-01", **changes: Any) -> Row:
    """The event that publishes the model of a roster."""
    told = {"model": sha256(model), "edition": edition, "effective": day(since)}
    return event("Published", **{"kind": "roster", "name": "花名册", **told, **changes})


def amended(kind: str, /, since: str = "2026-10-01", **fields: Any) -> Row:
    """The event that amends the roster from a day on."""
    change = {"amendment": kind, "from_": day(since), **fields}
    return event("RosterAmended", amendment=change)


def written(model: Row) -> bytes:
    return canonical(model)


def shown(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """Findings as a report shows them, in both languages, with their weight."""
    return [(one.show("zh"), one.show("en"), one.weight.value) for one in findings]
