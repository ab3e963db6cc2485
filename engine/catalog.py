"""What is in force: published definitions, roster, parameters and calendar, by digest.

Only signed records of the `defs` and `org` streams count. A text is kept under the
digest of its bytes and never changes; what was drafted in a file is not in force.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property, lru_cache
from typing import TypeAlias

from engine.errors import DefinitionProblems, GuichengError, Problem, UnknownName, UsageError
from engine.evidence.canonical import canonical
from engine.kernel import events as happened
from engine.kernel.office_events import Published, RosterAmended
from engine.kernel.statechart import Statechart
from engine.language.amendments import Amendment, load_amendment
from engine.language.calendar import Calendar, load_calendar
from engine.language.definition import ProcessDefinition
from engine.language.dump import dump_definition
from engine.language.forms import Form
from engine.language.loader import load_form, load_process
from engine.language.params import Params, load_params
from engine.language.roster import Organisation, Roster, RosterView
from engine.language.roster_loader import load_roster
from engine.store.store import Store
from engine.text import Text, say

ORG, DEFS, KEYS, SYS = "org", "defs", "keys", "sys"
RULES = (ORG, DEFS)  # the streams by which it is known what is in force
ROSTER, PARAMS, CALENDAR, PROCESS = "roster", "params", "calendar", "process"
CALLED = {ROSTER: say("花名册"), PARAMS: say("参数文件"), CALENDAR: say("工作日历")}

# What a text means depends on its bytes alone, so texts read before are not read again.
KEPT = 256
NOWHERE = (-1, "")  # where a stream ends that has nothing
FormTexts: TypeAlias = tuple[tuple[str, tuple[str, str]], ...]  # name → text, file


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One published text: what it is called, which edition, from when, under which digest."""

    kind: str
    name: str
    edition: int
    digest: str
    model: str
    effective: date
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text read from a file and found sound, ready to be published: its bytes, and those of what
    was understood of it.
    """

    kind: str
    name: str
    content: bytes
    model: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What a stream has recorded up to a place in it, with the time of each event."""

    seq: int = -1
    all: tuple[tuple[datetime, happened.Event], ...] = ()


