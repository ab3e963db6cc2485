"""The code on a printed form: which case, up to which step, and the head of its chain then.

Whoever holds the paper can ask whether the history still is what was printed, or has gone on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import segno

from engine.errors import UsageError
from engine.evidence.record import genesis
from engine.store.store import Store
from engine.text import Text, say

SHOWN = 32  # hex digits of a digest in a code: 128 bits, beyond any search for a second one
LEAST = 16  # as few may be typed
_CODE = re.compile(r"(?P<number>.+)/(?P<seq>0|[1-9][0-9]{0,8})/(?P<digest>[0-9a-f]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A case by number, the step that was its last when printed, the first hex digits of that
    record's digest.
    """

    number: str
    seq: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}/{self.seq}/{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a code comes to: `is_ours` if the case had this record at this step, and the steps
    that have come since, each as (seq, action).
    """

    is_ours: bool
    text: Text
    since: tuple[tuple[int, str], ...] = ()


def code_of(number: str, seq: int, digest: str) -> Code:
    return Code(number=number, seq=seq, digest=digest[:SHOWN])


def load_code(text: str) -> Code:
    """A code as scanned or typed. Errors: `UsageError`."""
    found = _CODE.fullmatch(text.strip())
    if found is None or not LEAST <= len(found["digest"]) <= 64:
        raise UsageError(
            say(
                "“{code}”不是打印件上的校验码(应如 LY-2026-000001/7/ 加至少 {least} 位摘要)",
                code=text.strip()[:60],
                least=LEAST,
            )
        )
    return Code(number=found["number"], seq=int(found["seq"]), digest=found["digest"])


def look_up(store: Store, code: Code) -> Found:
    """Whether a case is as printed. Its chain is followed by its bytes, not by what is copied
    beside them.
    """
    case_id = store.find_case(code.number)
    if case_id is None:
        return Found(is_ours=False, text=say("本单位没有案件 {number}", number=code.number))
    stream = f"case/{case_id}"
    prev, since, is_ours = genesis(store.origin, stream, store.suite), [], False
    for wanted, stored in enumerate(store.records(stream)):
        if stored.seq != wanted or stored.body.prev != prev:
            text = say("{number} 的链在第 {seq} 条断开", number=code.number, seq=wanted)
            return Found(is_ours=False, text=text)
        prev = stored.record.digest
        if wanted == code.seq:
            is_ours = prev.startswith(code.digest)
        elif wanted > code.seq:
            refused = f" [{stored.body.code}]" if stored.body.code else ""
            since.append((wanted, f"{stored.body.act}{refused}"))
    if not is_ours:
        text = say("{number} 第 {seq} 条不是打印时的记录", number=code.number, seq=code.seq)
        return Found(is_ours=False, text=text)
    if not since:
        text = say("与打印时相同:{number} 仍止于第 {seq} 条", number=code.number, seq=code.seq)
        return Found(is_ours=True, text=text)
    first, last = since[0][0], since[-1][0]
    text = say(
        "打印以后又有第 {places} 条:{acts}",
        places=str(first) if first == last else f"{first}–{last}",
        acts=tuple(act for _, act in since),
    )
    return Found(is_ours=True, text=text, since=tuple(since))


def draw_code(code: Code) -> str:
    """The code as a QR code (ISO/IEC 18004), an SVG element of 22 mm."""
    return segno.make(str(code), error="m", micro=False).svg_inline(border=0, omitsize=True)
