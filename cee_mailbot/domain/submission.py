"""A submission and its messages: the status of every message, and which statuses are an end."""

from dataclasses import dataclass
from enum import StrEnum

from cee_mailbot.domain.directory import short_name


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
    nobody else's message can enter a broker's submission. `account` stands in the place of an entry number where there
    is none, in the form that two spellings share. The team is no part of it.
    """

    code: str
    entry_number: str | None
    sender: str
    account: str | None = None


def key_of_fields(*, code: str, entry_number: str | None, account: str | None, sender: str) -> Key:
    """The key that these fields of a subject line make; no code means any subject, of which no other field counts."""
    named = short_name(account or "").casefold() if code and entry_number is None else None
    return Key(code=code, entry_number=entry_number, sender=sender, account=named or None)
