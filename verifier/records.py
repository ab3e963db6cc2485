"""Records and their bodies: field by field as evidence-spec.md §3 and §4 have it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from verifier.canonical import (
    Flaw,
    Json,
    canonical,
    find_flaw,
    is_hash,
    is_instant,
    pae,
    parse,
)
from verifier.suites import Suite

GENESIS = "application/vnd.wf-evidence.genesis.v1+json"
STEP_V1 = "application/vnd.wf-evidence.step.v1+json"
RECORD_V2 = "application/vnd.guicheng.record.v2+json"
SERVICE = "SYSTEM"
LARGEST_BODY = 64 * 1024

_TYPES = "open step stock refusal system org key def read ckpt restore redact"
TYPES = frozenset(_TYPES.split(" "))
JUDGEMENTS = frozenset(["approval", "rejection", "review"])
MEANINGS = JUDGEMENTS | frozenset(
    ["authorship", "responsibility", "receipt", "custody", "witness", "none"]
)
WAYS = frozenset(("key", "paper", "system"))
_WORDS = (
    "v typ suite origin stream seq prev def case task move act meaning code actor way recorder"
    " key org keys heads events facts form att comment time happened tz after nonce req"
)
_FIELDS = frozenset(_WORDS.split(" "))
_NONCE = re.compile("[0-9a-f]{32}")
_ZONE = re.compile(r"[A-Za-z0-9_+/-]+")
# what streams begin with whose names begin so; it stands nowhere else
_FIRST: Mapping[str, str] = {"case/": "open", "stock": "stock"}
# where each type stands that stands in one stream only (§4, rule 5)
_HOME: Mapping[str, str] = {
    "org": "org",
    "key": "keys",
    "def": "defs",
    "ckpt": "sys",
    "restore": "sys",
}
_STREAM = re.compile(r"org|keys|defs|sys|(?:case|stock)/[^\n]+")


class Head(NamedTuple):
    """The record at `seq` of a stream; of a checkpoint, its size and root."""

    seq: int
    hash: str


class Party(NamedTuple):
    uid: str
    name: str


class Actor(NamedTuple):
    uid: str
    name: str
    post: str
    dept: str
    principal: Party | None


class Definition(NamedTuple):
    name: str
    ver: str
    src: str
    model: str


class Move(NamedTuple):
    before: tuple[str, ...]
    after: tuple[str, ...]


class Body(NamedTuple):
    """A body, version 2. `commits` holds every commitment by the path that opens it (§5)."""

    typ: str
    origin: str
    stream: str
    seq: int
    prev: str
    definition: Definition | None
    case: str | None
    number: str
    task: str
    node: str
    move: Move | None
    act: str
    meaning: str
    actor: Actor
    way: str
    recorder: Party | None
    key: str
    org: Head | None
    keys: Head | None
    heads: Mapping[str, Head]
    events: int
    commits: Mapping[str, str]
    time: str
    happened: str
    zone: str
    after: Head
    request: str

    @property
    def signer(self) -> str:
        """Whose key is to sign: the clerk's for a paper entered, else the actor's."""
        return self.recorder.uid if self.recorder else self.actor.uid

    @property
    def party(self) -> str:
        """In whose name it is done."""
        return self.actor.principal.uid if self.actor.principal else self.actor.uid


@dataclass(slots=True, kw_only=True)  # not frozen: to make one would take three times as long
class Record:
    """One line of records.jsonl. `digest` is the leaf hash and the next `prev`."""

    index: int
    body: bytes
    key: str
    sig: bytes
    received_at: str
    payload_type: str
    digest: str

    @property
    def signed(self) -> bytes:
        return pae(self.payload_type, self.body)


class Place(NamedTuple):
    """Where a body says it belongs, and whose key it says it carries."""

    origin: str
    stream: str
    seq: int
    prev: str
    key: str


def genesis(origin: str, stream: str, suite: Suite) -> str:
    """The `prev` of a stream's first record. Raises `Flaw` for a name without canonical bytes."""
    return suite.digest(pae(GENESIS, canonical([origin, stream])))


