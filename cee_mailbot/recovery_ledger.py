"""What the store promises when a database is restored: replies that may have left, and those of recovered messages."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from cee_mailbot.domain.reply import ReplyKind


class RecoveryWrites(Protocol):
    """The part of a unit of work that concerns a restored database; every write is a line of history."""

    def unsent_replies(self) -> dict[str, int]:
        """The ids of the replies that would be sent, by their Message-IDs."""

    def replies_to(self, messages: Collection[int]) -> dict[tuple[str, ReplyKind], int]:
        """The withheld replies to these messages, by the Message-ID that they answer and their kind."""

    def recognise_reply(self, reply_id: int, *, sent_at: datetime, message_id: str) -> None:
        """Notes that a reply had left already, under this Message-ID, as the journal says."""

    def hold_reply(self, reply_id: int) -> None:
        """Withholds a reply that may have left or not, until a person sends it with `replies retry`."""
