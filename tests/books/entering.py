"""Books in memory that entries are planned for: a procedure that can do everything, no store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from engine.books import ledger
from engine.books.ledger import ZERO, Card, Posting
from engine.catalog import load_bundle, read_calendar, read_params, read_roster
from engine.kernel import events as happened
from engine.kernel.bookkeeping import Bookkeeping, posting_of
from engine.kernel.case import Case
from engine.kernel.entries import Plan, plan_entries
from engine.kernel.events import Event
from engine.kernel.facts import CaseFacts
from engine.kernel.situation import Situation
from engine.kernel.statechart import Statechart
from engine.language.forms import Values
from engine.language.roster import Organisation
from tests.conftest import sample_texts

AT = datetime.fromisoformat("2026-11-02T10:00:00+08:00")
ON = AT.date()
BOOKS = {"库存": "{backorder: true}", "耗材": "{}", "限量": "{backorder: true, most: 60}"}
PARAMS = "params: {}\nbooks:\n" + "".join(f"  {name}: {how}\n" for name, how in BOOKS.items())
FORM = """
form: 账页
fields:
  对方: text
  应急: bool
  行: &
  收行: &
  拣批: &
""".replace(
    "&",
    "{type: lines, columns: {物品: text, 数量: decimal, 单价: decimal, 批次: text, 部门: text}}",
)
LINE = "each: 行, item: 物品, quantity: 数量"
TAKE = "into: 拣批, take: {物品: item, 批次: lot, 数量: quantity, 单价: cost}"
VERBS = {
    "收": [f"receive: B, {LINE}, cost: 单价, lot: 批次, holder: 部门, kind: 收"],
    "发": [f"issue: B, {LINE}, lot: 批次, of: 对方, holder: 部门, despite: 应急, kind: 发"],
    "退": [f"return: B, {LINE}, of: 对方, kind: 退"],
    "调": [f"adjust: B, {LINE}, lot: 批次, cost: 单价, kind: 调"],
    "冲": ["reverse: B, of: 对方"],
    "留": [f"reserve: B, {LINE}, holder: 部门"],
    "释": [f"release: B, {LINE}, of: 对方"],
    "全释": ["release: B, of: 对方"],
    "冻": ["freeze: B"],
    "解": ["thaw: B"],
    "拣": [f"pick: B, {LINE}, {TAKE}"],
    "任拣": [f"pick: B, {LINE}, order: any, {TAKE}"],
    "列": [f"list: B, {TAKE}"],
    "收发": [
        "receive: B, each: 收行, item: 物品, quantity: 数量, cost: 单价, kind: 收",
        f"issue: B, {LINE}, holder: 部门, kind: 发",
    ],
}


def process_text() -> str:
    """One state in which every verb can be asked of every book, each by an action of its own."""
    lines = [
        f"      {verb}{book}: {{to: stay, post: ["
        + ", ".join("{" + entry.replace("B", book, 1) + "}" for entry in entries)
        + "]}"
        for book in BOOKS
        for verb, entries in VERBS.items()
    ]
    head = (
        'process: 账\nnumber: "Z-{year}-{seq:4}"\nform: 账页\nroles: {记账员: post("会计")}\n'
        "start: 记\nstates:\n  记:\n    who: 记账员\n    edit: all\n    actions:\n"
    )
    return head + "\n".join(lines) + "\n      毕: 完\n  完: {final: true}\n"


class MemoryShelf:
    """The books as plain lists, folded by the code of engine/books."""

    versions: Mapping[tuple[str, str], int] = {}

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Card] = {}
        self.lines: list[Posting] = []
        self.counted: dict[str, tuple[str, int]] = {}

    def follow(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case happened.Posted():
                    line = posting_of(event, ON)
                    card = self.card(event.book, event.item)
                    self.known[event.book, event.item] = ledger.posted(card, line)
                    self.lines.append(line)
                case happened.HoldChanged():
                    card = self.card(event.book, event.item)
                    self.known[event.book, event.item] = ledger.held(
                        card, event.owner, event.quantity
                    )
                case happened.BookFrozen():
                    self.counted[event.book] = event.owner, len(self.lines)
                case happened.BookThawed():
                    del self.counted[event.book]

    def card(self, book: str, item: str) -> Card:
        return self.known.get((book, item), Card(book=book, item=item))

    def cards(self, book: str) -> tuple[Card, ...]:
        return tuple(card for (name, _), card in sorted(self.known.items()) if name == book)

    def frozen_by(self, book: str) -> str | None:
        return self.counted[book][0] if book in self.counted else None

    def moved(self, book: str, item: str, lot: str, owner: str) -> Decimal:
        by, since = self.counted.get(book, ("", 0))
        return sum(
            (
                one.quantity
                for one in self.lines[since:]
                if (one.book, one.item, one.lot) == (book, item, lot) and one.owner != by == owner
            ),
            ZERO,
        )

    def postings_of(self, owner: str, book: str) -> tuple[Posting, ...]:
        return tuple(one for one in self.lines if one.book == book and owner in (one.owner, one.of))

    def holds_of(self, owner: str, book: str) -> tuple[tuple[str, Decimal], ...]:
        found = ((card.item, card.held(owner)) for card in self.cards(book))
        return tuple((item, much) for item, much in found if much > 0)

    def postings(self, book: str, item: str) -> tuple[Posting, ...]:
        return tuple(one for one in self.lines if (one.book, one.item) == (book, item))

    def held_for(self, book: str, item: str, holder: str) -> tuple[tuple[str, Decimal, date], ...]:
        return ()


class Clerks:
    """Entries asked for by cases that do nothing else."""

    def __init__(self) -> None:
        texts = sample_texts("无")
        params = read_params(PARAMS)
        self.definition = load_bundle(
            process_text(), "账.yaml", {"账页": (FORM, "账页.yaml")}, params
        )
        self.entries = {action.name: action.post for action in self.definition.all_actions()}
        calendar = read_calendar(texts.calendar)
        self.situation = Situation(
            at=AT,
            definition=self.definition,
            chart=Statechart(self.definition),
            roster=Organisation(read_roster(texts.roster), ()).as_of(AT),
            params=params,
            calendar=calendar,
        )
        self.blank = Case(
            id="",
            number="",
            process="账",
            definition="",
            edition=1,
            params="",
            initiator="",
            department=None,
            parent=None,
            request=None,
            period=None,
            opened_at=AT,
            seq=0,
            configuration=("记",),
        )

    def plan(self, shelf: MemoryShelf, action: str, owner: str, values: Values) -> Plan:
        """What an action of the case `owner` would do in the books."""
        case = replace(self.blank, number=owner, values=values)
        situation = replace(self.situation, shelf=shelf)
        return plan_entries(self.entries[action], CaseFacts(case, situation))

    def books(self, shelf: MemoryShelf, owner: str) -> Bookkeeping:
        return Bookkeeping(shelf, owner, ON)
