"""The books as a case sees them while it is being decided: what stands, and its own entries.

Nothing is written here. An entry becomes events, and the cards follow the events, so that
the second line of a table sees what the first has taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from engine.books import ledger
from engine.books.diaries import Diaries, NoDiaries
from engine.books.ledger import ZERO, Card, Posting
from engine.books.shelf import Shelf
from engine.kernel import events as happened
from engine.kernel.diarykeeping import Diarykeeping
from engine.kernel.events import Event

NO_DIARIES = NoDiaries()


def posting_of(event: happened.Posted, on: date) -> Posting:
    """The line an event writes into its book, on the day it happened."""
    return Posting(
        book=event.book,
        item=event.item,
        kind=event.kind,
        lot=event.lot,
        quantity=event.quantity,
        cost=event.cost,
        owner=event.owner,
        of=event.of,
        holders=event.holders,
        details=event.details,  # type: ignore[arg-type]
        on=on,
    )


class Bookkeeping:
    """The shelf and the diaries with this case's entries on top. `owner` is the number of the
    case.
    """

    def __init__(self, shelf: Shelf, owner: str, on: date, diaries: Diaries = NO_DIARIES) -> None:
        self.shelf = shelf
        self.owner = owner
        self.on = on
        self.diaries = Diarykeeping(diaries)
        self._cards: dict[tuple[str, str], Card] = {}
        self._frozen: dict[str, str | None] = {}
        self._postings: list[Posting] = []

    def beside(self) -> Bookkeeping:
        """A copy to try entries on."""
        other = Bookkeeping(self.shelf, self.owner, self.on)
        other._cards = dict(self._cards)
        other._frozen = dict(self._frozen)
        other._postings = list(self._postings)
        other.diaries = self.diaries.beside()
        return other

    def follow(self, event: Event) -> None:
        """Bring cards and pages up to date. Errors: `LedgerError`, `BookingError`."""
        self.diaries.follow(event)
        match event:
            case happened.Posted():
                posting = posting_of(event, self.on)
                card = self.card(event.book, event.item)
                self._cards[event.book, event.item] = ledger.posted(card, posting)
                self._postings.append(posting)
            case happened.HoldChanged():
                card = self.card(event.book, event.item)
                self._cards[event.book, event.item] = ledger.held(card, event.owner, event.quantity)
            case happened.BookFrozen():
                self._frozen[event.book] = event.owner
            case happened.BookThawed():
                self._frozen[event.book] = None

    # -- what stands -------------------------------------------------------------------

    def card(self, book: str, item: str) -> Card:
        found = self._cards.get((book, item))
        return found if found is not None else self.shelf.card(book, item)

    def cards(self, book: str) -> tuple[Card, ...]:
        known = {card.item: card for card in self.shelf.cards(book)}
        known |= {item: card for (name, item), card in self._cards.items() if name == book}
        return tuple(known[item] for item in sorted(known))

    def frozen_by(self, book: str) -> str | None:
        return self._frozen[book] if book in self._frozen else self.shelf.frozen_by(book)

    def postings_of(self, owner: str, book: str) -> tuple[Posting, ...]:
        """The postings of a case, and those that answer them."""
        own = tuple(
            one for one in self._postings if one.book == book and owner in (one.owner, one.of)
        )
        return (*self.shelf.postings_of(owner, book), *own)

    def holds_of(self, owner: str, book: str) -> tuple[tuple[str, Decimal], ...]:
        known = dict(self.shelf.holds_of(owner, book))
        for (name, item), card in self._cards.items():
            if name == book:
                known[item] = card.held(owner)
        return tuple((item, quantity) for item, quantity in known.items() if quantity > 0)

    def moved(self, book: str, item: str, lot: str) -> Decimal:
        """What others have moved in a lot while this case held the book still."""
        return self.shelf.moved(book, item, lot, self.owner)

    # -- sums over time ----------------------------------------------------------------

    def drawn(self, book: str, item: str, holder: str, since: date) -> Decimal:
        """What a holder has had or been promised of an item since a day, but for this case."""
        had = sum(
            (
                -one.quantity
                for one in self._others(book, item)
                if holder in one.holders and one.on is not None and one.on >= since
            ),
            ZERO,
        )
        promised = sum(
            (
                quantity
                for owner, quantity, _ in self.shelf.held_for(book, item, holder)
                if owner != self.owner
            ),
            ZERO,
        )
        return had + promised

    def received(self, book: str, item: str, since: date) -> Decimal:
        """What has come in of an item since a day, less what was reversed, but for this case."""
        return sum(
            (
                one.quantity
                for one in self._others(book, item)
                if not one.holders
                and one.on is not None
                and one.on >= since
                and (one.quantity > 0 or one.of)
            ),
            ZERO,
        )

    def consumed(self, book: str, item: str, since: date) -> Decimal:
        """What holders have had of an item since a day, less what they brought back."""
        return sum(
            (
                -one.quantity
                for one in self.shelf.postings(book, item)
                if one.holders and one.on is not None and one.on >= since
            ),
            ZERO,
        )

    def _others(self, book: str, item: str) -> Iterator[Posting]:
        return (one for one in self.shelf.postings(book, item) if one.owner != self.owner)
