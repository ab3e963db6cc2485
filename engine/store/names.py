"""What people are called: the names of every roster published, for titles and boxes."""

from __future__ import annotations

from sqlalchemy import Connection

from engine.kernel.events import Event
from engine.kernel.office_events import Published
from engine.language.roster_loader import load_roster
from engine.store.statements import add, find, remove
from engine.store.tables import ObjectRow, PersonRow

ROSTER = "roster"  # the kind under which a published roster is kept


def follow_names(connection: Connection, event: Event) -> None:
    """Take over the names of a roster that is published; who is in it no more keeps his."""
    if not isinstance(event, Published) or event.kind != ROSTER:
        return
    kept = find(connection, ObjectRow, digest=event.digest)
    roster, _ = load_roster(bytes(kept.content or b"").decode() if kept else "", ROSTER)
    if roster is None:
        return
    for person in roster.people:
        remove(connection, PersonRow, id=person.id)
        add(connection, PersonRow, id=person.id, name=person.name)


def name_of(connection: Connection, person: str) -> str:
    """Somebody's name; the id where no roster has named him."""
    found = find(connection, PersonRow, id=person)
    return str(found.name) if found else person
