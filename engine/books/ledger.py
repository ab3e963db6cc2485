"""Books of conserved quantities: stock in lots, money in budget lines, numbers used once.

A book is the fold of its entries in the order of the log. A card is one item of a book: the
lots that lie there, oldest first, and who waits for how much, in the order of approval.
What each owner can have now follows from the card and is recorded nowhere.

Quantities are `Decimal`, costs are per unit, an owner is the number of a case.
Source: 存货 issued first in, first out (GB: 企业会计准则第 1 号, 第十四条).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import count

from engine.errors import GuichengError
from engine.language.forms import Plain
from engine.text import say

ZERO = Decimal(0)


class LedgerError(GuichengError):
    """台账不能这样记"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What came in at one time at one cost. `rank` is its place in first in, first out."""

    id: str
    rank: int
    quantity: Decimal
    cost: Decimal
    details: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What an owner still has to get, whether it is there yet or not."""

    owner: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line of a book: a lot grew or shrank. It is never changed, only reversed."""

    book: str
    item: str
    kind: str
    lot: str
    quantity: Decimal  # in above zero, out below
    cost: Decimal
    owner: str
    of: str = ""  # the case whose postings it answers: a return, a reversal
    holders: tuple[str, ...] = ()
    details: Mapping[str, Plain] = field(default_factory=dict)
    on: date | None = None  # the day it happened; None while it is being decided

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One item of a book as it stands."""

    book: str
    item: str
    lots: tuple[Lot, ...] = ()  # oldest first; empty ones stay, so that returns find them
    holds: tuple[Hold, ...] = ()  # in the order of approval
    made: int = 0  # lots ever made, for their names

    @property
    def on_hand(self) -> Decimal:
        return sum((lot.quantity for lot in self.lots), ZERO)

    @property
    def amount(self) -> Decimal:
        return sum((lot.quantity * lot.cost for lot in self.lots), ZERO)

    @property
    def waiting(self) -> Decimal:
        """All that is held, here or still to come."""
        return sum((hold.quantity for hold in self.holds), ZERO)

    @property
    def free(self) -> Decimal:
        """What nobody waits for."""
        return max(ZERO, self.on_hand - self.waiting)

    @property
    def reserved(self) -> Decimal:
        """Of what lies here, what is held."""
        return min(self.on_hand, self.waiting)

    @property
    def short(self) -> Decimal:
        """What is held and is not here yet."""
        return self.waiting - self.reserved

    def lot(self, name: str) -> Lot | None:
        return next((lot for lot in self.lots if lot.id == name), None)

    def held(self, owner: str) -> Decimal:
        return sum((hold.quantity for hold in self.holds if hold.owner == owner), ZERO)

    def allocated(self, owner: str) -> Decimal:
        """How much of what lies here is the owner's, those before him served first."""
        left, mine = self.on_hand, ZERO
        for hold in self.holds:
            given = min(left, hold.quantity)
            left -= given
            if hold.owner == owner:
                mine += given
        return mine

    def available(self, owner: str) -> Decimal:
        """The most the owner can take: his share and what is free."""
        return self.allocated(owner) + self.free


def posted(card: Card, posting: Posting) -> Card:
    """The card after one posting. Errors: `LedgerError` if a lot would fall below zero."""
    lot = card.lot(posting.lot)
    if lot is None:
        if posting.quantity < 0:
            raise LedgerError(
                say("“{item}”没有批次 {lot}", item=posting.item, lot=posting.lot or "—")
            )
        lot = Lot(
            id=posting.lot,
            rank=card.made,
            quantity=posting.quantity,
            cost=posting.cost,
            details=posting.details,
        )
        return replace(card, lots=(*card.lots, lot), made=card.made + 1)
    quantity = lot.quantity + posting.quantity
    if quantity < 0:
        raise LedgerError(
            say(
                "“{item}”批次 {lot} 只有 {quantity}",
                item=posting.item,
                lot=lot.id,
                quantity=plain(lot.quantity),
            )
        )
    changed = tuple(
        replace(one, quantity=quantity) if one.id == lot.id else one for one in card.lots
    )
    return replace(card, lots=changed)


