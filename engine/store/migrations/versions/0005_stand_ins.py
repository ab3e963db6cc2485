"""Who stands in for whom and what people are called, for boxes and titles; made anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

OUTDATED = """
INSERT INTO meta (key, value)
SELECT 'outdated', '1' WHERE EXISTS (SELECT 1 FROM record)
AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'outdated')
"""


def upgrade() -> None:
    op.create_table(
        "stand_in",
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "person", "process", "since"),
    )
    op.create_index("ix_stand_in_person", "stand_in", ["person"])
    op.create_table(
        "person_row",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(OUTDATED)
