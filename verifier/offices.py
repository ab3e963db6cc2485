"""The office as the stream `org` has it at any of its records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from verifier.bundle import Bundle
from verifier.canonical import Flaw, Json, parse
from verifier.chain import Judged
from verifier.findings import Finding, Weight
from verifier.reading import ORG, Sound
from verifier.roster import Office, begin, load_roster


@dataclass(slots=True, kw_only=True)
class Offices:
    """The office as of any head of the stream `org`. What is wrong with a model is told once."""

    bundle: Bundle
    judged: Judged
    findings: list[Finding] = field(default_factory=list)
    _made: dict[tuple[str, int], Office | None] = field(default_factory=dict)
    _zones: dict[str, str | None] = field(default_factory=dict)
    _publications: dict[tuple[int, str], list[Mapping[str, Json]]] = field(default_factory=dict)

    def find(self, seq: int, on: date) -> Office | None:
        """The office by the records 0 … seq of `org` on a day; None if there was none yet."""
        model = self._model(seq, on)
        return None if model is None else self._make(model, seq)

    def day(self, seq: int, at: str) -> date | None:
        """The day of an instant where the office is, by any roster published up to `seq`."""
        moment = datetime.fromisoformat(at)
        for model in reversed([str(event.get("model")) for event in self._rosters(seq)]):
            made = self._make(model, -1)
            if made is None:
                continue
            try:
                return moment.astimezone(ZoneInfo(made.roster.zone)).date()
            except OverflowError:  # beyond the years 1 and 9999
                return moment.date()
            except (ZoneInfoNotFoundError, ValueError, OSError):
                self._lacking(
                    model,
                    "不认识花名册的时区,无法核对当时谁任何职",
                    "the time zone of the roster is not known: posts cannot be checked",
                )
                return None
        return None

    def zone(self, seq: int) -> str | None:
        """The time zone of the office by the records 0 … seq of `org`: that of the newest calendar,
        else of the newest roster, else UTC; None where its model is missing.
        """
        for kind in ("calendar", "roster"):
            told = self._published(seq, kind)[-1:]
            if told:
                return self._zone_of(str(told[0].get("model")))
        return "UTC"

    def _zone_of(self, model: str) -> str | None:
        if model not in self._zones:
            self._zones[model] = None
            content = self.bundle.models.get(model)
            if content is not None and self.bundle.suite.digest(content) == model:
                try:
                    read = parse(content)
                except Flaw:
                    return None
                zone = read.get("zone") if isinstance(read, dict) else None
                self._zones[model] = zone if isinstance(zone, str) else None
        return self._zones[model]

    def _rosters(self, seq: int) -> list[Mapping[str, Json]]:
        return self._published(seq, "roster")

    def _published(self, seq: int, kind: str) -> list[Mapping[str, Json]]:
        """The publications of a kind in the records 0 … seq: asked anew for every record."""
        if (seq, kind) not in self._publications:
            self._publications[seq, kind] = [
                event
                for one in self.judged.streams.get(ORG, ())[: seq + 1]
                if (event := one.event("Published")) is not None and event.get("kind") == kind
            ]
        return self._publications[seq, kind]

    def _model(self, seq: int, on: date) -> str | None:
        """The model of the newest edition that has taken effect."""
        best: tuple[int, str] | None = None
        for event in self._rosters(seq):
            match event:
                case {
                    "edition": int(edition),
                    "model": str(model),
                    "effective": {"$": "date", "is": str(effective)},
                } if effective <= on.isoformat() and not isinstance(edition, bool):
                    if best is None or edition >= best[0]:
                        best = edition, model
        return best[1] if best else None

    def _make(self, model: str, seq: int) -> Office | None:
        key = (model, seq)
        if key in self._made:
            return self._made[key]
        content = self.bundle.models.get(model)
        office: Office | None = None
        if content is None or self.bundle.suite.digest(content) != model:
            self._lacking(
                model,
                "证据包没有这个花名册模型,无法核对当时谁任何职",
                "the bundle lacks this model of the roster: posts cannot be checked",
            )
        else:
            try:
                office = begin(load_roster(parse(content)))
                for one in self.judged.streams.get(ORG, ())[: seq + 1]:
                    event = one.event("RosterAmended")
                    change = event.get("amendment") if event else None
                    if isinstance(change, dict):
                        office = office.after(change)
            except Flaw as flaw:
                found = Finding(code="E_MODEL", level=3, field=model, zh=flaw.zh, en=flaw.en)
                if found not in self.findings:
                    self.findings.append(found)
                office = None
        self._made[key] = office
        return office

    def _lacking(self, model: str, zh: str, en: str) -> None:
        if not any(one.field == model for one in self.findings):
            self.findings.append(
                Finding(code="E_MODEL", level=3, field=model, weight=Weight.GAP, zh=zh, en=en)
            )


def check_zone(one: Sound, offices: Offices) -> Iterator[Finding]:
    """The zone a record names is that of the office (§12.1)."""
    body = one.body
    wanted = offices.zone(body.org.seq if body.org else -1)
    if wanted is not None and body.zone != wanted:
        yield Finding(
            code="E_ROSTER",
            level=3,
            stream=body.stream,
            seq=body.seq,
            field="tz",
            zh=f"记录写着时区“{body.zone}”,本单位当时为“{wanted}”",
            en=f"the record names the zone “{body.zone}”, the office's was “{wanted}”",
        )
