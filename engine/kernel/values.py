"""Values as JSON that explains itself.

Text, whole numbers, booleans and nothing are themselves; everything else is a small
object tagged "$", so that a record can be read back without the form it was filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from engine.errors import EvidenceError
from engine.language.forms import Attachment, Value
from engine.text import say

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]


def dump_value(value: Value) -> Json:
    """A value as JSON; datetimes keep their offset, decimals all their digits."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return {"$": "decimal", "is": format(value, "f")}
        case datetime():
            return {"$": "datetime", "is": value.isoformat()}
        case date():
            return {"$": "date", "is": value.isoformat()}
        case Attachment():
            return {"$": "file", "name": value.name, "size": value.size, "is": value.digest}
        case tuple():
            return [
                _dump_row(part) if isinstance(part, Mapping) else dump_value(part) for part in value
            ]
    raise TypeError(f"not a value: {value!r}")


def load_value(dumped: Json) -> Value:
    """The value that `dump_value` wrote; anything else is an `EvidenceError`."""
    match dumped:
        case None | bool() | int() | str():
            return dumped
        case list():
            return tuple(_load_part(part) for part in dumped)  # type: ignore[return-value]
        case {"$": "decimal", "is": str(digits)}:
            return Decimal(digits)
        case {"$": "datetime", "is": str(moment)}:
            return datetime.fromisoformat(moment)
        case {"$": "date", "is": str(day)}:
            return date.fromisoformat(day)
        case {"$": "file", "name": str(name), "size": int(size), "is": str(digest)}:
            return Attachment(name=name, size=size, digest=digest)
    raise EvidenceError(say("记录中有无法识别的值:{value}", value=str(dumped)[:80]))


def _dump_row(row: Mapping[str, Value]) -> Json:
    return {"$": "row", "is": {name: dump_value(value) for name, value in row.items()}}


def _load_part(dumped: Json) -> Value | dict[str, Value]:
    if isinstance(dumped, dict) and dumped.get("$") == "row" and isinstance(dumped["is"], dict):
        return {name: load_value(value) for name, value in dumped["is"].items()}
    return load_value(dumped)
