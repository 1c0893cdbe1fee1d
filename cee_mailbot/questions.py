"""What can be asked of the store: reads that change nothing, and the filters they take."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cee_mailbot.account_ledger import AccountQuestions
from cee_mailbot.bulk_ledger import BulkQuestions
from cee_mailbot.clock_ledger import ClockQuestions
from cee_mailbot.domain import facts
from cee_mailbot.picture_ledger import PictureQuestions
from cee_mailbot.set_ledger import SetStory
from cee_mailbot.staff_ledger import StaffQuestions
from cee_mailbot.upkeep_ledger import UpkeepQuestions


class Questions(
    ClockQuestions, UpkeepQuestions, AccountQuestions, StaffQuestions, PictureQuestions, BulkQuestions, Protocol
):
    """Reads of the store that change nothing."""

    def items(self, query: "ItemQuery") -> tuple[facts.ItemFacts, ...]:
        """The work queue, filtered and sorted."""

    def worklist(self, query: "WorklistQuery") -> "Worklist":
        """A page of what these teams have to do; its cost does not grow with the queue."""

    def how_many(self, query: "WorklistQuery") -> int:
        """How many items the query has in all, counted up to its limit."""

    def how_many_before(self, query: "WorklistQuery") -> int:
        """How many of them stand on the pages before this one, counted up to its limit."""

    def whole_worklist(self, query: "WorklistQuery") -> Iterator[facts.ItemFacts]:
        """Every item of the query in order, without the text found around its words; few are in memory at a time."""

    def elsewhere(self, query: "ElsewhereQuery") -> tuple[facts.ElsewhereFacts, ...]:
        """Items of these teams that came to these mailboxes of others, those presented last first."""

    def story(self, tracking: str, *, teams: Collection[str] | None = None) -> facts.ItemStory:
        """Everything known of one item. Raises `NotFoundError`.

        Of items of other teams than these (None: all teams) its history has no values.
        """

    def set_of(self, tracking: str) -> SetStory:
        """An item as a set of messages, as a letter about it needs them. Raises `NotFoundError`."""

    def next_undo(self, tracking: str, *, teams: Collection[str] | None = None) -> facts.UndoFacts | None:
        """What `undo` by somebody who works for these teams (None: all) would take back now; None: nothing."""

    def messages(self, query: "MessageQuery") -> tuple[facts.MessageFacts, ...]:
        """Messages ever received, newest last."""

    def message(self, message_id: int) -> facts.MessageFacts:
        """One message. Raises `NotFoundError`."""

    def documents(self, message_id: int) -> tuple[facts.DocumentFacts, ...]:
        """The documents of one message."""

    def scan(self, message_id: int) -> Mapping[str, str] | None:
        """What the malware scanner said of one message, `state` and `detail`; None where none was asked."""

    def replies(self, query: "ReplyQuery") -> tuple[facts.ReplyFacts, ...]:
        """Replies, newest last."""

    def reply(self, reply_id: int) -> tuple[facts.ReplyFacts, bytes]:
        """One reply and its exact bytes. Raises `NotFoundError`."""

    def attempts(self, reply_id: int) -> tuple[facts.AttemptFacts, ...]:
        """Every try to send a reply, oldest first."""

    def unprocessed_messages(self, query: "UnprocessedQuery") -> tuple[facts.MessageFacts, ...]:
        """Messages in these statuses, newest first; a reject that a later message made good is none of them."""

    def unprocessed_replies(self, query: "UnprocessedQuery") -> tuple[facts.ReplyFacts, ...]:
        """Replies in these states, newest first."""

    def mailboxes(self) -> tuple[facts.MailboxFacts, ...]:
        """How the polling of each mailbox goes."""

    def counts(self) -> dict[str, dict[str, int]]:
        """How many messages, items and replies are in each status or state."""

    def breaker_opened_at(self) -> datetime | None:
        """Since when automatic replies are stopped, or None."""


SORTABLE = ("presented_at", "received_at", "due", "tracking", "team", "state", "created_at", "updated_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemQuery:
    """What `queue list` can be asked; None means any. `teams` are those whose items are wanted."""

    team: str | None = None
    state: str | None = None
    code: str | None = None
    entry: str | None = None
    account: str | None = None
    flag: str | None = None
    tag: str | None = None
    assignee: str | None = None
    text: str | None = None
    due_before: datetime | None = None
    sort: str = "presented_at"
    limit: int | None = None
    offset: int = 0
    teams: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ElsewhereQuery:
    """Which items of the `teams` that work them are links for those to whose `mailboxes` they came.

    And for the teams that they went `through`: that handed them on.

    A link is found by what it shows, and by nothing else of the item. `state` None means every state but `closed`;
    other None mean any.
    """

    teams: tuple[str, ...]
    mailboxes: tuple[str, ...]
    through: tuple[str, ...] = ()
    state: str | None = None
    code: str | None = None
    entry: str | None = None
    tracking: str | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageQuery:
    """What `messages list` can be asked; None means any.

    With `teams` only what belongs to an item of these, or to no item and to one of `mailboxes`.
    """

    mailbox: str | None = None
    status: str | None = None
    text: str | None = None
    limit: int | None = None
    offset: int = 0
    teams: tuple[str, ...] | None = None
    mailboxes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyQuery:
    """What `replies list` can be asked; None means any.

    With `teams` only what belongs to an item of these, or to no item and to one of `mailboxes`.
    """

    kind: str | None = None
    state: str | None = None
    to: str | None = None
    limit: int | None = None
    offset: int = 0
    teams: tuple[str, ...] | None = None
    mailboxes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class UnprocessedQuery:
    """Which messages or replies are asked for, and whose: None means everybody's.

    What belongs to an item is that item's team's; everything else belongs to the mailbox that it came to. `before` is
    the row id at which the page before ended.
    """

    states: tuple[str, ...]
    teams: tuple[str, ...] | None = None
    mailboxes: tuple[str, ...] = ()
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class WorklistQuery:
    """What the queue page can ask; None means any.

    `states` None means every state but `closed`. `sender` is an address, or with an @ in front a domain; `due_from`
    and `due_before` bound the due date, `dated` False wants items without one; `received_from` and `received_before`
    bound the time of receipt, and `new_since` wants items that entered the queue after it. `sort` is one of
    `WORKLIST_SORTS`, with a minus for the other way round. `after` is where the page before ended.
    """

    teams: tuple[str, ...]
    states: tuple[str, ...] | None = None
    code: str | None = None
    entry: str | None = None
    account: str | None = None
    port: str | None = None
    flag: str | None = None
    tag: str | None = None
    assignee: str | None = None
    unclaimed: bool = False
    sender: str | None = None
    text: str | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    dated: bool | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    new_since: datetime | None = None
    sort: str = "due"
    limit: int = 50
    after: "Mark | None" = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """The last row of a page: its values in the order of the sort, and its row id."""

    at: tuple[datetime | None, ...]
    row: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Worklist:
    """One page of the queue, and where the next one begins (None: this was the last)."""

    items: tuple[facts.ItemFacts, ...]
    after: Mark | None


WORKLIST_SORTS: dict[str, tuple[str, ...]] = {
    "due": ("due", "presented_at"),
    "presented": ("presented_at",),
    "received": ("received_at",),
    "changed": ("updated_at",),
}
"""The sorts of the queue page, and the columns of each; items without a due date come last."""
