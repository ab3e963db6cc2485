"""A small office with everybody's keys, and what level 3 says of what they sign."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from engine.evidence.consent import give_consent
from engine.evidence.keys import KeyChange, dump_key_change, enrol, found
from engine.evidence.record import Party
from engine.evidence.signing import FileSigner, make_key
from tests.verifier.parts import (
    AT,
    ORIGIN,
    SYSTEM,
    Log,
    Row,
    actor,
    bundle,
    by_digest,
    event,
    head,
    published,
    roster,
    shown,
    written,
)
from verifier.powers import check_powers
from verifier.reading import Sound
from verifier.records import SERVICE, Actor, Head
from verifier.records import Party as Principal

Told = tuple[str, str, str]
NEW = FileSigner(make_key())
KEYS = {uid: FileSigner(make_key()) for uid in ("lugong", "hanjiang", "linlan", "wutong", SERVICE)}
MODEL = roster(
    readonly=["督查"],
    powers={
        "chief": ["校领导"],
        "publish": ["办公室主任"],
        "grant": ["校领导"],
        "redact": ["文书"],
        "two_registrars": ["校领导"],
    },
)
PEOPLE = {
    "lugong": actor("lugong", name="陆工", post="校长、校领导"),
    "hanjiang": actor("hanjiang", name="韩江", post="办公室主任", dept="办公室"),
    "linlan": actor("linlan", name="林岚", post="文书", dept="办公室"),
    "wutong": actor("wutong", name="吴桐", post="研究员、文书", dept="实验室"),
    SERVICE: SYSTEM,
}


def behalf(uid: str, principal: str) -> Actor:
    """Somebody who acts for another."""
    return PEOPLE[uid]._replace(principal=Principal(uid=principal, name=principal))


def change(made: KeyChange, **fields: Any) -> Row:
    """The event of a change of keys."""
    dumped = json.loads(json.dumps(dump_key_change(made)))
    return event("KeysChanged", change=dumped | fields)


def enrolled(uid: str, key: FileSigner | None = None, custody: str = "file", **fields: Any) -> Row:
    return change(enrol(key or KEYS[uid], ORIGIN, uid, custody, AT), **fields)


def consent(uid: str, matter: Any) -> Row:
    """A consent as an event holds it."""
    return asdict(give_consent(KEYS[uid], Party(uid=uid, name=uid), AT, ORIGIN, matter))


FOUNDED = change(found(KEYS["lugong"], KEYS[SERVICE], ORIGIN, "lugong", "file", AT, ("lugong",)))
ENROLLED = {uid: enrolled(uid) for uid in ("hanjiang", "linlan", "wutong")}


class Staff:
    """An office whose keys are enrolled and whose roster is published."""

    def __init__(
        self, model: Row | None = MODEL, enrolled: Iterable[str] = ("linlan", "wutong")
    ) -> None:
        self.log, self.scope = Log(), "store"
        self.models: dict[str, bytes] = {}
        self.change(FOUNDED)
        for uid in ("hanjiang", *enrolled):
            self.change(ENROLLED[uid])
        if model is not None:
            self.publish(model)

    def last(self, stream: str) -> Head | None:
        known = self.log.streams.get(stream)
        return head(known[-1]) if known else None

    def add(self, stream: str, *events: Any, uid: str = "linlan", **changes: Any) -> Sound:
        """Somebody signs something that rests on what is newest."""
        told = {"actor": PEOPLE[uid], "key": KEYS[uid].key_id, "org": self.last("org")}
        told |= {"keys": self.last("keys"), "case": None}
        return self.log.add(stream, *events, **(told | changes))

    def act(self, *events: Any, **changes: Any) -> Sound:
        return self.add("case/1", *events, **changes)

    def change(self, *events: Any, uid: str = "lugong", **changes: Any) -> Sound:
        return self.add("keys", *events, uid=uid, **{"typ": "key", **changes})

    def org(self, *events: Any, uid: str = "hanjiang", **changes: Any) -> Sound:
        return self.add("org", *events, uid=uid, **{"typ": "org", **changes})

    def publish(self, model: Row, edition: int = 1, uid: str = "hanjiang", **told: Any) -> Sound:
        content = written(model)
        self.models |= by_digest(content)
        return self.org(published(content, edition), uid=uid, **told)

    def told(self, *codes: str) -> list[Told]:
        """What is found, or only of some codes."""
        made = bundle(self.models, self.scope)
        found = check_powers(made, self.log.judged)
        return shown(one for one in found if not codes or one.code in codes)


def at(one: Sound, code: str, field: str, zh: str, en: str, weight: str = "break") -> Told:
    """A finding about a record."""
    place = f"{one.body.stream} #{one.body.seq} {field} [{code}] L3:"
    return f"{place} {zh}", f"{place} {en}", weight
