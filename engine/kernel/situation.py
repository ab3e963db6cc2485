"""Everything `decide` may look at besides the case itself, gathered before it is asked.

The desk reads these from the store as they are on the day; `decide` asks nobody else. Of the
books and the diaries only the cards and pages that are asked for are read: the shelf and the
diaries remember which, and the write compares them as it compares every head.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.books.diaries import Diaries, NoDiaries
from engine.books.shelf import EmptyShelf, Shelf
from engine.kernel.command import Other
from engine.kernel.elsewhere import Elsewhere, Nowhere
from engine.kernel.statechart import Statechart
from engine.language.calendar import Calendar
from engine.language.definition import ProcessDefinition
from engine.language.params import Params
from engine.language.roster import RosterView

EMPTY = EmptyShelf()
NO_DIARIES = NoDiaries()
NOWHERE = Nowhere()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Another case, as far as a rule may look: where it has been."""

    case: str
    number: str
    reached: frozenset[str]
    is_voided: bool = False  # a signature of it has fallen and is not given again


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The rules, the people and the relatives of one case at one moment."""

    at: datetime
    recorded: datetime | None = None  # when it is entered, if that is later than it happened
    definition: ProcessDefinition
    chart: Statechart
    roster: RosterView
    params: Params
    calendar: Calendar
    others: tuple[Other, ...] = ()
    collector: Seen | None = None
    parent: Seen | None = None
    shelf: Shelf = EMPTY
    diaries: Diaries = NO_DIARIES
    elsewhere: Elsewhere = NOWHERE
    processes: tuple[str, ...] = ()  # the procedures in force, by name
