"""What was destroyed, remembered outside the store: an older copy would bring it back.

evidence-spec.md §10. The file holds places and commitments, never a value: a line of canonical JSON
for each, `{"commit","path","seq","stream"}`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import EvidenceError
from engine.evidence.canonical import canonical, parse
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


def remember(file: Path, stream: str, targets: Iterable[Target]) -> None:
    """Keep what a redaction of this stream has destroyed; on disk when this returns."""
    places = (
        Place(stream=stream, seq=one.seq, path=one.path, commit=one.commit) for one in targets
    )
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as out:
        out.writelines(canonical(asdict(one)) + b"\n" for one in places)
        out.flush()
        os.fsync(out.fileno())


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
    # A line a crash cut short is none.
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    for line in lines:
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
