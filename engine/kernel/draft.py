"""The case as it will be: every event is applied the moment it is emitted.

Here are the consequences of a move, the same whoever caused it: work offered and
withdrawn, deadlines set and cleared, effects, branches skipped, joins that open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from engine.errors import GuichengError
from engine.kernel import events as happened
from engine.kernel.apply import apply
from engine.kernel.balances import unbalanced
from engine.kernel.ballots import Ballots, outcome
from engine.kernel.bookkeeping import Bookkeeping
from engine.kernel.case import Case, Purpose, Stamp, Standing, Task, Timer
from engine.kernel.clocks import resumed_dues
from engine.kernel.command import Decision
from engine.kernel.consequences import bring_about
from engine.kernel.deadlines import Due, find_due
from engine.kernel.entries import Impossible
from engine.kernel.events import Event
from engine.kernel.facts import CaseFacts, plain
from engine.kernel.occupying import given_up
from engine.kernel.situation import Situation
from engine.kernel.statechart import Step
from engine.language import forms
from engine.language.definition import (
    ADDED,
    ADDED_ROLE,
    DONE,
    SEPARATOR,
    Action,
    Kind,
    Slot,
    State,
    ancestors,
    is_done,
    is_within,
)
from engine.language.expressions import Expression
from engine.language.forms import Field, Row, Value, Values
from engine.text import say

AUTO_LIMIT = 50  # automatic moves in one record; more is a loop the checks have missed


class Draft:
    """Collects events and keeps the case they lead to."""

    def __init__(self, case: Case | None, situation: Situation, stamp: Stamp) -> None:
        self._case = case
        self.situation = situation
        self.events: list[Event] = []
        self.values: dict[str, Value] = {}
        self.read: dict[str, Value] = {}
        self.typed: set[str] = set()  # the fields a person has filled in this record
        self._stamp = replace(stamp, values=self.values)

    @property
    def case(self) -> Case:
        if self._case is None:
            raise GuichengError(say("案件尚未立案"))
        return self._case

    @property
    def at(self) -> datetime:
        return self._stamp.at

    @cached_property
    def books(self) -> Bookkeeping:
        """The books with what this record enters in them."""
        zone = self.situation.calendar.zone
        on = self.at.astimezone(zone).date()
        return Bookkeeping(self.situation.shelf, self.case.number, on, self.situation.diaries)

    def emit(self, event: Event) -> None:
        self._case = apply(self._case, event, self._stamp)
        self.books.follow(event)
        self.events.append(event)

    def facts(
        self, extra: Mapping[str, object] | None = None, values: Values | None = None
    ) -> CaseFacts:
        """What expressions see; with `values`, of a form as it might be."""
        return CaseFacts(
            self.case,
            self.situation,
            actor=self._stamp.actor,
            extra=extra or {},
            read=self.read,
            books=self.books,
            values=values,
        )

    def decided(self, action: str, state: str) -> Decision:
        """What the system did on its own, as a decision. Errors: `Impossible`."""
        self.require_balance()
        return Decision(
            action=action,
            state=state,
            task=None,
            events=tuple(self.events),
            values=dict(self.values),
            facts=dict(self.read),
        )

    def require_balance(self) -> None:
        """What the procedure says must come out equal does. Errors: `Impossible`."""
        reasons = unbalanced(self.situation.definition.balances, self.facts())
        if reasons:
            raise Impossible(reasons)

    def next_request(self) -> str:
        """What the next request of this record to other cases or the office is called."""
        return f"{self._stamp.seq}-{len(self.events):04d}"

    # -- values -----------------------------------------------------------------

    def set(self, values: Values) -> None:
        """Give fields values, then bring computed fields and field-bound deadlines up to date."""
        changed = {
            name: value for name, value in values.items() if self.case.values.get(name) != value
        }
        self._put(changed)
        self._compute()
        if self.case.configuration:
            self._move_field_deadlines()

    def _compute(self) -> None:
        computed = forms.compute(self.situation.definition.form, self.case.values, self.evaluate)
        self._put(
            {name: value for name, value in computed.items() if self.case.values.get(name) != value}
        )

    def refresh(self) -> None:
        """Bring what is computed from the books up to date, if this procedure keeps any."""
        if self.situation.params.books and self.case.closed_at is None:
            self.set({})

    def append(self, field: str, row: Row) -> None:
        """One more row in a table; nothing of the rows before it is touched."""
        path = self._path(f"{field}[+]")
        self.values[path] = (row,)
        self.emit(happened.RowsAppended(field=field, path=path))
        self.set({})

    def _put(self, values: Values) -> None:
        if not values:
            return
        paths = []
        for name, value in values.items():
            path = self._path(name)
            self.values[path] = value
            paths.append(path)
        self.emit(happened.FieldsSet(paths=tuple(paths)))

    def _path(self, name: str) -> str:
        path, again = name, 1
        while path in self.values:
            again += 1
            path = f"{name}#{again}"
        return path

    def evaluate(
        self, expression: Expression, values: Values, table: Field | None, row: Row | None
    ) -> Value:
        """The value of an expression over form values, inside a row of a table or not."""
        facts = self.facts(values=values)
        if table is not None and row is not None:
            columns = facts.row(table, row)
            facts = facts.with_names({**columns, "row": columns})
        return plain(facts.evaluate(expression))

    # -- moves ------------------------------------------------------------------

    def move(
        self,
        step: Step,
        action: Action | None,
        reopen: tuple[str, ...] = (),
        name: str | None = None,
    ) -> None:
        """Carry out one step of the chart with everything that follows from it."""
        name = name or (action.name if action else "")
        entered, configuration = self._settled(step, reopen)
        keep = action is not None and action.rest == "keep"
        self._leave(self._left(step.exited, entered), keep=keep, why=name)
        self._drop_questions(entered, name)
        self.emit(
            happened.StatesMoved(
                action=name,
                exited=step.exited,
                entered=entered,
                configuration=configuration,
            )
        )
        self._compute()  # what is computed may depend on where the case is
        self._resume_clocks(step.exited)
        self._meet_joint_deadlines()
        for path in entered:
            if path in self._known_paths():
                self._enter(self.situation.definition.state(path))
        self._close_if_final()

    def _drop_questions(self, entered: tuple[str, ...], why: str) -> None:
        """What a move makes pointless: a wish to take back, signatures that will be asked anew."""
        behind = self.case.signatures_behind(entered)
        if behind:
            self.emit(happened.SignaturesSetAside(signatures=behind))
        for task in self.case.asked:
            if task.purpose is Purpose.CONSENT or task.signature in behind:
                self.emit(happened.TaskCancelled(task=task.id, why=why))
        if self.case.withdrawal is not None:
            self.emit(happened.WithdrawalEnded(why=why))

    def ask(
        self,
        purpose: Purpose,
        *,
        state: str,
        slot: int,
        role: str,
        people: tuple[str, ...],
        signature: int | None = None,
    ) -> None:
        """Ask somebody something beside the work of the states."""
        self.emit(
            happened.TaskAsked(
                task=self._new_task(),
                purpose=purpose.value,
                state=state,
                slot=slot,
                role=role,
                people=people,
                signature=signature,
            )
        )

    def add_signer(self, beside: Task, person: str, by: str, *, is_before: bool) -> None:
        """One more signer in the state of a task."""
        self.emit(
            happened.SignerAdded(
                task=self._new_task(),
                beside=beside.id,
                state=beside.state,
                role=ADDED_ROLE,
                person=person,
                is_before=is_before,
                by=by,
            )
        )

    def _new_task(self) -> str:
        return f"{self._stamp.seq}-{len(self.case.tasks)}"

    def _left(self, exited: tuple[str, ...], entered: tuple[str, ...]) -> tuple[str, ...]:
        """What is no longer in work: the states left, and branches that came to their end."""
        finished = [path.rpartition(SEPARATOR)[0] for path in entered if is_done(path)]
        ended = [
            state.path
            for state in self.situation.definition.walk()
            if any(is_within(state.path, branch) for branch in finished)
        ]
        return tuple(dict.fromkeys((*exited, *ended)))

    def _meet_joint_deadlines(self) -> None:
        """The deadline of a parallel state is met once every branch has come to its end."""
        for timer in self.case.timers:
            if timer.kind == "act" or timer.state not in self._known_paths():
                continue
            state = self.situation.definition.state(timer.state)
            if (
                state.kind is Kind.PARALLEL
                and self.case.is_in(state.path)
                and not (self.case.unfinished(state.path))
            ):
                self.emit(happened.TimerCancelled(timer=timer.id))

    def _settled(
        self, step: Step, reopen: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The step with the branches that are not in work taken straight to their end."""
        entered, configuration = list(step.entered), step.configuration
        for path in step.entered:
            if path not in self._known_paths():
                continue
            state = self.situation.definition.state(path)
            if state.kind is not Kind.PARALLEL:
                continue
            for branch in state.inner:
                rests = bool(reopen) and branch.path not in reopen
                if not rests and self.facts().holds(branch.when):
                    continue
                finished = self.situation.chart.finish(configuration, branch.path)
                if finished is not None:
                    configuration = finished.configuration
                    entered = [one for one in entered if not is_within(one, branch.path)]
                    entered.append(f"{branch.path}{SEPARATOR}{DONE}")
        return tuple(entered), configuration

    def _known_paths(self) -> frozenset[str]:
        return frozenset(state.path for state in self.situation.definition.walk())

    def _leave(self, exited: tuple[str, ...], *, keep: bool, why: str) -> None:
        for task in self.case.open_tasks:
            if task.state in exited and not task.detached:
                if keep:
                    self.emit(happened.TaskDetached(task=task.id))
                else:
                    self.emit(happened.TaskCancelled(task=task.id, why=why))
        detached = {task.state for task in self.case.open_tasks if task.detached}
        for timer in self.case.timers:
            if timer.state in exited and timer.state not in detached:
                self.emit(happened.TimerCancelled(timer=timer.id))

    def _enter(self, state: State) -> None:
        for effect in state.entry:
            bring_about(self, effect)
        if state.clock_stopped:
            self._stop_clocks(state)
        self.set_deadline(state)
        for action in state.actions:
            if action.at is not None:
                self._set_action_timer(action, state.path)
        self.offer(state)

    def _close_if_final(self) -> None:
        leaf = self.case.configuration[0]
        if leaf not in self._known_paths():
            return
        state = self.situation.definition.state(leaf)
        if state.kind is Kind.FINAL and self.case.closed_at is None:
            for timer in self.case.timers:
                self.emit(happened.TimerCancelled(timer=timer.id))
            self._vacate()
            self.emit(happened.CaseClosed(state=leaf, result=state.result or "done"))

    def _vacate(self) -> None:
        """A case that ends holds nothing any longer; what has passed of it stays."""
        if self.situation.params.diaries:
            held = self.books.diaries.held_by(self.case.number, self.at)
            for event in given_up(held, self.case.number, self.at):
                self.emit(event)

    # -- tasks ------------------------------------------------------------------

    def slots(self, state: State) -> tuple[tuple[int, Slot], ...]:
        """The places of a sign-off that apply to this case, with their numbers."""
        facts = self.facts()
        return tuple(
            (number, slot) for number, slot in enumerate(state.slots) if facts.holds(slot.when)
        )

    def offer(self, state: State) -> None:
        """Offer the work of a state: every place at once, or the next in order."""
        applying = self.slots(state)
        if state.slots and not applying:
            raise GuichengError(say("环节“{state}”没有一位适用的签署人", state=state.path))
        done = self._done_slots(state)
        waiting = [(number, slot) for number, slot in applying if number not in done]
        for number, slot in waiting[:1] if state.order else waiting:
            people = self.participants(slot)
            need = self._need(state, slot, people)
            self.emit(
                happened.TaskOffered(
                    task=self._new_task(),
                    state=state.path,
                    slot=number,
                    role=slot.role.name,
                    people=people,
                    need=need,
                )
            )

    def number(self, slot: Slot) -> int:
        wanted = self.facts().evaluate(slot.need) if slot.need else 1
        if not isinstance(wanted, int) or wanted < 1:
            raise GuichengError(
                say("“{role}”应签人数须为正整数,现为 {found}", role=slot.role.name, found=wanted)
            )
        return wanted

    def _need(self, state: State, slot: Slot, people: tuple[str, ...]) -> int:
        """How many people sign in a place; in a vote everybody may, unless told otherwise."""
        if slot.need is not None:
            return self.number(slot)
        return max(1, len(people)) if state.vote is not None else 1

    def people_of(self, task: Task) -> tuple[str, ...]:
        """Who may do a task: those a person has named, or whoever has its role now."""
        if task.named:
            return task.people
        return self.participants(self.situation.definition.state(task.state).slots[task.slot])

    def participants(self, slot: Slot) -> tuple[str, ...]:
        """Who could act in this place now: the role's people or their successors, or those who
        record for it.
        """
        expression = slot.role.recorder or slot.role.people
        people = self.facts().people(expression) if expression is not None else ()
        return self.situation.roster.in_place_of(people)

    def stay(self, state: State) -> tuple[Task, ...]:
        """The tasks of this stay in the state, not of an earlier one."""
        came = next(one for one in reversed(self.case.moves) if state.path in one.entered)
        return tuple(
            task
            for task in self.case.tasks[came.tasks :]
            if task.state == state.path and task.purpose is Purpose.WORK
        )

    def _done_slots(self, state: State) -> frozenset[int]:
        """The places satisfied in this stay, or by signatures of an earlier one that stand."""
        done = {task.slot for task in self.stay(state) if task.done_by is not None}
        if state.path in self.case.kept:
            kept = {
                one.task
                for one in self.case.signatures
                if one.state == state.path and one.standing is Standing.STANDS
            }
            done |= {task.slot for task in self.case.tasks if task.id in kept and task.done_by}
        return frozenset(done)

    def sign_off_is_complete(self, state: State) -> bool:
        """Whether enough places of this stay's sign-off are satisfied."""
        if any(task.added_by and (task.is_open or task.is_waiting) for task in self.stay(state)):
            return False
        if state.vote is not None:
            return outcome(self.ballots(state), state.vote) is not None
        applying = self.slots(state)
        done = self._done_slots(state)
        satisfied = sum(1 for number, _ in applying if number in done)
        if state.need is None:
            return satisfied == len(applying)
        wanted = self.facts({"n": len(applying)}).evaluate(state.need)
        return isinstance(wanted, int) and satisfied >= wanted

    def signers(self, state: State) -> frozenset[str]:
        """Who has already signed in this stay, over all places."""
        return frozenset(person for task in self.stay(state) for person in task.signed_by)

    def ballots(self, state: State) -> Ballots:
        """The weights cast in this stay, by ballot, and all there are."""
        tasks = {one.id: state.slots[one.slot] for one in self.stay(state) if one.slot != ADDED}
        cast: dict[str, int] = {}
        for act in self.case.acts:
            if act.task in tasks and state.vote is not None and act.action in state.vote.ballots:
                cast[act.action] = cast.get(act.action, 0) + tasks[act.task].weight
        total = sum(one.need * tasks[one.id].weight for one in self.stay(state) if one.id in tasks)
        return Ballots(cast=cast, total=total)

    # -- time -------------------------------------------------------------------

    def set_deadline(self, state: State) -> None:
        """Start the clock of a state, replacing the one that runs."""
        for timer in self.case.timers:
            if timer.state == state.path and timer.kind in ("due", "remind"):
                self.emit(happened.TimerCancelled(timer=timer.id))
        found = find_due(state.due, self.facts())
        if found is not None:
            self._set_timers(state.path, found)

    def set_case_timers(self) -> None:
        """Set the timed actions declared for the whole case."""
        for action in self.situation.definition.actions:
            if action.at is not None:
                self._set_action_timer(action, "")

    def _set_timers(self, path: str, found: Due) -> None:
        self._set_timer("due", path, None, found.at)
        if found.remind_at is not None:
            self._set_timer("remind", path, None, found.remind_at)

    def _set_action_timer(self, action: Action, path: str) -> None:
        if action.at is None:
            return
        found = find_due((action.at,), self.facts())
        if found is not None:
            self._set_timer("act", path, action.name, found.at)

    def _set_timer(self, kind: str, path: str, action: str | None, due: datetime) -> None:
        made = sum(isinstance(event, happened.TimerSet) for event in self.events)
        self.emit(
            happened.TimerSet(
                timer=f"{self._stamp.seq}-{made}", kind=kind, state=path, action=action, due=due
            )
        )

    def _move_field_deadlines(self) -> None:
        """A deadline measured from a field follows the field."""
        for path in dict.fromkeys(
            path
            for leaf in self.case.configuration
            for path in ancestors(leaf)
            if path in self._known_paths()
        ):
            state = self.situation.definition.state(path)
            if not any(deadline.follows_a_field for deadline in state.due):
                continue
            found = find_due(state.due, self.facts())
            running = [t for t in self.case.timers if t.state == path and t.kind == "due"]
            known = running or [one.timer for one in self.case.ended if one.timer.state == path]
            if (
                found is not None
                and found.deadline.follows_a_field
                and (not known or known[-1].due != found.at)
            ):
                self.set_deadline(state)

    def _stop_clocks(self, state: State) -> None:
        outer = set(ancestors(state.path)[1:])
        timers = tuple(
            timer.id for timer in self.case.timers if timer.state in outer and not timer.stopped
        )
        self.emit(happened.ClockStopped(state=state.path, timers=timers))

    def _resume_clocks(self, exited: tuple[str, ...]) -> None:
        for path in exited:
            since = self.case.stopped.get(path)
            if since is None:
                continue
            outer = set(ancestors(path)[1:])
            stopped = tuple(t for t in self.case.timers if t.stopped and t.state in outer)
            self.emit(
                happened.ClockResumed(
                    state=path,
                    timers=tuple(timer.id for timer in stopped),
                    dues=resumed_dues(stopped, since, self.situation, self.facts()),
                )
            )

    def is_stopped_elsewhere(self, timer: Timer) -> bool:
        """Whether a state that stops the clock holds this timer, besides a suspension."""
        return any(path and timer.state in ancestors(path)[1:] for path in self.case.stopped)

    def remind_at(self, path: str, at: datetime) -> None:
        """Remind those who hold the work of a state ("" is the whole case) at a moment."""
        self._set_timer("remind", path, None, at)

    def is_person(self, actor: str) -> bool:
        return self.situation.roster.find_person(actor) is not None