class Catalog:
    """Answers what is in force on a day. Reads the store once; renew it after a publish."""

    def __init__(self, store: Store, before: Catalog | None = None) -> None:
        self._store = store
        self.heads = store.heads(*RULES)
        self._read: dict[str, Events] = before._read if before else {}
        self._texts: dict[str, bytes] = before._texts if before else {}
        self._charts: dict[str, Statechart] = {}
        self._definitions: dict[str, ProcessDefinition] = {}
        self._organisations: dict[str, Organisation] = {}
        self._params: dict[str, Params] = {}
        self._calendars: dict[str, Calendar] = {}
        self._names: dict[date, tuple[str, ...]] = {}

    def _events(self, stream: str) -> tuple[tuple[datetime, happened.Event], ...]:
        known = self._read.get(stream, Events())
        if self.heads.get(stream, NOWHERE)[0] <= known.seq:
            return known.all
        new = tuple(self._store.records(stream, after=known.seq))
        events = tuple((one.at, event) for one in new for event in one.events)
        seq = new[-1].seq if new else known.seq
        self._read = {**self._read, stream: Events(seq=seq, all=(*known.all, *events))}
        return self._read[stream].all

    def renewed(self) -> Catalog:
        """What is in force now; of the store only what has come since is read."""
        return Catalog(self._store, self)

    @cached_property
    def editions(self) -> tuple[Edition, ...]:
        """Every edition ever published, oldest first."""
        return tuple(
            Edition(
                kind=event.kind,
                name=event.name,
                edition=event.edition,
                digest=event.digest,
                model=event.model,
                effective=event.effective,
                published_at=at,
            )
            for stream in (ORG, DEFS)
            for at, event in self._events(stream)
            if isinstance(event, Published)
        )

    def in_force(self, kind: str, name: str, on: date) -> Edition | None:
        """The newest edition effective on a day, or None."""
        found = [
            one
            for one in self.editions
            if one.kind == kind and one.name == name and one.effective <= on
        ]
        return max(found, key=lambda one: one.edition, default=None)

    def processes(self, on: date) -> tuple[Edition, ...]:
        """The processes in force on a day, one edition each, by name."""
        names = sorted({one.name for one in self.editions if one.kind == PROCESS})
        found = (self.in_force(PROCESS, name, on) for name in names)
        return tuple(one for one in found if one is not None)

    def process_names(self, on: date) -> tuple[str, ...]:
        """The names of the processes in force on a day."""
        if on not in self._names:
            self._names[on] = tuple(one.name for one in self.processes(on))
        return self._names[on]

    def process(self, name: str, on: date) -> tuple[Edition, ProcessDefinition]:
        """The edition of a process in force on a day. Errors: `UnknownName`."""
        edition = self.in_force(PROCESS, name, on)
        if edition is None:
            self._require_begun(PROCESS, name, f"“{name}”", on)
            raise UnknownName(say("流程"), name, [one.name for one in self.processes(on)])
        return edition, self.definition(edition.digest)

    def definition(self, digest: str) -> ProcessDefinition:
        """The definition with this digest, read from its own bytes. Errors: `GuichengError`."""
        if digest not in self._definitions:
            bundle = json.loads(self._object(digest))
            params = self._any_params()
            self._definitions[digest] = read_bundle(bundle, params)
        return self._definitions[digest]

    def chart(self, digest: str) -> Statechart:
        if digest not in self._charts:
            self._charts[digest] = Statechart(self.definition(digest))
        return self._charts[digest]

    def roster(self, at: datetime) -> RosterView:
        """The roster as of a moment, with grants, delegations and leave. Errors: none in force."""
        edition = self._require(ROSTER, at.astimezone(self.zone).date())
        if edition.digest not in self._organisations:
            roster = read_roster(self._object(edition.digest).decode())
            self._organisations[edition.digest] = Organisation(roster, self.amendments)
        return self._organisations[edition.digest].as_of(at)

    def people_turn(self, after: date, at: datetime) -> bool:
        """Whether the day of a moment, or one since `after`, changes who holds what."""
        until = at.astimezone(self.zone).date()
        published = any(
            one.kind == ROSTER and after < one.effective <= until for one in self.editions
        )
        return published or self.roster(at).turns(after)

    @cached_property
    def amendments(self) -> tuple[Amendment, ...]:
        """Every grant, withdrawal, delegation and leave on record, oldest first."""
        return tuple(
            load_amendment(event.amendment)
            for _, event in self._events(ORG)
            if isinstance(event, RosterAmended)
        )

    def params(self, digest: str) -> Params:
        if digest not in self._params:
            self._params[digest] = read_params(self._object(digest).decode())
        return self._params[digest]

    def params_in_force(self, on: date) -> Edition:
        return self._require(PARAMS, on)

    def calendar(self, on: date) -> Calendar:
        edition = self._require(CALENDAR, on)
        if edition.digest not in self._calendars:
            self._calendars[edition.digest] = read_calendar(self._object(edition.digest).decode())
        return self._calendars[edition.digest]

    @cached_property
    def zone(self) -> tzinfo:
        """Where the office is: the zone of the newest calendar; before there is one, that of the
        roster; before that, UTC.
        """
        newest = {one.kind: one for one in self.editions}
        if CALENDAR in newest:
            return read_calendar(self._object(newest[CALENDAR].digest).decode()).zone
        if ROSTER in newest:
            return read_roster(self._object(newest[ROSTER].digest).decode()).zone
        return UTC

    def gatherers(self, process: str, on: date) -> tuple[ProcessDefinition, ...]:
        """The definitions that gather cases of this process."""
        found = (self.definition(one.digest) for one in self.processes(on))
        return tuple(one for one in found if one.gather and one.gather.process == process)

    def _require(self, kind: str, on: date) -> Edition:
        edition = self.in_force(kind, kind, on)
        if edition is None:
            self._require_begun(kind, kind, CALLED[kind], on)
            told = say("{on} 没有生效的{kind};请先 publish", on=on.isoformat(), kind=CALLED[kind])
            raise GuichengError(told)
        return edition

    def _require_begun(self, kind: str, name: str, called: str | Text, on: date) -> None:
        """Tell a day before a text came into force from a text that there is not.

        Errors: `UsageError`, for the day is what is wrong.
        """
        days = [one.effective for one in self.editions if (one.kind, one.name) == (kind, name)]
        if days:
            raise UsageError(
                say(
                    "{on} 时{called}还没有生效(自 {first} 起);请核对日期",
                    on=on.isoformat(),
                    called=called,
                    first=min(days).isoformat(),
                )
            )

    def _any_params(self) -> Params | None:
        found = [one for one in self.editions if one.kind == PARAMS]
        return self.params(found[-1].digest) if found else None

    def _object(self, digest: str) -> bytes:
        if digest not in self._texts:
            content = self._store.find_object(digest)
            if content is None or self._store.suite.digest(content) != digest:
                told = say("已发布的文本 {digest} 缺失或与摘要不符", digest=digest[:12])
                raise GuichengError(told)
            self._texts[digest] = content
        return self._texts[digest]


