"""Boxes: titles, copies, marks of reading, drafts, notices owed; the tables are made anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

OUTDATED = """
INSERT INTO meta (key, value)
SELECT 'outdated', '1' WHERE EXISTS (SELECT 1 FROM record)
AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'outdated')
"""


def upgrade() -> None:
    op.drop_table("case_row")
    op.create_table(
        "case_row",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("initiator", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("period", sa.String(), nullable=True),
        sa.Column("configuration", sa.String(), nullable=False),
        sa.Column("opened_at", sa.String(), nullable=False),
        sa.Column("closed_at", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_case_row_parent", "case_row", ["parent"])
    op.create_index("ix_case_row_process", "case_row", ["process"])
    op.create_index("ix_case_row_initiator", "case_row", ["initiator"])
    op.drop_table("task_row")
    op.create_table(
        "task_row",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("offered_at", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=True),
        sa.Column("soon", sa.String(), nullable=True),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "task"),
    )
    op.create_index("ix_act_row_actor", "act_row", ["actor"])
    op.create_index("ix_act_row_principal", "act_row", ["principal"])
    op.create_table(
        "copy_row",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "person"),
    )
    op.create_index("ix_copy_row_person", "copy_row", ["person"])
    op.create_table(
        "read_row",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "person"),
    )
    op.create_table(
        "unsent_row",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("configuration", sa.String(), nullable=True),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person", "n"),
    )
    op.create_table(
        "owed_row",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "position", "person", "kind"),
    )
    op.execute(OUTDATED)
