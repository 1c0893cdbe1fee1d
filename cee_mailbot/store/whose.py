"""Whose messages and replies are: those of an item are its team's, all others belong to their mailbox."""

from typing import Any

from sqlmodel import col, or_, select

from cee_mailbot.questions import MessageQuery, ReplyQuery, UnprocessedQuery
from cee_mailbot.store.tables import MessageRow, ReplyRow, SubmissionRow


def messages_of(query: MessageQuery | ReplyQuery | UnprocessedQuery) -> list[Any]:
    """The conditions on messages that a question for some teams makes; none where it is for everybody's."""
    if query.teams is None:
        return []
    items = select(SubmissionRow.id).where(col(SubmissionRow.team).in_(query.teams))
    of_no_item = col(MessageRow.submission_id).is_(None) & col(MessageRow.mailbox).in_(query.mailboxes)
    return [or_(col(MessageRow.submission_id).in_(items), of_no_item)]


def replies_of(query: ReplyQuery) -> list[Any]:
    """The same on replies, each of which is its message's."""
    conditions = messages_of(query)
    return [col(ReplyRow.message_row).in_(select(MessageRow.id).where(*conditions))] if conditions else []
