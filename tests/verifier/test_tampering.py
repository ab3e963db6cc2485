"""One changed byte anywhere in what a bundle holds is found; all of them, or a sample.

GUICHENG_TAMPER=all looks at every byte of the history files instead of a fifth of a sample.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping

import pytest

from tests.verifier.ground import Ground, judge
from verifier.report import TAMPERED

HISTORY = ("bundle.json", "records.jsonl", "disclosures.jsonl", "checkpoint.note")
SEED = int(os.environ.get("GUICHENG_SEED", "20261125"))
EVERY = os.environ.get("GUICHENG_TAMPER") == "all"
SAMPLE = 160  # changes tried in an ordinary run


def places(files: Mapping[str, bytes]) -> Iterator[tuple[str, int]]:
    every = [(name, n) for name in files if is_history(name) for n in range(len(files[name]))]
    return iter(every if EVERY else random.Random(SEED).sample(every, SAMPLE))


def is_history(name: str) -> bool:
    return name in HISTORY or name.startswith(("objects/", "models/", "checkpoints/"))


def test_every_changed_byte_is_found(ground: Ground) -> None:
    dice, missed = random.Random(SEED), []
    files = dict(ground.files)
    for name, place in places(files):
        data = bytearray(files[name])
        data[place] ^= 1 << dice.randrange(8)
        report = judge({**files, name: bytes(data)}, ground.vkey, (ground.late,), 2)
        if report.exit != TAMPERED:
            missed.append((name, place, report.verdict))
    assert missed == [], f"seed {SEED}"


def changed(data: bytes, dice: random.Random) -> bytes:
    """Lines taken out, doubled or swapped, bytes cut off or put in."""
    lines = data.splitlines(keepends=True)
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    match dice.randrange(5):
        case 0:
            del lines[one]
        case 1:
            lines.insert(one, lines[other])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case 3:
            return data[: dice.randrange(len(data))]
        case 4:
            place = dice.randrange(len(data))
            return data[:place] + dice.randbytes(3) + data[place:]
    return b"".join(lines)


def test_every_changed_line_is_found(ground: Ground) -> None:
    dice, files = random.Random(SEED + 1), dict(ground.files)
    for n in range(400 if EVERY else 40):
        name = dice.choice(("records.jsonl", "disclosures.jsonl"))
        data = changed(files[name], dice)
        if data == files[name]:
            continue
        report = judge({**files, name: data}, ground.vkey, (ground.late,), 2)
        assert report.exit == TAMPERED, f"seed {SEED}, change {n} of {name}"


@pytest.mark.parametrize("kind", ["case", "period"])
def test_every_changed_byte_of_a_part_is_found(ground: Ground, kind: str) -> None:
    case = ground.office.store.cases()[0].id
    start = ground.office.now.replace(year=2026, month=10, day=1)
    part = (
        ground.case_files(case) if kind == "case" else ground.period_files(start, ground.office.now)
    )
    dice = random.Random(SEED + 2)
    every = [(name, n) for name in part for n in range(len(part[name]))]
    for name, place in dice.sample(every, 200 if EVERY else 30):
        data = bytearray(part[name])
        data[place] ^= 1 << dice.randrange(8)
        report = judge({**part, name: bytes(data)}, ground.vkey, (ground.late,), 2)
        # A broken consistency proof for a note that is not asked about proves nothing either way.
        assert report.exit != 0 or name == "proofs.json", f"{name} {place}"
