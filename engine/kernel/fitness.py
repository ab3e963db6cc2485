"""Whether work may go from one person's hands to another's, whoever hands it on."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Source
from engine.kernel.apart import conflicts
from engine.kernel.case import Task
from engine.kernel.command import DONE, GUARD, Reason
from engine.kernel.draft import Draft
from engine.kernel.seats import Seat
from engine.language.definition import State
from engine.text import say

OTHER = say("请另选一人")


def unfit(draft: Draft, person: str, seat: Seat, source: Source | None) -> Iterator[Reason]:
    """Why the work of a seat may not go to a person: his account only reads, he has signed here
    or will, or a rule of incompatible duties keeps him apart. Whether the place is open to him
    at all is another question.
    """
    roster = draft.situation.roster
    if roster.is_readonly(person):
        text = say("{person} 的账号只读,不得办理业务", person=roster.name_of(person))
        yield Reason(code=GUARD, text=text, source=source)
    if seat.task is None:
        return
    state = draft.situation.definition.state(seat.task.state)
    yield from _second_place(draft, person, state, seat.task, source)
    for action in state.actions:
        if not action.by_system:
            yield from conflicts(draft.facts(), action, seat.role, frozenset({person}))


def _second_place(
    draft: Draft, person: str, state: State, task: Task, source: Source | None
) -> Iterator[Reason]:
    """Nobody signs twice in a state: the second place would wait for him for ever."""
    name = draft.situation.roster.name_of(person)
    if person in draft.signers(state):
        text = say("{person} 已在本环节签过", person=name)
        yield Reason(code=DONE, text=text, source=source, remedy=OTHER)
    elif any(
        person in one.people and (one.is_open or one.is_waiting)
        for one in draft.stay(state)
        if one.id != task.id
    ):
        text = say("{person} 本来就要签", person=name)
        yield Reason(code=DONE, text=text, source=source, remedy=OTHER)
