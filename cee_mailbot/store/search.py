"""What is searched for: the words of a query, and the one interface behind which each kind of database finds them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, Connection
from sqlmodel import Session

from cee_mailbot.store.texts import storable
from parsers.entry_number import read_entry_number

OPENS, CLOSES = "[", "]"
"""What stands around a match in a snippet."""

_TERMS = 16
_LONGEST = 200
_TERM = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One thing that must be found: any of these phrases, the last word of each being possibly a beginning only."""

    phrases: tuple[str, ...]


class Search(Protocol):
    """Finds items and messages by what they say; accents and endings make no difference.

    Every term must be found in an item (or message), though not in one place: its fields, subjects, senders, names of
    documents, bodies, and the text of every page. Any text at all may be asked for.
    """

    def is_there(self, connection: Connection) -> bool:
        """Whether the index is there, and this version's; a migration that copies a table may have cost a part."""

    def rebuild(self, connection: Connection) -> None:
        """Makes the index anew from the rows."""

    def items(self, terms: Sequence[Term]) -> ColumnElement[bool]:
        """The condition on `SubmissionRow` that all terms are found."""

    def messages(self, terms: Sequence[Term]) -> ColumnElement[bool]:
        """The condition on `MessageRow` that all terms are found."""

    def item_snippets(self, session: Session, terms: Sequence[Term], ids: Sequence[int]) -> dict[int, str]:
        """Of each of these submissions the text around a match, the matches in brackets."""

    def message_snippets(self, session: Session, terms: Sequence[Term], ids: Sequence[int]) -> dict[int, str]:
        """The same of messages."""


def terms_of(text: str) -> tuple[Term, ...]:
    """The terms of a query: words, or phrases in quotation marks; what has no letter and no digit is none.

    An entry number is found however it is written.
    """
    found = (quoted or word for quoted, word in _TERM.findall(storable(text)[: _TERMS * _LONGEST]))
    return tuple(
        Term(phrases=_phrases(one[:_LONGEST])) for one in found if any(character.isalnum() for character in one)
    )[:_TERMS]


def _phrases(text: str) -> tuple[str, ...]:
    reading = read_entry_number(text)
    if reading is None:
        return (text,)
    number = reading.entry_number
    return str(number), f"{number.filer_code}-{number.number}-{number.check_digit}", str(number).replace("-", "")
