"""The door: `python cli.py …`, or `guicheng …` once installed."""

from __future__ import annotations

import sys

from commands.boundary import main

if __name__ == "__main__":
    sys.exit(main())
