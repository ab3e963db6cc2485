"""What is remembered of a log outside its database: by the signer, and by every client.

evidence-spec.md §9. A memory is one small file: how far the log had been verified, the frontier
there, the digest of its last record, the checkpoint itself. Whoever puts the database back to
an older state, or writes its history anew, does not reach this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EvidenceError, RolledBack
from engine.evidence.canonical import canonical, parse
from engine.evidence.disk import write_private
from engine.evidence.log import Frontier, load_frontier, merkle_root
from engine.evidence.record import Head
from engine.evidence.shape import read_object, read_text
from engine.evidence.suite import SHA256_ED25519, Suite
from engine.text import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A log as it was at its last verified checkpoint: `note` is the checkpoint, "" if none yet;
    `last` the digest of record number `frontier.size`, "" if there was none.
    """

    origin: str
    frontier: Frontier
    last: str = ""
    note: str = ""

    @property
    def head(self) -> Head:
        """What a body names in `after`."""
        return Head(seq=self.frontier.size, hash=self.frontier.root.hex())

    def grown(self, leaves: Sequence[bytes], note: str) -> Memory:
        """The memory once these further records have been verified under a checkpoint."""
        last = leaves[-1].hex() if leaves else self.last
        return Memory(
            origin=self.origin, frontier=self.frontier.after(leaves), last=last, note=note
        )

    def require_prefix(self, leaves: Sequence[bytes]) -> None:
        """Raise `RolledBack` unless a log of these leaves begins with the one remembered."""
        size = self.frontier.size
        self.require_length(len(leaves))
        if merkle_root(leaves[:size], self.frontier.suite) != self.frontier.root:
            raise RolledBack(say("前 {size} 条记录与上次核验时不同:历史被改写过", size=size))

    def require_length(self, count: int) -> None:
        """Raise `RolledBack` if there are fewer records than remembered."""
        if count < self.frontier.size:
            raise RolledBack(
                say(
                    "上次核验时有 {size} 条记录,现在只有 {count} 条:库被退回过旧状态",
                    size=self.frontier.size,
                    count=count,
                )
            )


def unseen(origin: str, suite: Suite = SHA256_ED25519) -> Memory:
    """The memory of nothing yet."""
    return Memory(origin=origin, frontier=Frontier(suite=suite))


def load_memory(path: Path, origin: str, suite: Suite = SHA256_ED25519) -> Memory:
    """What is remembered in a file, or an empty memory if there is none.

    Errors: `EvidenceError` if the file is damaged, or remembers a store of another origin.
    """
    if not path.exists():
        return unseen(origin, suite)
    try:
        got = read_object(parse(path.read_bytes()), "", "frontier last note origin")
        memory = Memory(
            origin=read_text(got["origin"], "origin"),
            frontier=load_frontier(got["frontier"], suite),
            last=read_text(got["last"], "last"),
            note=str(got["note"]),
        )
    except EvidenceError as error:
        told = say("检查点状态文件 {file} 已损坏:{why}", file=str(path), why=error.text)
        raise EvidenceError(told) from error
    if memory.origin != origin:
        raise RolledBack(
            say(
                "本机在这里记住的是另一处的历史({known}),现在是 {origin}",
                known=memory.origin,
                origin=origin,
            )
        )
    return memory


def keep_memory(path: Path, memory: Memory) -> None:
    """Write a memory, whole or not at all; on disk when this returns."""
    content = canonical(
        {
            "frontier": memory.frontier.dump(),
            "last": memory.last,
            "note": memory.note,
            "origin": memory.origin,
        }
    )
    write_private(path, content)
