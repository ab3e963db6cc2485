"""Bundles with a known verdict, for a second verifier to be held against.

python -m tests.verifier.bundles OUT --count N --seed S

writes N zips, honest and tampered, a note kept outside for each, and `manifest.json`: trusted key,
note, and what this verifier says at levels 1, 2 and 3 (verdict, code and place of its first
finding). The choices follow the seed; keys are new in every run.
"""

from __future__ import annotations

import argparse
import json
import random
import string
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from engine.evidence.bundle import dump_zip
from engine.evidence.suite import SM3_SM2
from tests.attacks.matrix import ATTACKS
from tests.conftest import sample_texts
from tests.verifier.ground import Ground, judge, work
from tests.verifier.losses import prepare
from tests.verifier.test_tampering import changed, is_history
from verifier.report import Report

LEVELS = (1, 2, 3)
LARGE, SMALL, NATIONAL = ("meeting", "paper", "loss"), "store room", "store room in sm3-sm2"
SHARE = 0.8  # of the bundles that are of a small office: they differ as much, and cost less
OTHER = 0.1  # of those, the ones in the other suite, whose signatures take longest
ATTACKED = 0.1
LINES = ("records.jsonl", "disclosures.jsonl")
# A letter for another of its kind: what is spoilt so has often kept its form.
ALIKE = [one.encode() for one in (string.digits, string.ascii_lowercase, string.ascii_uppercase)]


def offices(folder: Path) -> dict[str, Ground]:
    """Those the attacks are made in, and one with no more procedures than it needs."""
    few = sample_texts("期初建账", "入库", "办公用品领用", "会务服务保障")
    return {
        **prepare(folder),
        SMALL: work(folder / "small", "A-06", few),
        NATIONAL: work(folder / "national", "A-06", few, suite=SM3_SM2),
    }


def spoil(files: dict[str, bytes], dice: random.Random) -> tuple[str, dict[str, bytes]]:
    """One random change to the history files, and what it was."""
    names = sorted(name for name in files if is_history(name))
    name = dice.choice(LINES)
    if dice.random() < 0.5:
        folder = dice.choice(sorted({name.split("/")[0] for name in names}))
        name = dice.choice([name for name in names if name.split("/")[0] == folder])
    data = bytearray(files[name])
    if name.endswith(".jsonl") and dice.random() < 0.5:
        return f"lines of {name}", {**files, name: changed(files[name], dice)}
    if dice.random() < 0.1:
        return f"without {name}", {one: kept for one, kept in files.items() if one != name}
    place = dice.randrange(len(data))
    like = next((one for one in ALIKE if data[place] in one), b"")
    if like and dice.random() < 0.5:
        data[place] = dice.choice(like)
    else:
        data[place] ^= 1 << dice.randrange(8)
    return f"byte {place} of {name}", {**files, name: bytes(data)}


@cache
def case_files(ground: Ground, case: str) -> dict[str, bytes]:
    return ground.case_files(case)


def make(grounds: dict[str, Ground], dice: random.Random) -> tuple[str, Ground, dict[str, bytes]]:
    """One bundle: honest, randomly spoiled, or an attack of the matrix."""
    if dice.random() < ATTACKED:
        attack = dice.choice(ATTACKS)
        ground = grounds[attack.ground]
        return f"attack {attack.who} {attack.name}", ground, attack.forge(ground).dump()
    name = SMALL if dice.random() < SHARE else dice.choice(LARGE)
    ground = grounds[NATIONAL if name == SMALL and dice.random() < OTHER else name]
    match dice.randrange(6):
        case 0:
            return "honest store", ground, dict(ground.files)
        case 1:
            case = dice.choice(ground.office.store.cases())
            return f"honest case {case.number}", ground, dict(case_files(ground, case.id))
        case 2 | 3:
            case = dice.choice(ground.office.store.cases())
            what, files = spoil(case_files(ground, case.id), dice)
            return f"case: {what}", ground, files
    what, files = spoil(dict(ground.files), dice)
    return f"store: {what}", ground, files


def up_to(report: Report, level: int) -> Report:
    """What the report would have been had no higher level been asked for."""
    found = tuple(one for one in report.findings if one.level <= level)
    is_anchored = report.is_anchored and level >= 2
    return replace(report, level=level, findings=found, is_anchored=is_anchored)


def write(out: Path, count: int, seed: int) -> list[dict[str, Any]]:
    """The bundles and their manifest; the entries of the manifest."""
    out.mkdir(parents=True, exist_ok=True)
    dice, told = random.Random(seed), []
    with tempfile.TemporaryDirectory() as folder:
        grounds = offices(Path(folder))
        for n in range(count):
            what, ground, files = make(grounds, dice)
            note = dice.choice((ground.early, ground.late, *filter(None, [ground.lost])))
            (out / f"{n:05d}.zip").write_bytes(dump_zip(files))
            (out / f"{n:05d}.note").write_bytes(note)
            expected = {}
            whole = judge(files, ground.vkey, (note,), max(LEVELS))
            for level in LEVELS:
                report = up_to(whole, level)
                first = report.first
                expected[str(level)] = {
                    "verdict": report.verdict,
                    "first": first
                    and {"code": first.code, "stream": first.stream, "seq": first.seq},
                }
            told.append(
                {
                    "bundle": f"{n:05d}.zip",
                    "what": what,
                    "trust": ground.vkey,
                    "checkpoint": f"{n:05d}.note",
                    "expected": expected,
                }
            )
    manifest = {"seed": seed, "count": count, "bundles": told}
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (out / "manifest.json").write_text(text, "utf-8")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.verifier.bundles")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    told = write(asked.out, asked.count, asked.seed)
    print(f"{len(told)} bundles in {asked.out}, seed {asked.seed}")


if __name__ == "__main__":
    main()
