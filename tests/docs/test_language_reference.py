"""The reference names every word of the language, in both languages, and its snippets are real."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from commands.files import check_texts
from engine.language import keys
from engine.language import types as t
from engine.language.checking import FUNCTION_NAMES
from engine.language.diary import DIARY_KEYS
from engine.language.form_loader import FIELD_KEYS, FORM_KEYS, GROUP_KEYS
from engine.language.forms import FieldType
from engine.language.params import BOOK_KEYS
from engine.language.reader import read
from engine.language.scope import functions
from engine.rehearsal.player import Player
from tests.conftest import ROOT, open_office, sample_texts
from tests.docs.script import blocks

PAGES = ("language.md", "language.zh-CN.md")
WORDS = {
    *(word for name, words in vars(keys).items() if name.isupper() for word in words),
    *(
        word
        for entries in (keys.BOOK_ENTRIES, keys.BOOKING_ENTRIES)
        for several in entries.values()
        for words in several
        for word in words
    ),
    *BOOK_KEYS,
    *DIARY_KEYS,
    *FORM_KEYS,
    *FIELD_KEYS,
    *GROUP_KEYS,
    *(one.value for one in FieldType),
}
FUNCTIONS = {*FUNCTION_NAMES, *functions(t.ANY)}


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


def snippets(page: str) -> list[str]:
    return [one.text for one in blocks(text(page)) if one.kind == "yaml"]


@pytest.mark.parametrize("page", PAGES)
def test_every_word_and_every_function_is_named(page: str) -> None:
    quoted = set(re.findall(r"`([^`]+)`", text(page).replace("```", "")))
    assert (WORDS | FUNCTIONS) - quoted == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_snippet_is_yaml_of_this_language(page: str) -> None:
    for snippet in snippets(page):
        assert [str(one) for one in read(snippet, page)[1]] == []


def test_the_first_procedure_loads_and_its_example_comes_true() -> None:
    form, process = snippets(PAGES[0])[:2]
    (examples,) = [one for one in snippets(PAGES[0]) if one.startswith("examples:")]
    texts = replace(
        sample_texts("无"),
        forms={"请示单": (form, "forms/请示单.yaml")},
        processes={"请示": (f"{process}\n{examples}", "processes/请示.yaml")},
    )
    (definition,) = check_texts(texts).definitions
    played = Player(open_office(texts=texts), definition.name).play(definition.examples[0].steps)
    assert [miss.show() for miss in played.misses] == []
    assert played.steps == 6


def test_both_languages_say_the_same() -> None:
    english, chinese = map(text, PAGES)
    assert snippets(PAGES[0]) == snippets(PAGES[1])
    for sign in ("\n#", "\n| `"):
        assert english.count(sign) == chinese.count(sign)
