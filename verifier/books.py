"""The books as level 5 folds them: postings, lots, holds, freezes, and when an item last moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from verifier.canonical import Flaw, Json
from verifier.cases import names, text
from verifier.quantities import decimal_in, listed, number, written
from verifier.reading import Sound

Row = tuple[Json, ...]
_WHOLE, _STILL = "", "*"  # beside items: the book as a whole, and whether it stands still


@dataclass(slots=True, kw_only=True)
class _Lot:
    rank: int
    quantity: Decimal
    cost: Decimal
    details: str


@dataclass(slots=True, kw_only=True)
class _Hold:
    """What an owner still has to get; `rank` and `holders` are of when he began to wait."""

    rank: int
    holders: str
    quantity: Decimal


@dataclass(slots=True)
class Books:
    """Every book of a store. Positions are places in the log, from 1."""

    _postings: list[Row] = field(default_factory=list)
    _lots: dict[tuple[str, str], dict[str, _Lot]] = field(default_factory=dict)
    _balances: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    _holds: dict[tuple[str, str, str], _Hold] = field(default_factory=dict)
    _freezes: list[list[Json]] = field(default_factory=list)
    _cards: dict[tuple[str, str], int] = field(default_factory=dict)
    _serials: dict[str, int] = field(default_factory=dict)

    def follow(self, one: Sound) -> None:
        """What one record says of them. Raises `Flaw`."""
        position = one.index + 1
        for n, event in enumerate(one.events):
            match event.get("event"):
                case "Posted":
                    self._post(event, one, n)
                    self._touch(event, position)
                case "HoldChanged":
                    self._hold(event, position * 1000 + n)
                    self._touch(event, position)
                case "BookFrozen":
                    book, owner = text(event, "book"), text(event, "owner")
                    self._freezes.append([book, position, owner, None])
                    self._cards[book, _STILL] = position
                case "BookThawed":
                    self._thaw(text(event, "book"), position)

    def _touch(self, event: Mapping[str, Json], position: int) -> None:
        book = text(event, "book")
        self._cards[book, text(event, "item")] = self._cards[book, _WHOLE] = position

    def _thaw(self, book: str, position: int) -> None:
        for row in self._freezes:
            if row[0] == book and row[3] is None:
                row[3] = position
        self._cards[book, _STILL] = position

    def _hold(self, event: Mapping[str, Json], rank: int) -> None:
        key = (text(event, "book"), text(event, "item"), text(event, "owner"))
        held = self._holds.get(key)
        if held is None or held.quantity <= 0:
            left = held.quantity if held else Decimal(0)
            held = _Hold(rank=rank, holders=listed(names(event, "holders")), quantity=left)
            self._holds[key] = held
        held.quantity += decimal_in(event)

    def _post(self, event: Mapping[str, Json], one: Sound, n: int) -> None:
        book, item, name = text(event, "book"), text(event, "item"), text(event, "lot")
        quantity, cost = decimal_in(event), decimal_in(event, "cost")
        details = event.get("details")
        if not isinstance(details, dict):
            raise Flaw("入账的事项不成样子", "the details of a posting are ill-formed")
        lots = self._lots.setdefault((book, item), {})
        if name not in lots:
            told = written(details)
            lots[name] = _Lot(rank=len(lots), quantity=Decimal(0), cost=cost, details=told)
        lots[name].quantity += quantity
        self._serials[book] = self._serials.get(book, 0) + 1
        before, worth = self._balances.get((book, item), (Decimal(0), Decimal(0)))
        balance, amount = before + quantity, worth + quantity * lots[name].cost
        self._balances[book, item] = balance, amount
        self._postings.append(
            (
                *(one.index + 1, n, book, self._serials[book], item, text(event, "kind"), name),
                *(number(quantity), number(cost), number(balance), number(amount)),
                *(text(event, "owner"), text(event, "of"), listed(names(event, "holders"))),
                *(written(details), one.body.time, one.body.actor.name, one.body.node),
            )
        )

    def rows(self) -> dict[str, list[Row]]:
        """The rows of the tables of books."""
        return {
            "posting": self._postings,
            "lot": [
                (*key, name, lot.rank, number(lot.quantity), number(lot.cost), lot.details)
                for key, lots in self._lots.items()
                for name, lot in lots.items()
            ],
            "hold": [
                (*key, held.rank, number(held.quantity), held.holders)
                for key, held in self._holds.items()
                if held.quantity > 0
            ],
            "card": [(*key, version) for key, version in self._cards.items()],
            "freeze": [tuple(row) for row in self._freezes],
        }
