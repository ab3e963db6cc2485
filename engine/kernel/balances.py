"""Quantities that must come out equal: ordered is accepted, outstanding and short-closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from engine.books.ledger import plain
from engine.kernel.command import BALANCE, Reason
from engine.kernel.facts import CaseFacts
from engine.language.definition import Balance
from engine.text import say


def unbalanced(balances: Iterable[Balance], facts: CaseFacts) -> tuple[Reason, ...]:
    """A reason for every equation that does not hold; what is not filled in yet is passed over."""
    return tuple(reason for one in balances for reason in _broken(one, facts))


def _broken(balance: Balance, facts: CaseFacts) -> Iterator[Reason]:
    for number, line in enumerate(facts.lines(balance.per), 1):
        for left, right in balance.equations:
            one, other = line.evaluate(left), line.evaluate(right)
            if not isinstance(one, int | Decimal) or not isinstance(other, int | Decimal):
                continue
            if one != other:
                where = f"{balance.per}[{number}]" if balance.per else facts.case.number
                yield Reason(
                    code=BALANCE,
                    text=say(
                        "{where} 不平:{left} 是 {one},{right} 是 {other}",
                        where=where,
                        left=left.text,
                        right=right.text,
                        one=plain(Decimal(one)),
                        other=plain(Decimal(other)),
                    ),
                    source=balance.source,
                )
