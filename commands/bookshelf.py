"""The books of an office as people name them: which there are, and what their items are called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from engine.books.ledger import Card
from engine.desk import Desk
from engine.errors import UnknownName
from engine.language.params import Params, Table
from engine.language.roster import RosterView
from engine.reading.names import named
from engine.store.lines import read_books, read_cards
from engine.text import say


@dataclass(frozen=True)
class Bookshelf:
    """The books of a desk's office, in the reader's language."""

    desk: Desk
    language: str

    @cached_property
    def params(self) -> Params:
        """The parameters in force today: which books there are, and what their items are called."""
        catalog, today = self.desk.catalog, self.desk.day(self.desk.clock())
        return catalog.params(catalog.params_in_force(today).digest)

    @cached_property
    def roster(self) -> RosterView:
        return self.desk.catalog.roster(self.desk.clock())

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The books of today, then those of other days that something was entered in."""
        return tuple(dict.fromkeys((*self.params.books, *read_books(self.desk.store))))

    def find(self, word: str) -> str:
        """A book by its name or its English one. Errors: `UnknownName`."""
        known = {one.en: one.name for one in self.params.books.values() if one.en}
        if word not in self.names and word not in known:
            raise UnknownName(say("台账"), word, (*self.names, *known))
        return word if word in self.names else known[word]

    def title(self, book: str, item: str | None = None) -> str:
        """What a book, or an item of it, is called."""
        found = self.params.books.get(book)
        own = named(book, found.en if found else None, self.language)
        return " ".join(part for part in (own, item, item and self.label(book, item)) if part)

    def table(self, book: str) -> Table | None:
        """The reference table the items of a book come from."""
        found = self.params.books.get(book)
        return self.params.tables.get(found.item) if found and found.item else None

    def column(self, book: str) -> str | None:
        """The column that says what an item is called: the first text beside the key."""
        table = self.table(book)
        columns = table.columns.items() if table is not None else ()
        texts = (name for name, kind in columns if table and name != table.key and kind == "text")
        return next(texts, None)

    def label(self, book: str, item: str) -> str:
        """What an item is called; "" where the table does not say."""
        table, column = self.table(book), self.column(book)
        found = table.rows.get(item, {}).get(column) if table is not None and column else None
        return str(found) if found is not None else ""

    def holder(self, name: str) -> str:
        """Whom a line was for: a person's name for an id, a department's as it is."""
        return self.roster.name_of(name)

    def cards(self, book: str, *, everything: bool = False) -> tuple[Card, ...]:
        """The items that have moved or are waited for, or all the table knows too, by name."""
        cards = {one.item: one for one in read_cards(self.desk.store, book)}
        table = self.table(book)
        for item in table.rows if table is not None and everything else ():
            cards.setdefault(item, Card(book=book, item=item))
        return tuple(cards[item] for item in sorted(cards))

    def card(self, book: str, word: str) -> Card:
        """An item by its key, or by what only it is called. Errors: `UnknownName`."""
        cards = {one.item: one for one in self.cards(book, everything=True)}
        called = [item for item in cards if self.label(book, item) == word]
        if word in cards:
            return cards[word]
        if len(called) == 1:
            return cards[called[0]]
        labels = (self.label(book, item) for item in cards)
        raise UnknownName(say("编码"), word, (*cards, *(one for one in labels if one)))
