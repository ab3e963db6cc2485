"""Destroying a value by two people: one signs the record, the other his consent within it.

evidence-spec.md §10. Who may is written in the roster (`powers: {redact: …}`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from engine import scribe
from engine.desk import Desk
from engine.errors import StoreConflict, UsageError
from engine.evidence.canonical import find_flaw
from engine.evidence.record import Body, CaseRef, Party
from engine.evidence.redaction import REDACT, Destroyed, is_redactable, redaction_matter
from engine.evidence.signing import Signer
from engine.filing import ATTEMPTS, expected, receipt_of
from engine.kernel.apply import apply
from engine.kernel.case import Case, Stamp
from engine.kernel.command import APART, Reason, Refusal, in_order, no_power
from engine.kernel.office_events import Approver, Redacted, Target
from engine.language.forms import Attachment
from engine.receipts import Look, Receipt, Refused
from engine.scribe import Account
from engine.store.history import stamp_for
from engine.store.rows import Moved, Stored
from engine.text import say

POWER = "redact"
DESTROY = "销毁"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who signs, with which key."""

    uid: str
    signer: Signer


def redact(
    desk: Desk,
    reference: str,
    seq: int,
    paths: Sequence[str],
    basis: str,
    by: Hand,
    approver: Hand,
) -> Receipt | Refused:
    """Destroy what record `seq` of a case disclosed at `paths`, and say so in a signed record.

    `att/<n>` stands for an attachment whole: its name, size, digest, the form field that holds
    it, and the file itself unless another record names it too. Errors: `UsageError` for what is
    not there, may not be destroyed, or is destroyed already.
    """
    case_id = desk.require_case(reference)
    for _ in range(ATTEMPTS):
        look = desk.look(case_id)
        stored = _record(desk, look.stream, seq)
        targets = _targets(stored, paths)
        if not targets or not basis.strip():
            raise UsageError(say("销毁须写明路径与依据"))
        flaw = find_flaw(basis, free=False)
        if flaw is not None:
            raise UsageError(flaw)
        reasons = _objections(desk, look, by, approver)
        try:
            if reasons:
                refusal = Refusal(action=DESTROY, state=look.case.configuration[0], reasons=reasons)
                valid = desk.keys().is_valid(by.uid, by.signer.key_id)
                signs = by.signer if valid else desk.service
                return desk.record(look, refusal, by.uid, signs, desk.new_id())
            return _destroy(desk, look, stored, targets, basis, by, approver)
        except Moved:
            continue
    raise StoreConflict


def find_targets(desk: Desk, reference: str, seq: int, paths: Sequence[str]) -> tuple[Target, ...]:
    """What `redact` would destroy. Errors: `UsageError`."""
    return _targets(_record(desk, f"case/{desk.require_case(reference)}", seq), paths)


def _targets(stored: Stored, paths: Sequence[str]) -> tuple[Target, ...]:
    wanted = dict.fromkeys(one for path in paths for one in _spelled(stored, path))
    return tuple(_target(stored, path) for path in wanted)


def _destroy(
    desk: Desk,
    look: Look,
    stored: Stored,
    targets: tuple[Target, ...],
    basis: str,
    by: Hand,
    approver: Hand,
) -> Receipt:
    roster, at = look.situation.roster, look.situation.recorded or look.situation.at
    digests = {
        str(stored.disclosed("").get(one.path))
        for one in targets
        if one.path.startswith("att/") and one.path.endswith("/digest")
    }
    objects = tuple(sorted(one for one in digests if desk.store.is_only_in(one, stored)))
    destroyed = (Destroyed(seq=one.seq, path=one.path, commit=one.commit) for one in targets)
    matter = redaction_matter(look.stream, destroyed, objects, basis)
    second = Party(uid=approver.uid, name=roster.name_of(approver.uid))
    given = desk.consent(second, approver.signer, matter)
    event = Redacted(
        targets=targets, objects=objects, basis=basis, approvers=(Approver(**asdict(given)),)
    )
    account = Account(
        typ=REDACT,
        act=DESTROY,
        meaning="responsibility",
        events=(event,),
        comment=basis,
        case=CaseRef(id=look.case.id, number=look.case.number),
    )
    erased = tuple((one.seq, one.path) for one in targets)
    stamp = Stamp(seq=look.seq, at=at, actor=by.uid)
    entry = scribe.write(
        account,
        scribe.person(roster, by.uid, None),
        desk.place(look.stream, look.heads),
        desk.moment(at, at, desk.new_id()),
        by.signer,
        case=_without(desk, look, frozenset(erased), event, stamp),
    )
    entry = replace(entry, erased=erased, destroyed=objects)
    desk.file((entry,), expected(look.heads))
    return receipt_of(entry)


def _without(
    desk: Desk, look: Look, erased: frozenset[tuple[int, str]], event: Redacted, stamp: Stamp
) -> Case | None:
    """The case as it folds without the values destroyed."""
    case: Case | None = None
    for stored in desk.store.records(look.stream):
        kept = {
            path: value
            for path, value in stored.values.items()
            if (stored.seq, f"form/{path}") not in erased
        }
        for one in stored.events:
            case = apply(case, one, replace(stamp_for(stored), values=kept))
    return apply(case, event, stamp)


def _record(desk: Desk, stream: str, seq: int) -> Stored:
    for stored in desk.store.records(stream, after=seq - 1):
        if stored.seq == seq:
            return stored
    raise UsageError(say("{stream} 没有第 {seq} 条记录", stream=stream, seq=seq))


def _spelled(stored: Stored, path: str) -> tuple[str, ...]:
    """The paths that one given on the command line stands for."""
    kind, _, place = path.partition("/")
    if kind != "att" or "/" in place:
        return (path,)
    digest = stored.disclosed("").get(f"{path}/digest")
    holding = tuple(
        f"form/{name}"
        for name, value in stored.values.items()
        if isinstance(value, Attachment) and value.digest == digest
    )
    return (f"{path}/name", f"{path}/size", f"{path}/digest", *holding)


def _target(stored: Stored, path: str) -> Target:
    body: Body = stored.body
    commit = body.commits().get(path)
    if commit is None:
        raise UsageError(
            say(
                "第 {seq} 条记录没有 {path};有:{known}",
                seq=stored.seq,
                path=path,
                known=tuple(one for one in body.commits() if is_redactable(one)),
            )
        )
    if not is_redactable(path):
        raise UsageError(say("{path} 不许销毁:事件与“谁能办”须留存", path=path))
    if path not in stored.disclosed(""):
        raise UsageError(say("{path} 早已销毁", path=path))
    return Target(seq=stored.seq, path=path, commit=commit)


def _objections(desk: Desk, look: Look, by: Hand, approver: Hand) -> tuple[Reason, ...]:
    roster = look.situation.roster
    allowed = roster.powers(POWER)
    able = tuple(map(roster.name_of, allowed))
    hands = {one.uid: one for one in (by, approver)}
    reasons = [
        no_power(say("{person} {why}", person=roster.name_of(uid), why=say("无权销毁明细")), able)
        for uid in hands
        if uid not in allowed
    ]
    if len(hands) == 1:
        reasons.append(
            Reason(code=APART, text=say("办理人与同意人须是两个人"), remedy=say("请另一人同意"))
        )
    for uid, one in hands.items():
        if not desk.keys().is_valid(uid, one.signer.key_id):
            reasons.append(desk.key_problem(one.signer, roster.name_of(uid)))
    return in_order(reasons)
