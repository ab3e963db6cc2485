"""Checkpoints are kept; an attachment may be destroyed, a published text never."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TRIGGERS = (
    """CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    "DROP TRIGGER object_no_delete",
    """CREATE TRIGGER object_no_delete BEFORE DELETE ON object WHEN OLD.kind <> 'attachment'
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
)


def upgrade() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    for trigger in TRIGGERS:
        op.execute(trigger)
