"""Incompatible duties: never the same natural person, whoever's name he acts in.

Duties are acts, not roles, so a role granted later or a delegation changes nothing:
what counts is who has already done the other half, in this case or in its family.
Source: 内部控制规范 (不相容岗位相互分离); domain rules D1 to D11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.kernel.command import APART, Reason
from engine.kernel.facts import CaseFacts
from engine.language.definition import Action, Apart
from engine.text import say


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    number: str
    state: str
    action: str
    names: frozenset[str]
    people: frozenset[str]
    own: bool


def conflicts(
    facts: CaseFacts, action: Action, role: str, people: frozenset[str]
) -> tuple[Reason, ...]:
    """Why none of `people` may do this act: one reason per rule and earlier act.

    There is no override, and nobody can lift these.
    """
    return against(facts, frozenset(action.duties) | {role}, people)


def against(facts: CaseFacts, names: frozenset[str], people: frozenset[str]) -> tuple[Reason, ...]:
    """Why none of `people` may do what rules know by these names of duties and roles."""
    found: dict[str, Reason] = {}
    for rule in facts.situation.definition.apart:
        for mine, theirs in (rule.duties, rule.duties[::-1]):
            if mine not in names:
                continue
            for past in _pasts(facts):
                if rule.within == "case" and not past.own:
                    continue
                if theirs in past.names and people & past.people:
                    found.setdefault(_key(rule, past), _reason(facts, rule, past, people))
            for holder in _holders(facts, theirs):
                if holder in people:
                    found.setdefault(f"{rule.rule}{holder}", _standing(facts, rule, theirs, holder))
    return tuple(found.values())


def _key(rule: Apart, past: _Past) -> str:
    return f"{rule.rule}/{past.number}/{past.state}.{past.action}"


def _pasts(facts: CaseFacts) -> Iterator[_Past]:
    for act in facts.case.acts:
        yield _Past(
            number=facts.case.number,
            state=act.state,
            action=act.action,
            names=frozenset(act.duties) | {act.role},
            people=act.people,
            own=True,
        )
    for other in facts.situation.others:
        yield _Past(
            number=other.number,
            state=other.state,
            action=other.action,
            names=frozenset(other.duties) | {other.role},
            people=other.people,
            own=False,
        )


def _holders(facts: CaseFacts, duty: str) -> tuple[str, ...]:
    for known in facts.situation.definition.duties:
        if known.name == duty and known.holders is not None:
            return facts.people(known.holders)
    return ()


def _reason(facts: CaseFacts, rule: Apart, past: _Past, people: frozenset[str]) -> Reason:
    roster = facts.situation.roster
    return Reason(
        code=APART,
        rule=rule.rule,
        source=rule.source,
        text=say(
            "{person} 在 {number} 办过“{state}·{action}”,不相容职责“{one}×{other}”不得由同一人办理",
            person=tuple(roster.name_of(person) for person in sorted(people & past.people)),
            number=past.number,
            state=past.state,
            action=past.action,
            one=rule.duties[0],
            other=rule.duties[1],
        ),
        remedy=say("须换一人办理;任何授权、委托都不能解除"),
    )


def _standing(facts: CaseFacts, rule: Apart, duty: str, holder: str) -> Reason:
    return Reason(
        code=APART,
        rule=rule.rule,
        source=rule.source,
        text=say(
            "{person} 在册担任“{duty}”,不得兼办此事",
            person=facts.situation.roster.name_of(holder),
            duty=duty,
        ),
        remedy=say("须换一人办理;任何授权、委托都不能解除"),
    )
