"""What was destroyed, remembered outside the store: an older copy would bring it back.

evidence-spec.md §10. The file holds places and commitments, never a value: a line of canonical JSON
for each, `{"commit","path","seq","stream"}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import EvidenceError, UsageError
from engine.evidence.canonical import canonical, parse
from engine.evidence.disk import alone, write_private
from engine.evidence.shape import read_count, read_object, read_text
from engine.kernel.office_events import Target
from engine.store.rows import Stored
from engine.store.store import Store
from engine.text import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a destroyed value stood, and the commitment to it."""

    stream: str
    seq: int
    path: str
    commit: str


@contextmanager
def remembered(file: Path, stream: str, targets: Iterable[Target]) -> Iterator[Callable[[], None]]:
    """Keep what a redaction of this stream is about to destroy; on disk before it begins.

    Gives what to call if it was refused. A usage error, too, destroys nothing. Whatever else ends
    it leaves the places remembered: one too many only asks for what was wanted.
    """
    with alone(file):
        before = _lines(file)
        places = (
            Place(stream=stream, seq=one.seq, path=one.path, commit=one.commit) for one in targets
        )
        new = b"".join(canonical(asdict(one)) + b"\n" for one in places)
        write_private(file, before + new)

        def forget() -> None:
            write_private(file, before)

        try:
            yield forget
        except UsageError:
            forget()
            raise


def returned(file: Path, store: Store) -> Iterator[tuple[Stored, str]]:
    """The records, each with a path, whose value was destroyed once and is in the store again.

    Errors: `EvidenceError` if the file is damaged.
    """
    for place in dict.fromkeys(_read(file)):
        stored = next(store.records(place.stream, after=place.seq - 1), None)
        if stored is None or stored.body.commits().get(place.path) != place.commit:
            continue
        if place.path in stored.disclosed(""):
            yield stored, place.path


def _read(file: Path) -> Iterator[Place]:
    for line in _lines(file).split(b"\n")[:-1]:
        try:
            got = read_object(parse(line), "", "commit path seq stream")
            yield Place(
                stream=read_text(got["stream"], "stream"),
                seq=read_count(got["seq"], "seq"),
                path=read_text(got["path"], "path"),
                commit=read_text(got["commit"], "commit"),
            )
        except EvidenceError as error:
            told = say("已销毁内容的清单 {file} 已损坏:{why}", file=str(file), why=error.text)
            raise EvidenceError(told) from error


def _lines(file: Path) -> bytes:
    """Every line of the file; one that was cut short is none."""
    content = file.read_bytes() if file.exists() else b""
    return content[: content.rfind(b"\n") + 1]
