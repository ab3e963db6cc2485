"""Time stamps are kept beside the checkpoints they are over; the newest of each counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TRIGGERS = (
    """CREATE TRIGGER token_no_update BEFORE UPDATE ON token
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER token_no_delete BEFORE DELETE ON token
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
)


def upgrade() -> None:
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["size"], ["checkpoint.size"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for trigger in TRIGGERS:
        op.execute(trigger)
