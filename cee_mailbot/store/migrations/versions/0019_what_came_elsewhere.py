"""Indexes by which a Center finds what came to its mailboxes and another works."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_IS_COPY = sa.text("duplicate_of IS NOT NULL OR mailbox <> home")


def upgrade() -> None:
    op.create_index(
        "ix_message_copies",
        "message",
        ["mailbox", "submission_id"],
        sqlite_where=_IS_COPY,
        postgresql_where=_IS_COPY,
    )
    op.create_index("ix_submission_mailbox_team", "submission", ["mailbox", "team"])


def downgrade() -> None:
    op.drop_index("ix_submission_mailbox_team", table_name="submission")
    op.drop_index("ix_message_copies", table_name="message")
