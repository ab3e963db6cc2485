"""Can every step be given to people so that nobody does two things that must be apart?

A step is one action in one state, with the places that may or must be filled for it. The
answer is a staffing, or the smallest set of steps that cannot be staffed together, with the
rules they rest on. Everything is judged as if each step were done once in the same case; that
one act falls under both halves of a rule is no conflict, as it is none when it is done.
Source: 内部控制规范 (不相容岗位相互分离); domain rules D1 to D11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations, product

from engine.errors import Source
from engine.language.definition import Apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`need` different people of `people`, acting in a role under the names rules know.

    `is_free`: whom the role means depends on the case, so anybody of the office is taken.
    `is_conditional`: it applies only in some cases.
    """

    role: str
    names: frozenset[str]
    people: tuple[str, ...]
    need: int = 1
    is_free: bool = False
    is_conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An action in a state: at least `enough` of its places are filled.

    With `is_joint` the places are signed by different people, but for two that are both
    conditional: they need not meet in one case.
    """

    state: str
    actions: tuple[str, ...]
    places: tuple[Place, ...]
    enough: int
    source: Source
    is_joint: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """Who does what: for each step the places filled and the people in them."""

    given: tuple[tuple[Step, tuple[tuple[Place, tuple[str, ...]], ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Steps that cannot be staffed together, none of them superfluous, and the rules broken.

    Without rules it is a single step: it has too few people, whoever does the others.
    """

    steps: tuple[Step, ...]
    rules: tuple[Apart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Steps to be staffed, the rules between them, and who holds a duty standing."""

    steps: tuple[Step, ...]
    rules: tuple[Apart, ...] = ()
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # duty → people

    def without(self, absent: frozenset[str]) -> Work:
        """The same work when these people are not there. What they hold, they go on holding."""
        return replace(self, steps=tuple(_without(step, absent) for step in self.steps))


def _without(step: Step, absent: frozenset[str]) -> Step:
    return replace(
        step,
        places=tuple(
            replace(place, people=tuple(one for one in place.people if one not in absent))
            for place in step.places
        ),
    )


def staff(work: Work) -> Staffing | Shortage:
    """A staffing that breaks no rule, or a smallest shortage."""
    found = _search(work)
    if found is not None:
        return Staffing(
            given=tuple(
                (step, tuple((step.places[place], people) for place, people in one))
                for step, one in zip(work.steps, found, strict=True)
            )
        )
    return _smallest(work)


def shortages(work: Work) -> tuple[Shortage, ...]:
    """Every shortage that shares no step with another one; none if the work can be staffed."""
    found = [alone for step in work.steps if (alone := _alone(work, step)) is not None]
    short = [step for alone in found for step in alone.steps]
    work = replace(work, steps=tuple(step for step in work.steps if step not in short))
    while isinstance(one := staff(work), Shortage):
        found.append(one)
        work = replace(work, steps=tuple(step for step in work.steps if step not in one.steps))
    return tuple(found)


def _alone(work: Work, step: Step) -> Shortage | None:
    """The shortage of a step that cannot be staffed even by itself."""
    by_itself = replace(work, steps=(step,))
    return None if _search(by_itself) is not None else _smallest(by_itself)


def _smallest(work: Work) -> Shortage:
    """Leave out what the shortage does not need: late steps first, then rules."""
    for step in work.steps[::-1]:
        fewer = replace(work, steps=tuple(one for one in work.steps if one is not step))
        if _search(fewer) is None:
            work = fewer
    for rule in work.rules[::-1]:
        fewer = replace(work, rules=tuple(one for one in work.rules if one is not rule))
        if _search(fewer) is None:
            work = fewer
    return Shortage(steps=work.steps, rules=work.rules)


# -- the search ------------------------------------------------------------------------

Filling = tuple[tuple[int, tuple[str, ...]], ...]  # the places of a step, with their people


def _search(work: Work) -> tuple[Filling, ...] | None:
    """One filling for each step, in their order. The step with the fewest left goes first."""
    firsts = [next(_fillings(work, step), None) for step in work.steps]
    ruled = {name for rule in work.rules for name in rule.duties}
    bound = {
        place: tuple(_fillings(work, step))
        for place, step in enumerate(work.steps)
        if any(one.names & ruled for one in step.places)
    }
    chosen = _assign(work, bound) if all(one is not None for one in firsts) else None
    if chosen is None:
        return None
    return tuple(chosen.get(place, first or ()) for place, first in enumerate(firsts))


def _assign(work: Work, open_: dict[int, tuple[Filling, ...]]) -> dict[int, Filling] | None:
    if not open_:
        return {}
    first = min(open_, key=lambda place: len(open_[place]))
    rest = {place: left for place, left in open_.items() if place != first}
    for filling in open_[first]:
        narrowed = {
            place: tuple(one for one in left if _agree(work, first, filling, place, one))
            for place, left in rest.items()
        }
        if all(narrowed.values()):
            found = _assign(work, narrowed)
            if found is not None:
                return {first: filling, **found}
    return None


def _fillings(work: Work, step: Step) -> Iterator[Filling]:
    """Every way to fill enough of a step's places."""
    able = [able_in(work, place) for place in step.places]
    for chosen in combinations(range(len(step.places)), step.enough):
        ways = [tuple(sets_of(able[one], step.places[one].need)) for one in chosen]
        for people in product(*ways):
            filling = tuple(zip(chosen, people, strict=True))
            if differ(work, step, filling):
                yield filling


def sets_of(people: tuple[str, ...], need: int) -> Iterator[tuple[str, ...]]:
    """The sets of `need` different people."""
    return combinations(people, need)


def able_in(work: Work, place: Place) -> tuple[str, ...]:
    """The people of a place whom no standing duty keeps from it."""
    barred = {
        holder
        for rule in work.rules
        for mine, theirs in (rule.duties, rule.duties[::-1])
        if mine in place.names
        for holder in work.holders.get(theirs, ())
    }
    return tuple(one for one in place.people if one not in barred)


def differ(work: Work, step: Step, filling: Filling) -> bool:
    """Whether the places of one step that must differ do."""
    for (one, people), (other, others) in combinations(filling, 2):
        mine, theirs = step.places[one], step.places[other]
        joint = step.is_joint and not (mine.is_conditional and theirs.is_conditional)
        if set(people) & set(others) and (joint or are_apart(work.rules, mine.names, theirs.names)):
            return False
    return True


def _agree(work: Work, first: int, filling: Filling, second: int, other: Filling) -> bool:
    """Whether no rule keeps two fillings of different steps apart."""
    one, two = work.steps[first], work.steps[second]
    return not any(
        set(people) & set(others)
        and are_apart(work.rules, one.places[mine].names, two.places[theirs].names)
        for mine, people in filling
        for theirs, others in other
    )


def are_apart(rules: tuple[Apart, ...], one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether a rule wants the two done by different people."""
    return any(
        mine in one and theirs in other
        for rule in rules
        for mine, theirs in (rule.duties, rule.duties[::-1])
    )


def in_conflict(shortage: Shortage) -> tuple[Place, ...]:
    """The places that share people with what must be kept apart from them in another step."""
    return tuple(
        place
        for step in shortage.steps
        for place in step.places
        if any(
            set(place.people) & set(other.people)
            and are_apart(shortage.rules, place.names, other.names)
            for beside in shortage.steps
            if beside is not step
            for other in beside.places
        )
    )
