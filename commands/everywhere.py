"""What may be said anywhere on a command line: the language, the workspace, the person."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import islice

from engine.text import LANGUAGES

EVERYWHERE = ("--lang", "--workspace", "--as")


def language() -> str:
    """The language asked for: `--lang`, then GUICHENG_LANG, then the locale."""
    asked = os.environ.get("GUICHENG_LANG", "")
    words = hoist(sys.argv[1:])
    for place, word in enumerate(words):
        if word == "--lang":
            asked = "".join(words[place + 1 : place + 2])
        elif word.startswith("--lang="):
            asked = word.partition("=")[2]
    if asked in LANGUAGES:
        return asked
    return "en" if os.environ.get("LANG", "").startswith("en") else "zh"


def hoist(words: Sequence[str]) -> list[str]:
    """The options of every command, wherever they were typed, before the command's name."""
    first: list[str] = []
    rest: list[str] = []
    place = iter(words)
    for word in place:
        if word == "--":
            return [*first, *rest, word, *place]
        name, sign, _ = word.partition("=")
        target = first if name in EVERYWHERE else rest
        target.append(word)
        if target is first and not sign:
            target += islice(place, 1)
    return first + rest
