"""Indexes of few rows among many: what they hold, and the same as conditions.

A question finds its rows by such an index only where it says the index's condition to the letter.
"""

from typing import Any

from sqlalchemy import Index, TextClause, text

_IS_OPEN = text("state != 'closed'")
OPEN = text("submission.state != 'closed'")
"""What is not closed: the queue page, and what is due for an item, find their rows by indexes on these alone."""

_IS_UNMENDED = text("status = 'rejected' AND resent_as IS NULL")
UNMENDED = text("message.status = 'rejected' AND message.resent_as IS NULL")
"""Rejected, and made good by no later message; every new item looks for those of its sender."""

_IS_COPY = text("duplicate_of IS NOT NULL OR mailbox <> home")
COPIES = text("(message.duplicate_of IS NOT NULL OR message.mailbox <> message.home)")
"""Deliveries of a message that another mailbox answers: few."""

_IS_REJECTED = text("status = 'rejected'")
REJECTED = text("message.status = 'rejected'")
"""Rejected: each look at how the program fares counts their reasons."""

_IS_HELD = text("status = 'held'")
HELD = text("message.status = 'held'")
"""Held for a person: each look at how the program fares asks for the oldest."""

_IS_FRAGMENT = text("status = 'assembling' AND submission_id IS NULL")
FRAGMENTS = text("message.status = 'assembling' AND message.submission_id IS NULL")
"""Pieces of cut-up messages that wait for the others: each pass over a mailbox looks at them."""

UNCHECKED = text("papers_version <> version")
"""The papers of an item are compared with its fields again whenever these, or its papers, have changed."""


def _partial(name: str, columns: tuple[str, ...], where: TextClause) -> Index:
    return Index(f"ix_{name}", *columns, sqlite_where=where, postgresql_where=where)


def _worklist(name: str, *columns: str) -> Index:
    """An index on open items: closed ones pile up over the years, and must not lie in the way."""
    return _partial(f"submission_worklist_{name}", columns, _IS_OPEN)


def of_submissions() -> tuple[Any, ...]:
    """The partial indexes of the table of submissions."""
    return (
        _worklist("due", "team", "due", "presented_at"),
        _worklist("presented", "team", "presented_at"),
        _worklist("received", "team", "received_at"),
        _worklist("changed", "team", "updated_at"),
        _worklist("assignee", "assignee", "team"),
        _worklist("state", "state"),
        _partial("submission_unchecked", ("id",), UNCHECKED),
    )


def of_messages() -> tuple[Any, ...]:
    """The partial indexes of the table of messages."""
    return (
        _partial("message_copies", ("mailbox", "submission_id"), _IS_COPY),
        _partial("message_unmended", ("sender_domain", "id", "sender"), _IS_UNMENDED),
        _partial("message_rejected", ("id",), _IS_REJECTED),
        _partial("message_held", ("first_seen_at",), _IS_HELD),
        # By what is the same in all of them: else the index on all messages that went nowhere is taken.
        _partial("message_fragments", ("submission_id", "arrived_at"), _IS_FRAGMENT),
    )
