"""The ground is made once for all tests here."""

from __future__ import annotations

import pytest

from tests.verifier.ground import Ground, work


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Paper entries, attachments, books, a refusal: the walk that has most of them."""
    return work(tmp_path_factory.mktemp("ground"), "补录")
