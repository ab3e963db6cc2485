"""Random acts on a diary, judged after every step by the model beside this file.

Cases take things, move, take others' things, give up and end, over two rooms and two days. Who
has which minute must always be what the model says; an act the model refuses is refused with
the same code and changes nothing, any other is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.books.booking import Page
from engine.catalog import load_bundle, read_calendar, read_params, read_roster
from engine.kernel import diarykeeping
from engine.kernel import events as happened
from engine.kernel.case import Case
from engine.kernel.entries import Plan, plan_entries
from engine.kernel.events import Event
from engine.kernel.facts import CaseFacts
from engine.kernel.occupying import given_up
from engine.kernel.situation import Situation
from engine.kernel.statechart import Statechart
from engine.language.forms import Value
from engine.language.roster import Organisation
from tests.bookings.model import Asked, No, Timetable
from tests.conftest import sample_texts

START = datetime.fromisoformat("2026-12-07T08:00:00+08:00")
CASES = ("甲", "乙", "丙", "丁")
ROOMS = ("一号", "二号")
BEFORE, AFTER = 20, 10  # minutes
PARAMS = f"""
params: {{}}
tables: {{房: {{key: 名, columns: {{名: text, 座: integer}}, rows: [[一号, 9], [二号, 5]]}}}}
bookings: {{房: {{item: 房, before: {BEFORE} minutes, after: {AFTER} minutes}}}}
"""
FORM = """
form: 约单
fields: {房: text, 从: datetime, 到: datetime, 急: bool, 行: {type: lines, columns: {房: text}}}
"""
OCCUPY = "occupy: 房, what: 房, from: 从, until: 到"
ENTRIES = {
    "占": f"{OCCUPY}, despite: 急, oust: 让",
    "改": f"{OCCUPY}, instead: true",
    "暂改": f"{OCCUPY}, instead: true, provisional: true",
    "暂占": f"{OCCUPY}, provisional: true",
    "净占": f"{OCCUPY}, before: 0 minutes, after: 0 minutes",
    "都占": f"{OCCUPY}, each: 行",
    "都改": f"{OCCUPY}, each: 行, instead: true",
    "退": "vacate: 房, what: 房",
    "全退": "vacate: 房",
}
PROCESS = (
    'process: 约\nnumber: "Z-{year}-{seq:4}"\nform: 约单\nroles: {人: post("会计")}\nstart: 办\n'
    "states:\n  办:\n    who: 人\n    edit: all\n    actions:\n"
    + "".join(f"      {name}: {{to: stay, post: {{{how}}}}}\n" for name, how in ENTRIES.items())
    + "      毕: 完\n  完: {final: true}\n"
)


class MemoryDiaries:
    """The diaries as plain pages, folded by the code of engine/books."""

    versions: Mapping[tuple[str, str], int] = {}

    def __init__(self) -> None:
        self.pages: dict[tuple[str, str], Page] = {}

    def follow(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, happened.Occupied | happened.Vacated):
                page = self.page(event.diary, event.thing)
                self.pages[event.diary, event.thing] = diarykeeping.turned(page, event)

    def page(self, diary: str, thing: str) -> Page:
        return self.pages.get((diary, thing), Page(diary=diary, thing=thing))

    def things_of(self, owner: str) -> tuple[tuple[str, str], ...]:
        return tuple(key for key, page in self.pages.items() if page.of(owner))


class Askers:
    """Entries asked for by cases that do nothing else."""

    def __init__(self) -> None:
        texts, params = sample_texts("无"), read_params(PARAMS)
        definition = load_bundle(PROCESS, "约.yaml", {"约单": (FORM, "约单.yaml")}, params)
        self.entries = {action.name: action.post for action in definition.all_actions()}
        self.situation = Situation(
            at=START,
            definition=definition,
            chart=Statechart(definition),
            roster=Organisation(read_roster(texts.roster), ()).as_of(START),
            params=params,
            calendar=read_calendar(texts.calendar),
        )
        self.blank = Case(
            id="",
            number="",
            process="约",
            definition="",
            edition=1,
            params="",
            initiator="",
            department=None,
            parent=None,
            request=None,
            period=None,
            opened_at=START,
            seq=0,
            configuration=("办",),
        )

    def facts(
        self, diaries: MemoryDiaries, owner: str, values: dict[str, Value], at: datetime
    ) -> CaseFacts:
        case = replace(self.blank, number=owner, id=f"id-{owner}", values=values)
        return CaseFacts(case, replace(self.situation, diaries=diaries, at=at))

    def plan(self, facts: CaseFacts, action: str) -> Plan:
        return plan_entries(self.entries[action], facts)


ASKERS = Askers()


class Diaries(RuleBasedStateMachine):
    """One diary, four cases; `asked` counts what was asked, and the answers."""

    asked: Counter[tuple[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self.diaries = MemoryDiaries()
        self.model = Timetable()
        self.now = 0

    # -- acts ------------------------------------------------------------------------------

    @rule(dice=st.integers(0, 2**24 - 1))
    def step(self, dice: int) -> None:
        """One act of somebody, or time goes on; all of it is thrown with these dice."""
        self.dice = Random(dice)
        if self.dice.random() < 0.1:
            self.now += self.dice.randint(1, 60)
            self.counted("等", "done")
            return
        verb, case = self.dice.choice((*ENTRIES, "终")), self.dice.choice(CASES)
        if verb == "终":
            self.end(case)
        else:
            self.act(verb, case)

    def act(self, verb: str, case: str) -> None:
        """Somebody asks for a thing at some tens of minutes from now, or gives it up."""
        room, urgent = self.dice.choice(ROOMS), self.dice.random() < 0.5
        start = self.dice.randint(-2, self.dice.choice((3, 24)))  # often about now
        length = self.dice.randint(1, 6)
        begins = self.now // 10 * 10 + start * 10
        use = range(begins, begins + length * 10)
        rooms = ROOMS if verb in ("都占", "都改") else (room,)
        values: dict[str, Value] = {
            "房": room,
            "从": self.at(use.start),
            "到": self.at(use.stop),
            "急": urgent,
            "行": tuple({"房": one} for one in rooms),
        }
        before, after = (0, 0) if verb == "净占" else (BEFORE, AFTER)
        wanted = [Asked(one, use, range(use.start - before, use.stop + after)) for one in rooms]
        self.compare(verb, case, values, wanted)

    def compare(self, verb: str, case: str, values: dict[str, Value], wanted: list[Asked]) -> None:
        facts = ASKERS.facts(self.diaries, case, values, self.at(self.now))
        held = {one: self.model.has(case, one) for one in ROOMS}
        plan = ASKERS.plan(facts, verb)
        code = plan.reasons[0].code if plan.reasons else ""
        before = len(self.model.ousted)
        try:
            self.expect(verb, case, wanted, bool(values["急"]))
            refused = ""
        except No as no:
            refused = no.code
        assert code == refused, (verb, case, wanted, code, refused)
        if not code:
            self.diaries.follow(plan.events)
            ousted = {f"id-{other}" for _, other in self.model.ousted[before:]}
            assert set(plan.ousted) == ousted
            assert not ousted or set(plan.ousted.values()) == {"让"}
        else:
            assert {one: self.model.has(case, one) for one in ROOMS} == held
        self.counted(verb, code or ("ousted" if plan.ousted else "done" if plan.events else "none"))
        self.look(case, wanted[0])

    def expect(self, verb: str, case: str, wanted: list[Asked], urgent: bool) -> None:
        match verb:
            case "退":
                self.model.give_up(case, self.now, [one.thing for one in wanted])
            case "全退":
                self.model.give_up(case, self.now)
            case _:
                instead, despite = verb in ("改", "暂改", "都改"), verb == "占" and urgent
                self.model.take(case, wanted, self.now, instead=instead, despite=despite)

    def end(self, case: str) -> None:
        """A case comes to its end: what the draft does then."""
        at = self.at(self.now)
        facts = ASKERS.facts(self.diaries, case, {}, at)
        ending = given_up(facts.books.diaries.held_by(case, at), case, at)
        self.diaries.follow(ending)
        self.model.give_up(case, self.now)
        self.counted("终", "done" if ending else "none")

    # -- what must be so -----------------------------------------------------------------------

    def counted(self, verb: str, answer: str) -> None:
        self.asked[verb, answer] += 1

    def at(self, minute: int) -> datetime:
        return START + timedelta(minutes=minute)

    def minutes(self, begins: datetime, ends: datetime) -> range:
        return range(*(int((one - START).total_seconds()) // 60 for one in (begins, ends)))

    @invariant()
    def everybody_has_what_the_model_says(self) -> None:
        found: dict[tuple[str, int], str] = {}
        for page in self.diaries.pages.values():
            for one in page.taken:
                for minute in self.minutes(one.slot.begins, one.slot.ends):
                    assert found.setdefault((page.thing, minute), one.owner) == one.owner
        assert found == self.model.minutes

    def look(self, case: str, asked: Asked) -> None:
        """What conditions are told agrees with what would come of asking."""
        diaries = ASKERS.facts(self.diaries, case, {}, self.at(self.now)).books.diaries
        from_, until = self.at(asked.use.start), self.at(asked.use.stop)
        diary = ASKERS.situation.params.diary("房")
        around = range(asked.use.start - BEFORE, asked.use.stop + AFTER)
        free = not self.model.who(asked.thing, around, case)
        assert diaries.is_free(diary, asked.thing, from_, until, case) == free
        holder = diaries.occupied_by("房", asked.thing, from_, until)
        anybody = self.model.who(asked.thing, asked.use, "")
        assert (holder in anybody) if anybody else holder is None
        still = any(minute >= self.now for one in ROOMS for minute in self.model.has(case, one))
        assert diaries.occupies(case, self.at(self.now), "房") == still
