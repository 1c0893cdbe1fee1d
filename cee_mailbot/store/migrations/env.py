"""Runs migrations on the connection that the store hands over."""

from alembic import context
from sqlmodel import SQLModel

from cee_mailbot.store import account_tables, bulk_tables, tables, watch_tables  # noqa: F401 - they fill the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
