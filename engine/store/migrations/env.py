"""Run by Alembic with the connection the store hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from engine.store import tables

assert tables.RecordRow.metadata is SQLModel.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
