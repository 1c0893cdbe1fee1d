"""What the store promises of the figures that tell how the program fares, and of alarms that were told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from cee_mailbot.domain.alarms import Alarm, RefusedAddress, ToldAlarm


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Counts and ages; see `domain.alarms.Watch` for those that alarms look at.

    `items` are by team and state, `messages` by mailbox and status, `rejected` and `withheld` by reason, `replies` by
    state; `census` is the last one as `census --json` printed it.
    """

    items: Mapping[tuple[str, str], int] = field(default_factory=dict)
    messages: Mapping[tuple[str, str], int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    replies: Mapping[str, int] = field(default_factory=dict)
    withheld: Mapping[str, int] = field(default_factory=dict)
    oldest_due: datetime | None = None
    held_since: datetime | None = None
    skew: timedelta = timedelta(0)
    census: Mapping[str, object] | None = None


class WatchQuestions(Protocol):
    """Reads of how the program fares."""

    def figures(self, now: datetime) -> Figures:
        """The figures as they stand."""

    def database_bytes(self) -> int:
        """How large the database is."""

    def told_alarms(self) -> tuple[ToldAlarm, ...]:
        """The alarms that somebody was told of and that had not ended then."""

    def refused_addresses(self) -> tuple[RefusedAddress, ...]:
        """The addresses to which the mail of alarms is refused for good, in their order."""


class WatchWrites(Protocol):
    """The part of a unit of work that concerns alarms."""

    def note_told(self, told: Collection[Alarm], ended: Collection[Alarm]) -> None:
        """Writes down that these alarms were told now, and that these have ended."""

    def note_refused(self, refused: Mapping[str, str], reached: Collection[str]) -> None:
        """Writes down which addresses refuse the mail of alarms, in which words, and which do so no more."""
