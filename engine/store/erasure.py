"""Destroying disclosures and attachments: the one place where something stored is taken away."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from engine.evidence.canonical import canonical
from engine.store.rows import Entry, Stored
from engine.store.statements import remove
from engine.store.tables import DisclosureRow, ObjectRow, columns


def erase(connection: Connection, entry: Entry) -> None:
    """Empty what a record destroys. The bytes are overwritten in the file, not only let go."""
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    table = columns(DisclosureRow)
    for seq, path in entry.erased:
        connection.execute(
            update(DisclosureRow)
            .where(table.stream == entry.body.stream, table.seq == seq, table.path == path)
            .values(salt=None, value=None)
        )
    for digest in entry.destroyed:
        remove(connection, ObjectRow, digest=digest)


def names_elsewhere(connection: Connection, digest: str, stored: Stored) -> bool:
    """Whether another record than this one has attached the file of this digest."""
    table = columns(DisclosureRow)
    wanted = select(table.stream, table.seq).where(
        table.path.like("att/%/digest"), table.value == canonical(digest).decode()
    )
    own = (stored.stream, stored.seq)
    return any((row.stream, row.seq) != own for row in connection.execute(wanted))
