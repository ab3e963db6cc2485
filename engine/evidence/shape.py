"""Reading JSON that must have one exact shape: every step says which field was wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.errors import EvidenceError
from engine.evidence.canonical import Json, find_flaw, is_instant
from engine.text import Text, say

_HASH = re.compile("[0-9a-f]{64}")


class Misshapen(EvidenceError):
    """内容不成样子"""

    def __init__(self, field: str, text: Text) -> None:
        self.field = field
        super().__init__(say("{field}:{text}", field=field or say("全文"), text=text))


def read_object(value: Json, field: str, names: str) -> dict[str, Json]:
    """An object with exactly these fields."""
    got = read_mapping(value, field)
    wanted = names.split()
    for name in wanted:
        if name not in got:
            raise Misshapen(f"{field}.{name}".lstrip("."), say("缺少"))
    for name in got:
        if name not in wanted:
            raise Misshapen(f"{field}.{name}".lstrip("."), say("多余"))
    return got


def read_mapping(value: Json, field: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Misshapen(field, say("应为对象"))
    for name in value:
        read_text(name, field)
    return value


def read_list(value: Json, field: str) -> list[tuple[int, Json]]:
    if not isinstance(value, list):
        raise Misshapen(field, say("应为列表"))
    return list(enumerate(value))


def read_text(value: Json, field: str) -> str:
    if not isinstance(value, str):
        raise Misshapen(field, say("应为文字"))
    flaw = find_flaw(value, free=False)
    if flaw is not None:
        raise Misshapen(field, flaw)
    return value


def read_count(value: Json, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Misshapen(field, say("应为不小于 0 的整数"))
    return value


def read_hash(value: Json, field: str) -> str:
    text = read_text(value, field)
    if not _HASH.fullmatch(text):
        raise Misshapen(field, say("应为 64 位十六进制小写"))
    return text


def read_instant(value: Json, field: str) -> str:
    text = read_text(value, field)
    if not is_instant(text):
        raise Misshapen(field, say("时间写法不对:{time}", time=text[:40]))
    return text


def read_choice(got: Mapping[str, Json], field: str, known: frozenset[str]) -> str:
    text = read_text(got[field], field)
    if text not in known:
        raise Misshapen(field, say("没有这个取值:{value}", value=text[:40]))
    return text
