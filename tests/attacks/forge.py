"""What an attacker does to a bundle: any byte, and as many signatures as he has keys for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.evidence.canonical import canonical, commitment, encode_base64, pae, utf16
from engine.evidence.checkpoint import make_checkpoint
from engine.evidence.heads import heads_root
from engine.evidence.log import merkle_root
from engine.evidence.record import RECORD_V2, Head, Record, genesis
from engine.evidence.restoration import FIRST, log_name
from engine.evidence.signing import FileSigner, Signer, is_signed, make_key
from engine.evidence.suite import SHA256_ED25519, Suite
from tests.verifier.ground import ORIGIN, Ground

Row = dict[str, Any]
SALT = bytes(range(16))


@dataclass(slots=True)
class Entry:
    """One record, its body open."""

    body: Row
    key: str
    sig: bytes
    at: str
    suite: Suite = SHA256_ED25519
    kind: str = RECORD_V2
    raw: bytes | None = None  # a body that is not canonical

    @property
    def record(self) -> Record:
        data = canonical(self.body) if self.raw is None else self.raw
        return Record(
            body=data,
            key=self.key,
            sig=self.sig,
            received_at=self.at,
            payload_type=self.kind,
            suite=self.suite,
        )

    @property
    def place(self) -> tuple[str, int]:
        return self.body["stream"], self.body["seq"]


@dataclass(slots=True)
class Forge:
    """A bundle taken apart. `signers` are the keys the attacker has, by key id."""

    files: dict[str, bytes]
    entries: list[Entry]
    opened: list[Row]
    signers: dict[str, Signer] = field(default_factory=dict)
    service: Signer | None = None
    indices: list[int] | None = None  # left as they were; None numbers them anew
    suite: Suite = SHA256_ED25519

    def stranger(self) -> FileSigner:
        """A key that nobody ever enrolled."""
        return FileSigner(make_key(self.suite))

    def place(self, folder: str, content: bytes) -> str:
        """Put a file in a folder under its digest."""
        digest = self.suite.digest(content)
        self.files[f"{folder}/{digest}"] = content
        return digest

    # -- finding ------------------------------------------------------------------------

    def find(self, wanted: Callable[[Row], bool]) -> Entry:
        """The first record whose body is wanted."""
        return next(one for one in self.entries if wanted(one.body))

    def all(self, wanted: Callable[[Row], bool]) -> list[Entry]:
        return [one for one in self.entries if wanted(one.body)]

    def disclosure(self, entry: Entry, path: str) -> Row:
        place = entry.place
        return next(
            one
            for one in self.opened
            if (one["stream"], one["seq"]) == place and one["path"] == path
        )

    def events(self, entry: Entry) -> list[Row]:
        return [
            self.disclosure(entry, f"event/{n}")["value"] for n in range(len(entry.body["events"]))
        ]

    # -- changing -----------------------------------------------------------------------

    def commit(self, entry: Entry, path: str, value: Any) -> str:
        """Disclose a value anew; the commitment it now needs."""
        stream, seq = entry.place
        self.opened = [
            one
            for one in self.opened
            if (one["stream"], one["seq"], one["path"]) != (stream, seq, path)
        ]
        salt = base64.urlsafe_b64encode(SALT).rstrip(b"=").decode()
        row = {"path": path, "salt": salt, "seq": seq, "stream": stream, "value": value}
        self.opened.append(row)
        return commitment(SALT, path, value, self.suite)

    def set_event(self, entry: Entry, n: int, value: Row) -> None:
        made = self.commit(entry, f"event/{n}", value)
        entry.body["events"][n : n + 1] = [made]

    def set_fact(self, entry: Entry, name: str, value: Any) -> None:
        entry.body["facts"][name] = self.commit(entry, f"fact/{name}", value)

    def append(self, like: Entry, changes: Row, events: list[Row], signer: Signer) -> Entry:
        """One more record at the end of a stream and of the log, signed."""
        stream = changes.get("stream", like.body["stream"])
        before = self.all(lambda body: body["stream"] == stream)
        body = json.loads(json.dumps(like.body)) | changes
        at = max(one.at for one in self.entries)
        body |= {
            "seq": len(before),
            "prev": before[-1].record.digest if before else genesis(ORIGIN, stream, self.suite),
            "events": [],
            "facts": {},
            "form": {},
            "att": [],
            "comment": None,
            "key": signer.key_id,
            "org": changes.get("org", self._newest("org")),
            "keys": changes.get("keys", self._newest("keys")),
            "time": at,
            "happened": changes.get("happened", at),
            "tz": changes.get("tz", self.entries[-1].body["tz"]),
            "nonce": "0" * 32,
            "req": f"forged-{len(self.entries)}",
        }
        made = Entry(body=body, key=signer.key_id, sig=b"", at=at, suite=self.suite)
        self.entries.append(made)
        for n, event in enumerate(events):
            self.set_event(made, n, event)
        self.sign(made, signer)
        return made

    def _newest(self, stream: str) -> Row | None:
        last = self.all(lambda body: body["stream"] == stream)[-1:]
        return {"seq": last[0].body["seq"], "hash": last[0].record.digest} if last else None

    def _is_signed(self, entry: Entry) -> bool:
        """Whether nothing has changed: signing again would change what comes after it."""
        public = self.signers[entry.key].public
        return is_signed(public, entry.sig, pae(entry.kind, canonical(entry.body)))

    def sign(self, entry: Entry, signer: Signer) -> None:
        entry.key = entry.body["key"] = signer.key_id
        entry.sig = signer.sign(pae(entry.kind, canonical(entry.body)))

    def edit_tables(self, edit: Callable[[list[Row]], object]) -> None:
        """Change the rows of the derived tables, and put them in order again."""
        rows = [json.loads(line) for line in self.files["tables.jsonl"].splitlines()]
        edit(rows)
        self.files["tables.jsonl"] = b"".join(sorted(canonical(row) + b"\n" for row in rows))

    def remove(self, entry: Entry) -> None:
        self.entries.remove(entry)
        self.opened = [one for one in self.opened if (one["stream"], one["seq"]) != entry.place]

    def rewrite(self) -> None:
        """Chain everything anew in the order of the log, and sign what there are keys for.

        With the service key every ckpt record says what now stands before it, and one new note
        covers all.
        """
        heads: dict[str, Head] = {}
        chains: dict[str, list[str]] = {}
        for index, entry in enumerate(self.entries):
            body, was = entry.body, entry.place
            stream = body["stream"]
            chain = chains.setdefault(stream, [])
            body["seq"] = len(chain)
            body["prev"] = chain[-1] if chain else genesis(ORIGIN, stream, self.suite)
            for one in self.opened:
                if (one["stream"], one["seq"]) == was:
                    one["seq"] = body["seq"]
            named = {"org": body["org"], "keys": body["keys"], **body["heads"]}
            for other, head in named.items():
                known = chains.get(other, [])
                if head is not None and head["seq"] < len(known):
                    head["hash"] = known[head["seq"]]
            if self.service is not None and body["typ"] == "ckpt":
                told = {
                    "heads": heads_root(heads, self.suite),
                    "streams": len(heads),
                    "records": index,
                }
                said = self.events(entry)[0]
                if said | told != said:
                    self.set_event(entry, 0, said | told)
            if entry.key in self.signers and not self._is_signed(entry):
                self.sign(entry, self.signers[entry.key])
            chain.append(entry.record.digest)
            heads[stream] = Head(seq=body["seq"], hash=chain[-1])
        if self.service is not None:
            self.note()

    def note(self, size: int | None = None) -> bytes:
        """A checkpoint over the first `size` records, signed with the service key."""
        assert self.service is not None
        leaves = [bytes.fromhex(one.record.digest) for one in self.entries]
        count = len(leaves) if size is None else size
        root = merkle_root(leaves[:count], self.suite)
        restored = [one for one in self.entries[:count] if one.body["typ"] == "restore"]
        log = max((self.events(one)[0]["log"] for one in restored), default=FIRST)
        made = make_checkpoint(log_name(ORIGIN, log), count, root, self.service)
        self.files = {name: data for name, data in self.files.items() if "checkpoint" not in name}
        self.files["checkpoint.note"] = made.note.encode()
        header = json.loads(self.files["bundle.json"]) | {"size": count}
        self.files["bundle.json"] = canonical(header)
        return made.note.encode()

    # -- putting together -----------------------------------------------------------------

    def dump(self) -> dict[str, bytes]:
        """The files of the forged bundle."""
        indices = self.indices or range(len(self.entries))
        lines = [
            {
                "index": index,
                "record": {
                    "body": encode_base64(one.record.body),
                    "key": one.key,
                    "sig": encode_base64(one.sig),
                    "srv": {"at": one.at, "pt": one.kind},
                },
            }
            for index, one in zip(indices, self.entries, strict=True)
        ]
        opened = sorted(
            self.opened, key=lambda one: (utf16(one["stream"]), one["seq"], utf16(one["path"]))
        )
        return {
            **self.files,
            "records.jsonl": b"".join(canonical(line) + b"\n" for line in lines),
            "disclosures.jsonl": b"".join(canonical(one) + b"\n" for one in opened),
        }


def take_apart(
    ground: Ground,
    signers: Mapping[str, Signer] | None = None,
    *,
    service: bool = False,
    files: Mapping[str, bytes] | None = None,
) -> Forge:
    """An honest bundle, ready for an attacker with these people's keys (by uid)."""
    files = ground.files if files is None else files
    entries, indices, suite = [], [], ground.office.store.suite
    for line in files["records.jsonl"].splitlines():
        indices.append(json.loads(line)["index"])
        record = json.loads(line)["record"]
        entries.append(
            Entry(
                body=json.loads(base64.b64decode(record["body"])),
                key=record["key"],
                sig=base64.b64decode(record["sig"]),
                at=record["srv"]["at"],
                suite=suite,
                kind=record["srv"]["pt"],
            )
        )
    opened = [json.loads(line) for line in files["disclosures.jsonl"].splitlines()]
    keys = {one.key_id: one for one in (signers or {}).values()}
    held = ground.office.service if service else None
    if held is not None:
        keys[held.key_id] = held
    return Forge(
        files=dict(files),
        entries=entries,
        opened=opened,
        signers=keys,
        service=held,
        indices=None if indices == list(range(len(indices))) else indices,
        suite=suite,
    )
