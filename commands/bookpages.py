"""Pages of the books for people: the list of books, the items of one, the card of an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import typer

from commands.bookrows import Row, card_row, hold_rows, line_row, lot_row, readable
from commands.bookshelf import Bookshelf
from commands.table import emit, heads, width
from commands.workspace import SERVICE
from engine.books.ledger import ZERO, Card
from engine.language.definition import SEPARATOR
from engine.reading.axes import number
from engine.reading.names import Names
from engine.store.rows import BookLine
from engine.text import Text, say

FIGURES = (
    *("items", "on_hand", "amount", "held", "free", "short"),
    *("quantity", "cost", "available", "serial", "change", "balance", "balance_amount"),
)

LONG = 8  # the width from which names of lots would crowd the figures


def tell(shelf: Bookshelf, text: Text) -> None:
    """A notice beside the results."""
    typer.echo(text.show(shelf.language), err=True)


def print_table(columns: Mapping[str, str], rows: Sequence[Row], note: str | None = None) -> None:
    emit(columns, [readable(one) for one in rows], False, note, FIGURES)


def print_books(shelf: Bookshelf, rows: Sequence[Row]) -> None:
    """Every book, how many items it has and what they have cost, and which case counts it."""
    columns = heads(
        shelf.language, title="台账", items="品种数", amount="金额", frozen_by="冻结案号"
    )
    print_table(columns, [{**row, "title": shelf.title(str(row["book"]))} for row in rows])
    if not rows:
        tell(shelf, say("没有台账;台账写在参数文件的 books 里"))


def print_items(
    shelf: Bookshelf, book: str, rows: Sequence[Row], more: Mapping[str, str], total: Decimal
) -> None:
    """The items of a book with the figures named in `more`, and the total at the foot."""
    table, column = shelf.table(book), shelf.column(book)
    key = table.key if table is not None and shelf.language == "zh" else "编码"
    columns = heads(shelf.language, item=key, **({"name": column} if column else {}), **more)
    foot = {"item": say("合计").show(shelf.language), "amount": total}
    print_table(columns, [*rows, foot] if len(rows) > 1 else rows)
    if not rows:
        tell(shelf, say("“{title}”还没有记过账", title=shelf.title(book)))


def print_card(shelf: Bookshelf, card: Card, lines: Sequence[BookLine]) -> None:
    """One item: how it stands, its lots, who waits for it, its lines."""
    title = shelf.title(card.book, card.item)
    if not lines and not card.holds:
        tell(shelf, say("“{title}”还没有记过账", title=title))
        return
    figures = readable(card_row(shelf, card))
    told = say(
        "{title}:结存 {on_hand},金额 {amount};已预留 {held},可用 {free},缺货 {short}",
        title=title,
        **{name: figures[name] for name in ("on_hand", "amount", "held", "free", "short")},
    )
    print(told.show(shelf.language))
    _print_lots(shelf, card)
    _print_holds(shelf, card)
    _print_lines(shelf, lines)


def _head(shelf: Bookshelf, text: Text) -> None:
    print(f"\n{text.show(shelf.language)}")


def _print_lots(shelf: Bookshelf, card: Card) -> None:
    """The lots that lie there, each with what is remembered of it."""
    here = [lot for lot in card.lots if lot.quantity != ZERO]
    if here:
        _head(shelf, say("批次:"))
    kept = dict.fromkeys(name for lot in here for name, found in lot.details.items() if found)
    columns = heads(shelf.language, lot="批次", quantity="数量", cost="单价", amount="金额")
    rows = [{**lot.details, **lot_row(lot)} for lot in here]
    print_table({**columns, **heads(shelf.language, **{name: name for name in kept})}, rows)
    gone = len(card.lots) - len(here)
    if gone:
        print(say("另有 {count} 个批次已发完", count=gone).show(shelf.language))


def _print_holds(shelf: Bookshelf, card: Card) -> None:
    if card.holds:
        _head(shelf, say("等候:"))
    columns = heads(shelf.language, number="案号", quantity="数量", available="可得")
    print_table(columns, hold_rows(card))


def _print_lines(shelf: Bookshelf, lines: Sequence[BookLine]) -> None:
    """Every line with its balance; below it where it came from, and its lot if that is long."""
    if lines:
        _head(shelf, say("流水:"))
    is_long = any(width(one.posting.lot) > LONG for one in lines)
    columns = heads(
        shelf.language,
        serial="流水号",
        on="日期",
        kind="种类",
        lot="批次",
        change="收/发",
        cost="单价",
        amount="金额",
        balance="结存",
        balance_amount="结存额",
    )
    if is_long:
        del columns["lot"]
    rows = [
        {
            **line_row(shelf, one),
            "change": _signed(one),
            "about": " · ".join(_about(shelf, one, is_long)),
        }
        for one in lines
    ]
    print_table(columns, rows, note="about")


def _signed(line: BookLine) -> str:
    """In with a plus, out with a minus."""
    quantity = line.posting.quantity
    return f"+{number(quantity)}" if quantity > 0 else number(quantity)


def _about(shelf: Bookshelf, line: BookLine, has_lot: bool) -> Iterator[str]:
    """Which case entered a line and where, who did it, for whom, and what it answers."""
    one, language = line.posting, shelf.language
    yield one.owner
    place = " / ".join(line.state.split(SEPARATOR))
    if language != "zh":
        definition = shelf.desk.catalog.definition(shelf.desk.case(one.owner).definition)
        place = Names(definition, language).state(line.state)
    if place:
        yield place
    yield say("系统").show(language) if line.actor == SERVICE else line.actor
    if one.holders:
        holders = tuple(shelf.holder(holder) for holder in one.holders)
        yield say("领用 {holders}", holders=holders).show(language)
    if one.of not in ("", one.owner):
        yield say("对应 {number}", number=one.of).show(language)
    if has_lot:
        yield say("批次 {lot}", lot=one.lot).show(language)
