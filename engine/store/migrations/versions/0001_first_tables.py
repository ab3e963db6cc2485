"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# History only grows. Redaction may empty what a commitment opened to, and nothing else.
TRIGGERS = (
    """CREATE TRIGGER record_no_update BEFORE UPDATE ON record
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER record_no_delete BEFORE DELETE ON record
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER object_no_update BEFORE UPDATE ON object
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER object_no_delete BEFORE DELETE ON object
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER disclosure_only_emptied BEFORE UPDATE ON disclosure
    WHEN NEW.salt IS NOT NULL OR NEW.value IS NOT NULL OR NEW.stream <> OLD.stream
      OR NEW.seq <> OLD.seq OR NEW.path <> OLD.path
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER disclosure_no_delete BEFORE DELETE ON disclosure
    BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
)


def upgrade() -> None:
    op.create_table(
        "act_row",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("duties", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "n"),
    )
    op.create_table(
        "case_row",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("initiator", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("period", sa.String(), nullable=True),
        sa.Column("configuration", sa.String(), nullable=False),
        sa.Column("opened_at", sa.String(), nullable=False),
        sa.Column("closed_at", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    with op.batch_alter_table("case_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_row_parent"), ["parent"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_row_process"), ["process"], unique=False)

    op.create_table(
        "disclosure",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("value", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("stream", "seq", "path"),
    )
    op.create_table(
        "head",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stream"),
    )
    op.create_table(
        "member",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "member"),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_member"), ["member"], unique=False)

    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "object",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "offer",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "task", "person"),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_person"), ["person"], unique=False)

    op.create_table(
        "pending",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("initiator", sa.String(), nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "request"),
    )
    op.create_table(
        "record",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sig", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("payload_type", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("typ", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=True),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("process", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("request", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("request"),
        sa.UniqueConstraint("stream", "seq"),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_case_id"), ["case_id"], unique=False)

    op.create_table(
        "task_row",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("offered_at", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "task"),
    )
    op.create_table(
        "timer_row",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("timer", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("due", sa.String(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "timer"),
    )
    with op.batch_alter_table("timer_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_timer_row_due"), ["due"], unique=False)

    op.create_table(
        "value_row",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "field"),
    )
    with op.batch_alter_table("value_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_value_row_text"), ["text"], unique=False)
    for trigger in TRIGGERS:
        op.execute(trigger)
