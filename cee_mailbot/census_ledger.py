"""What the store promises of the census: the rows to hold against servers and blobs, and the results that are kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from cee_mailbot.interfaces import Handle


@dataclass(frozen=True, kw_only=True, slots=True)
class PolledMailbox:
    """Since when a mailbox's mail counts, and when its last completed poll began; `newest` is its highest row id."""

    activation: datetime
    polled_since: datetime | None
    newest: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedRow:
    """The row of one message as the census needs it; `fragments` are digests of what it was rejoined from."""

    id: int
    handle: Handle
    sha256: str
    size: int
    arrived_at: datetime
    message_id: str | None
    fragments: tuple[str, ...]


class CensusQuestions(Protocol):
    """Reads of the census; each gives a bounded number of rows."""

    def polled(self, mailbox: str) -> PolledMailbox | None:
        """How far the polling of a mailbox has come; None before its first poll."""

    def delivered(self, mailbox: str, handles: Sequence[Handle]) -> dict[Handle, CountedRow]:
        """The rows of those deliveries that have one."""

    def arrived(self, mailbox: str, instants: Collection[datetime]) -> tuple[CountedRow, ...]:
        """The rows of a mailbox whose messages arrived at exactly these instants."""

    def with_digest(self, mailbox: str, sha256: str) -> tuple[CountedRow, ...]:
        """The rows of a mailbox that have these bytes."""

    def was_elsewhere(self, sha256: str, arrived_at: datetime, *, configured: Collection[str]) -> bool:
        """Whether a mailbox other than those configured has a row of these bytes, arrived at this instant."""

    def rows_after(self, mailbox: str, *, after: int, limit: int) -> tuple[CountedRow, ...]:
        """The next rows of a mailbox by their ids."""

    def digests_after(self, mailboxes: Sequence[str], *, after: str, limit: int) -> tuple[str, ...]:
        """The next digests that messages of these mailboxes have, each once, in order."""

    def statuses(self, mailboxes: Sequence[str]) -> dict[str, int]:
        """How many messages of these mailboxes are in each status."""

    def last_census(self) -> dict[str, Any] | None:
        """The census that was kept last, as `census --json` printed it, or None before the first."""


class CensusWrites(Protocol):
    """The part of a unit of work that concerns the census."""

    def keep_census(self, census: Mapping[str, Any], *, clean: bool) -> None:
        """Keeps the result of a census, in the form of `census --json`."""
