"""A mail server and a web server that keep what they are sent."""

from __future__ import annotations

import email
import email.policy
import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import cast

Document = dict[str, object]


class MailServer(socketserver.ThreadingTCPServer):
    """Enough of SMTP (RFC 5321) to take letters; it refuses those to an address with `refused`."""

    daemon_threads = True

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        super().__init__(("127.0.0.1", 0), MailSession)


class MailSession(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 ready")
        for raw in self.rfile:
            line = raw.decode().strip()
            verb = line[:4].upper()
            if verb == "DATA":
                self._say("354 go on")
                letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                read = email.message_from_bytes(letter, policy=email.policy.default)
                cast(MailServer, self.server).letters.append(cast(EmailMessage, read))
                self._say("250 taken")
            elif verb == "RCPT" and "refused" in line:
                self._say("550 nobody of that name")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 well")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


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
