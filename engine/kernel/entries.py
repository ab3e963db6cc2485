"""What an entry in a book means: the events it writes, or every reason why it cannot be made.

Entries in diaries are planned beside them (occupying.py): what an action does, it does whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.books import ledger
from engine.books.ledger import ZERO, Card, LedgerError, Lot, Posting
from engine.errors import GuichengError
from engine.kernel import events as happened
from engine.kernel.bookkeeping import Bookkeeping
from engine.kernel.command import FIFO, FROZEN, Reason
from engine.kernel.events import Event
from engine.kernel.facts import CaseFacts, plain
from engine.kernel.listing import plan_handover, work_lines
from engine.kernel.occupying import plan_booking
from engine.kernel.proposing import plan_amendments
from engine.language.amendments import Amendment
from engine.language.effects import Amend, BookEntry, Entry, HandOver, ListWork, Verb
from engine.language.forms import Row, Value
from engine.language.params import Book
from engine.text import Text, say

MOVING = (Verb.OPEN, Verb.RECEIVE, Verb.ISSUE, Verb.RETURN, Verb.ADJUST, Verb.REVERSE)


class Impossible(GuichengError):
    """An entry that a book does not allow, found while consequences are carried out."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(reasons[0].text)
        self.reasons = reasons


@dataclass(slots=True, kw_only=True)
class Plan:
    """What entries would do: events in order, lines for the form, reasons against, the cases that
    lose what they had booked, by id, with the action they are told to perform, what is to change
    among the people, and whose work in which case goes to whom.
    """

    events: list[Event] = field(default_factory=list)
    lines: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)
    ousted: dict[str, str] = field(default_factory=dict)
    amendments: list[Amendment] = field(default_factory=list)
    handed_over: list[tuple[str, str, str]] = field(default_factory=list)
    opened: dict[tuple[str, str], str] = field(default_factory=dict)  # book and item: the kind


def plan_entries(entries: tuple[Entry, ...], facts: CaseFacts) -> Plan:
    """What several entries would do, one after the other. Nothing is changed."""
    plan = Plan()
    books, roster = facts.books.beside(), facts.situation.roster
    for entry in entries:
        if isinstance(entry, ListWork):
            plan.lines[entry.into] = work_lines(entry, facts)
            continue
        if isinstance(entry, HandOver):
            handed = plan_handover(entry, facts.beside(books))
            plan.handed_over += handed.moves
            plan.reasons += handed.reasons
            continue
        if isinstance(entry, Amend):
            asked = plan_amendments(entry, facts.beside(books), roster)
            plan.amendments += asked.amendments
            plan.reasons += asked.reasons
            roster = asked.roster
            continue
        if isinstance(entry, BookEntry):
            _Entering(entry, facts.beside(books), books, plan).run()
            continue
        booked = plan_booking(entry, facts.beside(books))
        plan.events += booked.events
        plan.reasons += booked.reasons
        plan.ousted |= booked.ousted
    plan.events += [_opening(plan.events, *card, kind) for card, kind in plan.opened.items()]
    return plan


def _opening(events: list[Event], book: str, item: str, kind: str) -> happened.CardOpened:
    """What the entries made so far have brought in on a card."""
    brought = [
        one
        for one in events
        if isinstance(one, happened.Posted) and (one.book, one.item) == (book, item)
        if one.quantity > 0
    ]
    return happened.CardOpened(
        book=book,
        item=item,
        kind=kind,
        quantity=sum((one.quantity for one in brought), ZERO),
        amount=sum((one.quantity * one.cost for one in brought), ZERO),
    )


