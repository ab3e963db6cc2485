"""What has to happen without anybody asking: timers, periodic starts, news between cases.

A bounded `tick` runs before every writing command, so nothing depends on a worker having
been started; each occurrence has a request id of its own, so none happens twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from engine.catalog import ORG, Edition
from engine.desk import ATTEMPTS, Desk, Look
from engine.errors import GuichengError, StoreConflict
from engine.evidence.record import SERVICE, CaseRef
from engine.kernel.case import Case
from engine.kernel.command import Decision, Refusal
from engine.kernel.facts import CaseFacts, plain
from engine.kernel.handing import handed_over
from engine.kernel.opening import Open, would_hold
from engine.kernel.system import (
    carried,
    child_reported,
    fire,
    member_joined,
    reoffer,
    supplied,
    told,
)
from engine.language.amendments import load_amendment
from engine.language.calendar import occurrences
from engine.language.definition import SEPARATOR, Every, ProcessDefinition
from engine.language.forms import Value, Values, rows_of
from engine.registry import Registry
from engine.store.projections import LINES
from engine.store.rows import Moved, Pending, Repeated
from engine.text import Text, say

TICK_LIMIT = 500
DEEPEST = 12  # children of children; more is procedures that open each other without end
PERIODIC = "every:"
SUPPLY = "supply"

Act = Callable[[Look], Decision | Refusal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """What one tick did."""

    fired: int = 0
    opened: int = 0
    passed_on: int = 0
    stuck: tuple[Text, ...] = ()


class Worker:
    """The system's own hand, working through the same desk as everybody else."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.store = desk.store
        self.stuck: dict[str, Text] = {}
        self._supplied = 0  # up to which record this tick has tried to supply those who wait

    def tick(self, limit: int = TICK_LIMIT) -> Ticked:
        """Do what is due, at most `limit` acts; what is left is done by the next tick."""
        at, latest = self.desk.clock(), self.store.last_position()
        self.stuck, self._supplied = {}, 0
        self.desk.refresh()
        opened = self._start_periodic(at)
        fired = passed_on = 0
        while fired + passed_on + opened < limit:
            timers = [
                (case, timer)
                for case, timer, kind, due in self.store.due_timers(at, limit, tuple(self.stuck))
                if due < at or kind != "due"
            ]
            if not timers:
                break
            for case, timer in timers[: limit - fired - passed_on - opened]:
                fired += self._safely(case, partial(self._fire, case, timer))
                passed_on += self.follow(case)
        passed_on += self.sweep(limit, latest)
        passed_on += self._safely(SUPPLY, self._supply)
        passed_on += self._reoffer()
        if not any(name.startswith(PERIODIC) for name in self.stuck):
            self.store.set_tick(at)
        stuck = tuple(self._told(name, text) for name, text in self.stuck.items())
        return Ticked(fired=fired, opened=opened, passed_on=passed_on, stuck=stuck)

    def _safely(self, name: str, act: Callable[[], int]) -> int:
        """What one case cannot do must not hold up the others; it is told, and tried again."""
        try:
            return act()
        except GuichengError as error:
            self.stuck[name] = error.text
            return 0

    def _told(self, name: str, text: Text) -> Text:
        if name.startswith(PERIODIC):
            return say("按期立案 {process}:{why}", process=name.removeprefix(PERIODIC), why=text)
        if name == SUPPLY:
            return say("到货补发:{why}", why=text)
        return say("案件 {number}:{why}", number=self.store.load_case(name).number, why=text)

    # -- news between cases -----------------------------------------------------------

    def follow(self, case_id: str) -> int:
        """Carry out everything a case's last record has set in motion elsewhere."""
        waiting, done = [case_id], 0
        while waiting:
            current = waiting.pop()
            before = len(waiting)
            self._safely(current, partial(self._spread, current, waiting))
            done += len(waiting) - before
        return done + self._safely(SUPPLY, self._supply)

    def _spread(self, case_id: str, waiting: list[str]) -> int:
        for affected in self._consequences(case_id):
            waiting.append(affected)
        return 0

    def sweep(self, limit: int, latest: int) -> int:
        """Pick up what a crash has left behind, or somebody could not take then: requests, and
        the news of every record up to `latest` that nobody is known to have passed on.
        """
        requests = [pending.case_id for pending in self.store.pending(limit)]
        recent, position = self.store.cases_moved(self.store.followed_at(), latest, limit)
        wanted = dict.fromkeys((*requests, *self.store.left_behind(), *recent))
        done = sum(self.follow(case_id) for case_id in wanted)
        left = frozenset(name for name in self.stuck if _is_case(name))
        self.store.set_followed_at(position, frozenset(wanted) - left, left)
        return done

    def _consequences(self, case_id: str) -> Iterator[str]:
        case = self.store.load_case(case_id)
        for pending in self.store.pending_of(case_id):
            if pending.kind == "child":
                yield from self._open_child(
                    case, pending.request, pending.target, pending.initiator, pending.values
                )
                continue
            if pending.kind == "amend":
                self._amend(case, pending)
                continue
            if pending.kind == "hand_over":
                yield from self._hand_over(case, pending)
                continue
            target = self._target(pending)
            if target is not None:
                yield from self._tell(target, pending, f"told:{case_id}:{pending.request}")
        if case.parent is not None:
            yield from self._report(case)
        yield from self._join_as_member(case)
        yield from self._gather(case)

    def _open_child(
        self,
        parent: Case,
        request: str,
        process: str,
        initiator: str | None,
        values: Values,
    ) -> Iterator[str]:
        wanted = f"child:{parent.id}:{request}"
        self._require_shallow(parent, process)
        for _ in range(ATTEMPTS):
            if self.store.find_request(wanted) is not None:
                return
            at = self.desk.clock()
            edition, definition = self.desk.catalog.process(process, self.desk.day(at))
            order = Open(
                case=self.desk.new_id(),
                number=self.desk.new_number(definition, at),
                definition=edition.digest,
                edition=edition.edition,
                params=self.desk.catalog.params_in_force(self.desk.day(at)).digest,
                initiator=initiator or parent.initiator,
                parent=parent.id,
                request=request,
                period=parent.period,
                values=values,
            )
            try:
                self.desk.open(order, at, SERVICE, self.desk.service, wanted)
            except (Moved, Repeated):
                continue
            yield order.case
            return
        raise StoreConflict

    def _require_shallow(self, parent: Case, process: str) -> None:
        """Errors: `GuichengError` where cases have opened cases more than `DEEPEST` deep."""
        outer, depth = parent.parent, 1
        while outer is not None:
            outer, depth = self.store.load_case(outer).parent, depth + 1
        if depth > DEEPEST:
            raise GuichengError(
                say(
                    "子案已有 {depth} 层,不再往下立“{process}”案;请看流程是否互相立案,没有尽头",
                    depth=depth - 1,
                    process=process,
                )
            )

    def _target(self, pending: Pending) -> str | None:
        """The case a request is for; None as long as that child has not been opened."""
        if pending.kind != "told_child":
            return pending.target
        opened = self.store.find_request(f"child:{pending.case_id}:{pending.target}")
        return opened[0].removeprefix("case/") if opened is not None else None

    def _tell(self, target: str, pending: Pending, request: str) -> Iterator[str]:
        lines = rows_of(pending.values.get(LINES))

        def tell(look: Look) -> Decision | Refusal:
            return told(
                look.case, pending.action, look.situation, look.seq, pending.initiator, lines
            )

        yield from self._act(target, request, tell)

    def _amend(self, case: Case, pending: Pending) -> None:
        request = f"amend:{case.id}:{pending.request}"
        if self.store.find_request(request) is None:
            named = CaseRef(id=case.id, number=case.number)
            Registry(self.desk).carry_out(load_amendment(pending.values), named, request)

    def _hand_over(self, case: Case, pending: Pending) -> Iterator[str]:
        by, to = pending.initiator or "", str(pending.values["to"])
        yield from self._act(
            pending.target,
            f"handed:{case.id}:{pending.request}",
            lambda look: handed_over(look.case, by, to, case.number, look.situation, look.seq),
        )

    def _supply(self) -> int:
        """Let the cases that wait for what a book holds go on, once the book has moved."""
        mark = self.store.supplied_at()
        latest = self.store.books_moved_at()
        if latest <= max(mark, self._supplied):
            return 0
        self._supplied = latest
        waiting = [
            case_id
            for number in self.store.waiting_owners(mark)
            if (case_id := self.store.find_case(number)) is not None
        ]
        done = sum(
            self._safely(case_id, partial(self._supply_one, case_id, latest)) for case_id in waiting
        )
        if not set(waiting) & set(self.stuck):
            self.store.set_supplied_at(max(latest, self.store.supplied_at()))
        return done

    def _supply_one(self, case_id: str, latest: int) -> int:
        return sum(
            1 + self.follow(affected)
            for affected in self._act(
                case_id,
                f"supply:{case_id}:{latest}",
                lambda look: supplied(look.case, look.situation, look.seq),
            )
        )

    def _report(self, child: Case) -> Iterator[str]:
        """Tell the parent what it asked to be told about this child."""
        parent = self.store.load_case(child.parent or "")
        definition = self.desk.catalog.definition(parent.definition)
        known = next((one for one in parent.children if one.request == child.request), None)
        if known is None:
            return
        wanted = [one for one in definition.children if one.process == child.process]
        names = [name for one in wanted for name in one.at]
        news = [
            path
            for path in child.entered
            if any(path == name or path.rpartition(SEPARATOR)[2] == name for name in names)
            and path not in known.reached
        ]
        ended = child.configuration[0]
        if child.result is not None and known.result is None and ended not in news:
            news.append(ended)
        for state in news:
            last = state == news[-1]
            yield from self._report_state(parent.id, child, state, last)

    def _report_state(self, parent: str, child: Case, state: str, last: bool) -> Iterator[str]:
        shown = child if last else replace(child, result=None)

        def report(look: Look) -> Decision:
            own = self.desk.look(child.id).situation
            return child_reported(look.case, shown, state, own, look.situation, look.seq)

        yield from self._act(parent, f"report:{child.id}:{state}", report)

    def _join_as_member(self, member: Case) -> Iterator[str]:
        for collector in self.desk.collectors(member, self.desk.clock()):
            yield from self._join(collector, member)

    def _gather(self, collector: Case) -> Iterator[str]:
        definition = self.desk.catalog.definition(collector.definition)
        gather = definition.gather
        if gather is None:
            return
        key = collector.values.get(gather.key)
        for row in self.store.cases(process=gather.process, field=(gather.key, str(key))):
            yield from self._join(collector.id, self.store.load_case(row.id))

    def _join(self, collector_id: str, member: Case) -> Iterator[str]:
        collector = self.store.load_case(collector_id)
        gather = self.desk.catalog.definition(collector.definition).gather
        if gather is None or member.id in collector.members or not member.is_in(gather.at):
            return
        if gather.until in collector.entered or collector.closed_at is not None:
            return
        if gather.after is not None and gather.after not in collector.entered:
            return

        def join(look: Look) -> Decision:
            own = self.desk.look(member.id).situation
            return member_joined(look.case, member, own, look.situation, look.seq)

        yield from self._act(collector_id, f"join:{collector_id}:{member.id}", join)

    # -- periodic starts ----------------------------------------------------------------

    def _start_periodic(self, at: datetime) -> int:
        opened = 0
        for edition in self.desk.catalog.processes(self.desk.day(at)):
            definition = self.desk.catalog.definition(edition.digest)
            if definition.every is None:
                continue
            since = self.store.last_tick() or self._first_effective(edition)
            opened += self._safely(
                PERIODIC + definition.name,
                partial(self._open_periods, edition, definition, definition.every, since, at),
            )
        return opened

    def _open_periods(
        self,
        edition: Edition,
        definition: ProcessDefinition,
        every: Every,
        since: datetime,
        at: datetime,
    ) -> int:
        calendar = self.desk.catalog.calendar(self.desk.day(at))
        return sum(
            self._open_period(edition, definition, every, moment, at)
            for moment in occurrences(every.moment, since, at, calendar)
        )

    def _first_effective(self, edition: Edition) -> datetime:
        return min(
            one.published_at
            for one in self.desk.catalog.editions
            if one.kind == edition.kind and one.name == edition.name
        )

    def _open_period(
        self,
        edition: Edition,
        definition: ProcessDefinition,
        every: Every,
        moment: datetime,
        at: datetime,
    ) -> int:
        period = every.moment.period(moment.astimezone(self.desk.catalog.zone))
        roster = self.desk.catalog.roster(at)
        targets: tuple[str | None, ...] = (
            roster.reporting_departments() if every.each == "department" else (None,)
        )
        return sum(self._open_one(edition, definition, every, period, target) for target in targets)

    def _open_one(
        self,
        edition: Edition,
        definition: ProcessDefinition,
        every: Every,
        period: str,
        target: str | None,
    ) -> int:
        wanted = f"every:{definition.name}:{period}:{target or ''}"
        for _ in range(ATTEMPTS):
            if self.store.find_request(wanted) is not None:
                return 0
            if every.unless_open and self.store.cases(process=definition.name, is_open=True):
                return 0
            at = self.desk.clock()
            situation = self.desk.bare_situation(edition, at)
            facts = CaseFacts(
                _nobody(edition, definition, at, period),
                situation,
                extra={"period": period, "each": target},
            )
            values = {name: plain(facts.evaluate(value)) for name, value in every.set}
            initiator = (*facts.people(every.initiator), SERVICE)[0]
            source = self._carried_from(definition, every, values)
            if source is not None and every.carry is not None:
                values |= {name: source.values.get(name) for name in every.carry.take}
                if every.carry.reference:
                    values[every.carry.reference] = source.number
            order = Open(
                case=self.desk.new_id(),
                number=self.desk.new_number(definition, at),
                definition=edition.digest,
                edition=edition.edition,
                params=self.desk.catalog.params_in_force(self.desk.day(at)).digest,
                initiator=initiator,
                period=period,
                values=values,
            )
            if not would_hold(every.when, order, situation):
                return 0
            if source is not None:
                order = replace(order, case=self._carry(source.id, order.case))
            try:
                self.desk.open(order, at, SERVICE, self.desk.service, wanted)
            except (Moved, Repeated):
                continue
            self.follow(order.case)
            return 1
        raise StoreConflict

    def _carried_from(
        self, definition: ProcessDefinition, every: Every, values: dict[str, Value]
    ) -> Case | None:
        """The case of an earlier period whose open matter this new one takes over: nobody has
        yet, or a start that took it was cut short.
        """
        if every.carry is None:
            return None
        for row in self.store.cases(process=definition.name, state=every.carry.state):
            case = self.store.load_case(row.id)
            same = all(case.values.get(name) == values.get(name) for name in every.carry.same)
            if same and (case.carried_to is None or self.store.find_case(case.carried_to) is None):
                return case
        return None

    def _carry(self, case_id: str, into: str) -> str:
        """Note, before it is opened, which case takes an open matter over; the one noted first
        keeps it.
        """
        for _ in self._act(
            case_id,
            f"carried:{case_id}",
            lambda look: carried(look.case, into, look.situation, look.seq),
        ):
            pass
        return self.store.load_case(case_id).carried_to or into

    # -- timers and offers ----------------------------------------------------------------

    def _fire(self, case_id: str, timer: str) -> int:
        def go(look: Look) -> Decision | None:
            if not any(one.id == timer for one in look.case.timers):
                return None
            return fire(look.case, timer, look.situation, look.seq)

        return sum(1 for _ in self._act(case_id, f"timer:{case_id}:{timer}", go))

    def _reoffer(self) -> int:
        """After a change of the roster, or on a day it was dated for, offer open tasks to those
        it names now.
        """
        head, at = self.store.head(ORG), self.desk.clock()
        if head is None:
            return 0
        known, before = self.store.reoffered_at(), self.store.reoffered_on()
        today = self.desk.day(at)
        if known == head[0] and not (before and self.desk.catalog.people_turn(before, at)):
            return 0
        done = 0
        for case_id in dict.fromkeys(task.case_id for task in self.store.open_tasks()):
            done += sum(
                1
                for _ in self._act(
                    case_id,
                    f"reoffer:{case_id}:{head[0]}:{today}",
                    lambda look: reoffer(look.case, look.situation, look.seq),
                )
            )
        self.store.set_reoffered_at(head[0], today)
        return done

    # -- one system act ---------------------------------------------------------------------

    def _act(self, case_id: str, request: str, act: Act) -> Iterator[str]:
        """Do one system act exactly once; yields the case if it was done now."""
        for _ in range(ATTEMPTS):
            if self.store.find_request(request) is not None:
                return
            look = self.desk.look(case_id)
            answer = act(look)
            if answer is None:
                return
            try:
                self.desk.record(look, answer, SERVICE, self.desk.service, request)
            except (Moved, Repeated):
                continue
            yield case_id
            return
        raise StoreConflict


def _is_case(stuck: str) -> bool:
    """Whether what is stuck is a case, not a periodic start or the supply."""
    return stuck != SUPPLY and not stuck.startswith(PERIODIC)


def _nobody(edition: Edition, definition: ProcessDefinition, at: datetime, period: str) -> Case:
    """A case before it exists: enough of one to evaluate a periodic start's expressions."""
    return Case(
        id="",
        number="",
        process=definition.name,
        definition=edition.digest,
        edition=edition.edition,
        params="",
        initiator=SERVICE,
        department=None,
        parent=None,
        request=None,
        period=period,
        opened_at=at,
        seq=0,
    )
