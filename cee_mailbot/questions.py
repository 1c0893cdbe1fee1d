"""What can be asked of the store: reads that change nothing, and the filters they take."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cee_mailbot.clock_ledger import ClockQuestions
from cee_mailbot.domain import facts
from cee_mailbot.upkeep_ledger import UpkeepQuestions


class Questions(ClockQuestions, UpkeepQuestions, Protocol):
    """Reads of the store that change nothing."""

    def items(self, query: "ItemQuery") -> tuple[facts.ItemFacts, ...]:
        """The work queue, filtered and sorted."""

    def story(self, tracking: str) -> facts.ItemStory:
        """Everything known of one item. Raises `NotFoundError`."""

    def messages(self, query: "MessageQuery") -> tuple[facts.MessageFacts, ...]:
        """Messages ever received, newest last."""

    def message(self, message_id: int) -> facts.MessageFacts:
        """One message. Raises `NotFoundError`."""

    def documents(self, message_id: int) -> tuple[facts.DocumentFacts, ...]:
        """The documents of one message."""

    def replies(self, query: "ReplyQuery") -> tuple[facts.ReplyFacts, ...]:
        """Replies, newest last."""

    def reply(self, reply_id: int) -> tuple[facts.ReplyFacts, bytes]:
        """One reply and its exact bytes. Raises `NotFoundError`."""

    def mailboxes(self) -> tuple[facts.MailboxFacts, ...]:
        """How the polling of each mailbox goes."""

    def counts(self) -> dict[str, dict[str, int]]:
        """How many messages, items and replies are in each status or state."""

    def breaker_opened_at(self) -> datetime | None:
        """Since when automatic replies are stopped, or None."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemQuery:
    """What `queue list` can be asked; None means any."""

    team: str | None = None
    state: str | None = None
    code: str | None = None
    entry: str | None = None
    account: str | None = None
    flag: str | None = None
    assignee: str | None = None
    text: str | None = None
    due_before: datetime | None = None
    sort: str = "presented_at"
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageQuery:
    """What `messages list` can be asked; None means any."""

    mailbox: str | None = None
    status: str | None = None
    text: str | None = None
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyQuery:
    """What `replies list` can be asked; None means any."""

    kind: str | None = None
    state: str | None = None
    to: str | None = None
    limit: int | None = None
    offset: int = 0
