"""The contract of the store with correspondence: answers, replies that came back, rejects that were made good."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cee_mailbot.domain.correspondence import Rejected
from cee_mailbot.domain.reply import ReplyKind
from cee_mailbot.domain.submission import Key


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounced:
    """A reply of ours that came back, and the submission it was about, if any."""

    reply: int
    submission: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """The reply of ours that a message answers: the submission it belongs to, if any, and the key that it has.

    `by_id` means that it names the Message-ID of that reply, which only those know who have it.
    """

    submission: int | None
    key: Key | None
    kind: ReplyKind
    by_id: bool = False


class CorrespondenceLedger(Protocol):
    """The part of a unit of work that concerns what brokers and their servers write back."""

    def answered(self, message_ids: Sequence[str], tracking: Sequence[str]) -> Answered | None:
        """What a message answers, by the ids of our replies or a tracking number."""

    def bounced(self, message_ids: Sequence[str]) -> Bounced | None:
        """The reply of ours that one of these ids names; withheld and cancelled ones never left."""

    def rejected_from(self, sender_key: str) -> tuple[Rejected, ...]:
        """The rejected messages of a sender that no later one has made good, newest last, the last hundred."""
