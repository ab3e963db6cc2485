"""A body with everything in it and one with as little as there can be, as rows and as read."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tests.verifier.parts import AT, ORIGIN, Row
from verifier.records import Actor, Body, Definition, Head, Move, Party

EARLIER, LATER = "2026-11-01T08:00:00.000Z", "2026-11-02T01:30:00.001Z"
NONCE = "0123456789abcdef" * 2


def digest(number: int) -> str:
    """64 hex digits, another for every number."""
    return f"{number:064x}"


BARE: Row = {
    **{"v": 2, "typ": "step", "suite": "sha256-ed25519", "origin": ORIGIN, "stream": "case/7"},
    **{"seq": 1, "prev": digest(1), "def": None, "case": None, "task": None, "move": None},
    **{"act": "", "meaning": "none", "code": None, "way": "key", "recorder": None},
    **{"key": digest(2), "org": None, "keys": None, "heads": {}, "events": [], "facts": {}},
    **{"form": {}, "att": [], "comment": None, "time": AT, "happened": AT},
    **{"tz": "UTC", "nonce": NONCE, "req": ""},
    "actor": {"uid": "linlan", "name": "林岚", "post": "", "dept": "", "for": None},
    "after": {"size": 0, "root": digest(3)},
}
FULL: Row = BARE | {
    **{"seq": 30, "act": "批准", "meaning": "approval", "way": "paper", "happened": EARLIER},
    **{"tz": "Asia/Shanghai", "req": "r-1", "comment": digest(20)},
    "def": {"name": "用印", "ver": "2", "src": digest(4), "model": digest(5)},
    "case": {"id": "7", "number": "2026-7"},
    "task": {"id": "12", "node": "审核"},
    "move": {"from": ["甲", "乙/丙"], "to": ["丁"]},
    "actor": {
        **{"uid": "hanjiang", "name": "韩江", "post": "主任", "dept": "办公室"},
        "for": {"uid": "lugong", "name": "陆工"},
    },
    "recorder": {"uid": "wutong", "name": "吴桐"},
    "org": {"seq": 8, "hash": digest(6)},
    "keys": {"seq": 10, "hash": digest(7)},
    "heads": {
        "case/8": {"seq": 4, "hash": digest(8)},
        "stock/纸": {"seq": 0, "hash": digest(9)},
    },
    "events": [digest(10), digest(11)],
    "facts": {"post(文书)": digest(12), "今天": digest(13)},
    "form": {"事由": digest(14), "金额/1": digest(15)},
    "att": [
        {"name": digest(16), "size": digest(17), "digest": digest(18)},
        {"name": digest(21), "size": digest(22), "digest": digest(23)},
    ],
    "after": {"size": 120, "root": digest(19)},
}
READ_BARE = Body(
    typ="step",
    origin=ORIGIN,
    stream="case/7",
    seq=1,
    prev=digest(1),
    definition=None,
    case=None,
    number="",
    task="",
    node="",
    move=None,
    act="",
    meaning="none",
    actor=Actor(uid="linlan", name="林岚", post="", dept="", principal=None),
    way="key",
    recorder=None,
    key=digest(2),
    org=None,
    keys=None,
    heads={},
    events=0,
    commits={},
    time=AT,
    happened=AT,
    zone="UTC",
    after=Head(seq=0, hash=digest(3)),
    request="",
)
READ_FULL = Body(
    typ="step",
    origin=ORIGIN,
    stream="case/7",
    seq=30,
    prev=digest(1),
    definition=Definition(name="用印", ver="2", src=digest(4), model=digest(5)),
    case="7",
    number="2026-7",
    task="12",
    node="审核",
    move=Move(before=("甲", "乙/丙"), after=("丁",)),
    act="批准",
    meaning="approval",
    actor=Actor(
        uid="hanjiang",
        name="韩江",
        post="主任",
        dept="办公室",
        principal=Party(uid="lugong", name="陆工"),
    ),
    way="paper",
    recorder=Party(uid="wutong", name="吴桐"),
    key=digest(2),
    org=Head(seq=8, hash=digest(6)),
    keys=Head(seq=10, hash=digest(7)),
    heads={"case/8": Head(seq=4, hash=digest(8)), "stock/纸": Head(seq=0, hash=digest(9))},
    events=2,
    commits={
        **{"event/0": digest(10), "event/1": digest(11)},
        **{"fact/post(文书)": digest(12), "fact/今天": digest(13)},
        **{"form/事由": digest(14), "form/金额/1": digest(15)},
        **{"att/0/name": digest(16), "att/0/size": digest(17), "att/0/digest": digest(18)},
        **{"att/1/name": digest(21), "att/1/size": digest(22), "att/1/digest": digest(23)},
        "comment": digest(20),
    },
    time=AT,
    happened=EARLIER,
    zone="Asia/Shanghai",
    after=Head(seq=120, hash=digest(19)),
    request="r-1",
)


# By what a field of the full body has to be: values that are not, and the fields.
WRONG: Mapping[str, tuple[tuple[Any, ...], tuple[str, ...]]] = {
    "text": (
        (5, ["x"], {}),
        (
            *("origin", "stream", "act", "tz", "req", "nonce", "code", "case.id", "case.number"),
            *("actor.uid", "actor.name", "actor.post", "actor.dept", "actor.for.uid"),
            *("actor.for.name", "recorder.uid", "recorder.name", "task.id", "task.node"),
            *("def.name", "def.ver"),
        ),
    ),
    "count": (
        (-1, "3", True, False, None, []),
        ("seq", "after.size", "org.seq", "keys.seq", "heads.case/8.seq"),
    ),
    "hash": (
        ("AB" * 32, "ab" * 31, "", 5, [digest(1)]),
        (
            *("prev", "key", "def.src", "def.model", "org.hash", "keys.hash", "after.root"),
            *("heads.case/8.hash", "events.0", "events.1", "facts.今天", "form.事由"),
            *("att.0.name", "att.0.size", "att.1.digest", "comment"),
        ),
    ),
    "time": (("yesterday", "", 5, None, [AT]), ("time", "happened")),
    "choice": (("other", "", 5, None, ["step"]), ("typ", "meaning", "way", "suite")),
    "list": (({}, "x", None, 5), ("events", "att", "move.from", "move.to")),
    "object": (
        ([], "x", 5),
        (
            *("actor", "actor.for", "after", "def", "case", "task", "move", "recorder", "org"),
            *("keys", "heads", "heads.case/8", "facts", "form", "att.0"),
        ),
    ),
}


def fields(row: Row) -> list[str]:
    """Every field of the full body that the page names, also in the objects inside."""
    inner = ("actor", "actor.for", "after", "case", "def", "keys", "move", "org", "recorder")
    found = list(row)
    for path in (*inner, "task", "att.1", "heads.case/8"):
        found += [f"{path}.{name}" for name in _at(row, path)]
    return found


def _at(row: Row, path: str) -> Any:
    inner: Any = row
    for one in path.split("."):
        inner = inner[int(one) if one.isdigit() else one]
    return inner


def changed(row: Row, path: str, value: Any) -> Row:
    """A copy of a row with another value at a path like `actor.for.uid` or `att.0`."""
    made = copy.deepcopy(row)
    above, _, last = path.rpartition(".")
    place = _at(made, above) if above else made
    place[int(last) if last.isdigit() else last] = value
    return made


def without(row: Row, path: str) -> Row:
    """A copy of a row in which a field is missing."""
    above, _, last = path.rpartition(".")
    inner = _at(row, above) if above else row
    rest = {name: value for name, value in inner.items() if name != last}
    return changed(row, above, rest) if above else rest
