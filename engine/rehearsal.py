"""Rehearsals: an office in memory where examples and walks are played with a clock of their own.

Everything is the real engine: a real store, real keys, real signatures. Only the time comes
from the script, and the people's keys are made for the occasion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction

from engine.catalog import (
    CALENDAR,
    PARAMS,
    ROSTER,
    Draft,
    draft_process,
    model_digest,
    read_calendar,
    read_params,
    read_roster,
)
from engine.desk import Desk, Dice, Receipt, Refused
from engine.errors import GuichengError, UsageError
from engine.evidence.keys import FileSigner, Signer, enrol, found, make_key
from engine.kernel.case import Case
from engine.kernel.command import Claim, Command, Fill, Perform, Release, TickItems
from engine.kernel.decide import CLAIM, FILL, RELEASE, TICK
from engine.language.definition import SEPARATOR, ProcessDefinition, Step
from engine.language.forms import Form, Row, Value, read_row, read_value
from engine.language.roster import Delegated, LeaveTaken, PostGranted, PostWithdrawn
from engine.scribe import instant
from engine.store.store import Query, Store
from engine.text import Text, say
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


@dataclass(frozen=True, slots=True)
class Miss:
    """An expectation that did not come true, and where it was written."""

    step: Step
    text: Text

    def show(self, language: str = "zh") -> str:
        return f"{self.step.source}: {self.text.show(language)}"


@dataclass(slots=True, kw_only=True)
class Played:
    """How a script went: what missed, and which ways of which actions were taken."""

    misses: list[Miss] = field(default_factory=list)
    steps: int = 0


class Office:
    """An office founded in memory: desk, worker, a settable clock, a key for everybody."""

    def __init__(
        self, texts: Texts, start: datetime, dice: Dice, store: Store | None = None
    ) -> None:
        self.now = start
        self.store = store or Store.in_memory(ORIGIN)
        self.service = FileSigner(make_key())
        self.desk = Desk(self.store, self.service, clock=self._tell_time, dice=dice)
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
        self.signers = {uid: FileSigner(make_key()) for uid in people}
        registrar = next(
            held.person
            for held in roster.holdings
            if held.post in roster.powers.get("register", ())
        )
        publisher = next(
            held.person for held in roster.holdings if held.post in roster.powers.get("publish", ())
        )
        origin, since = self.store.origin, instant(self.now)
        first = found(
            self.signers[registrar], self.service, origin, registrar, "file", since, (registrar,)
        )
        self.desk.change_keys(first, registrar, self.signers[registrar], "创立")
        for uid in people:
            if uid != registrar:
                change = enrol(self.signers[uid], origin, uid, "file", since)
                self.desk.change_keys(change, registrar, self.signers[registrar], "登记钥匙")
        drafts = [
            Draft(
                kind=ROSTER, name=ROSTER, content=texts.roster.encode(), model=model_digest(roster)
            ),
            Draft(
                kind=PARAMS, name=PARAMS, content=texts.params.encode(), model=model_digest(params)
            ),
            Draft(
                kind=CALENDAR,
                name=CALENDAR,
                content=texts.calendar.encode(),
                model=model_digest(calendar.name),
            ),
        ]
        for text, file in texts.processes.values():
            draft, definition = draft_process(text, file, texts.forms, params)
            drafts.append(draft)
            self.definitions[definition.name] = definition
        on = self.now.astimezone(self.zone).date()
        self.desk.publish(tuple(drafts), publisher, self.signers[publisher], on)

    def at(self, text: str) -> datetime:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def person(self, name: str) -> str:
        return self.desk.catalog.roster(self.now).person(name).id

    def find_person(self, name: str) -> str | None:
        found_one = self.desk.catalog.roster(self.now).find_person(name)
        return found_one.id if found_one else None


class Player:
    """Plays one script in an office and notes what did not come out as written."""

    def __init__(self, office: Office, process: str | None = None) -> None:
        self.office = office
        self.process = process
        self.aliases: dict[str, str] = {}
        self.last: str | None = None
        self.played = Played()

    def play(self, steps: Iterable[Step]) -> Played:
        for step in steps:
            self.played.steps += 1
            try:
                self._step(step)
            except GuichengError as error:
                self._miss(step, error.text)
                break
        return self.played

    def _miss(self, step: Step, text: Text) -> None:
        self.played.misses.append(Miss(step, text))

    def _step(self, step: Step) -> None:
        told = step.detail
        if "at" in told:
            self.office.now = self.office.at(str(told["at"]))
        else:
            self.office.now += timedelta(minutes=1)
        self.office.worker.tick()
        answer = self._do(step, told)
        if "count" in told:
            self._count(step, told["count"])
        self._find(told.get("find"))
        self._compare_answer(step, answer)
        then = told.get("then")
        for outcome in then if isinstance(then, list) else [then] if then else []:
            if isinstance(outcome, Mapping):
                Outcome(self, step, outcome).check()

    # -- doing -------------------------------------------------------------------------------

    def _do(self, step: Step, told: Mapping[str, object]) -> Receipt | Refused | None:
        if "who" not in told:
            return None
        actor = self.office.person(str(told["who"]))
        signer = self.office.signers[actor]
        if "start" in told:
            return self._start(told, actor, signer)
        if "do" in told:
            return self._perform(told, actor, signer)
        self._amend(told, actor, signer)
        return None

    def _start(self, told: Mapping[str, object], actor: str, signer: Signer) -> Receipt | Refused:
        name = str(told["start"])
        definition = self.office.definitions[name]
        values = self.values(definition.form, told.get("set"))
        answer = self.office.desk.start(name, actor, signer, values)
        if isinstance(answer, Receipt) and answer.case is not None:
            self.last = answer.case.id
            self.aliases[str(told.get("as", "它"))] = answer.case.id
            self.office.worker.follow(answer.case.id)
        return answer

    def _perform(self, told: Mapping[str, object], actor: str, signer: Signer) -> Receipt | Refused:
        case = self.case_of(told.get("on"))
        definition = self.office.desk.catalog.definition(case.definition)
        command = self.command(told, actor, definition)
        answer = self.office.desk.perform(case.id, command, signer)
        self.last = case.id
        self.office.worker.follow(case.id)
        return answer

    def command(
        self, told: Mapping[str, object], actor: str, definition: ProcessDefinition
    ) -> Command:
        """The command a step asks for."""
        principal = self.office.person(str(told["for"])) if "for" in told else None
        branch = str(told["branch"]) if "branch" in told else None
        values = self.values(definition.form, told.get("set"))
        match str(told["do"]):
            case action if action == CLAIM:
                return Claim(actor=actor, branch=branch)
            case action if action == RELEASE:
                return Release(actor=actor, branch=branch)
            case action if action == FILL:
                return Fill(actor=actor, values=values, principal=principal, branch=branch)
            case action if action == TICK:
                items = tuple(_words(told.get("item")))
                return TickItems(actor=actor, items=items, principal=principal, branch=branch)
            case action:
                return Perform(
                    action=action,
                    actor=actor,
                    principal=principal,
                    branch=branch,
                    reopen=tuple(_words(told.get("reopen"))),
                    values=values,
                    row=self._row(definition, action, told.get("row")),
                    reason=str(told["reason"]) if "reason" in told else None,
                )

    def _amend(self, told: Mapping[str, object], actor: str, signer: Signer) -> None:
        on = self.office.now.astimezone(self.office.zone).date()
        for name, given in told.items():
            if not isinstance(given, Mapping):
                continue
            from_ = _day(given.get("from"), on)
            until = _day(given.get("until"), None)
            if name in ("grant", "withdraw"):
                person, post = self.office.person(str(given["person"])), str(given["post"])
                change = (
                    PostGranted(post=post, person=person, from_=from_ or on, until=until)
                    if name == "grant"
                    else PostWithdrawn(post=post, person=person, from_=from_ or on)
                )
                self.office.desk.amend(change, actor, signer, "授予岗位")
            elif name == "delegate":
                to = self.office.person(str(given["to"]))
                delegation = Delegated(
                    from_person=actor, to_person=to, from_=from_ or on, until=until or on
                )
                self.office.desk.amend(delegation, actor, signer, "委托")
            elif name == "leave":
                leave = LeaveTaken(person=actor, from_=from_ or on, until=until or on)
                self.office.desk.amend(leave, actor, signer, "请假")
        self.office.worker.tick()

    def values(self, form: Form, given: object) -> dict[str, Value]:
        """Typed values from what a script gives. Errors: `UsageError`."""
        found: dict[str, Value] = {}
        for name, typed in given.items() if isinstance(given, Mapping) else ():
            one = form.field(str(name))
            if one is None:
                raise UsageError(say("表单没有字段“{name}”", name=str(name)))
            value = read_value(one, typed, self.office.zone, self.office.find_person)
            if isinstance(value, Text):
                raise UsageError(say("{field}:{text}", field=one.name, text=value))
            found[one.name] = value
        return found

    def _row(self, definition: ProcessDefinition, action: str, given: object) -> Row | None:
        table = next(
            (a.append for a in definition.all_actions() if a.name == action and a.append), None
        )
        one = definition.form.field(table or "")
        if one is None or not isinstance(given, Mapping):
            return None
        row = read_row(one, given, self.office.zone, self.office.find_person)
        if isinstance(row, Text):
            raise UsageError(row)
        return row

    # -- finding -----------------------------------------------------------------------------

    def case_of(self, alias: object) -> Case:
        """The case an alias names; without one, the case of the last step."""
        if alias is None:
            if self.last is None:
                raise UsageError(say("还没有案件可办"))
            return self.office.store.load_case(self.last)
        known = self.aliases.get(str(alias))
        return self.office.store.load_case(known or self.office.desk.require_case(str(alias)))

    def _find(self, wanted: object) -> None:
        for alias, how in wanted.items() if isinstance(wanted, Mapping) else ():
            if isinstance(how, Mapping):
                self.aliases[str(alias)] = self._found(str(alias), how)

    def _found(self, alias: str, how: Mapping[str, object]) -> str:
        where = how.get("where")
        parent = self.case_of(how["parent"]).id if "parent" in how else None
        rows = [
            row
            for row in self.office.store.cases(process=str(how.get("process")), parent=parent)
            if row.id not in self.aliases.values()
            and self._matches(row.id, where if isinstance(where, Mapping) else {})
        ]
        if not rows:
            raise UsageError(say("找不到案件“{alias}”", alias=alias))
        return rows[-1].id

    def _matches(self, case_id: str, where: Mapping[str, object]) -> bool:
        values = self.office.store.load_case(case_id).values
        return all(str(values.get(str(name))) == str(value) for name, value in where.items())

    # -- comparing ---------------------------------------------------------------------------

    def _compare_answer(self, step: Step, answer: Receipt | Refused | None) -> None:
        wanted = step.detail.get("refused")
        if isinstance(answer, Refused):
            reasons = tuple(reason.text for reason in answer.refusal.reasons)
            if wanted is None:
                self._miss(
                    step, say("被拒绝 [{code}]:{why}", code=answer.refusal.code, why=reasons)
                )
            elif str(wanted) != answer.refusal.code:
                self._miss(
                    step,
                    say(
                        "应以 {wanted} 拒绝,实为 {code}:{why}",
                        wanted=str(wanted),
                        code=answer.refusal.code,
                        why=reasons,
                    ),
                )
            hint = step.detail.get("say")
            if hint is not None and not any(str(hint) in str(text) for text in reasons):
                self._miss(step, say("拒绝理由里没有“{hint}”", hint=str(hint)))
        elif wanted is not None:
            self._miss(step, say("应以 {wanted} 拒绝,却办成了", wanted=str(wanted)))

    def _count(self, step: Step, wanted: object) -> None:
        """`count: {流程: n}`: how many cases of a process there are."""
        for process, number in wanted.items() if isinstance(wanted, Mapping) else ():
            found_ones = len(self.office.store.cases(process=str(process)))
            if str(found_ones) != str(number):
                self._miss(
                    step,
                    say(
                        "“{process}”应有 {wanted} 案,实有 {found} 案",
                        process=str(process),
                        wanted=str(number),
                        found=found_ones,
                    ),
                )


@dataclass(slots=True)
class Outcome:
    """One `then`: what must be true of a case now."""

    player: Player
    step: Step
    wanted: Mapping[str, object]

    def check(self) -> None:
        checks: Mapping[str, Callable[[Case, object], Iterator[Text]]] = {
            "state": self._state,
            "asked": self._asked,
            "not_asked": self._not_asked,
            "due": self._due,
            "signed": self._signed,
            "fields": self._fields,
            "rounds": self._rounds,
            "late": self._late,
            "on_time": self._on_time,
            "closed": self._closed,
            "children": self._children,
        }
        if "share" in self.wanted:
            self._tell(self._share(self.wanted["share"]))
        if "refusals" in self.wanted:
            self._tell(self._refusals(self.wanted["refusals"]))
        if not set(self.wanted) & set(checks):
            return
        case = self.player.case_of(self.wanted.get("case"))
        for name, one in checks.items():
            if name in self.wanted:
                self._tell(one(case, self.wanted[name]))

    def _tell(self, sentences: Iterator[Text]) -> None:
        for sentence in sentences:
            self.player.played.misses.append(Miss(self.step, sentence))

    def _names(self, people: Iterable[str]) -> set[str]:
        roster = self.player.office.desk.catalog.roster(self.player.office.now)
        return {roster.name_of(person) for person in people}

    def _state(self, case: Case, wanted: object) -> Iterator[Text]:
        if set(_words(wanted)) != set(case.configuration):
            yield say(
                "{number} 应在“{wanted}”,实在“{found}”",
                number=case.number,
                wanted=tuple(_words(wanted)),
                found=case.configuration,
            )

    def _asked(self, case: Case, wanted: object) -> Iterator[Text]:
        found_ones = self._names(p for task in case.open_tasks for p in task.people)
        if set(_words(wanted)) != found_ones:
            yield say(
                "此时应找 {wanted},实找 {found}",
                wanted=tuple(_words(wanted)),
                found=tuple(sorted(found_ones)),
            )

    def _not_asked(self, case: Case, wanted: object) -> Iterator[Text]:
        found_ones = self._names(p for task in case.tasks for p in task.people)
        for name in _words(wanted):
            if name in found_ones:
                yield say("不应找 {name}", name=name)

    def _due(self, case: Case, wanted: object) -> Iterator[Text]:
        known = {
            timer.state or timer.action: timer.due
            for timer in case.timers
            if timer.kind != "remind"
        }
        known |= {
            one.timer.state: one.timer.due for one in case.ended if one.timer.state not in known
        }
        for state, moment in wanted.items() if isinstance(wanted, Mapping) else ():
            due = next((at for path, at in known.items() if _called(path or "", str(state))), None)
            if due != self.player.office.at(str(moment)):
                shown = due.astimezone(self.player.office.zone) if due else None
                yield say(
                    "“{state}”期限应为 {wanted},实为 {found}",
                    state=str(state),
                    wanted=str(moment),
                    found=str(shown),
                )

    def _signed(self, case: Case, wanted: object) -> Iterator[Text]:
        found_ones = self._names(act.principal or act.actor for act in case.acts)
        for name in _words(wanted):
            if name not in found_ones:
                yield say("{name} 没有签", name=name)

    def _fields(self, case: Case, wanted: object) -> Iterator[Text]:
        for name, value in wanted.items() if isinstance(wanted, Mapping) else ():
            found_one = case.values.get(str(name))
            if isinstance(value, list):
                rows = found_one if isinstance(found_one, tuple) else ()
                if len(rows) != len(value) or not all(
                    _row_fits(row, like) for row, like in zip(rows, value, strict=True)
                ):
                    yield say(
                        "“{name}”各行应为 {wanted},实为 {found}",
                        name=str(name),
                        wanted=str(value),
                        found=str(rows),
                    )
            elif not _fits(found_one, value):
                yield say(
                    "“{name}”应为 {wanted},实为 {found}",
                    name=str(name),
                    wanted=str(value),
                    found=str(found_one),
                )

    def _rounds(self, case: Case, wanted: object) -> Iterator[Text]:
        for action, number in wanted.items() if isinstance(wanted, Mapping) else ():
            if str(case.rounds(str(action))) != str(number):
                yield say(
                    "“{action}”应有 {wanted} 次,实有 {found} 次",
                    action=str(action),
                    wanted=str(number),
                    found=case.rounds(str(action)),
                )

    def _late(self, case: Case, wanted: object) -> Iterator[Text]:
        late = {one.timer.state for one in case.ended if one.late}
        for state in _words(wanted):
            if not any(_called(path, state) for path in late):
                yield say("“{state}”应为超期", state=state)

    def _on_time(self, case: Case, wanted: object) -> Iterator[Text]:
        late = {one.timer.state for one in case.ended if one.late}
        met = {one.timer.state for one in case.ended if not one.late}
        for state in _words(wanted):
            if any(_called(path, state) for path in late) or not any(
                _called(path, state) for path in met
            ):
                yield say("“{state}”应为按时", state=state)

    def _closed(self, case: Case, wanted: object) -> Iterator[Text]:
        if str(case.result or "false") != str(wanted):
            yield say(
                "{number} 结果应为 {wanted},实为 {found}",
                number=case.number,
                wanted=str(wanted),
                found=str(case.result),
            )

    def _children(self, case: Case, wanted: object) -> Iterator[Text]:
        for process, number in wanted.items() if isinstance(wanted, Mapping) else ():
            rows = self.player.office.store.cases(process=str(process), parent=case.id)
            if str(len(rows)) != str(number):
                yield say(
                    "“{process}”子案应有 {wanted} 件,实有 {found} 件",
                    process=str(process),
                    wanted=str(number),
                    found=len(rows),
                )

    def _refusals(self, wanted: object) -> Iterator[Text]:
        for code, number in wanted.items() if isinstance(wanted, Mapping) else ():
            rows = self.player.office.store.query(Query(refusals=True, code=str(code)))
            if str(len(rows)) != str(number):
                yield say(
                    "{code} 应有 {wanted} 次,实有 {found} 次",
                    code=str(code),
                    wanted=str(number),
                    found=len(rows),
                )

    def _share(self, wanted: object) -> Iterator[Text]:
        """The share of a process's cases of a period that reached a state by a moment."""
        if not isinstance(wanted, Mapping):
            return
        by = self.player.office.at(str(wanted["by"]))
        rows = [
            row
            for row in self.player.office.store.cases(process=str(wanted["process"]))
            if row.period == str(wanted["period"])
        ]
        cases = [self.player.office.store.load_case(row.id) for row in rows]
        met = [
            case
            for case in cases
            if any(
                _called(path, str(wanted["reached"])) and at <= by
                for path, at in case.entered.items()
            )
        ]
        top, _, bottom = str(wanted["is"]).partition("/")
        if not cases or Fraction(len(met), len(cases)) != Fraction(int(top), int(bottom)):
            yield say(
                "应为 {wanted},实为 {found}/{all}",
                wanted=str(wanted["is"]),
                found=len(met),
                all=len(cases),
            )


def covered(store: Store, definition: ProcessDefinition) -> frozenset[tuple[str, str]]:
    """The (state, action) pairs of a process that some case in the store has gone through."""
    taken: set[tuple[str, str]] = set()
    for row in store.cases(process=definition.name):
        taken |= {(act.state, act.action) for act in store.load_case(row.id).acts}
    return frozenset(taken)


def _words(value: object) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _called(path: str, name: str) -> bool:
    return path == name or path.rpartition(SEPARATOR)[2] == name


def _fits(value: object, wanted: object) -> bool:
    if isinstance(value, bool):
        return str(wanted) in (("是", "true") if value else ("否", "false"))
    return str(value if value is not None else "") == str(wanted)


def _row_fits(row: object, wanted: object) -> bool:
    return (
        isinstance(row, Mapping)
        and isinstance(wanted, Mapping)
        and all(_fits(row.get(str(name)), value) for name, value in wanted.items())
    )


def _day(value: object, default: date | None) -> date | None:
    return date.fromisoformat(str(value)) if value is not None else default
