"""Conditions that several questions share."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, or_


def equal(table: type[Any], **wanted: str | None) -> list[Any]:
    """That each of these columns has the wanted value; None means any."""
    return [getattr(table, name) == value for name, value in wanted.items() if value is not None]


def contains(text: str, *columns: Any) -> ColumnElement[bool]:
    """Whether the text stands in one of the columns, whatever the case of its letters."""
    return or_(*(col(column).icontains(text, autoescape=True) for column in columns))
