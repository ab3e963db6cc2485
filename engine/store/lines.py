"""What people read of the books: their names, their cards, their lines."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from engine.books.ledger import Card
from engine.store.books import load_cards, load_posting
from engine.store.history import History, utc
from engine.store.rows import BookLine
from engine.store.tables import CardRow, PostingRow, columns


def read_books(history: History) -> tuple[str, ...]:
    """The books something has ever been entered in, by name."""
    column = columns(CardRow)
    with history.reading() as connection:
        found = connection.execute(select(column.book).distinct().order_by(column.book))
        return tuple(found.scalars())


def read_cards(history: History, book: str) -> tuple[Card, ...]:
    """Every item of a book that has moved or is waited for, by name."""
    with history.reading() as connection:
        return load_cards(connection, book)


def read_lines(
    history: History, book: str, *, item: str | None = None, until: datetime | None = None
) -> tuple[BookLine, ...]:
    """The lines of a book in the order they were entered, those known at a moment."""
    column = columns(PostingRow)
    wanted = select(PostingRow).where(column.book == book)
    if item is not None:
        wanted = wanted.where(column.item == item)
    if until is not None:
        wanted = wanted.where(column.at <= utc(until))
    with history.reading() as connection:
        rows = connection.execute(wanted.order_by(column.position, column.n)).all()
    return tuple(
        BookLine(
            serial=row.serial,
            posting=load_posting(row),
            balance=Decimal(row.balance),
            balance_amount=Decimal(row.balance_amount),
            at=datetime.fromisoformat(row.at),
            actor=row.actor,
            state=row.state,
        )
        for row in rows
    )
