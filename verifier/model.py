"""A compiled procedure, as far as it is judged: states, actions, everyday words, duties apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verifier.canonical import Flaw, Json

SEPARATOR = "/"
MOST_STATES = 100_000
# each everyday action with the word of the model's `everyday` that allows it
EVERYDAY: Mapping[str, str] = {
    "转办": "transfer",
    "委派": "consign",
    "交回": "consign",
    "加签": "add_signer",
    "减签": "add_signer",
    "催办": "urge",
    "抄送": "copy",
    "批注": "comment",
    "挂起": "suspend",
    "恢复": "suspend",
    "退回": "return",
    "撤回": "withdraw",
    "同意撤回": "withdraw",
    "不同意撤回": "withdraw",
    "更正": "correct",
    "重开": "reopen",
}
SIGN_AGAIN = "重签"  # follows from a correction and needs no word of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`home` is the state that declares it, "" for one of the whole case, then of `sources`."""

    name: str
    home: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    is_free: bool  # goes back where it was, or opens chosen branches again
    is_systems: bool
    refuses: bool
    meaning: str
    reason: bool
    duties: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    path: str
    meaning: str
    roles: tuple[str, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Two duties or roles that one natural person may not both have."""

    duties: tuple[str, str]
    within: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    name: str
    start: str
    states: Mapping[str, State]
    actions: tuple[Action, ...]
    everyday: frozenset[str]
    apart: tuple[Apart, ...]
    holders: Mapping[str, str]  # duty → the expression that says who holds it standing
    people: Mapping[str, str]  # role → the expression that finds its people

    def find_actions(self, name: str, state: str) -> tuple[Action, ...]:
        """The actions of a name that can be asked for in a state: its own, those around it."""
        around = ancestors(state)
        own = [
            action
            for path in around
            if path in self.states
            for action in self.states[path].actions
            if action.name == name
        ]
        whole = [
            action
            for action in self.actions
            if action.name == name and (not action.sources or set(action.sources) & set(around))
        ]
        return (*own, *whole)

    def allows(self, name: str) -> bool:
        """Whether an everyday action is allowed."""
        return name == SIGN_AGAIN or EVERYDAY.get(name) in self.everyday


def ancestors(path: str) -> tuple[str, ...]:
    """The path itself and what encloses it, inside out."""
    parts = path.split(SEPARATOR)
    return tuple(SEPARATOR.join(parts[:end]) for end in range(len(parts), 0, -1))


def load_process(model: Json) -> Process:
    """A compiled procedure. Raises `Flaw` if it is not one."""
    got = _mapping(model)
    states: dict[str, State] = {}
    for one in _walk(got.get("states")):
        state = _state(one)
        states[state.path] = state
        if len(states) > MOST_STATES:
            raise Flaw("模型过大", "the model is too large")
    return Process(
        name=_text(got, "name"),
        start=_text(got, "start"),
        states=states,
        actions=tuple(_action(one) for one in _list(got.get("actions"))),
        everyday=frozenset(_text(_mapping(one), "word") for one in _list(got.get("everyday"))),
        apart=tuple(_apart(_mapping(one)) for one in _list(got.get("apart"))),
        holders={
            _text(duty, "name"): _text(duty, "holders")
            for duty in map(_mapping, _list(got.get("duties")))
            if duty.get("holders") is not None
        },
        people={
            _text(role, "name"): _text(role, "people")
            for role in map(_mapping, _list(got.get("roles")))
            if role.get("people") is not None and role.get("recorder") is None
        },
    )


def _walk(states: Json) -> Iterator[dict[str, Json]]:
    for one in _list(states):
        state = _mapping(one)
        yield state
        yield from _walk(state.get("inner"))


def _state(got: dict[str, Json]) -> State:
    slots = [_mapping(_mapping(one).get("role")) for one in _list(got.get("slots"))]
    return State(
        path=_text(got, "path"),
        meaning=_text(got, "meaning"),
        roles=tuple(_text(role, "name") for role in slots),
        actions=tuple(_action(one) for one in _list(got.get("actions"))),
    )


def _action(value: Json) -> Action:
    got = _mapping(value)
    arms = [_mapping(one) for one in _list(got.get("arms"))]
    beyond = got.get("beyond")
    targets = [one["to"] for one in arms if isinstance(one.get("to"), str)]
    return Action(
        name=_text(got, "name"),
        home=_text(got, "home"),
        sources=tuple(str(one) for one in _list(got.get("sources"))),
        targets=tuple(str(one) for one in (*targets, *([beyond] if beyond else []))),
        is_free=any(one.get("is_back") is True for one in arms) or got.get("reopen") is not None,
        is_systems=got.get("by_system") is True or got.get("auto") is True,
        refuses=got.get("refuse") is not None,
        meaning=_text(got, "meaning"),
        reason=got.get("reason") is True,
        duties=tuple(str(one) for one in _list(got.get("duties"))),
    )


def _apart(got: dict[str, Json]) -> Apart:
    match got.get("duties"):
        case [str(one), str(other)]:
            return Apart(duties=(one, other), within=_text(got, "within"))
    raise Flaw("不相容职责写法不对", "a rule of duties apart is ill-formed")


def _mapping(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Flaw("流程模型不成样子", "the model of the procedure is ill-formed")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise Flaw("流程模型不成样子", "the model of the procedure is ill-formed")
    return value


def _text(got: Mapping[str, Json], field: str) -> str:
    value = got.get(field)
    if not isinstance(value, str):
        raise Flaw("流程模型不成样子", "the model of the procedure is ill-formed", field)
    return value
