"""An office in memory where examples and walks are played with a clock of their own.

Everything is the real engine: a real store, real keys, real signatures. Only the time comes
from the script, and the people's keys are made for the occasion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from engine.catalog import (
    CALENDAR,
    PARAMS,
    ROSTER,
    Draft,
    draft_process,
    dump_model,
    read_calendar,
    read_params,
    read_roster,
)
from engine.desk import Desk, Dice
from engine.evidence.keys import enrol, found
from engine.evidence.signing import FileSigner, Signer, make_key
from engine.language.definition import ProcessDefinition
from engine.registry import Registry, holders
from engine.scribe import instant
from engine.store.store import Store
from engine.worker import Worker

ORIGIN = "rehearsal.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The files of an office: what `publish` would bring into force."""

    roster: str
    params: str
    calendar: str
    forms: Mapping[str, tuple[str, str]]  # name → text, file
    processes: Mapping[str, tuple[str, str]]  # file → text, file


class Office:
    """An office founded in memory: desk, worker, a settable clock, a key for everybody."""

    def __init__(
        self, texts: Texts, start: datetime, dice: Dice, store: Store | None = None
    ) -> None:
        self.now = start
        self.store = store or Store.in_memory(ORIGIN)
        self.service = FileSigner(make_key(self.store.suite))
        self.desk = Desk(self.store, self.service, clock=self._tell_time, dice=dice)
        self.registry = Registry(self.desk)
        self.worker = Worker(self.desk)
        self.signers: dict[str, Signer] = {}
        self.definitions: dict[str, ProcessDefinition] = {}
        self._found(texts)

    def _tell_time(self) -> datetime:
        return self.now

    def _found(self, texts: Texts) -> None:
        roster = read_roster(texts.roster)
        params = read_params(texts.params)
        calendar = read_calendar(texts.calendar)
        self.zone: tzinfo = calendar.zone
        people = [person.id for person in roster.people]
        self.signers = {uid: FileSigner(make_key(self.store.suite)) for uid in people}
        registrars, publisher = holders(roster, "register"), holders(roster, "publish")[0]
        registrar = registrars[0]
        origin, since = self.store.origin, instant(self.now)
        first = found(
            self.signers[registrar], self.service, origin, registrar, "file", since, registrars
        )
        self.registry.change_keys(first, registrar, self.signers[registrar], "创立")
        for uid in people:
            if uid != registrar:
                change = enrol(self.signers[uid], origin, uid, "file", since)
                self.registry.change_keys(change, registrar, self.signers[registrar], "登记钥匙")
        drafts = [
            Draft(
                kind=ROSTER, name=ROSTER, content=texts.roster.encode(), model=dump_model(roster)
            ),
            Draft(
                kind=PARAMS, name=PARAMS, content=texts.params.encode(), model=dump_model(params)
            ),
            Draft(
                kind=CALENDAR,
                name=CALENDAR,
                content=texts.calendar.encode(),
                model=dump_model(calendar),
            ),
        ]
        for text, file in texts.processes.values():
            draft, definition = draft_process(text, file, texts.forms, params)
            drafts.append(draft)
            self.definitions[definition.name] = definition
        on = self.now.astimezone(self.zone).date()
        self.registry.publish(tuple(drafts), publisher, self.signers[publisher], on)

    def at(self, text: str) -> datetime:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def person(self, name: str) -> str:
        return self.desk.catalog.roster(self.now).person(name).id

    def find_person(self, name: str) -> str | None:
        found_one = self.desk.catalog.roster(self.now).find_person(name)
        return found_one.id if found_one else None
