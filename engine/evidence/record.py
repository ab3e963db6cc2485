"""A record: the signed body of one act, its signature, and when it was received.

evidence-spec.md §3–§5. A body that breaks a rule of §4 can be neither written nor read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.errors import EvidenceError
from engine.evidence.canonical import (
    Json,
    canonical,
    commitment,
    decode_base64,
    encode_base64,
    is_instant,
    pae,
    parse,
)
from engine.evidence.shape import (
    Misshapen,
    read_choice,
    read_count,
    read_hash,
    read_instant,
    read_list,
    read_mapping,
    read_object,
    read_text,
)
from engine.evidence.signing import Signer, suite_of
from engine.evidence.suite import SHA256_ED25519, SUITES, Suite
from engine.text import say

GENESIS = "application/vnd.wf-evidence.genesis.v1+json"
STEP_V1 = "application/vnd.wf-evidence.step.v1+json"
RECORD_V2 = "application/vnd.guicheng.record.v2+json"
SERVICE = "SYSTEM"  # the uid of the engine itself
VERSION = 2
LARGEST_BODY = 64 * 1024

TYPES = frozenset(
    (
        *("open", "step", "stock", "refusal", "system", "org", "key", "def"),
        *("read", "ckpt", "restore", "redact"),
    )
)
JUDGEMENTS = frozenset(("approval", "rejection", "review"))
MEANINGS = JUDGEMENTS | frozenset(
    ("authorship", "responsibility", "receipt", "custody", "witness", "none")
)
WAYS = frozenset(("key", "paper", "system"))
_NONCE = re.compile("[0-9a-f]{32}")
_ZONE = re.compile(r"[A-Za-z0-9_+/-]+")
FIRST = {"case": "open", "stock": "stock"}  # what streams of a kind begin with, and nothing else
HOME = {"org": "org", "key": "keys", "def": "defs", "ckpt": "sys", "restore": "sys"}
_STREAM = re.compile(r"org|keys|defs|sys|(?:case|stock)/[^\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last record of a stream. Of a checkpoint: its number of records and its root."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A published process: `ver` its edition, `src` and `model` digests of text and meaning."""

    name: str
    ver: str
    src: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRef:
    id: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRef:
    """The task, "" where there was none, and the state it stood in."""

    id: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The configurations before and after: each the paths of the active leaf states."""

    from_: tuple[str, ...]
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    uid: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who signs, as he was on the day; `for_` is the principal he stands in for."""

    uid: str
    name: str
    post: str
    dept: str
    for_: Party | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Commitments to an attachment's name, size and digest."""

    name: str
    size: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is signed, version 2; every field as in evidence-spec.md §4."""

    typ: str
    suite: str
    origin: str
    stream: str
    seq: int
    prev: str
    definition: Definition | None
    case: CaseRef | None
    task: TaskRef | None
    move: Move | None
    act: str
    meaning: str
    code: str | None
    actor: Actor
    way: str
    recorder: Party | None
    key: str
    org: Head | None
    keys: Head | None
    heads: Mapping[str, Head]
    events: tuple[str, ...]
    facts: Mapping[str, str]
    form: Mapping[str, str]
    att: tuple[Attached, ...]
    comment: str | None
    time: str
    happened: str
    tz: str
    after: Head
    nonce: str
    req: str

    @property
    def signer(self) -> str:
        """Whose key is to sign: the clerk's for a paper entered, else the actor's."""
        return self.recorder.uid if self.recorder else self.actor.uid

    def commits(self) -> dict[str, str]:
        """Every commitment by the path that opens it (evidence-spec.md §5)."""
        found = {f"event/{n}": commit for n, commit in enumerate(self.events)}
        found |= {f"fact/{name}": commit for name, commit in self.facts.items()}
        found |= {f"form/{path}": commit for path, commit in self.form.items()}
        for n, file in enumerate(self.att):
            found[f"att/{n}/name"] = file.name
            found[f"att/{n}/size"] = file.size
            found[f"att/{n}/digest"] = file.digest
        if self.comment is not None:
            found["comment"] = self.comment
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What was committed to at `path`; `salt` is 16 bytes."""

    path: str
    salt: bytes
    value: Json

    def commit(self, suite: Suite = SHA256_ED25519) -> str:
        return commitment(self.salt, self.path, self.value, suite)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A body as signed, key id, signature (64 bytes), time of receipt, payload type; and the suite
    of the store it stands in.
    """

    body: bytes
    key: str
    sig: bytes
    received_at: str
    payload_type: str = RECORD_V2
    suite: Suite = SHA256_ED25519

    @property
    def digest(self) -> str:
        """H(0x00 ‖ record): the next `prev`, and a leaf of RFC 6962."""
        return self.suite.digest(b"\x00" + dump_record(self))


def genesis(origin: str, stream: str, suite: Suite = SHA256_ED25519) -> str:
    """The `prev` of a stream's first record."""
    return suite.digest(pae(GENESIS, canonical([origin, stream])))


