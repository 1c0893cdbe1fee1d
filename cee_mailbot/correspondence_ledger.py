"""The contract of the store with correspondence: replies that came back, and rejects that were made good."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cee_mailbot.domain.correspondence import Rejected


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounced:
    """A reply of ours that came back, and the submission it was about, if any."""

    reply: int
    submission: int | None


class CorrespondenceLedger(Protocol):
    """The part of a unit of work that concerns what brokers and their servers write back."""

    def bounced(self, message_ids: Sequence[str]) -> Bounced | None:
        """The reply of ours that one of these ids names; withheld and cancelled ones never left."""

    def rejected_from(self, sender_key: str) -> tuple[Rejected, ...]:
        """The rejected messages of a sender that no later one has made good, newest last, the last hundred."""
