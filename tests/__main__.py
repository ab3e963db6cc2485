"""All checks in order: style, types, import laws, tests. Says what it left out, and why."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

TIERS: dict[str, tuple[tuple[str, ...], ...]] = {  # one program of each group is needed
    "browser": (("chromium", "chromium-browser", "google-chrome"), ("pdftotext",)),
    "agent": (("ssh-agent",),),
    "font": (("fc-list",),),
    "openssl": (("openssl",),),
}


def is_there(tier: str) -> bool:
    """Whether this machine has what the tests of a tier need."""
    if not all(any(map(shutil.which, programs)) for programs in TIERS[tier]):
        return False
    fonts = ["fc-list", ":lang=zh"]
    return tier != "font" or bool(subprocess.run(fonts, capture_output=True, check=False).stdout)


def main() -> int:
    missing = [tier for tier in TIERS if not is_there(tier)]
    strict = "--all" in sys.argv
    rest = [one for one in sys.argv[1:] if one != "--all"]
    if strict and missing:
        print(f"missing for the full run: {', '.join(missing)}", file=sys.stderr)
        return 1
    python = [sys.executable, "-m"]
    left_out = [f"not {name}" for name in missing]
    spread = ["-n", "auto", "--dist", "worksteal"]
    commands = [
        [*python, "ruff", "check", "."],
        [*python, "ruff", "format", "--check", "."],
        [*python, "mypy"],
        [str(Path(sys.executable).parent / "lint-imports")],
        [*python, "pytest", *spread, *(["-m", " and ".join(left_out)] if left_out else []), *rest],
    ]
    for command in commands:
        if subprocess.run(command, check=False).returncode != 0:
            return 1
    for name in missing:
        needed = ", ".join(" or ".join(programs) for programs in TIERS[name])
        print(f"left out: tier {name} (needs {needed})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
