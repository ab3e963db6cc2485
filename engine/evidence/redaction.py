"""Redaction: a value destroyed for good, by a signed record that says which, why, and by whom.

evidence-spec.md §10. The commitment stays in its record, so the chain and the root do not change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from engine.evidence.canonical import Json
from engine.evidence.checks import Finding
from engine.evidence.consent import Consent, check_consents
from engine.evidence.keys import KeyState
from engine.evidence.record import Body, Party
from engine.evidence.shape import (
    read_count,
    read_hash,
    read_instant,
    read_list,
    read_object,
    read_text,
)
from engine.text import Text, say

REDACT = "redact"
_KINDS = ("form/", "att/", "fact/")
_WHO = ("fact/who(", "fact/post(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """One value of an earlier record of the same stream, by its path and commitment."""

    seq: int
    path: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """What a record of `typ` `redact` says: what was destroyed, on which basis, by whom."""

    stream: str
    seq: int
    by: Party
    targets: tuple[Destroyed, ...]
    objects: tuple[str, ...]
    basis: str
    approvers: tuple[Consent, ...]

    @property
    def matter(self) -> Json:
        """What the second person signs (§10)."""
        return redaction_matter(self.stream, self.targets, self.objects, self.basis)


def redaction_matter(
    stream: str, targets: Iterable[Destroyed], objects: Iterable[str], basis: str
) -> Json:
    """What is to be destroyed, where, and why."""
    return {
        "act": REDACT,
        "basis": basis,
        "objects": list(objects),
        "stream": stream,
        "targets": [{"commit": one.commit, "path": one.path, "seq": one.seq} for one in targets],
    }


def is_redactable(path: str) -> bool:
    """Form values, comments, attachments and facts may be destroyed; what happened, and who
    could have acted, may not: neither those found nor the holders of the post they were found by.
    """
    return path == "comment" or (path.startswith(_KINDS) and not path.startswith(_WHO))


def read_redaction(body: Body, event: Json) -> Redaction:
    """The redaction of a record whose only event is `event`. Errors: `Misshapen`."""
    got = read_object(event, "", "approvers basis event objects targets version")
    targets = []
    for n, one in read_list(got["targets"], "targets"):
        target = read_object(one, f"targets.{n}", "commit path seq")
        targets.append(
            Destroyed(
                seq=read_count(target["seq"], f"targets.{n}.seq"),
                path=read_text(target["path"], f"targets.{n}.path"),
                commit=read_hash(target["commit"], f"targets.{n}.commit"),
            )
        )
    approvers = []
    for n, one in read_list(got["approvers"], "approvers"):
        told = read_object(one, f"approvers.{n}", "at key name sig uid")
        approvers.append(
            Consent(
                uid=read_text(told["uid"], f"approvers.{n}.uid"),
                name=read_text(told["name"], f"approvers.{n}.name"),
                key=read_hash(told["key"], f"approvers.{n}.key"),
                at=read_instant(told["at"], f"approvers.{n}.at"),
                sig=read_text(told["sig"], f"approvers.{n}.sig"),
            )
        )
    return Redaction(
        stream=body.stream,
        seq=body.seq,
        by=Party(uid=body.signer, name=body.actor.name),
        targets=tuple(targets),
        objects=tuple(
            read_hash(one, f"objects.{n}") for n, one in read_list(got["objects"], "objects")
        ),
        basis=read_text(got["basis"], "basis"),
        approvers=tuple(approvers),
    )


def check_redaction(
    redaction: Redaction,
    body: Body,
    bodies: Mapping[int, Body],
    open_paths: Collection[tuple[int, str]],
    keys: KeyState,
) -> Iterator[Finding]:
    """What is wrong with a redaction: `E_REDACT`.

    `bodies`: those of its stream by seq; `open_paths`: the (seq, path) that still have a
    disclosure there; `keys`: folded at least as far as the record's head.
    """

    def tell(field: str, text: Text) -> Finding:
        return Finding(
            code="E_REDACT", stream=redaction.stream, seq=redaction.seq, field=field, text=text
        )

    if body.meaning != "responsibility" or body.way == "system" or len(body.events) != 1:
        yield tell("meaning", say("销毁须由人签名负责,且只记一件事"))
    if not redaction.basis or not redaction.targets:
        yield tell("event/0", say("销毁没有写明依据或对象"))
    others = {one.uid for one in redaction.approvers} - {body.signer, body.actor.uid}
    if not others or len(others) != len(redaction.approvers):
        yield tell("event/0", say("销毁须有另一人同意"))
    place = body.keys.seq if body.keys else -1
    find = partial(keys.find_own, at=place)
    for problem in check_consents(
        redaction.approvers, body.origin, redaction.matter, body.signer, find
    ):
        yield tell("event/0", problem)
    for one in redaction.targets:
        found = bodies.get(one.seq) if one.seq < redaction.seq else None
        if not is_redactable(one.path):
            yield tell(one.path, say("这一项不许销毁"))
        elif found is None or found.commits().get(one.path) != one.commit:
            yield tell(one.path, say("所销毁的内容不是第 {seq} 条记录所承诺的", seq=one.seq))
        elif (one.seq, one.path) in open_paths:
            yield tell(one.path, say("写明已销毁,明细却还在"))
