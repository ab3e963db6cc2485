"""What actions and states set in motion: values, child cases, news, books, bookings, people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from engine.errors import Source
from engine.language.expressions import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFields:
    """Effect: give fields the value of an expression."""

    fields: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCase:
    """Effect: open child cases.

    Without `each`, one. With `each` (a table), one per row, or one per distinct value of
    `by`; `set` then sees `rows` (the rows of this child) and `key` (the value of `by`).
    """

    process: str
    each: str | None
    by: Expression | None
    when: Expression | None
    set: tuple[tuple[str, Expression], ...]
    initiator: Expression | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """How rows of another case become rows here: one per row of `rows`, or one a case."""

    rows: str | None
    into: str
    columns: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TellCases:
    """Effect: the system performs `action` in the gathered members or in the parent.

    With `take`, lines go with it: for members those whose `by` is the member's number.
    """

    whom: str  # "members" or "parent"
    action: str
    take: Take | None
    by: Expression | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TellChildren:
    """Effect: the system performs `action` in the children that are still open.

    With `process`, only in those of that procedure.
    """

    action: str
    process: str | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPeople:
    """Effect: a notice to people. It asks nothing of them."""

    who: Expression
    say: str


class Verb(Enum):
    """What an entry does in a book. The words are those of the language."""

    OPEN = "open"  # the opening balance of a card that has never moved
    RECEIVE = "receive"  # a new lot comes in
    ISSUE = "issue"  # out of lots, first in, first out unless one is named
    RETURN = "return"  # back to the lots it was issued from
    ADJUST = "adjust"  # a counted difference of one lot
    RESERVE = "reserve"  # hold for this case, in the order of approval
    RELEASE = "release"  # hold no longer
    REVERSE = "reverse"  # undo a case's postings in red
    FREEZE = "freeze"  # hold the book still to count it
    THAW = "thaw"
    PICK = "pick"  # lines that say which lots to take
    LIST = "list"  # the lots of a book as lines


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEntry:
    """Effect: an entry in a book, once or for each line of a table.

    `of` is the number of the case whose postings or holds are meant (None: this one);
    `despite` says when a book that is being counted may be moved all the same.
    """

    verb: Verb
    book: str
    each: str | None
    when: Expression | None
    item: Expression | None
    quantity: Expression | None
    cost: Expression | None
    lot: Expression | None
    kind: str
    holder: Expression | None
    keep: tuple[tuple[str, Expression], ...]
    of: Expression | None
    despite: Expression | None
    is_any_lot: bool  # of pick: lots need not be the oldest
    is_per_item: bool  # of list: one line an item, with or without lots
    into: str | None
    take: tuple[tuple[str, Expression], ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupy:
    """Effect: this case takes things of a diary for a time, once or for each line of a table.

    Without `before` and `after` the time around it is that of the diary. `fit` says which other
    things would do; `despite`, that others may be ousted: their cases are then told to perform
    `oust`. With `instead` what the case held in the diary before is given up in the same step.
    """

    diary: str
    each: str | None
    when: Expression | None
    what: Expression
    from_: Expression
    until: Expression
    before: timedelta | None
    after: timedelta | None
    fit: Expression | None
    despite: Expression | None
    oust: str | None
    instead: bool
    provisional: bool
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacate:
    """Effect: things of a diary are held no longer: all of them, or those named by `what`.

    `of` is the number of the case that holds them (None: this one).
    """

    diary: str
    when: Expression | None
    what: Expression | None
    of: Expression | None
    source: Source


class Work(Enum):
    """Which work is listed. The words are those of the language."""

    OPEN = "open"  # what is offered to somebody
    DONE = "done"  # what others did in his name


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWork:
    """Effect: people's work in all cases becomes the lines of a table."""

    which: Work
    of: Expression
    into: str
    when: Expression | None
    take: tuple[tuple[str, Expression], ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Effect: what somebody has in hand in other cases goes to another person.

    `case` is the number of the one case meant (None: all of them), once or for each line of a
    table.
    """

    each: str | None
    when: Expression | None
    of: Expression
    to: Expression
    case: Expression | None
    source: Source


class Change(Enum):
    """A change among the people. The words are those of the language."""

    GRANT = "grant"
    WITHDRAW = "withdraw"
    DELEGATE = "delegate"
    LEAVE = "leave"
    QUALIFY = "qualify"
    LIAISON = "liaison"
    LEAVER = "leaver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """Effect: the roster changes from a day on, once or for each line of a table.

    `parts` are what the change says, by the words of the language: who, from when, and so on;
    `ends` is true where it ends what such a change began.
    """

    change: Change
    ends: bool
    each: str | None
    when: Expression | None
    parts: tuple[tuple[str, Expression], ...]
    source: Source


# what an action does at once, or is refused for: others' holdings or the roster may forbid it
Entry = BookEntry | Occupy | Vacate | Amend | ListWork | HandOver
Effect = SetFields | StartCase | TellCases | TellChildren | TellPeople | Entry
