"""Records and bodies in their everyday spelling, each read by one pattern.

The exact way reads a line as JSON, writes it again to see that it is canonical, and looks at
every field (`canonical`, `bundle`, `records`). What fits a pattern here can have no other outcome:
the pattern fixes names and their order, allows no space and no escape, and takes names, texts and
numbers only as canonical JSON spells them. All else — a flaw, an escape, a letter beyond U+FFFF, a
large number, a name out of order — is answered with None and read the exact way, which alone tells
findings.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from operator import lt

from verifier.canonical import Flaw, is_instant, is_plain
from verifier.records import (
    LARGEST_BODY,
    MEANINGS,
    TYPES,
    WAYS,
    Actor,
    Body,
    Definition,
    Head,
    Move,
    Party,
    Record,
    require_rules,
)
from verifier.suites import Suite

NUMBER = "(0|[1-9][0-9]{0,13})"
_TEXT = '"([^"]*)"'  # of a body without a backslash
_STREAM = '"(org|keys|defs|sys|case/[^"]+|stock/[^"]+)"'
_ZONE = '"([A-Za-z0-9_+/-]+)"'
_HASH = '"([^"]{64})"'  # whether these are hex digits is looked at for all of a body at once
_KEY = '"([0-9a-f]{64})"'
_HEX = b"0123456789abcdef"


def an_object(fields: Mapping[str, str]) -> str:
    """The pattern of an object with these fields, each a pattern."""
    return r"\{" + ",".join(f'"{name}":{fields[name]}' for name in sorted(fields)) + r"\}"


def _or_null(pattern: str) -> str:
    return f"(?:null|{pattern})"


def _bare(pattern: str) -> str:
    """The pattern without its groups."""
    return pattern.replace("(", "(?:")


def _several(pattern: str, opening: str, closing: str) -> str:
    """Between brackets, with commas; one group for all of them."""
    one = _bare(pattern)
    # Not possessive: Python before 3.11.5 then takes a comma with nothing behind it.
    return rf"\{opening}((?:{one}(?:,{one})*)?)\{closing}"


_HEAD = an_object({"hash": _HASH, "seq": NUMBER})
_PARTY = an_object({"name": _TEXT, "uid": _TEXT})
_TEXTS = _several(_TEXT, "[", "]")
_NAMED_HASH = f"{_TEXT}:{_HASH}"
_NAMED_HEAD = f"{_STREAM}:{_HEAD}"
_FILE = an_object({"name": _HASH, "size": _HASH, "digest": _HASH})
_SRV = an_object({"at": '"([0-9TZ:.-]*)"', "pt": '"([a-z0-9.+/-]*)"'})
_SEALED = an_object({"body": _TEXT, "key": _KEY, "sig": _TEXT, "srv": _SRV})
_RECORD = re.compile(an_object({"index": NUMBER, "record": f"({_SEALED})"}).encode())
_ACTOR = {"dept": _TEXT, "for": _or_null(_PARTY), "name": _TEXT, "post": _TEXT, "uid": _TEXT}
_DEFINITION = {"model": _HASH, "name": _TEXT, "src": _HASH, "ver": _TEXT}
_FIELDS = {
    "act": _TEXT,
    "actor": an_object(_ACTOR),
    "after": an_object({"root": _HASH, "size": NUMBER}),
    "att": _several(_FILE, "[", "]"),
    "case": _or_null(an_object({"id": _TEXT, "number": _TEXT})),
    "code": _or_null(_TEXT),
    "comment": _or_null(_HASH),
    "def": _or_null(an_object(_DEFINITION)),
    "events": _several(_HASH, "[", "]"),
    "facts": _several(_NAMED_HASH, "{", "}"),
    "form": _several(_NAMED_HASH, "{", "}"),
    "happened": _TEXT,
    "heads": _several(_NAMED_HEAD, "{", "}"),
    "key": _HASH,
    "keys": _or_null(_HEAD),
    "meaning": _TEXT,
    "move": _or_null(an_object({"from": _TEXTS, "to": _TEXTS})),
    "nonce": _TEXT,
    "org": _or_null(_HEAD),
    "origin": _TEXT,
    "prev": _HASH,
    "recorder": _or_null(_PARTY),
    "req": _TEXT,
    "seq": NUMBER,
    "stream": _STREAM,
    "suite": '"([a-z0-9-]*)"',
    "task": _or_null(an_object({"id": _TEXT, "node": _TEXT})),
    "time": _TEXT,
    "typ": _TEXT,
    "tz": _ZONE,
    "v": "2",
    "way": _TEXT,
}
_BODY = re.compile(an_object(_FIELDS))
_NAMED_HEADS = re.compile(_NAMED_HEAD)
_FILES = re.compile(_FILE)


def _event_paths(count: int) -> tuple[str, ...]:
    return tuple(map("event/{}".format, range(count)))


_EVENTS = _event_paths(64)  # as many as nearly every record has at most


def read_record(line: bytes, suite: Suite) -> Record | None:
    """The record of a line of records.jsonl, None where the exact way has to tell."""
    got = _RECORD.fullmatch(line)
    if got is None:
        return None
    index, record, body, key, sig, at, kind = got.groups()
    content, signature = _decode(body), _decode(sig)
    if content is None or signature is None:
        return None
    return Record(
        index=int(index),
        body=content,
        key=key.decode(),
        sig=signature,
        received_at=at.decode(),
        payload_type=kind.decode(),
        digest=suite.digest(b"\x00" + record),
    )


def _decode(text: bytes) -> bytes | None:
    """What canonical base64 holds, None for any other text."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return None
    # What the strict mode lets pass is spelled otherwise in its last four letters, if at all.
    last = data[-(len(data) % 3 or 3) :]
    return data if binascii.b2a_base64(last, newline=False) == text[-4:] else None


