"""Plays a script, step by step, and notes what did not come out as written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from engine.desk import Receipt, Refused
from engine.errors import GuichengError, UnknownName, UsageError
from engine.evidence.record import SERVICE
from engine.evidence.signing import Signer
from engine.evidence.suite import Suite
from engine.kernel.case import Case
from engine.kernel.command import (
    Claim,
    Command,
    Everyday,
    Fill,
    Paper,
    Perform,
    Release,
    TickItems,
    is_everyday,
)
from engine.language.definition import CLAIM, FILL, RELEASE, SYSTEM, TICK, ProcessDefinition, Step
from engine.language.forms import Attachment, Form, Row, Value, find_people, read_row, read_value
from engine.registry import ACTS
from engine.rehearsal.amendments import AMENDMENTS, amendment_of
from engine.rehearsal.office import Office
from engine.rehearsal.outcome import Miss, Outcome, words
from engine.text import Text, say


@dataclass(slots=True, kw_only=True)
class Played:
    """How a script went: what missed, and which ways of which actions were taken."""

    misses: list[Miss] = field(default_factory=list)
    steps: int = 0


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
        if "given" in told:
            self._play_given(str(told["given"]))
            return
        if "at" in told:
            self.office.now = self.office.at(str(told["at"]))
        else:
            self.office.now += timedelta(minutes=1)
        self.office.worker.tick()
        answer = self._do(step, told)
        if "count" in told:
            self._count(step, told["count"])
        self._compare_answer(step, answer)
        self._find(told.get("find"))
        then = told.get("then")
        for outcome in then if isinstance(then, list) else [then] if then else []:
            if isinstance(outcome, Mapping):
                Outcome(self.office, self.case_of, step, outcome, self.played.misses).check()

    def _play_given(self, name: str) -> None:
        """Play another procedure's example first: `流程/例名`."""
        process, _, wanted = name.partition("/")
        definition = self.office.definitions.get(process)
        examples = definition.examples if definition else ()
        example = next((one for one in examples if one.name == wanted), None)
        if example is None:
            known = [one.name for one in examples] or list(self.office.definitions)
            raise UnknownName(say("例"), wanted if examples else process, known)
        outer, self.process = self.process, process
        for step in example.steps:
            self._step(step)
        self.process = outer

    # -- doing -------------------------------------------------------------------------------

    def _do(self, step: Step, told: Mapping[str, object]) -> Receipt | Refused | None:
        if "who" not in told:
            return None
        if "start" in told and told["who"] == SYSTEM:
            return self._start(told, SERVICE, self.office.service)
        actor = self.office.person(str(told["who"]))
        signer = self.office.signers[actor]
        if "start" in told:
            return self._start(told, actor, signer)
        if "do" in told:
            return self._perform(told, actor, signer)
        return self._amend(told, actor, signer)

    def _start(self, told: Mapping[str, object], actor: str, signer: Signer) -> Receipt | Refused:
        name = str(told["start"])
        definition = self.office.definitions[name]
        values = self.values(definition.form, told.get("set")) | self._attached(told)
        behind = self.office.person(str(told["initiator"])) if "initiator" in told else None
        signed, paper = self._paper(told, actor)
        files = (*contents_of(told), *scans_of(paper))
        answer = self.office.desk.start(
            name, signed, signer, values, initiator=behind, paper=paper, files=files
        )
        if isinstance(answer, Receipt) and answer.case is not None:
            self.last = answer.case.id
            self.aliases[str(told.get("as", "它"))] = answer.case.id
            self.office.worker.follow(answer.case.id)
        return answer

    def _perform(self, told: Mapping[str, object], actor: str, signer: Signer) -> Receipt | Refused:
        case = self.case_of(told.get("on"))
        definition = self.office.desk.catalog.definition(case.definition)
        command = self.command(told, actor, definition)
        paper = command.paper if isinstance(command, Perform) else None
        files = (*contents_of(told), *scans_of(paper))
        answer = self.office.desk.perform(case.id, command, signer, files=files)
        self.last = case.id
        self.office.worker.follow(case.id)
        return answer

    def command(
        self, told: Mapping[str, object], actor: str, definition: ProcessDefinition
    ) -> Command:
        """The command a step asks for."""
        principal = self.office.person(str(told["for"])) if "for" in told else None
        branch = str(told["branch"]) if "branch" in told else None
        values = self.values(definition.form, told.get("set")) | self._attached(told)
        match str(told["do"]):
            case action if action == CLAIM:
                return Claim(actor=actor, branch=branch)
            case action if action == RELEASE:
                return Release(actor=actor, branch=branch)
            case action if action == FILL:
                return Fill(actor=actor, values=values, principal=principal, branch=branch)
            case action if action == TICK:
                items = tuple(words(told.get("item")))
                return TickItems(actor=actor, items=items, principal=principal, branch=branch)
            case action if is_everyday(definition, action, told.get("to")):
                return self._everyday(told, actor, principal, values)
            case action:
                signed, paper = self._paper(told, actor)
                return Perform(
                    action=action,
                    actor=signed,
                    principal=principal,
                    branch=branch,
                    reopen=tuple(words(told.get("reopen"))),
                    values=values,
                    row=self._row(definition, action, told.get("row")),
                    reason=str(told["reason"]) if "reason" in told else None,
                    paper=paper,
                )

    def _everyday(
        self,
        told: Mapping[str, object],
        actor: str,
        principal: str | None,
        values: dict[str, Value],
    ) -> Everyday:
        to = words(told.get("to"))
        people = (self.office.find_person(one) for one in to)
        return Everyday(
            verb=str(told["do"]),
            actor=actor,
            principal=principal,
            branch=str(told["branch"]) if "branch" in told else None,
            people=tuple(one for one in people if one),
            state=to[0] if to else None,
            is_before=told.get("place") != "after",
            returns=told["returns"] == "back" if "returns" in told else None,
            until=_day(told.get("until"), None),
            values=values,
            reason=str(told["reason"]) if "reason" in told else None,
        )

    def _attached(self, told: Mapping[str, object]) -> dict[str, Value]:
        suite = self.office.store.suite
        return {field: _file(name, suite) for field, name in attached_to(told).items()}

    def _paper(self, told: Mapping[str, object], clerk: str) -> tuple[str, Paper | None]:
        """Who did it, and how a clerk enters it afterwards: `paper: {signer, happened, scan}`."""
        given = told.get("paper")
        if not isinstance(given, Mapping):
            return clerk, None
        scan = str(given.get("scan", ""))
        paper = Paper(
            recorder=clerk,
            happened=self.office.at(str(given["happened"])),
            scans=(_file(scan, self.office.store.suite),) if scan else (),
        )
        return self.office.person(str(given["signer"])), paper

    def _amend(
        self, told: Mapping[str, object], actor: str, signer: Signer
    ) -> Receipt | Refused | None:
        """A change of people: grant, withdraw, delegate, leave, qualify, liaison or leaver."""
        on = self.office.now.astimezone(self.office.zone).date()
        answer: Receipt | Refused | None = None
        for word, given in told.items():
            if isinstance(given, Mapping) and word in AMENDMENTS:
                people = {
                    name: self.office.person(str(given[name]))
                    for name in ("person", "to")
                    if name in given
                }
                change = amendment_of(word, {**given, **people}, actor, on)
                answer = self.office.registry.amend(change, actor, signer, ACTS[type(change)])
        self.office.worker.tick()
        return answer

    def values(self, form: Form, given: object) -> dict[str, Value]:
        """Typed values from what a script gives. Errors: `UsageError`."""
        found: dict[str, Value] = {}
        for name, typed in given.items() if isinstance(given, Mapping) else ():
            one = form.field(str(name))
            if one is None:
                raise UsageError(say("表单没有字段“{name}”", name=str(name)))
            value = read_value(one, typed, self.office.zone, find_people(self.office.find_person))
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
        row = read_row(one, given, self.office.zone, find_people(self.office.find_person))
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
            rules = {reason.rule for reason in answer.refusal.reasons}
            told = hint is None or str(hint) in rules
            if not told and not any(str(hint) in str(text) for text in reasons):
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


def _file(name: str, suite: Suite) -> Attachment:
    """A file a script names: its content is its name, for want of the file."""
    content = name.encode()
    return Attachment(name=name, size=len(content), digest=suite.digest(content))


def attached_to(told: Mapping[str, object]) -> dict[str, str]:
    """The names of the files a step attaches, by field: `attach: {签到表: 签到表.pdf}`."""
    given = told.get("attach")
    pairs = given.items() if isinstance(given, Mapping) else ()
    return {str(field): str(name) for field, name in pairs}


def contents_of(told: Mapping[str, object]) -> tuple[bytes, ...]:
    """The contents of the files a step attaches: their names, as above."""
    return tuple(name.encode() for name in attached_to(told).values())


def scans_of(paper: Paper | None) -> tuple[bytes, ...]:
    """The contents of the scans a script names: their names, for want of a scanner."""
    return tuple(one.name.encode() for one in paper.scans) if paper else ()


def _day(value: object, default: date | None) -> date | None:
    return date.fromisoformat(str(value)) if value is not None else default
