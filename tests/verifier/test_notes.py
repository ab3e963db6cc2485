"""Checkpoints and trusted keys at the edges of what is allowed, each fault by itself."""

from __future__ import annotations

import base64
import hashlib

import pytest

from verifier.canonical import Flaw
from verifier.notes import LARGEST_NOTE, load_note, load_trust

NAME = "office.example"
KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")  # RFC 8032
WEAK = bytes(32)


def shown(data: bytes) -> str:
    return base64.b64encode(data).decode()


def vkey(name: str = NAME, data: bytes = b"\x01" + KEY, hint: str | None = None) -> str:
    """A key whose parts agree, whatever they are."""
    digest = hashlib.sha256(name.encode() + b"\n" + data).digest()
    return f"{name}+{digest[:4].hex() if hint is None else hint}+{shown(data)}"


def line(name: str = NAME, signature: bytes = bytes(68)) -> str:
    return f"\u2014 {name} {shown(signature)}\n"


def note(
    *lines: str, origin: str = NAME, size: str = "12", root: str = shown(bytes(32)), gap: str = "\n"
) -> bytes:
    return f"{origin}\n{size}\n{root}\n{gap}{''.join(lines or (line(),))}".encode()


def test_what_is_right_is_read() -> None:
    trust = load_trust(vkey())
    assert (trust.name, trust.public) == (NAME, KEY)
    assert f"{NAME}+{trust.hint.hex()}+" in vkey()
    made = load_note(note(line(), line("other", bytes(5)), size="0"))
    assert (made.origin, made.size, made.root) == (NAME, 0, bytes(32))
    assert made.text == note().split(b"\n\n")[0].replace(b"12", b"0") + b"\n"
    assert made.signatures == ((NAME, bytes(68)), ("other", bytes(5)))


@pytest.mark.parametrize(
    "text",
    [
        vkey(""),
        vkey("office example"),
        *(vkey(f"office{one}example") for one in "\u00a0\u2028\u2029\u200b\x7f"),
        vkey(data=b"\x01" + KEY[1:]),
        vkey(data=b"\x01" + KEY + b"\0"),
        vkey(data=b"\x02" + KEY),
        vkey(data=b"\x01" + WEAK),
        vkey(hint="00000000"),
        vkey(hint=load_trust(vkey()).hint.hex().upper()),
        vkey(hint=load_trust(vkey()).hint.hex()[:6]),
        vkey()[:-1],
        f"{vkey()} ",
        NAME,
        "",
    ],
)
def test_a_trusted_key_with_one_fault_is_none(text: str) -> None:
    with pytest.raises(Flaw, match="origin"):
        load_trust(text)


@pytest.mark.parametrize(
    "data",
    [
        note(origin=""),
        note(origin="office example"),
        note(origin="office+example"),
        note(origin="office\x7fexample"),
        note(origin="office\texample"),
        note(size=""),
        note(size="012"),
        note(size="-1"),
        note(size="1" * 16),
        note(root=shown(bytes(31))),
        note(root=shown(bytes(33))),
        note(root="?"),
        note(root=f"{shown(bytes(32))}\n"),
        note(root=f"{shown(bytes(32))}\nmore"),
        note(gap=""),
        note()[:-1],
        note() + b"\n",
        note(line("")),
        note(line("office+example")),
        note(line("office\u2028example")),
        note(line(signature=bytes(4))),
        note(line()[2:]),
        note(line().replace("\u2014", "-")),
        note(line().replace("\n", " more\n")),
        note(line().replace("A", "?")),
        note(line(), "\n"),
        note(*[line()] * 65),
        note().replace(b"office", b"\xff"),
        b"",
    ],
)
def test_a_note_with_one_fault_is_none(data: bytes) -> None:
    with pytest.raises(Flaw, match="three lines"):
        load_note(data)


def test_how_long_a_note_may_be() -> None:
    assert len(load_note(note(*[line()] * 64)).signatures) == 64
    room = LARGEST_NOTE - len(note(line("x"))) + 1
    longest = note(line("x" * room))
    assert len(longest) == LARGEST_NOTE == 65536
    assert load_note(longest).signatures[0][0] == "x" * room
    with pytest.raises(Flaw, match="three lines"):
        load_note(note(line("x" * (room + 1))))