def read_body(data: bytes, suite: Suite) -> Body | None:
    """The body of version 2 in these bytes, None where the exact way has to tell."""
    if len(data) > LARGEST_BODY or b"\\" in data:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    got = _BODY.fullmatch(text)
    if got is None or not is_plain(data, text):
        return None
    (
        act, dept, for_name, for_uid, name, post, uid, root, size, att,
        case, number, code, comment, model, process, src, ver,
        events, facts, form, happened, heads, key, keys_hash, keys_seq, meaning,
        before, after, nonce, org_hash, org_seq, origin, prev,
        clerk_name, clerk_uid, request, seq, stream, named, task, node, time, typ, zone, way,
    ) = got.groups()  # fmt: skip
    commits = _read_commits(events, facts, form, att, comment)
    several = _read_heads(heads)
    if commits is None or several is None:
        return None
    optional = (model, src, org_hash, keys_hash)
    own = (key, prev, root, *(one.hash for one in several.values()), *filter(None, optional))
    if "".join((*own, *commits.values())).encode().translate(None, _HEX):
        return None
    if named != suite.name or typ not in TYPES or meaning not in MEANINGS or way not in WAYS:
        return None
    if not is_instant(time) or not is_instant(happened):
        return None
    body = Body(  # by position: by name, making one takes three times as long
        typ,
        origin,
        stream,
        int(seq),
        prev,
        None if src is None else Definition(process, ver, src, model),
        case,
        number or "",
        task or "",
        node or "",
        None if before is None else Move(_texts(before), _texts(after)),
        act,
        meaning,
        Actor(uid, name, post, dept, _party(for_uid, for_name)),
        way,
        _party(clerk_uid, clerk_name),
        key,
        _head(org_seq, org_hash),
        _head(keys_seq, keys_hash),
        several,
        events.count('"') // 2,
        commits,
        time,
        happened,
        zone,
        Head(int(size), root),
        request,
    )
    try:
        require_rules(body, code, nonce)
    except Flaw:
        return None
    return body


def _read_commits(
    events: str, facts: str, form: str, att: str, comment: str | None
) -> dict[str, str] | None:
    """Every commitment by the path that opens it; None where names are not in order."""
    found: dict[str, str] = {}
    if events:
        several = events[1:-1].split('","')
        known = _EVENTS if len(several) <= len(_EVENTS) else _event_paths(len(several))
        found |= zip(known, several, strict=False)
    for kind, told in (("fact/", facts), ("form/", form)):
        if told:
            parts = told.split('"')  # no name holds a quote
            names = parts[1::4]
            if not _is_ascending(names):
                return None
            found |= zip(map(kind.__add__, names), parts[3::4], strict=True)
    if att:
        for n, (digest, name, size) in enumerate(_FILES.findall(att)):
            found[f"att/{n}/name"], found[f"att/{n}/size"] = name, size
            found[f"att/{n}/digest"] = digest
    if comment is not None:
        found["comment"] = comment
    return found


def _read_heads(told: str) -> dict[str, Head] | None:
    if not told:
        return {}
    several = _NAMED_HEADS.findall(told)
    if not _is_ascending([name for name, _, _ in several]):
        return None
    return {name: Head(seq=int(seq), hash=digest) for name, digest, seq in several}


def _is_ascending(names: list[str]) -> bool:
    """In order and none twice; of names without letters beyond U+FFFF."""
    return all(map(lt, names, names[1:]))


def _texts(told: str) -> tuple[str, ...]:
    return tuple(told[1:-1].split('","')) if told else ()


def _party(uid: str | None, name: str | None) -> Party | None:
    return None if uid is None or name is None else Party(uid, name)


def _head(seq: str | None, digest: str | None) -> Head | None:
    return None if seq is None or digest is None else Head(int(seq), digest)
