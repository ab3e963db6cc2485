"""One command from end to end: the only place where clock, dice, store, rules and kernel meet.

Reading, deciding and signing happen outside any lock; then one short transaction compares
every head that was read and writes. If something moved, it all starts over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from engine import scribe
from engine.catalog import DEFS, KEYS, ORG, Edition
from engine.errors import StoreConflict, UnknownName, UsageError
from engine.evidence.signing import Signer
from engine.filing import ATTEMPTS, Clock, Dice, Filing
from engine.kernel.case import Case
from engine.kernel.command import Command, Decision, Paper, Perform, Refusal
from engine.kernel.decide import decide
from engine.kernel.opening import Open, open_case
from engine.kernel.situation import Seen, Situation
from engine.language.definition import ProcessDefinition
from engine.language.forms import Values
from engine.receipts import Look, Receipt, Refused
from engine.store.bookings import StoredDiaries
from engine.store.books import StoredShelf
from engine.store.elsewhere import StoredElsewhere
from engine.store.rows import Moved, Repeated
from engine.store.store import Store
from engine.text import say

__all__ = ["ATTEMPTS", "Desk", "Dice", "Look", "Receipt", "Refused", "system_clock"]

MOST_TOLD = 5  # numbers told of the cases that an end may mean


def system_clock() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


class Desk(Filing):
    """Where commands are handled."""

    def __init__(
        self, store: Store, service: Signer, clock: Clock = system_clock, dice: Dice = os.urandom
    ) -> None:
        super().__init__(store, service, clock, dice)

    # -- what a clerk asks ----------------------------------------------------------

    def perform(
        self,
        reference: str,
        command: Command,
        signer: Signer,
        *,
        request: str | None = None,
        files: tuple[bytes, ...] = (),
    ) -> Receipt | Refused:
        """Handle one command on a case, signed by `signer`; `files` are attached contents.

        What was done on paper is signed by the clerk who enters it. A repeated `request`
        returns the receipt of the first time. Errors: `UsageError` for what does not exist,
        `StoreConflict` if the case would not stand still.
        """
        case_id = self.require_case(reference)
        wanted = request or self.new_id()
        for _ in range(ATTEMPTS):
            known = self._known(wanted)
            if known is not None:
                return known
            answer = self._attempt(case_id, command, signer, wanted, files)
            if answer is not None:
                return answer
        raise StoreConflict

    def try_out(self, reference: str, command: Command) -> Decision | Refusal:
        """What `perform` would decide, without doing or recording anything."""
        look = self.look(self.require_case(reference), paper_of(command))
        return decide(look.case, command, look.situation, look.seq)

    def try_start(self, process: str, actor: str, values: Values) -> Decision | Refusal:
        """What `start` would decide, without opening or recording anything."""
        at = self.clock()
        self.refresh()
        edition, definition = self.catalog.process(process, self.day(at))
        order = self._order(edition, definition, actor, values, at)
        return open_case(order, self.bare_situation(edition, at), actor)

    def start(
        self,
        process: str,
        actor: str,
        signer: Signer,
        values: Values,
        *,
        request: str | None = None,
        files: tuple[bytes, ...] = (),
        initiator: str | None = None,
        paper: Paper | None = None,
    ) -> Receipt | Refused:
        """Open a case on the actor's own initiative, or as SYSTEM on that of `initiator`."""
        wanted = request or self.new_id()
        for _ in range(ATTEMPTS):
            known = self._known(wanted)
            if known is not None:
                return known
            at = paper.happened if paper else self.clock()
            self.refresh()
            edition, definition = self.catalog.process(process, self.day(at))
            order = self._order(edition, definition, initiator or actor, values, at)
            try:
                return self.open(replace(order, paper=paper), at, actor, signer, wanted, files)
            except (Moved, Repeated):
                continue
        raise StoreConflict

    def require_case(self, reference: str) -> str:
        """The id of a case by id, number, or an unambiguous end of its number."""
        found = self.find_case(reference)
        if found is None:
            raise UnknownName(say("案件"), reference, [row.number for row in self.store.cases()])
        return found

    def find_case(self, reference: str) -> str | None:
        """The same, or None if there is none. Errors: `UsageError` if it may be one of several."""
        found = self.store.find_case(reference)
        if found is None and reference:
            _require_unmistakable(reference, [row.number for row in self.store.cases()])
        return found

    def case(self, reference: str) -> Case:
        return self.store.load_case(self.require_case(reference))

    # -- what bears on a case --------------------------------------------------------

    def look(self, case_id: str, paper: Paper | None = None) -> Look:
        """A case and all that bears on it, with every head as it was before it was read.

        What happened on paper is looked at as of the day it happened.

        Heads come first: whatever is read after may only be newer, and then the write
        finds that something moved and everything is looked at again.
        """
        stream = f"case/{case_id}"
        relatives = self.store.family(case_id)
        names = (stream, ORG, KEYS, DEFS, *(f"case/{one}" for one in relatives))
        heads = self.heads(*names)
        self.refresh()
        now = self.clock()
        at = paper.happened if paper else now
        case = self.store.load_case(case_id)
        situation = Situation(
            at=at,
            recorded=now,
            definition=self.catalog.definition(case.definition),
            chart=self.catalog.chart(case.definition),
            roster=self.catalog.roster(at),
            params=self.catalog.params(case.params),
            calendar=self.catalog.calendar(self.day(at)),
            others=self.store.acts(relatives),
            collector=self._collector(case, at),
            parent=self._seen(case.parent),
            shelf=StoredShelf(self.store),
            diaries=StoredDiaries(self.store),
            elsewhere=StoredElsewhere(self.store),
            processes=self.catalog.process_names(self.day(at)),
        )
        return Look(case=case, situation=situation, stream=stream, heads=heads)

    def collectors(self, case: Case, at: datetime) -> Iterator[str]:
        """The cases that gather, or may gather, this one."""
        for definition in self.catalog.gatherers(case.process, self.day(at)):
            gather = definition.gather
            key = case.values.get(gather.key) if gather else None
            if gather is not None and key is not None:
                for row in self.store.cases(process=definition.name, field=(gather.key, str(key))):
                    yield row.id

    def _seen(self, case_id: str | None) -> Seen | None:
        if case_id is None:
            return None
        case = self.store.load_case(case_id)
        return Seen(
            case=case.id,
            number=case.number,
            reached=frozenset(case.entered),
            is_voided=bool(case.to_sign_again()),
        )

    def _collector(self, case: Case, at: datetime) -> Seen | None:
        return next((self._seen(found) for found in self.collectors(case, at)), None)

    # -- inside --------------------------------------------------------------------------

    def _attempt(
        self,
        case_id: str,
        command: Command,
        signer: Signer,
        request: str,
        files: tuple[bytes, ...],
    ) -> Receipt | Refused | None:
        paper = paper_of(command)
        look = self.look(case_id, paper)
        answer: Decision | Refusal
        signs = signer
        writer = paper.recorder if paper else command.actor
        if not self.keys().is_valid(writer, signer.key_id):
            problem = self.key_problem(signer, look.situation.roster.name_of(writer))
            paper = None
            name = command.action if isinstance(command, Perform) else type(command).__name__
            answer = Refusal(action=name, state=look.case.configuration[0], reasons=(problem,))
            signs = self.service
        else:
            answer = decide(look.case, command, look.situation, look.seq)
        try:
            return self.record(look, answer, command.actor, signs, request, paper, files)
        except (Moved, Repeated):
            return None

    def _known(self, request: str) -> Receipt | Refused | None:
        found = self.store.find_request(request)
        if found is None:
            return None
        stored = next(self.store.records(found[0], after=found[1] - 1))
        case = self.store.load_case(stored.body.case.id) if stored.body.case is not None else None
        if stored.body.typ == "refusal":
            node = stored.body.task.node if stored.body.task else ""
            reasons = scribe.reasons_of(stored)
            return Refused(
                case=case,
                refusal=Refusal(action=stored.body.act, state=node, reasons=reasons),
                seq=found[1],
                digest=stored.record.digest,
                at=stored.at,
            )
        return Receipt(
            case=case,
            stream=found[0],
            seq=found[1],
            digest=stored.record.digest,
            at=stored.at,
            action=stored.body.act,
            events=stored.events,
            repeated=True,
        )

    def _order(
        self,
        edition: Edition,
        definition: ProcessDefinition,
        actor: str,
        values: Values,
        at: datetime,
    ) -> Open:
        return Open(
            case=self.new_id(),
            number=self.new_number(definition, at),
            definition=edition.digest,
            edition=edition.edition,
            params=self.catalog.params_in_force(self.day(at)).digest,
            initiator=actor,
            values=values,
        )

    def new_number(self, definition: ProcessDefinition, at: datetime) -> str:
        """The next number of a process: gap-free, taken when the case is opened."""
        on = self.day(at)
        prefix, _, rest = definition.number.partition("{seq:")
        width, _, tail = rest.partition("}")
        shown = prefix.format(year=on.year, month=f"{on.month:02d}")
        return f"{shown}{self.store.next_sequence(shown):0{int(width)}d}{tail}"


def _require_unmistakable(reference: str, numbers: Sequence[str]) -> None:
    """Refuse an end that several numbers have; those it fits but for zeros are told first."""
    fits = [one for one in numbers if one.endswith(reference)]
    fits.sort(key=lambda one: one.removesuffix(reference).rstrip("0")[-1:].isdigit())
    if fits:
        shown = (*fits[:MOST_TOLD], *(("…",) if len(fits) > MOST_TOLD else ()))
        raise UsageError(say("“{word}”可能是 {numbers};请写全编号", word=reference, numbers=shown))


def paper_of(command: Command) -> Paper | None:
    """What says that a command was done on paper; None for one done at the desk."""
    return command.paper if isinstance(command, Perform) else None
