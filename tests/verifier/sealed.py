"""A small store as it is written: signed, chained and opened, with whatever fault is asked for."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from engine.evidence.checkpoint import make_checkpoint
from engine.evidence.log import Tree
from tests.verifier.parts import AT, ORIGIN, Row, bundle, event, shown
from tests.verifier.parts import sha256 as digest
from tests.verifier.staff import FOUNDED, KEYS
from verifier.bundle import Bundle
from verifier.canonical import Json, canonical
from verifier.chain import Judged, check_bytes
from verifier.disclosures import Disclosure
from verifier.records import RECORD_V2, SERVICE, Record, genesis
from verifier.suites import SHA256_ED25519

SALT, EMPTY = "A" * 22, digest(b"")
BODY: Row = {
    **{"v": 2, "typ": "step", "suite": "sha256-ed25519", "origin": ORIGIN, "def": None},
    **{"case": None, "task": None, "move": None, "act": "", "meaning": "none", "code": None},
    **{"way": "key", "recorder": None, "org": None, "keys": None, "heads": {}, "events": []},
    **{"facts": {}, "form": {}, "att": [], "comment": None, "time": AT, "happened": AT},
    **{"tz": "UTC", "nonce": "0" * 32, "req": "", "after": {"size": 0, "root": EMPTY}},
    "actor": {"uid": "lugong", "name": "陆工", "post": "", "dept": "", "for": None},
}
TYPES = {"org": "org", "keys": "key", "defs": "def", "sys": "read"}
SYSTEM: Row = {
    **{"way": "system", "signer": SERVICE},
    "actor": {"uid": SERVICE, "name": "系统", "post": "", "dept": "", "for": None},
}


def opening(path: str, value: Any) -> Disclosure:
    """What is disclosed at a path, and what it is the opening of."""
    commit = digest(canonical([SALT, path, value]))
    return Disclosure(path=path, commit=commit, value=value)


def sealed(index: int, body: bytes, signer: str, /, **changes: Any) -> Record:
    """A record as the store received it, its digest that of what it is then."""
    key = KEYS[signer]
    made = Record(
        index=index,
        body=body,
        key=key.key_id,
        sig=b"",
        received_at=AT,
        payload_type=RECORD_V2,
        digest="",
    )
    made = replace(made, **changes)
    if not made.sig:
        made = replace(made, sig=key.sign(made.signed))
    return replace(made, digest=digest(b"\x00" + canonical(line(made))))


def line(one: Record) -> Json:
    """A record as a bundle holds it."""
    return {
        **{"body": base64.b64encode(one.body).decode(), "key": one.key},
        **{"sig": base64.b64encode(one.sig).decode()},
        "srv": {"at": one.received_at, "pt": one.payload_type},
    }


class Written:
    """Records in the order of the log, by `lugong` unless it is said otherwise."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.disclosures: dict[tuple[str, int], tuple[Disclosure, ...]] = {}
        self.objects: dict[str, bytes] = {}
        self.models: dict[str, bytes] = {}
        self.ends: dict[str, tuple[int, str]] = {}
        self.add("keys", FOUNDED, typ="key")

    def add(
        self,
        stream: str,
        *events: Any,
        form: Row | None = None,
        att: Any = (),
        signer: str = "lugong",
        record: Row | None = None,
        **changes: Any,
    ) -> Record:
        """One more record; `changes` are of its body, `record` of what is about that."""
        seq, prev = self.ends.get(stream, (0, ""))
        opened = [opening(f"event/{n}", one) for n, one in enumerate(events)]
        given = [opening(f"form/{path}", value) for path, value in (form or {}).items()]
        parts = ("name", "size", "digest")
        files = [
            {
                part: opening(f"att/{n}/{part}", value)
                for part, value in zip(parts, one, strict=True)
            }
            for n, one in enumerate(att)
        ]
        body = {
            **BODY,
            **{"stream": stream, "seq": seq, "key": KEYS[signer].key_id},
            "typ": TYPES.get(stream, "step" if seq else "open"),
            "prev": prev or genesis(ORIGIN, stream, SHA256_ED25519),
            "events": [one.commit for one in opened],
            "form": {one.path.removeprefix("form/"): one.commit for one in given},
            "att": [{part: one.commit for part, one in file.items()} for file in files],
            **changes,
        }
        made = sealed(len(self.records), canonical(body), signer, **(record or {}))
        self.records.append(made)
        every = (*opened, *given, *(one for file in files for one in file.values()))
        if every:
            self.disclosures[stream, seq] = every
        self.ends[stream] = (seq + 1, made.digest)
        return made

    def redact(self, seq: int, path: str, *objects: str, stream: str = "case/1") -> Record:
        """A record that says that a value, and perhaps attachments, were destroyed."""
        commit = next(one.commit for one in self.disclosures[stream, seq] if one.path == path)
        told = {"targets": [{"seq": seq, "path": path, "commit": commit}]}
        return self.add(stream, event("Redacted", **told, objects=list(objects)), typ="redact")

    def disclose(self, seq: int, *several: Disclosure, stream: str = "case/1") -> None:
        """What is disclosed of a record, in place of what was."""
        self.disclosures[stream, seq] = several

    def files(self, size: int = 0, scope: str = "store", **more: bytes) -> dict[str, bytes]:
        """The files of a bundle, under a checkpoint of some of the records."""
        header = {"format": "guicheng-bundle", "version": 1, "origin": ORIGIN, "size": size}
        header |= {"suite": "sha256-ed25519", "scope": {"kind": scope}}
        told = [
            canonical({"path": one.path, "salt": SALT, "seq": seq, "stream": stream})[:-1]
            + b',"value":%b}' % canonical(one.value)
            for (stream, seq), several in sorted(self.disclosures.items())
            for one in sorted(several, key=lambda one: one.path)
        ]
        records = [canonical({"index": one.index, "record": line(one)}) for one in self.records]
        files = {
            "bundle.json": canonical(header),
            "records.jsonl": b"".join(b"%b\n" % one for one in records),
            "disclosures.jsonl": b"".join(b"%b\n" % one for one in told),
            "proofs.json": b'{"consistency":[],"heads":null,"inclusion":{}}',
        }
        if size:
            files["checkpoint.note"] = self.note(size)
        return files | more

    def note(self, size: int) -> bytes:
        """The checkpoint of the first records."""
        root = Tree([bytes.fromhex(one.digest) for one in self.records[:size]]).root()
        return make_checkpoint(ORIGIN, size, root, KEYS[SERVICE]).note.encode()

    def bundle(self, **changes: Any) -> Bundle:
        made = replace(
            bundle(self.models),
            records=tuple(self.records),
            disclosures=self.disclosures,
            objects=self.objects,
        )
        return replace(made, **changes)

    def judge(self, **changes: Any) -> Judged:
        return check_bytes(self.bundle(**changes))

    def told(self, **changes: Any) -> list[tuple[str, str, str]]:
        """What is found. What is in no chain is at no place of one."""
        found = self.judge(**changes).findings
        assert {one.seq for one in found if not one.stream} <= {-1}
        return shown(found)
