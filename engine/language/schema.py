"""JSON Schemas for editors, built from the very keys the loader accepts."""

from __future__ import annotations

from engine.language import form_loader, keys
from engine.language.state_loader import RESULTS

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


def _list(inner: Json) -> Json:
    return {"type": "array", "items": inner}


def _or_text(inner: Json) -> Json:
    return {"anyOf": [{"type": ["string", "number", "boolean"]}, inner]}


def _limited(names: tuple[str, ...], required: tuple[str, ...]) -> Json:
    """`true`, or its limits; where something is compulsory only these."""
    limits = _closed(names, required)
    return limits if required else _or_text(limits)


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def process_schema() -> Json:
    """The schema of a process file."""
    words: Json = {"anyOf": [{"type": "string"}, {"type": "array"}]}
    arms: Json = {"type": "array", "items": _closed(keys.ARM)}
    due = _closed(keys.DUE)
    slot = _or_text(_closed(keys.SLOT, ("who",)))
    rule = _closed(keys.RULE, ("that",))
    required: Json = _list(_or_text(_closed(keys.REQUIRED, ("field",))))
    items: Json = _list(_or_text(_closed(keys.ITEM, ("item",))))
    split = _closed(keys.SPLIT, keys.SPLIT)
    assert isinstance(split, dict)
    split["additionalProperties"] = _closed(
        keys.PART, ("when",), start=_closed(keys.PART_START, ("process",))
    )
    entries = [
        _closed((verb, *optional, *compulsory), (verb, *compulsory))
        for verb, (optional, compulsory) in (keys.BOOK_ENTRIES | keys.BOOKING_ENTRIES).items()
    ]
    entries += [
        _closed((word, *optional, *compulsory), (word, *compulsory))
        for word, (optional, compulsory) in keys.WORK_ENTRIES.items()
    ]
    entries += [
        _closed(
            ("amend", "each", "when", *end, *optional, *compulsory),
            ("amend", *end, *compulsory),
            amend={"const": change},
        )
        for end, several in (((), keys.AMEND_ENTRIES), (("end",), keys.AMEND_END_ENTRIES))
        for change, (optional, compulsory) in several.items()
    ]
    state = _closed(
        keys.STATE,
        final={"enum": [True, *RESULTS]},
        who=slot,
        sign=_or_text(
            _closed(
                keys.SIGN,
                ("who",),
                who={"anyOf": [slot, {"type": "array", "items": slot}]},
                vote=_closed(keys.VOTE, ("yes", "no", "pass", "to", "otherwise")),
            )
        ),
        due={"anyOf": [{"type": "string"}, due, {"type": "array", "items": due}]},
        basis=_or_text(_closed(keys.BASIS, ("clause",))),
        require=required,
        checklist={"anyOf": [items, _closed(keys.CHECKLIST, ("items",), items=items)]},
        parallel=_named(_ref("state")),
        states=_named(_ref("state")),
        actions=_named(_ref("action")),
        split=split,
        entry=_list({"anyOf": [_closed(keys.EFFECT), *entries]}),
    )
    given: dict[str, Json] = {
        "to": {"anyOf": [{"type": "string"}, arms]},
        "who": slot,
        "at": _or_text(due),
        "need": {"anyOf": [{"type": "string"}, _list(_or_text(rule))]},
        "require": required,
        "start": _closed(keys.START, ("process",)),
        "tell": _closed(keys.TELL, keys.TELL),
        "post": {"anyOf": [*entries, {"type": "array", "items": {"anyOf": entries}}]},
    }
    action: Json = {"anyOf": [{"type": "string"}, arms, _closed(keys.CASE_ACTION, (), **given)]}
    balance = _closed(keys.BALANCE)
    assert isinstance(balance, dict)
    balance["additionalProperties"] = {"type": ["string", "number"]}
    outcome = _closed(keys.OUTCOME)
    step = _closed(keys.STEP, then={"anyOf": [outcome, _list(outcome)]})
    top = _closed(
        keys.PROCESS,
        ("process", "number", "form", "roles", "start", "states"),
        form=words,
        basis=_or_text(_closed(keys.BASIS, ("clause",))),
        roles=_named(_or_text(_closed(keys.ROLE))),
        duties=_named({"anyOf": [words, _closed(keys.DUTY)]}),
        apart=_list({"anyOf": [words, _closed(keys.APART)]}),
        rules=_named(rule),
        balance={"anyOf": [balance, _list(balance)]},
        tables=_named(_list(_closed(keys.TABLE_ROW))),
        every=_closed(keys.EVERY, ("initiator",), carry=_closed(keys.CARRY)),
        gather=_closed(keys.GATHER, ("from", "at", "key", "into", "take", "until")),
        children=_named(_closed(keys.CHILD)),
        opened_by=slot,
        states=_named(_ref("state")),
        actions=_named(_ref("action")),
        everyday=_closed(
            tuple(keys.EVERYDAY),
            (),
            **{
                word: _limited((*optional, *compulsory), compulsory)
                for word, (optional, compulsory) in keys.EVERYDAY.items()
            },
        ),
        examples=_list(_closed(keys.EXAMPLE, ("name", "do"), do=_list(step))),
    )
    assert isinstance(top, dict)
    return {"$schema": DIALECT, **top, "$defs": {"state": state, "action": action}}


def form_schema() -> Json:
    """The schema of a form file."""
    field: Json = {
        "anyOf": [
            {"type": "string"},
            _closed(
                form_loader.FIELD_KEYS,
                ("type",),
                columns=_named(_ref("field")),
                group=_closed(form_loader.GROUP_KEYS, form_loader.GROUP_KEYS),
            ),
        ]
    }
    top = _closed(form_loader.FORM_KEYS, ("form", "fields"), fields=_named(_ref("field")))
    assert isinstance(top, dict)
    return {"$schema": DIALECT, **top, "$defs": {"field": field}}
