"""Lines of history that concern two submissions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("history", sa.Column("other_id", sa.Integer(), nullable=True))
    op.create_index("ix_history_other_id", "history", ["other_id"], unique=False)


def downgrade() -> None:
    # No batch: it would write the table anew, without the triggers that keep its lines as they are.
    op.drop_index("ix_history_other_id", "history")
    op.drop_column("history", "other_id")
