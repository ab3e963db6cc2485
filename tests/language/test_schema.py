"""The published JSON Schema and the loader accept the same keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.language import keys
from engine.language.form_loader import FIELD_KEYS, FORM_KEYS
from engine.language.loader import plain_data
from engine.language.reader import read
from engine.language.schema import form_schema, process_schema
from tests.conftest import ROOT

FILES = [*sorted((ROOT / "processes").glob("*.yaml")), *sorted((ROOT / "forms").glob("*.yaml"))]
HERE = ROOT / "engine/language"


@pytest.mark.parametrize("kind", ["process", "form"])
def test_the_committed_schema_is_the_loaders(kind: str) -> None:
    made = process_schema() if kind == "process" else form_schema()
    assert json.loads((HERE / f"{kind}.schema.json").read_text("utf-8")) == made
    Draft202012Validator.check_schema(made)  # type: ignore[arg-type]


def test_the_keys_are_the_same() -> None:
    process, form = process_schema(), form_schema()
    assert set(process["properties"]) == set(keys.PROCESS)  # type: ignore[index, call-overload]
    assert set(process["$defs"]["state"]["properties"]) == set(keys.STATE)  # type: ignore[index, call-overload]
    assert set(process["$defs"]["action"]["anyOf"][2]["properties"]) == set(keys.CASE_ACTION)  # type: ignore[index, call-overload]
    assert set(form["properties"]) == set(FORM_KEYS)  # type: ignore[index, call-overload]
    assert set(form["$defs"]["field"]["anyOf"][1]["properties"]) == set(FIELD_KEYS)  # type: ignore[index, call-overload]


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
