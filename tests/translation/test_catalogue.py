"""Every sentence a person may read has an English one, saying the same with the same fields."""

from __future__ import annotations

import ast
import gettext
import string

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.conftest import ROOT
from tests.translation.extract import IDEOGRAPH, sentences

FOLDER = ROOT / "engine" / "locale" / "en" / "LC_MESSAGES"
NAMES = {"会务服务保障", "林岚", "提交"}  # names of the sample office stay as they are


def spoken() -> dict[str, str]:
    """Every sentence of the source, with one place where it is said."""
    return {
        text: f"{path.relative_to(ROOT)}:{line}"
        for folder in ("engine", "commands")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in sentences(ast.parse(path.read_text("utf-8")))
    }


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (FOLDER / "guicheng.po").open("rb") as file:
        return read_po(file, locale="en")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_sentence_has_its_english(catalogue: Catalog) -> None:
    known = {str(one.id) for one in catalogue if one.id and one.string}
    assert {text: place for text, place in spoken().items() if text not in known} == {}


def test_no_translation_outlives_its_sentence(catalogue: Catalog) -> None:
    said = spoken()
    assert [one.id for one in catalogue if one.id and one.id not in said] == []


def test_a_translation_has_the_fields_of_its_sentence_and_no_chinese(catalogue: Catalog) -> None:
    for one in catalogue:
        if not one.id or one.id in NAMES:
            continue
        assert fields(str(one.id)) == fields(str(one.string)), one.id
        rest = str(one.string)
        for word in ("江州市发展研究局", "填写", "勾选", "签收", "退还", "是", "否", "：", "（"):
            rest = rest.replace(word, "")
        assert not IDEOGRAPH.search(rest), one.string


def test_the_compiled_catalogue_is_the_written_one(catalogue: Catalog) -> None:
    with (FOLDER / "guicheng.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {one.id: compiled.gettext(str(one.id)) for one in catalogue if one.id} == {
        one.id: one.string for one in catalogue if one.id
    }
