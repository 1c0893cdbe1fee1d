"""Accounts and sessions of staff, and the indexes of the queue page."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WORKLISTS = {
    "due": ["team", "due", "presented_at"],
    "presented": ["team", "presented_at"],
    "received": ["team", "received_at"],
    "changed": ["team", "updated_at"],
    "assignee": ["assignee", "team"],
}


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("folded", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("password", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("teams", sa.JSON(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("folded", name=op.f("pk_account")),
    )
    op.create_table(
        "session",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("account", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("person", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("teams", sa.JSON(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.folded"], name=op.f("fk_session_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_account"), "session", ["account"], unique=False)
    op.create_index(op.f("ix_session_created_at"), "session", ["created_at"], unique=False)
    op.create_table(
        "request",
        sa.Column("person", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("person", "key", name=op.f("pk_request")),
    )
    op.create_index(op.f("ix_request_at"), "request", ["at"], unique=False)
    for name, columns in _WORKLISTS.items():
        is_open = sa.text("state != 'closed'")
        op.create_index(
            f"ix_submission_worklist_{name}", "submission", columns, sqlite_where=is_open, postgresql_where=is_open
        )
    op.create_index("ix_submission_worklist_all", "submission", ["team", "presented_at"])


def downgrade() -> None:
    for name in (*_WORKLISTS, "all"):
        op.drop_index(f"ix_submission_worklist_{name}", table_name="submission")
    op.drop_table("request")
    op.drop_table("session")
    op.drop_table("account")
