"""Events as the JSON of a record, and back: every kind that was ever written has a name here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from engine.errors import EvidenceError
from engine.kernel import events, office_events
from engine.kernel.events import Event, Part
from engine.kernel.values import Json, dump_value, load_value
from engine.text import say

VOCABULARY: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for told in (events, office_events)
    for kind in vars(told).values()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
}


def dump_event(event: Event) -> dict[str, Json]:
    """The event as JSON: its name, its version, and its fields (values.py)."""
    dumped: dict[str, Json] = {"event": type(event).__name__, "version": event.version}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name in event.parts:
            dumped[field.name] = [
                {one.name: getattr(part, one.name) for one in fields(part)} for part in value
            ]
        elif field.name in event.plain:
            dumped[field.name] = value
        elif isinstance(value, Mapping):
            dumped[field.name] = {name: dump_value(inner) for name, inner in value.items()}
        else:
            dumped[field.name] = dump_value(value)
    return dumped


def load_event(dumped: Mapping[str, Json]) -> Event:
    """The event a record holds; an unknown name or version is an `EvidenceError`, and so are
    fields missing or too many.
    """
    kind = VOCABULARY.get(str(dumped.get("event")))
    if kind is None or dumped.get("version") != kind.version:
        raise EvidenceError(
            say(
                "记录中有本版本不认识的事件“{event}”第 {version} 版",
                event=str(dumped.get("event")),
                version=str(dumped.get("version")),
            )
        )
    if set(dumped) != {"event", "version", *(field.name for field in fields(kind))}:
        text = say("记录中的事件“{event}”字段不全或有多余", event=str(dumped["event"]))
        raise EvidenceError(text)
    loaded: dict[str, object] = {}
    for field in fields(kind):
        value = dumped[field.name]
        if field.name in kind.parts:
            loaded[field.name] = _load_parts(kind.parts[field.name], value)
        elif field.name in kind.plain:
            loaded[field.name] = value
        elif isinstance(value, dict) and "$" not in value:
            loaded[field.name] = {name: load_value(inner) for name, inner in value.items()}
        else:
            loaded[field.name] = load_value(value)
    return kind(**loaded)


def _load_parts(kind: type[Part], value: Json) -> tuple[Part, ...]:
    names = {field.name for field in fields(kind)}
    lines = value if isinstance(value, list) else [value]
    parts = []
    for line in lines:
        if not isinstance(line, dict) or set(line) != names:
            raise EvidenceError(say("记录中有无法识别的值:{value}", value=str(line)[:80]))
        parts.append(kind(**line))
    return tuple(parts)
