"""`everyday:`: the everyday actions a procedure allows, each within its limits; and votes.

everyday: {urge: {every: 4 workhours}, comment: true, return: {then: choose},
           suspend: {who: 会务专员, max: 10 workdays}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from engine.errors import Source
from engine.language import keys
from engine.language.calendar import Span, parse_span
from engine.language.definition import (
    Action,
    Arm,
    EverydayRule,
    Kind,
    Meaning,
    Slot,
    State,
    Vote,
)
from engine.language.form_loader import read_expression
from engine.language.reader import Cursor, Mapping_, Node, Scalar
from engine.text import Text, say

THEN = {"replay": "replay", "back": "back", "choose": "choose"}
JUMPING = ("return", "withdraw", "reopen")
JUMP = "→"  # no owner can give an action this name
SHARE = re.compile(r"(over )?(?:(\d{1,3})%|(\d{1,3})/(\d{1,3}))")

ReadSlot = Callable[[Node], Slot]
Resolve = Callable[[str, Source], str]


def read_everyday(
    cursor: Cursor, node: Node | None, slot: ReadSlot, resolve: Resolve
) -> tuple[EverydayRule, ...]:
    """The everyday actions switched on; `true` is an action without limits of its own."""
    found = []
    for key, value in cursor.entries(node):
        known = keys.EVERYDAY.get(key.text)
        if known is None:
            cursor.unknown(key.source, say("日常动作"), key.text, keys.EVERYDAY)
            continue
        optional, compulsory = known
        top = Mapping_((), value.source)
        if not isinstance(value, Scalar) or compulsory:
            top = cursor.mapping(value, (*optional, *compulsory), compulsory)
        elif not cursor.boolean(value):
            continue
        found.append(_rule(cursor, key, top, slot, resolve))
    return tuple(found)


def _rule(
    cursor: Cursor, key: Scalar, top: Mapping_, slot: ReadSlot, resolve: Resolve
) -> EverydayRule:
    who, to, limit = top.get("who"), top.get("to"), top.get("max")
    goes_to_state = key.text in ("return", "reopen")
    is_count = key.text in ("transfer", "add_signer", "return")
    span = top.get("every") or top.get("within") or (None if is_count else limit)

    def states(node: Node | None) -> tuple[str, ...]:
        named = [one for one in cursor.texts(node) if one.text != "earlier"]
        return tuple(resolve(one.text, one.source) for one in named)

    return EverydayRule(
        word=key.text,
        within=states(top.get("in")),
        who=slot(who) if who is not None else None,
        to=None if goes_to_state else read_expression(cursor, to),
        limit=cursor.integer(limit) if limit is not None and is_count else None,
        span=_span(cursor, span),
        consent=cursor.boolean(top.get("consent")),
        targets=states(to) if goes_to_state else (),
        then=cursor.one_of(top.get("then"), THEN, "replay"),
        fields=tuple(one.text for one in cursor.texts(top.get("fields"))),
        source=key.source,
    )


def _span(cursor: Cursor, node: Node | None) -> Span | None:
    if node is None:
        return None
    found = parse_span(cursor.text(node))
    if isinstance(found, Text):
        cursor.say(node, found)
        return None
    return found


def jump_over(
    states: tuple[State, ...], actions: tuple[Action, ...], rules: tuple[EverydayRule, ...]
) -> Action | None:
    """The way to any state that somebody can be sent back to, one arm each; None if unused.

    A parallel state is entered as a whole: which of its branches open is said in the move.
    """
    declared = (
        *actions,
        *(one for state in states for part in state.walk() for one in part.actions),
    )
    goes_back = any(arm.is_back for action in declared for arm in action.arms)
    if not states or not (goes_back or any(rule.word in JUMPING for rule in rules)):
        return None
    targets = landing_states(states)
    source = states[0].source
    return Action(
        name=JUMP,
        en=None,
        home="",
        sources=tuple(state.path for state in states),
        arms=tuple(Arm(when=None, to=state.path, source=source) for state in targets),
        who=None,
        by_system=False,
        when=None,
        after=None,
        auto=False,
        at=None,
        need=(),
        reason=True,
        edit=(),
        require=(),
        append=None,
        start=None,
        set=None,
        post=(),
        reopen=None,
        rest="cancel",
        limit=None,
        beyond=None,
        refuse=None,
        say=None,
        meaning=Meaning.NONE,
        tell=None,
        stand=(),
        duties=(),
        source=source,
    )


def landing_states(states: Iterable[State]) -> tuple[State, ...]:
    """The states a case can be put into from outside: not final, not inside a parallel one."""
    found: list[State] = []
    for state in states:
        if state.kind is Kind.COMPOUND:
            found += landing_states(state.inner)
        elif state.kind is not Kind.FINAL:
            found.append(state)
    return tuple(found)


def read_vote(cursor: Cursor, node: Node | None) -> tuple[Vote | None, Mapping_ | None]:
    """A vote, and the actions it is short for: one a ballot, decided once nothing can change it."""
    if node is None:
        return None, None
    top = cursor.mapping(node, keys.VOTE, ("yes", "no", "pass", "to", "otherwise"))
    share = SHARE.fullmatch(cursor.text(top.get("pass")))
    part, whole = (0, 1)
    if share is not None:
        part, whole = int(share[2] or share[3] or 0), int(share[4] or 100)
    if share is None or not 0 < part <= whole:
        cursor.say(top.get("pass") or node, say("通过的比例不对"), say("请写 60%、2/3 或 over 50%"))
    vote = Vote(
        yes=cursor.text(top.get("yes")),
        no=cursor.text(top.get("no")),
        abstain=cursor.optional(top.get("abstain")),
        part=part,
        whole=whole,
        is_over=bool(share and share[1]),
    )
    ballots = [
        (top.get("yes"), "to", Meaning.APPROVAL),
        (top.get("no"), "otherwise", Meaning.REJECTION),
    ]
    if vote.abstain:
        ballots.append((top.get("abstain"), "otherwise", Meaning.REVIEW))
    entries = []
    for name, way, meaning in ballots:
        target = top.get(way)
        if isinstance(name, Scalar) and target is not None:
            entries.append((name, _ballot(name.source, target, meaning)))
    return vote, Mapping_(tuple(entries), node.source)


def _ballot(source: Source, target: Node, meaning: Meaning) -> Mapping_:
    def word(text: str) -> Scalar:
        return Scalar(text, True, source)

    return Mapping_(
        (
            (word("to"), target),
            (word("after"), word("signed")),
            (word("meaning"), word(meaning.value)),
        ),
        source,
    )
