"""Writes the JSON Schemas anew after a change of keywords: python -m tests.language.write_schema"""

from __future__ import annotations

import json

from engine.language.schema import form_schema, process_schema
from tests.conftest import ROOT

if __name__ == "__main__":
    for kind, made in (("process", process_schema()), ("form", form_schema())):
        path = ROOT / f"engine/language/{kind}.schema.json"
        path.write_text(json.dumps(made, ensure_ascii=False, indent=2) + "\n", "utf-8")
