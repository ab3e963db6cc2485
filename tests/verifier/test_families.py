"""A bundle of one case and its family: what is named and not there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verifier.parts import Log, Row, bundle, event, shown
from verifier.families import Families, check_family


def told(log: Log, scope: str = "case") -> list[tuple[str, str, str]]:
    return shown(check_family(bundle(scope=scope), log.judged))


def absent(place: str) -> tuple[str, str, str]:
    zh, en = "它所说的同族案件不在证据包里", "a case it names as its family is not in the bundle"
    return f"{place} [E_BUNDLE] L3: {zh}", f"{place} [E_BUNDLE] L3: {en}", "gap"


NAMING = [
    event("CaseOpened", case="1", parent="2"),
    event("MemberJoined", case="2"),
    event("ChildReported", case="2"),
]


@pytest.mark.parametrize("naming", NAMING, ids=lambda one: one["event"])
def test_a_relative_that_is_named_and_not_there_is_a_gap(naming: Row) -> None:
    log = Log()
    log.add("case/1", event("Noted"), naming)
    log.add("case/1", naming)
    assert told(log) == [absent("case/1 #0 event/1")]
    assert told(log, "store") == told(log, "period") == []
    log.add("case/2")
    assert told(log) == []


@pytest.mark.parametrize(
    "event_",
    [
        *({}, [], "x", {"event": ["MemberJoined"]}, event("CaseTold", case="2")),
        *(event("MemberJoined", case=case) for case in (None, "", 5, ["2"])),
        *(event("CaseOpened", case="2", parent=parent) for parent in (None, "", 5)),
    ],
)
def test_other_events_name_no_relative(event_: Any) -> None:
    log = Log()
    log.add("case/1", event_)
    assert told(log) == []


def test_nothing_is_named_by_a_refusal_or_outside_a_case() -> None:
    log = Log()
    log.add("case/1", NAMING[1], typ="refusal")
    log.add("org", NAMING[1])
    assert told(log) == []
    log.add("case/1", NAMING[1])
    assert told(log) == [absent("case/1 #1 event/0")]


def test_each_is_told_once_where_it_is_named_first() -> None:
    log = Log()
    log.add("case/1", event("MemberJoined", case="2"), event("MemberJoined", case="3"))
    log.add("case/4", event("CaseOpened", parent="2"), event("MemberJoined", case="5"))
    wanted = ("case/1 #0 event/0", "case/1 #0 event/1", "case/4 #0 event/1")
    assert told(log) == [absent(place) for place in wanted]


def test_a_family_goes_as_far_as_there_are_links() -> None:
    families = Families()
    for one, other in ("12", "32", "34", "56"):
        families.link(one, other)
    assert families.of("1") == {"2", "3", "4"}
    assert families.of("4") == {"1", "2", "3"}
    assert families.of("5") == {"6"}
    assert families.of("7") == set()