def held(card: Card, owner: str, change: Decimal) -> Card:
    """The card after an owner's hold grew (at the end of the queue) or shrank.

    Errors: `LedgerError` if less than nothing would be held.
    """
    if change > 0:
        if any(hold.owner == owner for hold in card.holds):
            holds = tuple(
                replace(hold, quantity=hold.quantity + change) if hold.owner == owner else hold
                for hold in card.holds
            )
            return replace(card, holds=holds)
        return replace(card, holds=(*card.holds, Hold(owner=owner, quantity=change)))
    left = card.held(owner) + change
    if left < 0:
        raise LedgerError(say("{owner} 没有预留这么多“{item}”", owner=owner, item=card.item))
    kept = tuple(hold for hold in card.holds if hold.owner != owner or left > 0)
    return replace(
        card,
        holds=tuple(replace(hold, quantity=left) if hold.owner == owner else hold for hold in kept),
    )


def next_lot(card: Card) -> str:
    """The name of the next lot: L1, L2 …, but none that somebody has given to a lot himself."""
    names = (f"L{number}" for number in count(card.made + 1))
    return next(name for name in names if card.lot(name) is None)


def first_in_first_out(
    card: Card, quantity: Decimal, only: str | None = None
) -> tuple[tuple[Lot, Decimal], ...]:
    """The lots a quantity comes from, oldest first, or the one named.

    Errors: `LedgerError` if it is not there.
    """
    return _spread(card, (lot for lot in card.lots if only in (None, lot.id)), quantity)


def _spread(card: Card, lots: Iterable[Lot], quantity: Decimal) -> tuple[tuple[Lot, Decimal], ...]:
    found, left = [], quantity
    for lot in lots:
        taken = min(left, lot.quantity)
        if taken > 0:
            found.append((lot, taken))
            left -= taken
    if left > 0:
        raise LedgerError(
            say(
                "“{item}”现存 {on_hand},不够 {quantity}",
                item=card.item,
                on_hand=plain(card.on_hand),
                quantity=plain(quantity),
            )
        )
    return tuple(found)


def still_out(postings: Iterable[Posting], item: str) -> tuple[Posting, ...]:
    """The issues of a case in order, each with as much of it as has not come back.

    Only what a case issued can come back to it, not what it brought in itself: an opening
    entry does both.
    """
    out: list[Posting] = []
    for one in postings:
        if one.item == item and one.quantity < 0 and not one.of:
            out.append(one)
        elif one.item == item and one.quantity > 0 and one.of:
            _bring_back(out, one)
    return tuple(out)


def _bring_back(out: list[Posting], back: Posting) -> None:
    """Take what came back off the last issues from that lot."""
    left = back.quantity
    for place, one in reversed(tuple(enumerate(out))):
        if (one.lot, one.owner) == (back.lot, back.of):
            part = min(left, -one.quantity)
            out[place] = replace(one, quantity=one.quantity + part)
            left -= part
    out[:] = [one for one in out if one.quantity != 0]


def issued(postings: Iterable[Posting], item: str) -> dict[str, Decimal]:
    """What is still out of each lot of an item, by these postings: issues less returns."""
    found: dict[str, Decimal] = {}
    for one in still_out(postings, item):
        found[one.lot] = found.get(one.lot, ZERO) - one.quantity
    return found


def brought_back(postings: Iterable[Posting], item: str, quantity: Decimal) -> tuple[Posting, ...]:
    """What a return undoes: parts of issues, the last issued first, with quantities above zero.

    Errors: `LedgerError` if more would come back than went out.
    """
    out = still_out(postings, item)
    total = -sum((one.quantity for one in out), ZERO)
    if quantity > total:
        raise LedgerError(
            say(
                "“{item}”只发出 {total},不能退 {quantity}",
                item=item,
                total=plain(total),
                quantity=plain(quantity),
            )
        )
    found, left = [], quantity
    for one in reversed(out):
        part = min(left, -one.quantity)
        if part > 0:
            found.append(replace(one, quantity=part))
            left -= part
    return tuple(found)


def undone(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """What undoes the postings of a case: first all that is still out comes back, then all
    that it brought in leaves.
    """
    lines = tuple(postings)
    last = {(one.item, one.lot, one.holders): one for one in lines}
    out, net = dict.fromkeys(last, ZERO), dict.fromkeys(last, ZERO)
    for one in lines:
        net[one.item, one.lot, one.holders] += one.quantity
    for item in dict.fromkeys(one.item for one in lines):
        for one in still_out(lines, item):
            out[item, one.lot, one.holders] -= one.quantity
    parts = (*out.items(), *((key, -net[key] - out[key]) for key in last))
    return tuple(replace(last[key], quantity=quantity) for key, quantity in parts if quantity != 0)


def plain(quantity: Decimal) -> int | Decimal:
    """A quantity as people write it: 30, not 30.00."""
    whole = quantity == quantity.to_integral_value()
    return int(quantity) if whole else quantity.normalize()
