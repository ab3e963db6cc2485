"""What belongs to one person and to no record: marks of reading, and what is not sent yet.

It stands in the database, beside the history, so that it is found from every machine and kept
with every backup. Nothing follows from it, and no rebuilding makes or undoes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from engine.errors import UnknownName
from engine.store.history import utc
from engine.store.statements import add, remove
from engine.store.store import Store
from engine.store.tables import CaseTable, CopyRow, ReadRow, UnsentRow, columns
from engine.text import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """The words of a `start` (of a process) or of a `do` (an action on a case), kept as typed.

    `configuration` is where the case was when they were last typed; `number` is 0 before they
    are kept.
    """

    process: str
    case: str | None
    action: str | None
    words: Mapping[str, str | list[str]]
    configuration: str | None
    at: datetime
    number: int = 0


def mark_read(store: Store, case_id: str, person: str, at: datetime) -> bool:
    """Note that somebody has looked at what was copied to him; whether that was the first time."""
    copy, read = columns(CopyRow), columns(ReadRow)
    unread = (
        select(func.count())
        .select_from(CopyRow)
        .where(
            copy.case_id == case_id,
            copy.person == person,
            ~select(read.at).where(read.case_id == case_id, read.person == person).exists(),
        )
    )
    with store.reading() as connection:
        if not connection.execute(unread).scalar():
            return False
    with store.writing() as connection:
        if not connection.execute(unread).scalar():
            return False
        add(connection, ReadRow, case_id=case_id, person=person, at=utc(at))
    return True


def configuration_of(store: Store, case_id: str) -> str:
    """Where a case is, as the boxes compare it."""
    column = columns(CaseTable)
    with store.reading() as connection:
        wanted = select(column.configuration).where(column.id == case_id)
        return str(connection.execute(wanted).scalar())


def keep_unsent(store: Store, person: str, one: Unsent) -> int:
    """Keep a draft, in place of the one with its number if it has one; its number."""
    column = columns(UnsentRow)
    kept = {
        "process": one.process,
        "case_id": one.case,
        "action": one.action,
        "words": json.dumps(dict(one.words), ensure_ascii=False),
        "configuration": one.configuration,
        "at": utc(one.at),
    }
    with store.writing() as connection:
        if one.number:
            connection.execute(
                update(UnsentRow)
                .where(column.person == person, column.n == one.number)
                .values(**kept)
            )
            return one.number
        last = select(func.max(column.n)).where(column.person == person)
        number = int(connection.execute(last).scalar() or 0) + 1
        add(connection, UnsentRow, person=person, n=number, **kept)
        return number


def unsent_of(store: Store, person: str) -> tuple[Unsent, ...]:
    """Everything somebody has typed and not sent, by number."""
    column = columns(UnsentRow)
    wanted = select(UnsentRow).where(column.person == person).order_by(column.n)
    with store.reading() as connection:
        rows = connection.execute(wanted).all()
    return tuple(
        Unsent(
            number=row.n,
            process=row.process,
            case=row.case_id,
            action=row.action,
            words=json.loads(row.words),
            configuration=row.configuration,
            at=datetime.fromisoformat(row.at),
        )
        for row in rows
    )


def get_unsent(store: Store, person: str, number: int) -> Unsent:
    """A draft by its number. Errors: `UnknownName`."""
    known = {one.number: one for one in unsent_of(store, person)}
    if number not in known:
        raise UnknownName(say("草稿号"), str(number), map(str, known))
    return known[number]


def drop_unsent(store: Store, person: str, number: int) -> None:
    """Forget a draft; nothing happens if it is gone already."""
    with store.writing() as connection:
        remove(connection, UnsentRow, person=person, n=number)
