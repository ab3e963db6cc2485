"""python -m bench.suites [RUNS]

What the suite `sm3-sm2` costs beside `sha256-ed25519`, in one run: single calls, then the sample
office founded, checked by the engine, and its bundle judged by the verifier.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine.evidence.signing import FileSigner, is_signed, make_key, raw_public
from engine.evidence.suite import SHA256_ED25519, SM3_SM2, Suite
from engine.verifying import verify_store
from tests.verifier.ground import Ground, work
from verifier import suites
from verifier.bundle import read_bundle
from verifier.chain import check_bytes
from verifier.files import Files
from verifier.sm3 import plain_sm3

MESSAGE = bytes(n % 251 for n in range(559))  # a step's body is about so long
WALK = "A-06"


def timed(call: Callable[[], object], times: int) -> float:
    """Seconds of the processor for one call, the median of three rounds of `times`."""
    found = []
    for _ in range(3):
        start = time.process_time()
        for _ in range(times):
            call()
        found.append((time.process_time() - start) / times)
    return statistics.median(found)


def costs(suite: Suite, ground: Ground, runs: int) -> dict[str, float]:
    """Seconds by what was done."""
    signer = FileSigner(make_key(suite))
    sig, public = signer.sign(MESSAGE), raw_public(signer.public)
    judge = suites.SUITES[suite.name]
    store, files = ground.office.store, Files(contents=dict(ground.files))
    return {
        "hash": timed(lambda: suite.hash(MESSAGE), 2000),
        "sign": timed(lambda: signer.sign(MESSAGE), 10 * runs),
        "verify": timed(lambda: is_signed(signer.public, sig, MESSAGE), 10 * runs),
        "verify, by the verifier": timed(lambda: judge.is_signed(public, sig, MESSAGE), 10 * runs),
        "audit verify of a walk": timed(lambda: verify_store(store), runs),
        "level 1 of the verifier": timed(lambda: check_bytes(read_bundle(files)), runs),
    }


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = {
            suite.name: costs(suite, work(Path(folder) / suite.name, WALK, suite=suite), runs)
            for suite in (SHA256_ED25519, SM3_SM2)
        }
    one, other = found[SHA256_ED25519.name], found[SM3_SM2.name]
    for what, seconds in one.items():
        ratio = other[what] / seconds
        print(f"{what:26} {seconds * 1e3:9.4f} ms {other[what] * 1e3:9.4f} ms  {ratio:6.1f} ×")
    plain = timed(lambda: plain_sm3(MESSAGE), 20)
    print(f"SM3 without a library      {plain / other['hash']:.0f} × the library's")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
