"""What may be asked of the books of an office, and the answer of an office that keeps none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from engine.books.ledger import ZERO, Card, Posting


class Shelf(Protocol):
    """The books as they stand. Owners are numbers of cases; every question is remembered by
    the shelf, so that an answer which has changed meanwhile is found before anything is written.
    """

    @property
    def versions(self) -> Mapping[tuple[str, str], int]:
        """What has been read: (book, item) and how new it was."""
        ...

    def card(self, book: str, item: str) -> Card: ...

    def cards(self, book: str) -> tuple[Card, ...]:
        """Every item that has ever been in the book, by name."""
        ...

    def frozen_by(self, book: str) -> str | None:
        """The case that holds the book still while it is counted."""
        ...

    def moved(self, book: str, item: str, lot: str, owner: str) -> Decimal:
        """What others moved in a lot while `owner` held the book still."""
        ...

    def postings_of(self, owner: str, book: str) -> tuple[Posting, ...]:
        """The postings of a case, and those that answer them."""
        ...

    def holds_of(self, owner: str, book: str) -> tuple[tuple[str, Decimal], ...]:
        """The items an owner still holds, and how much."""
        ...

    def postings(self, book: str, item: str) -> Iterable[Posting]:
        """Every posting of an item, oldest first."""
        ...

    def held_for(self, book: str, item: str, holder: str) -> Iterable[tuple[str, Decimal, date]]:
        """What is held for a holder: the owner, how much, since when."""
        ...


class EmptyShelf:
    """An office without books."""

    versions: Mapping[tuple[str, str], int] = MappingProxyType({})

    def card(self, book: str, item: str) -> Card:
        return Card(book=book, item=item)

    def cards(self, book: str) -> tuple[Card, ...]:
        return ()

    def frozen_by(self, book: str) -> str | None:
        return None

    def moved(self, book: str, item: str, lot: str, owner: str) -> Decimal:
        return ZERO

    def postings_of(self, owner: str, book: str) -> tuple[Posting, ...]:
        return ()

    def holds_of(self, owner: str, book: str) -> tuple[tuple[str, Decimal], ...]:
        return ()

    def postings(self, book: str, item: str) -> Iterable[Posting]:
        return ()

    def held_for(self, book: str, item: str, holder: str) -> Iterable[tuple[str, Decimal, date]]:
        return ()