def seal(body: Body, signer: Signer, *, received_at: str) -> Record:
    """Sign a body. Raises `EvidenceError` for a body that breaks a rule or names another key."""
    if body.key != signer.key_id:
        raise EvidenceError(say("正文写明的钥匙不是签名的钥匙"))
    if not is_instant(received_at):
        raise EvidenceError(say("收到时间写法不对:{time}", time=received_at[:40]))
    suite = suite_of(signer.public)
    if body.suite != suite.name:
        raise EvidenceError(say("签名钥匙不属于本单位的密码套件"))
    data = dump_body(body)
    sig = signer.sign(pae(RECORD_V2, data))
    return Record(body=data, key=signer.key_id, sig=sig, received_at=received_at, suite=suite)


def dump_record(record: Record) -> bytes:
    """The record as canonical bytes, for a digest or a bundle."""
    return canonical(
        {
            "body": encode_base64(record.body),
            "key": record.key,
            "sig": encode_base64(record.sig),
            "srv": {"at": record.received_at, "pt": record.payload_type},
        }
    )


def load_record(data: bytes, suite: Suite = SHA256_ED25519) -> Record:
    """The record of `dump_record`. Raises `EvidenceError` for any other bytes."""
    match parse(data):
        case {
            "body": str(body),
            "key": str(key),
            "sig": str(sig),
            "srv": {"at": str(at), "pt": str(kind), **more},
            **others,
        } if not more and not others:
            return Record(
                body=decode_base64(body),
                key=key,
                sig=decode_base64(sig),
                received_at=at,
                payload_type=kind,
                suite=suite,
            )
    raise EvidenceError(say("记录的字段不全或有多余"))


def dump_body(body: Body) -> bytes:
    """The canonical bytes of a body. Raises `Misshapen` if it breaks a rule of §4."""
    actor = body.actor
    dumped: dict[str, Json] = {
        "v": VERSION,
        "typ": body.typ,
        "suite": body.suite,
        "origin": body.origin,
        "stream": body.stream,
        "seq": body.seq,
        "prev": body.prev,
        "def": _dump(body.definition),
        "case": _dump(body.case),
        "task": _dump(body.task),
        "move": {"from": list(body.move.from_), "to": list(body.move.to)} if body.move else None,
        "act": body.act,
        "meaning": body.meaning,
        "code": body.code,
        "actor": {
            "uid": actor.uid,
            "name": actor.name,
            "post": actor.post,
            "dept": actor.dept,
            "for": _dump(actor.for_),
        },
        "way": body.way,
        "recorder": _dump(body.recorder),
        "key": body.key,
        "org": _dump(body.org),
        "keys": _dump(body.keys),
        "heads": {stream: _dump(head) for stream, head in body.heads.items()},
        "events": list(body.events),
        "facts": dict(body.facts),
        "form": dict(body.form),
        "att": [_dump(one) for one in body.att],
        "comment": body.comment,
        "time": body.time,
        "happened": body.happened,
        "tz": body.tz,
        "after": {"size": body.after.seq, "root": body.after.hash},
        "nonce": body.nonce,
        "req": body.req,
    }
    _load(dumped)
    data = canonical(dumped)
    _require_size(data)
    return data


