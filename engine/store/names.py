"""What people are called: the names of every roster published, for titles and boxes."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from engine.kernel.events import Event, Published
from engine.language.roster_loader import load_roster
from engine.store.tables import ObjectRow, PersonRow, columns

ROSTER = "roster"  # the kind under which a published roster is kept


def follow_names(connection: Connection, event: Event) -> None:
    """Take over the names of a roster that is published; who is in it no more keeps his."""
    if not isinstance(event, Published) or event.kind != ROSTER:
        return
    wanted = select(columns(ObjectRow).content).where(columns(ObjectRow).digest == event.digest)
    content = connection.execute(wanted).scalar()
    roster, _ = load_roster(bytes(content or b"").decode(), ROSTER)
    if roster is None:
        return
    known = columns(PersonRow)
    for person in roster.people:
        connection.execute(delete(PersonRow).where(known.id == person.id))
        connection.execute(insert(PersonRow).values(id=person.id, name=person.name))


def name_of(connection: Connection, person: str) -> str:
    """Somebody's name; the id where no roster has named him."""
    known = columns(PersonRow)
    found = connection.execute(select(known.name).where(known.id == person)).scalar()
    return str(found) if found is not None else person
