"""What is wrong, where, and how much it weighs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from verifier.canonical import Json


def one_line(text: str) -> str:
    """A hostile text, fit to be printed: what would move a terminal is written as an escape."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


class Weight(Enum):
    """A break makes the bundle tampered; a gap leaves something unproven; a doubt is only told."""

    BREAK = "break"
    GAP = "gap"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found. `seq` −1: no place in a chain. `level` 1…5 is the check that found it."""

    code: str
    level: int
    zh: str
    en: str
    stream: str = ""
    seq: int = -1
    field: str = ""
    weight: Weight = Weight.BREAK

    def show(self, language: str) -> str:
        """One line: `case/1 #3 prev [E_PREV]: …`."""
        place = f"{self.stream} #{self.seq}" if self.seq >= 0 else self.stream
        where = f"{place} {self.field}".strip()
        said = self.zh if language == "zh" else self.en
        return one_line(f"{where} [{self.code}] L{self.level}: {said}".strip())

    def dump(self) -> dict[str, Json]:
        return {
            "code": self.code,
            "level": self.level,
            "stream": self.stream,
            "seq": self.seq,
            "field": self.field,
            "weight": self.weight.value,
            "zh": self.zh,
            "en": self.en,
        }


def in_log(
    code: str,
    field: str,
    zh: str,
    en: str,
    *,
    stream: str = "",
    seq: int = -1,
    weight: Weight = Weight.BREAK,
) -> Finding:
    """What level 2 finds in the log and its checkpoints."""
    return Finding(
        code=code, level=2, stream=stream, seq=seq, field=field, zh=zh, en=en, weight=weight
    )