def load_body(data: bytes, suite: Suite) -> Body:
    """The body of these bytes, of a store of this suite. Raises `Flaw` with the field that breaks a
    rule of §4.
    """
    if len(data) > LARGEST_BODY:
        raise Flaw("正文超过 65536 字节", "the body is larger than 65536 bytes")
    got = _object(parse(data), "", _FIELDS)
    if b"\\" in data:
        _require_one_line(got)
    if got["v"] != 2:
        raise Flaw("版本应为 2", "the version must be 2", "v")
    actor = _object(got["actor"], "actor", frozenset(["uid", "name", "post", "dept", "for"]))
    after = _object(got["after"], "after", frozenset(("size", "root")))
    case = _pair(got["case"], "case", ("id", "number"))
    task = _pair(got["task"], "task", ("id", "node"))
    code = got["code"]
    if code is not None:
        _text(code, "code")
    _choice(got["suite"], "suite", frozenset((suite.name,)))
    nonce = _text(got["nonce"], "nonce")
    request, zone = _text(got["req"], "req"), _text(got["tz"], "tz")
    events = _list(got["events"], "events")
    body = Body(
        typ=_choice(got["typ"], "typ", TYPES),
        origin=_text(got["origin"], "origin"),
        stream=_stream(got["stream"], "stream"),
        seq=_count(got["seq"], "seq"),
        prev=_hash(got["prev"], "prev"),
        definition=_definition(got["def"]),
        case=case[0] if case else None,
        number=case[1] if case else "",
        task=task[0] if task else "",
        node=task[1] if task else "",
        move=_move(got["move"]),
        act=_text(got["act"], "act"),
        meaning=_choice(got["meaning"], "meaning", MEANINGS),
        actor=Actor(
            uid=_text(actor["uid"], "actor.uid"),
            name=_text(actor["name"], "actor.name"),
            post=_text(actor["post"], "actor.post"),
            dept=_text(actor["dept"], "actor.dept"),
            principal=_party(actor["for"], "actor.for"),
        ),
        way=_choice(got["way"], "way", WAYS),
        recorder=_party(got["recorder"], "recorder"),
        key=_hash(got["key"], "key"),
        org=None if got["org"] is None else _head(got["org"], "org"),
        keys=None if got["keys"] is None else _head(got["keys"], "keys"),
        heads={
            _stream(stream, "heads"): _head(head, f"heads.{stream}")
            for stream, head in _mapping(got["heads"], "heads").items()
        },
        events=len(events),
        commits=_commits(got, events),
        time=_instant(got["time"], "time"),
        happened=_instant(got["happened"], "happened"),
        zone=zone,
        after=Head(
            seq=_count(after["size"], "after.size"), hash=_hash(after["root"], "after.root")
        ),
        request=request,
    )
    if not _ZONE.fullmatch(zone):
        raise Flaw("不是时区的名称", "must be the name of a time zone", "tz")
    require_rules(body, code, nonce)
    return body


def require_rules(body: Body, code: Json, nonce: str) -> None:
    """The rules of §4 across fields. Raises `Flaw`."""
    if not _NONCE.fullmatch(nonce):
        raise Flaw("应为 32 位十六进制小写", "must be 32 lowercase hex digits", "nonce")
    if (body.typ == "refusal") != (code is not None):
        raise Flaw("拒绝记录须有拒绝代码,其他记录不得有", "only a refusal has a code", "code")
    if (body.way == "paper") != (body.recorder is not None):
        raise Flaw("纸面补录须写明补录人,其他方式不得有", "only a paper has a recorder", "recorder")
    if (body.way == "system") != (body.actor.uid == SERVICE):
        raise Flaw("系统方式用于且只用于系统自身的动作", "the system acts, and only it, so", "way")
    if body.meaning in JUDGEMENTS and "system" in (body.typ, body.way):
        raise Flaw("系统不得代人批准、否决或审核", "the system gives no approval", "meaning")
    if body.happened > body.time:
        raise Flaw("发生时间晚于记录时间", "it happened after it was recorded", "happened")
    if not _is_at_home(body):
        raise Flaw("这种记录不在这条流的这个位置", "no record of its type stands here", "typ")


def _is_at_home(body: Body) -> bool:
    """Whether records of this type stand in this stream at this place (§4, rule 5)."""
    first = _FIRST.get(body.stream[:5])
    begins = first is not None and body.seq == 0
    if begins or body.typ in _FIRST.values():
        return begins and body.typ == first
    if body.typ == "step":
        return first == "open"
    return _HOME.get(body.typ, body.stream) == body.stream


