"""The channels of notices an office has set up in `guicheng.toml`, and what came of sending.

[[notices]]
channel = "mail"            # file, mail or webhook
host = "mail.office.example"
from = "guicheng@office.example"
domain = "office.example"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import typer

from commands.workspace import SETTINGS, Session, Workspace
from engine.desk import Desk
from engine.errors import UnknownName, UsageError
from engine.outbox.channels import Channel, FolderChannel, MailChannel, WebChannel
from engine.outbox.delivery import backlogs, deliver
from engine.text import LANGUAGES, Text, say

EVERY = ("channel", "name", "language")
FILE, MAIL, WEBHOOK = "file", "mail", "webhook"
KEYS: Mapping[str, tuple[str, ...]] = {
    FILE: ("folder",),
    MAIL: ("host", "port", "from", "security", "domain", "addresses", "user", "password_file"),
    WEBHOOK: ("url", "token_file"),
}
SECURITY = ("starttls", "tls", "none")
T = TypeVar("T")


def read_channels(here: Workspace) -> tuple[Channel, ...]:
    """The channels, in the order written. Errors: `UsageError` saying which is wrong, and how."""
    found = tuple(_read(one, number, here) for number, one in enumerate(here.notices, start=1))
    names = [one.name for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            say("{file}:有两条通知渠道都叫“{name}”;请各取一个 name", file=SETTINGS, name=twice)
        )
    return found


def send_notices(session: Session, desk: Desk, channels: Sequence[Channel]) -> bool:
    """Send what waits, and tell what came of it; whether every channel took what it was given."""
    if not channels:
        return True
    done = deliver(desk, channels)
    typer.echo(say("通知:送出 {sent}", sent=done.sent).show(session.language))
    for text in done.failed:
        told = say("通知没有送到,下次 tick 再送:{what}", what=text)
        typer.echo(told.show(session.language), err=True)
    return not done.failed


def notice_findings(session: Session, desk: Desk) -> list[tuple[bool, Text]]:
    """For `doctor`: what every channel still owes."""
    findings = []
    for one in backlogs(desk, read_channels(session.workspace())):
        text = say("通知渠道 {channel}:待送 {count}", channel=one.channel, count=one.count)
        if one.why is not None:
            text = say("{text};最近一次未送到:{why}", text=text, why=one.why)
        findings.append((one.why is None, text))
    return findings


def _read(written: object, number: int, here: Workspace) -> Channel:
    given = _Given(written if isinstance(written, Mapping) else {}, number)
    kind = given.one_of("channel", tuple(KEYS))
    given.require_known((*EVERY, *KEYS[kind]))
    name = given.text("name", kind)
    language = given.one_of("language", LANGUAGES, LANGUAGES[0])
    if kind == FILE:
        folder = here.folder / given.text("folder", "notices")
        return FolderChannel(name=name, language=language, folder=folder)
    if kind == WEBHOOK:
        url = given.text("url")
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise given.wrong("url", say("要写 http:// 或 https:// 开头的地址"))
        return WebChannel(
            name=name, language=language, url=url, token_file=given.file("token_file", here)
        )
    return MailChannel(
        name=name,
        language=language,
        host=given.text("host"),
        port=given.number("port", 25),
        sender=given.text("from"),
        security=given.one_of("security", SECURITY, SECURITY[0]),
        domain=given.text("domain", ""),
        addresses=given.table("addresses"),
        user=given.text("user", ""),
        password_file=given.file("password_file", here),
    )


class _Given:
    """One entry of the settings, asked for key by key."""

    def __init__(self, told: Mapping[str, object], number: int) -> None:
        self._told = told
        self._number = number

    def wrong(self, key: str, why: Text) -> UsageError:
        return UsageError(
            say(
                "{file}:第 {number} 条通知渠道的 {key}:{why}",
                file=SETTINGS,
                number=self._number,
                key=key,
                why=why,
            )
        )

    def require_known(self, known: Sequence[str]) -> None:
        """Errors: `UnknownName` for a key this channel does not have."""
        for key in self._told:
            if key not in known:
                raise UnknownName(say("键"), key, known)

    def text(self, key: str, default: str | None = None) -> str:
        return self._typed(key, str, default, say("要写文字"))

    def number(self, key: str, default: int) -> int:
        return self._typed(key, int, default, say("这里要写一个数"))

    def one_of(self, key: str, known: Sequence[str], default: str | None = None) -> str:
        found = self.text(key, default)
        if found not in known:
            raise self.wrong(key, say("可用:{names}", names=tuple(known)))
        return found

    def table(self, key: str) -> Mapping[str, str]:
        none: dict[str, object] = {}
        found = self._typed(key, dict, none, say("这里要写成 名称 = 内容 的几行"))
        return {str(name): str(value) for name, value in found.items()}

    def file(self, key: str, here: Workspace) -> Path | None:
        found = self.text(key, "")
        return here.folder / found if found else None

    def _typed(self, key: str, kind: type[T], default: T | None, why: Text) -> T:
        found = self._told.get(key, default)
        if found is None:
            raise self.wrong(key, say("缺少"))
        if not isinstance(found, kind) or isinstance(found, bool):
            raise self.wrong(key, why)
        return found
