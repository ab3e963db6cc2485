"""One everyday action while it is heard: what the procedure says of it, whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import UsageError
from engine.kernel.case import Case, Purpose, Task
from engine.kernel.command import GUARD, LIMIT, ROLE, Everyday, no_comment
from engine.kernel.draft import Draft
from engine.kernel.fitness import unfit
from engine.kernel.hearing import Hearing
from engine.kernel.seats import Seat, seat_of
from engine.kernel.stranding import strands
from engine.language.definition import (
    CONSENT,
    DECLINE,
    SIGN_AGAIN,
    EverydayRule,
    State,
    is_within,
)
from engine.text import Text, say


@dataclass(slots=True, kw_only=True)
class Asking:
    """A hearing of an everyday action, with the rule that allows it."""

    hearing: Hearing
    command: Everyday
    rule: EverydayRule
    case: Case  # as it was before

    @property
    def draft(self) -> Draft:
        return self.hearing.draft

    @property
    def party(self) -> str:
        return self.hearing.party

    def no(
        self,
        text: Text,
        code: str = GUARD,
        *,
        is_final: bool = False,
        remedy: Text | None = None,
    ) -> None:
        self.hearing.no(code, text, source=self.rule.source, is_final=is_final, remedy=remedy)

    def name(self, person: str) -> str:
        return self.draft.situation.roster.name_of(person)

    def names(self, people: tuple[str, ...]) -> tuple[str | Text, ...]:
        return tuple(self.name(one) for one in people) or (say("(无人在岗)"),)

    def my_task(self) -> Task | None:
        """What this person was asked for, if anything: what the act is about."""
        mine = [
            task
            for task in self.case.asked
            if self.is_named_branch(task.state)
            and self.party in (*self.draft.people_of(task), task.consigned_by)
        ]
        questions = [task for task in mine if task.purpose is not Purpose.WORK]
        if self.command.verb in (CONSENT, DECLINE, SIGN_AGAIN):
            mine = questions
        return next(iter(mine), None)

    # -- whose turn -------------------------------------------------------------------

    def my_seat(self) -> Seat | None:
        """The seat of the open work this person holds here; with the reason against it, another's,
        so that everything else against it is told too.

        Errors: `UsageError` if he holds work in several branches.
        """
        draft, definition = self.draft, self.draft.situation.definition
        seats = [
            seat
            for task in draft.case.open_tasks
            if self.is_named_branch(task.state)
            and self.party in (seat := seat_of(draft, task)).people
        ]
        if len({seat.task.state for seat in seats if seat.task}) > 1:
            raise UsageError(
                say(
                    "您在 {states} 都有待办,请用 --branch 指明",
                    states=tuple(seat.task.state for seat in seats if seat.task),
                )
            )
        if not seats:
            holders = tuple(
                person
                for task in draft.case.open_tasks
                if self.is_named_branch(task.state)
                for person in draft.people_of(task)
            )
            self.no(
                say(
                    "{person} 在本案没有待办;现由 {people} 办理",
                    person=self.name(self.party),
                    people=self.names(tuple(dict.fromkeys(holders))),
                ),
                ROLE,
                is_final=not holders,
            )
            there = [one for one in draft.case.open_tasks if self.is_named_branch(one.state)]
            if not there:
                return None
            self.require_within(definition.state(there[0].state))
            return seat_of(draft, there[0])
        seat = next(
            (one for one in seats if one.task and one.task.claimed_by == self.party), seats[0]
        )
        if seat.task is not None:
            self.require_within(definition.state(seat.task.state))
        return seat

    def is_named_branch(self, path: str) -> bool:
        branch = self.command.branch
        return branch is None or branch in (path, path.rpartition("/")[2])

    def my_question(self, purpose: Purpose) -> Task | None:
        """The question put to this person, if there is one."""
        return next(
            (
                task
                for task in self.draft.case.asked
                if task.purpose is purpose
                and self.party in task.people
                and self.is_named_branch(task.state)
            ),
            None,
        )

    def require_who(self, natural: tuple[str, ...], what: Text) -> None:
        """The people the rule names may do it; without such, those whose matter it is."""
        people = natural
        if self.rule.who is not None:
            people = self.draft.participants(self.rule.who)
        if self.party not in people:
            self.no(
                say(
                    "{person} 不能在此“{action}”;{who}可以",
                    person=self.name(self.party),
                    action=self.command.verb,
                    who=what if self.rule.who is None else self.names(people),
                ),
                ROLE,
            )

    def involved(self) -> tuple[str, ...]:
        """Who has to do with the case: started it, acted in it, or has work in it now."""
        case = self.case
        acted = (person for act in case.acts for person in sorted(act.people))
        asked = (person for task in case.asked for person in task.people)
        copied = case.copied
        return tuple(dict.fromkeys((case.initiator, *acted, *asked, *copied)))

    def require_within(self, state: State | None = None) -> None:
        """The rule may name the states it is for."""
        if not self.rule.within:
            return
        case = self.draft.case
        here = (state.path,) if state is not None else case.configuration
        if not any(is_within(path, within) for path in here for within in self.rule.within):
            self.no(
                say(
                    "“{action}”只能在 {states} 办理",
                    action=self.command.verb,
                    states=self.rule.within,
                )
            )

    def require_reason(self) -> None:
        if not (self.command.reason and self.command.reason.strip()):
            self.hearing.reasons.append(no_comment(self.command.verb, self.rule.source))

    def require_rounds(self) -> None:
        used = self.case.rounds(self.command.verb)
        if self.rule.limit is not None and used >= self.rule.limit:
            self.no(
                say("“{action}”已满 {limit} 次", action=self.command.verb, limit=self.rule.limit),
                LIMIT,
                is_final=True,
            )

    # -- to whom ----------------------------------------------------------------------

    def one_person(self) -> str:
        """The single person it goes to. Errors: `UsageError` if none or several are named."""
        if len(self.command.people) != 1:
            raise UsageError(say("请用 --to 写明一个人"))
        return self.command.people[0]

    def require_fit(self, person: str, seat: Seat) -> None:
        """Somebody work may go to: of the role, or whom the rule names; never a conflicted one."""
        draft = self.draft
        if person == self.party:
            self.no(say("不必转给自己"))
        elif person in seat.people and len(seat.people) == 1:
            self.no(say("{person} 本来就在办理", person=self.name(person)))
        if self.rule.to is not None:
            allowed = draft.facts().people(self.rule.to)
        else:
            allowed = draft.participants(seat.slot) if seat.slot and seat.slot.role.people else ()
        if person not in allowed:
            self.no(
                say(
                    "不能交给 {person};可以交给 {people}",
                    person=self.name(person),
                    people=self.names(tuple(one for one in allowed if one != self.party)),
                ),
                ROLE,
            )
        self.hearing.reasons.extend(unfit(draft, person, seat, self.rule.source))
        if seat.task is not None and not self.hearing.reasons:
            state = draft.situation.definition.state(seat.task.state)
            others = (*seat.people, *allowed)
            self.hearing.reasons.extend(
                strands(draft, state, seat.role, frozenset({person}), others)
            )
