"""The contract of the store with the desk: what an act of staff writes down, and how it is taken back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from cee_mailbot.account_ledger import AccountWrites
from cee_mailbot.bulk_ledger import BulkWrites
from cee_mailbot.domain.presentation import Presentation
from cee_mailbot.domain.work_item import Act, Closing, ItemState
from cee_mailbot.questions import WorklistQuery
from cee_mailbot.staff_ledger import StaffWrites
from parsers.subject import SubjectLine

if TYPE_CHECKING:
    from cee_mailbot.ledger import NewReply  # the ledger's unit of work is a desk ledger too


@dataclass(frozen=True, kw_only=True, slots=True)
class DeskItem:
    """An item as it stands before an act; `version` grows with every change of it."""

    submission: int
    tracking: str
    team: str
    state: ItemState
    outcome: Closing | None
    version: int
    assignee: str | None
    presentation: Presentation
    received_at: datetime
    messages: tuple[int, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One act on one item: the state it leads to, the columns it sets, and the flags it raises and drops.

    `tags` and `untags` are those of staff that it puts on and takes off. `message` is the one that a raised flag is
    noted on and that the reply answers; `detail` is what its line of the history tells beside.
    """

    act: Act
    submission: int
    actor: str
    state: ItemState
    sets: Mapping[str, object] = field(default_factory=dict)
    raises: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    untags: tuple[str, ...] = ()
    reason: str = ""
    reply: "NewReply | None" = None
    message: int | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Regrouping:
    """Messages that go from one submission to another; `act` is a move, or a join, which empties and closes one.

    `reply` tells of messages that were never acknowledged.
    """

    act: Act
    source: int
    target: int
    messages: tuple[int, ...]
    actor: str
    reason: str = ""
    reply: "NewReply | None" = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Splitting:
    """A message that becomes a submission of its own, with what was read of it, its own times and when it is due.

    `sender_key` is by which later mail of its sender finds it; `reply` tells of a message never acknowledged.
    """

    source: int
    message: int
    tracking: str
    line: SubjectLine
    presentation: Presentation
    due: datetime | None
    sender_key: str
    actor: str
    reason: str = ""
    reply: "NewReply | None" = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What was decided of a message when it came: its status, and what the rules of that day said."""

    status: str
    reasons: tuple[str, ...]
    problems: tuple[str, ...]
    flags: tuple[str, ...]
    part: int | None
    parts: int | None
    presented_at: datetime | None
    zone: str | None
    basis: str | None
    strength: str | None
    policy: str


class DeskLedger(AccountWrites, StaffWrites, BulkWrites, Protocol):
    """The part of a unit of work that concerns staff; each act on items writes exactly one line of history."""

    def desk_item(self, tracking: str) -> DeskItem:
        """The item with this number. Raises `NotFoundError`."""

    def first_unclaimed(self, query: WorklistQuery) -> str | None:
        """The number of the first item of this list that nobody has claimed."""

    def carry_out(self, change: Change) -> None:
        """An act on one item, with its reply."""

    def note_view(self, message: int, *, actor: str, how: str, document: int | None) -> None:
        """Adds the line that somebody was given this message, or its document with this number.

        It is no act: the version of the item stays, and nothing is made wrong by it. Raises `NotFoundError`.
        """

    def add_note(self, submission: int, *, actor: str, text: str) -> None:
        """A note, which the sender never sees."""

    def regroup(self, regrouping: Regrouping) -> None:
        """Moves messages, with the copies and the flags that hang on them."""

    def split(self, splitting: Splitting) -> None:
        """Makes a submission of one message, linked with the one that it was in."""

    def undo(self, submission: int, *, actor: str, teams: Collection[str] | None = None) -> str:
        """Takes the last act on an item back, notes passed over; the event that was undone.

        `teams` are those that the actor works for, None for all. Raises `NotAllowedError` when there is none, when it
        can't be taken back, when what it did was changed since, or when it changed an item of another team too.
        """

    def expire_claims(self, idle: timedelta) -> int:
        """Puts claimed items back that nothing has happened to for so long, nor their claimants looked at: how many.

        Each is a line of the history.
        """

    def due_to_wake(self) -> tuple[int, ...]:
        """The waiting submissions whose date has come."""

    def wake(self, submission: int, *, why: str, message: int | None = None) -> None:
        """A waiting item is its specialist's again; any other stays as it is."""

    def cancel_reply(self, reply_id: int, *, actor: str) -> None:
        """Takes back a reply that has not left. Raises `NotFoundError` or `NotAllowedError`."""

    def recorded(self, message_id: int) -> Recorded:
        """What was decided of a message. Raises `NotFoundError`."""
