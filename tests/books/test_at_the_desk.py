"""The books of the sample office kept by random people at the real desk, and rebuilt equal.

`GUICHENG_STEPS=200000 pytest tests/books` takes more turns; a twentieth of them are taken here.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

import pytest

from engine.books.ledger import ZERO
from engine.kernel.case import Case
from engine.kernel.events import HoldChanged, Posted
from engine.language.forms import rows_of
from engine.rehearsal.office import Office
from engine.store import books as stored
from engine.store.books import StoredShelf
from engine.store.lines import read_cards, read_lines
from tests.books.clerks import Clerks

OFFICES = 4
TURNS = int(os.environ.get("GUICHENG_STEPS", "40000")) // 20 // OFFICES


def check_lines(office: Office) -> None:
    """Every line's balance is the running sum; serial numbers have no gaps; no lot is negative."""
    for book in office.desk.catalog.params(
        office.desk.catalog.params_in_force(office.desk.day(office.now)).digest
    ).books:
        lines = read_lines(office.store, book)
        assert [line.serial for line in lines] == list(range(1, len(lines) + 1))
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for line in lines:
            quantity, amount = sums.get(line.posting.item, (ZERO, ZERO))
            sums[line.posting.item] = (
                quantity + line.posting.quantity,
                amount + line.posting.amount,
            )
            assert (line.balance, line.balance_amount) == sums[line.posting.item]
        for card in read_cards(office.store, book):
            assert all(lot.quantity >= 0 for lot in card.lots)
            found = sums.get(card.item, (ZERO, ZERO))
            assert (card.on_hand, card.amount) == found
            assert sum(card.allocated(hold.owner) for hold in card.holds) <= card.on_hand


def released_and_reserved(office: Office, case: Case) -> tuple[Counter[str], Counter[str]]:
    """What a case has let go of without having had it, and all it was to have, by item."""
    released: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    for record in office.store.records(f"case/{case.id}"):
        issues = any(isinstance(event, Posted) for event in record.events)
        for event in record.events:
            if isinstance(event, HoldChanged) and event.quantity > 0:
                reserved[event.item] += event.quantity  # type: ignore[assignment]
            elif isinstance(event, HoldChanged) and not issues:
                released[event.item] -= event.quantity  # type: ignore[assignment]
    return released, reserved


def check_requisition(office: Office, shelf: StoredShelf, case: Case) -> None:
    """Approved is issued, held and released; once it has ended nothing is held."""
    approved: dict[str, int] = {}
    for row in rows_of(case.values.get("行")):
        approved[str(row["物品"])] = approved.get(str(row["物品"]), 0) + int(str(row["批准"]))
    was_reserved = any("已批待领" in path for path in case.entered)
    released, reserved = released_and_reserved(office, case)
    assert reserved == (Counter(approved) if was_reserved else Counter())
    for item, quantity in reserved.items():
        card = shelf.card("库存", item)
        out = -sum(
            one.quantity
            for one in shelf.postings_of(case.number, "库存")
            if one.owner == case.number and one.item == item
        )
        held = card.held(case.number)
        assert out + held + released[item] == quantity
        assert case.closed_at is None or held == 0
        assert case.result != "done" or out == quantity


def check_order(office: Office, shelf: StoredShelf, case: Case) -> None:
    """Ordered is accepted, outstanding and short-closed; what is outstanding is on order."""
    for row in rows_of(case.values.get("行")):
        ordered, accepted = int(str(row["核定量"])), int(str(row["已合格"]))
        outstanding, short = int(str(row["未交"])), int(str(row["短缺"]))
        assert ordered == accepted + outstanding + short
        lot = shelf.card("在途", str(row["物品"])).lot(case.number)
        if lot is not None:
            ended = case.closed_at is not None
            assert lot.quantity == (0 if ended or "短缺关闭" in case.entered else outstanding)
    for row in rows_of(case.values.get("收货")):
        assert row["到货"] == int(str(row["合格"])) + int(str(row["拒收"]))


def check_acceptance(shelf: StoredShelf, case: Case) -> None:
    """Delivered is accepted and rejected; rejected waits until it is replaced or refunded."""
    signed = any(path in case.entered for path in ("合格", "部分合格", "全部拒收"))
    for row in rows_of(case.values.get("验收行")) if signed else ():
        delivered, good, bad = (int(str(row[name])) for name in ("到货", "合格", "拒收"))
        assert delivered == good + bad
        lot = shelf.card("待退区", str(row["物品"])).lot(case.number)
        waiting = lot.quantity if lot is not None else ZERO
        assert waiting == (0 if case.closed_at is not None else bad)


def check_numbers(office: Office) -> None:
    for process in office.definitions:
        numbers = sorted(row.number for row in office.store.cases(process=process))
        assert [int(one.rpartition("-")[2]) for one in numbers] == [
            place + 1 for place in range(len(numbers))
        ]


def check(office: Office) -> None:
    check_lines(office)
    check_numbers(office)
    shelf = StoredShelf(office.store)
    for row in office.store.cases():
        case = office.store.load_case(row.id)
        match case.process:
            case "办公用品领用":
                check_requisition(office, shelf, case)
            case "办公用品采购":
                check_order(office, shelf, case)
            case "到货验收":
                check_acceptance(shelf, case)
    assert office.store.derived_tables() == office.store.rebuilt_tables()


@pytest.mark.parametrize("seed", range(OFFICES))
def test_the_books_are_what_people_did(seed: int) -> None:
    clerks = Clerks(seed)
    for _ in range(TURNS):
        clerks.turn()
    check(clerks.office)
    told: Mapping[str, int] = clerks.answers
    assert sum(told.values()) >= TURNS * 0.9
    for act in ("立案", "拒绝", "办公用品领用·签领", "办公用品采购·到货登记", "到货验收·签字"):
        assert told.get(act), (act, told)


def test_a_store_that_drops_a_line_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = stored._post
    seen = 0

    def forgetful(*given: object) -> None:
        nonlocal seen
        seen += 1
        if seen != 12:
            honest(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(stored, "_post", forgetful)
    clerks = Clerks(1)
    for _ in range(60):
        clerks.turn()
    with pytest.raises(AssertionError):
        check(clerks.office)
