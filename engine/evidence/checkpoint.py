"""Checkpoints: how many records there were, and their root, in a text that can leave the house.

evidence-spec.md §9. The text is a C2SP signed note of three lines (origin, size, root); the root
is that of the log (`engine/evidence/log.py`). `make_checkpoint` only spells and signs: what may
be signed is decided in `engine/sealing.py`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.errors import EvidenceError
from engine.evidence.canonical import decode_base64, encode_base64
from engine.evidence.checks import Finding
from engine.evidence.log import merkle_root
from engine.evidence.record import Head
from engine.evidence.signing import (
    PublicKey,
    Signer,
    is_signed,
    load_raw_public,
    raw_public,
    suite_of,
)
from engine.evidence.suite import SHA256_ED25519, SM3_SM2, Suite
from engine.text import Text, say

MOST_SIGNATURES = 64
LONGEST_NOTE = 64 * 1024
# C2SP signed-note: a number for Ed25519; 0xff and a name of one's own for what has no number.
_KINDS = {SHA256_ED25519: b"\x01", SM3_SM2: b"\xffguicheng-sm2-sm3"}
_DASH = "\u2014"
_NUMBER = re.compile("0|[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint as read: number of records, `root` in 64 hex digits, the note it came in."""

    origin: str
    size: int
    root: str
    note: str

    @property
    def head(self) -> Head:
        """What a body names in `after`: number of records and root."""
        return Head(seq=self.size, hash=self.root)


def make_checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> Checkpoint:
    """A checkpoint over the first `size` records, signed with the service key.

    Raises `EvidenceError` for an origin with a space or a plus, which a note cannot name.
    """
    if not is_note_name(origin):
        raise EvidenceError(
            say("来源名不得为空,也不得含空白、加号和控制字符:{origin}", origin=origin[:80])
        )
    text = f"{origin}\n{size}\n{encode_base64(root)}\n"
    note = sign_note(text, origin, signer)
    return Checkpoint(origin=origin, size=size, root=root.hex(), note=note)


def load_checkpoint(note: str) -> Checkpoint:
    """The checkpoint in a note. Raises `EvidenceError`; trusts nothing yet."""
    text, _ = split_note(note)
    match text.split("\n"):
        case [origin, size, root, ""]:
            if not is_note_name(origin) or not _NUMBER.fullmatch(size):
                raise EvidenceError(say("检查点文本的行不对"))
            digest = decode_base64(root)
            if len(digest) != 32:
                raise EvidenceError(say("检查点文本的行不对"))
            return Checkpoint(origin=origin, size=int(size), root=digest.hex(), note=note)
    raise EvidenceError(say("检查点文本的行不对"))


def check_checkpoint(
    checkpoint: Checkpoint,
    origin: str,
    leaves: Sequence[bytes],
    publics: Iterable[PublicKey],
    suite: Suite = SHA256_ED25519,
) -> tuple[Finding, ...]:
    """What has gone from a log, or changed in it, since a checkpoint kept outside.

    `leaves` are the digests of all records now, in order; `publics` the service keys, known
    from elsewhere. `E_NOTE`, `E_ROLLBACK` or `E_CONSISTENCY`.
    """
    problem = note_problem(checkpoint, origin, publics)
    if problem is not None:
        return (_tell("E_NOTE", "note", problem),)
    size = checkpoint.size
    if size > len(leaves):
        text = say("检查点时有 {size} 条记录,现在只有 {count} 条", size=size, count=len(leaves))
        return (_tell("E_ROLLBACK", "size", text),)
    if merkle_root(leaves[:size], suite).hex() != checkpoint.root:
        text = say("前 {size} 条记录已不是检查点时的记录", size=size)
        return (_tell("E_CONSISTENCY", "root", text),)
    return ()


