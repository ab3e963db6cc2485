"""The specification is whole in both languages and knows every finding the verifier can make."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tests.docs.script import blocks

NAMES = ("evidence-spec.md", "evidence-spec.zh-CN.md")
PAGES = [(ROOT / "docs" / name).read_text("utf-8") for name in NAMES]
OF_BUNDLES = {  # told by the verifier of bundles alone, §12
    *("E_LOG", "E_MODEL", "E_ROSTER", "E_OPENING", "E_ACTOR"),
    *("E_APART", "E_MOVE", "E_AFTER_END", "E_BUNDLE"),
}
CODE = re.compile(r'"(E_[A-Z_]+)"')


def test_both_languages_specify_the_same() -> None:
    english, chinese = PAGES
    assert [one.text for one in blocks(english)] == [one.text for one in blocks(chinese)]
    for pattern in (r"^#", r"^\| `", r"^- ", r"^\d\. "):
        count = [len(re.findall(pattern, page, re.MULTILINE)) for page in PAGES]
        assert count[0] == count[1], pattern
    named = [set(re.findall(r"`(E_[A-Z_]+)`", page)) for page in PAGES]
    assert named[0] == named[1]


def test_every_finding_of_the_verifier_is_specified() -> None:
    checks = [ROOT / f"engine/{name}.py" for name in ("verifying", "log_checks")]
    sources = [*checks, *(ROOT / "engine/evidence").glob("*.py")]
    told = {code for path in sources for code in CODE.findall(path.read_text("utf-8"))}
    assert len(told) > 20
    assert told == set(re.findall(r"`(E_[A-Z_]+)`", PAGES[0])) - OF_BUNDLES
