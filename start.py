"""Run Guicheng from a fresh clone with nothing but Python 3.11 or newer.

    python3 start.py demo     both procedures from start to archive, in a few minutes
    python3 start.py test     the tests; says which tiers it left out, and why

Makes a virtual environment beside this file (so an externally managed Python is left alone)
and installs the locked packages into it, checked by their hashes.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"


def environment() -> Path:
    """The environment's python, made or brought up to date with the lock."""
    folder = HERE / ".venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    mark = folder / "lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    pip = [python, "-m", "pip"]
    if not python.exists():
        try:
            venv.create(folder, with_pip=True)
        except (subprocess.CalledProcessError, ImportError):
            # Debian packs ensurepip apart; any pip that is here can serve the new environment.
            venv.create(folder, with_pip=False)
    if not list(folder.rglob("site-packages/pip")):
        pip = [sys.executable, "-m", "pip", "--python", python]
    if not mark.exists() or mark.read_text() != digest:
        print("正在安装锁定的依赖包 / installing the locked packages …", file=sys.stderr)
        command = [*pip, "install", "--quiet", "--require-hashes", "-r", LOCK]
        if subprocess.run(command, check=False).returncode != 0:
            sys.exit(
                "安装依赖包失败(需要 pip 与网络)/ installing the packages failed (pip, network)"
            )
        mark.write_text(digest)
    return python


def main() -> int:
    match sys.argv[1:]:
        case ["demo", *rest]:
            command = ["cli.py", "demo", *rest]
        case ["test", *rest]:
            command = ["-m", "tests", *rest]
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return subprocess.run([environment(), *command], cwd=HERE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
