from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.evidence.record import (
    Actor,
    Attached,
    Body,
    CaseRef,
    Definition,
    Disclosure,
    Head,
    Move,
    Party,
    Record,
    TaskRef,
    genesis,
    seal,
)
from engine.evidence.signing import FileSigner
from engine.evidence.suite import SHA256_ED25519

ORIGIN = "oa.example/logistics"
STREAM = "case/1"
Z = "0" * 64
EMPTY = Head(seq=0, hash="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


def _signer(number: int) -> FileSigner:
    return FileSigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


@pytest.fixture(scope="session")
def signer() -> Callable[[int], FileSigner]:
    """The same signer for the same number."""
    return _signer


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    path = Path(__file__).parents[1] / "vectors" / "primitives.json"
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


@pytest.fixture
def disclosures() -> tuple[Disclosure, ...]:
    """What a full body commits to: events, facts, form, an attachment, a comment."""
    shown = {
        "event/0": {"event": "Acted", "version": 1},
        "event/1": {"event": "StatesMoved", "version": 1},
        "fact/上限": 3000,
        "form/数量": "10",
        "form/行": [{"$": "row", "is": {"品名": "纸"}}],
        "att/0/name": "报价.pdf",
        "att/0/size": 1024,
        "att/0/digest": Z,
        "comment": "同意。\n请尽快。",
    }
    return tuple(
        Disclosure(path=path, salt=bytes([n]) * 16, value=value)  # type: ignore[arg-type]
        for n, (path, value) in enumerate(shown.items())
    )


@pytest.fixture
def body(disclosures: tuple[Disclosure, ...]) -> Body:
    commits = {one.path: one.commit() for one in disclosures}
    return Body(
        typ="open",
        suite=SHA256_ED25519.name,
        origin=ORIGIN,
        stream=STREAM,
        seq=0,
        prev=genesis(ORIGIN, STREAM),
        definition=Definition(name="采购", ver="2", src=Z, model=Z),
        case=CaseRef(id="1", number="CG-2026-000001"),
        task=TaskRef(id="t-1", node="审批"),
        move=Move(from_=("审批",), to=("执行/甲", "执行/乙")),
        act="同意",
        meaning="approval",
        code=None,
        actor=Actor(
            uid="luoping",
            name="罗平",
            post="采购员",
            dept="后勤部",
            for_=Party(uid="suxiao", name="苏晓"),
        ),
        way="paper",
        recorder=Party(uid="fangning", name="方宁"),
        key=_signer(1).key_id,
        org=Head(seq=3, hash=Z),
        keys=Head(seq=0, hash=Z),
        heads={"case/0": Head(seq=7, hash=Z)},
        events=(commits["event/0"], commits["event/1"]),
        facts={"上限": commits["fact/上限"]},
        form={"数量": commits["form/数量"], "行": commits["form/行"]},
        att=(
            Attached(
                name=commits["att/0/name"],
                size=commits["att/0/size"],
                digest=commits["att/0/digest"],
            ),
        ),
        comment=commits["comment"],
        time="2026-11-02T01:30:00.000Z",
        happened="2026-11-01T08:00:00.000Z",
        tz="Asia/Shanghai",
        after=EMPTY,
        nonce="0" * 32,
        req="r-1",
    )


@pytest.fixture
def chain(body: Body) -> Callable[[int], list[Record]]:
    """Makes a sound chain of n records of one stream."""

    def make(count: int) -> list[Record]:
        records: list[Record] = []
        for seq in range(count):
            prev = records[-1].digest if records else genesis(ORIGIN, STREAM)
            who = _signer(seq % 2 + 1)
            at = f"2026-11-02T01:30:{seq:02d}.250Z"
            records.append(
                seal(
                    replace(
                        body,
                        typ="step" if seq else "open",
                        seq=seq,
                        prev=prev,
                        key=who.key_id,
                        req=f"r-{seq}",
                    ),
                    who,
                    received_at=at,
                )
            )
        return records

    return make
