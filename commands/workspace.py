"""Where an office lives on disk, who is at the keyboard, and how he signs."""

from __future__ import annotations

import os
import sys
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import KeyLocked, UsageError
from engine.text import say

if TYPE_CHECKING:
    from engine.desk import Desk
    from engine.evidence.signing import Signer
    from engine.witness import Witness

SETTINGS = "guicheng.toml"
SERVICE = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with `guicheng.toml` in it."""

    folder: Path
    origin: str
    store: Path
    keys: Path
    notices: tuple[object, ...] = ()  # the channels of notices, as written (commands/notices.py)


@dataclass(slots=True)
class Session:
    """What the options say: language, folder, person."""

    language: str
    folder: str | None
    person: str | None

    def workspace(self) -> Workspace:
        """The workspace named, or the nearest one upward. Errors: `UsageError`."""
        start = Path(self.folder) if self.folder else Path.cwd()
        places = [start] if self.folder else [start.absolute(), *start.absolute().parents]
        for place in places:
            settings = place / SETTINGS
            if settings.is_file():
                return read_settings(settings)
        raise UsageError(
            say("这里没有工作目录(缺 {file});请先 init,或用 --workspace 指明", file=SETTINGS)
        )

    def name(self) -> str:
        """Who acts: `--as`, or whoever logged in. Errors: `UsageError` if nobody."""
        if self.person:
            return self.person
        remembered = self.workspace().folder / ".guicheng-login"
        if remembered.is_file():
            return remembered.read_text("utf-8").strip()
        raise UsageError(say("不知道您是谁;请用 --as 姓名,或先 login"))

    def desk(self) -> Desk:
        """The desk of this workspace, with the service key unlocked."""
        return self.desk_over(self.workspace().store)

    def desk_over(self, file: Path) -> Desk:
        """The same over another file of this office."""
        from engine.desk import Desk
        from engine.evidence.keyring import Keyring
        from engine.store.store import Store

        here = self.workspace()
        store = Store.open(file)
        secret = os.environ.get("GUICHENG_SERVICE_PASSPHRASE")
        if secret is None:
            secret = (here.keys / "service.pass").read_text("utf-8").strip()
        desk = Desk(store, Keyring(here.keys).unlock(SERVICE, secret))
        desk.witness = witness(here)
        return desk

    def signer(self, uid: str) -> Signer:
        """The person's key: from the agent if he is logged in, else by passphrase."""
        from engine.evidence.agent import Agent, AgentSigner
        from engine.evidence.keyring import Keyring

        here = self.workspace()
        ring = Keyring(here.keys)
        public = ring.find_public(uid)
        agent = Agent(agent_socket(here))
        with suppress(KeyLocked):  # nobody listens: the passphrase is asked for instead
            held = agent.find(public) if public is not None else None
            if held is not None:
                return AgentSigner(agent, held)
        return ring.unlock(uid, passphrase(uid))


def read_settings(path: Path) -> Workspace:
    """The settings of a workspace. Errors: `UsageError` if they cannot be read."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        folder, notices = path.parent, told.get("notices", [])
        return Workspace(
            folder=folder,
            origin=str(told["origin"]),
            store=folder / str(told["store"]),
            keys=folder / str(told["keys"]),
            notices=tuple(notices) if isinstance(notices, list) else (notices,),
        )
    except (tomllib.TOMLDecodeError, KeyError, UnicodeDecodeError) as error:
        raise UsageError(say("{file} 读不懂:{why}", file=path.name, why=str(error))) from error


def signed_memory(here: Workspace) -> Path:
    """The file beside the service key that remembers the last checkpoint it signed."""
    return here.keys / f"{SERVICE}.signed"


def witness(here: Workspace) -> Witness:
    """What this user's machine remembers of this workspace, outside its folder."""
    import hashlib

    from engine.witness import Witness

    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    name = hashlib.sha256(str(here.folder.absolute()).encode()).hexdigest()[:16]
    return Witness(base / "guicheng", name)


def agent_socket(here: Workspace) -> Path:
    """Where the agent of this workspace listens: a short path, as sockets need."""
    import hashlib

    base = Path(os.environ.get("XDG_RUNTIME_DIR") or Path.home() / ".cache")
    name = hashlib.sha256(str(here.folder.absolute()).encode()).hexdigest()[:16]
    return base / "guicheng" / f"{name}.sock"


def passphrase(whose: str = "", *, again: bool = False) -> str:
    """The passphrase from GUICHENG_PASSPHRASE, or asked for at a terminal, saying whose."""
    given = os.environ.get("GUICHENG_PASSPHRASE")
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise KeyLocked
    import typer

    asked = " ".join((whose, "口令 / passphrase")).lstrip()
    return str(typer.prompt(asked, hide_input=True, confirmation_prompt=again))
