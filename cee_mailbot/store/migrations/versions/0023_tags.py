"""Staff's own labels on items."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tag",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_tag_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", "name", name=op.f("pk_tag")),
    )
    op.create_index("ix_tag_name_submission_id", "tag", ["name", "submission_id"])


def downgrade() -> None:
    op.drop_index("ix_tag_name_submission_id", table_name="tag")
    op.drop_table("tag")
