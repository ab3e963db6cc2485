"""One sentence in two languages.

The Chinese sentence is the source; it is also the key under which
`engine/locale/en/LC_MESSAGES/guicheng.mo` keeps the English one (GNU gettext).
A sentence travels with its fields, so the language is chosen only where it is shown.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence template with the values it speaks of; `str()` gives the Chinese."""

    template: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def show(self, language: str = "zh") -> str:
        """The sentence in `language` ("zh" or "en"); nested sentences follow."""
        shown = {name: show(value, language) for name, value in self.fields.items()}
        template = translate(self.template, language)
        return template.format_map(shown)

    def __str__(self) -> str:
        return self.show("zh")


@dataclass(frozen=True, slots=True)
class Label:
    """A name an owner gave, with the English one he gave beside it, if he did."""

    name: str
    en: str | None

    def show(self, language: str = "zh") -> str:
        return self.en if language == "en" and self.en else translate(self.name, language)

    def __str__(self) -> str:
        return self.name


def say(template: str, /, **fields: object) -> Text:
    """Build a sentence. The literal given here is what translators see."""
    return Text(template, fields)


def show(value: object, language: str) -> str:
    """Any field of a sentence, as a person reads it."""
    if isinstance(value, Text | Label):
        return value.show(language)
    if isinstance(value, tuple | list | frozenset):
        mark = "、" if language == "zh" else ", "
        parts = [show(part, language) for part in value]
        return mark.join(sorted(parts) if isinstance(value, frozenset) else parts)
    return str(value)


def translate(sentence: str, language: str) -> str:
    """The sentence in `language`; a sentence without a translation stays Chinese."""
    # An empty key would find the catalogue's own header.
    return _catalogue(language).gettext(sentence) if sentence and language != "zh" else sentence


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    folder = Path(__file__).parent / "locale"
    return gettext.translation("guicheng", folder, [language], fallback=True)