def draft_process(
    text: str, file: str, forms: Mapping[str, tuple[str, str]], params: Params | None
) -> tuple[Draft, ProcessDefinition]:
    """A process file with the form files it names (name → text, file), ready to publish.

    Errors: `DefinitionProblems` with every problem in the process and its forms.
    """
    return _draft(text, file, tuple(forms.items()), params)


@lru_cache(maxsize=KEPT)
def _draft(
    text: str, file: str, forms_given: FormTexts, params: Params | None
) -> tuple[Draft, ProcessDefinition]:
    forms = dict(forms_given)
    definition = load_bundle(text, file, forms, params)
    used = {name: forms[name][0] for name in definition.form.parts}
    files = {name: forms[name][1] for name in definition.form.parts}
    content = canonical({"process": text, "file": file, "forms": used, "files": files})
    return (
        Draft(kind=PROCESS, name=definition.name, content=content, model=dump_model(definition)),
        definition,
    )


def dump_model(part: object) -> bytes:
    """The canonical JSON of what was understood."""
    return canonical(dump_definition(part))


def read_bundle(bundle: Mapping[str, object], params: Params | None) -> ProcessDefinition:
    forms, files = bundle["forms"], bundle["files"]
    assert isinstance(forms, dict)
    assert isinstance(files, dict)
    named = {name: (text, files[name]) for name, text in forms.items()}
    return load_bundle(str(bundle["process"]), str(bundle["file"]), named, params)


def load_bundle(
    text: str, file: str, forms: Mapping[str, tuple[str, str]], params: Params | None
) -> ProcessDefinition:
    """Read a process with its forms. Errors: `DefinitionProblems`."""
    return _load(text, file, tuple(forms.items()), params)


@lru_cache(maxsize=KEPT)
def _load(text: str, file: str, forms_given: FormTexts, params: Params | None) -> ProcessDefinition:
    forms = dict(forms_given)
    problems: list[Problem] = []
    loaded: dict[str, Form] = {}
    for name, (form_text, form_file) in forms.items():
        form, found = _load_form(form_text, form_file, params)
        problems += found
        if form is not None:
            loaded[name] = form
    definition, found = load_process(text, file, loaded, params)
    used = set(definition.form.parts) if definition else set(forms)
    files = {forms[name][1] for name in used} | {file}
    problems = [one for one in (*problems, *found) if one.source.file in files]
    if definition is None or problems:
        raise DefinitionProblems(problems)
    return definition


_load_form = lru_cache(maxsize=KEPT)(load_form)


@lru_cache(maxsize=KEPT)
def read_roster(text: str, file: str = "roster.yaml") -> Roster:
    """Read a roster. Errors: `DefinitionProblems`."""
    roster, problems = load_roster(text, file)
    if roster is None or problems:
        raise DefinitionProblems(problems)
    return roster


@lru_cache(maxsize=KEPT)
def read_params(text: str, file: str = "params.yaml") -> Params:
    """Read parameters. Errors: `DefinitionProblems`."""
    params, problems = load_params(text, file)
    if params is None or problems:
        raise DefinitionProblems(problems)
    return params


@lru_cache(maxsize=KEPT)
def read_calendar(text: str, file: str = "calendar/office.yaml") -> Calendar:
    """Read a work calendar. Errors: `DefinitionProblems`."""
    calendar, problems = load_calendar(text, file)
    if calendar is None or problems:
        raise DefinitionProblems(problems)
    return calendar
