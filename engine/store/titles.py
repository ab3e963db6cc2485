"""What a case is called beside its number: its process's `title`, filled with its values.

The template is read from the published text itself, so that a title is the same however
often the tables are made anew.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from sqlalchemy import Connection

from engine.kernel.case import Case
from engine.language.form_loader import load_form
from engine.language.forms import FieldType
from engine.language.reader import Mapping_, Scalar, read
from engine.store.names import name_of
from engine.store.statements import find
from engine.store.tables import ObjectRow

NAME = re.compile(r"\{([^{}]*)\}")
LONGEST = 80
PROCESS = "process"  # the kind under which a published process is kept


def title_of(connection: Connection, case: Case) -> str:
    """The title with what is filled in so far, in one line; "" if the process gives none."""
    kept = find(connection, ObjectRow, digest=case.definition)
    template, people = _template(kept.content) if kept else ("", frozenset())

    def filled(found: re.Match[str]) -> str:
        value = case.values.get(found[1])
        if value is None or isinstance(value, tuple):
            return ""
        return name_of(connection, str(value)) if found[1] in people else str(value)

    return " ".join(NAME.sub(filled, template).split())[:LONGEST]


@lru_cache(maxsize=256)
def _template(content: bytes) -> tuple[str, frozenset[str]]:
    """The `title` in a published process, "" if there is none that can be read, and which fields
    of its forms are people.
    """
    try:
        bundle = json.loads(content)
        node, _ = read(str(bundle["process"]), str(bundle["file"]))
        forms = [load_form(str(text), str(name))[0] for name, text in bundle["forms"].items()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", frozenset()
    title = node.get("title") if isinstance(node, Mapping_) else None
    people = frozenset(
        field.name
        for form in forms
        if form is not None
        for field in form.fields
        if field.type is FieldType.PERSON
    )
    return title.text if isinstance(title, Scalar) else "", people
