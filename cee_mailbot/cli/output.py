"""What commands print: one JSON document for programs, a table for people."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cee_mailbot.domain.facts import to_json

WIDE = 200  # columns of a table that goes to a file or a pipe


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(to_json(value), ensure_ascii=True, indent=2) + "\n")


def print_lines(lines: Iterable[str]) -> None:
    """Lines for people; what a sender wrote can't act on the terminal."""
    for line in lines:
        sys.stdout.write(printable(line) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """A table for people; colours only on a terminal, and NO_COLOR is honoured."""
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(escape(printable(_word(value))) for value in row))
    console.print(table)


def print_facts(facts: Mapping[str, Any]) -> None:
    """Names and values, one pair a line."""
    width = max((len(name) for name in facts), default=0)
    print_lines(f"{name:<{width}}  {_word(value)}" for name, value in facts.items())


def _word(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list | tuple):
        return ", ".join(_word(one) for one in value) or "-"
    return str(value)


def printable(text: str) -> str:
    """The text with everything that could act on a terminal or turn the line around shown as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def row_id(text: str) -> int:
    """An argument that is the number of a row. Raises `ValueError`, which argparse tells."""
    number = int(text)
    if not 0 < number < 2**63:
        raise ValueError(text)
    return number


def how_many(text: str) -> int:
    """An argument that is a number of rows, 0 or more. Raises `ValueError`, which argparse tells."""
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number
