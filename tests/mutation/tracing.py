"""Which tests go over which lines of some files, and how long each takes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any


class Tracer:
    """Watches the files at some paths below a root."""

    def __init__(self, root: Path, paths: Collection[str]) -> None:
        self.names = {str(root / path): path for path in paths}
        self.lines: dict[str, set[int]] = {}
        self.told: dict[str, Any] = {}

    @contextmanager
    def watching(self, test: str) -> Iterator[None]:
        """Note what is gone over meanwhile as a test's."""
        self.lines = {}
        before = time.perf_counter()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(None)
            self.told[test] = {
                "took": time.perf_counter() - before,
                "lines": {path: sorted(found) for path, found in self.lines.items()},
            }

    def write(self, out: Path) -> None:
        """`{test: {"took": seconds, "lines": {path: [line, …]}}}`."""
        out.write_text(json.dumps(self.told), "utf-8")

    def _enter(self, frame: FrameType, event: str, _: object) -> Any:
        path = self.names.get(frame.f_code.co_filename)
        if path is None:
            return None
        lines = self.lines.setdefault(path, set())
        lines.add(frame.f_lineno)

        def step(inner: FrameType, event: str, _: object) -> Any:
            lines.add(inner.f_lineno)
            return step

        return step
