"""Families of cases: parents, children, and cases gathered, as their events name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from verifier.bundle import Bundle
from verifier.chain import Judged
from verifier.findings import Finding, Weight

# the events that name a relative, and the field that does
_KIN: Mapping[str, str] = {
    "CaseOpened": "parent",
    "MemberJoined": "case",
    "ChildReported": "case",
}


@dataclass(slots=True)
class Families:
    """Which cases belong together, by their ids."""

    _links: dict[str, set[str]] = field(default_factory=dict)

    def link(self, one: str, other: str) -> None:
        """Two cases of one family."""
        self._links.setdefault(one, set()).add(other)
        self._links.setdefault(other, set()).add(one)

    def of(self, case: str) -> set[str]:
        """All other cases of its family."""
        known, waiting = {case}, [case]
        while waiting:
            found = self._links.get(waiting.pop(), set()) - known
            known |= found
            waiting += found
        return known - {case}


def check_family(bundle: Bundle, judged: Judged) -> Iterator[Finding]:
    """A bundle of one case holds the cases that those in it name as their family (§11); one that
    is not there is a gap, told where it is first named.
    """
    if bundle.scope.kind != "case":
        return
    told: set[str] = set()
    for one in judged.sound:
        if not one.body.stream.startswith("case/"):
            continue
        for n, event in enumerate(one.events):
            name = event.get("event")
            case = event.get(_KIN[name]) if isinstance(name, str) and name in _KIN else None
            if not isinstance(case, str) or case in ("", *told) or f"case/{case}" in judged.streams:
                continue
            told.add(case)
            yield Finding(
                code="E_BUNDLE",
                level=3,
                stream=one.body.stream,
                seq=one.body.seq,
                field=f"event/{n}",
                zh="它所说的同族案件不在证据包里",
                en="a case it names as its family is not in the bundle",
                weight=Weight.GAP,
            )