@lru_cache(maxsize=1024)  # whoever folds, checks and shows a record reads it anew each time
def load_body(data: bytes) -> Body:
    """The body of these bytes. Raises `EvidenceError`; `Misshapen` names the field."""
    _require_size(data)
    return _load(parse(data))


def _require_size(data: bytes) -> None:
    if len(data) > LARGEST_BODY:
        raise Misshapen("", say("超过 {count} 字节", count=LARGEST_BODY))


def _dump(part: Definition | CaseRef | TaskRef | Party | Head | Attached | None) -> Json:
    return None if part is None else {name: getattr(part, name) for name in part.__slots__}


_FIELDS = (
    "v typ suite origin stream seq prev def case task move act meaning code actor way recorder key"
    " org keys heads events facts form att comment time happened tz after nonce req"
)


def _load(value: Json) -> Body:
    got = read_object(value, "", _FIELDS)
    if got["v"] is True or got["v"] != VERSION:
        raise Misshapen("v", say("应为 {version}", version=VERSION))
    actor = read_object(got["actor"], "actor", "uid name post dept for")
    after = read_object(got["after"], "after", "size root")
    body = Body(
        typ=read_choice(got, "typ", TYPES),
        suite=read_choice(got, "suite", frozenset(SUITES)),
        origin=read_text(got["origin"], "origin"),
        stream=_read_stream(got["stream"], "stream"),
        seq=read_count(got["seq"], "seq"),
        prev=read_hash(got["prev"], "prev"),
        definition=_load_definition(got["def"]),
        case=_load_case(got["case"]),
        task=_load_task(got["task"]),
        move=_load_move(got["move"]),
        act=read_text(got["act"], "act"),
        meaning=read_choice(got, "meaning", MEANINGS),
        code=None if got["code"] is None else read_text(got["code"], "code"),
        actor=Actor(
            uid=read_text(actor["uid"], "actor.uid"),
            name=read_text(actor["name"], "actor.name"),
            post=read_text(actor["post"], "actor.post"),
            dept=read_text(actor["dept"], "actor.dept"),
            for_=_load_party(actor["for"], "actor.for"),
        ),
        way=read_choice(got, "way", WAYS),
        recorder=_load_party(got["recorder"], "recorder"),
        key=read_hash(got["key"], "key"),
        org=_load_head(got["org"], "org"),
        keys=_load_head(got["keys"], "keys"),
        heads={
            _read_stream(stream, "heads"): _require_head(head, f"heads.{stream}")
            for stream, head in read_mapping(got["heads"], "heads").items()
        },
        events=tuple(
            read_hash(one, f"events.{n}") for n, one in read_list(got["events"], "events")
        ),
        facts=_commits(got["facts"], "facts"),
        form=_commits(got["form"], "form"),
        att=tuple(_load_attached(one, f"att.{n}") for n, one in read_list(got["att"], "att")),
        comment=None if got["comment"] is None else read_hash(got["comment"], "comment"),
        time=read_instant(got["time"], "time"),
        happened=read_instant(got["happened"], "happened"),
        tz=read_text(got["tz"], "tz"),
        after=Head(
            seq=read_count(after["size"], "after.size"), hash=read_hash(after["root"], "after.root")
        ),
        nonce=read_text(got["nonce"], "nonce"),
        req=read_text(got["req"], "req"),
    )
    _require_rules(body)
    return body


def _read_stream(value: Json, field: str) -> str:
    name = read_text(value, field)
    if not _STREAM.fullmatch(name):
        raise Misshapen(field, say("不是链的名称"))
    return name


