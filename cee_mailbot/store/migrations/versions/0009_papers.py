"""Papers: what was read of documents, and what it says about their items."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_UNCHECKED = sa.text("papers_version <> version")


def upgrade() -> None:
    op.create_table(
        "paper",
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("is_legible", sa.Boolean(), nullable=False),
        sa.Column("forms", sa.JSON(), nullable=False),
        sa.Column("mentions", sa.JSON(), nullable=False),
        sa.Column("read_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_paper")),
    )
    op.create_table(
        "page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["paper.sha256"], name=op.f("fk_page_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
        sa.UniqueConstraint("sha256", "number", name=op.f("uq_page_sha256_number")),
    )
    op.create_table(
        "body",
        sa.Column("message_row", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_row"], ["message.id"], name=op.f("fk_body_message_row")),
        sa.PrimaryKeyConstraint("message_row", name=op.f("pk_body")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("read_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("reading_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_message_read_at_status"), ["read_at", "status"], unique=False)

    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entry_date_basis", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column("papers_version", sa.Integer(), nullable=False, server_default="0"))
    # Until now only staff set it.
    op.execute("UPDATE submission SET entry_date_basis = 'staff' WHERE entry_date IS NOT NULL")
    op.create_index(
        "ix_submission_unchecked", "submission", ["id"], sqlite_where=_UNCHECKED, postgresql_where=_UNCHECKED
    )


def downgrade() -> None:
    op.drop_index("ix_submission_unchecked", "submission")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_column("papers_version")
        batch_op.drop_column("entry_date_basis")

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_read_at_status"))
        batch_op.drop_column("reading_until")
        batch_op.drop_column("read_at")

    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_column("tries")

    op.drop_table("body")
    op.drop_table("page")
    op.drop_table("paper")
