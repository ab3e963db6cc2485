"""Time stamps for checkpoints: a request to carry to an authority, an answer to keep.

The program never asks a time-stamp authority itself: files go out and come back by hand, or by
whatever the office has for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine import scribe
from engine.errors import EvidenceError, GuichengError, UnknownName
from engine.evidence.tokens import (
    NONCE_BYTES,
    dump_request,
    is_over,
    load_answer,
    load_request,
    require_answered,
)
from engine.filing import Filing
from engine.store.rows import Kept
from engine.store.store import Store
from engine.text import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A checkpoint of `size` records, and when the authority says it saw it (UTC)."""

    size: int
    at: datetime


def ask(desk: Filing, size: int | None) -> tuple[int, bytes]:
    """A request for the newest checkpoint, or that of a size; its size, and the bytes.

    Errors: `GuichengError` if there is no checkpoint, `UnknownName` if there is none of this size.
    """
    kept = _checkpoints(desk.store, size)[-1]
    return kept.size, dump_request(kept.note.encode(), desk.dice(NONCE_BYTES))


def keep_answer(desk: Filing, answer: bytes, request: bytes | None, size: int | None) -> Stamped:
    """Keep an answer beside the checkpoint it is over; what came before for it stays, unused.

    Errors: `EvidenceError` if it is over none, or not to the request; otherwise as `ask`.
    """
    given = load_answer(answer)
    if request is not None:
        require_answered(given, load_request(request))
    for kept in reversed(_checkpoints(desk.store, size)):
        if is_over(given, kept.note.encode()):
            desk.store.keep_token(kept.size, answer, scribe.instant(desk.clock()))
            return Stamped(size=kept.size, at=given.at)
    raise EvidenceError(say("时间戳不是盖在本库的检查点上"))


def _checkpoints(store: Store, size: int | None) -> tuple[Kept, ...]:
    """All, the smallest first, or the one of a size."""
    known = store.checkpoints()
    if not known:
        raise GuichengError(say("还没有检查点;请先 audit checkpoint"))
    wanted = tuple(one for one in known if size in (None, one.size))
    if not wanted:
        raise UnknownName(say("检查点"), str(size), (str(one.size) for one in known))
    return wanted