def _require_rules(body: Body) -> None:
    if not _NONCE.fullmatch(body.nonce):
        raise Misshapen("nonce", say("应为 32 位十六进制小写"))
    if (body.typ == "refusal") != (body.code is not None):
        raise Misshapen("code", say("拒绝记录须有拒绝代码,其他记录不得有"))
    if (body.way == "paper") != (body.recorder is not None):
        raise Misshapen("recorder", say("纸面补录须写明补录人,其他方式不得有"))
    if (body.way == "system") != (body.actor.uid == SERVICE):
        raise Misshapen("way", say("系统方式用于且只用于系统自身的动作"))
    if body.meaning in JUDGEMENTS and "system" in (body.typ, body.way):
        raise Misshapen("meaning", say("系统不得代人批准、否决或审核"))
    if body.happened > body.time:
        raise Misshapen("happened", say("发生时间晚于记录时间"))
    if not _ZONE.fullmatch(body.tz):
        raise Misshapen("tz", say("不是时区的名称"))
    if not _is_at_home(body):
        raise Misshapen("typ", say("这种记录不在这条流的这个位置"))


def _is_at_home(body: Body) -> bool:
    """Whether records of this type stand in this stream at this place: rule 5 of §4."""
    kind, _, name = body.stream.partition("/")
    begins = name != "" and body.seq == 0
    if begins or body.typ in FIRST.values():
        return begins and body.typ == FIRST[kind]
    if body.typ == "step":
        return kind == "case"
    return HOME.get(body.typ, body.stream) == body.stream


def _commits(value: Json, field: str) -> dict[str, str]:
    return {
        name: read_hash(one, f"{field}.{name}") for name, one in read_mapping(value, field).items()
    }


def _require_head(value: Json, field: str) -> Head:
    got = read_object(value, field, "seq hash")
    return Head(
        seq=read_count(got["seq"], f"{field}.seq"), hash=read_hash(got["hash"], f"{field}.hash")
    )


def _load_head(value: Json, field: str) -> Head | None:
    return None if value is None else _require_head(value, field)


def _load_party(value: Json, field: str) -> Party | None:
    if value is None:
        return None
    got = read_object(value, field, "uid name")
    return Party(
        uid=read_text(got["uid"], f"{field}.uid"), name=read_text(got["name"], f"{field}.name")
    )


def _load_definition(value: Json) -> Definition | None:
    if value is None:
        return None
    got = read_object(value, "def", "name ver src model")
    return Definition(
        name=read_text(got["name"], "def.name"),
        ver=read_text(got["ver"], "def.ver"),
        src=read_hash(got["src"], "def.src"),
        model=read_hash(got["model"], "def.model"),
    )


def _load_case(value: Json) -> CaseRef | None:
    if value is None:
        return None
    got = read_object(value, "case", "id number")
    return CaseRef(
        id=read_text(got["id"], "case.id"), number=read_text(got["number"], "case.number")
    )


def _load_task(value: Json) -> TaskRef | None:
    if value is None:
        return None
    got = read_object(value, "task", "id node")
    return TaskRef(id=read_text(got["id"], "task.id"), node=read_text(got["node"], "task.node"))


def _load_move(value: Json) -> Move | None:
    if value is None:
        return None
    got = read_object(value, "move", "from to")
    return Move(
        from_=tuple(read_text(one, "move.from") for _, one in read_list(got["from"], "move.from")),
        to=tuple(read_text(one, "move.to") for _, one in read_list(got["to"], "move.to")),
    )


def _load_attached(value: Json, field: str) -> Attached:
    got = read_object(value, field, "name size digest")
    return Attached(
        name=read_hash(got["name"], f"{field}.name"),
        size=read_hash(got["size"], f"{field}.size"),
        digest=read_hash(got["digest"], f"{field}.digest"),
    )
