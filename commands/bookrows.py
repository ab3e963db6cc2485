"""Cards, lots and lines of a book as rows: every digit for programs, readable for people."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from commands.bookshelf import Bookshelf
from commands.display import moment
from engine.books.figures import Balance
from engine.books.ledger import Card, Lot
from engine.reading.axes import money, number, price
from engine.store.rows import BookLine

Row = dict[str, object]
AMOUNTS = ("amount", "balance_amount")


def card_row(shelf: Bookshelf, card: Card) -> Row:
    """An item as it stands: what is held and what is free make up what lies there."""
    return {
        "item": card.item,
        "name": shelf.label(card.book, card.item),
        "on_hand": card.on_hand,
        "amount": card.amount,
        "held": card.reserved,
        "free": card.free,
        "short": card.short,
    }


def balance_row(shelf: Bookshelf, book: str, one: Balance) -> Row:
    """An item as it stood at some time."""
    return {
        "item": one.item,
        "name": shelf.label(book, one.item),
        "on_hand": one.quantity,
        "amount": one.amount,
    }


def lot_row(lot: Lot) -> Row:
    kept = {name: found for name, found in lot.details.items() if found not in (None, "")}
    return {
        "lot": lot.id,
        "quantity": lot.quantity,
        "cost": lot.cost,
        "amount": lot.quantity * lot.cost,
        "kept": kept,
    }


def hold_rows(card: Card) -> list[Row]:
    """Who waits, in the order of approval, and how much of it each can have now."""
    return [
        {"number": one.owner, "quantity": one.quantity, "available": card.allocated(one.owner)}
        for one in card.holds
    ]


def line_row(shelf: Bookshelf, line: BookLine) -> Row:
    one = line.posting
    return {
        "serial": line.serial,
        "on": one.on,
        "kind": one.kind,
        "lot": one.lot,
        "quantity": one.quantity,
        "cost": one.cost,
        "amount": one.amount,
        "balance": line.balance,
        "balance_amount": line.balance_amount,
        "number": one.owner,
        "of": one.of,
        "state": line.state,
        "actor": line.actor,
        "holders": [shelf.holder(holder) for holder in one.holders],
        "at": moment(shelf.desk, line.at),
    }


def exact(value: object) -> object:
    """Rows for programs: figures as text, with all their digits and no more."""
    match value:
        case Decimal():
            return format(value.normalize(), "f")
        case Mapping():
            return {name: exact(one) for name, one in value.items()}
        case list():
            return [exact(one) for one in value]
    return value


def readable(row: Row) -> Row:
    """A row for people: thousands, amounts to the cent."""
    return {name: _words(name, value) for name, value in row.items()}


def _words(name: str, value: object) -> object:
    match value:
        case Decimal() if name in AMOUNTS:
            return money(value)
        case Decimal() if name == "cost":
            return price(value)
        case Decimal():
            return number(value)
    return value
