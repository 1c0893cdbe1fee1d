"""Indexes by which what one message costs does not grow with the messages that came before it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_IS_UNMENDED = sa.text("status = 'rejected' AND resent_as IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_message_unmended",
        "message",
        ["sender_domain", "id", "sender"],
        sqlite_where=_IS_UNMENDED,
        postgresql_where=_IS_UNMENDED,
    )
    op.create_index("ix_message_duplicate_of", "message", ["duplicate_of"])
    op.create_index("ix_document_sha256_message_row", "document", ["sha256", "message_row"])
    op.drop_index("ix_document_sha256", table_name="document")
    op.create_index("ix_reply_written_at_kind_state", "reply", ["written_at", "kind", "state"])
    op.drop_index("ix_reply_written_at", table_name="reply")


def downgrade() -> None:
    op.create_index("ix_reply_written_at", "reply", ["written_at"])
    op.drop_index("ix_reply_written_at_kind_state", table_name="reply")
    op.create_index("ix_document_sha256", "document", ["sha256"])
    op.drop_index("ix_document_sha256_message_row", table_name="document")
    op.drop_index("ix_message_duplicate_of", table_name="message")
    op.drop_index("ix_message_unmended", table_name="message")
