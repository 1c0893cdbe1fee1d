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
        "link",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["submission.id"], name=op.f("fk_link_other_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_link_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", "other_id", name=op.f("pk_link")),
    )
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("polled_since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("line", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("references", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("answerable", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("answer_wanted", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("answer_wanted")
        batch_op.drop_column("answerable")
        batch_op.drop_column("references")
        batch_op.drop_column("line")

    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.drop_column("polled_since")

    op.drop_table("link")
