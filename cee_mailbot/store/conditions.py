"""Conditions that several questions share."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from cee_mailbot.store.tables import DocumentRow, MessageRow, SubmissionRow


def equal(table: type[Any], **wanted: str | None) -> list[Any]:
    """That each of these columns has the wanted value; None means any."""
    return [getattr(table, name) == value for name, value in wanted.items() if value is not None]


def contains(text: str, *columns: Any) -> ColumnElement[bool]:
    """Whether the text stands in one of the columns, whatever the case of its letters."""
    return or_(*(col(column).icontains(text, autoescape=True) for column in columns))


def mentions(text: str) -> ColumnElement[bool]:
    """Whether the text stands in the item's fields, or in a subject, a sender or a document's name of its messages."""
    documents = select(DocumentRow.message_row).where(contains(text, DocumentRow.name))
    messages = select(MessageRow.submission_id).where(
        or_(contains(text, MessageRow.subject, MessageRow.from_header), col(MessageRow.id).in_(documents))
    )
    fields = (SubmissionRow.tracking, SubmissionRow.account, SubmissionRow.entry_number, SubmissionRow.sender)
    return or_(contains(text, *fields), col(SubmissionRow.id).in_(messages))
