"""Keys held by an ssh-agent for a session: a person unlocks once, then signs by acting.

The agent protocol (draft-miller-ssh-agent) and its Ed25519 identities (RFC 8709). An agent's
ssh-ed25519 signature is plain Ed25519 over the data given.
"""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from engine.errors import EvidenceError, KeyLocked
from engine.evidence.signing import PublicKey, is_signed, key_id
from engine.text import say

_KIND = b"ssh-ed25519"
_SUCCESS = 6
_LIST, _LISTED = 11, 12
_SIGN, _SIGNED = 13, 14
_REMOVE = 18
_ADD_CONSTRAINED = 25
_LIFETIME = b"\x01"
_LARGEST = 256 * 1024
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Agent:
    """An ssh-agent behind a socket. Raises `KeyLocked` when nobody answers there."""

    socket: Path

    def add(self, private: Ed25519PrivateKey, comment: str, lifetime: int) -> None:
        """Hand over a key; the agent forgets it after `lifetime` seconds."""
        seed = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        public = _raw(private.public_key())
        self._require_success(
            bytes([_ADD_CONSTRAINED])
            + b"".join(_string(part) for part in (_KIND, public, seed + public, comment.encode()))
            + _LIFETIME
            + struct.pack(">I", lifetime)
        )

    def identities(self) -> tuple[tuple[Ed25519PublicKey, str], ...]:
        """The Ed25519 keys the agent holds, each with its comment; other kinds are passed over."""
        answer = _Answer(self._ask(bytes([_LIST])))
        if answer.byte() != _LISTED:
            raise EvidenceError(say("ssh-agent 不肯列出钥匙"))
        held = []
        for _ in range(answer.number()):
            blob, comment = answer.string(), answer.string()
            parts = _Answer(blob)
            if parts.string() == _KIND:
                public = Ed25519PublicKey.from_public_bytes(parts.string())
                held.append((public, comment.decode("utf-8", "replace")))
        return tuple(held)

    def find(self, public: PublicKey) -> Ed25519PublicKey | None:
        """The key itself if the agent holds it, which no agent does of SM2."""
        held = (one for one, _ in self.identities())
        return next((one for one in held if key_id(one) == key_id(public)), None)

    def remove(self, public: Ed25519PublicKey) -> None:
        """Make the agent forget a key. Raises `EvidenceError` if it does not hold it."""
        self._require_success(bytes([_REMOVE]) + _string(_blob(public)))

    def sign(self, public: Ed25519PublicKey, data: bytes) -> bytes:
        """64 bytes that verify under `public`. Raises `KeyLocked` if the agent has not the key."""
        request = bytes([_SIGN]) + _string(_blob(public)) + _string(data) + struct.pack(">I", 0)
        answer = _Answer(self._ask(request))
        if answer.byte() != _SIGNED:
            raise KeyLocked(say("ssh-agent 中没有这把钥匙或已过期,请先 login"))
        parts = _Answer(answer.string())
        kind, signature = parts.string(), parts.string()
        if kind != _KIND or not is_signed(public, signature, data):
            raise EvidenceError(say("ssh-agent 给出的签名不成立"))
        return signature

    def _require_success(self, request: bytes) -> None:
        if self._ask(request)[:1] != bytes([_SUCCESS]):
            raise EvidenceError(say("ssh-agent 拒绝了请求"))

    def _ask(self, request: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(_SECONDS)
                line.connect(str(self.socket))
                line.sendall(_string(request))
                (size,) = struct.unpack(">I", _receive(line, 4))
                if not 0 < size <= _LARGEST:
                    raise EvidenceError(say("ssh-agent 的回答不成样子"))
                return _receive(line, size)
        except OSError:
            place = str(self.socket)
            raise KeyLocked(say("连不上 ssh-agent({place}),请先 login", place=place)) from None


@dataclass(frozen=True, slots=True)
class AgentSigner:
    """A signer whose private key only the agent has."""

    agent: Agent
    public: Ed25519PublicKey

    @property
    def key_id(self) -> str:
        return key_id(self.public)

    def sign(self, data: bytes) -> bytes:
        return self.agent.sign(self.public, data)


def require_agent(place: Path) -> Agent:
    """The agent listening at `place`; one is started if nobody answers there."""
    agent = Agent(place)
    try:
        agent.identities()
    except KeyLocked:
        place.unlink(missing_ok=True)  # what a dead agent left behind
        start_agent(place)
    return agent


def start_agent(place: Path) -> int:
    """Start an ssh-agent listening at `place` and return its process id.

    Raises `EvidenceError` when the program is missing or does not start.
    """
    program = shutil.which("ssh-agent")
    if program is None:
        raise EvidenceError(say("本机没有 ssh-agent"))
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    started = subprocess.run(
        [program, "-s", "-a", str(place)], capture_output=True, text=True, check=False
    )
    _, mark, rest = started.stdout.partition("SSH_AGENT_PID=")
    pid = rest.partition(";")[0]
    if started.returncode != 0 or not mark or not pid.isdigit():
        why = started.stderr.strip()[:200]
        raise EvidenceError(say("ssh-agent 没有启动:{why}", why=why))
    return int(pid)


@dataclass(slots=True)
class _Answer:
    """A cursor over an answer's bytes."""

    data: bytes
    place: int = 0

    def byte(self) -> int:
        return self._take(1)[0]

    def number(self) -> int:
        return int.from_bytes(self._take(4))

    def string(self) -> bytes:
        return self._take(self.number())

    def _take(self, count: int) -> bytes:
        taken = self.data[self.place : self.place + count]
        if len(taken) != count:
            raise EvidenceError(say("ssh-agent 的回答不成样子"))
        self.place += count
        return taken


def _receive(line: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        part = line.recv(count - len(received))
        if not part:
            raise EvidenceError(say("ssh-agent 的回答不成样子"))
        received += part
    return bytes(received)


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _blob(public: Ed25519PublicKey) -> bytes:
    return _string(_KIND) + _string(_raw(public))


def _raw(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
