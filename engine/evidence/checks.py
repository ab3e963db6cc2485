"""What is wrong with records: bytes, signatures, places, disclosures, powers.

evidence-spec.md §6. Nothing here raises for bad evidence; it is told as findings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.errors import EvidenceError
from engine.evidence.canonical import is_instant, pae, parse
from engine.evidence.keys import KeyChange, KeyEnrolled, KeyState, require_consents, require_proof
from engine.evidence.record import (
    JUDGEMENTS,
    RECORD_V2,
    STEP_V1,
    Body,
    Disclosure,
    Record,
    genesis,
    load_body,
)
from engine.evidence.shape import Misshapen
from engine.evidence.signing import PublicKey, is_signed, key_id
from engine.evidence.suite import SHA256_ED25519, Suite, find_suite
from engine.text import Text, say

AHEAD = timedelta(minutes=5)  # as far as a signer's clock may be before the store's
FindKey = Callable[[str], PublicKey | None]
_SYSTEM_ACTS = frozenset(("system", "read", "ckpt", "open", "stock", "org", "def", "key"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong: code, place, field, and a sentence. A doubt is not a break."""

    code: str
    stream: str
    seq: int
    field: str
    text: Text
    is_doubt: bool = False

    def show(self, language: str = "zh") -> str:
        """One line: `case/1 #3 prev [E_PREV]: …`."""
        place = f"{self.stream} #{self.seq} {self.field}".rstrip()
        return f"{place} [{self.code}]: {self.text.show(language)}"

    def __str__(self) -> str:
        return self.show()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a body says it belongs, and whose key it says it carries."""

    origin: str
    stream: str
    seq: int
    prev: str
    key: str


def check_record(
    record: Record, public_key: PublicKey | None, stream: str = "", seq: int = 0
) -> tuple[Finding, ...]:
    """Everything wrong with one record by itself; `public_key` None means the key is unknown.

    `stream` and `seq` say where it was found, should its body not tell.
    """
    _, found = _read(record, public_key, stream, seq)
    return found


def check_chain(
    records: Iterable[Record],
    origin: str,
    stream: str,
    find_key: FindKey,
    before: tuple[int, Record] | None = None,
    suite: Suite = SHA256_ED25519,
) -> tuple[Finding, ...]:
    """The findings of a stream's records in order, up to the first broken one: from 0, or as they
    follow the record `before` (seq and record), which is taken as it is.
    """
    doubts: list[Finding] = []
    first, prev, received_at = 0, _start(origin, stream, suite), ""
    if before is not None:
        first, prev, received_at = before[0] + 1, before[1].digest, before[1].received_at
    for seq, record in enumerate(records, first):
        place, found = _read(record, find_key(record.key), stream, seq)
        if place is not None:
            found = (*_misplaced(place, origin, stream, seq, prev), *found)
        if found:
            return (*doubts, *found)
        if record.received_at < received_at:
            doubts.append(
                Finding(
                    code="E_CLOCK",
                    stream=stream,
                    seq=seq,
                    field="srv.at",
                    text=say("收到时间早于上一条记录:{time}", time=record.received_at),
                    is_doubt=True,
                )
            )
        if place is not None and _is_ahead(record):
            doubts.append(
                Finding(
                    code="E_CLOCK",
                    stream=stream,
                    seq=seq,
                    field="time",
                    text=say("签名时间比收到时间晚 5 分钟以上"),
                    is_doubt=True,
                )
            )
        prev, received_at = record.digest, max(received_at, record.received_at)
    return tuple(doubts)


def _is_ahead(record: Record) -> bool:
    """Whether the signer's clock was far ahead of the store's (§4)."""
    if record.payload_type != RECORD_V2:
        return False
    signed = load_body(record.body).time
    if signed <= record.received_at:
        return False
    return datetime.fromisoformat(signed) - datetime.fromisoformat(record.received_at) > AHEAD


def _start(origin: str, stream: str, suite: Suite) -> str:
    """The `prev` of a first record. A name that cannot be spelled has none: no record is of it."""
    try:
        return genesis(origin, stream, suite)
    except EvidenceError:
        return ""


def check_disclosures(
    body: Body, disclosures: Iterable[Disclosure], redacted: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Whether each commitment is opened by exactly one disclosure, and nothing else is there.

    `redacted`: the paths a later record says were destroyed (§10).
    """
    found: list[Finding] = []

    def tell(code: str, path: str, text: Text) -> None:
        found.append(Finding(code=code, stream=body.stream, seq=body.seq, field=path, text=text))

    commits = body.commits()
    opened: set[str] = set()
    for one in disclosures:
        if one.path in opened:
            tell("E_TWICE", one.path, say("同一内容有两份明细"))
        elif one.path not in commits:
            tell("E_EXTRA", one.path, say("明细不属于这条记录"))
        elif not _opens(one, commits[one.path], find_suite(body.suite)):
            tell("E_COMMIT", one.path, say("明细与签名时承诺的内容不符"))
        opened.add(one.path)
    for path in commits:
        if path not in opened and path not in redacted:
            tell("E_MISSING", path, say("签名时承诺的内容缺少明细"))
    return tuple(found)