class _Entering:
    """One entry, line by line."""

    def __init__(self, entry: BookEntry, facts: CaseFacts, books: Bookkeeping, plan: Plan) -> None:
        self.entry = entry
        self.facts = facts
        self.books = books
        self.plan = plan
        self.book: Book = facts.situation.params.book(entry.book)

    def run(self) -> None:
        entry = self.entry
        if entry.verb is Verb.LIST:
            self._list()
            return
        if entry.each is None and not self.facts.holds(entry.when):
            return
        if entry.verb in MOVING and self._is_frozen():
            return
        if entry.verb is Verb.PICK:
            self._pick()
            return
        for facts in self._lines():
            try:
                VERBS[entry.verb](self, facts)
            except LedgerError as error:
                self.no(self.book.short, error.text)

    def no(self, code: str, text: Text) -> None:
        self.plan.reasons.append(Reason(code=code, text=text, source=self.entry.source))

    def emit(self, event: Event) -> None:
        self.books.follow(event)
        self.plan.events.append(event)

    def _lines(self) -> Iterator[CaseFacts]:
        """The facts of each line the entry is made for, or of the case."""
        for line in self.facts.lines(self.entry.each):
            if self.entry.each is None or line.holds(self.entry.when):
                yield line

    def _is_frozen(self) -> bool:
        by = self.books.frozen_by(self.book.name)
        if by is None or by == self.books.owner:
            return False
        if self.entry.despite is not None and self.facts.holds(self.entry.despite):
            return False
        self.no(FROZEN, say("“{book}”正由 {case} 盘点,暂停出入", book=self.book.name, case=by))
        return True

    # -- what a line says ----------------------------------------------------------------

    def item(self, facts: CaseFacts) -> str:
        """The item of a line; "" where the line names none."""
        found = facts.evaluate(self.entry.item) if self.entry.item is not None else None
        return str(found) if found is not None else ""

    def quantity(self, facts: CaseFacts) -> Decimal:
        found = facts.evaluate(self.entry.quantity) if self.entry.quantity is not None else None
        return Decimal(found) if isinstance(found, int | Decimal) else ZERO

    def owner(self, facts: CaseFacts) -> str:
        found = facts.evaluate(self.entry.of) if self.entry.of is not None else None
        return str(found) if found else self.books.owner

    def holders(self, facts: CaseFacts) -> tuple[str, ...]:
        found = facts.evaluate(self.entry.holder) if self.entry.holder is not None else ()
        several = found if isinstance(found, tuple | list) else (found,)
        return tuple(dict.fromkeys(str(one) for one in several if one is not None))

    def lot(self, facts: CaseFacts) -> str:
        found = facts.evaluate(self.entry.lot) if self.entry.lot is not None else None
        return str(found) if found else ""

    def cost(self, facts: CaseFacts, default: Decimal = ZERO) -> Decimal:
        found = facts.evaluate(self.entry.cost) if self.entry.cost is not None else None
        return Decimal(found) if isinstance(found, int | Decimal) else default

    def write(self, item: str, lot: str, quantity: Decimal, cost: Decimal, **more: object) -> None:
        given = {"kind": self.entry.kind, "holders": (), "details": {}, "of": "", **more}
        self.emit(
            happened.Posted(
                book=self.book.name,
                item=item,
                lot=lot,
                quantity=quantity,
                cost=cost,
                owner=self.books.owner,
                **given,  # type: ignore[arg-type]
            )
        )

    def hold(self, item: str, owner: str, change: Decimal, holders: tuple[str, ...] = ()) -> None:
        self.emit(
            happened.HoldChanged(
                book=self.book.name, item=item, owner=owner, quantity=change, holders=holders
            )
        )

    # -- in and out ------------------------------------------------------------------------

    def open_card(self, facts: CaseFacts) -> None:
        item = self.item(facts)
        if not item:
            return
        card = self.book.name, item
        if card not in self.plan.opened and self.books.card(*card).lots:
            before = next((one.owner for one in self._writers(item)), "")
            what = say("“{item}”已由 {case} 入账,不能再开账", item=item, case=before)
            self.no(self.book.over, what)
        elif "\n" in item or "\t" in item:  # it names a stream, and a body has one line (spec §1)
            self.no(self.book.over, say("“{item}”有换行或制表符,开不了账", item=item))
        elif self.quantity(facts) != 0:
            self.plan.opened[card] = self.entry.kind
            self.receive(facts)

    def receive(self, facts: CaseFacts) -> None:
        item, quantity = self.item(facts), self.quantity(facts)
        if not item or quantity == 0:
            return
        card = self.books.card(self.book.name, item)
        if quantity < 0:
            self.no(self.book.short, say("“{item}”收进的数量不能是负数", item=item))
            return
        if self.book.most is not None and card.on_hand + quantity > self.book.most:
            before = next((one.owner for one in self._writers(item)), "")
            self.no(
                self.book.over,
                say("“{item}”已在 {case} 登记过", item=item, case=before)
                if before
                else say("“{item}”至多 {most}", item=item, most=ledger.plain(self.book.most)),
            )
            return
        kept: dict[str, Value] = {
            name: plain(facts.evaluate(value)) for name, value in self.entry.keep
        }
        lot = self.lot(facts) or ledger.next_lot(card)
        known = card.lot(lot)
        cost = known.cost if known is not None else self.cost(facts)
        self.write(item, lot, quantity, cost, details=kept, holders=self.holders(facts))

    def _writers(self, item: str) -> Iterator[Posting]:
        return (one for one in self.books.shelf.postings(self.book.name, item) if one.quantity > 0)

    def issue(self, facts: CaseFacts) -> None:
        item, quantity, owner = self.item(facts), self.quantity(facts), self.owner(facts)
        if not item or quantity <= 0:
            return
        card = self.books.card(self.book.name, item)
        available = card.available(owner)
        if quantity > available:
            self._short(item, quantity, available)
            return
        lot = self.lot(facts)
        holders = self.holders(facts)
        for one, part in ledger.first_in_first_out(card, quantity, lot or None):
            self.write(item, one.id, -part, one.cost, holders=holders)
        held = min(card.held(owner), quantity)
        if held > 0:
            self.hold(item, owner, -held)

    def _short(self, item: str, quantity: Decimal, available: Decimal) -> None:
        self.no(
            self.book.short,
            say(
                "“{book}”的“{item}”可用 {available},不够 {quantity}",
                book=self.book.name,
                item=item,
                available=ledger.plain(available),
                quantity=ledger.plain(quantity),
            ),
        )

    def bring_back(self, facts: CaseFacts) -> None:
        item, quantity, owner = self.item(facts), self.quantity(facts), self.owner(facts)
        if not item or quantity <= 0:
            return
        before = self.books.postings_of(owner, self.book.name)
        for one in ledger.brought_back(before, item, quantity):
            self.write(item, one.lot, one.quantity, one.cost, holders=one.holders, of=owner)

    def adjust(self, facts: CaseFacts) -> None:
        item, quantity, lot = self.item(facts), self.quantity(facts), self.lot(facts)
        if not item or quantity == 0:
            return
        card = self.books.card(self.book.name, item)
        known = card.lot(lot)
        cost = known.cost if known is not None else self.cost(facts)
        self.write(item, lot or ledger.next_lot(card), quantity, cost)

    def reverse(self, facts: CaseFacts) -> None:
        owner = self.owner(facts)
        for one in ledger.undone(self.books.postings_of(owner, self.book.name)):
            self.write(
                one.item,
                one.lot,
                one.quantity,
                one.cost,
                holders=one.holders,
                of=owner,
            )

    # -- holding -----------------------------------------------------------------------------

    def reserve(self, facts: CaseFacts) -> None:
        item, quantity = self.item(facts), self.quantity(facts)
        if not item or quantity <= 0:
            return
        free = self.books.card(self.book.name, item).free
        if not self.book.backorder and quantity > free:
            self._short(item, quantity, free)
            return
        self.hold(item, self.books.owner, quantity, self.holders(facts))

    def release(self, facts: CaseFacts) -> None:
        owner, wanted = self.owner(facts), self.item(facts)
        if self.entry.item is not None and not wanted:
            return
        for item, held in self.books.holds_of(owner, self.book.name):
            if wanted in ("", item):
                part = self.quantity(facts) if self.entry.quantity is not None else held
                if part > 0:
                    self.hold(item, owner, -min(part, held))

    def freeze(self, facts: CaseFacts) -> None:
        by = self.books.frozen_by(self.book.name)
        if by is not None:
            self.no(FROZEN, say("“{book}”正由 {case} 盘点", book=self.book.name, case=by))
            return
        self.emit(happened.BookFrozen(book=self.book.name, owner=self.books.owner))

    def thaw(self, facts: CaseFacts) -> None:
        if self.books.frozen_by(self.book.name) == self.books.owner:
            self.emit(happened.BookThawed(book=self.book.name, owner=self.books.owner))

    # -- lines for the form --------------------------------------------------------------------

    def _pick(self) -> None:
        """Fill in the lots to take, or judge those that were typed."""
        wanted: dict[str, Decimal] = {}
        for facts in self._lines():
            item = self.item(facts)
            if item:
                wanted[item] = wanted.get(item, ZERO) + self.quantity(facts)
        typed = self._typed()
        into = self.entry.into or ""
        if not typed:
            lines: list[Row] = []
            for item, quantity in wanted.items():
                try:
                    card = self.books.card(self.book.name, item)
                    taken = ledger.first_in_first_out(card, quantity)
                except LedgerError as error:
                    self.no(self.book.short, error.text)
                    continue
                lines += [self._line(item, lot, part) for lot, part in taken]
            self.plan.lines[into] = tuple(lines)
            return
        for item, lots in typed.items():
            self._judge(item, lots, wanted.get(item, ZERO))

    def _judge(self, item: str, lots: dict[str, Decimal], wanted: Decimal) -> None:
        card = self.books.card(self.book.name, item)
        lots = {name: part for name, part in lots.items() if part != 0}
        total = sum(lots.values(), ZERO)
        available = card.available(self.books.owner)
        if total > min(wanted, available):
            self._short(item, total, min(wanted, available))
            return
        oldest = {lot.id: part for lot, part in ledger.first_in_first_out(card, total)}
        missing = [
            name
            for name, part in lots.items()
            if not ZERO <= part <= (card.lot(name) or _NONE).quantity
        ]
        if missing:
            text = say("“{item}”批次 {lots} 不够", item=item, lots=tuple(missing))
            self.no(self.book.short, text)
        elif lots != oldest and not self.entry.is_any_lot:
            first = tuple(f"{name} {ledger.plain(part)}" for name, part in oldest.items())
            self.no(FIFO, say("“{item}”应先发 {lots}", item=item, lots=first))

    def _typed(self) -> dict[str, dict[str, Decimal]]:
        """The lots in the lines of the form, by item."""
        columns = {value.text: name for name, value in self.entry.take}
        found: dict[str, dict[str, Decimal]] = {}
        rows = self.facts.lookup(self.entry.into or "")
        for row in rows if isinstance(rows, tuple) else ():
            item, lot = (str(row.get(columns.get(name, ""))) for name in ("item", "lot"))
            quantity = row.get(columns.get("quantity", ""))
            part = Decimal(quantity) if isinstance(quantity, int | Decimal) else ZERO
            lots = found.setdefault(item, {})
            lots[lot] = lots.get(lot, ZERO) + part
        return found

    def _list(self) -> None:
        lines: list[Row] = []
        for card in self._listed():
            several: tuple[Lot, ...] = tuple(lot for lot in card.lots if lot.quantity != 0)
            if self.entry.is_per_item:
                last = card.lots[-1] if card.lots else _NONE
                several = (
                    Lot(id="", rank=0, quantity=card.on_hand, cost=last.cost, details=last.details),
                )
            for lot in several:
                if self._about(card.item, lot, lot.quantity).holds(self.entry.when):
                    lines.append(self._line(card.item, lot, lot.quantity))
        self.plan.lines[self.entry.into or ""] = tuple(lines)

    def _listed(self) -> tuple[Card, ...]:
        """The cards of the book; item by item, those of the reference table never stocked too."""
        cards = self.books.cards(self.book.name)
        if not self.entry.is_per_item or self.book.item is None:
            return cards
        known = {card.item for card in cards}
        table = self.facts.situation.params.tables[self.book.item]
        empty = [Card(book=self.book.name, item=key) for key in table.rows if key not in known]
        return tuple(sorted((*cards, *empty), key=lambda card: card.item))

    def _about(self, item: str, lot: Lot, quantity: Decimal) -> CaseFacts:
        names: Mapping[str, object] = {
            "item": self.facts.reference(self.book.item, item) if self.book.item else item,
            "lot": lot.id,
            "quantity": ledger.plain(quantity),
            "cost": lot.cost,
            "kept": lot.details,
        }
        return self.facts.with_names(names)

    def _line(self, item: str, lot: Lot, quantity: Decimal) -> Row:
        facts = self._about(item, lot, quantity)
        return {
            name: plain(facts.evaluate(value))  # type: ignore[misc]
            for name, value in self.entry.take
        }


_NONE = Lot(id="", rank=0, quantity=ZERO, cost=ZERO)

VERBS: Mapping[Verb, Callable[[_Entering, CaseFacts], None]] = {
    Verb.OPEN: _Entering.open_card,
    Verb.RECEIVE: _Entering.receive,
    Verb.ISSUE: _Entering.issue,
    Verb.RETURN: _Entering.bring_back,
    Verb.ADJUST: _Entering.adjust,
    Verb.REVERSE: _Entering.reverse,
    Verb.RESERVE: _Entering.reserve,
    Verb.RELEASE: _Entering.release,
    Verb.FREEZE: _Entering.freeze,
    Verb.THAW: _Entering.thaw,
}
