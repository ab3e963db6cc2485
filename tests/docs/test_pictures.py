"""The pictures in the documents are those the program draws today."""

from __future__ import annotations

import pytest

from engine.reading.diagram import draw_svg
from tests.conftest import ROOT, open_office


@pytest.mark.parametrize(("name", "language"), [("meeting", "en"), ("meeting.zh-CN", "zh")])
def test_the_picture_of_the_meeting_service(name: str, language: str) -> None:
    drawn = draw_svg(open_office().definitions["会务服务保障"], language)
    assert (ROOT / f"docs/images/{name}.svg").read_text("utf-8").strip() == drawn
