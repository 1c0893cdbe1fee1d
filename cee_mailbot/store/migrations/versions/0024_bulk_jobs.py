"""Bulk jobs: one act on many items, and what became of each."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("teams", sa.JSON(), nullable=True),
        sa.Column("role_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("act", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("more", sa.Boolean(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("stopped_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("lease_holder", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_job")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_bulk_job_person"), "bulk_job", ["person"], unique=False)
    op.create_index(op.f("ix_bulk_job_state"), "bulk_job", ["state"], unique=False)
    op.create_table(
        "bulk_row",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tracking", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("entry_number", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("version_after", sa.Integer(), nullable=True),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["bulk_job.id"], name=op.f("fk_bulk_row_job_id")),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_bulk_row")),
    )
    op.create_index(op.f("ix_bulk_row_job_id_state_number"), "bulk_row", ["job_id", "state", "number"], unique=False)


def downgrade() -> None:
    for name in ("bulk_row", "bulk_job"):
        op.drop_table(name)
