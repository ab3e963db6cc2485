"""Verifying only what is new, against verifying everything: one store, one run.

`python -m bench.reverify [CASES]` prints both times and their ratio. The last 1 % of the records
are the new ones.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.evidence.memory import unseen
from engine.kernel.command import Perform
from engine.rehearsal.office import Office
from engine.reverifying import verify_new
from engine.store.store import Store
from engine.verifying import verify_store
from tests.toys import toy_texts

START = datetime.fromisoformat("2026-11-02T08:00:00+08:00")
CASES, STEPS, SHARE = 400, 9, 100


def main(cases: int) -> None:
    """Fill a store, remember all but the last hundredth, and time both ways three times."""
    chance = random.Random(1)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "office.sqlite3"
        store = Store.create(path, "bench.example")
        office = Office(toy_texts(), START, chance.randbytes, store)
        uid = office.person("罗平")
        for _ in range(cases):
            work(office, uid)
        leaves = store.leaves()
        new = len(leaves) // SHARE
        known = unseen(store.origin, store.suite).grown(leaves[:-new], "")
        whole, part = [], []
        for _ in range(3):
            whole.append(timed(partial(verify_store, Store.open(path))))
            part.append(timed(partial(verify_new, Store.open(path), known)))
    print(f"records {len(leaves)}, new {new}")
    print(f"full {min(whole):.2f} s, new {min(part):.3f} s, ratio {min(part) / min(whole):.4f}")


def work(office: Office, uid: str) -> None:
    """One case of `STEPS` steps."""
    office.now += timedelta(minutes=1)
    signer = office.signers[uid]
    office.desk.start("小流程", uid, signer, {"事由": "买纸"})
    case = office.store.cases()[-1].id
    for _ in range(STEPS):
        office.desk.perform(case, Perform(action="推进", actor=uid), signer)


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CASES)
