"""The row of a message as the work knows it."""

from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.interfaces import Handle
from cee_mailbot.ledger import KeptMessage
from cee_mailbot.store.tables import MessageRow


def kept_message(row: MessageRow) -> KeptMessage:
    """The message as the work knows it."""
    if row.id is None:
        raise ValueError("a row that was never written has no id")
    return KeptMessage(
        id=row.id,
        mailbox=row.mailbox,
        handle=handle_of(row),
        sha256=row.sha256,
        size=row.size,
        arrived_at=row.arrived_at,
        first_seen_at=row.first_seen_at,
        submitted_at=row.submitted_at,
        status=MessageStatus(row.status),
        tracking=row.tracking,
        settled=row.settled_at is not None,
    )


def handle_of(row: MessageRow) -> Handle:
    """Where it was delivered."""
    return Handle(folder=row.folder, validity=row.validity, uid=row.uid)
