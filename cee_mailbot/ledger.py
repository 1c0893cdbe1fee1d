"""The contract of the store: what the work writes down, what it asks, and the one transaction around both."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from cee_mailbot.correspondence_ledger import CorrespondenceLedger
from cee_mailbot.desk_ledger import DeskLedger
from cee_mailbot.domain.answering import ReplyTraffic
from cee_mailbot.domain.assembly import PartSet, Placement
from cee_mailbot.domain.case import Decision
from cee_mailbot.domain.directory import Ownership
from cee_mailbot.domain.presentation import Presentation
from cee_mailbot.domain.reply import ReplyKind, ReplyState
from cee_mailbot.domain.submission import Key, MessageStatus
from cee_mailbot.interfaces import Handle, Letter
from cee_mailbot.lease_ledger import Lease, LeaseLedger
from cee_mailbot.paper_ledger import PaperWrites
from cee_mailbot.questions import Questions
from cee_mailbot.sending import Attempt, DueReply
from cee_mailbot.set_ledger import Enqueuing, SetStory
from cee_mailbot.upkeep_ledger import UpkeepWrites
from parsers.documents import Document
from parsers.subject import SubjectLine


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A message whose bytes are durable and which has no row yet; times are aware, `submitted_at` as in `RawMail`."""

    mailbox: str
    handle: Handle
    sha256: str
    size: int
    arrived_at: datetime
    first_seen_at: datetime
    submitted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptMessage:
    """A message that has a row: its id, where it lies, and how far it has come."""

    id: int
    mailbox: str
    handle: Handle
    sha256: str
    size: int
    arrived_at: datetime
    first_seen_at: datetime
    status: MessageStatus
    tracking: str | None
    settled: bool
    submitted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """What a message's row says of its headers; `sent_at` is aware and None when the date can't be read."""

    content_digest: str
    message_id: str | None = None
    from_: str = ""
    sender: str | None = None
    sender_domain: str | None = None
    subject: str = ""
    references: tuple[str, ...] = ()
    sent_raw: str = ""
    sent_at: datetime | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewItem:
    """A submission that enters the queue: its number, its Center's team, and what was read.

    `due` is when it must be answered, where the mailbox it came to decides that; `makes_good` are the row ids of
    rejected messages that it follows up.
    """

    tracking: str
    team: str
    key: Key
    line: SubjectLine
    sender: str
    due: datetime | None = None
    makes_good: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NewReply:
    """A reply for the outbox; `event` names what it answers and is unique: one event, one reply.

    `letter` is what goes out, byte for byte, at every try.
    """

    event: str
    kind: ReplyKind
    mailbox: str
    letter: Letter
    subject: str
    thread: str
    message_id: str
    in_reply_to: str | None
    state: ReplyState
    due_at: datetime
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Everything that is written about one message in one transaction.

    `placement` says where it belongs among the submissions of its key; `drops_flags` are flags of that submission
    that no longer hold; `item` is the new submission; `tracking` is the number of a message that stays outside the
    queue; `duplicate_of` the row id of the first message with the same content, whose Date this one `bears_out` when
    it had arrived earlier and its own Date is in no dispute; `replaces` that of one which becomes a copy of
    this one, as it was set aside for the way it came; `bounced` that of a reply of ours that came back with it;
    `says_done` that the sender wrote that nothing more will come; `ownership` whose it is by itself,
    whatever it joins.
    """

    message: KeptMessage
    headline: Headline
    decision: Decision
    line: SubjectLine | None = None
    presentation: Presentation | None = None
    documents: tuple[Document, ...] = ()
    item: NewItem | None = None
    duplicate_of: int | None = None
    bears_out: bool = False
    replaces: int | None = None
    bounced: int | None = None
    tracking: str | None = None
    reply: NewReply | None = None
    placement: Placement | None = None
    drops_flags: tuple[str, ...] = ()
    says_done: bool = False
    answerable: bool = True
    answer_wanted: bool = True
    ownership: Ownership | None = None
    policy_version: str = ""
    actor: str = "system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fragment:
    """A fragment of a cut-up message: its row, its sender, and what it says of itself."""

    kept: KeptMessage
    sender: str
    name: str
    number: int
    total: int | None
    content_digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """The reply of ours that a message answers: the submission it belongs to, if any, and the key that it has."""

    submission: int | None
    key: Key | None
    kind: ReplyKind


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstOfKind:
    """The first message with a given content: its row, when it arrived, what became of it and why, and where it went.

    `answerable` is whether a machine may answer that delivery.
    """

    message: int
    arrived_at: datetime
    submission: int | None
    tracking: str | None
    status: MessageStatus
    reasons: tuple[str, ...]
    answerable: bool


class UnitOfWork(PaperWrites, DeskLedger, CorrespondenceLedger, LeaseLedger, UpkeepWrites, Protocol):
    """One write transaction at one instant: all of it is there afterwards, or nothing."""

    def begin_poll(self, mailbox: str, *, team: str, activation: datetime) -> datetime:
        """Notes that a poll began. The mailbox's activation time: the one given at its first poll, for ever."""

    def end_poll(
        self, mailbox: str, *, error: str | None, began: datetime | None = None, took_all: bool = False
    ) -> None:
        """Notes that the poll that began then (None: the last one) was completed, or why it was not.

        `took_all` says that all mail was taken in nonetheless, and only could not be moved.
        """

    def polled_since(self, mailboxes: Collection[str]) -> datetime | None:
        """Everything that reached these mailboxes before this instant is taken in.

        It is when the oldest of their last polls that took in all began; a mailbox that was never tried is passed over.
        None where one was tried and never reached, or by a clock that was ahead of ours, and while a message of theirs
        is kept and not decided.
        """

    def keep(self, arrivals: Sequence[Arrival]) -> tuple[KeptMessage, ...]:
        """Rows for these arrivals, status `received`; one already known by its delivery keeps its row."""

    def known(self, mailbox: str, handles: Sequence[Handle]) -> dict[Handle, KeptMessage]:
        """The rows of those deliveries that have one."""

    def undecided(self, mailbox: str, *, after: int, limit: int) -> tuple[KeptMessage, ...]:
        """The oldest messages of a mailbox, with ids above `after`, that are kept and not decided."""

    def message(self, message_id: int) -> KeptMessage:
        """The row of a message. Raises `NotFoundError`."""

    def unsettled(self, mailbox: str) -> tuple[KeptMessage, ...]:
        """The decided messages of a mailbox that are not known to have left their source folder."""

    def settled(self, message_ids: Collection[int]) -> None:
        """Notes that these messages have left their source folder."""

    def first_of_kind(self, content_digest: str, *, other_than: int) -> FirstOfKind | None:
        """The first decided message with this content."""

    def message_id_reused(self, message_id: str, content_digests: Collection[str]) -> bool:
        """Whether a content that is none of these came under this Message-ID."""

    def newest_of_key(self, key: Key) -> int | None:
        """The row id of the newest submission of this key."""

    def next_serial(self, team: str, year: int) -> int:
        """The next serial of a team's year; it is used up only if the transaction commits."""

    def traffic(self, to: str, thread: str) -> ReplyTraffic:
        """The automatic replies of late, to one address, in one thread (a normalised subject), and to all."""

    def sets_of(self, key: Key) -> tuple[PartSet, ...]:
        """The submissions of a key with their parts, oldest first."""

    def assembling(self) -> Mapping[int, int]:
        """The versions of the submissions that are assembling, by row id, oldest first."""

    def set_story(self, submission: int) -> SetStory:
        """A submission with its messages. Raises `NotFoundError`."""

    def fragments(self, *, of: str | None = None, held_from: str | None = None) -> tuple[Fragment, ...]:
        """The fragments that wait for the rest, and this sender's that are held, in order of arrival.

        Those `of` one id alone, where it is given.
        """

    def rejoin(self, message: int, *, sha256: str, size: int) -> KeptMessage:
        """Puts the message that was rejoined in the place of its first fragment."""

    def end_fragments(
        self, messages: Collection[int], *, status: MessageStatus, reason: str, submission: int | None
    ) -> None:
        """What becomes of fragments: the others of a message that was rejoined, or those that never were."""

    def answered_lately(self, submission: int, kind: ReplyKind, period: timedelta) -> bool:
        """Whether a reply of this kind about a submission was written within the period."""

    def enqueue(self, enqueuing: Enqueuing) -> None:
        """Puts an assembling submission into the queue, with its reply and a line of history."""

    def remind(self, story: SetStory, reply: NewReply) -> None:
        """Writes down the waiting notice of a set."""

    def write(self, outcome: Outcome) -> int | None:
        """Everything about one message: its row, submission, documents, flags, reply and history.

        Gives the row id of the submission it went to, if any.
        A failure leaves nothing of this one outcome and does not spoil the others of the transaction.
        """

    def open_breaker(self) -> None:
        """Stops automatic replies, first acknowledgements excepted, until staff reset it."""

    def close_breaker(self, *, actor: str) -> bool:
        """Lets automatic replies go again; whether it was open."""

    def claim_replies(self, *, limit: int, lease_until: datetime) -> tuple[DueReply, ...]:
        """Replies that are due, claimed until `lease_until`; one claim at a time.

        While the breaker is open only those that are never limited.

        A reply whose claim ran out without an answer may have been sent: it comes as `uncertain`.
        """

    def give_back(self, reply_ids: Collection[int]) -> None:
        """Gives up the claims on replies that were not begun."""

    def note_attempt(self, attempt: Attempt) -> None:
        """Writes down how a try ended and gives up the claim."""

    def retry_reply(self, reply_id: int, *, actor: str) -> None:
        """Puts a failed, withheld or delayed reply back in line. Raises `NotFoundError` or `NotAllowedError`."""


class Store(Protocol):
    """Where everything is written down."""

    def begin(self, now: datetime, *, lease: Lease | None = None) -> AbstractContextManager[UnitOfWork]:
        """A write transaction that happens at `now`: commits on leaving, rolls back on an error; keeps the `lease`.

        Raises `LostLeaseError` when that is void, `UnreachableError` when the database can't be written now.
        """

    def read(self) -> AbstractContextManager[Questions]:
        """A read-only view."""
