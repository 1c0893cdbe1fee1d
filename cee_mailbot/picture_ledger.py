"""What the store promises of the figures that people look at: what is due, what came in, why mail was not processed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cee_mailbot.domain.flow_picture import Passage
from cee_mailbot.domain.pictures import Outage


@dataclass(frozen=True, kw_only=True, slots=True)
class DueCount:
    """How many open items of a team are due at one instant (UTC; None: no due date), and how many nobody claimed."""

    team: str
    due: datetime | None
    items: int
    unclaimed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingSet:
    """A submission that waits for parts: its number, its team, and since when (UTC)."""

    tracking: str
    team: str
    since: datetime


class PictureQuestions(Protocol):
    """Reads of figures, each of the teams or mailboxes that are named and of no others."""

    def due_counts(self, teams: Collection[str]) -> tuple[DueCount, ...]:
        """Open items by team and due date."""

    def arrivals(self, mailboxes: Collection[str], since: datetime) -> tuple[tuple[datetime, str], ...]:
        """When each message arrived (UTC) from `since` on, and its status."""

    def outages(self, mailboxes: Collection[str], since: datetime) -> tuple[Outage, ...]:
        """The times in which mailboxes were not read, those that ended since then: for 15 minutes at least."""

    def refusals(self, mailboxes: Collection[str], since: datetime) -> Mapping[tuple[str, str], int]:
        """How often each reason kept a message from being processed since then, by reason and sender's domain."""

    def waiting_sets(self, teams: Collection[str]) -> tuple[WaitingSet, ...]:
        """Submissions that wait for parts, the oldest first."""

    def older_than(self, teams: Collection[str], bounds: Sequence[datetime | None]) -> Mapping[str, tuple[int, ...]]:
        """How many open items of each team were received before each of these instants (None: at any time)."""

    def completed_sets(self, teams: Collection[str], since: datetime) -> tuple[timedelta, ...]:
        """How long after their first part the split submissions presented since then entered the queue."""

    def passages(self, teams: Collection[str], since: datetime, limit: int) -> tuple[Passage, ...]:
        """When items passed each step: those presented since then, the newest first, so many at most."""

    def acknowledged_after(self, mailboxes: Collection[str], since: datetime, limit: int) -> tuple[timedelta, ...]:
        """How long after their arrival messages were acknowledged: replies written since then, the newest first."""
