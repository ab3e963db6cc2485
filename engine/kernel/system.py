"""What the engine itself does to a case: fire its timers, pass news on.

None of it carries an approval, and none of it is consent by silence: a timer reminds,
escalates, or performs an action the procedure gives to SYSTEM by name.
"""

from __future__ import annotations

from engine.kernel import events as happened
from engine.kernel.auto import is_possible, perform, run_automatic
from engine.kernel.case import WHOLE, Case, Stamp
from engine.kernel.command import GUARD, Decision, Reason, Refusal
from engine.kernel.draft import Draft
from engine.kernel.entries import Impossible
from engine.kernel.facts import CaseFacts, rows_to_take, taken
from engine.kernel.options import options
from engine.kernel.situation import Situation
from engine.language.definition import SYSTEM, Late
from engine.language.effects import Take
from engine.language.forms import Row
from engine.text import say

REPORTED, JOINED, CARRIED, REOFFERED = "子案回报", "归集", "结转", "重新交办"
SUPPLIED = "到账"
TIMED = {"due": "到期", "remind": "提醒"}


def _drafted(case: Case, situation: Situation, seq: int) -> Draft:
    draft = Draft(case, situation, Stamp(seq=seq, at=situation.at, actor=SYSTEM))
    draft.refresh()
    return draft


def fire(case: Case, timer_id: str, situation: Situation, seq: int) -> Decision:
    """A timer's moment has come: remind, escalate, or perform the timed action."""
    draft = _drafted(case, situation, seq)
    timer = next(timer for timer in case.timers if timer.id == timer_id)
    draft.emit(happened.TimerFired(timer=timer.id, told=_told(draft, timer.kind, timer.state)))
    if timer.kind == "act":
        option = next(
            (
                one
                for one in options(situation.definition, case)
                if one.action.name == timer.action
                and one.action.by_system
                and (not timer.state or one.state.path == timer.state)
            ),
            None,
        )
        if option is not None and is_possible(draft, option):
            perform(draft, option)
            run_automatic(draft)
    return draft.decided(timer.action or TIMED[timer.kind], timer.state or case.configuration[0])


def _told(draft: Draft, kind: str, path: str) -> tuple[str, ...]:
    """Those who hold the work are reminded; once late, their superiors are told."""
    if kind == "act":
        return ()
    holders = tuple(
        dict.fromkeys(
            person
            for task in draft.case.open_tasks
            if path in (WHOLE, task.state) or task.state.startswith(f"{path}/")
            for person in ((task.claimed_by,) if task.claimed_by else task.people)
        )
    )
    if kind == "remind":
        return holders
    state = draft.situation.definition.state(path)
    facts = draft.facts()
    deadline = next((one for one in state.due if facts.holds(one.when)), None)
    if deadline is None:
        return ()
    told = [facts.people(deadline.tell)] if deadline.tell is not None else []
    if deadline.late is Late.ESCALATE:
        told += [draft.situation.roster.superior_of(person) for person in holders]
    return tuple(dict.fromkeys(person for several in told for person in several))


def told(
    case: Case,
    action: str,
    situation: Situation,
    seq: int,
    into: str | None = None,
    lines: tuple[Row, ...] = (),
) -> Decision | Refusal:
    """Another case asked for a system action here; refused, on record, if it is not its time.

    `lines` are added to the table `into` first.
    """
    draft = _drafted(case, situation, seq)
    for line in lines:
        draft.append(into or "", line)
    option = next(
        (
            one
            for one in options(situation.definition, case)
            if one.action.name == action and one.action.by_system
        ),
        None,
    )
    if option is None or not is_possible(draft, option):
        reason = Reason(
            code=GUARD,
            text=say(
                "现处“{state}”,系统无法办理“{action}”", state=case.configuration, action=action
            ),
        )
        return Refusal(action=action, state=case.configuration[0], reasons=(reason,))
    try:
        perform(draft, option)
        run_automatic(draft)
    except Impossible as impossible:
        state = case.configuration[0]
        return Refusal(action=action, state=state, reasons=impossible.reasons)
    return draft.decided(action, option.state.path)


def child_reported(
    case: Case, child: Case, state: str, child_situation: Situation, situation: Situation, seq: int
) -> Decision:
    """A child has come to something its parent wants to know."""
    draft = _drafted(case, situation, seq)
    draft.emit(
        happened.ChildReported(
            request=child.request or "",
            case=child.id,
            number=child.number,
            process=child.process,
            state=state,
            result=child.result,
        )
    )
    for report in situation.definition.children:
        wanted = state in report.at if report.at else child.result is not None
        if report.process == child.process and wanted and report.take is not None:
            _take(draft, report.take, child, child_situation)
    run_automatic(draft)
    return draft.decided(REPORTED, case.configuration[0])


def member_joined(
    case: Case, member: Case, member_situation: Situation, situation: Situation, seq: int
) -> Decision:
    """A member of a gathering is ready: its rows become rows of the gathering case."""
    draft = _drafted(case, situation, seq)
    draft.emit(happened.MemberJoined(case=member.id, number=member.number))
    if situation.definition.gather is not None:
        _take(draft, situation.definition.gather.take, member, member_situation)
    run_automatic(draft)
    return draft.decided(JOINED, case.configuration[0])


def supplied(case: Case, situation: Situation, seq: int) -> Decision | None:
    """A book this case waits on has moved; None if that sets nothing in motion here."""
    draft = _drafted(case, situation, seq)
    run_automatic(draft)
    moved = any(isinstance(event, happened.StatesMoved) for event in draft.events)
    return draft.decided(SUPPLIED, case.configuration[0]) if moved else None


def carried(case: Case, into: str, situation: Situation, seq: int) -> Decision:
    """The open matter of this case went on in another."""
    draft = _drafted(case, situation, seq)
    draft.emit(happened.CaseCarried(case=into))
    return draft.decided(CARRIED, case.configuration[0])


def reoffer(case: Case, situation: Situation, seq: int) -> Decision | None:
    """Offer open tasks to the people the roster names now; None if nobody changed."""
    draft = Draft(case, situation, Stamp(seq=seq, at=situation.at, actor=SYSTEM))
    for task in case.open_tasks:
        people = draft.people_of(task)
        if people != task.people:
            draft.emit(happened.TaskReoffered(task=task.id, people=people))
    return draft.decided(REOFFERED, case.configuration[0]) if draft.events else None


def _take(draft: Draft, take: Take, source: Case, source_situation: Situation) -> None:
    facts = CaseFacts(source, source_situation)
    for names in rows_to_take(take, facts):
        draft.append(take.into, taken(take, facts.with_names(names)))
