"""Checkpoints as C2SP signed notes, and the key they are trusted under (evidence-spec.md §9)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from unicodedata import category

from verifier.canonical import Flaw, decode_base64
from verifier.suites import SUITES, Suite

_DASH = "\u2014"
_SIZE = re.compile("0|[1-9][0-9]{0,14}")
_HINT = re.compile("[0-9a-f]{8}")
_MOST_SIGNATURES = 64
_NAMELESS = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))
LARGEST_NOTE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A verifier key given on the command line."""

    name: str
    hint: bytes
    public: bytes
    suite: Suite

    def under(self, name: str) -> Trust:
        """The same key as lines of signature of another name know it."""
        return replace(self, name=name, hint=_hint(name, self.suite.kind + self.public))


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A checkpoint as read: `root` of the first `size` records; nothing is trusted yet."""

    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: tuple[tuple[str, bytes], ...]

    def is_signed_by(self, trust: Trust) -> bool:
        """Whether there are lines under the trusted name and hint, and all of them verify."""
        ours = [
            signature[4:]
            for name, signature in self.signatures
            if name == trust.name and signature[:4] == trust.hint
        ]
        return bool(ours) and all(
            trust.suite.is_signed(trust.public, one, self.text) for one in ours
        )


def load_trust(text: str) -> Trust:
    """A C2SP vkey `<origin>+<hint>+<base64>`. Raises `Flaw`."""
    bad = Flaw(
        "信任钥匙应写作“来源+8 位十六进制+base64”,且三者相符",
        "a trusted key is written origin+hint+key, and the three must agree",
    )
    name, _, rest = text.partition("+")
    hint, _, key = rest.partition("+")
    try:
        data = decode_base64(key)
    except Flaw:
        raise bad from None
    if not is_name(name) or not _HINT.fullmatch(hint):
        raise bad
    suite = next((one for one in SUITES.values() if data.startswith(one.kind)), None)
    if suite is None or not suite.is_sound_key(data[len(suite.kind) :]):
        raise bad
    wanted = _hint(name, data)
    if wanted.hex() != hint:
        raise bad
    return Trust(name=name, hint=wanted, public=data[len(suite.kind) :], suite=suite)


def load_note(data: bytes) -> Note:
    """A checkpoint of exactly three lines, with its signatures. Raises `Flaw`."""
    bad = Flaw("检查点应为三行文字加签名", "a checkpoint is three lines and signatures")
    if len(data) > LARGEST_NOTE:
        raise bad
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise bad from None
    body, gap, tail = text.rpartition("\n\n")
    lines = body.split("\n")
    if not gap or not tail.endswith("\n") or len(lines) != 3:
        raise bad
    origin, size, shown = lines
    try:
        root = decode_base64(shown)
    except Flaw:
        raise bad from None
    if not is_name(origin) or not _SIZE.fullmatch(size) or len(root) != 32:
        raise bad
    signatures: list[tuple[str, bytes]] = []
    for line in tail[:-1].split("\n"):
        match line.split(" "):
            case [mark, name, value] if mark == _DASH and is_name(name):
                try:
                    signature = decode_base64(value)
                except Flaw:
                    raise bad from None
                if len(signature) < 5:
                    raise bad
                signatures.append((name, signature))
            case _:
                raise bad
    if len(signatures) > _MOST_SIGNATURES:
        raise bad
    return Note(
        origin=origin,
        size=int(size),
        root=root,
        text=(body + "\n").encode(),
        signatures=tuple(signatures),
    )


def is_name(text: str) -> bool:
    """A name of a note: not empty, no white space, control or format character, no plus."""
    return bool(text) and not any(one == "+" or category(one) in _NAMELESS for one in text)


def _hint(name: str, typed: bytes) -> bytes:
    """How a line of signature names the key (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
