"""Work from hand to hand: 转办, 委派 and 交回, 加签 and 减签."""

from __future__ import annotations

from engine.kernel import events as happened
from engine.kernel.case import Task
from engine.kernel.command import ROLE
from engine.kernel.everyday.asking import Asking
from engine.text import Text, say


def transfer(asking: Asking) -> None:
    """The work is another's for good; he answers for it."""
    work = _give(asking, say("受委派的事不能再转;请“交回”"), say("加签人不能把签字转给他人"))
    if work is not None:
        task, person = work
        asking.draft.emit(happened.TaskTransferred(task=task.id, by=asking.party, to=(person,)))


def consign(asking: Asking) -> None:
    """Another does part of the work and hands it back; the answer stays the holder's."""
    work = _give(asking, say("受委派的事不能再委派"), say("加签人不能把签字转给他人"))
    if work is not None:
        task, person = work
        asking.draft.emit(happened.TaskConsigned(task=task.id, by=asking.party, to=person))


def hand_back(asking: Asking) -> None:
    """The consigned work goes back to its holder: given by the helper, or taken by the holder."""
    task = next(
        (
            one
            for one in asking.draft.case.open_tasks
            if one.consigned_by is not None
            and asking.is_named_branch(one.state)
            and asking.party in (*one.people, one.consigned_by)
        ),
        None,
    )
    if task is None or task.consigned_by is None:
        asking.no(say("{person} 没有受委派的事可交回", person=asking.name(asking.party)), ROLE)
        return
    asking.draft.emit(happened.TaskHandedBack(task=task.id, to=task.consigned_by))


def add_signer(asking: Asking) -> None:
    """One more signs: before the holder, or after him. Who was added cannot add others."""
    work = _give(asking, say("受委派的事不能再委派"), say("加签人不能再加签"))
    if work is not None:
        task, person = work
        asking.draft.add_signer(task, person, asking.party, is_before=asking.command.is_before)


def _give(asking: Asking, is_consigned: Text, is_added: Text) -> tuple[Task, str] | None:
    """One's own work and the one person who gets a hand in it; None with the reasons why not."""
    seat = asking.my_seat()
    person = asking.one_person()
    asking.require_rounds()
    if seat is None or seat.task is None:
        return None
    if seat.task.consigned_by is not None:
        asking.no(is_consigned)
    if seat.task.added_by is not None:
        asking.no(is_added)
    asking.require_fit(person, seat)
    return None if asking.hearing.reasons else (seat.task, person)


def drop_signer(asking: Asking) -> None:
    """Take back a signer one has added and who has not signed; the rule's own signers stay."""
    person = asking.one_person()
    asking.require_reason()
    tasks = [
        one
        for one in asking.draft.case.tasks
        if one.added_by is not None and (one.is_open or one.is_waiting) and person in one.people
    ]
    if not tasks:
        asking.no(
            say("{person} 不是未签的加签人;流程规定的签署人不能减", person=asking.name(person))
        )
        return
    task = tasks[0]
    if task.added_by != asking.party:
        asking.no(say("只有加签的 {person} 能减签", person=asking.name(task.added_by or "")), ROLE)
        return
    asking.draft.emit(happened.TaskCancelled(task=task.id, why=asking.command.verb))
