"""What a script expects after a step, compared with what the store says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from engine.books.ledger import ZERO, plain
from engine.kernel.case import Case, Standing
from engine.kernel.events import PeopleTold, TimerFired
from engine.kernel.occupying import shown_window
from engine.language.definition import SEPARATOR, Step
from engine.language.forms import Field, FieldType
from engine.rehearsal.office import Office
from engine.store.bookings import StoredDiaries
from engine.store.books import StoredShelf
from engine.store.rows import Query
from engine.text import Text, say

TOTAL, FREE = "合计", "空"
NAMED = frozenset(("due", "fields", "rounds", "refusals", "books", "bookings", "children"))


@dataclass(frozen=True, slots=True)
class Miss:
    """An expectation that did not come true, and where it was written."""

    step: Step
    text: Text

    def show(self, language: str = "zh") -> str:
        return f"{self.step.source}: {self.text.show(language)}"


@dataclass(slots=True)
class Outcome:
    """One `then`: what must be true of a case now."""

    office: Office
    case_of: Callable[[object], Case]
    step: Step
    wanted: Mapping[str, object]
    misses: list[Miss]

    def check(self) -> None:
        checks: Mapping[str, Callable[[Case, object], Iterator[Text]]] = {
            "state": self._state,
            "asked": self._asked,
            "not_asked": self._not_asked,
            "due": self._due,
            "signed": self._signed,
            "fallen": self._fallen,
            "fields": self._fields,
            "rounds": self._rounds,
            "late": self._late,
            "on_time": self._on_time,
            "closed": self._closed,
            "children": self._children,
            "told": self._told,
        }
        for name in NAMED & set(self.wanted):
            if not isinstance(self.wanted[name], Mapping):
                self._tell(iter((say("“{word}”后面要写“名称: 值”", word=name),)))
        if "share" in self.wanted:
            self._tell(self._share(self.wanted["share"]))
        if "refusals" in self.wanted:
            self._tell(self._refusals(self.wanted["refusals"]))
        if "books" in self.wanted:
            self._tell(self._books(self.wanted["books"]))
        if "bookings" in self.wanted:
            self._tell(self._bookings(self.wanted["bookings"]))
        if "kept" in self.wanted:
            self._tell(self._kept(self.wanted["kept"]))
        if not set(self.wanted) & set(checks):
            return
        case = self.case_of(self.wanted.get("case"))
        for name, one in checks.items():
            if name in self.wanted:
                self._tell(one(case, self.wanted[name]))

    def _tell(self, sentences: Iterator[Text]) -> None:
        for sentence in sentences:
            self.misses.append(Miss(self.step, sentence))

    def _names(self, people: Iterable[str]) -> set[str]:
        roster = self.office.desk.catalog.roster(self.office.now)
        return {roster.name_of(person) for person in people}

    def _state(self, case: Case, wanted: object) -> Iterator[Text]:
        if not _are(words(wanted), case.configuration):
            yield say(
                "{number} 应在“{wanted}”,实在“{found}”",
                number=case.number,
                wanted=tuple(words(wanted)),
                found=case.configuration,
            )

    def _asked(self, case: Case, wanted: object) -> Iterator[Text]:
        found_ones = self._names(p for task in case.asked for p in task.people)
        if set(words(wanted)) != found_ones:
            yield say(
                "此时应找 {wanted},实找 {found}",
                wanted=tuple(words(wanted)),
                found=tuple(sorted(found_ones)),
            )

    def _not_asked(self, case: Case, wanted: object) -> Iterator[Text]:
        found_ones = self._names(p for task in case.tasks for p in task.people)
        for name in words(wanted):
            if name in found_ones:
                yield say("不应找 {name}", name=name)

    def _due(self, case: Case, wanted: object) -> Iterator[Text]:
        known = {
            timer.state or timer.action: timer.due
            for timer in case.timers
            if timer.kind != "remind"
        }
        known |= {
            one.timer.state: one.timer.due for one in case.ended if one.timer.state not in known
        }
        for state, moment in wanted.items() if isinstance(wanted, Mapping) else ():
            due = next((at for path, at in known.items() if _called(path or "", str(state))), None)
            if due != self.office.at(str(moment)):
                shown = due.astimezone(self.office.zone) if due else None
                yield say(
                    "“{state}”期限应为 {wanted},实为 {found}",
                    state=str(state),
                    wanted=str(moment),
                    found=str(shown),
                )

    def _told(self, case: Case, wanted: object) -> Iterator[Text]:
        told: set[str] = set()
        for stored in self.office.store.records(f"case/{case.id}"):
            for event in stored.events:
                if isinstance(event, TimerFired):
                    told |= set(event.told)
                elif isinstance(event, PeopleTold):
                    told |= set(event.people)
        if set(words(wanted)) != self._names(told):
            yield say(
                "应已告知 {wanted},实已告知 {found}",
                wanted=tuple(words(wanted)),
                found=tuple(sorted(self._names(told))),
            )

    def _signed(self, case: Case, wanted: object) -> Iterator[Text]:
        found_ones = self._names(act.principal or act.actor for act in case.acts)
        for name in words(wanted):
            if name not in found_ones:
                yield say("{name} 没有签", name=name)

    def _fallen(self, case: Case, wanted: object) -> Iterator[Text]:
        fallen = (one.person for one in case.signatures if one.standing is Standing.FELL)
        found_ones = self._names(fallen)
        if set(words(wanted)) != found_ones:
            yield say(
                "签字失效的应为 {wanted},实为 {found}",
                wanted=tuple(words(wanted)),
                found=tuple(sorted(found_ones)),
            )

    def _fields(self, case: Case, wanted: object) -> Iterator[Text]:
        form = self.office.desk.catalog.definition(case.definition).form
        for name, told in wanted.items() if isinstance(wanted, Mapping) else ():
            found_one = case.values.get(str(name))
            value = self._by_id(form.field(str(name)), told)
            if isinstance(value, list):
                rows = found_one if isinstance(found_one, tuple) else ()
                if len(rows) != len(value) or not all(
                    _row_fits(row, like) for row, like in zip(rows, value, strict=True)
                ):
                    yield say(
                        "“{name}”各行应为 {wanted},实为 {found}",
                        name=str(name),
                        wanted=str(value),
                        found=str(rows),
                    )
            elif not _fits(found_one, value):
                yield say(
                    "“{name}”应为 {wanted},实为 {found}",
                    name=str(name),
                    wanted=str(value),
                    found=str(found_one),
                )

    def _by_id(self, field: Field | None, told: object) -> object:
        """What is told of a field, people by their ids."""
        if field is not None and field.type is FieldType.LINES and isinstance(told, list):
            columns = {one.name: one for one in field.columns}
            return [
                {name: self._by_id(columns.get(str(name)), value) for name, value in row.items()}
                for row in told
                if isinstance(row, Mapping)
            ]
        if field is not None and field.type is FieldType.PERSON and isinstance(told, str):
            return self.office.find_person(told) or told
        return told

    def _rounds(self, case: Case, wanted: object) -> Iterator[Text]:
        for action, number in wanted.items() if isinstance(wanted, Mapping) else ():
            if str(case.rounds(str(action))) != str(number):
                yield say(
                    "“{action}”应有 {wanted} 次,实有 {found} 次",
                    action=str(action),
                    wanted=str(number),
                    found=case.rounds(str(action)),
                )

    def _late(self, case: Case, wanted: object) -> Iterator[Text]:
        late = {one.timer.state for one in case.ended if one.late}
        for state in words(wanted):
            if not any(_called(path, state) for path in late):
                yield say("“{state}”应为超期", state=state)

    def _on_time(self, case: Case, wanted: object) -> Iterator[Text]:
        late = {one.timer.state for one in case.ended if one.late}
        met = {one.timer.state for one in case.ended if not one.late}
        for state in words(wanted):
            if any(_called(path, state) for path in late) or not any(
                _called(path, state) for path in met
            ):
                yield say("“{state}”应为按时", state=state)

    def _closed(self, case: Case, wanted: object) -> Iterator[Text]:
        if str(case.result or "false") != str(wanted):
            yield say(
                "{number} 结果应为 {wanted},实为 {found}",
                number=case.number,
                wanted=str(wanted),
                found=str(case.result),
            )

    def _children(self, case: Case, wanted: object) -> Iterator[Text]:
        for process, number in wanted.items() if isinstance(wanted, Mapping) else ():
            rows = self.office.store.cases(process=str(process), parent=case.id)
            if str(len(rows)) != str(number):
                yield say(
                    "“{process}”子案应有 {wanted} 件,实有 {found} 件",
                    process=str(process),
                    wanted=str(number),
                    found=len(rows),
                )

    def _refusals(self, wanted: object) -> Iterator[Text]:
        for code, number in wanted.items() if isinstance(wanted, Mapping) else ():
            rows = self.office.store.query(Query(refusals=True, code=str(code)))
            if str(len(rows)) != str(number):
                yield say(
                    "{code} 应有 {wanted} 次,实有 {found} 次",
                    code=str(code),
                    wanted=str(number),
                    found=len(rows),
                )

    def _books(self, wanted: object) -> Iterator[Text]:
        """What lies in a book: `{库存: {P001: 80/1740.00, 合计: 3261.60}}`."""
        for book, items in wanted.items() if isinstance(wanted, Mapping) else ():
            shelf = StoredShelf(self.office.store)
            total = sum((card.amount for card in shelf.cards(str(book))), ZERO)
            for item, told in items.items() if isinstance(items, Mapping) else ():
                card = shelf.card(str(book), str(item))
                quantity, _, amount = str(told).partition("/")
                right = total == Decimal(quantity)
                if item != TOTAL:
                    right = card.on_hand == Decimal(quantity)
                    right = right and (not amount or card.amount == Decimal(amount))
                if not right:
                    found = total if item == TOTAL else f"{plain(card.on_hand)}/{card.amount:.2f}"
                    yield say(
                        "“{book}”的“{item}”应为 {wanted},实为 {found}",
                        book=str(book),
                        item=str(item),
                        wanted=str(told),
                        found=str(found),
                    )

    def _bookings(self, wanted: object) -> Iterator[Text]:
        """All a thing is taken for: `{会议室: {一号: "2026-12-10 13:30–17:30"}}`; 空 if free."""
        diaries, catalog = StoredDiaries(self.office.store), self.office.desk.catalog
        calendar = catalog.calendar(self.office.desk.day(self.office.now))
        for diary, things in wanted.items() if isinstance(wanted, Mapping) else ():
            for thing, told in things.items() if isinstance(things, Mapping) else ():
                taken = diaries.page(str(diary), str(thing)).taken
                found = [shown_window(one.slot.begins, one.slot.ends, calendar) for one in taken]
                if words(told) != (found or [FREE]):
                    yield say(
                        "“{diary}”的“{thing}”应占用 {wanted},实占用 {found}",
                        diary=str(diary),
                        thing=str(thing),
                        wanted=tuple(words(told)),
                        found=tuple(found or [FREE]),
                    )

    def _kept(self, told: object) -> Iterator[Text]:
        """How many deadlines that have had their outcome were met, of all or of one matter."""
        store, wanted = self.office.store, str(told)
        ids: Iterable[str] = (row.id for row in store.cases())
        if isinstance(told, Mapping):
            wanted = str(told.get("is"))
            case = self.case_of(told.get("within"))
            ids = (case.id, *store.family(case.id))
        cases = [store.load_case(one) for one in ids]
        ended = [one for case in cases for one in case.ended]
        met = sum(1 for one in ended if not one.late)
        if wanted != f"{met}/{len(ended)}":
            yield say("应为 {wanted},实为 {found}/{all}", wanted=wanted, found=met, all=len(ended))

    def _share(self, wanted: object) -> Iterator[Text]:
        """The share of a process's cases of a period that reached a state by a moment."""
        if not isinstance(wanted, Mapping):
            return
        by = self.office.at(str(wanted["by"]))
        rows = [
            row
            for row in self.office.store.cases(process=str(wanted["process"]))
            if row.period == str(wanted["period"])
        ]
        cases = [self.office.store.load_case(row.id) for row in rows]
        met = [
            case
            for case in cases
            if any(
                _called(path, str(wanted["reached"])) and at <= by
                for path, at in case.entered.items()
            )
        ]
        top, _, bottom = str(wanted["is"]).partition("/")
        if not cases or Fraction(len(met), len(cases)) != Fraction(int(top), int(bottom)):
            yield say(
                "应为 {wanted},实为 {found}/{all}",
                wanted=str(wanted["is"]),
                found=len(met),
                all=len(cases),
            )


def words(value: object) -> list[str]:
    """One name or a list of names, as a list."""
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _called(path: str, name: str) -> bool:
    return path == name or path.rpartition(SEPARATOR)[2] == name


def _are(names: Collection[str], paths: tuple[str, ...]) -> bool:
    """Whether the names mean just these states: each in full, or by the end of its path."""
    ends = [{name for name in names if f"/{path}".endswith(f"/{name}")} for path in paths]
    return len(names) == len(paths) and all(ends) and set().union(*ends) == set(names)


def _fits(value: object, wanted: object) -> bool:
    if isinstance(value, bool):
        return str(wanted) in (("是", "true") if value else ("否", "false"))
    if isinstance(value, int | Decimal):
        try:
            return value == Decimal(str(wanted))
        except InvalidOperation:
            return False
    return str(value if value is not None else "") == str(wanted)


def _row_fits(row: object, wanted: object) -> bool:
    return (
        isinstance(row, Mapping)
        and isinstance(wanted, Mapping)
        and all(_fits(row.get(str(name)), value) for name, value in wanted.items())
    )
