"""What a record tells whom: read from the history, after it has been written.

Nothing confidential goes out: the number, the title, where the case is, until when, who did
it. Never the value of a field, nor a remark of the person who did it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.desk import Desk
from engine.kernel import events as happened
from engine.kernel.apply import apply
from engine.kernel.case import Case
from engine.language.definition import SYSTEM, ancestors
from engine.reading.names import Names
from engine.store.history import stamp_for
from engine.store.owed import title_of
from engine.store.rows import Stored
from engine.text import Text, say, translate

OFFERED, TOLD, TIMER, COPIED = "offered", "told", "timer", "copied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One person is told of one record. `kind`: offered, told, timer or copied.

    `id` is the same however often the notice is sent. `states` are those it speaks of; `due`
    is the nearest deadline still running there; `says` what the procedure adds in its own words;
    `act` what was done.
    """

    id: str
    position: int
    stream: str
    seq: int
    kind: str
    person: str
    name: str
    number: str
    title: str
    process: str
    states: tuple[str, ...]
    due: datetime | None
    actor: str
    act: str
    at: datetime
    says: tuple[str, ...]
    names: Names

    def subject(self, language: str) -> str:
        """One line: what it is, of which case."""
        head = {
            OFFERED: say("待办"),
            TOLD: say("通知"),
            TIMER: say("{act}", act=translate(self.act, language)),
            COPIED: say("抄送"),
        }[self.kind]
        return f"[{head.show(language)}] " + " ".join(
            part for part in (self.number, self.title, self.where(language)) if part
        )

    def where(self, language: str) -> str:
        return self._names(language).states(self.states)

    def body(self, language: str) -> str:
        """What a letter says, a few lines."""
        names = self._names(language)
        local = self.due.strftime("%Y-%m-%d %H:%M") if self.due else None
        actor = say("系统") if self.actor == SYSTEM else self.actor
        home = self.states[0] if self.states else ""
        lines: list[Text] = [
            say("{name}:", name=self.name),
            _OPENING[self.kind],
            say("编号:{number}", number=self.number),
            say("流程:{process}", process=names.process()),
        ]
        lines += [say("标题:{title}", title=self.title)] if self.title else []
        lines += [say("环节:{state}", state=self.where(language))] if self.states else []
        lines += [say("期限:{due}", due=local)] if local else []
        lines += [say("{text}", text=text) for text in self.says]
        lines += [
            say(
                "由 {actor}「{act}」,{at}",
                actor=actor,
                act=names.action(home, self.act),
                at=self.at.strftime("%Y-%m-%d %H:%M"),
            )
        ]
        return "\n".join(line.show(language) for line in lines)

    def _names(self, language: str) -> Names:
        return Names(self.names.definition, language)


_OPENING = {
    OFFERED: say("您有一项待办。"),
    TOLD: say("请知悉。"),
    TIMER: say("一项事项的时限到了。"),
    COPIED: say("有一个案件抄送给您。"),
}


def notices_of(desk: Desk, stored: Stored) -> tuple[Notice, ...]:
    """Whom a record tells what, one notice a person and kind.

    Who did it is not told that he now has the next task himself.
    """
    if not stored.stream.startswith("case/"):
        return ()
    before, case = _folded(desk, stored)
    told: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for kind, person, state, words in (*_offered(before, case), *_told(stored, before)):
        if person != SYSTEM and not (kind == OFFERED and person == stored.body.actor.uid):
            told.setdefault((kind, person), []).append((state, words))
    return tuple(
        _notice(desk, stored, case, kind, person, tuple(parts))
        for (kind, person), parts in told.items()
    )


def _folded(desk: Desk, stored: Stored) -> tuple[Case | None, Case]:
    """The case before the record and after it."""
    before: Case | None = None
    case: Case | None = None
    for one in desk.store.records(stored.stream):
        before = case
        for event in one.events:
            case = apply(case, event, stamp_for(one))
        if one.seq == stored.seq:
            break
    assert case is not None
    return before, case


def _offered(before: Case | None, case: Case) -> Iterator[tuple[str, str, str, str]]:
    """Who has got work or a question that he had not before, by whichever event."""
    known = {task.id: task.people for task in before.asked} if before is not None else {}
    for task in case.asked:
        for person in task.people:
            if person not in known.get(task.id, ()):
                yield OFFERED, person, task.state, ""


def _told(stored: Stored, before: Case | None) -> Iterator[tuple[str, str, str, str]]:
    """Kind, person, state, and the procedure's own words."""
    remark = stored.disclosed("comment").get("")
    for event in stored.events:
        match event:
            case happened.PeopleTold():
                words = "" if event.say == remark else event.say
                yield from ((TOLD, one, "", words) for one in event.people)
            case happened.TimerFired():
                timers = before.timers if before is not None else ()
                state = next((one.state for one in timers if one.id == event.timer), "")
                yield from ((TIMER, one, state, "") for one in event.told)
            case happened.CopySent():
                yield from ((COPIED, one, "", "") for one in event.people)


def _notice(
    desk: Desk,
    stored: Stored,
    case: Case,
    kind: str,
    person: str,
    parts: tuple[tuple[str, str], ...],
) -> Notice:
    zone = desk.catalog.zone
    states = tuple(dict.fromkeys(state for state, _ in parts if state)) or case.configuration
    due = min((found for state in states if (found := _due(case, state))), default=None)
    # With the digest: after an older copy is restored, another record may stand in this place.
    place = (desk.store.origin, stored.stream, str(stored.seq), stored.record.digest, person, kind)
    return Notice(
        id=hashlib.sha256("\n".join(place).encode()).hexdigest()[:32],
        position=stored.position,
        stream=stored.stream,
        seq=stored.seq,
        kind=kind,
        person=person,
        name=desk.catalog.roster(desk.clock()).name_of(person),
        number=case.number,
        title=title_of(desk.store, case.id),
        process=case.process,
        states=states,
        due=due.astimezone(zone) if due else None,
        actor=SYSTEM if stored.body.way == "system" else stored.body.actor.name,
        act=stored.body.act,
        at=stored.at.astimezone(zone),
        says=tuple(dict.fromkeys(words for _, words in parts if words)),
        names=Names(desk.catalog.definition(case.definition), "zh"),
    )


def _due(case: Case, state: str) -> datetime | None:
    """The deadline that runs for a state, or one around it."""
    for path in ancestors(state):
        for timer in case.timers:
            if timer.kind == "due" and timer.state == path and not timer.stopped:
                return timer.due
    return None
