"""What a book must say, worked out in the plainest way: lists added to and taken from.

Nothing here knows engine/books. An act changes the book, or raises `No` with the code of the
refusal; `attempt` makes several acts one step, which changes everything or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

NONE = Decimal(0)
STOCK, LIMIT, FROZEN, FIFO = "E_STOCK", "E_LIMIT", "E_FROZEN", "E_FIFO"


class No(Exception):
    """The book does not allow it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Lot:
    name: str
    quantity: Decimal
    cost: Decimal


@dataclass
class Parcel:
    """A part of a lot that went out for somebody in one issue."""

    item: str
    lot: str
    quantity: Decimal
    holder: str


@dataclass
class Book:
    """Lots oldest first, holds in the order of approval, parcels in the order of issue."""

    name: str
    backorder: bool = False
    most: Decimal | None = None
    lots: dict[str, list[Lot]] = field(default_factory=dict)
    holds: dict[str, list[tuple[str, Decimal]]] = field(default_factory=dict)
    out: dict[str, list[Parcel]] = field(default_factory=dict)  # by case
    brought: dict[tuple[str, str, str, str], Decimal] = field(default_factory=dict)
    kinds: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    used: dict[tuple[str, str], Decimal] = field(default_factory=dict)  # by item and holder
    counter: str = ""  # the case that counts it
    meanwhile: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def copy(self) -> Book:
        return Book(
            self.name,
            self.backorder,
            self.most,
            {i: [Lot(x.name, x.quantity, x.cost) for x in all_] for i, all_ in self.lots.items()},
            {item: list(queue) for item, queue in self.holds.items()},
            {
                case: [Parcel(x.item, x.lot, x.quantity, x.holder) for x in all_]
                for case, all_ in self.out.items()
            },
            dict(self.brought),
            dict(self.kinds),
            dict(self.used),
            self.counter,
            dict(self.meanwhile),
        )

    # -- what it says ----------------------------------------------------------------------

    def on_hand(self, item: str) -> Decimal:
        return sum((lot.quantity for lot in self.lots.get(item, [])), NONE)

    def worth(self, item: str) -> Decimal:
        return sum((lot.quantity * lot.cost for lot in self.lots.get(item, [])), NONE)

    def held(self, item: str, case: str) -> Decimal:
        return sum((much for who, much in self.holds.get(item, []) if who == case), NONE)

    def shares(self, item: str) -> dict[str, Decimal]:
        """Who has how much of what lies there: the first approved is served first."""
        left, found = self.on_hand(item), {}
        for case, much in self.holds.get(item, []):
            found[case] = min(left, much)
            left -= found[case]
        return found

    def free(self, item: str) -> Decimal:
        return self.on_hand(item) - sum(self.shares(item).values(), NONE)

    def can_have(self, item: str, case: str) -> Decimal:
        return self.shares(item).get(case, NONE) + self.free(item)

    def still_out(self, item: str, case: str) -> Decimal:
        return sum((one.quantity for one in self.out.get(case, []) if one.item == item), NONE)

    def lot(self, item: str, name: str) -> Lot | None:
        return next((lot for lot in self.lots.get(item, []) if lot.name == name), None)

    # -- in and out ------------------------------------------------------------------------

    def _write(
        self, case: str, item: str, lot: Lot, much: Decimal, kind: str, holder: str = ""
    ) -> None:
        if lot.quantity + much < 0:
            raise No(STOCK)
        lot.quantity += much
        quantity, money = self.kinds.get((item, kind), (NONE, NONE))
        self.kinds[item, kind] = quantity + much, money + much * lot.cost
        if holder:
            self.used[item, holder] = self.used.get((item, holder), NONE) - much
        if self.counter and self.counter != case:
            key = (item, lot.name)
            self.meanwhile[key] = self.meanwhile.get(key, NONE) + much

    def _bring(self, case: str, item: str, lot: str, much: Decimal, holder: str = "") -> None:
        key = (case, item, lot, holder)
        self.brought[key] = self.brought.get(key, NONE) + much

    def _known_or_new(self, item: str, name: str, cost: Decimal) -> Lot:
        lots = self.lots.setdefault(item, [])
        known = self.lot(item, name) if name else None
        if known is not None:
            return known
        number = len(lots) + 1
        while not name or self.lot(item, name) is not None:
            name, number = f"L{number}", number + 1
        lots.append(Lot(name, NONE, cost))
        return lots[-1]

    def stands_still_for(self, case: str) -> bool:
        return self.counter not in ("", case)

    def move(self, case: str) -> None:
        """What is counted does not move, but for him who counts."""
        if self.stands_still_for(case):
            raise No(FROZEN)

    def receive(
        self, case: str, item: str, much: Decimal, cost: Decimal, lot: str = "", holder: str = ""
    ) -> None:
        if not item or much == 0:
            return
        if much < 0:
            raise No(STOCK)
        if self.most is not None and self.on_hand(item) + much > self.most:
            raise No(LIMIT)
        found = self._known_or_new(item, lot, cost)
        self._write(case, item, found, much, "收", holder)
        self._bring(case, item, found.name, much, holder)

    def issue(
        self, case: str, item: str, much: Decimal, lot: str = "", of: str = "", holder: str = ""
    ) -> None:
        if not item or much <= 0:
            return
        whose = of or case
        if much > self.can_have(item, whose):
            raise No(STOCK)
        left = much
        for one in self.lots.get(item, []):
            part = min(left, one.quantity) if lot in ("", one.name) else NONE
            if part > 0:
                self._write(case, item, one, -part, "发", holder)
                self.out.setdefault(case, []).append(Parcel(item, one.name, part, holder))
                left -= part
        if left > 0:
            raise No(STOCK)
        self._shorten(item, whose, min(much, self.held(item, whose)))

    def give_back(self, case: str, item: str, much: Decimal, of: str) -> None:
        """Into the lots it came from, what was issued last first."""
        if not item or much <= 0:
            return
        whose = of or case
        if much > self.still_out(item, whose):
            raise No(STOCK)
        left = much
        for parcel in reversed(self.out.get(whose, [])):
            part = min(left, parcel.quantity) if parcel.item == item else NONE
            if part > 0:
                lot = self.lot(item, parcel.lot)
                assert lot is not None
                self._write(case, item, lot, part, "退", parcel.holder)
                if whose != case:
                    self._bring(case, item, lot.name, part, parcel.holder)
                parcel.quantity -= part
                left -= part

    def adjust(self, case: str, item: str, much: Decimal, lot: str, cost: Decimal) -> None:
        if not item or much == 0:
            return
        if much < 0 and self.lot(item, lot) is None:
            raise No(STOCK)
        found = self._known_or_new(item, lot, cost)
        self._write(case, item, found, much, "调")
        if much < 0:
            self.out.setdefault(case, []).append(Parcel(item, found.name, -much, ""))
        else:
            self._bring(case, item, found.name, much)

    def reverse(self, case: str, of: str) -> None:
        """All a case has brought in leaves, all that is still out for it comes back."""
        whose = of or case
        for parcel in self.out.pop(whose, []):
            if parcel.quantity:
                lot = self.lot(parcel.item, parcel.lot)
                assert lot is not None
                self._write(case, parcel.item, lot, parcel.quantity, "红冲", parcel.holder)
                if whose != case:
                    self._bring(case, parcel.item, lot.name, parcel.quantity, parcel.holder)
        for (who, item, name, holder), much in list(self.brought.items()):
            if who == whose and much:
                lot = self.lot(item, name)
                assert lot is not None
                self._write(case, item, lot, -much, "红冲", holder)
                del self.brought[who, item, name, holder]
                if whose != case:
                    self._bring(case, item, name, -much, holder)

    # -- holding ---------------------------------------------------------------------------

    def reserve(self, case: str, item: str, much: Decimal) -> None:
        if not item or much <= 0:
            return
        if not self.backorder and much > self.free(item):
            raise No(STOCK)
        queue = self.holds.setdefault(item, [])
        for place, (who, before) in enumerate(queue):
            if who == case:
                queue[place] = who, before + much
                return
        queue.append((case, much))

    def _shorten(self, item: str, case: str, much: Decimal) -> None:
        queue = self.holds.get(item, [])
        left = [(who, had - much if who == case else had) for who, had in queue]
        self.holds[item] = [(who, had) for who, had in left if had > 0]

    def release(self, case: str, item: str, much: Decimal, of: str = "") -> None:
        if item and much > 0:
            self._shorten(item, of or case, min(much, self.held(item, of or case)))

    def release_all(self, case: str, of: str = "") -> None:
        for item in self.holds:
            self._shorten(item, of or case, self.held(item, of or case))

    def freeze(self, case: str) -> None:
        if self.counter:
            raise No(FROZEN)
        self.counter, self.meanwhile = case, {}

    def thaw(self, case: str) -> None:
        if self.counter == case:
            self.counter = ""

    # -- lines for the form ------------------------------------------------------------------

    def pick(self, item: str, much: Decimal) -> list[tuple[str, Decimal]]:
        """The lots a quantity comes from, the oldest first."""
        left, found = much, []
        for lot in self.lots.get(item, []):
            part = min(left, lot.quantity)
            if part > 0:
                found.append((lot.name, part))
                left -= part
        if left > 0:
            raise No(STOCK)
        return found

    def judge_picked(
        self, case: str, item: str, picked: dict[str, Decimal], wanted: Decimal, any_lot: bool
    ) -> None:
        picked = {name: part for name, part in picked.items() if part}
        total = sum(picked.values(), NONE)
        if total > min(wanted, self.can_have(item, case)):
            raise No(STOCK)
        for name, part in picked.items():
            lot = self.lot(item, name)
            if part < 0 or part > (lot.quantity if lot else NONE):
                raise No(STOCK)
        if not any_lot and picked != dict(self.pick(item, total)):
            raise No(FIFO)


def attempt(book: Book, act: Callable[[Book], None]) -> tuple[Book, str]:
    """The book after the act, and ""; or the book as it was, and the code of the refusal."""
    after = book.copy()
    try:
        act(after)
    except No as no:
        return book, no.code
    return after, ""
