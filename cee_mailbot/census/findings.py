"""What a census found, bounded whatever the size of the mailboxes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

AT_ONCE = 500
LISTED = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingMessage:
    """A message that lies on its server, is older than the last completed poll, and has no row."""

    folder: str
    uid: str
    bytes: int
    arrived_at: datetime
    message_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxCensus:
    """What was counted in one mailbox. `extra` are ids of messages whose copy on the server a person has removed.

    Of findings beyond the first thousand `unlisted` gives the number. With an `error` nothing was counted.
    """

    mailbox: str
    folders: tuple[str, ...] = ()
    on_server: int = 0
    accounted: int = 0
    pending: int = 0
    before_activation: int = 0
    missing: tuple[MissingMessage, ...] = ()
    extra: tuple[int, ...] = ()
    unlisted: int = 0
    error: str | None = None


class Findings:
    """The first thousand findings of a kind, and how many there were."""

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self.number = 0

    def add(self, finding: Any) -> None:
        """Counts it, and keeps it if there is room."""
        self.number += 1
        if len(self._kept) < LISTED:
            self._kept.append(finding)

    @property
    def first(self) -> tuple[Any, ...]:
        """Those that were kept."""
        return tuple(self._kept)

    @property
    def unlisted(self) -> int:
        """How many were not."""
        return self.number - len(self._kept)


class RowSet:
    """A set of row ids, one bit each."""

    def __init__(self, highest: int) -> None:
        self._bits = bytearray(highest // 8 + 1)

    def add(self, row: int) -> None:
        """Puts the row into the set."""
        if row // 8 >= len(self._bits):  # a row that came while we counted
            self._bits.extend(bytes(row // 8 + 1 - len(self._bits)))
        self._bits[row // 8] |= 1 << row % 8

    def __contains__(self, row: int) -> bool:
        return row // 8 < len(self._bits) and bool(self._bits[row // 8] >> row % 8 & 1)
