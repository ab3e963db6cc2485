"""What people read of the books: balances, the card of an item, what was there at a moment."""

from __future__ import annotations

from pathlib import Path

import typer

from commands.bookpages import print_books, print_card, print_items, tell
from commands.bookrows import (
    Row,
    balance_row,
    card_row,
    exact,
    hold_rows,
    line_row,
    lot_row,
)
from commands.bookshelf import Bookshelf
from commands.completion import BOOK, LEDGER_ITEM, SOME_BOOK, SOME_ITEM
from commands.entry import read_day, read_moment
from commands.help import Named
from commands.table import dump
from commands.workspace import Session
from engine.books.figures import balances, happened_by
from engine.books.ledger import ZERO
from engine.store.books import StoredShelf
from engine.store.lines import read_cards, read_lines
from engine.text import say

app = typer.Typer()
ledger = typer.Typer(help="台账:结存、明细、时点数、图", no_args_is_help=True, cls=Named)
app.add_typer(ledger, name="ledger")
JSON = typer.Option(False, "--json")


@ledger.command("show")
def show(
    ctx: typer.Context,
    book: str = SOME_BOOK,
    item: str = typer.Option(None, "--item", help="只看一个编码或名称"),
    everything: bool = typer.Option(False, "--all", help="没有动过的编码也列出"),
    as_json: bool = JSON,
) -> None:
    """各台账的合计;写明台账则逐项列出结存、金额、已预留、可用、缺货。"""
    shelf = _shelf(ctx)
    if book is None:
        _show_books(shelf, as_json)
        return
    name = shelf.find(book)
    cards = (shelf.card(name, item),) if item else shelf.cards(name, everything=everything)
    rows = [card_row(shelf, card) for card in cards]
    if as_json:
        print(dump(exact(rows)))
        return
    figures = {
        "on_hand": "结存",
        "amount": "金额",
        "held": "已预留",
        "free": "可用",
        "short": "缺货",
    }
    print_items(shelf, name, rows, figures, sum((card.amount for card in cards), ZERO))
    by = _frozen_by(shelf, name)
    if by is not None:
        tell(shelf, say("“{book}”正由 {case} 盘点,暂停出入", book=shelf.title(name), case=by))


@ledger.command("card")
def card(
    ctx: typer.Context, book: str = BOOK, item: str = LEDGER_ITEM, as_json: bool = JSON
) -> None:
    """一个编码的明细:批次、谁在等、逐笔流水。"""
    shelf = _shelf(ctx)
    name = shelf.find(book)
    found = shelf.card(name, item)
    lines = read_lines(shelf.desk.store, name, item=found.item)
    if not as_json:
        print_card(shelf, found, lines)
        return
    whole = {
        "book": name,
        **card_row(shelf, found),
        "lots": [lot_row(one) for one in found.lots],
        "holds": hold_rows(found),
        "lines": [line_row(shelf, one) for one in lines],
    }
    print(dump(exact(whole)))


@ledger.command("as-of")
def as_of(
    ctx: typer.Context,
    book: str = BOOK,
    moment: str = typer.Argument(...),
    happened: bool = typer.Option(
        False, "--happened", help="按发生之日而不按记入之时:先办在纸上、后来补记的也算"
    ),
    as_json: bool = JSON,
) -> None:
    """某一时点的结存:当时账上已记的;或到那天为止已发生的。"""
    shelf = _shelf(ctx)
    name, zone = shelf.find(book), shelf.desk.catalog.zone
    at = read_moment(moment, zone).astimezone(zone)
    lines = read_lines(shelf.desk.store, name, until=None if happened else at)
    postings = tuple(one.posting for one in lines)
    found = balances(happened_by(postings, at.date()) if happened else postings)
    rows = [balance_row(shelf, name, one) for one in found]
    if as_json:
        print(dump(exact(rows)))
        return
    total = sum((one.amount for one in found), ZERO)
    print_items(shelf, name, rows, {"on_hand": "结存", "amount": "金额"}, total)
    tell(
        shelf,
        say("{title}:到 {on} 为止已发生的", title=shelf.title(name), on=at.date().isoformat())
        if happened
        else say("{title}:{at} 时账上已记的", title=shelf.title(name), at=f"{at:%Y-%m-%d %H:%M}"),
    )


@ledger.command("plot")
def plot(
    ctx: typer.Context,
    book: str = BOOK,
    item: str = SOME_ITEM,
    used: bool = typer.Option(False, "--consumption", help="画每月用量,不画结存"),
    by: str = typer.Option(None, "--by", help="写 holder:各领用人分开(用量)"),
    since: str = typer.Option(None, "--since"),
    until: str = typer.Option(None, "--until"),
    level: str = typer.Option(None, "--line", help="在结存图上加一条水平线,如安全库存"),
    output: Path = typer.Option(None, "-o", "--output", help="写入文件:.svg 或 .png"),
    as_json: bool = JSON,
) -> None:
    """结存的曲线,或每月的用量:写明编码按数量,不写按金额。"""
    from commands.plotting import Wanted, plot_book, read_level

    shelf = _shelf(ctx)
    name = shelf.find(book)
    today = shelf.desk.day(shelf.desk.clock())
    wanted = Wanted(
        shelf=shelf,
        book=name,
        item=shelf.card(name, item).item if item else None,
        used=used,
        by=by,
        since=read_day(since) if since else None,
        until=min(today, read_day(until)) if until else today,
        level=read_level(level) if level is not None else None,
    )
    plot_book(wanted, output, as_json)


def _shelf(ctx: typer.Context) -> Bookshelf:
    session: Session = ctx.obj
    return Bookshelf(session.desk(), session.language)


def _frozen_by(shelf: Bookshelf, book: str) -> str | None:
    return StoredShelf(shelf.desk.store).frozen_by(book)


def _show_books(shelf: Bookshelf, as_json: bool) -> None:
    rows: list[Row] = []
    for name in shelf.names:
        cards = read_cards(shelf.desk.store, name)
        rows.append(
            {
                "book": name,
                "items": len(cards),
                "amount": sum((one.amount for one in cards), ZERO),
                "frozen_by": _frozen_by(shelf, name),
            }
        )
    if as_json:
        print(dump(exact(rows)))
    else:
        print_books(shelf, rows)
