"""With a real ssh-agent."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import EvidenceError, KeyLocked
from engine.evidence.agent import Agent, AgentSigner, start_agent
from engine.evidence.checks import check_record
from engine.evidence.record import Body, seal
from engine.evidence.signing import FileSigner, is_signed

Signers = Callable[[int], FileSigner]


pytestmark = pytest.mark.agent


@pytest.fixture
def agent() -> Iterator[Agent]:
    # A socket's path is short by law of the system; tmp_path may be longer than that.
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "session" / "agent"
        pid = start_agent(place)
        try:
            yield Agent(place)
        finally:
            os.kill(pid, signal.SIGTERM)


def test_a_key_in_the_agent_signs_as_the_file_does(agent: Agent, signer: Signers) -> None:
    agent.add(signer(1).private, "luoping", 60)
    for data in (b"", b"DSSEv1 ", bytes(70_000)):
        assert agent.sign(signer(1).public, data) == signer(1).sign(data)


def test_the_agent_lists_what_it_holds_and_forgets_what_it_is_told(
    agent: Agent, signer: Signers
) -> None:
    assert agent.identities() == ()
    agent.add(signer(1).private, "罗平", 60)
    agent.add(signer(2).private, "suxiao", 60)
    assert [comment for _, comment in agent.identities()] == ["罗平", "suxiao"]
    agent.remove(signer(1).public)
    assert [agent.find(signer(n).public) for n in (1, 2)] == [None, signer(2).public]
    with pytest.raises(EvidenceError):
        agent.remove(signer(1).public)


def test_a_key_not_in_the_agent_is_locked(agent: Agent, signer: Signers) -> None:
    with pytest.raises(KeyLocked, match="login"):
        agent.sign(signer(1).public, b"data")


def test_the_agent_forgets_a_key_when_its_time_is_up(agent: Agent, signer: Signers) -> None:
    agent.add(signer(1).private, "luoping", 1)
    assert agent.find(signer(1).public)
    limit = time.monotonic() + 10
    while agent.find(signer(1).public) and time.monotonic() < limit:
        time.sleep(0.1)
    with pytest.raises(KeyLocked):
        agent.sign(signer(1).public, b"data")


def test_a_record_signed_by_the_agent_is_sound(agent: Agent, signer: Signers, body: Body) -> None:
    agent.add(signer(1).private, "luoping", 60)
    held = AgentSigner(agent, signer(1).public)
    record = seal(body, held, received_at="2026-11-02T01:30:00.250Z")
    assert check_record(record, signer(1).public) == ()
    assert is_signed(held.public, held.sign(b"x"), b"x")


def test_nobody_at_the_socket_means_locked(tmp_path: Path, signer: Signers) -> None:
    with pytest.raises(KeyLocked, match="login"):
        Agent(tmp_path / "none").sign(signer(1).public, b"data")


def test_a_socket_in_use_is_told(agent: Agent) -> None:
    with pytest.raises(EvidenceError, match="没有启动"):
        start_agent(agent.socket)
