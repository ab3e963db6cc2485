"""The verifier against the least that its work could cost, side by side in one run.

python -m bench.verify [RUNS] [CASES]

Level 1 with signatures against nothing but Ed25519 over the same bodies, one signature after the
other, and level 1 without signatures against nothing but reading: lines and models parsed, bodies
decoded, all hashed by the standard library, and, below that, the bytes hashed as they are. First of
the records alone, which are all the bytes that bare Ed25519 goes over: bodies, chains, signatures,
without what they disclose, texts and models; then of everything. Medians of alternating runs, of
ratios those of runs that followed one another, and in brackets the least disturbed run of each, in
processor time. Then, where there are records enough for it, level 1 with the signatures shared out
over all processors, against the same bare Ed25519 in one process and in as many, all by the clock.

The store is that of a played walk, small, with its texts and models; with CASES one of so many
cases of ten records each, under one short procedure: nearly all of it is records.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import verifier.chain
from bench.reverify import START
from bench.reverify import work as work_a_case
from engine.bundling import collect
from engine.evidence.bundle import Scope, dump_bundle
from engine.rehearsal.office import Office
from engine.store.store import Store
from tests.toys import toy_texts
from tests.verifier.ground import ORIGIN, work
from verifier.bundle import read_bundle
from verifier.chain import check_bytes
from verifier.ed25519 import Claim, is_signed, which_are_signed
from verifier.files import Files
from verifier.reading import find_publics, read_records
from verifier.shares import Shares, available

WALK = "B-08"


def hash_lines(files: Mapping[str, bytes]) -> None:
    """Every line and object hashed, nothing understood."""
    for name, data in files.items():
        if name.endswith(".jsonl") and name != "tables.jsonl":
            for line in data.split(b"\n"):
                hashlib.sha256(line).hexdigest()
        else:
            hashlib.sha256(data).hexdigest()


def read_lines(files: Mapping[str, bytes]) -> None:
    """Lines and models parsed, bodies decoded and parsed, everything hashed; nothing checked."""
    hash_lines(files)
    for line in files["records.jsonl"].splitlines():
        record = json.loads(line)["record"]
        body = base64.b64decode(record["body"])
        hashlib.sha256(body).hexdigest()
        json.loads(body)
    for line in files["disclosures.jsonl"].splitlines():
        json.loads(line)
    for name, data in files.items():
        if name.startswith("models/"):
            json.loads(data)


def records_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The records, and of what they disclose only the keys they are signed with."""
    opened = files["disclosures.jsonl"].splitlines(keepends=True)
    keys = b"".join(line for line in opened if b'"stream":"keys"' in line)
    left_out = "disclosures", "objects", "models"
    kept = {name: data for name, data in files.items() if not name.startswith(left_out)}
    return {**kept, "disclosures.jsonl": keys}


def check_records(held: Files, *, signatures: bool, jobs: int = 1) -> None:
    """Level 1 of the records alone: every check of it but of what a record points to."""
    left_out = "_check_opened", "_check_objects", "_check_models"
    with ExitStack() as stack:
        for name in left_out:
            stack.enter_context(patch.object(verifier.chain, name, lambda *_: ()))
        judged = check_bytes(read_bundle(held), signatures=signatures, jobs=jobs)
    assert judged.findings == ()


def timed(call: Callable[[], object], clock: Callable[[], float]) -> float:
    """Seconds by a clock: that of the processor, where all is done by one thread."""
    start = clock()
    call()
    return clock() - start


def one_by_one(claims: Sequence[Claim]) -> list[bool]:
    """Bare Ed25519."""
    return [is_signed(*one) for one in claims]


def in_shares(claims: Sequence[Claim], jobs: int) -> list[bool]:
    """Bare Ed25519 in several processes."""
    with Shares(one_by_one, jobs) as shares:
        return shares.judge(claims)


