"""What the store promises of clocks: the register of snow days, entry dates, and the items that a clock runs on."""

from datetime import date, datetime
from typing import Protocol

from cee_mailbot.domain.facts import ClosureFacts
from cee_mailbot.domain.item_clock import ClockedItem
from cee_mailbot.domain.working_days import Closure


class ClockWrites(Protocol):
    """The part of a unit of work that concerns clocks; every write is a line of history."""

    def closures(self) -> tuple[ClosureFacts, ...]:
        """The register of snow days, without those that were removed, by their first day."""

    def add_closure(self, closure: Closure, *, actor: str) -> int:
        """Enters snow days; the id of the line."""

    def remove_closure(self, closure_id: int, *, actor: str) -> None:
        """Takes a line out of the register; it stays on record. Raises `NotFoundError`."""

    def clocked_item(self, tracking: str) -> ClockedItem:
        """An item with its clocks. Raises `NotFoundError`."""

    def clocked_items(self, *, due_from: date) -> tuple[ClockedItem, ...]:
        """Every item whose entry date is known and which is due on this day or later, closed ones too.

        A closed item can be opened again, and then goes by its due date.
        """

    def set_entry_date(self, item: ClockedItem, day: date | None, *, actor: str) -> None:
        """Writes down the day of entry, or (None) that it is not known; what papers say no longer counts."""

    def set_due(self, item: ClockedItem, due: datetime | None, *, why: str) -> None:
        """Moves the due date of an item."""


class ClockQuestions(Protocol):
    """Reads that concern clocks."""

    def closures(self) -> tuple[ClosureFacts, ...]:
        """The register of snow days, without those that were removed, by their first day."""