def _commits(got: Mapping[str, Json], events: list[Json]) -> dict[str, str]:
    found = {f"event/{n}": _hash(one, f"events.{n}") for n, one in enumerate(events)}
    for kind, field in (("fact", "facts"), ("form", "form")):
        for name, one in _mapping(got[field], field).items():
            found[f"{kind}/{name}"] = _hash(one, f"{field}.{name}")
    for n, one in enumerate(_list(got["att"], "att")):
        file = _object(one, f"att.{n}", frozenset(("name", "size", "digest")))
        for part in ("name", "size", "digest"):
            found[f"att/{n}/{part}"] = _hash(file[part], f"att.{n}.{part}")
    if got["comment"] is not None:
        found["comment"] = _hash(got["comment"], "comment")
    return found


def _require_one_line(value: Json, field: str = "") -> None:
    """No string or name in a body holds a line feed or a tab. Raises `Flaw`."""
    if isinstance(value, str):
        flaw = find_flaw(value, free=False)
        if flaw is not None:
            raise Flaw(*flaw, field)
    elif isinstance(value, list):
        for one in value:
            _require_one_line(one, field)
    elif isinstance(value, dict):
        for name, one in value.items():
            _require_one_line(name, field)
            _require_one_line(one, f"{field}.{name}".removeprefix("."))


def _object(value: Json, field: str, names: frozenset[str]) -> dict[str, Json]:
    got = _mapping(value, field)
    if got.keys() != names:
        wrong = min(got.keys() ^ names)
        where = f"{field}.{wrong}".removeprefix(".")
        if wrong in names:
            raise Flaw("缺少字段", "the field is missing", where)
        raise Flaw("多余字段", "the field is unknown", where)
    return got


def _mapping(value: Json, field: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Flaw("应为对象", "must be an object", field)
    return value


def _list(value: Json, field: str) -> list[Json]:
    if not isinstance(value, list):
        raise Flaw("应为列表", "must be a list", field)
    return value


def _text(value: Json, field: str) -> str:
    if not isinstance(value, str):
        raise Flaw("应为文字", "must be text", field)
    return value


def _stream(value: Json, field: str) -> str:
    name = _text(value, field)
    if not _STREAM.fullmatch(name):
        raise Flaw("不是链的名称", "must be the name of a stream", field)
    return name


def _count(value: Json, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Flaw("应为不小于 0 的整数", "must be a whole number from 0", field)
    return value


def _hash(value: Json, field: str) -> str:
    if not isinstance(value, str) or not is_hash(value):
        raise Flaw("应为 64 位十六进制小写", "must be 64 lowercase hex digits", field)
    return value


def _instant(value: Json, field: str) -> str:
    if not isinstance(value, str) or not is_instant(value):
        raise Flaw("时间写法不对", "not a time as records write it", field)
    return value


def _choice(value: Json, field: str, known: frozenset[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise Flaw("没有这个取值", "no such value", field)
    return value


def _pair(value: Json, field: str, names: tuple[str, str]) -> tuple[str, str] | None:
    if value is None:
        return None
    got = _object(value, field, frozenset(names))
    one, other = names
    return _text(got[one], f"{field}.{one}"), _text(got[other], f"{field}.{other}")


def _party(value: Json, field: str) -> Party | None:
    pair = _pair(value, field, ("uid", "name"))
    return Party(uid=pair[0], name=pair[1]) if pair else None


def _head(value: Json, field: str) -> Head:
    got = _object(value, field, frozenset(("seq", "hash")))
    return Head(seq=_count(got["seq"], f"{field}.seq"), hash=_hash(got["hash"], f"{field}.hash"))


def _definition(value: Json) -> Definition | None:
    if value is None:
        return None
    got = _object(value, "def", frozenset(["name", "ver", "src", "model"]))
    return Definition(
        name=_text(got["name"], "def.name"),
        ver=_text(got["ver"], "def.ver"),
        src=_hash(got["src"], "def.src"),
        model=_hash(got["model"], "def.model"),
    )


def _move(value: Json) -> Move | None:
    if value is None:
        return None
    got = _object(value, "move", frozenset(("from", "to")))
    before, after = _list(got["from"], "move.from"), _list(got["to"], "move.to")
    return Move(
        before=tuple(_text(one, "move.from") for one in before),
        after=tuple(_text(one, "move.to") for one in after),
    )
