"""Level 3: whose key it was, and whether the office was as the record says (§7, §12)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json, canonical
from verifier.chain import Judged
from verifier.consents import consent_problem, load_consents
from verifier.families import check_family
from verifier.findings import Finding, Weight
from verifier.keys import KeyState, NotEntitled, NotProven, load_change, require_proofs
from verifier.offices import Offices, check_zone
from verifier.reading import DEFS, KEYS, ORG, Sound
from verifier.records import JUDGEMENTS, SERVICE, Body, Head
from verifier.restorations import check_restorers
from verifier.roster import UNASKED, Office

_SYSTEM_ACTS = frozenset(("system", "read", "ckpt", "open", "stock", "org", "def", "key"))
_ASKED = re.compile(r"([a-z_]+)\(([^()]*)\)")


def check_powers(bundle: Bundle, judged: Judged) -> tuple[Finding, ...]:
    """Level 3 over a whole bundle."""
    found: list[Finding] = []
    state = _fold_keys(bundle, judged, found)
    offices = Offices(bundle=bundle, judged=judged)
    for one in judged.sound:
        if one.body.stream != KEYS or one.body.typ == "refusal":
            found += _check_key(one, state)
        if one.body.typ == "redact":
            found += _check_consents(one, state)
        found += _check_heads(one, judged)
        found += _check_office(one, offices)
        found += check_zone(one, offices)
    found += (*check_restorers(judged, state), *offices.findings)
    return (*found, *check_family(bundle, judged))


def _tell(
    code: str, body: Body, field: str, zh: str, en: str, weight: Weight = Weight.BREAK
) -> Finding:
    return Finding(
        code=code,
        level=3,
        stream=body.stream,
        seq=body.seq,
        field=field,
        zh=zh,
        en=en,
        weight=weight,
    )


# -- keys -----------------------------------------------------------------------------


def _fold_keys(bundle: Bundle, judged: Judged, found: list[Finding]) -> KeyState:
    """What the stream `keys` comes to, up to its first change that cannot be."""
    origin, suite = bundle.origin, bundle.suite
    state = KeyState(suite=suite)
    for one in judged.streams.get(KEYS, ()):
        body = one.body
        if body.typ == "refusal":
            state = replace(state, seq=body.seq)
            continue
        try:
            change = load_change(one.opened.get("event/0") if body.events == 1 else None)
        except Flaw as flaw:
            found.append(_tell("E_BODY", body, "event/0", flaw.zh, flaw.en))
            break
        try:
            state.require_entitled(change, body.signer, body.key)
            find = partial(state.find, at=state.seq)
            told = change.consents, origin, change.matter, body.signer, find, suite
            if (agreed := consent_problem(*told)) is not None:
                found.append(_tell("E_POWER", body, "event/0", agreed.zh, agreed.en))
            state = state.after(change, body.seq)
            require_proofs(change, origin, suite)
        except NotProven as flaw:
            found.append(_tell("E_PROOF", body, "event/0", flaw.zh, flaw.en))
        except NotEntitled as flaw:
            found.append(_tell("E_POWER", body, "key", flaw.zh, flaw.en))
            break
        except Flaw as flaw:
            found.append(_tell("E_POWER", body, "event/0", flaw.zh, flaw.en))
            break
    return state


def _check_key(one: Sound, state: KeyState) -> Iterator[Finding]:
    """Whether this key could sign this body, by the changes up to the head it names."""
    body = one.body
    place = body.keys.seq if body.keys else -1
    if body.stream == KEYS:
        place = body.seq - 1
    known = state.enrolments.get(body.key)
    if body.typ == "redact" and known is not None and known.custody == "service":
        yield _tell("E_POWER", body, "key", "系统不得涂销", "the system may not redact")
        return
    if place > state.seq:
        yield _tell("E_POWER", body, "keys", "所依据的钥匙记录不存在", "it rests on no such keys")
        return
    if known is None:
        yield _tell("E_POWER", body, "key", "签名钥匙没有登记", "the key was never enrolled")
        return
    if not state.is_valid(known.uid, body.key, place):
        yield _tell(
            "E_POWER", body, "key", "签名钥匙当时未生效或已失效", "the key was not valid there"
        )
    if known.custody == "service":
        is_own = body.typ in _SYSTEM_ACTS and body.way == "system"
        if not is_own and body.typ != "refusal":
            yield _tell(
                "E_POWER", body, "typ", "服务钥匙不得代人签名", "the service key signs for nobody"
            )
        if body.meaning in JUDGEMENTS:
            yield _tell(
                "E_POWER", body, "meaning", "系统不得代人批准、否决或审核", "no approval by it"
            )
    elif known.uid != body.signer:
        yield _tell(
            "E_POWER",
            body,
            "actor.uid",
            f"签名钥匙不是 {body.signer} 的钥匙",
            f"it is not the key of {body.signer}",
        )
    if known.suspect_since is not None and one.record.received_at >= known.suspect_since:
        yield _tell(
            "E_DOUBT",
            body,
            "key",
            "收到时签名钥匙已在可疑期内",
            "received when the key was already suspected",
            Weight.DOUBT,
        )


def _check_consents(one: Sound, state: KeyState) -> Iterator[Finding]:
    """Whoever consented to a redaction signed that very redaction (§10)."""
    body, event = one.body, one.event("Redacted")
    if event is None:
        return
    matter: Json = {
        "act": "redact",
        "basis": event.get("basis"),
        "objects": event.get("objects"),
        "stream": body.stream,
        "targets": event.get("targets"),
    }
    try:
        consents = load_consents(event.get("approvers"))
    except Flaw:
        return  # told at level 2
    place = body.keys.seq if body.keys else -1
    find = partial(state.find, at=place)
    flaw = consent_problem(consents, body.origin, matter, body.signer, find, state.suite)
    if flaw is not None:
        yield _tell("E_REDACT", body, "event/0", flaw.zh, flaw.en)


def _check_heads(one: Sound, judged: Judged) -> Iterator[Finding]:
    """What a decision rests on was the newest of its stream when it was written (§4).

    An older one would let a key that was revoked since, or a post that was withdrawn, still sign.
    """
    body = one.body
    named: dict[str, Head | None] = {ORG: body.org, KEYS: body.keys, **body.heads}
    for stream, head in named.items():
        known = judged.streams.get(stream)
        if known is None:
            continue  # a part of the store need not have it
        after = head.seq + 1 if head else 0
        if head is not None:
            rested = known[head.seq] if head.seq < len(known) else None
            if rested is None or rested.record.digest != head.hash or rested.index >= one.index:
                yield _tell(
                    "E_HEADS",
                    body,
                    f"heads.{stream}",
                    "所依据的记录不在此前,或已不是那一条",
                    "what it rests on is not there before it, or is another record",
                )
                continue
        if after < len(known) and known[after].index < one.index:
            yield _tell(
                "E_HEADS",
                body,
                f"heads.{stream}",
                "所依据的记录当时已不是最新的一条",
                "what it rests on was no longer the newest when it was written",
            )


# -- the office -----------------------------------------------------------------------


def _check_office(one: Sound, offices: Offices) -> Iterator[Finding]:
    body = one.body
    seq = body.org.seq if body.org else -1
    on = offices.day(max(seq, body.seq if body.stream == ORG else seq), body.happened)
    if on is None:
        return
    office = offices.find(seq, on)
    if office is not None:
        yield from _check_names(body, office, on)
        yield from _check_facts(one, office, on)
        yield from _check_two(one, office, on)
    if body.stream in (ORG, DEFS) and body.typ != "refusal":
        if body.way == "system":
            yield from _check_system_act(one, offices)
        else:
            yield from _check_office_act(one, office, offices, on)


def _check_names(body: Body, office: Office, on: date) -> Iterator[Finding]:
    """Name, post and department are those of the roster; who has left or only reads acts not."""
    actor = body.actor
    if actor.uid == SERVICE:
        return
    known = office.roster.people.get(actor.uid)
    if known is None:
        yield _tell("E_ROSTER", body, "actor.uid", "花名册里没有此人", "nobody of the roster")
        return
    told = {
        "actor.name": (actor.name, known.name),
        "actor.post": (actor.post, office.title_of(actor.uid, on)),
        "actor.dept": (actor.dept, known.department or ""),
    }
    for place, (found, wanted) in told.items():
        if found != wanted:
            yield _tell(
                "E_ROSTER",
                body,
                place,
                f"记录写着“{found}”,花名册当时为“{wanted}”",
                f"the record says “{found}”, the roster said “{wanted}”",
            )
    if body.typ == "refusal":
        return
    if office.has_left(actor.uid, on):
        yield _tell("E_ROSTER", body, "actor.uid", "此人当时已离岗", "this person had left")
    if body.typ in ("step", "open") and office.is_readonly(actor.uid, on):
        yield _tell("E_ROSTER", body, "actor.uid", "此人的账号只读", "this person only reads")
    principal = actor.principal
    if principal is not None and not any(
        (each.principal, each.person) == (principal.uid, actor.uid)
        and each.covers(on, body.definition.name if body.definition else "")
        for each in office.delegations
    ):
        yield _tell(
            "E_ROSTER",
            body,
            "actor.for",
            f"{actor.uid} 当时没有 {principal.uid} 的有效委托",
            f"{actor.uid} had no delegation from {principal.uid} in force",
        )


def _check_facts(one: Sound, office: Office, on: date) -> Iterator[Finding]:
    """What the decision asked of the roster, asked again."""
    for path, value in one.opened.items():
        if not path.startswith("fact/"):
            continue
        name = path.removeprefix("fact/")
        asked = _ASKED.fullmatch(name)
        if asked is None:
            wanted = _attribute(name, office)
        elif asked.group(1) == "who":
            people = value if isinstance(value, list) else []
            known = [isinstance(who, str) and who in office.roster.people for who in people]
            wanted = value if all(known) else None
        else:
            wanted = office.answer(asked.group(1), asked.group(2), on)
        if wanted != UNASKED and canonical(value) != canonical(wanted):
            yield _tell(
                "E_ROSTER",
                one.body,
                path,
                f"决定所依据的“{name}”与当时的花名册不符",
                f"“{name}”, on which it rests, is not what the roster said",
            )


def _attribute(name: str, office: Office) -> Json:
    """`<person>.title`, `<department>.head` and the like; `UNASKED` for anything else."""
    owner, _, part = name.rpartition(".")
    department, person = office.roster.departments.get(owner), office.roster.people.get(owner)
    if department is not None and part in ("head", "leader", "size", "name"):
        found: Json = getattr(department, part)
        return found
    if person is not None and part in ("name", "title", "department"):
        found = getattr(person, part)
        return found
    return UNASKED


def _check_office_act(
    one: Sound, office: Office | None, offices: Offices, on: date
) -> Iterator[Finding]:
    """Publishing and amending are for those whom the roster in force gives the power."""
    body = one.body
    published, amended = one.event("Published"), one.event("RosterAmended")
    if published is not None:
        if office is None:
            if published.get("kind") != "roster":
                return
            office = offices.find(body.seq, on)  # the first roster says itself who may
        allowed = office.powers("publish", on) if office else None
    elif amended is not None and office is not None:
        change = amended.get("amendment")
        allowed = _may_amend(change, office, on) if isinstance(change, dict) else ()
    else:
        return
    if allowed is not None and body.actor.uid not in allowed:
        yield _tell(
            "E_POWER",
            body,
            "actor.uid",
            f"{body.actor.uid} 当时无权发布或变更",
            f"{body.actor.uid} had no power to publish or amend",
        )


def _check_two(one: Sound, office: Office, on: date) -> Iterator[Finding]:
    """Where the roster asks for two, there were two (§7, §10)."""
    body, changed, redacted = one.body, one.event("KeysChanged"), one.event("Redacted")
    change = changed.get("change") if changed is not None else None
    if (
        isinstance(change, dict)
        and change.get("change") == "enrolled"
        and change.get("uid") in office.powers("two_registrars", on)
        and not change.get("consents")
    ):
        yield _tell(
            "E_POWER",
            body,
            "event/0",
            "这一岗位的钥匙须由两名登记人员登记",
            "a key for this post needs two registrars",
        )
    people = redacted.get("approvers") if redacted is not None else None
    if isinstance(people, list):
        uids = [body.signer, *(one.get("uid") for one in people if isinstance(one, dict))]
        if not all(uid in office.powers("redact", on) for uid in uids):
            yield _tell(
                "E_POWER",
                body,
                "actor.uid",
                "销毁的人或同意的人当时无此权",
                "who destroyed it, or who consented, had no power to",
            )


def _check_system_act(one: Sound, offices: Offices) -> Iterator[Finding]:
    """The system publishes nothing, and amends the roster only because a case has asked it to."""
    body = one.body
    amended = one.event("RosterAmended")
    if amended is None:
        yield _tell("E_POWER", body, "way", "系统不得发布", "the system may not publish")
        return
    stream = f"case/{body.case}"
    known = offices.judged.streams.get(stream) if body.case is not None else ()
    if known is None and offices.bundle.scope.kind != "store":
        return  # a part of the store need not have that case
    wanted = canonical(amended.get("amendment"))
    if not any(
        event.get("event") == "AmendmentRequested" and canonical(event.get("amendment")) == wanted
        for asked in known or ()
        if asked.index < one.index
        for event in asked.events
    ):
        yield _tell(
            "E_POWER",
            body,
            "way",
            "没有案件要求系统作这项人事变更",
            "no case asked the system for this amendment",
        )


def _may_amend(change: Mapping[str, Json], office: Office, on: date) -> tuple[str, ...]:
    granters = office.powers("grant", on)
    match change.get("amendment"):
        case "Delegated" | "DelegationEnded":
            return (str(change.get("from_person")),)
        case "LeaveTaken" | "LeaveEnded":
            return (str(change.get("person")), *granters)
        case "LiaisonNamed" | "LiaisonRemoved":
            return (*office.head_of(str(change.get("department")), on), *granters)
    return granters
