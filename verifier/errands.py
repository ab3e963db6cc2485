"""What a case asks of others, as level 5 folds it: requests not carried out yet, copies given."""

from __future__ import annotations

from collections.abc import Mapping

from verifier.canonical import Flaw, Json
from verifier.cases import maybe, names, text
from verifier.quantities import written
from verifier.reading import Sound

Row = tuple[Json, ...]
_ANSWERS = frozenset(("child", "told", "amend", "handed"))  # how ids of answering records begin


class Errands:
    """Requests between cases until they are answered, and who was given which case to read."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], Row] = {}
        self._copies: dict[tuple[str, str], Row] = {}

    def follow(self, one: Sound, case: str | None) -> None:
        """What one record asks, answers or gives; `case` is the one whose stream it stands in.
        Raises `Flaw`.
        """
        kind, _, rest = one.body.request.partition(":")
        asker, _, asked = rest.partition(":")
        if kind in _ANSWERS:
            self._pending.pop((asker, asked), None)
        for event in one.events if case is not None else ():
            told = _requested(event)
            if told is not None:
                self._pending[str(case), text(event, "request")] = told
            elif event.get("event") == "CopySent":
                for person in names(event, "people"):
                    given = (one.body.actor.name, one.body.time)
                    self._copies.setdefault((str(case), person), given)

    def rows(self) -> dict[str, list[Row]]:
        """The rows of the tables of requests and copies."""
        return {
            "pending": [(*key, *told) for key, told in self._pending.items()],
            "copy_row": [(*key, *given) for key, given in self._copies.items()],
        }


def _requested(event: Mapping[str, Json]) -> Row | None:
    """Kind, target, action, initiator and content of a request; None for any other event."""
    match event.get("event"):
        case "ChildRequested":
            told = ("child", text(event, "process"), "", maybe(event, "initiator"))
            return (*told, written(_object(event, "values")))
        case "CaseTold":
            told = ("told", text(event, "case"), text(event, "action"), maybe(event, "into"))
            return (*told, written({"lines": event.get("lines")}))
        case "ChildTold":
            return ("told_child", text(event, "child"), text(event, "action"), None, "{}")
        case "AmendmentRequested":
            return ("amend", "", "", None, written(_object(event, "amendment")))
        case "HandOverRequested":
            told = ("hand_over", text(event, "case"), "", text(event, "by"))
            return (*told, written({"to": text(event, "to")}))
    return None


def _object(event: Mapping[str, Json], name: str) -> dict[str, Json]:
    value = event.get(name)
    if not isinstance(value, dict):
        raise Flaw("请求的内容不成样子", "the content of a request is ill-formed")
    return value
