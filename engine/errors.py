"""Everything that can go wrong, as one tree.

Rules that say no are not here: a `Refusal` is a result (kernel/decide.py) and a record.
A class docstring is the default sentence; what happened travels in fields.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.meant import meant
from engine.text import Text, say

LISTED = 40  # names a person would still read through


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where something was written: file as the user named it, line and column from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in what an owner wrote: where, what, and what to do about it."""

    source: Source
    what: Text
    remedy: Text | None = None

    def show(self, language: str = "zh") -> str:
        sentence = f"{self.source}: {self.what.show(language)}"
        return f"{sentence} — {self.remedy.show(language)}" if self.remedy else sentence

    def __str__(self) -> str:
        return self.show()


class GuichengError(Exception):
    """出现错误"""

    exit_code = 1

    def __init__(self, text: Text | None = None) -> None:
        self.text = text or say(type(self).__doc__ or "出现错误")
        super().__init__(str(self.text))


class DefinitionProblems(GuichengError):
    """定义有问题"""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.source))
        super().__init__(say("问题共 {count} 处", count=len(self.problems)))


class UsageError(GuichengError):
    """用法不对"""

    exit_code = 2


class UnknownName(UsageError):
    """没有这个名称"""

    def __init__(self, kind: Text, name: str, known: Iterable[str] = ()) -> None:
        names = tuple(dict.fromkeys(known))
        close = meant(name, names)
        hint = say(";是否想写“{name}”?", name=close) if close else say("")
        if close is None and 0 < len(names) <= LISTED:
            hint = say(";可用:{names}", names=names)
        super().__init__(say("没有这个{kind}:“{name}”{hint}", kind=kind, name=name, hint=hint))


class CalendarUnknown(GuichengError):
    """工作日历没有这一年"""

    def __init__(self, year: int, known: str) -> None:
        self.year = year
        super().__init__(
            say("工作日历没有 {year} 年的安排(已知 {known}),时限无法计算", year=year, known=known)
        )


class StoreConflict(GuichengError):
    """办理期间记录有变动,已重试多次仍未成功,请稍后再办"""


class EvidenceError(GuichengError):
    """证据不成立"""


class RolledBack(EvidenceError):
    """库不是本机核验过的那一个的延续"""

    def __init__(self, why: Text) -> None:
        self.why = why
        super().__init__(say("{why} [E_ROLLBACK]", why=why))


class KeyLocked(GuichengError):
    """签名钥匙未解锁,请先 login"""
