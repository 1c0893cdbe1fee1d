"""What the store promises of the history as evidence: that it is whole, and which settings were in force."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryHead:
    """How many lines the history has and the digest of the last one; written down elsewhere, it pins them all."""

    lines: int
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedLine:
    """One line of the history, held against its digest and the line before; `fault` is in words, or None."""

    id: int
    number: int
    at: datetime
    event: str
    digest: str
    fault: str | None


class AuditQuestions(Protocol):
    """Reads of the history as evidence."""

    def checked_history(self) -> Iterator[CheckedLine]:
        """Every line in order, one set at a time; lines are numbered from one."""

    def history_head(self) -> HistoryHead:
        """How the history stands now."""


class AuditWrites(Protocol):
    """The part of a unit of work that concerns the history as evidence."""

    def note_settings(self, settings: Mapping[str, Any]) -> bool:
        """Writes down which settings are in force, if they are not those written down last; whether it did."""

    def note_restored(self, detail: Mapping[str, Any]) -> None:
        """Writes down that the database is one that was restored from a backup."""
