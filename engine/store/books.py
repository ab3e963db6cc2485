"""The books as tables: written beside each record, read card by card.

The cards are folded by the same pure code that judges an entry (books/ledger.py), whether a
record has just been sealed or the whole history is being rebuilt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select, update

from engine.books import ledger
from engine.books.ledger import ZERO, Card, Hold, Lot, Posting
from engine.evidence.record import Body
from engine.kernel import events as happened
from engine.kernel.bookkeeping import posting_of
from engine.kernel.events import Event
from engine.kernel.values import dump_value, load_value
from engine.store.history import History
from engine.store.statements import add, find, find_all, remove
from engine.store.tables import CardRow, FreezeRow, HoldRow, LotRow, PostingRow, columns

WHOLE, STILL = "", "*"  # beside items: the book as a whole, and whether it stands still
Versions = dict[tuple[str, str], int]
T = TypeVar("T")


# -- writing -------------------------------------------------------------------------------


def follow_books(
    connection: Connection, body: Body, events: Iterable[Event], position: int
) -> None:
    """Enter in the books what one record says of them."""
    happened_at = datetime.fromisoformat(body.happened)
    day = happened_at.astimezone(ZoneInfo(body.tz)).date()
    for n, event in enumerate(events):
        match event:
            case happened.Posted():
                _post(connection, body, posting_of(event, day), position, n)
            case happened.HoldChanged():
                _hold(connection, event, day, position * 1000 + n)
            case happened.BookFrozen():
                add(connection, FreezeRow, book=event.book, since=position, owner=event.owner)
                _touch(connection, event.book, STILL, position)
            case happened.BookThawed():
                column = columns(FreezeRow)
                connection.execute(
                    update(FreezeRow)
                    .where(column.book == event.book, column.until.is_(None))
                    .values(until=position)
                )
                _touch(connection, event.book, STILL, position)
        if isinstance(event, happened.Posted | happened.HoldChanged):
            _touch(connection, event.book, event.item, position)
            _touch(connection, event.book, WHOLE, position)


def _post(connection: Connection, body: Body, posting: Posting, position: int, n: int) -> None:
    before = load_card(connection, posting.book, posting.item)
    card = ledger.posted(before, posting)
    lot = card.lot(posting.lot)
    assert lot is not None
    remove(connection, LotRow, book=card.book, item=card.item, lot=lot.id)
    add(
        connection,
        LotRow,
        book=card.book,
        item=card.item,
        lot=lot.id,
        rank=lot.rank,
        quantity=_text(lot.quantity),
        cost=_text(lot.cost),
        details=_details(lot.details),
    )
    table = columns(PostingRow)
    serial = connection.execute(
        select(func.max(table.serial)).where(table.book == posting.book)
    ).scalar()
    add(
        connection,
        PostingRow,
        position=position,
        n=n,
        book=posting.book,
        serial=(serial or 0) + 1,
        item=posting.item,
        kind=posting.kind,
        lot=posting.lot,
        quantity=_text(posting.quantity),
        cost=_text(posting.cost),
        balance=_text(card.on_hand),
        balance_amount=_text(card.amount),
        owner=posting.owner,
        of=posting.of,
        holders=json.dumps(posting.holders, ensure_ascii=False),
        details=_details(posting.details),
        day=posting.on.isoformat() if posting.on else "",
        at=body.time,
        actor=body.actor.name,
        state=body.task.node if body.task else "",
    )


def _hold(connection: Connection, event: happened.HoldChanged, day: date, rank: int) -> None:
    mine = {"book": event.book, "item": event.item, "owner": event.owner}
    row = find(connection, HoldRow, **mine)
    card = ledger.held(load_card(connection, event.book, event.item), event.owner, event.quantity)
    left = card.held(event.owner)
    remove(connection, HoldRow, **mine)
    if left > 0:
        add(
            connection,
            HoldRow,
            **mine,
            rank=row.rank if row else rank,
            quantity=_text(left),
            holders=row.holders if row else json.dumps(event.holders, ensure_ascii=False),
            day=row.day if row else day.isoformat(),
        )


def _touch(connection: Connection, book: str, item: str, position: int) -> None:
    remove(connection, CardRow, book=book, item=item)
    add(connection, CardRow, book=book, item=item, version=position)


def version_of(connection: Connection, book: str, item: str) -> int:
    """When an item last moved; 0 if it never has."""
    card = find(connection, CardRow, book=book, item=item)
    return int(card.version) if card else 0


def load_card(connection: Connection, book: str, item: str) -> Card:
    """One item of a book as it stands."""
    return next(iter(load_cards(connection, book, item)), Card(book=book, item=item))


def load_cards(connection: Connection, book: str, item: str | None = None) -> tuple[Card, ...]:
    """Every item of a book that has ever moved or is waited for, by name; or only the one named."""
    key = {"book": book} if item is None else {"book": book, "item": item}
    found: dict[str, tuple[list[Lot], list[Hold]]] = {}
    for lot in find_all(connection, LotRow, ("item", "rank"), **key):
        found.setdefault(lot.item, ([], []))[0].append(
            Lot(
                id=lot.lot,
                rank=lot.rank,
                quantity=Decimal(lot.quantity),
                cost=Decimal(lot.cost),
                details=_load_details(lot.details),
            )
        )
    for hold in find_all(connection, HoldRow, ("item", "rank"), **key):
        found.setdefault(hold.item, ([], []))[1].append(
            Hold(owner=hold.owner, quantity=Decimal(hold.quantity))
        )
    return tuple(
        Card(book=book, item=name, lots=tuple(lying), holds=tuple(waiting), made=len(lying))
        for name, (lying, waiting) in sorted(found.items())
    )


def _text(quantity: Decimal) -> str:
    return format(Decimal(ledger.plain(quantity)), "f")


def _details(details: Mapping[str, Any]) -> str:
    dumped = {name: dump_value(value) for name, value in details.items()}
    return json.dumps(dumped, ensure_ascii=False, sort_keys=True)


def _load_details(text: str) -> Mapping[str, Any]:
    return {name: load_value(value) for name, value in json.loads(text).items()}


# -- reading ---------------------------------------------------------------------------------


class StoredShelf:
    """The books of a store, read as they are asked for.

    `versions` says what was read and how new it was: what a write must find unchanged.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._known: dict[tuple[str, ...], Any] = {}
        self.versions: Versions = {}

    def _asked(
        self, key: tuple[str, ...], version: tuple[str, str], read: Callable[[Connection], T]
    ) -> T:
        if key not in self._known:
            with self._history.reading() as connection:
                self.versions.setdefault(version, version_of(connection, *version))
                self._known[key] = read(connection)
        found: T = self._known[key]
        return found

    def card(self, book: str, item: str) -> Card:
        return self._asked(
            ("card", book, item),
            (book, item),
            lambda connection: load_card(connection, book, item),
        )

    def cards(self, book: str) -> tuple[Card, ...]:
        return self._asked(
            ("cards", book), (book, WHOLE), lambda connection: load_cards(connection, book)
        )

    def frozen_by(self, book: str) -> str | None:
        column = columns(FreezeRow)
        return self._asked(
            ("frozen", book),
            (book, STILL),
            lambda connection: connection.execute(
                select(column.owner).where(column.book == book, column.until.is_(None))
            ).scalar(),
        )

    def moved(self, book: str, item: str, lot: str, owner: str) -> Decimal:
        freeze, table = columns(FreezeRow), columns(PostingRow)

        def read(connection: Connection) -> Decimal:
            row = connection.execute(
                select(FreezeRow)
                .where(freeze.book == book, freeze.owner == owner)
                .order_by(freeze.since.desc())
            ).first()
            if row is None:
                return ZERO
            wanted = select(table.quantity).where(
                table.book == book,
                table.item == item,
                table.lot == lot,
                table.owner != owner,
                table.position > row.since,
            )
            if row.until is not None:
                wanted = wanted.where(table.position < row.until)
            return sum((Decimal(one) for one in connection.execute(wanted).scalars()), ZERO)

        return self._asked(("moved", book, item, lot, owner), (book, item), read)

    def postings(self, book: str, item: str) -> tuple[Posting, ...]:
        column = columns(PostingRow)
        return self._asked(
            ("postings", book, item),
            (book, item),
            lambda connection: _postings(connection, column.book == book, column.item == item),
        )

    def postings_of(self, owner: str, book: str) -> tuple[Posting, ...]:
        column = columns(PostingRow)
        # a case's own postings are guarded by its stream, what answers them by their items
        found = self._asked(
            ("of", owner, book),
            (book, STILL),
            lambda connection: _postings(
                connection, column.book == book, (column.owner == owner) | (column.of == owner)
            ),
        )
        for item in {one.item for one in found}:
            self.card(book, item)
        return found

    def holds_of(self, owner: str, book: str) -> tuple[tuple[str, Decimal], ...]:
        column = columns(HoldRow)
        found = self._asked(
            ("holds", owner, book),
            (book, STILL),
            lambda connection: tuple(
                (row.item, Decimal(row.quantity))
                for row in connection.execute(
                    select(HoldRow).where(column.book == book, column.owner == owner)
                )
            ),
        )
        for item, _ in found:
            self.card(book, item)
        return found

    def held_for(self, book: str, item: str, holder: str) -> tuple[tuple[str, Decimal, date], ...]:
        column = columns(HoldRow)
        return self._asked(
            ("held", book, item, holder),
            (book, item),
            lambda connection: tuple(
                (row.owner, Decimal(row.quantity), date.fromisoformat(row.day))
                for row in connection.execute(
                    select(HoldRow).where(column.book == book, column.item == item)
                )
                if holder in json.loads(row.holders)
            ),
        )


def _postings(connection: Connection, *where: Any) -> tuple[Posting, ...]:
    column = columns(PostingRow)
    rows = connection.execute(select(PostingRow).where(*where).order_by(column.position, column.n))
    return tuple(load_posting(row) for row in rows)


def load_posting(row: Any) -> Posting:
    """The posting a row of the table holds."""
    return Posting(
        book=row.book,
        item=row.item,
        kind=row.kind,
        lot=row.lot,
        quantity=Decimal(row.quantity),
        cost=Decimal(row.cost),
        owner=row.owner,
        of=row.of,
        holders=tuple(json.loads(row.holders)),
        details=_load_details(row.details),
        on=date.fromisoformat(row.day),
    )