def check_power(body: Body, received_at: str, state: KeyState) -> tuple[Finding, ...]:
    """Whether this key could sign this body, by the `keys` events up to the head it names.

    `state` folds at least that far. For records of the stream `keys` itself use
    `check_key_change`.
    """

    def tell(code: str, field: str, text: Text, *, is_doubt: bool = False) -> Finding:
        return Finding(
            code=code, stream=body.stream, seq=body.seq, field=field, text=text, is_doubt=is_doubt
        )

    place = body.keys.seq if body.keys else -1
    if place > state.seq:
        return (tell("E_POWER", "keys", say("所依据的钥匙记录 #{seq} 不存在", seq=place)),)
    known = state.find(body.key)
    if known is None:
        return (tell("E_POWER", "key", say("签名钥匙没有登记")),)
    found: list[Finding] = []
    if not state.is_valid(known.uid, body.key, place):
        found.append(tell("E_POWER", "key", say("签名钥匙当时未生效或已失效")))
    if known.custody == "service":
        is_own = body.typ in _SYSTEM_ACTS and body.way == "system"
        if not is_own and body.typ != "refusal":
            found.append(tell("E_POWER", "typ", say("服务钥匙不得代人签名")))
        if body.meaning in JUDGEMENTS:
            found.append(tell("E_POWER", "meaning", say("系统不得代人批准、否决或审核")))
    elif known.uid != body.signer:
        found.append(
            tell("E_POWER", "actor.uid", say("签名钥匙不是 {uid} 的钥匙", uid=body.signer))
        )
    if state.is_doubtful(body.key, received_at):
        text = say("收到时签名钥匙已在可疑期内")
        found.append(tell("E_DOUBT", "key", text, is_doubt=True))
    return tuple(found)


def check_key_change(body: Body, change: KeyChange, before: KeyState) -> tuple[Finding, ...]:
    """Whether a record of `keys` may make this change to the state `before` it."""

    def tell(code: str, problem: EvidenceError) -> tuple[Finding, ...]:
        found = Finding(
            code=code, stream=body.stream, seq=body.seq, field="events", text=problem.text
        )
        return (found,)

    try:
        before.require_entitled(change, body.signer, body.key)
        if isinstance(change, KeyEnrolled):
            require_consents(change, body.origin, body.signer, before)
        before.after(change, body.seq)
    except EvidenceError as problem:
        return tell("E_POWER", problem)
    try:
        require_proof(change, body.origin, find_suite(body.suite))
    except EvidenceError as problem:
        return tell("E_PROOF", problem)
    return ()


def _read(
    record: Record, public_key: PublicKey | None, stream: str, seq: int
) -> tuple[_Place | None, tuple[Finding, ...]]:
    found: list[Finding] = []

    def tell(code: str, field: str, text: Text) -> None:
        found.append(Finding(code=code, stream=stream, seq=seq, field=field, text=text))

    place: _Place | None = None
    try:
        place = _place(record)
    except Misshapen as problem:
        tell("E_BODY", problem.field, problem.text)
    except EvidenceError as problem:
        tell("E_BODY", "", problem.text)
    if place is not None and not stream:
        stream, seq = place.stream, place.seq
    if record.payload_type not in (RECORD_V2, STEP_V1):
        kind = record.payload_type[:60]
        tell("E_TYPE", "srv.pt", say("不认识的记录类型:{kind}", kind=kind))
    if place is not None and place.key != record.key:
        tell("E_KEY", "key", say("记录的钥匙与正文写明的钥匙不同"))
    if public_key is None:
        tell("E_KEY", "key", say("没有这把钥匙的公钥"))
    elif key_id(public_key) != record.key:
        tell("E_KEY", "key", say("公钥与钥匙编号不符"))
    elif not is_signed(public_key, record.sig, pae(record.payload_type, record.body)):
        tell("E_SIG", "sig", say("签名不成立:正文或签名被改动过"))
    if not is_instant(record.received_at):
        tell("E_RECEIVED", "srv.at", say("收到时间写法不对"))
    return place, tuple(found)


def _place(record: Record) -> _Place:
    if record.payload_type == RECORD_V2:
        body = load_body(record.body)
        if body.suite != record.suite.name:
            raise Misshapen("suite", say("不是本单位的密码套件"))
        return _Place(
            origin=body.origin, stream=body.stream, seq=body.seq, prev=body.prev, key=body.key
        )
    match parse(record.body):
        case {
            "origin": str(origin),
            "stream": str(stream),
            "seq": int(seq),
            "prev": str(prev),
            "key": str(key),
        }:
            return _Place(origin=origin, stream=stream, seq=seq, prev=prev, key=key)
    raise EvidenceError(say("记录正文没有写明位置"))


def _misplaced(place: _Place, origin: str, stream: str, seq: int, prev: str) -> tuple[Finding, ...]:
    def tell(code: str, field: str, text: Text) -> tuple[Finding, ...]:
        return (Finding(code=code, stream=stream, seq=seq, field=field, text=text),)

    if place.origin != origin:
        return tell("E_ORIGIN", "origin", say("记录属于另一处:{origin}", origin=place.origin))
    if place.stream != stream:
        return tell("E_STREAM", "stream", say("记录属于另一条流:{stream}", stream=place.stream))
    if place.seq != seq:
        text = say(
            "此处应为第 {seq} 条,实为第 {found} 条:有缺失、重复或调换", seq=seq, found=place.seq
        )
        return tell("E_SEQ", "seq", text)
    if place.prev != prev:
        text = say("上一条记录已不是签名时的那一条") if seq else say("首条记录不是这条流的开头")
        return tell("E_PREV", "prev", text)
    return ()


def _opens(disclosure: Disclosure, commit: str, suite: Suite) -> bool:
    try:
        return disclosure.commit(suite) == commit
    except EvidenceError:
        return False
