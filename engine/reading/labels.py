"""Sentences about a procedure in its owner's names: English ones where he gave them.

The engine speaks of fields, states, roles and actions as they are written. Whoever shows such
a sentence knows the procedure, and puts labels in the place of its names; what people are
called or have typed is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from engine.errors import UsageError
from engine.language.definition import DONE, SEPARATOR, ProcessDefinition
from engine.language.forms import Field
from engine.reading.names import BUILT_IN, Names
from engine.text import Label, Text

TYPED = frozenset({"text", "value", "person", "people", "words"})  # never a name of the owner's
ACTED = frozenset({"action", "actions", "possible"})  # where a name is that of an action
ACT = "·"  # before an action's name, for states may be called alike
PLACE = re.compile(r"([^.\[\]]+)(\[\d+\])?(?:\.([^.\[\]]+))?")  # 行[2].数量


def labels(definition: ProcessDefinition) -> Mapping[str, Label]:
    """Every name a procedure gives, with the English one; of two alike the first counts."""
    found: dict[str, Label] = {}
    english = Names(definition, "en")

    def know(name: str, en: str | None) -> None:
        found.setdefault(name, Label(name.removeprefix(ACT), en))

    for field in definition.form.fields:
        know(field.name, field.en)
        for column in field.columns:
            know(f"{field.name}.{column.name}", _dotted(field, column))
    for role in definition.roles:
        know(role.name, role.en)
    for state in definition.walk():
        know(state.path, english.state(state.path).replace(" / ", SEPARATOR))
        know(state.name, state.en)
        for item in state.checklist.items if state.checklist else ():
            know(item.name, item.en)
    for action in definition.all_actions():
        know(action.name, action.en)
        know(ACT + action.name, action.en)
    for field in definition.form.fields:
        for column in field.columns:
            know(column.name, column.en)
    know(definition.name, definition.en)
    for word in (*BUILT_IN, DONE):
        know(word, None)
    return found


def labelled(text: Text, names: Mapping[str, Label]) -> Text:
    """A sentence with labels in the place of the names it speaks of."""
    if not names:
        return text
    acts = {name.removeprefix(ACT): one for name, one in names.items() if name.startswith(ACT)}
    fields = {
        key: value
        if key in TYPED and isinstance(value, str)
        else _label(value, {**names, **acts} if key in ACTED else names)
        for key, value in text.fields.items()
    }
    return replace(text, fields=fields)


@contextmanager
def named_as(definition: ProcessDefinition) -> Iterator[None]:
    """What was typed wrong is told in the names of the procedure it was typed for."""
    try:
        yield
    except UsageError as error:
        error.text = labelled(error.text, labels(definition))
        raise


def _label(value: object, names: Mapping[str, Label]) -> object:
    match value:
        case Text():
            return labelled(value, names)
        case tuple() | list():
            return tuple(_label(one, names) for one in value)
        case str():
            return names.get(value) or _placed(value, names)
    return value


def _placed(value: str, names: Mapping[str, Label]) -> object:
    """The cell of a table, `行[2].数量`, by the names of both."""
    found = PLACE.fullmatch(value)
    if found is None or found[1] not in names or not (found[2] or found[3]):
        return value
    column = names.get(f"{found[1]}.{found[3]}")
    table = names[found[1]].show("en") + (found[2] or "")
    if found[3] is None:
        return Label(value, table)
    return Label(value, f"{table}.{column.show('en').partition('.')[2] if column else found[3]}")


def _dotted(field: Field, column: Field) -> str:
    return f"{field.en or field.name}.{column.en or column.name}"
