"""What was probably meant by a word that is not known: a word for the same thing, or a slip.

A suggestion nobody meant is worse than none: a word in Latin letters has to be nearly right,
or the beginning of one; Chinese names are short, and half of one says enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

LATIN, CHINESE = 0.7, 0.4
SHORTEST: Final = 3  # letters of a beginning

# what people say → what it is called here, in commands and in files; the first that is known
SAME: Mapping[str, Sequence[str]] = {
    "act": ("do",),
    "approve": ("do",),
    "assignee": ("who",),
    "buttons": ("actions",),
    "calendar": ("bookings",),
    "chart": ("diagram",),
    "comment": ("reason",),
    "condition": ("when",),
    "deadline": ("due", "by"),
    "description": ("help",),
    "draw": ("diagram",),
    "else": ("otherwise",),
    "file": ("start",),
    "forward": ("transfer",),
    "goto": ("to",),
    "graph": ("diagram",),
    "guard": ("when",),
    "if": ("when",),
    "inbox": ("todo",),
    "label": ("en",),
    "limit": ("max",),
    "list": ("todo",),
    "log": ("history",),
    "mandatory": ("required", "require"),
    "new": ("start",),
    "next": ("to",),
    "on": ("actions",),
    "open": ("start",),
    "options": ("choices",),
    "people": ("roster",),
    "picture": ("diagram",),
    "remind": ("urge",),
    "role": ("who",),
    "run": ("test",),
    "status": ("show",),
    "steps": ("states",),
    "stock": ("ledger",),
    "target": ("to",),
    "tasks": ("todo",),
    "transitions": ("actions",),
    "undo": ("withdraw",),
    "validate": ("check",),
    "values": ("choices",),
    "verify": ("audit",),
    "view": ("show",),
}


def meant(word: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, if any can be told."""
    names = list(known)
    for name in SAME.get(word.lower(), ()):
        if name in names:
            return name
    if not word.isascii():
        return next(iter(get_close_matches(word, names, n=1, cutoff=CHINESE)), None)
    close = get_close_matches(word, names, n=1, cutoff=LATIN)
    if close:
        return close[0]
    begun = [name for name in names if len(word) >= SHORTEST and name.startswith(word)]
    return begun[0] if len(begun) == 1 else None
