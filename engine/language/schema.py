"""JSON Schemas for editors, built from the very keys the loader accepts."""

from __future__ import annotations

from engine.language import form_loader, keys

Json = str | bool | int | list["Json"] | dict[str, "Json"]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _closed(names: tuple[str, ...], required: tuple[str, ...] = (), **known: Json) -> Json:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": {name: known.get(name, True) for name in names},
        "required": list(required),
        "additionalProperties": False,
    }


def _named(inner: Json) -> Json:
    """An object whose keys are the owner's own names."""
    return {"type": "object", "additionalProperties": inner}


def _or_text(inner: Json) -> Json:
    return {"anyOf": [{"type": ["string", "number", "boolean"]}, inner]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def process_schema() -> Json:
    """The schema of a process file."""
    arms: Json = {"type": "array", "items": _closed(keys.ARM)}
    deadlines: Json = {
        "anyOf": [
            {"type": "string"},
            _closed(keys.DUE),
            {"type": "array", "items": _closed(keys.DUE)},
        ]
    }
    state = _closed(
        keys.STATE,
        sign=_or_text(_closed(keys.SIGN, ("who",))),
        due=deadlines,
        parallel=_named(_ref("state")),
        states=_named(_ref("state")),
        actions=_named(_ref("action")),
        entry={"type": "array", "items": _closed(keys.EFFECT)},
    )
    action: Json = {
        "anyOf": [{"type": "string"}, arms, _closed(keys.CASE_ACTION, at=_closed(keys.DUE))]
    }
    step = _closed(keys.STEP)
    top = _closed(
        keys.PROCESS,
        ("process", "number", "form", "roles", "start", "states"),
        roles=_named(_or_text(_closed(keys.ROLE))),
        rules=_named(_closed(keys.RULE, ("that",))),
        every=_closed(keys.EVERY, ("initiator",), carry=_closed(keys.CARRY)),
        gather=_closed(keys.GATHER, ("from", "at", "key", "into", "take", "until")),
        children=_named(_closed(keys.CHILD)),
        states=_named(_ref("state")),
        actions=_named(_ref("action")),
        examples={
            "type": "array",
            "items": _closed(keys.EXAMPLE, ("name", "do"), do={"type": "array", "items": step}),
        },
    )
    assert isinstance(top, dict)
    return {"$schema": DIALECT, **top, "$defs": {"state": state, "action": action}}


def form_schema() -> Json:
    """The schema of a form file."""
    field: Json = {
        "anyOf": [
            {"type": "string"},
            _closed(form_loader.FIELD_KEYS, ("type",), columns=_named(_ref("field"))),
        ]
    }
    top = _closed(form_loader.FORM_KEYS, ("form", "fields"), fields=_named(_ref("field")))
    assert isinstance(top, dict)
    return {"$schema": DIALECT, **top, "$defs": {"field": field}}
