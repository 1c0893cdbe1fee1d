"""Replies are counted by the address in the form in which addresses are compared."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reply", sa.Column("addressee", sa.String(), nullable=False, server_default=""))
    op.execute('UPDATE reply SET addressee = lower("to")')
    op.create_index("ix_reply_addressee_due_at", "reply", ["addressee", "due_at"])
    op.drop_index("ix_reply_to_due_at", table_name="reply")


def downgrade() -> None:
    op.create_index("ix_reply_to_due_at", "reply", ["to", "due_at"])
    op.drop_index("ix_reply_addressee_due_at", table_name="reply")
    op.drop_column("reply", "addressee")
