"""Split submissions."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("port", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("removed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    op.create_table(
        "link",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["submission.id"], name=op.f("fk_link_other_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_link_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", "other_id", name=op.f("pk_link")),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_note_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_note_submission_id"), ["submission_id"], unique=False)

    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("polled_since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("line", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("references", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("answerable", sa.Boolean(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("answer_wanted", sa.Boolean(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("resent_as", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_message_resent_as"), ["resent_as"], unique=False)

    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entry_date", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("waiting_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("joined_into", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_submission_waiting_until"), ["waiting_until"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_waiting_until"))
        batch_op.drop_column("joined_into")
        batch_op.drop_column("waiting_until")
        batch_op.drop_column("entry_date")

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_resent_as"))
        batch_op.drop_column("resent_as")
        batch_op.drop_column("answer_wanted")
        batch_op.drop_column("answerable")
        batch_op.drop_column("references")
        batch_op.drop_column("line")

    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.drop_column("polled_since")

    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_note_submission_id"))

    op.drop_table("note")
    op.drop_table("link")
    op.drop_table("closure")
