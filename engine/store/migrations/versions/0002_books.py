"""The books: postings, lots, holds, cards, and when a book stood still."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "posting",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("cost", sa.String(), nullable=False),
        sa.Column("balance", sa.String(), nullable=False),
        sa.Column("balance_amount", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("of", sa.String(), nullable=False),
        sa.Column("holders", sa.String(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("position", "n"),
    )
    op.create_index("ix_posting_item", "posting", ["book", "item"])
    op.create_index("ix_posting_owner", "posting", ["owner"])
    op.create_index("ix_posting_of", "posting", ["of"])
    op.create_table(
        "lot",
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("cost", sa.String(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("book", "item", "lot"),
    )
    op.create_table(
        "hold",
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("holders", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("book", "item", "owner"),
    )
    op.create_index("ix_hold_owner", "hold", ["owner"])
    op.create_table(
        "card",
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("book", "item"),
    )
    op.create_table(
        "freeze",
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("book", "since"),
    )
