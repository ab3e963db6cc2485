"""Offices that live for some days: random people do what they may, or try what they may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random

from engine.desk import Receipt, Refused
from engine.errors import GuichengError
from engine.evidence.keys import rotate
from engine.evidence.record import SERVICE
from engine.evidence.redaction import is_redactable
from engine.evidence.signing import FileSigner, make_key
from engine.kernel.case import Case
from engine.kernel.command import Claim, Command, Paper, Perform, TickItems
from engine.kernel.options import options
from engine.language.amendments import Amendment, Delegated, LeaveEnded, LeaveTaken
from engine.language.definition import ProcessDefinition
from engine.language.expressions import names
from engine.language.forms import Attachment, FieldType, Value
from engine.language.rights import fields_in
from engine.redacting import Hand, redact
from engine.registry import ACTS, ROTATE
from engine.rehearsal.office import Office
from engine.scribe import instant
from tests.engine.test_random_walks import office_branches, some_value

Answer = Receipt | Refused | None
CLERKS = (
    "丁一凡",
    "顾敏",
    "苏晓",
    "方宁",
)  # who may enter what was done on paper, in one procedure


ITEMS = tuple(f"P00{n}" for n in range(1, 8))


class Living:
    """An office and dice. `did` counts what was done, and what was refused, by kind."""

    def __init__(self, office: Office, dice: Random) -> None:
        self.office, self.dice = office, dice
        self.did: Counter[str] = Counter()
        self.people = sorted(office.signers)

    def turn(self) -> None:
        """Time goes on, and somebody does something."""
        self.office.now += timedelta(minutes=self.dice.choice((2, 15, 40, 300, 1500)))
        self.office.worker.tick()
        kind, do, _ = self.dice.choices(DAY, weights=[one[2] for one in DAY])[0]
        if not self.did["begun"]:
            kind, do, _ = DAY[0]
        try:
            answer = do(self)
        except GuichengError:
            self.did["error"] += 1  # asked for what is not there: no record
            return
        if answer is not None:
            self.did[kind if isinstance(answer, Receipt) else "refused"] += 1

    # -- cases -----------------------------------------------------------------------------

    def begin(self) -> Answer:
        """A new case of any procedure, by somebody who may or may not."""
        name = self.dice.choice(sorted(self.office.definitions))
        definition = self.office.definitions[name]
        values = self._values(definition)
        if definition.is_opened_by_system:
            who = self.dice.choice(self.people)
            return self._follow(
                self.office.desk.start(name, SERVICE, self.office.service, values, initiator=who)
            )
        first = {one for state in definition.first_states() for one in state.edit}
        asked = {n: v for n, v in values.items() if n in fields_in(first)}
        answer: Answer = None
        for who in self.dice.sample(self.people, 8):
            answer = self.office.desk.start(name, who, self.office.signers[who], asked)
            if isinstance(answer, Receipt):
                break
        return self._follow(answer)

    def open_cards(self) -> Answer:
        """The opening balances of some items, up to their approval; what was opened is refused."""
        items = self.dice.sample(ITEMS, self.dice.randint(1, 3))
        lines = tuple(
            {
                "物品": item,
                "数量": self.dice.randint(1, 90),
                "单价": Decimal(self.dice.randint(1, 999)),
            }
            for item in items
        )
        keeper, accountant, head = map(self.office.person, ("丁一凡", "孙蕾", "韩江"))
        answer = self._follow(
            self.office.desk.start("期初建账", keeper, self.office.signers[keeper], {"期初": lines})
        )
        for who, action in ((keeper, "提交"), (accountant, "核对"), (head, "批准")):
            if not isinstance(answer, Receipt) or answer.case is None:
                break
            command = Perform(actor=who, action=action)
            signer = self.office.signers[who]
            answer = self._follow(self.office.desk.perform(answer.case.id, command, signer))
        return answer

    def act(self) -> Answer:
        """Something that is open in a case, mostly by somebody it is open to."""
        return self._act(self._perform)

    def claim(self) -> Answer:
        return self._act(lambda case, who, _, branch: Claim(actor=who, branch=branch))

    def paper(self) -> Answer:
        """What somebody signed on paper, entered by a clerk with a scan."""

        def command(case: Case, who: str, action: str, branch: str) -> Command:
            scan = f"scan {self.dice.random()}".encode()
            self.files = (scan,)
            digest = self.office.store.suite.digest(scan)
            clerk = self.office.person(self.dice.choice(CLERKS))
            kept = Attachment(name="scan.pdf", size=len(scan), digest=digest)
            happened = self.office.now - timedelta(minutes=1)
            return Perform(
                action=action,
                actor=who,
                branch=branch,
                reason="因故",
                paper=Paper(recorder=clerk, happened=happened, scans=(kept,)),
            )

        return self._act(command, lambda definition: definition.paper is not None)

    def _act(
        self,
        make: Callable[[Case, str, str, str], Command],
        is_fit: Callable[[ProcessDefinition], bool] = lambda _: True,
    ) -> Answer:
        found = self._case(is_fit)
        if found is None:
            return None
        case, definition = found
        possible = list(options(definition, case))
        if not possible:
            return None
        self.files: tuple[bytes, ...] = ()
        option = self.dice.choice(possible)
        asked = [
            one
            for task in case.open_tasks
            if task.state == option.state.path
            for one in task.people
        ]
        who = self.dice.choice(asked if asked and self.dice.random() < 0.85 else self.people)
        if option.state.checklist is not None:
            ticks = TickItems(actor=who, items=(), branch=option.state.name)
            self.office.desk.perform(case.id, ticks, self.office.signers[who])
        command = make(case, who, option.action.name, option.state.name)
        signs = command.paper.recorder if isinstance(command, Perform) and command.paper else who
        answer = self.office.desk.perform(
            case.id, command, self.office.signers[signs], files=self.files
        )
        self.office.worker.follow(case.id)
        return answer

    def _perform(self, case: Case, who: str, action: str, branch: str) -> Command:
        definition = self.office.desk.catalog.definition(case.definition)
        option = next(
            one
            for one in options(definition, case)
            if (one.action.name, one.state.name) == (action, branch)
        )
        values = self._values(definition)
        wanted = fields_in((*option.state.edit, *option.action.edit))
        return Perform(
            action=action,
            actor=who,
            branch=branch,
            reason="因故",
            reopen=tuple(office_branches(definition, option.action)),
            values={n: v for n, v in values.items() if n in wanted and self.dice.random() < 0.6},
        )

    def _case(
        self, is_fit: Callable[[ProcessDefinition], bool]
    ) -> tuple[Case, ProcessDefinition] | None:
        """An open case of a procedure that is fit."""
        fit = [name for name, one in self.office.definitions.items() if is_fit(one)]
        rows = [row.id for row in self.office.store.cases(is_open=True) if row.process in fit]
        if not rows:
            return None
        case = self.office.store.load_case(self.dice.choice(rows))
        return case, self.office.desk.catalog.definition(case.definition)

    def _values(self, definition: ProcessDefinition) -> dict[str, Value]:
        salt = self.dice.randrange(10_000)
        values = {
            one.name: some_value(one, self.office, salt + place)
            for place, one in enumerate(definition.form.fields)
            if one.compute is None and one.type is not FieldType.ATTACHMENT
        }
        for action in definition.all_actions():
            if action.at is not None and action.at.of is not None:
                values |= dict.fromkeys(names(action.at.of), "2026-11")
        return values

    def _follow(self, answer: Answer) -> Answer:
        if isinstance(answer, Receipt) and answer.case is not None:
            self.office.worker.follow(answer.case.id)
        return answer

    # -- people and keys -------------------------------------------------------------------

    def leave(self) -> Answer:
        """Somebody goes on leave for a few days, or comes back."""
        who, day = self.dice.choice(self.people), self.office.now.date()
        if self.dice.random() < 0.3:
            return self._amend(LeaveEnded(person=who, from_=day), who)
        until = day + timedelta(days=self.dice.randrange(4))
        return self._amend(LeaveTaken(person=who, from_=day, until=until), who)

    def delegate(self) -> Answer:
        who, other = self.dice.choice(self.people), self.dice.choice(self.people)
        day = self.office.now.date()
        until = day + timedelta(days=self.dice.randrange(9))
        given = Delegated(from_person=who, to_person=other, from_=day, until=until, processes=())
        return self._amend(given, who if self.dice.random() < 0.8 else other)

    def _amend(self, change: Amendment, who: str) -> Answer:
        signer = self.office.signers[who]
        return self.office.registry.amend(change, who, signer, ACTS[type(change)])

    def rotate(self) -> Answer:
        """Somebody's key gives way to a new one."""
        who, new = self.dice.choice(self.people), FileSigner(make_key(self.office.store.suite))
        old, origin = self.office.signers[who], self.office.store.origin
        change = rotate(old.key_id, new, origin, who, "file", instant(self.office.now))
        answer = self.office.registry.change_keys(change, who, old, ROTATE)
        if isinstance(answer, Receipt):
            self.office.signers[who] = new
        return answer

    def redact(self) -> Answer:
        """A value is destroyed, by somebody who may, with the consent of another."""
        rows = self.office.store.cases()
        if not rows:
            return None
        case = self.dice.choice(rows)
        paths = [
            (stored.seq, path)
            for stored in self.office.store.records(f"case/{case.id}")
            for path in stored.disclosed("")
            if is_redactable(path)
        ]
        if not paths:
            return None
        seq, path = self.dice.choice(paths)
        who = self.office.person(self.dice.choice(("吴桐", "吴桐", "林岚")))
        head = self.office.person("韩江")
        two = (Hand(uid=one, signer=self.office.signers[one]) for one in (who, head))
        return redact(self.office.desk, case.id, seq, (path,), "某法第 47 条", *two)


DAY: tuple[tuple[str, Callable[[Living], Answer], int], ...] = (
    ("begun", Living.begin, 3),
    ("opened", Living.open_cards, 2),
    ("done", Living.act, 12),
    ("claimed", Living.claim, 1),
    ("on paper", Living.paper, 4),
    ("on leave", Living.leave, 1),
    ("delegated", Living.delegate, 1),
    ("key changed", Living.rotate, 1),
    ("destroyed", Living.redact, 1),
)
