"""Whose each message is by itself, and what was in doubt about it: its submission may go by another's."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("home", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("message", sa.Column("team", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("message", sa.Column("doubts", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    for name in ("doubts", "team", "home"):
        op.drop_column("message", name)
