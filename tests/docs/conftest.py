"""Documents are tried on the same office as the command line."""

from __future__ import annotations

from tests.cli.conftest import made, run

__all__ = ["made", "run"]
