"""What the store promises of papers: which are to be read, what was read of them, and what follows for their items."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from cee_mailbot.clock_ledger import ClockWrites
from cee_mailbot.domain.cross_check import FiledPaper
from cee_mailbot.domain.item_clock import ClockedItem
from parsers.papers import Paper


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreadMessage:
    """A message whose papers are to be read; `documents` are the SHA-256 of those not known to be closed to reading."""

    message: int
    mailbox: str
    sha256: str
    size: int
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemPapers:
    """An item with its papers, in the order in which they came.

    `is_read` tells that all of its messages were read, `staff_dated` that a person has set its day of entry, or taken
    it back; `flags` are its flags, each with the row id of the message that raised it.
    """

    clocked: ClockedItem
    account: str | None
    entry_number: str | None
    state: str
    is_read: bool
    staff_dated: bool
    papers: tuple[FiledPaper, ...]
    flags: frozenset[tuple[str, int]]


class PaperWrites(ClockWrites, Protocol):
    """The part of a unit of work that concerns papers, and the clocks that they start."""

    def claim_unread(self, *, limit: int, lease_until: datetime) -> tuple[UnreadMessage, ...]:
        """The oldest decided messages that nobody has read or is reading, claimed until `lease_until`.

        Those that are held, and duplicates, are not read.
        """

    def papers_known(self, sha256s: Collection[str]) -> frozenset[str]:
        """Those of these documents that were read before."""

    def note_try(self, message: int, sha256: str | None, *, lease_until: datetime) -> int:
        """Writes down that a document is about to be read, or the body (None), and claims the message until then.

        Returns how often that was tried, this time included.
        """

    def write_body(self, message: int, text: str) -> None:
        """Writes down what the body of a message says."""

    def write_paper(self, sha256: str, paper: Paper) -> None:
        """Writes down what was read of a document, unless that is known by now."""

    def end_reading(self, message: int) -> None:
        """Writes down that a message was read, and that its item is to be compared with its papers."""

    def unchecked_items(self, *, limit: int) -> tuple[int, ...]:
        """The row ids of submissions that changed, or whose papers did, since they were compared with their papers."""

    def item_papers(self, submission: int) -> ItemPapers:
        """An item with its papers. Raises `NotFoundError`."""

    def note_check(
        self, submission: int, *, raises: Sequence[tuple[str, int]], drops: Sequence[tuple[str, int]]
    ) -> None:
        """Writes down that an item was compared with its papers, and the doubts that came and went, if any."""

    def note_found_date(self, submission: int, day: date | None) -> None:
        """Writes down the day of entry that the papers say, or that they say none any more."""
