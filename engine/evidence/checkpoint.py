"""Checkpoints: what existed, stream by stream, in a text that can leave the house.

evidence-spec.md §8. The root is RFC 6962's Merkle tree hash, the text a C2SP signed note.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.errors import EvidenceError
from engine.evidence.canonical import (
    canonical,
    decode_base64,
    encode_base64,
    is_instant,
    parse,
    utf16,
)
from engine.evidence.checks import Finding
from engine.evidence.keys import Signer, is_signed
from engine.evidence.record import Head
from engine.evidence.shape import read_count, read_hash, read_object, read_text
from engine.text import Text, say

FindHead = Callable[[str, int], str | None]
_ED25519 = b"\x01"
_DASH = "\u2014"
_NUMBER = re.compile("0|[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint as read: `root` in 64 hex digits, `heads` None when no listing came along."""

    origin: str
    size: int
    root: str
    records: int
    time: str
    note: str
    heads: Mapping[str, Head] | None

    @property
    def head(self) -> Head:
        """What a body names in `after`: number of streams and root."""
        return Head(seq=self.size, hash=self.root)


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x00 ‖ leaf)."""
    return hashlib.sha256(b"\x00" + data).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes of 32 bytes (RFC 6962 §2.1); none give SHA-256("")."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    # Pairing neighbours and letting an odd last one rise gives the same tree as the recursion.
    while len(level) > 1:
        pairs = [
            hashlib.sha256(b"\x01" + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def heads_root(heads: Mapping[str, Head]) -> str:
    """The root over the heads of all streams, 64 hex digits."""
    return merkle_root([leaf_hash(line) for line in _lines(heads)]).hex()


def make_checkpoint(
    origin: str, heads: Mapping[str, Head], signer: Signer, at: datetime
) -> Checkpoint:
    """A checkpoint of every stream's head at an aware instant, signed with the service key.

    Raises `EvidenceError` for an origin with a space or a plus, which a note cannot name.
    """
    if not origin or "+" in origin or any(letter.isspace() for letter in origin):
        raise EvidenceError(say("来源名不得含空白或加号:{origin}", origin=origin[:80]))
    moment = at.astimezone(UTC)
    time = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    root = heads_root(heads)
    records = sum(head.seq + 1 for head in heads.values())
    shown = encode_base64(bytes.fromhex(root))
    text = f"{origin}\n{len(heads)}\n{shown}\nrecords {records}\ntime {time}\n"
    return Checkpoint(
        origin=origin,
        size=len(heads),
        root=root,
        records=records,
        time=time,
        note=sign_note(text, origin, signer),
        heads=dict(heads),
    )


def dump_heads(heads: Mapping[str, Head]) -> str:
    """The listing that goes with a note: one line for each stream, in leaf order."""
    return "".join(line.decode() + "\n" for line in _lines(heads))


def load_heads(listing: str) -> dict[str, Head]:
    """The heads of a listing. Raises `EvidenceError` unless it is spelled as `dump_heads` does."""
    heads: dict[str, Head] = {}
    for line in listing.split("\n")[:-1]:
        got = read_object(parse(line.encode()), "", "hash seq stream")
        heads[read_text(got["stream"], "stream")] = Head(
            seq=read_count(got["seq"], "seq"), hash=read_hash(got["hash"], "hash")
        )
    if dump_heads(heads) != listing:
        raise EvidenceError(say("检查点清单次序不对、有重复或不完整"))
    return heads


def load_checkpoint(note: str, listing: str | None = None) -> Checkpoint:
    """The checkpoint in a note and its listing. Raises `EvidenceError`; trusts nothing yet."""
    text, _ = _split_note(note)
    match text.split("\n"):
        case [origin, size, root, records, time, ""]:
            count, total = _number(size), _number(records.removeprefix("records "))
            moment = time.removeprefix("time ")
            if not (records.startswith("records ") and time.startswith("time ")):
                raise EvidenceError(say("检查点文本的行不对"))
            if not is_instant(moment):
                raise EvidenceError(say("检查点的时间写法不对:{time}", time=moment[:40]))
            digest = decode_base64(root)
            if len(digest) != 32 or not origin:
                raise EvidenceError(say("检查点文本的行不对"))
            return Checkpoint(
                origin=origin,
                size=count,
                root=digest.hex(),
                records=total,
                time=moment,
                note=note,
                heads=None if listing is None else load_heads(listing),
            )
    raise EvidenceError(say("检查点文本的行不对"))


def check_checkpoint(
    checkpoint: Checkpoint, find_head: FindHead, public: Ed25519PublicKey
) -> tuple[Finding, ...]:
    """What has gone from a store, or changed, since a checkpoint.

    `find_head(stream, seq)` gives the digest the store has there now, or None; `public`
    is the service key, known from elsewhere.
    """
    found: list[Finding] = []

    def tell(code: str, stream: str, seq: int, text: Text, *, is_doubt: bool = False) -> None:
        found.append(
            Finding(code=code, stream=stream, seq=seq, field="", text=text, is_doubt=is_doubt)
        )

    if not _is_as_signed(checkpoint, public):
        tell("E_CKPT_SIG", "", 0, say("检查点的签名不成立"))
        return tuple(found)
    heads = checkpoint.heads
    if heads is None:
        text = say("检查点没有附清单,无法逐条流核对")
        tell("E_CKPT_LIST", "", 0, text, is_doubt=True)
        return tuple(found)
    records = sum(head.seq + 1 for head in heads.values())
    if (checkpoint.size, checkpoint.root) != (len(heads), heads_root(heads)):
        tell("E_CKPT_ROOT", "", 0, say("检查点清单与签名的根不符"))
    elif checkpoint.records != records:
        tell("E_CKPT_ROOT", "", 0, say("检查点清单与签名的记录数不符"))
    if found:
        return tuple(found)
    for stream in sorted(heads, key=utf16):
        head = heads[stream]
        now = find_head(stream, head.seq)
        if now == head.hash:
            continue
        if now is not None:
            tell("E_HEAD", stream, head.seq, say("这一条已不是检查点时的记录"))
        elif find_head(stream, 0) is None:
            text = say("整条流已不存在,检查点时共 {count} 条", count=head.seq + 1)
            tell("E_GONE", stream, head.seq, text)
        else:
            text = say("流变短了:检查点时有第 {seq} 条,现在没有", seq=head.seq)
            tell("E_SHORT", stream, head.seq, text)
    return tuple(found)


def _is_as_signed(checkpoint: Checkpoint, public: Ed25519PublicKey) -> bool:
    """Whether the note is signed, and what is claimed of it is what it says."""
    try:
        said = load_checkpoint(checkpoint.note)
    except EvidenceError:
        return False
    claimed = replace(checkpoint, heads=None)
    return said == claimed and is_note_signed(checkpoint.note, said.origin, public)


def sign_note(text: str, name: str, signer: Signer) -> str:
    """A C2SP signed note: the text, an empty line, one Ed25519 signature line."""
    signature = _note_key(name, signer.public)[:4] + signer.sign(text.encode())
    return f"{text}\n{_DASH} {name} {encode_base64(signature)}\n"


def is_note_signed(note: str, name: str, public: Ed25519PublicKey) -> bool:
    """Whether one of the note's signature lines is this key's, under this name."""
    try:
        text, lines = _split_note(note)
        signatures = [
            decode_base64(shown)
            for mark, who, shown in (line.split(" ") for line in lines)
            if (mark, who) == (_DASH, name)
        ]
    except (EvidenceError, ValueError):
        return False
    hint = _note_key(name, public)[:4]
    return any(one[:4] == hint and is_signed(public, one[4:], text.encode()) for one in signatures)


def dump_vkey(name: str, public: Ed25519PublicKey) -> str:
    """The key as note verifiers take it: `<name>+<hint>+<base64>`."""
    shown = encode_base64(_ED25519 + _raw(public))
    return f"{name}+{_note_key(name, public)[:4].hex()}+{shown}"


def _note_key(name: str, public: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + _raw(public)).digest()


def _raw(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _lines(heads: Mapping[str, Head]) -> list[bytes]:
    return [
        canonical({"hash": heads[stream].hash, "seq": heads[stream].seq, "stream": stream})
        for stream in sorted(heads, key=utf16)
    ]


def _split_note(note: str) -> tuple[str, list[str]]:
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise EvidenceError(say("检查点文本没有签名"))
    return text + "\n", signatures.split("\n")[:-1]


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise EvidenceError(say("检查点文本的行不对"))
    return int(text)
