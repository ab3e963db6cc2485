"""What is taken of the diaries: rooms, cars, people; when, and by which case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

import typer

from commands.completion import SOME_DIARY
from commands.display import moment
from commands.entry import read_day
from commands.table import dump, emit, heads
from commands.workspace import Session
from engine.books.booking import Occupation
from engine.desk import Desk
from engine.errors import UnknownName
from engine.language.params import Params
from engine.reading.names import Names, named
from engine.store.bookings import read_diaries, read_occupations
from engine.text import say, translate

app = typer.Typer()
Row = dict[str, object]


@app.command("bookings")
def bookings(
    ctx: typer.Context,
    diary: str = SOME_DIARY,
    since: str = typer.Option(None, "--from", help="自哪一天起,不写则自今天起"),
    until: str = typer.Option(None, "--until", help="到哪一天为止,含当天"),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """预约:什么在何时被哪一案占用,含前后准备的时间。"""
    session: Session = ctx.obj
    shelf = Diaryshelf(session.desk(), session.language)
    names = (shelf.find(diary),) if diary else shelf.names
    first = read_day(since) if since else shelf.desk.day(shelf.desk.clock())
    last = read_day(until) if until else None
    found = {name: shelf.taken(name, first, last) for name in names}
    if as_json:
        print(dump([shelf.row(one) for taken in found.values() for one in taken]))
        return
    for place, (name, taken) in enumerate((name, taken) for name, taken in found.items() if taken):
        print(("\n" if place else "") + shelf.title(name))
        shelf.print(taken)
    if not any(found.values()):
        typer.echo(say("没有占用").show(session.language), err=True)


@dataclass(frozen=True)
class Diaryshelf:
    """The diaries of a desk's office, in the reader's language."""

    desk: Desk
    language: str

    @cached_property
    def params(self) -> Params:
        catalog, today = self.desk.catalog, self.desk.day(self.desk.clock())
        return catalog.params(catalog.params_in_force(today).digest)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The diaries of today, then those of other days that something was entered in."""
        return tuple(dict.fromkeys((*self.params.diaries, *read_diaries(self.desk.store))))

    def find(self, word: str) -> str:
        """A diary by its name or its English one. Errors: `UnknownName`."""
        known = {one.en: one.name for one in self.params.diaries.values() if one.en}
        if word not in self.names and word not in known:
            raise UnknownName(say("预约簿"), word, (*self.names, *known))
        return word if word in self.names else known[word]

    def title(self, diary: str) -> str:
        found = self.params.diaries.get(diary)
        return named(diary, found.en if found else None, self.language)

    def taken(self, diary: str, first: date, last: date | None) -> tuple[Occupation, ...]:
        """What is taken at some moment of these days."""
        zone = self.desk.catalog.zone
        start = datetime.combine(first, time(), zone)
        end = datetime.combine(last + timedelta(days=1), time(), zone) if last else None
        return read_occupations(self.desk.store, diary, start, end)

    def called(self, one: Occupation) -> str:
        """What a thing is called: a person by his name."""
        found = self.params.diaries.get(one.diary)
        if found is not None and found.item is not None:
            return one.thing
        return self.desk.catalog.roster(self.desk.clock()).name_of(one.thing)

    def process(self, one: Occupation) -> str:
        definition = self.desk.catalog.definition(self.desk.store.load_case(one.case).definition)
        return Names(definition, self.language).process()

    def row(self, one: Occupation) -> Row:
        slot = one.slot
        return {
            "diary": one.diary,
            "thing": one.thing,
            "name": self.called(one),
            "from": moment(self.desk, slot.from_),
            "until": moment(self.desk, slot.until),
            "begins": moment(self.desk, slot.begins),
            "ends": moment(self.desk, slot.ends),
            "number": one.owner,
            "process": self.process(one),
            "provisional": one.provisional,
        }

    def print(self, taken: Sequence[Occupation]) -> None:
        """A line for each occupation, with the time around it beside the time of use."""
        rows = [
            {
                "name": self.called(one),
                "used": self._used(one),
                "taken": self._taken(one),
                "number": one.owner,
                "mark": translate("暂占", self.language) if one.provisional else "",
            }
            for one in taken
        ]
        columns = heads(
            self.language, name="名称", used="使用", taken="含前后", number="案号", mark="标记"
        )
        emit(columns, rows, False)

    def _used(self, one: Occupation) -> str:
        from_, until = self._here(one.slot.from_), self._here(one.slot.until)
        return f"{from_:%Y-%m-%d %H:%M}–{_told(until, from_)}"

    def _taken(self, one: Occupation) -> str:
        """The whole time, days told only where they differ from those of use."""
        slot = one.slot
        begins, ends = self._here(slot.begins), self._here(slot.ends)
        return f"{_told(begins, self._here(slot.from_))}–{_told(ends, self._here(slot.until))}"

    def _here(self, at: datetime) -> datetime:
        return at.astimezone(self.desk.catalog.zone)


def _told(at: datetime, beside: datetime) -> str:
    """A moment as it is told beside another: by the clock, with the day if it is another one."""
    return f"{at:%H:%M}" if at.date() == beside.date() else f"{at:%m-%d %H:%M}"
