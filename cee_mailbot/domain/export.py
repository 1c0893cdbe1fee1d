"""The work queue as CSV (RFC 4180), with cells that no spreadsheet takes for a formula."""

import csv
import io
from collections.abc import Iterable
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
    text = io.StringIO(newline="")
    # Everything is quoted: a lone CR or a NUL in a cell breaks no line, and `007` is seen to be a text.
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(getattr(item, name)) for name in COLUMNS] for item in items)
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
