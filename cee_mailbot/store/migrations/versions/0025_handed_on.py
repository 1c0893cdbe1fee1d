"""The Centers that handed an item on, which can follow it."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_HISTORY = sa.table(
    "history", sa.column("id"), sa.column("event"), sa.column("submission_id"), sa.column("detail", sa.JSON())
)


def upgrade() -> None:
    made = op.create_table(
        "handed_on",
        sa.Column("team", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_handed_on_submission_id")),
        sa.PrimaryKeyConstraint("team", "submission_id", name=op.f("pk_handed_on")),
    )
    op.create_index(op.f("ix_handed_on_submission_id"), "handed_on", ["submission_id"], unique=False)
    handed = sorted(_handed_on())
    op.bulk_insert(made, [{"team": team, "submission_id": submission} for team, submission in handed])


def _handed_on() -> set[tuple[str, int]]:
    """Who handed what on, by the history: acts that were undone were none."""
    of_acts = sa.select(_HISTORY).where(_HISTORY.c.event.in_(["transferred", "undone"]))
    lines = op.get_bind().execute(of_acts).all()
    undone = {line.detail.get("line") for line in lines if line.event == "undone"}
    found = set()
    for line in lines:
        team = line.detail.get("changes", {}).get(f"submission/{line.submission_id}/team")
        if line.event == "transferred" and line.id not in undone and team:
            found.add((team[0], line.submission_id))
    return found


def downgrade() -> None:
    op.drop_index(op.f("ix_handed_on_submission_id"), table_name="handed_on")
    op.drop_table("handed_on")
