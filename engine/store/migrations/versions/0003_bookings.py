"""The diaries: occupations, and when what a thing is taken for last changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "occupation",
        sa.Column("diary", sa.String(), nullable=False),
        sa.Column("thing", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("begins", sa.String(), nullable=False),
        sa.Column("ends", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("from_", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("diary", "thing", "owner", "begins", "ends"),
    )
    op.create_index("ix_occupation_owner", "occupation", ["owner"])
    op.create_table(
        "page",
        sa.Column("diary", sa.String(), nullable=False),
        sa.Column("thing", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("diary", "thing"),
    )
