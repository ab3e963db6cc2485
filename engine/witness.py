"""A client as witness: it remembers outside the store what it has seen, and refuses less.

evidence-spec.md §9. Before it writes, the store must be an extension of what it remembers: its
last verified checkpoint, and the receipts of its own steps. That costs a few rows, not the log.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import EvidenceError, RolledBack
from engine.evidence.checkpoint import load_checkpoint, note_problem
from engine.evidence.disk import alone
from engine.evidence.memory import Memory, keep_memory, load_memory
from engine.evidence.record import Head
from engine.evidence.restoration import FIRST, Restoration, log_number
from engine.evidence.signing import PublicKey
from engine.restorations import name_at, restorations_of
from engine.store.store import Store
from engine.text import Text, say

LATEST = 64  # so many of its own newest receipts a client compares before each writing
SMALL = 4_096  # up to so many records the whole root is computed before each writing


@dataclass(frozen=True, slots=True)
class Witness:
    """What one client remembers of one store: `<name>.seen` and `<name>.receipts` in a folder;
    `<name>.lost` has the receipts of its steps that a restoration did not bring back,
    `<name>.accepted` the number of each log it went over to, and the restoration's digest.
    """

    folder: Path
    name: str

    def require_extension(self, store: Store, publics: Iterable[PublicKey]) -> Head:
        """The newest checkpoint verified, after comparing the store with what is remembered.

        A newer checkpoint in the store is verified on the way and remembered. Errors:
        `RolledBack` for a store that was put back, cut short or written anew.
        """
        try:
            memory = self.seen(store)
            self._compare(store, memory)
            newest = store.newest_checkpoint()
            if newest is not None and newest.size > memory.frontier.size:
                memory = self._advance(store, memory, newest.note, tuple(publics))
        except RolledBack as error:
            told = say(
                "{why}。没有写入任何记录。本机所记在 {file}{more}",
                why=error.why,
                file=self._seen_file,
                more=_told(restorations_of(store), self.log(store)),
            )
            raise RolledBack(told) from error
        return memory.head

    def seen(self, store: Store) -> Memory:
        """The store as it was at the last checkpoint verified here."""
        return load_memory(self._seen_file, store.origin, store.suite)

    def require_whole(self, store: Store) -> None:
        """Compare the whole log, and every receipt, with what is remembered. Errors:
        `RolledBack`.
        """
        self.seen(store).require_prefix(store.leaves())
        _require_receipts(store, dict(self.receipts()))

    def accept(self, store: Store, said: Restoration, fresh: Memory) -> tuple[int, ...]:
        """Go on after a restoration (§9.1) as confirmed by the code that this client's user was
        told: what is remembered beyond the copy is put aside. The places of its own steps thus
        lost.

        A code serves once: where this client is in that log already, or in a later one, the store
        must go on from what it remembers. Errors: `RolledBack` if it does not, or if the copy is
        not how the history began, as far as this client can tell.
        """
        memory = self.seen(store)
        if said.log <= self.log(store):
            self._require_unchanged(store, said.log)
            return ()
        if memory.frontier.size <= said.kept:
            memory.require_prefix(store.leaves(until=said.kept))
        mine = dict(self.receipts())
        found = store.digests_at(tuple(mine))
        lost = {place: one for place, one in mine.items() if found.get(place) != one}
        _require_receipts(store, {place: mine[place] for place in lost if place <= said.kept})
        with alone(self._seen_file):
            # The newest checkpoint known stays: whoever has to restore once more must name it.
            keep_memory(self._seen_file, replace(fresh, note=memory.note))
            self._verified.unlink(missing_ok=True)
            if lost:
                self._write("lost", lost.items())
                kept = self._receipts.with_name(self._receipts.name + ".new")
                kept.unlink(missing_ok=True)
                self._write("receipts.new", (one for one in mine.items() if one[0] not in lost))
                kept.replace(self._receipts)
            self._write("accepted", ((said.log, fresh.last),))  # the last: until then, once more
        return tuple(lost)

    def log(self, store: Store) -> int:
        """The number of the newest log of a store that this client has been in."""
        note = self.seen(store).note
        named = log_number(store.origin, load_checkpoint(note).origin) if note else None
        return max(named or FIRST, *(log for log, _ in self.accepted()), FIRST)

    def accepted(self) -> Iterator[tuple[int, str]]:
        """The logs this client went over to by a code, with the digests of the restorations."""
        return self._read("accepted")

    def keep(self, receipts: Iterable[tuple[int, str]]) -> None:
        """Remember that these steps (place in the log, digest) are this client's own."""
        self._write("receipts", receipts)

    def receipts(self) -> Iterator[tuple[int, str]]:
        """This client's own steps, oldest first. A line a crash cut short is not one."""
        return self._read("receipts")

    def verified(self, store: Store) -> Memory:
        """Up to where `audit verify` has found nothing wrong; an empty memory if it never ran."""
        return load_memory(self._verified, store.origin, store.suite)

    def keep_verified(self, memory: Memory) -> None:
        """Remember that everything up to there has been verified, and nothing was wrong."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keep_memory(self._verified, memory)

    def forget(self) -> None:
        """Remember nothing: a new office is founded here."""
        self._seen_file.unlink(missing_ok=True)
        self._verified.unlink(missing_ok=True)
        self._receipts.unlink(missing_ok=True)
        for kind in ("lost", "accepted"):
            (self.folder / f"{self.name}.{kind}").unlink(missing_ok=True)

    def _require_unchanged(self, store: Store, log: int) -> None:
        """The store goes on from what is remembered, though its user asks to go over to a log."""
        try:
            self.require_whole(store)
        except RolledBack as error:
            told = say(
                "{why}。第 {log} 号日志的恢复本机早已承认,这个恢复码不能再用;请告知登记人员",
                why=error.why,
                log=log,
            )
            raise RolledBack(told) from error

    def _read(self, kind: str) -> Iterator[tuple[int, str]]:
        file = self.folder / f"{self.name}.{kind}"
        if not file.exists():
            return
        for line in file.read_text("ascii", "replace").split("\n")[:-1]:
            place, _, digest = line.partition(" ")
            if place.isdecimal():
                yield int(place), digest

    def _write(self, kind: str, steps: Iterable[tuple[int, str]]) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / f"{self.name}.{kind}").open("a", encoding="ascii") as file:
            file.writelines(f"{place} {digest}\n" for place, digest in steps)
            file.flush()
            os.fsync(file.fileno())

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
            name = name_at(store, made.size)
        except EvidenceError as error:
            raise RolledBack(say("库里的检查点读不出来:{why}", why=error.text)) from error
        problem = note_problem(made, name, publics)
        if problem is not None:
            raise RolledBack(say("库里的检查点不可信:{why}", why=problem))
        with alone(self._seen_file):
            grown = memory.grown(store.leaves(memory.frontier.size, made.size), note)
            grown.require_length(made.size)
            if grown.head != made.head:
                text = say("库里 {size} 条记录的检查点不是上次核验的延续", size=made.size)
                raise RolledBack(text)
            keep_memory(self._seen_file, grown)
        return grown

    @property
    def _verified(self) -> Path:
        return self.folder / f"{self.name}.verified"

    @property
    def _seen_file(self) -> Path:
        return self.folder / f"{self.name}.seen"

    @property
    def _receipts(self) -> Path:
        return self.folder / f"{self.name}.receipts"


def _require_receipts(store: Store, receipts: dict[int, str]) -> None:
    found = store.digests_at(tuple(receipts))
    for place, digest in receipts.items():
        if found.get(place) != digest:
            raise RolledBack(say("本机办过的一步(第 {place} 条记录)已不在原处", place=place))


def _told(restorations: Sequence[Restoration], log: int) -> Text:
    """What the store itself says of having been restored, and what to do if that is so; nothing
    of a restoration after which this client has gone on already.
    """
    if not restorations or restorations[-1].log <= log:
        return say("")
    said = restorations[-1]
    return say(
        "。库里有一条恢复备份的记录({who},{at}:{reason});请向登记人员问恢复码,再 accept 恢复码",
        who=said.by.name,
        at=said.at,
        reason=said.reason,
    )
