"""The verifier against the least that its work could cost, side by side in one run.

python -m bench.verify [RUNS] [CASES]

Level 1 with signatures against nothing but Ed25519 over the same bodies, one signature after the
other, and level 1 without signatures against nothing but reading: lines and models parsed, bodies
decoded, all hashed by the standard library, and, below that, the bytes hashed as they are. First of
the records alone, which are all the bytes that bare Ed25519 goes over: bodies, chains, signatures,
without what they disclose, texts and models; then of everything.

Every call has a process of its own, as the command has that an auditor types, and is made there
twice: the first time the tables of the keys are made too, the second time they are there. The runs
of the calls alternate; told are medians, of ratios those of runs that followed one another, and in
brackets the least disturbed run of each. Processor time of one process; then, where there are
records enough for it, level 1 with the signatures shared out over all processors, and bare Ed25519
in one process and in as many, all by the clock.

The store is that of a played walk, small, with its texts and models; with CASES one of so many
cases of ten records each, under one short procedure: nearly all of it is records.
"""

from __future__ import annotations

import base64
import hashlib
import json
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
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
from verifier.shares import WORTH, Shares, available

WALK = "B-08"
ALONE = (
    *("ed25519", "together", "records", "level 1"),
    *("their chains", "their reading", "chains", "reading", "hashing"),
)
SHARED = "ed25519", "records", "level 1", "shared"
Spent = dict[str, list[tuple[float, float]]]  # seconds of the first call and of the second


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


def claims_of(files: Mapping[str, bytes]) -> list[Claim]:
    bundle = read_bundle(Files(contents=files))
    publics = find_publics(read_records(bundle), bundle.suite)
    return [(publics[one.key], one.sig, one.signed) for one in bundle.records]


def call_of(name: str, files: Mapping[str, bytes], jobs: int) -> Callable[[], object]:
    """What is measured under a name, ready to be called."""
    held, alone = Files(contents=files), Files(contents=records_of(files))
    claims = claims_of(files) if name in ("ed25519", "together", "shared") else []
    calls: dict[str, Callable[[], object]] = {
        "ed25519": lambda: one_by_one(claims),
        "together": lambda: which_are_signed(claims),
        "shared": lambda: in_shares(claims, jobs),
        "records": lambda: check_records(alone, signatures=True, jobs=jobs),
        "level 1": lambda: check_bytes(read_bundle(held), jobs=jobs),
        "their chains": lambda: check_records(alone, signatures=False),
        "their reading": lambda: read_lines(alone.contents),
        "chains": lambda: check_bytes(read_bundle(held), signatures=False),
        "reading": lambda: read_lines(files),
        "hashing": lambda: hash_lines(files),
    }
    return calls[name]


def run_here(name: str, files: Mapping[str, bytes], jobs: int) -> tuple[float, float]:
    """Seconds of the first call in this process and of the second."""
    clock = time.process_time if jobs == 1 else time.perf_counter
    usual = multiprocessing.get_all_start_methods()[0]  # not the way this process was started
    multiprocessing.set_start_method(usual, force=True)
    call = call_of(name, files, jobs)
    start = clock()
    call()
    between = clock()
    call()
    return between - start, clock() - between


def measure(names: Sequence[str], files: Mapping[str, bytes], runs: int, jobs: int) -> Spent:
    """Of each call its alternating runs."""
    spent: Spent = {name: [] for name in names}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as fresh:
        for _ in range(runs):
            for name in names:
                spent[name].append(fresh.submit(run_here, name, files, jobs).result())
    return spent


def tell(spent: Spent) -> None:
    for name, several in spent.items():
        first, again = (
            f"{statistics.median(each) * 1000:8.1f} ms ({min(each) * 1000:.1f})"
            for each in zip(*several, strict=True)
        )
        print(f"  {name:13} {first}, again {again}")


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The median of the ratios of runs that followed one another, and the ratio of the least."""
    usual = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return f"{usual:.2f} ({min(ours) / min(theirs):.2f})"


def tell_ratio(spent: Spent, one: str, other: str, goal: str = "") -> None:
    first, again = map(ratio, zip(*spent[one], strict=True), zip(*spent[other], strict=True))
    print(f"  {f'{one} / {other}:':30} {first}{goal}; again {again}")


def main(runs: int, cases: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = files_of(Path(folder), cases)
    count = files["records.jsonl"].count(b"\n")
    size = sum(map(len, files.values()))
    lines = sum(len(data) for name, data in files.items() if name.endswith(".jsonl"))
    print(f"{count} records, {size / 1e6:.2f} MB, {runs} runs; median (least)")
    print(f"records and disclosures are {lines / size:.0%} of the bytes")
    spent = measure(ALONE, files, runs, 1)
    tell(spent)
    print("the records alone:")
    tell_ratio(spent, "ed25519", "records", " goal 0.95")
    tell_ratio(spent, "together", "records")
    tell_ratio(spent, "their reading", "their chains", " goal 0.6")
    print("with what they disclose, texts and models:")
    tell_ratio(spent, "ed25519", "level 1")
    tell_ratio(spent, "reading", "chains", " goal 0.6")
    tell_ratio(spent, "hashing", "chains")
    jobs = available()
    if jobs > 1 and count >= WORTH:
        spent = measure(SHARED, files, runs, jobs)
        print(f"in {jobs} processes, by the clock:")
        tell(spent)
        tell_ratio(spent, "ed25519", "records", " goal 0.95")
        tell_ratio(spent, "ed25519", "level 1", " goal 0.95")
        tell_ratio(spent, "ed25519", "shared")


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(given[0] if given else 30, given[1] if len(given) > 1 else 0)
