"""Random acts on books, legal and illegal, judged after every step by the model beside this file.

Every verb of a book is asked for by random cases over three books kept in different ways. The
cards, the lines and the shares must always be what the model says; an act that the model
refuses is refused with the same code and changes nothing, any other is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import ROUND_DOWN, Decimal
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.books import ledger
from engine.books.ledger import Card, Posting
from engine.language.forms import Row, Value, Values
from tests.books.entering import BOOKS, Clerks, MemoryShelf
from tests.books.model import NONE, Book, attempt

CLERKS = Clerks()
CASES = ("甲", "乙", "丙", "丁", "戊")
ITEMS = ("纸", "笔", "墨")
HOLDERS = ("一处", "二处")
CENT = Decimal("0.01")

Act = Callable[[Book], None]


class Ledgers(RuleBasedStateMachine):
    """Three books, five cases; `asked` counts what was asked of them, and the answers."""

    asked: Counter[tuple[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self.shelf = MemoryShelf()
        self.models = {
            "库存": Book("库存", backorder=True),
            "耗材": Book("耗材"),
            "限量": Book("限量", backorder=True, most=Decimal(60)),
        }
        self.kinds: dict[tuple[str, str, str], tuple[Decimal, Decimal]] = {}
        self.used: dict[tuple[str, str, str], Decimal] = {}
        self.told: list[str] = []
        self.book, self.model = "库存", self.models["库存"]

    @rule(dice=st.integers(0, 2**24 - 1))
    def step(self, dice: int) -> None:
        """One act of somebody; all of it is thrown with these dice."""
        self.dice = Random(dice)
        self.book = self.dice.choice(("库存", "库存", *BOOKS))
        self.case = self.dice.choice(CASES)
        self.model = self.models[self.book]
        self.dice.choice(ACTS)(self)

    # -- asking ----------------------------------------------------------------------------

    def ask(self, verb: str, values: Values, act: Act) -> dict[str, tuple[Row, ...]]:
        """Let the engine and the model do the same; the lines the engine fills in."""
        self.told.append(f"{self.case} {verb}{self.book} {values}")
        cards, written = dict(self.shelf.known), len(self.shelf.lines)
        plan = CLERKS.plan(self.shelf, f"{verb}{self.book}", self.case, values)
        assert (self.shelf.known, len(self.shelf.lines)) == (cards, written)
        after, refused = attempt(self.model, act)
        code = plan.reasons[0].code if plan.reasons else ""
        assert code == refused, self.history
        if not refused:
            self.shelf.follow(plan.events)
            self.add_up(self.shelf.lines[written:])
            self.model = self.models[self.book] = after
        answer = refused or ("done" if plan.events else "nothing to do")
        self.asked[verb, answer] += 1
        return plan.lines

    @property
    def history(self) -> str:
        return "\n".join(self.told)

    def add_up(self, written: list[Posting]) -> None:
        for one in written:
            quantity, amount = self.kinds.get((one.book, one.item, one.kind), (NONE, NONE))
            sums = quantity + one.quantity, amount + one.amount
            self.kinds[one.book, one.item, one.kind] = sums
            for holder in one.holders:
                used = self.used.get((one.book, one.item, holder), NONE)
                self.used[one.book, one.item, holder] = used - one.quantity

    # -- throwing --------------------------------------------------------------------------

    def some_quantity(self) -> Decimal:
        """Mostly what people ask for; now and then nothing, less than nothing, a fraction."""
        if self.dice.random() < 0.7:
            return Decimal(self.dice.randint(1, 30))
        return Decimal(self.dice.randint(-300, 4000)) / 100

    def share_of(self, possible: Decimal) -> Decimal:
        share = possible * self.dice.choice((1, 2, 3, 4, 4, 5)) / 4
        return share.quantize(CENT, ROUND_DOWN)

    def some_lot(self, item: str) -> str:
        """A lot the book has, or now and then a name of somebody's own."""
        lots = [lot.name for lot in self.model.lots.get(item, [])]
        return self.dice.choice((*lots, f"L{len(lots) + self.dice.randint(1, 2)}", "新"))

    def some_line(self, much: Decimal | None = None, *, lots: float = 0) -> dict[str, Value]:
        item = self.dice.choice(ITEMS) if self.dice.random() < 0.95 else None
        return {
            "物品": item,
            "数量": self.some_quantity() if much is None else much,
            "单价": Decimal(self.dice.randint(0, 2000)) / 100,
            "批次": self.some_lot(item or "") if self.dice.random() < lots else None,
            "部门": self.dice.choice((None, *HOLDERS)),
        }

    def some_lines(self, *, lots: float = 0) -> list[dict[str, Value]]:
        return [self.some_line(lots=lots) for _ in range(self.dice.choice((1, 1, 2, 3)))]

    def somebody(self) -> str:
        return self.dice.choice(("", *CASES))

    # -- in and out ------------------------------------------------------------------------

    def receive(self) -> None:
        rows = self.some_lines(lots=0.3)

        def act(model: Book) -> None:
            model.move(self.case)
            for item, much, cost, lot, holder in map(cells, rows):
                model.receive(self.case, item, much, cost, lot, holder)

        self.ask("收", {"行": tuple(rows)}, act)

    def issue(self) -> None:
        rows, of = self.some_lines(lots=0.3), self.somebody()
        if self.dice.random() < 0.7:
            of = self.dice.choice(("", of))
            for row in rows:
                possible = self.model.can_have(str(row["物品"]), of or self.case)
                row["数量"] = self.share_of(possible / len(rows))
        urgent = self.dice.random() < 0.3

        def act(model: Book) -> None:
            if not urgent:
                model.move(self.case)
            for item, much, _, lot, holder in map(cells, rows):
                model.issue(self.case, item, much, lot, of, holder)

        self.ask("发", {"行": tuple(rows), "对方": of or None, "应急": urgent}, act)

    def receive_and_issue(self) -> None:
        received, rows = self.some_lines(), self.some_lines()
        if self.dice.random() < 0.2:
            received[0]["数量"] = Decimal(self.dice.randint(40, 80))  # too many for some books
        if self.dice.random() < 0.7:
            rows = [{**row, "数量": self.share_of(self.some_quantity())} for row in received]

        def act(model: Book) -> None:
            model.move(self.case)
            for item, much, cost, *_ in map(cells, received):
                model.receive(self.case, item, much, cost)
            for item, much, _, _, holder in map(cells, rows):
                model.issue(self.case, item, much, holder=holder)

        self.ask("收发", {"收行": tuple(received), "行": tuple(rows)}, act)

    def give_back(self) -> None:
        rows, of = self.some_lines(), self.somebody()
        out = sorted({(case, one.item) for case in CASES for one in self.model.out.get(case, [])})
        if out and self.dice.random() < 0.8:
            of, item = self.dice.choice(out)
            rows = [self.some_line(self.share_of(self.model.still_out(item, of)))]
            rows[0]["物品"] = item

        def act(model: Book) -> None:
            model.move(self.case)
            for item, much, *_ in map(cells, rows):
                model.give_back(self.case, item, much, of)

        self.ask("退", {"行": tuple(rows), "对方": of or None}, act)

    def adjust(self) -> None:
        rows = self.some_lines(lots=0.9)
        for row in rows:
            lot = self.model.lot(str(row["物品"]), str(row["批次"]))
            if lot is not None and self.dice.random() < 0.5:
                row["数量"] = -self.share_of(lot.quantity)

        def act(model: Book) -> None:
            model.move(self.case)
            for item, much, cost, lot, _ in map(cells, rows):
                model.adjust(self.case, item, much, lot, cost)

        self.ask("调", {"行": tuple(rows)}, act)

    def reverse(self) -> None:
        of = self.dice.choice(("", self.somebody()))

        def act(model: Book) -> None:
            model.move(self.case)
            model.reverse(self.case, of)

        self.ask("冲", {"对方": of or None}, act)

    # -- holding ---------------------------------------------------------------------------

    def reserve(self) -> None:
        rows = self.some_lines()

        def act(model: Book) -> None:
            for item, much, *_ in map(cells, rows):
                model.reserve(self.case, item, much)

        self.ask("留", {"行": tuple(rows)}, act)

    def release(self) -> None:
        rows, of = self.some_lines(), self.somebody()

        def act(model: Book) -> None:
            for item, much, *_ in map(cells, rows):
                model.release(self.case, item, much, of)

        self.ask("释", {"行": tuple(rows), "对方": of or None}, act)

    def release_everything(self) -> None:
        of = self.somebody()
        act: Act = lambda model: model.release_all(self.case, of)  # noqa: E731
        self.ask("全释", {"对方": of or None}, act)

    def count(self) -> None:
        """Whoever comes to count a book that is counted waits for the other to end."""
        by = self.model.counter
        self.ask("冻", {}, lambda model: model.freeze(self.case))
        if by:
            self.ask("解", {}, lambda model: model.thaw(self.case))
            self.case = by
            self.ask("解", {}, lambda model: model.thaw(self.case))

    # -- lines for the form ------------------------------------------------------------------

    def pick(self) -> None:
        row = self.some_line()
        item, much, *_ = cells(row)
        picked: list[tuple[str, Decimal]] = []

        def act(model: Book) -> None:
            picked[:] = model.pick(item, much) if item and much > 0 else []

        found = self.ask("拣", {"行": (row,)}, act)["拣批"]
        assert [(one["批次"], one["数量"]) for one in found] == picked

    def judge_what_was_picked(self) -> None:
        item, any_lot = self.dice.choice(ITEMS), self.dice.random() < 0.5
        possible = self.model.can_have(item, self.case)
        wanted, typed = self.share_of(possible) + 1, {}
        if self.dice.random() < 0.5:
            try_these = attempt(self.model, lambda model: typed.update(model.pick(item, wanted)))
            assert try_these[1] in ("", "E_STOCK")
        for _ in range(0 if typed and self.dice.random() < 0.5 else 2):
            much = self.share_of(possible / 2) + CENT
            typed[self.some_lot(item)] = much * self.dice.choice((1, 1, 1, 0, -1))
        values: Values = {
            "行": ({"物品": item, "数量": wanted},),
            "拣批": tuple({"物品": item, "批次": lot, "数量": n} for lot, n in typed.items()),
        }

        def act(model: Book) -> None:
            model.judge_picked(self.case, item, typed, wanted, any_lot)

        self.ask("任拣" if any_lot else "拣", values, act)

    def list_the_lots(self) -> None:
        listed = self.ask("列", {}, lambda model: None)["拣批"]
        assert [(one["物品"], one["批次"], one["数量"], one["单价"]) for one in listed] == [
            (item, lot.name, lot.quantity, lot.cost)
            for item in sorted(self.model.lots)
            for lot in self.model.lots[item]
            if lot.quantity
        ]

    # -- what must be true after every step --------------------------------------------------

    def cards(self) -> Iterator[tuple[str, Card]]:
        for item in ITEMS:
            yield item, self.shelf.card(self.book, item)

    @invariant()
    def the_lots_are_those_of_the_model_and_none_is_negative(self) -> None:
        for item, card in self.cards():
            lots = [(lot.name, lot.quantity, lot.cost) for lot in self.model.lots.get(item, [])]
            assert [(lot.id, lot.quantity, lot.cost) for lot in card.lots] == lots, self.history
            assert all(lot.quantity >= 0 for lot in card.lots)
            assert (card.on_hand, card.amount) == (self.model.on_hand(item), self.model.worth(item))

    @invariant()
    def in_less_out_and_variance_is_on_hand_in_quantity_and_in_money(self) -> None:
        for item, card in self.cards():
            mine = {k: s for (b, i, k), s in self.kinds.items() if (b, i) == (self.book, item)}
            assert mine == {k: s for (i, k), s in self.model.kinds.items() if i == item}
            assert sum((quantity for quantity, _ in mine.values()), NONE) == card.on_hand
            assert sum((amount for _, amount in mine.values()), NONE) == card.amount
            for holder in HOLDERS:
                found = self.used.get((self.book, item, holder), NONE)
                assert found == self.model.used.get((item, holder), NONE), self.history

    @invariant()
    def shares_add_up_to_no_more_than_lies_there_first_approved_first_served(self) -> None:
        for item, card in self.cards():
            holds = [(hold.owner, hold.quantity) for hold in card.holds]
            assert holds == self.model.holds.get(item, []), self.history
            shares = self.model.shares(item)
            assert sum((card.allocated(case) for case in CASES), NONE) <= card.on_hand
            for case in CASES:
                assert card.allocated(case) == shares.get(case, NONE)
                assert card.available(case) == self.model.can_have(item, case)

    @invariant()
    def what_is_out_and_what_moved_meanwhile_is_known(self) -> None:
        assert (self.shelf.frozen_by(self.book) or "") == self.model.counter
        for case in CASES:
            books = CLERKS.books(self.shelf, case)
            written = books.postings_of(case, self.book)
            for item in ITEMS:
                out = sum(ledger.issued(written, item).values(), NONE)
                assert out == self.model.still_out(item, case), self.history
                for lot in self.model.lots.get(item, []) if self.model.counter == case else ():
                    moved = books.moved(self.book, item, lot.name)
                    assert moved == self.model.meanwhile.get((item, lot.name), NONE)


ACTS = (
    *(Ledgers.receive,) * 4,
    *(Ledgers.issue,) * 6,
    *(Ledgers.receive_and_issue,) * 2,
    *(Ledgers.give_back,) * 4,
    *(Ledgers.adjust,) * 3,
    *(Ledgers.reverse,) * 2,
    *(Ledgers.reserve,) * 4,
    *(Ledgers.release,) * 2,
    Ledgers.release_everything,
    Ledgers.count,
    *(Ledgers.pick,) * 2,
    *(Ledgers.judge_what_was_picked,) * 3,
    Ledgers.list_the_lots,
)


def cells(row: Row) -> tuple[str, Decimal, Decimal, str, str]:
    """The cells of a line as the model takes them."""
    much, cost = row["数量"], row["单价"]
    assert isinstance(much, Decimal)
    assert isinstance(cost, Decimal)
    return str(row["物品"] or ""), much, cost, str(row["批次"] or ""), str(row["部门"] or "")