def files_of(folder: Path, cases: int) -> dict[str, bytes]:
    """A store bundle without its tables, which level 1 does not read."""
    if cases:
        store = Store.create(folder / "office.sqlite3", ORIGIN)
        office = Office(toy_texts(), START, random.Random(1).randbytes, store)
        uid = office.person("罗平")
        for _ in range(cases):
            work_a_case(office, uid)
        files = dict(dump_bundle(collect(store, Scope())))
    else:
        files = dict(work(folder, WALK).files)
    return {name: data for name, data in files.items() if name != "tables.jsonl"}


def measure(
    calls: Mapping[str, Callable[[], object]], runs: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Of each call its alternating runs, in seconds."""
    for call in calls.values():
        for _ in range(4):  # warm: tables of keys, caches
            call()
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(runs):
        for name, call in calls.items():
            spent[name].append(timed(call, clock))
    return spent


def tell(spent: Mapping[str, list[float]]) -> None:
    for name, several in spent.items():
        usual, least = statistics.median(several), min(several)
        print(f"  {name:13} {usual * 1000:8.1f} ms ({least * 1000:.1f})")


def tell_ratio(spent: Mapping[str, list[float]], one: str, other: str, goal: str = "") -> None:
    """The median of the ratios of runs that followed one another, and the ratio of the least."""
    usual = statistics.median(a / b for a, b in zip(spent[one], spent[other], strict=True))
    least = min(spent[one]) / min(spent[other])
    print(f"  {f'{one} / {other}:':30} {usual:.2f} ({least:.2f}){goal}")


def main(runs: int, cases: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = files_of(Path(folder), cases)
    held, alone = Files(contents=files), records_of(files)
    bundle = read_bundle(held)
    publics = find_publics(read_records(bundle), bundle.suite)
    signed = [(publics[one.key], one.sig, one.signed) for one in bundle.records]
    calls: dict[str, Callable[[], object]] = {
        "level 1": lambda: check_bytes(read_bundle(held)),
        "ed25519": lambda: one_by_one(signed),
        "records": lambda: check_records(Files(contents=alone), signatures=True),
        "together": lambda: which_are_signed(signed),
        "their chains": lambda: check_records(Files(contents=alone), signatures=False),
        "their reading": lambda: read_lines(alone),
        "chains": lambda: check_bytes(read_bundle(held), signatures=False),
        "reading": lambda: read_lines(files),
        "hashing": lambda: hash_lines(files),
    }
    spent = measure(calls, runs, time.process_time)
    size = sum(map(len, files.values()))
    lines = sum(len(data) for name, data in files.items() if name.endswith(".jsonl"))
    print(f"{len(bundle.records)} records, {size / 1e6:.2f} MB, {runs} runs; median (least)")
    print(f"records and disclosures are {lines / size:.0%} of the bytes")
    tell(spent)
    print("the records alone:")
    tell_ratio(spent, "ed25519", "records", " goal 0.95")
    tell_ratio(spent, "their reading", "their chains", " goal 0.6")
    print("with what they disclose, texts and models:")
    tell_ratio(spent, "ed25519", "level 1")
    tell_ratio(spent, "reading", "chains", " goal 0.6")
    tell_ratio(spent, "hashing", "chains")
    jobs = available()
    if jobs > 1 and len(signed) >= verifier.chain.WORTH:
        shared: dict[str, Callable[[], object]] = {
            "level 1": lambda: check_bytes(read_bundle(held), jobs=jobs),
            "one": lambda: one_by_one(signed),
            "records": lambda: check_records(Files(contents=alone), signatures=True, jobs=jobs),
            "shared": lambda: in_shares(signed, jobs),
        }
        spent = measure(shared, runs, time.perf_counter)
        print(f"in {jobs} processes, by the clock:")
        tell(spent)
        tell_ratio(spent, "one", "records", " goal 0.95")
        tell_ratio(spent, "one", "level 1", " goal 0.95")
        tell_ratio(spent, "shared", "records")
        tell_ratio(spent, "one", "shared")


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(given[0] if given else 30, given[1] if len(given) > 1 else 0)
