"""The sample office, for every test that needs people and procedures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from engine.rehearsal.office import Office, Texts

ROOT = Path(__file__).parent.parent


def dice() -> object:
    """Repeatable randomness: the same salts and ids in every run."""
    count = 0

    def throw(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_128(count.to_bytes(8, "big")).digest(size)

    return throw


def sample_texts(*processes: str) -> Texts:
    """The sample office's files; of the processes, those named, or all."""
    forms = {
        path.stem: (path.read_text("utf-8"), f"forms/{path.name}")
        for path in sorted((ROOT / "forms").glob("*.yaml"))
    }
    chosen = {
        path.stem: (path.read_text("utf-8"), f"processes/{path.name}")
        for path in sorted((ROOT / "processes").glob("*.yaml"))
        if not processes or path.stem in processes
    }
    return Texts(
        roster=(ROOT / "roster.yaml").read_text("utf-8"),
        params=(ROOT / "params.yaml").read_text("utf-8"),
        calendar=(ROOT / "calendar/office.yaml").read_text("utf-8"),
        forms=forms,
        processes=chosen,
    )


def open_office(start: str = "2026-10-12 08:00", texts: Texts | None = None) -> Office:
    at = datetime.fromisoformat(start + "+08:00")
    return Office(texts or sample_texts(), at, dice())  # type: ignore[arg-type]


@pytest.fixture(scope="session", autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What clients remember outside their stores goes to a folder of this run."""
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    yield
    patch.undo()


@pytest.fixture
def office() -> Office:
    return open_office()
