"""Level 2: which checkpoints can be compared with a bundle, and which are of a log that was lost
(evidence-spec.md §9, §9.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from verifier.canonical import Flaw
from verifier.findings import Finding, Weight, in_log
from verifier.notes import Note, Trust, load_note
from verifier.restorations import FIRST, Restoration, log_at, log_name, log_number

Named = tuple[str, Note]  # where a note was kept, and the note


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A checkpoint kept outside the bundle: where it was kept, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """The logs a store has been through, and the key their checkpoints are trusted under."""

    origin: str
    trust: Trust | None
    restorations: tuple[Restoration, ...]

    def read(self, content: bytes | None, name: str, found: list[Finding]) -> Note | None:
        """A checkpoint of the bundle's own, of the log its size belongs to; else what is wrong."""
        if content is None:
            return None
        try:
            note = load_note(content)
        except Flaw as flaw:
            found.append(in_log("E_NOTE", name, flaw.zh, flaw.en))
            return None
        wanted = log_name(self.origin, log_at(self.restorations, note.size))
        return self._accept(note, name, note.origin == wanted, found)

    def sort(
        self, outside: Iterable[Outside], found: list[Finding]
    ) -> tuple[list[Named], list[Named]]:
        """The usable checkpoints from outside: of the log as it is, and of others of this store.

        What an auditor cannot use is his own, and accuses nobody.
        """
        kept: list[Named] = []
        lost: list[Named] = []
        lacking: list[Finding] = []
        for one in outside:
            try:
                note = load_note(one.content)
            except Flaw as flaw:
                lacking.append(in_log("E_NOTE", one.name, flaw.zh, flaw.en))
                continue
            number = log_number(self.origin, note.origin)
            if self._accept(note, one.name, number is not None, lacking) is not None:
                is_ours = number == log_at(self.restorations, note.size)
                (kept if is_ours else lost).append((one.name, note))
        found += (replace(one, weight=Weight.GAP) for one in lacking)
        return kept, lost

    def _accept(self, note: Note, name: str, is_ours: bool, found: list[Finding]) -> Note | None:
        told = None
        if not is_ours:
            told = "检查点属于另一处", "it is of another store"
        elif self.trust is not None and not self._is_signed(note, self.trust):
            told = "检查点不是所信任的钥匙签的", "it is not signed by the trusted key"
        if told is not None:
            found.append(in_log("E_NOTE", name, *told))
            return None
        return note

    def _is_signed(self, note: Note, trust: Trust) -> bool:
        is_ours = log_number(self.origin, trust.name) is not None
        return is_ours and note.is_signed_by(trust.under(note.origin))

    def judge_lost(self, lost: Iterable[Named], proven: Sequence[Note]) -> Iterator[Finding]:
        """Checkpoints of logs that are not the bundle's: lost by a restoration that is proven by
        an older checkpoint, or taken away.
        """
        for name, note in lost:
            number = log_number(self.origin, note.origin) or FIRST
            begun = [one for one in self.restorations if one.log == number]
            ended = [one for one in self.restorations if one.log > number]
            if begun and note.size <= begun[0].kept:
                yield in_log(
                    "E_CONSISTENCY",
                    name,
                    "这个检查点的日志在这么多条时还没有开始",
                    "at this size the log it names had not begun",
                )
            elif not ended:
                yield in_log(
                    "E_ROLLBACK",
                    name,
                    "这个检查点的日志不在证据包里:退回过恢复以前的状态",
                    "the log it names is not in the bundle: a state from before it was put back",
                )
            else:
                yield _judge_loss(name, note, number, ended[0], proven)


def _judge_loss(
    name: str, note: Note, number: int, end: Restoration, proven: Sequence[Note]
) -> Finding:
    if end.lost_log == number and note.size > end.lost_size:
        return in_log(
            "E_ROLLBACK",
            name,
            f"恢复记录(sys #{end.record.body.seq})只承认丢失前有 {end.lost_size} 条,"
            f"这个检查点有 {note.size} 条",
            f"the restoration (sys #{end.record.body.seq}) owns to {end.lost_size} records before"
            f" the loss, this checkpoint has {note.size}",
        )
    if (end.lost_log, end.lost_size) == (number, note.size) and note.root.hex() != end.lost_root:
        return in_log(
            "E_CONSISTENCY",
            name,
            f"恢复记录(sys #{end.record.body.seq})所写的根不是这个检查点的",
            f"the root the restoration (sys #{end.record.body.seq}) states is not this one's",
        )
    body = end.record.body
    if not any(end.keys_until < one.size <= end.kept for one in proven):
        return in_log(
            "E_ROLLBACK",
            name,
            f"证据包称在恢复备份时丢失(sys #{body.seq}),却没有恢复以前的外部检查点证明留下的是原样",
            f"the bundle says it was lost (sys #{body.seq}), but no checkpoint from before the"
            " restoration proves what was kept",
        )
    return in_log(
        "E_ROLLBACK",
        name,
        f"检查点时有 {note.size} 条,恢复备份时只留下 {end.kept} 条,其余已丢失"
        f"(sys #{body.seq},{body.actor.name},{body.time}:{end.reason})",
        f"of its {note.size} records a restoration kept {end.kept}, the rest is lost"
        f" (sys #{body.seq}, {body.actor.name}, {body.time}: {end.reason})",
        weight=Weight.GAP,
    )
