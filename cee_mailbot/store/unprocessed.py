"""What is not in the queue: messages that were not processed, and replies that did not leave."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from cee_mailbot.questions import UnprocessedQuery
from cee_mailbot.store.tables import MessageRow, ReplyRow
from cee_mailbot.store.whose import messages_of


def message_rows(session: Session, query: UnprocessedQuery) -> Sequence[MessageRow]:
    """The rows of a page, newest first."""
    wanted = select(MessageRow)
    conditions = [col(MessageRow.status).in_(query.states), col(MessageRow.resent_as).is_(None), *messages_of(query)]
    rows: Sequence[MessageRow] = session.exec(_page(wanted.where(*conditions), col(MessageRow.id), query)).all()
    return rows


def reply_rows(session: Session, query: UnprocessedQuery) -> Sequence[ReplyRow]:
    """The rows of a page, newest first; whose a reply is decides the message that it answers."""
    wanted = select(ReplyRow).join(MessageRow, col(MessageRow.id) == ReplyRow.message_row)
    conditions = [col(ReplyRow.state).in_(query.states), *messages_of(query)]
    rows: Sequence[ReplyRow] = session.exec(_page(wanted.where(*conditions), col(ReplyRow.id), query)).all()
    return rows


def _page(statement: Any, row: Any, query: UnprocessedQuery) -> Any:
    before = [row < query.before] if query.before is not None else []
    return statement.where(*before).order_by(row.desc()).limit(query.limit)
