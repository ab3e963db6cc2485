"""A definition as plain JSON: what was understood, without where it was written.

Its digest is pinned beside the digest of the text, so that two readings of one text
cannot differ unseen (evidence-spec.md, field `def.model`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

from engine.errors import Source
from engine.language.expressions import Expression

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]


def dump_definition(part: object) -> Json:
    """Any part of a definition as JSON; sources and private caches are left out."""
    match part:
        case None | bool() | int() | str():
            return part
        case Decimal():
            return format(part, "f")
        case date() | time():
            return part.isoformat()
        case ZoneInfo():
            return part.key
        case timedelta():
            return int(part.total_seconds())
        case Enum():
            return dump_definition(part.value)
        case Expression():
            return part.text
        case tuple() | list():
            return [dump_definition(one) for one in part]
        case frozenset():
            return sorted((dump_definition(one) for one in part), key=str)
        case Mapping():
            return {str(name): dump_definition(one) for name, one in part.items()}
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return {
            field.name: dump_definition(getattr(part, field.name))
            for field in dataclasses.fields(part)
            if not field.name.startswith("_") and not isinstance(getattr(part, field.name), Source)
        }
    raise TypeError(f"not part of a definition: {part!r}")
