"""A client as witness: it remembers outside the store what it has seen, and refuses less.

evidence-spec.md §9. Before it writes, the store must be an extension of what it remembers: its
last verified checkpoint, and the receipts of its own steps. That costs a few rows, not the log.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EvidenceError, RolledBack
from engine.evidence.checkpoint import load_checkpoint, note_problem
from engine.evidence.memory import Memory, alone, keep_memory, load_memory
from engine.evidence.record import Head
from engine.evidence.signing import PublicKey
from engine.store.store import Store
from engine.text import say

LATEST = 64  # so many of its own newest receipts a client compares before each writing
SMALL = 4_096  # up to so many records the whole root is computed before each writing


@dataclass(frozen=True, slots=True)
class Witness:
    """What one client remembers of one store: `<name>.seen` and `<name>.receipts` in a folder."""

    folder: Path
    name: str

    def require_extension(self, store: Store, publics: Iterable[PublicKey]) -> Head:
        """The newest checkpoint verified, after comparing the store with what is remembered.

        A newer checkpoint in the store is verified on the way and remembered. Errors:
        `RolledBack` for a store that was put back, cut short or written anew.
        """
        try:
            memory = load_memory(self._seen, store.origin, store.suite)
            self._compare(store, memory)
            newest = store.newest_checkpoint()
            if newest is not None and newest.size > memory.frontier.size:
                memory = self._advance(store, memory, newest.note, tuple(publics))
        except RolledBack as error:
            told = say(
                "{why}。没有写入任何记录。本机所记在 {file}", why=error.text, file=self._seen
            )
            raise RolledBack(told) from error
        return memory.head

    def require_whole(self, store: Store) -> None:
        """Compare the whole log, and every receipt, with what is remembered. Errors:
        `RolledBack`.
        """
        memory = load_memory(self._seen, store.origin, store.suite)
        memory.require_prefix(store.leaves())
        _require_receipts(store, dict(self.receipts()))

    def keep(self, receipts: Iterable[tuple[int, str]]) -> None:
        """Remember that these steps (place in the log, digest) are this client's own."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._receipts.open("a", encoding="ascii") as file:
            file.writelines(f"{place} {digest}\n" for place, digest in receipts)
            file.flush()
            os.fsync(file.fileno())

    def receipts(self) -> Iterator[tuple[int, str]]:
        """This client's own steps, oldest first. A line a crash cut short is not one."""
        if not self._receipts.exists():
            return
        for line in self._receipts.read_text("ascii", "replace").split("\n")[:-1]:
            place, _, digest = line.partition(" ")
            if place.isdecimal():
                yield int(place), digest

    def verified(self, store: Store) -> Memory:
        """Up to where `audit verify` has found nothing wrong; an empty memory if it never ran."""
        return load_memory(self._verified, store.origin, store.suite)

    def keep_verified(self, memory: Memory) -> None:
        """Remember that everything up to there has been verified, and nothing was wrong."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keep_memory(self._verified, memory)

    def forget(self) -> None:
        """Remember nothing: a new office is founded here."""
        self._seen.unlink(missing_ok=True)
        self._verified.unlink(missing_ok=True)
        self._receipts.unlink(missing_ok=True)

    def _compare(self, store: Store, memory: Memory) -> None:
        size = memory.frontier.size
        mine = dict(tuple(self.receipts())[-LATEST:])
        if size <= SMALL:
            memory.require_prefix(store.leaves(until=size))
        elif store.digests_at((size,)).get(size) != memory.last:
            memory.require_length(len(store.leaves(until=size)))
            raise RolledBack(say("第 {place} 条记录与上次核验时不同:历史被改写过", place=size))
        _require_receipts(store, mine)

    def _advance(
        self, store: Store, memory: Memory, note: str, publics: tuple[PublicKey, ...]
    ) -> Memory:
        try:
            made = load_checkpoint(note)
        except EvidenceError as error:
            raise RolledBack(say("库里的检查点读不出来:{why}", why=error.text)) from error
        problem = note_problem(made, memory.origin, publics)
        if problem is not None:
            raise RolledBack(say("库里的检查点不可信:{why}", why=problem))
        with alone(self._seen):
            grown = memory.grown(store.leaves(memory.frontier.size, made.size), note)
            grown.require_length(made.size)
            if grown.head != made.head:
                text = say("库里 {size} 条记录的检查点不是上次核验的延续", size=made.size)
                raise RolledBack(text)
            keep_memory(self._seen, grown)
        return grown

    @property
    def _verified(self) -> Path:
        return self.folder / f"{self.name}.verified"

    @property
    def _seen(self) -> Path:
        return self.folder / f"{self.name}.seen"

    @property
    def _receipts(self) -> Path:
        return self.folder / f"{self.name}.receipts"


def _require_receipts(store: Store, receipts: dict[int, str]) -> None:
    found = store.digests_at(tuple(receipts))
    for place, digest in receipts.items():
        if found.get(place) != digest:
            raise RolledBack(say("本机办过的一步(第 {place} 条记录)已不在原处", place=place))
