"""A headless Chromium, spoken to over two pipes in its DevTools protocol."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.reading.pdf import find_browser

OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run")
CLEAR_OF_STANDARD = 10  # the browser reads from descriptor 3 and writes to 4


class Chromium:
    """One page of a browser. Errors: `RuntimeError` with what the page said."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = os.fdopen(reading, "rb")
        self._writing = writing
        self._calls = 0
        self._session: str | None = None
        self._events: list[dict[str, Any]] = []

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """One command of the protocol and its answer."""
        self._calls += 1
        number = self._calls
        message: dict[str, object] = {"id": number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        self._send(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return dict(answer["result"])
            self._events.append(answer)

    def open(self, page: Path) -> None:
        """A tab with this page, loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=page.absolute().as_uri())
        while not self.told("Page.loadEventFired"):
            self._events.append(self._receive())

    def told(self, method: str) -> list[dict[str, Any]]:
        """Events of this name so far."""
        return [event for event in self._events if event.get("method") == method]

    def run(self, expression: str) -> Any:
        """What an expression in the page comes to, awaited."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"], ensure_ascii=False))
        return answer["result"].get("value")

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files in a file field, as a person would."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        names = [str(file.absolute()) for file in files]
        self.call("DOM.setFileInputFiles", files=names, nodeId=node)

    def close(self) -> None:
        self._session = None
        self.call("Browser.close")
        os.close(self._writing)
        self._reading.close()

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._writing, data) :]

    def _receive(self) -> dict[str, Any]:
        message = bytearray()
        while True:
            waiting = self._reading.peek()
            if not waiting:
                raise RuntimeError("the browser has gone")
            end = waiting.find(b"\0")
            message += self._reading.read(len(waiting) if end < 0 else end)
            if end >= 0:
                self._reading.read(1)
                return dict(json.loads(message))


@contextmanager
def chromium(page: Path) -> Iterator[Chromium]:
    """A browser with one page open, gone at the end."""
    program = find_browser()
    assert program is not None
    to_browser, from_here = os.pipe()
    from_browser, to_here = os.pipe()
    command, answer = (
        fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, CLEAR_OF_STANDARD) for one in (to_browser, to_here)
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [program, *OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        actions = [
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, command, 3),
            (os.POSIX_SPAWN_DUP2, answer, 4),
        ]
        process = os.posix_spawn(program, words, os.environ, file_actions=actions)
        for one in (to_browser, to_here, command, answer):
            os.close(one)
        browser = Chromium(from_browser, from_here)
        try:
            browser.open(page)
            yield browser
        finally:
            browser.close()
            os.waitpid(process, 0)
