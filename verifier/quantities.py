"""Quantities, moments and lists as events and derived tables write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from verifier.canonical import Flaw, Json

# Without exponents, which could ask for a number of any length.
DIGITS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def decimal_in(event: Mapping[str, Json], field: str = "quantity") -> Decimal:
    """A quantity of an event. Raises `Flaw`."""
    value = event.get(field)
    match value:
        case {"$": "decimal", "is": str(digits)} if DIGITS.fullmatch(digits):
            return Decimal(digits)
        case int():
            return Decimal(value)
    raise Flaw("数量写法不对", "a quantity is ill-formed")


def number(value: Decimal) -> str:
    """A quantity as it is compared: without zeros at the end."""
    return format(value.normalize(), "f")


def listed(several: tuple[str, ...]) -> str:
    """A list as the tables write it."""
    return json.dumps(several, ensure_ascii=False)


def written(value: Json) -> str:
    """An object as the tables write it: the names in order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def moment(told: str) -> datetime:
    """An instant with its offset, in UTC. Raises `Flaw` where it has none."""
    at = datetime.fromisoformat(told)
    if at.tzinfo is None:
        raise Flaw("时间没有时区", "a moment has no offset")
    return at.astimezone(UTC)


def stamp(told: str) -> str:
    """An instant to the millisecond, as the tables write those of cases."""
    at = moment(told)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def exact(value: Json) -> str:
    """A tagged instant to the microsecond, as the tables write those of diaries. Raises `Flaw`."""
    match value:
        case {"$": "datetime", "is": str(told)}:
            return moment(told).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    raise Flaw("时间写法不对", "a moment is ill-formed")
