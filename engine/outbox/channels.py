"""The ways out: a folder, a mail server, a web address. Each sends one notice or says why not."""

from __future__ import annotations

import json
import os
import smtplib
import ssl
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from http.client import HTTPException
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError, URLError

from engine.errors import GuichengError
from engine.outbox.notices import Notice
from engine.text import Text, say

TIMEOUT = 10  # seconds for one notice


class Undelivered(GuichengError):
    """通知没有送到"""


class Channel(Protocol):
    """A way out. `name` tells it from the others of an office."""

    @property
    def name(self) -> str: ...

    def send(self, notice: Notice) -> None:
        """Send one notice. Errors: `Undelivered`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderChannel:
    """A file for each notice: one line of JSON, named by its id, so that twice is once."""

    name: str
    language: str
    folder: Path

    def send(self, notice: Notice) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            passing = self.folder / f".{notice.id}.{os.getpid()}"
            with passing.open("w", encoding="utf-8") as file:
                file.write(json.dumps(document(notice, self.language), ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(passing, self.folder / f"{notice.id}.json")
        except OSError as error:
            raise Undelivered(_why(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class MailChannel:
    """A letter for each notice (RFC 5322); its Message-ID is made of the notice's id.

    `security`: none, starttls or tls. A person's address stands in `addresses` by his id, or is
    his id at `domain`.
    """

    name: str
    language: str
    host: str
    port: int
    sender: str
    security: str
    domain: str
    addresses: Mapping[str, str]
    user: str
    password_file: Path | None

    def send(self, notice: Notice) -> None:
        try:
            letter = self.letter(notice)
            with self._connected() as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user and self.password_file is not None:
                    server.login(self.user, self._password(self.password_file))
                server.send_message(letter)
        except (OSError, ValueError) as error:
            raise Undelivered(_why(error)) from error

    def letter(self, notice: Notice) -> EmailMessage:
        """The letter. Errors: `Undelivered` if nobody knows the person's address."""
        address = self.addresses.get(notice.person)
        if address is None and self.domain:
            address = f"{notice.person}@{self.domain}"
        if address is None:
            raise Undelivered(say("没有 {name} 的邮箱", name=notice.name))
        letter = EmailMessage()
        letter["From"] = formataddr((say("规程").show(self.language), self.sender))
        letter["To"] = formataddr((notice.name, address))
        letter["Subject"] = notice.subject(self.language)
        letter["Date"] = format_datetime(notice.at)
        letter["Message-ID"] = f"<{notice.id}@{self.sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(notice.body(self.language) + "\n")
        return letter

    def _password(self, file: Path) -> str:
        """What smtplib can send. Errors: `Undelivered`."""
        password = file.read_text("utf-8").strip()
        if not password.isascii():
            raise Undelivered(say("{file} 里的邮箱口令只能用英文字母、数字和符号", file=file.name))
        return password

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET that delivers nothing."""

    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebChannel:
    """A POST of JSON for each notice, its id also in the header `Idempotency-Key`."""

    name: str
    language: str
    url: str
    token_file: Path | None

    def send(self, notice: Notice) -> None:
        try:
            heads = {"Content-Type": "application/json", "Idempotency-Key": notice.id}
            if self.token_file is not None:
                heads["Authorization"] = f"Bearer {self.token_file.read_text('utf-8').strip()}"
            content = json.dumps(document(notice, self.language), ensure_ascii=False).encode()
            asked = urllib.request.Request(self.url, content, heads, method="POST")
            with urllib.request.build_opener(_NoRedirect).open(asked, timeout=TIMEOUT) as answer:
                answer.read(1)
        except (OSError, HTTPException, ValueError) as error:
            raise Undelivered(_why(error)) from error


def document(notice: Notice, language: str) -> dict[str, object]:
    """A notice for programs."""
    return {
        "id": notice.id,
        "kind": notice.kind,
        "person": notice.person,
        "name": notice.name,
        "number": notice.number,
        "title": notice.title,
        "process": notice.process,
        "state": list(notice.states),
        "due": notice.due.isoformat() if notice.due else None,
        "actor": notice.actor,
        "act": notice.act,
        "at": notice.at.isoformat(),
        "stream": notice.stream,
        "seq": notice.seq,
        "subject": notice.subject(language),
        "text": notice.body(language),
    }


def _why(error: Exception) -> Text:
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        error = error.reason if isinstance(error.reason, Exception) else error
    told = " ".join(str(error).split())[:200]
    return say("{why}", why=told or type(error).__name__)
