"""The page of patterns holds the files that are played, and what the loader really says."""

from __future__ import annotations

import re

import pytest

from commands.files import check_texts
from engine.errors import DefinitionProblems
from tests.conftest import ROOT
from tests.docs.script import blocks
from tests.patterns.test_patterns import FILES, FOLDER, FORM, HELPERS, REFUSED, texts

PAGES = (("patterns.md", "en"), ("patterns.zh-CN.md", "zh"))
WORDS = {"en": ("runs", "refused"), "zh": ("能跑", "拒绝")}


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


@pytest.mark.parametrize(("page", "language"), PAGES)
def test_the_examples_on_the_page_are_the_files(page: str, language: str) -> None:
    shown = {one.target: one.text for one in blocks(text(page)) if one.mark == "pattern"}
    names = (FORM, *HELPERS, *FILES)
    assert tuple(shown) == names
    assert shown == {name: (FOLDER / f"{name}.yaml").read_text("utf-8") for name in names}


@pytest.mark.parametrize(("page", "language"), PAGES)
def test_the_table_says_which_run(page: str, language: str) -> None:
    rows = re.findall(r"^\| WCP-(\d+) \|.*\| (\S+) \|$", text(page), re.MULTILINE)
    runs, refused = WORDS[language]
    assert rows == [(str(int(name[:2])), refused if name in REFUSED else runs) for name in FILES]


@pytest.mark.parametrize(("page", "language"), PAGES)
@pytest.mark.parametrize("name", REFUSED)
def test_the_page_quotes_the_loader(name: str, page: str, language: str) -> None:
    with pytest.raises(DefinitionProblems) as refused:
        check_texts(texts(name))
    section = text(page).split(f"<!-- pattern: {name} -->")[1].split("\n## ")[0]
    said = "\n".join(one.show(language) for one in refused.value.problems)
    assert f"```\n{said}\n```" in section


def test_both_pages_have_the_same_sections() -> None:
    numbers = [re.findall(r"^## WCP-(\d+) ", text(page), re.MULTILINE) for page, _ in PAGES]
    assert numbers[0] == numbers[1] == [str(int(name[:2])) for name in FILES]
