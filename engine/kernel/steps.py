"""The steps of a procedure that people do, and who could do them for one initiator.

What a role means is asked of the roster as for a case that somebody has just begun. What
only a case can tell (a person to be filled in, who acted before) counts as anybody of the
office chosen freely; a field of the type department, as the initiator's own department.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from engine.errors import GuichengError
from engine.kernel.staffing import Place, Step, Work
from engine.language.definition import Action, ProcessDefinition, Role, Slot, State, is_within
from engine.language.evaluating import evaluate
from engine.language.expressions import Expression
from engine.language.forms import FieldType, Value
from engine.language.roster import RosterView


class Known(Protocol):
    """What can be said now of the people and numbers a procedure names."""

    def people(self, expression: Expression) -> tuple[str, ...] | None:
        """Who is meant; None if only a case could tell."""

    def number(self, expression: Expression, several: int) -> int | None:
        """How many; `several` is what `n` stands for. None if only a case could tell."""

    def applies(self, slot: Slot) -> bool:
        """Whether a place may be asked for at all."""


class _Unknown(GuichengError):
    """要有案件才知道"""


class Beginning:
    """The facts of a case that an initiator has just begun, as far as there are any.

    `each` is the department a periodic start opens it for.
    """

    def __init__(
        self,
        definition: ProcessDefinition,
        roster: RosterView,
        initiator: str,
        each: str | None = None,
    ) -> None:
        self.definition = definition
        self.roster = roster
        self.initiator = initiator
        self.department = each or roster.department_of(initiator)
        self._names: Mapping[str, object] = {
            "initiator": initiator,
            "department": self.department,
            **({"each": each} if each else {}),
        }
        self._counting: int | None = None

    def people(self, expression: Expression) -> tuple[str, ...] | None:
        try:
            found = evaluate(expression, self)
        except GuichengError:
            return None
        several = found if isinstance(found, tuple) else (found,)
        return tuple(dict.fromkeys(str(one) for one in several if one))

    def number(self, expression: Expression, several: int) -> int | None:
        self._counting = several
        try:
            found = evaluate(expression, self)
        except GuichengError:
            return None
        finally:
            self._counting = None
        return found if isinstance(found, int) else None

    def applies(self, slot: Slot) -> bool:
        return True

    def lookup(self, name: str) -> object:
        if name == "n" and self._counting is not None:
            return self._counting
        field = self.definition.form.field(name)
        if field is not None:
            if field.type is FieldType.DEPARTMENT and self.department is not None:
                return self.department
            if self._counting is not None and field.default is not None:
                return evaluate(field.default, self)
            raise _Unknown
        for role in self.definition.roles:
            if role.name == name and role.people is not None:
                found = self.people(role.people)
                if found is not None:
                    return found
        if name in self._names:
            return self._names[name]
        raise _Unknown

    def attribute(self, value: object, name: str) -> Value:
        if self.roster.find_department(str(value)) is not None:
            return self.roster.department_attribute(str(value), name)
        if self.roster.find_person(str(value)) is not None:
            return self.roster.person_attribute(str(value), name)
        raise _Unknown

    def call(self, name: str, arguments: tuple[object, ...]) -> object:
        roster = self.roster
        match name, arguments:
            case "post", (str(post),):
                return roster.post_holders(post)
            case "group", (str(group),):
                return roster.group(group)
            case "departments", ():
                return roster.reporting_departments()
            case "has_post", (str(person), str(post)):
                return person in roster.post_holders(post)
            case "superior_of" | "superiors_of", (str(person),):
                return getattr(roster, name)(person)
            case "head_of" | "leader_of" | "liaisons_of", (str() | None as department,):
                return getattr(roster, name)(department)
        raise _Unknown


def work_of(definition: ProcessDefinition, roster: RosterView, known: Known) -> Work:
    """Every step a person does, the rules between them and the standing holders."""
    holders = {
        duty.name: known.people(duty.holders) or ()
        for duty in definition.duties
        if duty.holders is not None
    }
    return Work(
        steps=tuple(steps_of(definition, roster, known)), rules=definition.apart, holders=holders
    )


def steps_of(definition: ProcessDefinition, roster: RosterView, known: Known) -> Iterator[Step]:
    """The steps, state by state as written, then those of the whole case (`state` is "").

    Actions that ask the same of the same people are one step.
    """
    for state in definition.walk():
        yield from _joined(
            [step for one in state.actions if (step := step_of(definition, one, roster, known))]
        )
    yield from _joined(
        [step for one in definition.actions if (step := step_of(definition, one, roster, known))]
    )


def _joined(steps: list[Step]) -> Iterator[Step]:
    same: dict[tuple[object, ...], list[Step]] = {}
    for step in steps:
        same.setdefault((step.places, step.enough, step.is_joint), []).append(step)
    for several in same.values():
        first = several[0]
        yield Step(
            state=first.state,
            actions=tuple(name for one in several for name in one.actions),
            places=first.places,
            enough=first.enough,
            source=first.source,
            is_joint=first.is_joint,
        )


def step_of(
    definition: ProcessDefinition, action: Action, roster: RosterView, known: Known
) -> Step | None:
    """The step of an action; None for one that no person does."""
    if action.refuse is not None or (action.by_system and action.who is None):
        return None
    state = definition.state(action.home) if action.home else None
    slots = (action.who,) if action.who is not None else _slots(definition, action, state)
    places = tuple(
        place for slot in slots if (place := _place(slot, action, state, roster, known)) is not None
    )
    if not places:
        return None
    signed = state is not None and action.who is None and (action.is_signature or state.vote)
    return Step(
        state=action.home,
        actions=(action.name,),
        places=places if signed else tuple(dict.fromkeys(places)),
        enough=_enough(state, places, known) if state is not None and signed else 1,
        source=action.source,
        is_joint=bool(signed) and state is not None and state.vote is None,
    )


def _slots(definition: ProcessDefinition, action: Action, state: State | None) -> tuple[Slot, ...]:
    """The places whose people may do an action that names nobody itself."""
    if state is not None:
        return state.slots
    return tuple(
        slot
        for one in definition.walk()
        if any(is_within(one.path, source) for source in action.sources)
        for slot in one.slots
    )


def _place(
    slot: Slot, action: Action, state: State | None, roster: RosterView, known: Known
) -> Place | None:
    expression = _acting(slot.role)
    if expression is None or not known.applies(slot):
        return None
    people = known.people(expression)
    everybody = tuple(one.id for one in roster.people())
    need = known.number(slot.need, len(people or ())) if slot.need is not None else 1
    several = state is not None and action.who is None and (action.is_signature or state.vote)
    return Place(
        role=slot.role.name,
        names=frozenset(action.duties) | {slot.role.name},
        people=tuple(
            one for one in (everybody if people is None else people) if not roster.is_readonly(one)
        ),
        need=max(1, need or 1) if several else 1,
        is_free=people is None,
        is_conditional=slot.when is not None,
    )


def _acting(role: Role) -> Expression | None:
    return role.recorder or role.people


def _enough(state: State, places: tuple[Place, ...], known: Known) -> int:
    if state.need is None:
        return len(places)
    wanted = known.number(state.need, len(places))
    return min(len(places), max(1, wanted or 1))


def initiators(
    definition: ProcessDefinition, roster: RosterView
) -> tuple[tuple[str, str | None], ...]:
    """Who may begin a case, and for which department: his own, if the start names none.

    A case that only the system opens may be for anybody and any department.
    """
    able = [one.id for one in roster.people() if not roster.is_readonly(one.id)]
    every = definition.every
    if every is not None:
        each = roster.reporting_departments() if every.each else (None,)
        return tuple(
            (person, one or roster.department_of(person))
            for one in each
            for person in _starters(definition, roster, one, able)
        )
    own = tuple((one, roster.department_of(one)) for one in able)
    if definition.is_opened_by_system:
        return tuple((one, where) for where in roster.reporting_departments() for one in able)
    if definition.opened_by is not None:
        slots: tuple[Slot, ...] = (definition.opened_by,)
    else:
        slots = tuple(slot for one in definition.first_states() for slot in one.slots)
    return tuple(
        (one, department)
        for one, department in own
        if any(_may(Beginning(definition, roster, one), slot, one) for slot in slots)
    )


def _starters(
    definition: ProcessDefinition, roster: RosterView, each: str | None, able: list[str]
) -> tuple[str, ...]:
    assert definition.every is not None
    found = Beginning(definition, roster, able[0], each).people(definition.every.initiator)
    return tuple(able) if found is None else found[:1]


def _may(known: Known, slot: Slot, person: str) -> bool:
    expression = _acting(slot.role)
    people = known.people(expression) if expression is not None else ()
    return people is None or person in people
