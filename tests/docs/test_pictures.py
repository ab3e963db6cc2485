"""The pictures in the documents are those the program draws today."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from engine.reading.diagram import draw_svg
from tests.conftest import ROOT, open_office


@pytest.mark.parametrize(("name", "language"), [("meeting", "en"), ("meeting.zh-CN", "zh")])
def test_the_picture_of_the_meeting_service(name: str, language: str) -> None:
    drawn = draw_svg(open_office().definitions["会务服务保障"], language)
    assert (ROOT / f"docs/images/{name}.svg").read_text("utf-8").strip() == drawn


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_words_stand_on_others(language: str) -> None:
    for name, definition in open_office().definitions.items():
        drawn = draw_svg(definition, language)
        places = Counter(re.findall(r'<text x="(\d+)" y="(\d+)"', drawn))
        assert max(places.values()) == 1, name
