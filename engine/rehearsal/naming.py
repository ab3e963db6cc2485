"""The names that examples use, compared with the procedures and the roster before any is played.

Only what the owner of the procedure answers for is asked: of cases of other procedures, which
change under their own owners, nothing is said of states, actions and fields. The case behind an
alias is looked for in the steps before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from engine.errors import Problem
from engine.language.definition import (
    CLAIM,
    DONE,
    EVERYDAY,
    FILL,
    RELEASE,
    RETURN,
    SEPARATOR,
    SIGN_AGAIN,
    SYSTEM,
    TICK,
    Kind,
    ProcessDefinition,
    Step,
)
from engine.language.reader import Cursor, Mapping_, Node, Scalar, Sequence
from engine.language.roster import Roster
from engine.rehearsal.amendments import AMENDMENTS
from engine.text import Text, say

BUILT_IN = (CLAIM, RELEASE, FILL, TICK, SIGN_AGAIN, *EVERYDAY)
TIMED = ("due", "late", "on_time")  # of states, and of actions with a time of their own
PEOPLE = ("asked", "not_asked", "signed", "told", "fallen")
UNTOLD = "它"  # what a case is called whose start gives it no alias


def check_names(
    definitions: Iterable[ProcessDefinition],
    roster: Roster | None,
    unread: Collection[str] = (),
    unasked: Collection[str] = (),
) -> Iterator[Problem]:
    """Every person, procedure, state, action and field named in examples that does not exist.

    `unread` are the procedures that could not be read: there they are, if nothing is known of them.
    The examples of the `unasked` are passed over.
    """
    known = {one.name: one for one in definitions}
    for definition in known.values():
        for example in definition.examples if definition.name not in unasked else ():
            reading = _Example(known, roster, unread, definition)
            for step in example.steps:
                reading.step(step)
            yield from reading.cursor.problems


class _Example:
    """One example while it is read: which procedure each alias means so far."""

    def __init__(
        self,
        known: Mapping[str, ProcessDefinition],
        roster: Roster | None,
        unread: Collection[str] = (),
        own: ProcessDefinition | None = None,
    ) -> None:
        self.own = own
        self.known = known
        self.processes = {*known, *unread}
        self.people = _people(roster)
        self.cursor = Cursor([])
        self.aliases: dict[str, str] = {}
        self.last: str | None = None

    def step(self, step: Step) -> None:
        top = step.written
        self._given(top.get("given"))
        for node in _named(top, "who", "initiator", "for"):
            self._person(node)
        paper = top.get("paper")
        if isinstance(paper, Mapping_):
            self._persons(paper.get("signer"))
        for word in AMENDMENTS:
            change = top.get(word)
            for node in _named(change, "person", "to") if isinstance(change, Mapping_) else ():
                self._person(node)
        process = self._started(top) if "start" in top else self._meant(top.get("on"))
        if "do" in top:
            self.last = process
        self._act(top, self._owned(process))
        self._find(top.get("find"))
        then = top.get("then")
        for outcome in then.items if isinstance(then, Sequence) else (then,):
            if isinstance(outcome, Mapping_):
                self._outcome(outcome)

    # -- cases -------------------------------------------------------------------------------

    def _given(self, node: Node | None) -> None:
        """What another example has begun is known by its aliases here."""
        if not isinstance(node, Scalar):
            return
        process, _, wanted = node.text.partition("/")
        self.last = None
        for example in self.known[process].examples if process in self.known else ():
            if example.name == wanted:
                before = _Example(self.known, None)
                for step in example.steps:
                    before.step(step)
                self.aliases |= before.aliases
                self.last = before.last

    def _started(self, top: Mapping_) -> str | None:
        named, alias = top.get("start"), top.get("as")
        if not isinstance(named, Scalar):
            return None
        if len(self.processes) > 1:
            self._one_of(named, say("流程"), self.processes)
        if "refused" not in top:
            self.last = named.text
            self.aliases[alias.text if isinstance(alias, Scalar) else UNTOLD] = named.text
        return named.text

    def _meant(self, alias: Node | None) -> str | None:
        return self.aliases.get(alias.text) if isinstance(alias, Scalar) else self.last

    def _owned(self, process: str | None) -> ProcessDefinition | None:
        return self.own if self.own is not None and self.own.name == process else None

    def _find(self, node: Node | None) -> None:
        for alias, how in node.entries if isinstance(node, Mapping_) else ():
            process = how.get("process") if isinstance(how, Mapping_) else None
            if isinstance(process, Scalar):
                self.aliases[alias.text] = process.text

    # -- what is done and what comes of it ---------------------------------------------------

    def _act(self, top: Mapping_, definition: ProcessDefinition | None) -> None:
        act = top.get("do")
        if isinstance(act, Scalar) and act.text == RETURN:
            self._states(top.get("to"), definition)
        elif isinstance(act, Scalar) and act.text in EVERYDAY:
            self._persons(top.get("to"))
        if definition is None:
            return
        for name in _scalars(act):
            self._one_of(name, say("动作"), (*_actions(definition), *BUILT_IN))
        for word in ("branch", "reopen"):
            self._states(top.get(word), definition)
        for word in ("set", "attach"):
            self._fields(top.get(word), definition)

    def _outcome(self, outcome: Mapping_) -> None:
        for node in _named(outcome, *PEOPLE):
            self._person(node)
        share = outcome.get("share")
        if isinstance(share, Mapping_):
            shared = share.get("process")
            process = shared.text if isinstance(shared, Scalar) else None
            self._states(share.get("reached"), self._owned(process))
        definition = self._owned(self._meant(outcome.get("case")))
        if definition is None:
            return
        self._states(outcome.get("state"), definition)
        timed = (*_paths(definition), *_actions(definition))
        for word in TIMED:
            for name in _scalars(outcome.get(word)):
                self._one_of(name, say("环节"), timed)
        for name in _scalars(outcome.get("rounds")):
            ids = (one.id for one in definition.all_actions())
            self._one_of(name, say("动作"), (*_actions(definition), *ids, *BUILT_IN))
        self._fields(outcome.get("fields"), definition)

    def _states(self, node: Node | None, definition: ProcessDefinition | None) -> None:
        if definition is not None:
            for name in _scalars(node):
                self._one_of(name, say("环节"), _paths(definition))

    def _fields(self, node: Node | None, definition: ProcessDefinition) -> None:
        names = [one.name for one in definition.form.fields]
        for name in _scalars(node):
            self._one_of(name, say("字段"), names)

    def _persons(self, node: Node | None) -> None:
        for name in _scalars(node):
            self._person(name)

    def _person(self, node: Scalar) -> None:
        if self.people and node.text not in (SYSTEM, *self.people):
            self._one_of(node, say("人员"), self.people)

    def _one_of(self, node: Scalar, kind: Text, known: Iterable[str]) -> None:
        names = tuple(known)
        if node.text not in names:
            self.cursor.unknown(node.source, kind, node.text, names)


def _people(roster: Roster | None) -> tuple[str, ...]:
    """What people may be called: by name, and by id."""
    if roster is None:
        return ()
    return (*(one.name for one in roster.people), *(one.id for one in roster.people))


def _paths(definition: ProcessDefinition) -> tuple[str, ...]:
    """What states may be called: by their whole path or the end of it."""
    paths = [state.path for state in definition.walk()]
    paths += [
        f"{branch.path}{SEPARATOR}{DONE}"
        for state in definition.walk()
        if state.kind is Kind.PARALLEL
        for branch in state.inner
    ]
    parts = [path.split(SEPARATOR) for path in paths]
    names = [SEPARATOR.join(one[n:]) for one in parts for n in range(len(one))]
    return tuple(dict.fromkeys(names))


def _actions(definition: ProcessDefinition) -> tuple[str, ...]:
    return tuple(one.name for one in definition.all_actions())


def _named(top: Mapping_, *words: str) -> Iterator[Scalar]:
    """The names behind several words."""
    for word in words:
        yield from _scalars(top.get(word))


def _scalars(node: Node | None) -> Iterator[Scalar]:
    """One name, each of a list, or the keys of a mapping."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        yield from (one for one in node.items if isinstance(one, Scalar))
    elif isinstance(node, Mapping_):
        yield from (key for key, _ in node.entries)
