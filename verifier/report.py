"""What a verification comes to: findings, a verdict, and what is not proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verifier.bundle import Scope
from verifier.canonical import Json
from verifier.findings import Finding, Weight, one_line
from verifier.tokens import Proven

VALID, TAMPERED, USAGE, NOT_PROVEN = 0, 1, 2, 3
_VERDICTS: Mapping[int, tuple[str, str, str]] = {
    VALID: ("valid", "成立", "valid"),
    TAMPERED: ("tampered", "被篡改", "tampered"),
    NOT_PROVEN: ("not proven", "未能证明", "not proven"),
}
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Something this verification does not prove."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome. `records` are in the bundle, `covered` by its checkpoint, `size` in that."""

    origin: str
    suite: str
    scope: Scope
    level: int
    size: int
    records: int
    covered: int
    findings: tuple[Finding, ...]
    redacted: tuple[tuple[str, int, str], ...]
    stamped: tuple[Proven, ...]
    limits: tuple[Limit, ...]
    is_anchored: bool  # compared with a trusted key and a checkpoint from outside

    @property
    def exit(self) -> int:
        weights = {one.weight for one in self.findings}
        if Weight.BREAK in weights:
            return TAMPERED
        return VALID if self.is_anchored and Weight.GAP not in weights else NOT_PROVEN

    @property
    def verdict(self) -> str:
        return _VERDICTS[self.exit][0]

    @property
    def first(self) -> Finding | None:
        """The first break, or else the first gap; doubts never decide."""
        for weight in (Weight.BREAK, Weight.GAP):
            for one in self.findings:
                if one.weight is weight:
                    return one
        return None

    def dump(self) -> dict[str, Json]:
        first = self.first
        return {
            "verdict": self.verdict,
            "exit": self.exit,
            "origin": self.origin,
            "suite": self.suite,
            "scope": self.scope.kind,
            "level": self.level,
            "size": self.size,
            "records": self.records,
            "covered": self.covered,
            "first": first.dump() if first else None,
            "findings": [one.dump() for one in self.findings],
            "redacted": [
                {"stream": stream, "seq": seq, "path": path} for stream, seq, path in self.redacted
            ],
            "stamped": [one.dump() for one in self.stamped],
            "limits": [{"zh": one.zh, "en": one.en} for one in self.limits],
        }

    def show(self, language: str) -> str:
        """The report for people, several lines."""
        is_zh = language == "zh"
        lines = [one.show(language) for one in self.findings[:MOST_SHOWN]]
        if len(self.findings) > MOST_SHOWN:
            more = len(self.findings) - MOST_SHOWN
            lines.append(f"……另有 {more} 处" if is_zh else f"… and {more} more")
        for stream, seq, path in self.redacted:
            said = "已依记录涂销" if is_zh else "redacted on record"
            lines.append(one_line(f"{stream} #{seq} {path}: {said}"))
        lines += [one.show(language) for one in self.stamped]
        name = _VERDICTS[self.exit][1 if is_zh else 2]
        if is_zh:
            told = f"{self.records} 条记录,检查点覆盖 {self.covered} 条;{self.suite}"
            lines += [f"结论:{name}({told})", one_line(self._of_what(is_zh)), "未证明的:"]
        else:
            told = f"{self.records} records, {self.covered} under the checkpoint; {self.suite}"
            lines += [f"Verdict: {name} ({told})", one_line(self._of_what(is_zh)), "Not proven:"]
        lines += [f"- {one.zh if is_zh else one.en}" for one in self.limits]
        return "\n".join(lines)

    def _of_what(self, is_zh: bool) -> str:
        one = self.scope
        if one.kind == "case":
            told = f"案件 {one.number}" if is_zh else f"case {one.number}"
        elif one.kind == "period":
            told = f"{one.since} – {one.until}"
        else:
            told = "整库" if is_zh else "the whole store"
        return f"来源:{self.origin};{told}" if is_zh else f"Origin: {self.origin}; {told}"
