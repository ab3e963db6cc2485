"""python -m tests.mutation [PATH…] [--state FILE] [--minutes N] [--changed COMMIT] [--most N]

Judges the mutants of the given modules (all of `TESTS`, if none), goes on where `--state` left
off, and prints a table and those that survived unexplained; 1 if there are any. `--changed` takes
only what differs from a commit, `--most` so many of them, drawn with `--seed`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from tests.mutation.explained import EXPLAINED, TESTS
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.running import KILLED, TIMED_OUT, Bench

ROOT = Path(__file__).parent.parent.parent
HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
Known = dict[str, dict[str, str]]  # what became of a mutant, by file with its digest, and key


def changed_lines(root: Path, path: str, commit: str) -> frozenset[int]:
    """The lines of a file that are not as in a commit; none without git or the commit."""
    words = ["git", "diff", "--unified=0", commit, "--", path]
    try:
        done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return frozenset()
    found = ((int(one[1]), int(one[2] or 1)) for one in HUNK.finditer(done.stdout))
    return frozenset(line for first, count in found for line in range(first, first + count))


def find(root: Path, paths: Sequence[str], commit: str | None) -> list[Mutant]:
    """The mutants of some modules, or of what differs in them from a commit."""
    found = []
    for path in paths:
        lines = changed_lines(root, path, commit) if commit else None
        for one in mutants((root / path).read_text("utf-8"), path):
            if lines is None or lines & set(range(one.first, one.last + 1)):
                found.append(one)
    return found


def judge(
    root: Path,
    wanted: Sequence[Mutant],
    tests: Mapping[str, tuple[str, ...]],
    known: Known,
    until: float,
    keep: Callable[[], None],
) -> None:
    """Fill in what became of the mutants that have not been killed yet, and keep each answer."""
    groups: dict[tuple[str, ...], list[Mutant]] = {}
    for one in wanted:
        if known.get(_file(root, one.path), {}).get(one.key) not in (KILLED, TIMED_OUT):
            groups.setdefault(tests[one.path], []).append(one)

    def tell(mutant: Mutant, answer: str) -> None:
        known.setdefault(_file(root, mutant.path), {})[mutant.key] = answer
        keep()

    for names, group in groups.items():
        with tempfile.TemporaryDirectory() as folder:
            Bench(root, names, Path(folder)).judge(group, until, tell)


def _file(root: Path, path: str) -> str:
    return f"{path} {hashlib.sha256((root / path).read_bytes()).hexdigest()[:16]}"


def table(wanted: Sequence[Mutant], answers: Mapping[str, str]) -> str:
    """How many mutants of each module were judged, killed, and survived with a reason."""
    head = ("module", "mutants", "judged", "killed", "survived, explained", "survived")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for path in dict.fromkeys(one.path for one in wanted):
        every = [one.key for one in wanted if one.path == path]
        got = Counter(_kind(key, answers[key]) for key in every if key in answers)
        judged = sum(got.values())
        share = f"{got['killed']} ({100 * got['killed'] / judged:.1f} %)" if judged else "0"
        row = (path, len(every), judged, share, got["explained"], got["survived"])
        lines.append(f"| {' | '.join(map(str, row))} |")
    return "\n".join(lines)


def _kind(key: str, answer: str) -> str:
    if answer in (KILLED, TIMED_OUT):
        return "killed"
    return "explained" if key in EXPLAINED else "survived"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.mutation")
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--state", type=Path)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--changed", metavar="COMMIT")
    parser.add_argument("--most", type=int)
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--tests", nargs="*", help="instead of those of TESTS")
    asked = parser.parse_args()
    paths = asked.paths or list(TESTS)
    tests = dict.fromkeys(paths, tuple(asked.tests)) if asked.tests else TESTS
    wanted = find(asked.root, paths, asked.changed)
    if asked.most is not None and len(wanted) > asked.most:
        wanted = Random(asked.seed).sample(wanted, asked.most)
    is_kept = asked.state is not None and asked.state.exists()
    known: Known = json.loads(asked.state.read_text("utf-8")) if is_kept else {}

    def keep() -> None:
        if asked.state is not None:
            asked.state.write_text(json.dumps(known, ensure_ascii=False, indent=0), "utf-8")

    judge(asked.root, wanted, tests, known, time.monotonic() + 60 * asked.minutes, keep)
    answers = {
        key: answer
        for path in dict.fromkeys(one.path for one in wanted)
        for key, answer in known.get(_file(asked.root, path), {}).items()
    }
    print(table(wanted, answers))
    survived = [
        f"{answers[one.key]} {one.path}:{one.first} {one.key}"
        for one in wanted
        if one.key in answers and _kind(one.key, answers[one.key]) == "survived"
    ]
    print("\n".join(survived))
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
