"""The work queue as CSV (RFC 4180), with cells that no spreadsheet takes for a formula."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from cee_mailbot.domain.facts import ItemFacts

COLUMNS = tuple(one.name for one in fields(ItemFacts) if one.name != "snippet")

# CWE-1236: a spreadsheet runs what begins like this, whoever wrote it; the wide forms are read like the narrow ones.
# An importer called `=cmd|...` is a legal subject line.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_of(items: Iterable[ItemFacts]) -> str:
    """The items under a line of headings; lines end in CRLF, lists are words with blanks between them."""
    return "".join(csv_lines(items))


def csv_lines(items: Iterable[ItemFacts], about: str | None = None) -> Iterator[str]:
    """The same line by line; `about` says which list it is, as the heading of one more column that stays empty.

    A line of its own above the headings would be taken for them by whatever reads CSV.
    """
    more = [] if about is None else [about]
    yield _line([*COLUMNS, *map(cell, more)])
    for item in items:
        yield _line([*(cell(getattr(item, name)) for name in COLUMNS), *("" for _ in more)])


def _line(cells: list[str]) -> str:
    text = io.StringIO(newline="")
    # Everything is quoted: a lone CR or a NUL in a cell breaks no line, and `007` is seen to be a text.
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def cell(value: Any) -> str:
    """A value as a cell; one that could act gets an apostrophe before it, also where blanks stand before."""
    text = _word(value)
    begins = text.lstrip().startswith(_BEGINS_FORMULA) or text.startswith(_BEGINS_FORMULA)
    return f"'{text}" if begins else text


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return " ".join(_word(one) for one in value)
    return str(value)
