"""Conditions that several questions share."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from cee_mailbot.store.tables import SubmissionRow, TagRow

UNCOUNTED = ("inline", "quarantined")
"""The statuses of documents that are not counted among an item's."""


def equal(table: type[Any], **wanted: str | None) -> list[Any]:
    """That each of these columns has the wanted value; None means any."""
    return [getattr(table, name) == value for name, value in wanted.items() if value is not None]


def contains(text: str, *columns: Any) -> ColumnElement[bool]:
    """Whether the text stands in one of the columns, whatever the case of its letters."""
    return or_(*(col(column).icontains(text, autoescape=True) for column in columns))


def tagged(tag: str) -> ColumnElement[bool]:
    """Whether staff have put this tag on the item: the tag finds its items, those of all years."""
    return col(SubmissionRow.id).in_(select(TagRow.submission_id).where(TagRow.name == tag))


def has_tag(tag: str) -> ColumnElement[bool]:
    """The same, looked up item by item: where open items are gone through, closed ones must not lie in the way."""
    return select(TagRow.name).where(TagRow.submission_id == SubmissionRow.id, TagRow.name == tag).exists()
