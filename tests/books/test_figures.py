"""What the lines of a book add up to: balances, the level over time, what holders have used."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.books import ledger
from engine.books.figures import (
    Balance,
    Point,
    Use,
    amount_of,
    balances,
    consumption,
    consumption_by_holder,
    curve,
    happened_by,
    months,
    quantity_of,
    total,
)
from engine.books.ledger import ZERO, Card, Posting

BOOK, FIRST = "库存", date(2026, 10, 15)
LATER = FIRST + timedelta(days=400)
Cards = dict[str, Card]
Step = tuple[str, str, int, int, int, str]

steps = st.lists(
    st.tuples(
        st.sampled_from(["纸", "笔"]),
        st.sampled_from(["in", "out", "back"]),
        st.integers(1, 30),
        st.integers(0, 5000),  # cents
        st.integers(0, 120),  # days after the first, in any order: some are entered late
        st.sampled_from(["一处", "二处"]),
    ),
    max_size=25,
)


def written(done: list[Step]) -> tuple[Cards, tuple[Posting, ...]]:
    """The cards and lines that receipts, issues and returns leave; what cannot be is left out."""
    cards: Cards = {item: Card(book=BOOK, item=item) for item in ("纸", "笔")}
    lines: list[Posting] = []
    for item, verb, count, cents, days, holder in done:
        card, quantity = cards[item], Decimal(count)
        parts: list[tuple[str, Decimal, Decimal]] = []
        out = [one for one in lines if one.holders == (holder,)]
        if verb == "in":
            parts = [(ledger.next_lot(card), quantity, Decimal(cents) / 100)]
        elif verb == "out" and card.on_hand >= quantity:
            found = ledger.first_in_first_out(card, quantity)
            parts = [(lot.id, -part, lot.cost) for lot, part in found]
        elif verb == "back" and sum(ledger.issued(out, item).values()) >= quantity:
            back = ledger.brought_back(out, item, quantity)
            parts = [(one.lot, one.quantity, one.cost) for one in back]
        for lot, change, cost in parts:
            line = Posting(
                book=BOOK,
                item=item,
                kind=verb,
                lot=lot,
                quantity=change,
                cost=cost,
                owner="甲",
                of="" if verb != "back" else "甲",
                holders=() if verb == "in" else (holder,),
                on=FIRST + timedelta(days=days),
            )
            cards[item] = ledger.posted(cards[item], line)
            lines.append(line)
    return cards, tuple(lines)


def line(item: str, quantity: str, on: str, *holders: str, cost: str = "2") -> Posting:
    return Posting(
        book=BOOK,
        item=item,
        kind="",
        lot="L1",
        quantity=Decimal(quantity),
        cost=Decimal(cost),
        owner="甲",
        holders=holders,
        on=date.fromisoformat(on),
    )


@given(steps)
def test_the_lines_leave_what_the_cards_hold(done: list[Step]) -> None:
    cards, lines = written(done)
    moved = {one.item for one in lines}
    assert balances(lines) == tuple(
        Balance(item=item, quantity=cards[item].on_hand, amount=cards[item].amount)
        for item in sorted(moved)
    )
    assert balances(happened_by(lines, LATER)) == balances(lines)


@given(steps, st.integers(0, 120))
def test_what_happened_by_a_day_and_after_it_makes_the_whole(done: list[Step], days: int) -> None:
    _, lines = written(done)
    day = FIRST + timedelta(days=days)
    before = happened_by(lines, day)
    after = [one for one in lines if one not in before]
    whole = sum((one.amount for one in balances(lines)), ZERO)
    assert sum((one.amount for one in (*balances(before), *balances(after))), ZERO) == whole


@given(steps, st.none() | st.integers(-10, 130))
def test_the_curve_ends_at_what_lies_there(done: list[Step], days: int | None) -> None:
    cards, lines = written(done)
    since = None if days is None else FIRST + timedelta(days=days)
    for measure, there in (
        (quantity_of, sum((card.on_hand for card in cards.values()), ZERO)),
        (amount_of, sum((card.amount for card in cards.values()), ZERO)),
    ):
        points = curve(lines, measure, since, LATER)
        assert bool(points) == bool(lines)
        assert points == tuple(sorted(points, key=lambda one: one.on))
        if points:
            assert points[-1] == Point(on=LATER, level=there)
            assert len({one.on for one in points}) == len(points)
            assert points[0].on >= (since or FIRST)


@given(steps, st.integers(0, 120))
def test_a_point_is_the_balance_of_its_day(done: list[Step], days: int) -> None:
    _, lines = written(done)
    day = FIRST + timedelta(days=days)
    points = curve(lines, amount_of, None, day)
    there = sum((one.amount for one in balances(happened_by(lines, day))), ZERO)
    assert (points[-1].level if points else ZERO) == there


@given(steps)
def test_the_months_add_up_to_what_went_out_less_what_came_back(done: list[Step]) -> None:
    _, lines = written(done)
    out = sum((-one.quantity for one in lines if one.holders), ZERO)
    uses = consumption(lines, quantity_of, None, LATER)
    assert total(uses) == out
    if uses:
        assert [one.month for one in uses] == list(months(uses[0].month, LATER))


@given(steps)
def test_the_holders_add_up_to_the_whole_month_by_month(done: list[Step]) -> None:
    _, lines = written(done)
    whole = consumption(lines, amount_of, None, LATER)
    parts = consumption_by_holder(lines, amount_of, None, LATER)
    assert list(parts) == sorted(parts, key=lambda name: -total(parts[name]))
    for place, month in enumerate(whole):
        assert sum((uses[place].used for uses in parts.values()), ZERO) == month.used
        assert {uses[place].month for uses in parts.values()} == {month.month}


@given(st.integers(0, 60), st.integers(0, 60))
def test_what_is_held_and_what_is_free_make_up_what_lies_there(lying: int, wanted: int) -> None:
    card = Card(book=BOOK, item="纸")
    if lying:
        card = ledger.posted(card, line("纸", str(lying), "2026-10-15"))
    if wanted:
        card = ledger.held(card, "甲", Decimal(wanted))
    assert card.reserved + card.free == card.on_hand
    assert card.reserved + card.short == card.waiting
    assert card.short == 0 or card.free == 0


def test_a_delivery_entered_late_was_there_on_its_day() -> None:
    lines = (line("纸", "20", "2026-10-15"), line("纸", "-5", "2026-12-01", "一处"))
    late = line("纸", "90", "2026-11-20")
    assert balances((*lines, late)) == (
        Balance(item="纸", quantity=Decimal(105), amount=Decimal(210)),
    )
    (there,) = balances(happened_by((*lines, late), date(2026, 11, 20)))
    assert there.quantity == 110
    assert [one.level for one in curve((*lines, late), quantity_of, None, date(2026, 12, 1))] == [
        20,
        110,
        105,
    ]


def test_an_issue_known_before_its_receipt_may_leave_less_than_nothing() -> None:
    lines = (line("纸", "20", "2026-11-02"), line("纸", "-5", "2026-10-30", "一处"))
    (there,) = balances(happened_by(lines, date(2026, 10, 31)))
    assert (there.quantity, there.amount) == (-5, -10)


def test_a_return_in_a_later_month_is_deducted_there() -> None:
    lines = (
        line("纸", "-10", "2026-10-30", "一处", "林岚"),
        line("纸", "4", "2026-12-02", "一处", "林岚"),
    )
    uses = consumption(lines, quantity_of, None, date(2026, 12, 31))
    assert [(f"{one.month:%Y-%m}", one.used) for one in uses] == [
        ("2026-10", 10),
        ("2026-11", 0),
        ("2026-12", -4),
    ]
    parts = consumption_by_holder(lines, quantity_of, None, date(2026, 12, 31))
    assert {name: total(found) for name, found in parts.items()} == {"一处": 6, "林岚": 6}


def test_only_the_stretch_asked_for_counts() -> None:
    lines = (line("纸", "-10", "2026-10-30", "一处"), line("纸", "-3", "2026-12-15", "二处"))
    since, until = date(2026, 11, 10), date(2026, 12, 20)
    assert consumption(lines, quantity_of, since, until) == (
        Use(month=date(2026, 11, 1), used=ZERO),
        Use(month=date(2026, 12, 1), used=Decimal(3)),
    )
    assert list(consumption_by_holder(lines, quantity_of, since, until)) == ["二处"]
    assert consumption(lines, quantity_of, since, date(2026, 12, 14)) == ()
    assert curve(lines, quantity_of, None, date(2026, 10, 29)) == ()
    assert curve(lines, quantity_of, since, date(2026, 12, 14)) == (
        Point(on=since, level=Decimal(-10)),
        Point(on=date(2026, 12, 14), level=Decimal(-10)),
    )


def test_months_run_over_the_end_of_a_year() -> None:
    assert [f"{one:%Y-%m}" for one in months(date(2026, 11, 30), date(2027, 2, 1))] == [
        "2026-11",
        "2026-12",
        "2027-01",
        "2027-02",
    ]
