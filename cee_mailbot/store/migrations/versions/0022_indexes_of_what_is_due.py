"""Indexes by which what a pass over a mailbox, and a look at alarms, cost does not grow with all that ever came."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# (name, table, columns, which rows)
_INDEXES = (
    ("ix_submission_worklist_state", "submission", ["state"], "state != 'closed'"),
    ("ix_message_rejected", "message", ["id"], "status = 'rejected'"),
    ("ix_message_held", "message", ["first_seen_at"], "status = 'held'"),
    (
        "ix_message_fragments",
        "message",
        ["submission_id", "arrived_at"],
        "status = 'assembling' AND submission_id IS NULL",
    ),
)


def upgrade() -> None:
    for name, table, columns, rows in _INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(rows), postgresql_where=sa.text(rows))


def downgrade() -> None:
    for name, table, *_ in _INDEXES:
        op.drop_index(name, table_name=table)
