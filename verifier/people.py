"""The people as level 5 folds them: what they are called, and who stands in for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json, parse
from verifier.cases import names, text
from verifier.reading import Sound

Row = tuple[Json, ...]
_EVERY = ""  # instead of a procedure's name: all of them


class People:
    """Names of every roster published, and delegations with their days."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._names: dict[str, str] | None = {}  # None where a model is missing: level 3 says so
        self._stand_ins: dict[tuple[str, str, str, str], str] = {}

    def follow(self, one: Sound) -> None:
        """What one record says of them. Raises `Flaw`."""
        for event in one.events:
            if event.get("event") == "Published" and event.get("kind") == "roster":
                self._publish(event)
            elif event.get("event") == "RosterAmended":
                change = event.get("amendment")
                self._amend(change if isinstance(change, dict) else {})

    def _publish(self, event: Mapping[str, Json]) -> None:
        """Who is in a later roster no more keeps his name."""
        if self._names is None:
            return
        digest = text(event, "model")
        content = self._bundle.models.get(digest)
        try:
            if content is None or self._bundle.suite.digest(content) != digest:
                raise Flaw("模型缺失", "the model is missing")
            self._names |= dict(_named(parse(content)))
        except Flaw:
            self._names = None

    def _amend(self, change: Mapping[str, Json]) -> None:
        match change.get("amendment"):
            case "Delegated":
                pair = text(change, "from_person"), text(change, "to_person")
                since, until = _day(change.get("from_")), _day(change.get("until"))
                for process in names(change, "processes") or (_EVERY,):
                    self._stand_ins[(*pair, process, since.isoformat())] = until.isoformat()
            case "DelegationEnded":
                ended = (text(change, "from_person"), text(change, "to_person"))
                self._end(change, {ended})
            case "PersonLeft":
                person = text(change, "person")
                self._end(change, {key[:2] for key in self._stand_ins if person in key[:2]})

    def _end(self, change: Mapping[str, Json], pairs: set[tuple[str, str]]) -> None:
        """Delegations of these pairs end the day before, if not earlier."""
        last = (_day(change.get("from_")) - timedelta(days=1)).isoformat()
        for key, until in self._stand_ins.items():
            if key[:2] in pairs and until > last:
                self._stand_ins[key] = last

    def rows(self) -> dict[str, list[Row] | None]:
        """The rows of the tables of people; None for one that cannot be judged."""
        called = self._names
        return {
            "person_row": None if called is None else list(called.items()),
            "stand_in": [(*key, until) for key, until in self._stand_ins.items()],
        }


def _named(model: Json) -> Iterator[tuple[str, str]]:
    people = model.get("people") if isinstance(model, dict) else None
    for person in people if isinstance(people, list) else (None,):
        match person:
            case {"id": str(uid), "name": str(name)}:
                yield uid, name
            case _:
                raise Flaw("不是花名册的模型", "it is no model of a roster")


def _day(value: Json) -> date:
    match value:
        case {"$": "date", "is": str(told)}:
            return date.fromisoformat(told)
    raise Flaw("日期写法不对", "a day is ill-formed")
