"""A mail server and a web server that keep what they are sent."""

from __future__ import annotations

import email
import email.policy
import http.server
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PASSWORD = "courier 7"
Document = dict[str, object]


class Letters:
    """What a mail server was given; it refuses letters to an address with `refused`."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.logins: list[str] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if "refused" in address:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 well"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        read = email.message_from_bytes(bytes(envelope.content), policy=email.policy.default)
        self.letters.append(cast(EmailMessage, read))
        return "250 taken"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object
    ) -> AuthResult:
        is_right = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
        if is_right:
            self.logins.append(given.login.decode())
        return AuthResult(success=is_right)


class MailServer(Controller):
    """A mail server (RFC 5321) on a free port of this machine."""

    def __init__(self, kept: Letters, **how: object) -> None:
        self.kept = kept
        super().__init__(self.kept, hostname="127.0.0.1", port=0, **how)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    @property
    def letters(self) -> list[EmailMessage]:
        return self.kept.letters


@contextmanager
def mailing(kept: Letters | None = None, **how: object) -> Iterator[MailServer]:
    server = MailServer(kept or Letters(), **how)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate this machine signed itself, and a server's side of TLS with it."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    since = datetime.now(UTC) - timedelta(hours=1)
    address = x509.IPAddress(ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    public, secret = folder / "mail.pem", folder / "mail.key"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    secret.write_bytes(key.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, secret)
    return public, context


class WebServer(http.server.ThreadingHTTPServer):
    """Takes documents by POST, and answers with `status`."""

    daemon_threads = True

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.keys: list[str] = []
        self.status = 204
        super().__init__(("127.0.0.1", 0), WebSession)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/notices"


class WebSession(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast(WebServer, self.server)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if server.status == 204:
            server.documents.append(json.loads(content))
            server.keys.append(self.headers["Idempotency-Key"])
        self.send_response(server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
