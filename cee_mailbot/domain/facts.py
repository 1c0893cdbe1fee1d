"""What is said of an item, a message, a reply and a mailbox, in the names that other programs rely on."""

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemFacts:
    """One line of the work queue; `presented_local` is on the port's clock, all other times are UTC.

    `messages` are row ids of every message of the item, duplicates included; `documents` counts those
    that are neither quarantined nor inline; `missing` are part numbers; `tags` are staff's own labels. `snippet` is the
    text around what was searched for, the matches in brackets; null where no text was.
    """

    tracking: str
    team: str
    state: str
    outcome: str | None
    code: str | None
    account: str | None
    entry_number: str | None
    port: str | None
    presented_at: datetime
    presented_local: datetime
    zone: str
    basis: str
    strength: str
    received_at: datetime
    due: datetime | None
    assignee: str | None
    flags: tuple[str, ...]
    parts_received: int
    parts_expected: int | None
    missing: tuple[int, ...]
    documents: int
    messages: tuple[int, ...]
    sender: str
    linked: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    snippet: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ElsewhereFacts:
    """The link that a Center sees to an item of another's: what the message says that both have, its times, its state.

    `team` is the Center that works it; `presented_local` is on the port's clock, the other times are UTC.
    """

    tracking: str
    team: str
    state: str
    code: str | None
    entry_number: str | None
    presented_at: datetime
    presented_local: datetime
    zone: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFacts:
    """One message ever received, whatever became of it; times are UTC, `sent_at` is null when unreadable.

    `snippet` is as in `ItemFacts`.
    """

    id: int
    mailbox: str
    message_id: str | None
    from_: str
    subject: str
    received_at: datetime
    sent_at: datetime | None
    bytes: int
    sha256: str
    status: str
    reasons: tuple[str, ...]
    tracking: str | None
    snippet: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentFacts:
    """One document of a message; `path` tells where a nested one came from, `sha256` is over its exact bytes.

    `form` is the first form or certificate in it, `entry_numbers` are all that it names, `pages` how many it has;
    null and empty where nothing was found, or nothing was read.
    """

    message: int
    name: str
    type: str
    declared_type: str
    bytes: int
    sha256: str
    path: str
    section: str
    status: str
    form: str | None = None
    entry_numbers: tuple[str, ...] = ()
    pages: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyFacts:
    """One reply of the outbox; times are UTC."""

    id: int
    kind: str
    to: str
    subject: str
    message_id: str
    in_reply_to: str | None
    state: str
    attempts: int
    sent_at: datetime | None
    tracking: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptFacts:
    """One try to send a reply: when (UTC), the state that it ended in, and what the mail server said."""

    at: datetime
    state: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryFacts:
    """One line of the history: when (UTC), who, what, and the particulars; later lines have higher ids."""

    id: int
    at: datetime
    actor: str
    event: str
    message: int | None
    reply: int | None
    detail: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoFacts:
    """The act that would be undone: when (UTC), by whom, its event, and when the letter with it may leave (UTC)."""

    at: datetime
    actor: str
    event: str
    leaves: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteFacts:
    """What a person on the staff wrote on an item, and when (UTC)."""

    id: int
    at: datetime
    actor: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemStory:
    """Everything known of one item: the line of the queue and all that hangs on it."""

    item: ItemFacts
    documents: tuple[DocumentFacts, ...]
    messages: tuple[MessageFacts, ...]
    replies: tuple[ReplyFacts, ...]
    history: tuple[HistoryFacts, ...]
    evidence: tuple[dict[str, object], ...]
    notes: tuple[NoteFacts, ...] = ()
    version: int = 0
    mailbox: str = ""
    entry_date: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosureFacts:
    """One line of the register of snow days; `port` is null for all ports, `first` and `last` are days that count."""

    id: int
    port: str | None
    first: date
    last: date
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxFacts:
    """How the polling of one mailbox goes; times are UTC, `error` is in words and null when the last poll went well."""

    mailbox: str
    team: str
    activation: datetime | None
    last_started: datetime | None
    last_completed: datetime | None
    last_message: datetime | None
    error: str | None


def to_json(value: Any) -> Any:
    """The value in the form that JSON can say: objects, times as RFC 3339 with offset, days as in 2026-11-20."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name.rstrip("_"): to_json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: to_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(one) for one in value]
    return value


def story_to_json(story: ItemStory) -> dict[str, Any]:
    """The line of the queue, with everything in full that it only counts or names; `version` grows with each change."""
    line: dict[str, Any] = to_json(story.item)
    full = {"documents": story.documents, "replies": story.replies, "notes": story.notes, "history": story.history}
    return {**line, **to_json(full), "evidence": to_json(story.evidence), "version": story.version}
