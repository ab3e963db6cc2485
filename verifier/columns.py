"""The derived tables and their columns, as evidence-spec.md §12.2 lists them."""

from __future__ import annotations

from collections.abc import Mapping

# what level 5 holds against the events, in this order
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "head": ("stream", "seq", "digest"),
    "case_row": (
        *("id", "number", "process", "definition", "initiator", "department", "parent", "period"),
        *("configuration", "opened_at", "closed_at", "result", "suspended"),
    ),
    "member": ("case_id", "member"),
    "task_row": ("case_id", "task", "state", "role", "claimed_by", "offered_at"),
    "offer": ("case_id", "task", "person"),
    "timer_row": ("case_id", "timer", "kind", "state", "action", "due", "stopped"),
    "act_row": (
        *("case_id", "n", "actor", "principal", "state", "action", "role", "duties", "at"),
    ),
    "copy_row": ("case_id", "person", "sender", "at"),
    "person_row": ("id", "name"),
    "stand_in": ("principal", "person", "process", "since", "until"),
    "pending": ("case_id", "request", "kind", "target", "action", "initiator", "content"),
    "value_row": ("case_id", "field", "text"),
    "posting": (
        *("position", "n", "book", "serial", "item", "kind", "lot", "quantity", "cost"),
        *("balance", "balance_amount", "owner", "of", "holders", "details", "at", "actor"),
        "state",
    ),
    "lot": ("book", "item", "lot", "rank", "quantity", "cost", "details"),
    "hold": ("book", "item", "owner", "rank", "quantity", "holders"),
    "card": ("book", "item", "version"),
    "freeze": ("book", "since", "owner", "until"),
    "occupation": ("diary", "thing", "owner", "begins", "ends", "case_id"),
    "page": ("diary", "thing", "version"),
}
# what follows from a procedure's own words or from the clock of the office, and is not judged
UNJUDGED: Mapping[str, tuple[str, ...]] = {
    "case_row": ("title",),
    "task_row": ("due", "soon", "stopped"),
    "posting": ("day",),
    "hold": ("day",),
    "occupation": ("from_", "until", "provisional"),
}
KNOWN: Mapping[str, frozenset[str]] = {
    name: frozenset((*columns, *UNJUDGED.get(name, ()))) for name, columns in COLUMNS.items()
}
NUMBERS = frozenset(("quantity", "cost", "balance", "balance_amount"))  # written as text
