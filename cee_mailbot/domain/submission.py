"""A submission and its messages: the status of every message, and which statuses are an end."""

from dataclasses import dataclass
from enum import StrEnum


class MessageStatus(StrEnum):
    """What became of a message. `received` and `assembling` are on the way; every other one is an end."""

    RECEIVED = "received"
    ASSEMBLING = "assembling"
    ENQUEUED = "enqueued"
    SUPPLEMENT = "supplement"
    CORRESPONDENCE = "correspondence"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    HELD = "held"
    IGNORED = "ignored"


ON_THE_WAY = frozenset({MessageStatus.RECEIVED, MessageStatus.ASSEMBLING})

# From these a person can put a message into the queue.
RELEASABLE = frozenset({MessageStatus.REJECTED, MessageStatus.HELD, MessageStatus.IGNORED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """What the messages of one submission have in common ("Reassembly").

    `sender` is the sender's domain, or the whole address where the domain is a public mail provider's:
    nobody else's message can enter a broker's submission. The team is no part of it.
    """

    code: str
    entry_number: str | None
    sender: str
