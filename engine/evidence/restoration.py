"""A log that was lost: a copy of it goes on under a name of its own, by a signed record.

evidence-spec.md §9.1. What stood in the lost log beyond the copy is gone, and the record says so;
two checkpoints of one size are told apart by the names of their logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from engine.errors import EvidenceError
from engine.evidence.canonical import Json
from engine.evidence.checks import Finding
from engine.evidence.consent import Consent, check_consents, load_consents
from engine.evidence.keys import KeyState
from engine.evidence.record import Body, Party
from engine.evidence.shape import read_count, read_hash, read_object, read_text
from engine.text import Text, say

RESTORE = "restore"
FIRST = 1  # the number of a store's first log
LAST = 999_999_999  # more digits no name of a log has
_NUMBER = re.compile("#([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The newest checkpoint known of a log that was lost: the log's number, size, root in hex."""

    log: int
    size: int
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """What a record of `typ` `restore` says: `kept` records with this root go on as log `log`."""

    seq: int
    by: Party
    at: str
    kept: int
    root: str
    log: int
    lost: Lost
    reason: str
    consents: tuple[Consent, ...] = ()

    @property
    def matter(self) -> Json:
        """What a further registrar signs (§7)."""
        return restoration_matter(self.kept, self.root, self.log, self.lost, self.reason)


def restoration_matter(kept: int, root: str, log: int, lost: Lost, reason: str) -> Json:
    """What goes on, as which log, after which loss, and why."""
    return {
        "act": RESTORE,
        "kept": kept,
        "log": log,
        "lost_log": lost.log,
        "lost_root": lost.root,
        "lost_size": lost.size,
        "reason": reason,
        "root": root,
    }


def log_name(origin: str, log: int) -> str:
    """What checkpoints of a store's log are called: the origin, of a later log with its number."""
    return origin if log == FIRST else f"{origin}#{log}"


def log_number(origin: str, name: str) -> int | None:
    """The number of the log of this store that a checkpoint names; None for another store's."""
    if name == origin:
        return FIRST
    found = _NUMBER.fullmatch(name.removeprefix(origin)) if name.startswith(origin) else None
    number = int(found[1]) if found else FIRST
    return number if number > FIRST else None


def is_later_log(name: str) -> bool:
    """Whether a name would be taken for that of a later log of some other store."""
    origin, mark, _ = name.rpartition("#")
    return bool(mark) and log_number(origin, name) is not None


def log_at(restorations: Sequence[Restoration], size: int) -> int:
    """The number of the log whose checkpoint over `size` records belongs to this history."""
    return max((one.log for one in restorations if one.kept < size), default=FIRST)


def read_restoration(body: Body, event: Json) -> Restoration:
    """The restoration of a record whose only event is `event`. Errors: `EvidenceError`."""
    names = "consents event kept log lost_log lost_root lost_size reason root version"
    got = read_object(event, "", names)
    if (got["event"], got["version"]) != ("Restored", 1) or got["version"] is True:
        raise EvidenceError(say("不是恢复事件"))
    consents = load_consents(got["consents"])
    if consents is None:
        raise EvidenceError(say("同意的写法不对"))
    return Restoration(
        seq=body.seq,
        by=Party(uid=body.signer, name=body.actor.name),
        at=body.time,
        kept=read_count(got["kept"], "kept"),
        root=read_hash(got["root"], "root"),
        log=read_count(got["log"], "log"),
        lost=Lost(
            log=read_count(got["lost_log"], "lost_log"),
            size=read_count(got["lost_size"], "lost_size"),
            root=read_hash(got["lost_root"], "lost_root"),
        ),
        reason=read_text(got["reason"], "reason"),
        consents=consents,
    )


def check_restoration(
    said: Restoration, body: Body, before: Sequence[Restoration], keys: KeyState
) -> Iterator[Finding]:
    """What is wrong with a restoration by itself: `E_RESTORE`, or `E_POWER` for who signed.

    `before`: those earlier in the log; `keys`: folded at least as far as the record's head.
    """

    def tell(field: str, text: Text, code: str = "E_RESTORE") -> Finding:
        return Finding(code=code, stream=body.stream, seq=body.seq, field=field, text=text)

    if body.meaning != "responsibility" or body.way != "key" or len(body.events) != 1:
        yield tell("meaning", say("恢复须由人签名负责,且只记一件事"))
    if not said.reason:
        yield tell("event/0", say("恢复没有写明缘由"))
    known = max((one.log for one in before), default=FIRST)
    if not max(known, said.lost.log) < said.log <= LAST or said.lost.log < FIRST:
        yield tell("event/0", say("恢复后的日志须有一个此前没有用过的号,至多九位"))
    place = body.keys.seq if body.keys else -1
    for uid in (body.signer, *(one.uid for one in said.consents)):
        if not keys.is_registrar(uid, place):
            yield tell("event/0", say("{uid} 不是登记人员", uid=uid), "E_POWER")
    find = partial(keys.find_own, at=place)
    for problem in check_consents(said.consents, body.origin, said.matter, body.signer, find):
        yield tell("event/0", problem, "E_POWER")
    if not said.consents and others(keys, body.signer, place):
        yield tell("event/0", say("恢复须有另一名登记人员同意"), "E_POWER")


def others(keys: KeyState, signer: str, place: int) -> tuple[str, ...]:
    """The registrars, other than who signs, that have a key at a place in `keys`."""
    return tuple(
        uid
        for uid in keys.registrars_at(place)
        if uid != signer and any(keys.is_valid(uid, one.key, place) for one in keys.keys_of(uid))
    )
