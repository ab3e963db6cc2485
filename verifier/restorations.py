"""Logs that were lost, and what goes on of them under another name (evidence-spec.md §9.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from verifier.canonical import Flaw, Json, find_flaw, is_hash
from verifier.chain import Judged
from verifier.consents import consent_problem, load_consents
from verifier.findings import Finding, Weight
from verifier.keys import KeyState
from verifier.reading import KEYS, SYS, Sound
from verifier.records import Head

FIRST = 1  # the number of a store's first log
_NAMES = ("kept", "root", "log", "lost_log", "lost_size", "lost_root", "reason", "consents")
_FIELDS = frozenset(("event", "version", *_NAMES))
LAST = 999_999_999  # more digits no name of a log has
_NUMBER = re.compile("#([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """A record that says: `kept` records with this root go on as log `log`, `lost_log` is lost."""

    record: Sound
    kept: int
    root: str
    log: int
    lost_log: int
    lost_size: int
    lost_root: str
    reason: str
    keys_until: int  # the index of the newest change of keys it rests on; `kept` without one

    @property
    def matter(self) -> Json:
        """What a further registrar consents to."""
        return {
            "act": "restore",
            "kept": self.kept,
            "log": self.log,
            "lost_log": self.lost_log,
            "lost_root": self.lost_root,
            "lost_size": self.lost_size,
            "reason": self.reason,
            "root": self.root,
        }


def log_name(origin: str, log: int) -> str:
    """What checkpoints of a log are called: the origin, of a later log with its number."""
    return origin if log == FIRST else f"{origin}#{log}"


def log_number(origin: str, name: str) -> int | None:
    """The number of the log of this store that has this name; None for another store's."""
    if name == origin:
        return FIRST
    found = _NUMBER.fullmatch(name.removeprefix(origin)) if name.startswith(origin) else None
    number = int(found[1]) if found else FIRST
    return number if number > FIRST else None


def log_at(restorations: Sequence[Restoration], size: int) -> int:
    """The number of the log whose checkpoint over `size` records belongs to this history."""
    return max((one.log for one in restorations if one.kept < size), default=FIRST)


def read_restorations(judged: Judged, found: list[Finding]) -> tuple[Restoration, ...]:
    """The restorations of a bundle in their order; what breaks a rule of §9.1 is told, not read."""
    read: list[Restoration] = []
    for one in judged.streams.get(SYS, ()):
        if one.body.typ == "restore":
            try:
                read.append(_read(one, judged, max((it.log for it in read), default=FIRST)))
            except Flaw as flaw:
                found.append(_tell(one, "E_RESTORE", 2, flaw.zh, flaw.en))
    return tuple(read)


def check_restorers(judged: Judged, state: KeyState) -> Iterator[Finding]:
    """Level 3: a registrar signed, and another consented if there was one."""
    for said in read_restorations(judged, []):
        body = said.record.body
        place = body.keys.seq if body.keys else -1
        consents = load_consents((said.record.event("Restored") or {}).get("consents"))
        registrars = state.registrars_at(place)
        able = {
            one.uid
            for one in state.enrolments.values()
            if one.uid in registrars and state.is_valid(one.uid, one.key, place)
        }
        find = partial(state.find, at=place)
        told = consents, body.origin, said.matter, body.signer, find, state.suite
        flaw = consent_problem(*told)
        if flaw is None and not {body.signer, *(one.uid for one in consents)} <= set(registrars):
            flaw = Flaw("恢复须由登记人员签名和同意", "only registrars sign and consent to it")
        if flaw is None and not consents and able - {body.signer}:
            flaw = Flaw("恢复须有另一名登记人员同意", "no other registrar consented to it")
        if flaw is not None:
            yield _tell(said.record, "E_POWER", 3, flaw.zh, flaw.en)


def _read(one: Sound, judged: Judged, before: int) -> Restoration:
    """The restoration of a record, after logs up to number `before`. Raises `Flaw`."""
    event, body = one.event("Restored"), one.body
    if event is None or event.keys() != _FIELDS or body.events != 1:
        raise Flaw("恢复记录须有且只有一个恢复事件", "it must have one Restored event")
    if body.meaning != "responsibility" or body.way != "key":
        raise Flaw("恢复须由人以责任签名", "a person must take responsibility for it")
    match event:
        case {
            "kept": int(kept),
            "root": str(root),
            "log": int(log),
            "lost_log": int(lost_log),
            "lost_size": int(lost_size),
            "lost_root": str(lost_root),
            "reason": str(reason),
        } if not any(isinstance(n, bool) for n in (kept, log, lost_log, lost_size)):
            pass
        case _:
            raise Flaw("恢复事件的字段不成样子", "a field of the event is ill-formed")
    load_consents(event["consents"])
    is_plain = reason != "" and find_flaw(reason, free=False) is None
    if not is_plain or not is_hash(root) or not is_hash(lost_root) or lost_size < 0:
        raise Flaw("恢复事件的字段不成样子", "a field of the event is ill-formed")
    if kept != one.index:
        raise Flaw("恢复记录写明的条数不是此前的条数", "it does not follow the records it kept")
    if not max(before, lost_log) < log <= LAST or lost_log < FIRST:
        raise Flaw("恢复后的日志用了旧的号", "the number of the new log was used before")
    keys = judged.streams.get(KEYS, ())
    rests = [it.index for it in keys if body.keys == Head(seq=it.body.seq, hash=it.record.digest)]
    return Restoration(
        record=one,
        kept=kept,
        root=root,
        log=log,
        lost_log=lost_log,
        lost_size=lost_size,
        lost_root=lost_root,
        reason=reason,
        keys_until=max(rests, default=kept),
    )


def _tell(one: Sound, code: str, level: int, zh: str, en: str) -> Finding:
    return Finding(
        code=code,
        level=level,
        stream=one.body.stream,
        seq=one.body.seq,
        field="event/0",
        zh=zh,
        en=en,
        weight=Weight.BREAK,
    )