def note_problem(checkpoint: Checkpoint, origin: str, publics: Iterable[PublicKey]) -> Text | None:
    """Why a checkpoint is not one of this store's, signed by one of these keys; None if it is."""
    if checkpoint.origin != origin:
        return say("检查点属于另一处:{origin}", origin=checkpoint.origin[:80])
    try:
        said = load_checkpoint(checkpoint.note)
    except EvidenceError as problem:
        return problem.text
    if said != checkpoint or not any(is_note_signed(said.note, origin, one) for one in publics):
        return say("检查点的签名不成立")
    return None


def is_note_name(name: str) -> bool:
    """Whether a note can name it: not empty, no white space, control or format character, no plus.

    White space and these characters are Unicode's categories Z, Cc and Cf (evidence-spec.md §8).
    """
    return name != "" and not any(
        one == "+" or unicodedata.category(one) in ("Cc", "Cf", "Zs", "Zl", "Zp") for one in name
    )


def sign_note(text: str, name: str, signer: Signer) -> str:
    """A C2SP signed note: the text, an empty line, one signature line."""
    signature = _note_key(name, signer.public)[:4] + signer.sign(text.encode())
    return f"{text}\n{_DASH} {name} {encode_base64(signature)}\n"


def is_note_signed(note: str, name: str, public: PublicKey) -> bool:
    """Whether this key has signed the note under this name.

    Lines of other names or hints are ignored; every line of this name and hint must verify.
    """
    try:
        text, signatures = split_note(note)
    except EvidenceError:
        return False
    hint = _note_key(name, public)[:4]
    ours = [sig[4:] for who, sig in signatures if who == name and sig[:4] == hint]
    return bool(ours) and all(is_signed(public, one, text.encode()) for one in ours)


def split_note(note: str) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    """The signed text with its last line feed, and (name, hint ‖ signature) of every line.

    Raises `EvidenceError` for whatever is not a C2SP signed note with 1 to 64 signatures.
    """
    text, gap, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not gap or not text or lines.pop() != "":
        raise EvidenceError(say("检查点文本没有签名"))
    if not 1 <= len(lines) <= MOST_SIGNATURES or len(note) > LONGEST_NOTE:
        raise EvidenceError(say("检查点的签名行过多或过长"))
    return text + "\n", tuple(_signature(line) for line in lines)


def dump_vkey(name: str, public: PublicKey) -> str:
    """The key as note verifiers take it: `<name>+<hint>+<base64>`."""
    return f"{name}+{_note_key(name, public)[:4].hex()}+{encode_base64(_typed(public))}"


def load_vkey(vkey: str) -> tuple[str, PublicKey]:
    """The name and the key of a `dump_vkey`. Raises `EvidenceError`."""
    # The base64 of a key may hold a plus; the name and the hint cannot.
    name, _, shown = (*vkey.split("+", 2), "", "")[:3]
    public = _load_typed(decode_base64(shown))
    if public is None or not is_note_name(name) or dump_vkey(name, public) != vkey:
        raise EvidenceError(say("不是检查点公钥:{vkey}", vkey=vkey[:80]))
    return name, public


def _signature(line: str) -> tuple[str, bytes]:
    match line.split(" "):
        case [mark, name, shown] if mark == _DASH and is_note_name(name):
            signature = decode_base64(shown)
            if len(signature) > 4:
                return name, signature
    raise EvidenceError(say("检查点的签名行不对"))


def _note_key(name: str, public: PublicKey) -> bytes:
    """The hint is SHA-256's in either suite: that is how notes find their keys."""
    return hashlib.sha256(name.encode() + b"\n" + _typed(public)).digest()


def _typed(public: PublicKey) -> bytes:
    return _KINDS[suite_of(public)] + raw_public(public)


def _load_typed(typed: bytes) -> PublicKey | None:
    for suite, kind in _KINDS.items():
        if typed.startswith(kind):
            return load_raw_public(typed[len(kind) :], suite)
    return None


def _tell(code: str, field: str, text: Text) -> Finding:
    return Finding(code=code, stream="", seq=0, field=field, text=text)
