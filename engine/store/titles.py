"""What a case is called beside its number: its process's `title`, filled with its values.

The template is read from the published text itself, so that a title is the same however
often the tables are made anew.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from sqlalchemy import Connection, select

from engine.kernel.case import Case
from engine.language.reader import Mapping_, Scalar, read
from engine.store.tables import ObjectRow, columns

NAME = re.compile(r"\{([^{}]*)\}")
LONGEST = 80
PROCESS = "process"  # the kind under which a published process is kept


def title_of(connection: Connection, case: Case) -> str:
    """The title with what is filled in so far, in one line; "" if the process gives none."""
    column = columns(ObjectRow)
    content = connection.execute(
        select(column.content).where(column.digest == case.definition)
    ).scalar()
    template = _template(content) if content is not None else ""

    def filled(found: re.Match[str]) -> str:
        value = case.values.get(found[1])
        return "" if value is None or isinstance(value, tuple) else str(value)

    return " ".join(NAME.sub(filled, template).split())[:LONGEST]


@lru_cache(maxsize=256)
def _template(content: bytes) -> str:
    """The `title` in a published process; "" if there is none that can be read."""
    try:
        bundle = json.loads(content)
        node, _ = read(str(bundle["process"]), str(bundle["file"]))
    except (ValueError, KeyError, TypeError):
        return ""
    title = node.get("title") if isinstance(node, Mapping_) else None
    return title.text if isinstance(title, Scalar) else ""
