"""The published JSON Schema and the loader accept the same keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.language import keys
from engine.language.form_loader import FIELD_KEYS, FORM_KEYS, GROUP_KEYS
from engine.language.loader import plain_data
from engine.language.reader import read
from engine.language.schema import form_schema, process_schema
from engine.language.state_loader import RESULTS
from tests.conftest import ROOT

FILES = [*sorted((ROOT / "processes").glob("*.yaml")), *sorted((ROOT / "forms").glob("*.yaml"))]
HERE = ROOT / "engine/language"


@pytest.mark.parametrize("kind", ["process", "form"])
def test_the_committed_schema_is_the_loaders(kind: str) -> None:
    made = process_schema() if kind == "process" else form_schema()
    assert json.loads((HERE / f"{kind}.schema.json").read_text("utf-8")) == made
    Draft202012Validator.check_schema(made)  # type: ignore[arg-type]


def key_sets(schema: object) -> Iterator[frozenset[str]]:
    """The keys of every object a schema describes."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield frozenset(schema["properties"])
        for inner in schema.values():
            yield from key_sets(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from key_sets(inner)


ENTRIES = {
    frozenset((verb, *optional, *compulsory))
    for verb, (optional, compulsory) in (
        keys.BOOK_ENTRIES | keys.BOOKING_ENTRIES | keys.WORK_ENTRIES
    ).items()
} | {frozenset((*optional, *compulsory)) for optional, compulsory in keys.EVERYDAY.values()}
ENTRIES |= {
    frozenset(("amend", "each", "when", *end, *optional, *compulsory))
    for end, several in (((), keys.AMEND_ENTRIES), (("end",), keys.AMEND_END_ENTRIES))
    for optional, compulsory in several.values()
}
SETS = [name for name in vars(keys) if name.isupper() and not name.endswith("_ENTRIES")]


@pytest.mark.parametrize("name", SETS)
def test_what_the_loader_accepts_the_schema_describes(name: str) -> None:
    if name == "ACTION":
        name = "CASE_ACTION"  # the schema leaves it to the loader where `from` belongs
    assert frozenset(getattr(keys, name)) in set(key_sets(process_schema()))


def test_what_the_schema_describes_the_loader_accepts() -> None:
    known = {frozenset(getattr(keys, name)) for name in SETS}
    assert set(key_sets(process_schema())) <= known | ENTRIES


def test_every_entry_in_a_book_or_diary_and_everyday_action_is_described() -> None:
    assert set(key_sets(process_schema())) >= ENTRIES


def test_the_form_schema_has_the_keys_of_the_loader() -> None:
    forms = {frozenset(FORM_KEYS), frozenset(FIELD_KEYS), frozenset(GROUP_KEYS)}
    assert set(key_sets(form_schema())) == forms


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_offices_own_files_are_valid(path: Path) -> None:
    node, problems = read(path.read_text("utf-8"), path.name)
    assert problems == []
    assert node is not None
    kind = "process" if path.parent.name == "processes" else "form"
    schema = json.loads((HERE / f"{kind}.schema.json").read_text("utf-8"))
    errors = Draft202012Validator(schema).iter_errors(plain_data(node))
    assert [error.message for error in errors] == []


def test_a_misspelt_key_is_invalid() -> None:
    wrong = {"process": "甲", "number": "x", "form": "f", "roles": {}, "start": "s", "stats": {}}
    assert list(Draft202012Validator(process_schema()).iter_errors(wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("word", [True, *RESULTS])
def test_an_end_is_one_of_the_words_the_loader_reads(word: object) -> None:
    told = json.loads((HERE / "process.schema.json").read_text("utf-8"))
    final = Draft202012Validator(told["$defs"]["state"]["properties"]["final"])
    assert final.is_valid(word)
    assert not final.is_valid(f"{word}了")
