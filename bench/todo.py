"""How long `todo` takes, against the bare import of Typer, in one run on one machine.

    python -m bench.todo [ROUNDS]

Both are whole processes with compiled bytecode, run in turn so that a busy moment hits
both; the ratio is that of the medians. `todo` looks into an office of 200 open cases.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from commands.boundary import main as command
from engine.desk import Desk
from engine.evidence.keyring import Keyring
from engine.store.store import Store

ROOT = Path(__file__).parent.parent
CASES = 200
LIMIT = 2.6


def office(folder: Path) -> None:
    """An office with `CASES` open drafts in one person's inbox."""
    os.environ["GUICHENG_PASSPHRASE"] = "bench"
    assert command(["--workspace", str(folder), "init", str(folder), "--enrol-all"]) == 0
    assert command(["--workspace", str(folder), "--as", "韩江", "publish"]) == 0
    ring = Keyring(folder / "keys")
    service = ring.unlock("SYSTEM", (folder / "keys/service.pass").read_text("utf-8").strip())
    desk = Desk(Store.open(folder / "guicheng.sqlite3"), service)
    signer = ring.unlock("linlan", "bench")
    for number in range(CASES):
        desk.start("会务服务保障", "linlan", signer, {"会议名称": f"会议{number}"})


def seconds(words: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "office"
        office(folder)
        for part in ("engine", "commands"):
            compileall.compile_dir(str(ROOT / part), quiet=1)
        todo = [sys.executable, "cli.py", "--workspace", str(folder), "--as", "林岚", "todo"]
        bare = [sys.executable, "-c", "import typer"]
        for words in (todo, bare):
            seconds(words)
        times = [(seconds(todo), seconds(bare)) for _ in range(rounds)]
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"todo        {ours * 1000:7.1f} ms   (median of {rounds}, {CASES} open cases)")
    print(f"import typer{theirs * 1000:7.1f} ms")
    print(f"ratio       {ours / theirs:7.2f}      promised: at most {LIMIT}")


if __name__ == "__main__":
    main()
