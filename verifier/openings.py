"""Opening balances: what a case opens begins the card's own stream (evidence-spec.md §4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json, canonical
from verifier.cases import text
from verifier.chain import Judged
from verifier.findings import Finding
from verifier.quantities import decimal_in
from verifier.reading import Sound
from verifier.records import Body, Head

CARD_OPENED = "CardOpened"
Card = tuple[str, str]  # book and item
_FIELDS = frozenset(("event", "version", "book", "item", "kind", "quantity", "amount"))


def check_openings(bundle: Bundle, judged: Judged) -> Iterator[Finding]:
    """Level 3: each opening balance is that of a record of a case, signed alike, and the other way
    round.
    """
    for one in judged.sound:
        if one.body.stream.startswith("stock/") and one.body.seq == 0:
            yield from _check_stock(one, bundle, judged)
        elif one.body.stream.startswith("case/"):
            for n, event in _opened_by(one):
                yield from _check_case(one, n, event, bundle, judged)


def check_balances(judged: Judged) -> Iterator[Finding]:
    """Level 4: a card is opened before anything else moves on it, with what then came in."""
    moved: set[Card] = set()
    for one in judged.sound:
        try:
            yield from _check_moves(one, moved)
        except Flaw as flaw:
            yield _tell(one, "events", flaw.zh, flaw.en, level=4)


def _check_moves(one: Sound, moved: set[Card]) -> Iterator[Finding]:
    """What one record moves and opens; a card that it opened has moved. Raises `Flaw`."""
    brought: dict[Card, tuple[Decimal, Decimal]] = {}
    for event in one.events if one.body.stream.startswith("case/") else ():
        if event.get("event") == "Posted":
            card = text(event, "book"), text(event, "item")
            quantity, cost = decimal_in(event), decimal_in(event, "cost")
            came = max(quantity, Decimal(0))
            before, worth = brought.get(card, (Decimal(0), Decimal(0)))
            brought[card] = before + came, worth + came * cost
        elif event.get("event") == CARD_OPENED:
            card = text(event, "book"), text(event, "item")
            told = decimal_in(event), decimal_in(event, "amount")
            if card in moved:
                zh, en = "这张卡早已有进出,不能再开账", "the card had moved before it was opened"
                yield _tell(one, "events", zh, en, level=4)
            elif brought.get(card) != told:
                zh, en = "期初余额不是所入的账", "the opening balance is not what was entered"
                yield _tell(one, "events", zh, en, level=4)
    moved.update(brought)


def _opened_by(one: Sound) -> Iterator[tuple[int, dict[str, Json]]]:
    """The openings among a record's events, each with its place."""
    for n, event in enumerate(one.events):
        if event.get("event") == CARD_OPENED:
            yield n, event


def _check_stock(first: Sound, bundle: Bundle, judged: Judged) -> Iterator[Finding]:
    """The first record of a card's stream opens that card, because a record of a case does."""
    body = first.body
    event = first.event(CARD_OPENED) if body.events == 1 else None
    if event is None or event.keys() != _FIELDS or _stream(event) != body.stream:
        zh, en = "不是这张卡的期初余额", "it is not the opening balance of this card"
        yield _tell(first, "event/0", zh, en)
        return
    stream = f"case/{body.case}" if body.case is not None else ""
    known, head = judged.streams.get(stream), body.heads.get(stream)
    if known is None and bundle.scope.kind == "period":
        return  # a part of the store need not have that case
    asked = known[head.seq] if known and head and head.seq < len(known) else None
    if asked is None or not _is_named(asked, head) or not _holds(asked, event):
        zh, en = "没有案件开这张卡", "no case opens this card"
        yield _tell(first, "event/0", zh, en)
    elif _bond(asked.body) != _bond(body):
        zh, en = "不是开账的人与办法所签", "it is not signed as the opening was"
        yield _tell(first, "actor", zh, en)


def _check_case(
    one: Sound, n: int, event: dict[str, Json], bundle: Bundle, judged: Judged
) -> Iterator[Finding]:
    """What a case opens stands at the head of the card's stream."""
    known = judged.streams.get(_stream(event))
    if known is None and bundle.scope.kind == "period":
        return
    named = known[0].body.heads.get(one.body.stream) if known else None
    if not _is_named(one, named):
        zh = "所开的账没有成为该卡那条链的第一条"
        yield _tell(one, f"event/{n}", zh, "what it opens does not begin the card's own stream")


def _stream(event: dict[str, Json]) -> str:
    """The stream of the card an opening names, "" where it names none."""
    book, item = event.get("book"), event.get("item")
    return f"stock/{book}/{item}" if isinstance(book, str) and isinstance(item, str) else ""


def _is_named(one: Sound, head: Head | None) -> bool:
    return head is not None and (head.seq, head.hash) == (one.body.seq, one.record.digest)


def _holds(one: Sound, event: dict[str, Json]) -> bool:
    wanted = canonical(event)
    return any(canonical(found) == wanted for _, found in _opened_by(one))


def _bond(body: Body) -> tuple[object, ...]:
    """What two records have in common that one act has signed."""
    who = body.actor, body.way, body.recorder, body.key, body.meaning
    return (*who, body.definition, body.case, body.number, body.org, body.keys)


def _tell(one: Sound, field: str, zh: str, en: str, *, level: int = 3) -> Finding:
    return Finding(
        code="E_OPENING",
        level=level,
        stream=one.body.stream,
        seq=one.body.seq,
        field=field,
        zh=zh,
        en=en,
    )
